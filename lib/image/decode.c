#include <ctype.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vips/vips.h>
#include <xxhash.h>

#include "fa/image.h"
#include "fa/mem.h"

/* libvips collects the messages of all threads in one buffer. So a picture that fails is decoded once more while no other
 * is being decoded, and only then the buffer tells the reason: decoding holds the lock shared, explaining holds it alone. */
struct fa_decoder {
    pthread_rwlock_t lock;
    guint log;
    bool explaining;
    char warning[128]; /* the first one while a reason is looked for: libpng's, which do not get into vips's buffer */
};

enum { STRIP = 64 }; /* rows */

enum outcome { DONE, EXPLAINED, UNEXPLAINED }; /* UNEXPLAINED: the reason is in vips's buffer */

static void take_message(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer arg)
{
    struct fa_decoder *decoder = arg;
    (void)domain, (void)level;
    if (decoder->explaining && !decoder->warning[0])
        snprintf(decoder->warning, sizeof decoder->warning, "%s", message);
}

struct fa_decoder *fa_decoder_open(struct fa_err *err)
{
    static const char *const loaders[] = {"VipsForeignLoadJpeg", "VipsForeignLoadPng",  "VipsForeignLoadNsgif",
                                          "VipsForeignLoadWebp", "VipsForeignLoadTiff", "VipsForeignLoadHeif"};
    struct fa_decoder *decoder = fa_mem_array(1, sizeof *decoder, err);
    if (!decoder)
        return NULL;
    if (vips_init("fa")) {
        fa_err_set(err, "cannot start libvips");
        free(decoder);
        return NULL;
    }
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    vips_operation_block_set("VipsForeignLoad", TRUE);
    for (size_t i = 0; i < sizeof loaders / sizeof *loaders; i++)
        vips_operation_block_set(loaders[i], FALSE);
    decoder->log = g_log_set_handler("VIPS", G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO, take_message,
                                     decoder);
    pthread_rwlock_init(&decoder->lock, NULL);
    return decoder;
}

void fa_decoder_close(struct fa_decoder *decoder)
{
    if (!decoder)
        return;
    g_log_remove_handler("VIPS", decoder->log);
    pthread_rwlock_destroy(&decoder->lock);
    vips_error_clear();
    free(decoder);
}

static int open_regular(const char *path, struct fa_err *err)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* without O_NONBLOCK a FIFO would wait for its writer */
    if (fd < 0)
        return fa_err_sys(err, "cannot open");
    if (fstat(fd, &status))
        fa_err_sys(err, "cannot open");
    else if (!S_ISREG(status.st_mode))
        fa_err_set(err, "not a regular file");
    else if (!status.st_size)
        fa_err_set(err, "empty file");
    else
        return fd;
    close(fd);
    return -1;
}

/* Some of libvips's loaders look into a file before they find that they are blocked; so only what begins as one of the six
 * formats does gets that far. */
static bool is_picture(int fd)
{
    static const struct {
        size_t at, n;
        const char *bytes;
    } begin[] = {{0, 2, "\xff\xd8"}, {0, 8, "\x89PNG\r\n\x1a\n"}, {0, 4, "GIF8"},      {8, 4, "WEBP"},     {4, 4, "ftyp"},
                 {0, 4, "II*\0"},    {0, 4, "MM\0*"},               {0, 4, "II+\0"},     {0, 4, "MM\0+"}};
    char bytes[12];
    ssize_t got = pread(fd, bytes, sizeof bytes, 0);
    for (size_t i = 0; i < sizeof begin / sizeof *begin; i++)
        if (got >= (ssize_t)(begin[i].at + begin[i].n) && !memcmp(bytes + begin[i].at, begin[i].bytes, begin[i].n))
            return true;
    return false;
}

/* How a file is read. */
struct reading {
    size_t shrink; /* 1, or by how much a JPEG file is to be decoded smaller */
    bool strict;   /* libjpeg's warnings are errors */
};

static VipsImage *read_header(int fd, struct reading reading)
{
    static const char *const option[] = {[1] = "", [2] = "[shrink=2]", [4] = "[shrink=4]", [8] = "[shrink=8]"};
    VipsSource *source = lseek(fd, 0, SEEK_SET) ? NULL : vips_source_new_from_descriptor(fd);
    if (!source)
        return NULL;
    VipsImage *image = vips_image_new_from_source(source, option[reading.shrink], "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                                                  reading.strict ? VIPS_FAIL_ON_WARNING : VIPS_FAIL_ON_ERROR, NULL);
    g_object_unref(source);
    return image;
}

/* One step of the chain from file to pixels: takes over in, returns a new image or NULL. */
static VipsImage *flatten(VipsImage *in)
{
    VipsImage *out = NULL;
    if (!vips_image_hasalpha(in))
        return in;
    double white = in->Type == VIPS_INTERPRETATION_CMYK ? 0 : in->BandFmt == VIPS_FORMAT_USHORT ? 65535 : 255;
    VipsArrayDouble *background = vips_array_double_newv(1, white);
    if (vips_flatten(in, &out, "background", background, NULL))
        out = NULL;
    vips_area_unref(VIPS_AREA(background));
    g_object_unref(in);
    return out;
}

/* Without a profile, or with Hewlett-Packard's "sRGB IEC61966-2.1", which most pictures with a profile have, always the same
 * bytes: to convert from it takes longer than to decode, and changes one colour in 270, by 1. */
static bool is_srgb(VipsImage *in)
{
    const void *profile = NULL;
    size_t n = 0;
    if (in->Type != VIPS_INTERPRETATION_sRGB || in->BandFmt != VIPS_FORMAT_UCHAR)
        return false;
    if (!vips_image_get_typeof(in, VIPS_META_ICC_NAME))
        return true;
    return !vips_image_get_blob(in, VIPS_META_ICC_NAME, &profile, &n) && n == 3144 &&
           XXH3_64bits(profile, n) == 0x76f6fa77e1bcc78f;
}

static VipsImage *to_srgb(VipsImage *in)
{
    VipsImage *out = NULL, *bytes = NULL;
    if (is_srgb(in))
        return in;
    if (!vips_image_get_typeof(in, VIPS_META_ICC_NAME) || vips_icc_transform(in, &out, "srgb", "embedded", TRUE, NULL))
        if (vips_colourspace(in, &out, VIPS_INTERPRETATION_sRGB, NULL)) /* no profile, or one that is broken */
            out = NULL;
    g_object_unref(in);
    if (!out || vips_cast_uchar(out, &bytes, NULL))
        bytes = NULL;
    if (out)
        g_object_unref(out);
    return bytes;
}

/* A quarter turn reads pixels out of order, which a file read in sequence does not allow. */
static VipsImage *turn_upright(VipsImage *in)
{
    VipsImage *copy, *out = NULL;
    if (vips_image_get_orientation(in) < 2)
        return in;
    copy = vips_image_copy_memory(in);
    g_object_unref(in);
    if (!copy || vips_autorot(copy, &out, NULL))
        out = NULL;
    if (copy)
        g_object_unref(copy);
    return out;
}

/* ---- reduced pictures ---- */

static void choose_factor(VipsImage *in, struct fa_reduction *reduction)
{
    bool turned = vips_image_get_orientation(in) >= 5;
    reduction->width = (size_t)(turned ? in->Ysize : in->Xsize);
    reduction->height = (size_t)(turned ? in->Xsize : in->Ysize);
    reduction->factor = reduction->choose ? reduction->choose(reduction->arg, reduction->width, reduction->height) : 1;
}

/* The axes of which the end in the file is the beginning in the upright picture. */
static void find_origin(VipsImage *in, struct fa_reduction *reduction)
{
    static const bool reversed[2][9] = {{[2] = true, [3] = true, [6] = true, [7] = true},
                                        {[3] = true, [4] = true, [7] = true, [8] = true}};
    int orientation = vips_image_get_orientation(in);
    bool turned = orientation >= 5;
    long factor = (long)reduction->factor, width = turned ? in->Ysize : in->Xsize, height = turned ? in->Xsize : in->Ysize;
    reduction->origin[0] = reversed[0][orientation] ? (long)reduction->width - factor * width : 0;
    reduction->origin[1] = reversed[1][orientation] ? (long)reduction->height - factor * height : 0;
}

static bool is_jpeg(VipsImage *in)
{
    const char *loader = "";
    return vips_image_get_typeof(in, VIPS_META_LOADER) && !vips_image_get_string(in, VIPS_META_LOADER, &loader) &&
           !strncmp(loader, "jpegload", 8);
}

/* JPEG is decoded at the size wanted; what else there is gives means of whole pixels. */
static VipsImage *shrink(VipsImage *in, size_t factor)
{
    VipsImage *out = NULL;
    if (is_jpeg(in))
        return in;
    if (vips_shrink(in, &out, (double)factor, (double)factor, "ceil", TRUE, NULL))
        out = NULL;
    g_object_unref(in);
    return out;
}

/* In strips and in this thread: libvips's own threads would have to be woken for each picture, and ours are all at work. A
 * loader reads its file in order, some rows at a time, so that strips of a few rows cost nothing more. */
static int copy_pixels(VipsImage *from, struct fa_image *image)
{
    VipsRegion *region = vips_region_new(from);
    size_t line = 3 * image->width;
    int failed = !region;
    for (int y = 0; y < from->Ysize && !failed; y += STRIP) {
        VipsRect strip = {0, y, from->Xsize, from->Ysize - y < STRIP ? from->Ysize - y : STRIP};
        failed = vips_region_prepare(region, &strip);
        for (int row = y; row < y + strip.height && !failed; row++)
            memcpy(image->pixel + (size_t)row * line, region->data + (ptrdiff_t)(row - region->valid.top) * region->bpl, line);
    }
    if (region)
        g_object_unref(region);
    return failed;
}

/* Takes over from. */
static enum outcome write_pixels(VipsImage *from, struct fa_image *image, struct fa_err *err)
{
    enum outcome outcome = EXPLAINED;
    if (from->Bands != 3)
        fa_err_set(err, "cannot convert to RGB: %d channels", from->Bands);
    else if (!fa_image_new(image, (size_t)from->Xsize, (size_t)from->Ysize, err))
        outcome = copy_pixels(from, image) ? UNEXPLAINED : DONE;
    if (outcome != DONE)
        fa_image_free(image);
    g_object_unref(from);
    return outcome;
}

static enum outcome decode(int fd, bool strict, uint64_t max_pixels, struct fa_reduction *reduction, struct fa_image *image,
                           struct fa_err *err)
{
    struct reading reading = {1, strict};
    if (!is_picture(fd)) {
        fa_err_set(err, "no readable picture (JPEG, PNG, GIF, WebP, TIFF or HEIF)");
        return EXPLAINED;
    }
    VipsImage *now = read_header(fd, reading);
    if (now && (uint64_t)now->Xsize * (uint64_t)now->Ysize > max_pixels) {
        fa_err_set(err, "too large (%dx%d pixels, limit %llu; see --max-pixels)", now->Xsize, now->Ysize,
                   (unsigned long long)max_pixels);
        g_object_unref(now);
        return EXPLAINED;
    }
    if (now)
        choose_factor(now, reduction);
    if (now && !reduction->factor) {
        g_object_unref(now);
        return DONE;
    }
    if (now && reduction->factor > 1 && is_jpeg(now)) {
        g_object_unref(now);
        reading.shrink = reduction->factor;
        now = read_header(fd, reading);
    }
    now = now ? flatten(now) : NULL;
    now = now ? to_srgb(now) : NULL;
    now = now && reduction->factor > 1 ? shrink(now, reduction->factor) : now;
    if (now)
        find_origin(now, reduction);
    now = now ? turn_upright(now) : NULL;
    return now ? write_pixels(now, image, err) : UNEXPLAINED;
}

/* What libjpeg only warns of, but leaves parts of a picture without sense; other warnings do no harm. */
static bool is_corrupt(void)
{
    const char *text = vips_error_buffer();
    return strstr(text, "bad Huffman code") || strstr(text, "premature end of data") || strstr(text, "instead of RST");
}

/* vips's first line without the name of the loader before it, in our spelling. */
static void explain(const struct fa_decoder *decoder, struct fa_err *err)
{
    char *text = vips_error_buffer_copy(), first[sizeof decoder->warning];
    text[strcspn(text, "\n")] = 0;
    const char *colon = strstr(text, ": "), *reason = colon ? colon + 2 : *text ? text : decoder->warning;
    snprintf(first, sizeof first, "%s", *reason ? reason : "no reason given");
    g_free(text);
    if (islower((unsigned char)first[1]))
        first[0] = (char)tolower((unsigned char)first[0]);
    fa_err_set(err, "truncated or damaged: %s", first);
}

/* Once more, while no other picture is being decoded. */
static enum outcome decode_alone(struct fa_decoder *decoder, int fd, uint64_t max_pixels, struct fa_reduction *reduction,
                                 struct fa_image *image, struct fa_err *err)
{
    vips_error_clear();
    decoder->warning[0] = 0;
    decoder->explaining = true;
    enum outcome outcome = decode(fd, false, max_pixels, reduction, image, err);
    decoder->explaining = false;
    if (outcome == DONE && is_corrupt()) {
        fa_image_free(image);
        outcome = UNEXPLAINED;
    }
    if (outcome == UNEXPLAINED)
        explain(decoder, err);
    return outcome;
}

int fa_image_decode_reduced(struct fa_decoder *decoder, const char *path, uint64_t max_pixels, struct fa_reduction *reduction,
                            struct fa_image *image, struct fa_err *err)
{
    int fd = open_regular(path, err);
    *image = (struct fa_image){0};
    if (fd < 0)
        return -1;
    pthread_rwlock_rdlock(&decoder->lock);
    enum outcome outcome = decode(fd, true, max_pixels, reduction, image, err);
    pthread_rwlock_unlock(&decoder->lock);
    if (outcome == UNEXPLAINED) {
        pthread_rwlock_wrlock(&decoder->lock);
        outcome = decode_alone(decoder, fd, max_pixels, reduction, image, err);
        pthread_rwlock_unlock(&decoder->lock);
    }
    close(fd);
    return outcome == DONE ? 0 : -1;
}

int fa_image_decode(struct fa_decoder *decoder, const char *path, uint64_t max_pixels, struct fa_image *image,
                    struct fa_err *err)
{
    struct fa_reduction none = {0};
    return fa_image_decode_reduced(decoder, path, max_pixels, &none, image, err);
}

static size_t nothing(const void *arg, size_t width, size_t height)
{
    (void)arg, (void)width, (void)height;
    return 0;
}

int fa_image_probe(struct fa_decoder *decoder, const char *path, uint64_t max_pixels, size_t *width, size_t *height,
                   struct fa_err *err)
{
    struct fa_reduction reduction = {.choose = nothing};
    struct fa_image none;
    if (fa_image_decode_reduced(decoder, path, max_pixels, &reduction, &none, err))
        return -1;
    *width = reduction.width;
    *height = reduction.height;
    return 0;
}
