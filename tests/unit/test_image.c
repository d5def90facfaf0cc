/* Room image: what decodes and what is refused, scaling by area and warping against definitions in double. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <vips/vips.h>

#include "fa/image.h"
#include "fa/rng.h"

#define assert_near(is, want, by) assert_true(fabs((double)(is) - (double)(want)) <= (double)(by))

enum { WIDE = 40, HIGH = 30 };

static struct fa_decoder *decoder;
static char folder[] = "test_image.XXXXXX";

static int enter_folder(void **state)
{
    (void)state;
    struct fa_err err;
    decoder = fa_decoder_open(&err);
    return !decoder || !mkdtemp(folder) || chdir(folder) ? -1 : 0;
}

static int leave_folder(void **state)
{
    (void)state;
    fa_decoder_close(decoder);
    return chdir("..") || system("rm -rf test_image.??????");
}

/* ---- pictures to decode, made by libvips itself ---- */

/* Smooth, so that JPEG keeps it, and different at all corners. */
static void paint(unsigned char *pixel, size_t x, size_t y)
{
    pixel[0] = (unsigned char)(40 + 4 * x);
    pixel[1] = (unsigned char)(200 - 5 * y);
    pixel[2] = (unsigned char)(90 + 2 * x + y);
}

static VipsImage *painted(void)
{
    static unsigned char pixel[HIGH][WIDE][3];
    for (size_t y = 0; y < HIGH; y++)
        for (size_t x = 0; x < WIDE; x++)
            paint(pixel[y][x], x, y);
    VipsImage *view = vips_image_new_from_memory(pixel, sizeof pixel, WIDE, HIGH, 3, VIPS_FORMAT_UCHAR), *copy;
    view->Type = VIPS_INTERPRETATION_sRGB;
    copy = vips_image_copy_memory(view);
    g_object_unref(view);
    return copy;
}

static void save(VipsImage *image, const char *path)
{
    if (vips_image_write_to_file(image, path, NULL))
        fail_msg("%s", vips_error_buffer());
    g_object_unref(image);
}

static void write_bytes(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

/* The first n bytes of file from as file to; n counted from the end where it is negative. */
static void cut_file(const char *from, const char *to, long n)
{
    static char bytes[100000];
    FILE *file = fopen(from, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    write_bytes(to, bytes, n < 0 ? size - (size_t)-n : (size_t)n);
}

static const char *refusal(const char *path)
{
    static struct fa_err err;
    struct fa_image image;
    assert_int_equal(fa_image_decode(decoder, path, FA_IMAGE_MAX_PIXELS, &image, &err), -1);
    assert_null(image.pixel);
    assert_null(strchr(err.text, '\n'));
    return err.text;
}

/* Largest distance from the painted picture, in grey levels. */
static int distance(const char *path)
{
    struct fa_image image;
    struct fa_err err = {""};
    int most = 0;
    if (fa_image_decode(decoder, path, FA_IMAGE_MAX_PIXELS, &image, &err))
        fail_msg("%s: %s", path, err.text);
    assert_int_equal(image.width, WIDE);
    assert_int_equal(image.height, HIGH);
    for (size_t y = 0; y < HIGH; y++)
        for (size_t x = 0; x < WIDE; x++) {
            unsigned char want[3];
            paint(want, x, y);
            for (size_t c = 0; c < 3; c++)
                most = abs(want[c] - image.pixel[3 * (y * WIDE + x) + c]) > most
                           ? abs(want[c] - image.pixel[3 * (y * WIDE + x) + c])
                           : most;
        }
    fa_image_free(&image);
    return most;
}

static void formats_decode_under_any_name(void **state)
{
    (void)state;
    save(painted(), "a.png");
    save(painted(), "a.tif");
    save(painted(), "a.jpg");
    save(painted(), "a.webp");
    assert_int_equal(distance("a.png"), 0);
    assert_int_equal(distance("a.tif"), 0);
    assert_in_range(distance("a.jpg"), 0, 12);
    assert_in_range(distance("a.webp"), 0, 20);
    assert_int_equal(rename("a.png", "a.jpg[1]"), 0);
    assert_int_equal(distance("a.jpg[1]"), 0);
}

static void sixteen_bits_are_scaled(void **state)
{
    (void)state;
    VipsImage *in = painted(), *out;
    assert_int_equal(vips_colourspace(in, &out, VIPS_INTERPRETATION_RGB16, NULL), 0);
    g_object_unref(in);
    save(out, "deep.png");
    assert_int_equal(distance("deep.png"), 0);
}

static void grey_becomes_three_equal_channels(void **state)
{
    (void)state;
    struct fa_image image;
    struct fa_err err;
    VipsImage *in = painted(), *out;
    assert_int_equal(vips_extract_band(in, &out, 0, NULL), 0);
    g_object_unref(in);
    out->Type = VIPS_INTERPRETATION_B_W;
    save(out, "grey.png");
    assert_int_equal(fa_image_decode(decoder, "grey.png", 1200, &image, &err), 0);
    for (size_t i = 0; i < WIDE * HIGH; i++) {
        assert_int_equal(image.pixel[3 * i], 40 + 4 * (i % WIDE));
        assert_int_equal(image.pixel[3 * i], image.pixel[3 * i + 1]);
        assert_int_equal(image.pixel[3 * i], image.pixel[3 * i + 2]);
    }
    fa_image_free(&image);
}

static void cmyk_becomes_rgb(void **state)
{
    (void)state;
    VipsImage *in = painted(), *out;
    assert_int_equal(vips_colourspace(in, &out, VIPS_INTERPRETATION_CMYK, NULL), 0);
    g_object_unref(in);
    save(out, "cmyk.tif");
    assert_in_range(distance("cmyk.tif"), 1, 70); /* the printable colours are fewer; inverted it would be some 200 */
}

static void transparency_is_laid_on_white(void **state)
{
    (void)state;
    struct fa_image image;
    struct fa_err err;
    unsigned char pixel[3][4] = {{10, 20, 30, 0}, {10, 20, 30, 255}, {10, 20, 30, 51}};
    const unsigned char want[9] = {255, 255, 255, 10, 20, 30, 206, 208, 210};
    for (int deep = 0; deep < 2; deep++) {
        VipsImage *in = vips_image_new_from_memory(pixel, sizeof pixel, 3, 1, 4, VIPS_FORMAT_UCHAR), *out = in;
        if (deep) { /* 16 bits: times 257 */
            double scale[] = {257};
            VipsImage *real;
            assert_int_equal(vips_linear(in, &real, scale, (double[]){0}, 1, NULL), 0);
            assert_int_equal(vips_cast_ushort(real, &out, NULL), 0);
            g_object_unref(in);
            g_object_unref(real);
        }
        out->Type = deep ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
        save(out, "clear.png");
        assert_int_equal(fa_image_decode(decoder, "clear.png", 3, &image, &err), 0);
        for (size_t i = 0; i < 9; i++)
            assert_in_range(image.pixel[i], want[i] - 1, want[i] + 1);
        fa_image_free(&image);
    }
}

/* Each EXIF orientation undoes how the picture was stored: a turn, then a flip for the even ones below 5, the odd above. */
/* The painted picture as orientation wants it stored. */
static VipsImage *stored(int orientation)
{
    const VipsAngle turn[9] = {[3] = VIPS_ANGLE_D180, [5] = VIPS_ANGLE_D90,  [6] = VIPS_ANGLE_D270,
                               [7] = VIPS_ANGLE_D90,  [8] = VIPS_ANGLE_D90};
    VipsImage *in = painted(), *out;
    assert_int_equal(vips_rot(in, &out, turn[orientation], NULL), 0);
    g_object_unref(in);
    if (orientation == 2 || orientation == 4 || orientation == 5 || orientation == 7) {
        VipsDirection flip = orientation == 2 || orientation == 5 ? VIPS_DIRECTION_HORIZONTAL : VIPS_DIRECTION_VERTICAL;
        in = out;
        assert_int_equal(vips_flip(in, &out, flip, NULL), 0);
        g_object_unref(in);
    }
    in = vips_image_copy_memory(out);
    g_object_unref(out);
    vips_image_set_int(in, VIPS_META_ORIENTATION, orientation);
    return in;
}

static void exif_orientation_is_applied(void **state)
{
    (void)state;
    for (int orientation = 1; orientation <= 8; orientation++) {
        save(stored(orientation), "turned.jpg");
        assert_in_range(distance("turned.jpg"), 0, 12);
    }
}

static void animations_give_their_first_frame(void **state)
{
    (void)state;
    static unsigned char pixel[2 * HIGH][WIDE][3];
    struct fa_image image;
    struct fa_err err;
    memset(pixel[HIGH], 200, sizeof pixel / 2);
    VipsImage *in = vips_image_new_from_memory(pixel, sizeof pixel, WIDE, 2 * HIGH, 3, VIPS_FORMAT_UCHAR), *out;
    in->Type = VIPS_INTERPRETATION_sRGB;
    assert_int_equal(vips_copy(in, &out, NULL), 0);
    g_object_unref(in);
    vips_image_set_int(out, VIPS_META_PAGE_HEIGHT, HIGH);
    save(out, "moving.gif");
    assert_int_equal(fa_image_decode(decoder, "moving.gif", 1200, &image, &err), 0);
    assert_int_equal(image.height, HIGH);
    assert_in_range(image.pixel[0], 0, 2);
    fa_image_free(&image);
}

static size_t quarter(const void *arg, size_t width, size_t height)
{
    assert_true(width == *(const size_t *)arg && width + height == WIDE + HIGH);
    return 4;
}

/* A pixel of the reduced picture has the colour of the middle of its 4x4, wherever those left over come to lie. */
static void reduced_pictures_are_upright_and_in_place(void **state)
{
    (void)state;
    static const char *const name[] = {"r.jpg", "r.tif"};
    for (size_t i = 0; i < 16; i++) {
        size_t width = WIDE;
        struct fa_reduction r = {quarter, &width, 0, 0, 0, {0, 0}};
        struct fa_image image;
        struct fa_err err;
        save(stored(1 + (int)i / 2), name[i % 2]);
        assert_int_equal(fa_image_decode_reduced(decoder, name[i % 2], 1200, &r, &image, &err), 0);
        assert_true(r.factor == 4 && r.width == WIDE && r.height == HIGH);
        assert_true(image.width == WIDE / 4 && (image.height == HIGH / 4 || image.height == HIGH / 4 + 1));
        for (size_t k = 0; k < image.width * image.height; k++) {
            double x = 4 * (double)(k % image.width) + 1.5 + (double)r.origin[0];
            double y = 4 * (double)(k / image.width) + 1.5 + (double)r.origin[1];
            if (x > WIDE - 2 || y > HIGH - 2 || x < 1 || y < 1) /* what is left over */
                continue;
            assert_near(image.pixel[3 * k], 40 + 4 * x, 5);
            assert_near(image.pixel[3 * k + 1], 200 - 5 * y, 5);
        }
        fa_image_free(&image);
        assert_int_equal(fa_image_decode_reduced(decoder, name[i % 2], 1199, &r, &image, &err), -1);
    }
}

static void cut_pictures_are_refused(void **state)
{
    (void)state;
    save(painted(), "whole.jpg");
    save(painted(), "whole.png");
    cut_file("whole.jpg", "cut.jpg", -20);
    cut_file("whole.png", "cut.png", -100);
    cut_file("whole.jpg", "head.jpg", 60);
    assert_string_equal(refusal("cut.jpg"), "truncated or damaged: premature end of input file");
    assert_string_equal(refusal("head.jpg"), "truncated or damaged: premature end of input file");
    assert_string_equal(refusal("cut.png"), "truncated or damaged: libpng read error");
}

static void what_is_no_picture_is_refused(void **state)
{
    (void)state;
    const char *none = "no readable picture (JPEG, PNG, GIF, WebP, TIFF or HEIF)";
    const char text[] = "not a photograph\n", ppm[] = "P6 1 1 255\nabc";
    const char svg[] = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\">"
                       "<rect width=\"9\" height=\"9\"/></svg>";
    write_bytes("text.jpg", text, sizeof text - 1);
    write_bytes("svg.png", svg, sizeof svg - 1);
    write_bytes("ppm.png", ppm, sizeof ppm - 1);
    write_bytes("empty.jpg", "", 0);
    assert_int_equal(mkdir("folder.jpg", 0700), 0);
    assert_int_equal(mkfifo("fifo.jpg", 0600), 0);
    assert_string_equal(refusal("text.jpg"), none);
    assert_string_equal(refusal("svg.png"), none);
    assert_string_equal(refusal("ppm.png"), none);
    assert_string_equal(refusal("empty.jpg"), "empty file");
    assert_string_equal(refusal("folder.jpg"), "not a regular file");
    assert_string_equal(refusal("fifo.jpg"), "not a regular file");
    assert_string_equal(refusal("missing.jpg"), "cannot open: No such file or directory");
}

/* Signature and IHDR of a PNG of 40000x40000 pixels, with its checksum, and the start of an IDAT. */
static void the_header_tells_what_is_too_large(void **state)
{
    (void)state;
    const unsigned char png[] = {0x89, 'P',  'N',  'G',  '\r', '\n', 0x1a, '\n', 0,    0,    0,   13,  'I', 'H', 'D', 'R', 0,
                                 0,    0x9c, 0x40, 0,    0,    0x9c, 0x40, 8,    2,    0,    0,   0,   0,   0,   0,   0,   0,
                                 0,    0,    16,   'I',  'D',  'A',  'T',  0x78, 0x9c, 0x63, 0,   0,   0,   0,   0,   0,   0};
    unsigned char bytes[sizeof png];
    struct fa_image image;
    struct fa_err err;
    memcpy(bytes, png, sizeof png);
    unsigned crc = 0xffffffff; /* CRC-32 of the chunk's name and body, PNG annex D */
    for (size_t i = 12; i < 29; i++) {
        crc ^= bytes[i];
        for (int k = 0; k < 8; k++)
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    }
    for (size_t i = 0; i < 4; i++)
        bytes[29 + i] = (unsigned char)(~crc >> (24 - 8 * i));
    write_bytes("large.png", bytes, sizeof bytes);
    assert_string_equal(refusal("large.png"), "too large (40000x40000 pixels, limit 178956970; see --max-pixels)");
    save(painted(), "limit.png");
    assert_int_equal(fa_image_decode(decoder, "limit.png", WIDE * HIGH, &image, &err), 0);
    fa_image_free(&image);
    assert_int_equal(fa_image_decode(decoder, "limit.png", WIDE * HIGH - 1, &image, &err), -1);
}

static void *decode_often(void *arg)
{
    static const char *const path[] = {"cut.jpg", "text.jpg", "cut.png", "whole.png", "missing.jpg"};
    static const char *const want[] = {"truncated or damaged: premature end of input file",
                                       "no readable picture (JPEG, PNG, GIF, WebP, TIFF or HEIF)",
                                       "truncated or damaged: libpng read error", "",
                                       "cannot open: No such file or directory"};
    for (size_t i = 0; i < 100; i++) {
        struct fa_err err = {""};
        struct fa_image image;
        fa_image_decode(decoder, path[i % 5], FA_IMAGE_MAX_PIXELS, &image, &err);
        fa_image_free(&image);
        if (strcmp(err.text, want[i % 5]))
            *(int *)arg = 1;
    }
    return NULL;
}

static void reasons_do_not_mix_between_threads(void **state)
{
    (void)state;
    pthread_t thread[4];
    int wrong[4] = {0};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, decode_often, &wrong[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(thread[i], NULL);
        assert_int_equal(wrong[i], 0);
    }
}

/* ---- scaling and warping ---- */

static struct fa_image noise(size_t width, size_t height, uint64_t seed)
{
    struct fa_image image;
    struct fa_err err;
    struct fa_rng rng = fa_rng_make(seed, 0);
    assert_int_equal(fa_image_new(&image, width, height, &err), 0);
    for (size_t i = 0; i < 3 * width * height; i++)
        image.pixel[i] = (unsigned char)fa_rng_below(&rng, 256);
    return image;
}

static double value(const struct fa_image *image, long x, long y, size_t c, enum fa_border border)
{
    long w = (long)image->width, h = (long)image->height;
    if (border == FA_BORDER_BLACK && (x < 0 || y < 0 || x >= w || y >= h))
        return 0;
    x = x < 0 ? 0 : x < w ? x : w - 1;
    y = y < 0 ? 0 : y < h ? y : h - 1;
    return image->pixel[3 * (y * w + x) + (long)c];
}

/* The length that pixel x shares with from..to. */
static double share(long x, double from, double to)
{
    return fmax(0, fmin(to, (double)x + 1) - fmax(from, (double)x));
}

static double mean_over(const struct fa_image *image, struct fa_region r, double x0, double x1, double y0, double y1, size_t c)
{
    double sum = 0;
    for (long y = (long)y0; y < (long)ceil(y1); y++)
        for (long x = (long)x0; x < (long)ceil(x1); x++)
            sum += share(x, x0, x1) * share(y, y0, y1) * value(image, r.x + x, r.y + y, c, FA_BORDER_BLACK);
    return sum / (x1 - x0) / (y1 - y0);
}

static void shrinking_is_the_mean_over_the_area(void **state)
{
    (void)state;
    const struct {
        struct fa_region region;
        size_t width, height;
    } cases[] = {{{0, 0, 60, 45}, 20, 15}, {{0, 0, 60, 45}, 37, 22},  {{5, 7, 50, 30}, 24, 24},
                 {{-9, 4, 48, 48}, 24, 24}, {{30, -5, 70, 31}, 12, 30}, {{100, 100, 30, 30}, 7, 9}};
    struct fa_image image = noise(60, 45, 1);
    struct fa_err err;
    float out[3 * 40 * 40];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fa_region r = cases[i].region;
        size_t w = cases[i].width, h = cases[i].height;
        double sx = (double)r.width / (double)w, sy = (double)r.height / (double)h;
        assert_int_equal(fa_image_resize_area(&image, r, w, h, out, &err), 0);
        for (size_t k = 0; k < w * h; k++)
            for (size_t c = 0; c < 3; c++) {
                double x = (double)(k % w) * sx, y = (double)(k / w) * sy;
                double want = mean_over(&image, r, x, fmin(x + sx, (double)r.width), y, fmin(y + sy, (double)r.height), c);
                assert_float_equal(out[3 * k + c], want, 0.25); /* slivers under a thousandth of a pixel are left out */
            }
    }
    fa_image_free(&image);
}

static void rounding_is_opencvs(void **state)
{
    (void)state;
    unsigned char pixel[3 * 2 * 4] = {1, 1, 2, 2, 2, 9, 1, 0, 3, 2, 2, 3, 1, 2, 3, 2, 3, 3, 0, 0, 1, 1, 5, 2};
    struct fa_image image = {pixel, 2, 4};
    struct fa_err err;
    unsigned char out[12];
    struct fa_image half = {out, 1, 2}, row = {out, 1, 4}, none = {out, 0, 1};
    assert_int_equal(fa_image_resize(&image, &half, &err), 0);
    assert_int_equal(out[0], 2); /* 1.5 */
    assert_int_equal(out[1], 1); /* 1.25 */
    assert_int_equal(out[2], 4); /* 4.25 */
    assert_int_equal(out[4], 3); /* 2.5: up */
    assert_int_equal(fa_image_resize(&image, &row, &err), 0);
    assert_int_equal(out[0], 2); /* 1.5: to even where only one direction is halved */
    assert_int_equal(out[1], 2); /* 1.5 */
    assert_int_equal(out[2], 6); /* 5.5 */
    assert_int_equal(out[7], 2); /* 2.5 */
    assert_int_equal(fa_image_resize(&image, &none, &err), -1);
    assert_string_equal(err.text, "cannot scale 2x4 pixels to 0x1");
}

/* Values of OpenCV 5: resize of a row 0 30 60 90 to 6 pixels by INTER_AREA. */
static void growing_is_opencvs(void **state)
{
    (void)state;
    unsigned char pixel[12];
    struct fa_image image = {pixel, 4, 1};
    const float want[6] = {0, 15, 30, 60, 75, 90};
    struct fa_err err;
    float out[18];
    for (size_t i = 0; i < 12; i++)
        pixel[i] = (unsigned char)(30 * (i / 3));
    assert_int_equal(fa_image_resize_area(&image, (struct fa_region){0, 0, 4, 1}, 6, 1, out, &err), 0);
    for (size_t i = 0; i < 18; i++)
        assert_float_equal(out[i], want[i / 3], 1e-4);
}

static double keys(double x)
{
    x = fabs(x);
    return x < 1 ? 1.5 * x * x * x - 2.5 * x * x + 1 : x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0;
}

/* The definition in the header, in double, over a window that is sure to be wide enough. */
static double warped(const struct fa_image *image, const double m[6], long u, long v, size_t c, enum fa_border border)
{
    double x = m[0] * (double)u + m[1] * (double)v + m[2], y = m[3] * (double)u + m[4] * (double)v + m[5];
    double sx = fmax(1, hypot(m[0], m[1])), sy = fmax(1, hypot(m[3], m[4])), sum = 0, total = 0;
    for (long j = (long)(y - 2 * sy) - 2; j <= (long)(y + 2 * sy) + 2; j++)
        for (long i = (long)(x - 2 * sx) - 2; i <= (long)(x + 2 * sx) + 2; i++) {
            double weight = keys(((double)i - x) / sx) * keys(((double)j - y) / sy);
            sum += weight * value(image, i, j, c, border);
            total += weight;
        }
    return fmin(fmax(sum / total, 0), 255);
}

/* Warps by m into a picture of width x height, which must be within one grey level of the definition. */
static void check_warp(const struct fa_image *image, const double m[6], size_t width, size_t height, enum fa_border border)
{
    struct fa_image to = noise(width, height, 3);
    struct fa_err err;
    assert_int_equal(fa_image_warp(image, m, border, &to, &err), 0);
    for (size_t k = 0; k < 3 * width * height; k++) {
        double want = warped(image, m, (long)(k / 3 % width), (long)(k / 3 / width), k % 3, border);
        assert_float_equal(to.pixel[k], want, 1);
    }
    fa_image_free(&to);
}

static void warping_is_within_one_level_of_double(void **state)
{
    (void)state;
    static const double cases[][6] = {{1, 0, 0, 0, 1, 0},           {0.4, 0.1, 3, -0.1, 0.4, 9},  {1, 0, 0.5, 0, 1, 0.25},
                                      {3.1, 0.9, -20, -0.9, 3.1, 4}, {0, 2, -5, -2, 0, 80},       {9.7, 0, -40, 0, 9.7, -30},
                                      {2, 0, 4, 0, 0.5, 3},          {1e-9, 0, 30, 0, 1e-9, 20}, {1, 0, 500, 0, 1, 500}};
    struct fa_image image = noise(70, 50, 2), dot = noise(1, 1, 4), line = noise(1, 30, 5);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int border = 0; border < 2; border++) {
            check_warp(&image, cases[i], 24, 20, (enum fa_border)border);
            check_warp(&dot, cases[i], 5, 3, (enum fa_border)border);
            check_warp(&line, cases[i], 1, 7, (enum fa_border)border);
        }
    fa_image_free(&image);
    fa_image_free(&dot);
    fa_image_free(&line);
}

/* Turned about the middle of the picture. */
static void turn(double m[6], double scale, double degrees, const struct fa_image *image, size_t width, size_t height)
{
    double x = scale * cos(degrees * 0.017453292519943295), y = scale * sin(degrees * 0.017453292519943295);
    m[0] = m[4] = x;
    m[1] = -y;
    m[3] = y;
    m[2] = 0.5 * ((double)image->width - 1 - m[0] * (double)(width - 1) - m[1] * (double)(height - 1));
    m[5] = 0.5 * ((double)image->height - 1 - m[3] * (double)(width - 1) - m[4] * (double)(height - 1));
}

static void any_turn_and_scale_is_within_one_level(void **state)
{
    (void)state;
    static const double scales[] = {0.1, 0.33, 0.9, 1.1, 2.7, 5, 10}, degrees[] = {0, 7, -20, 45, 90, 133, 180};
    struct fa_image image = noise(60, 40, 6);
    for (size_t i = 0; i < 49; i++) {
        double m[6];
        turn(m, scales[i / 7], degrees[i % 7], &image, 14, 11);
        check_warp(&image, m, 14, 11, i % 2 ? FA_BORDER_BLACK : FA_BORDER_REPLICATE);
    }
    fa_image_free(&image);
}

/* Noise, an edge, stripes of one pixel and of seven, a grid of dots: what differs most within a pixel of a wide kernel. */
static void draw(struct fa_image *image, int what, uint64_t seed)
{
    struct fa_rng rng = fa_rng_make(seed, 1);
    for (size_t y = 0; y < image->height; y++)
        for (size_t x = 0; x < image->width; x++) {
            bool on[] = {fa_rng_below(&rng, 2), x > image->width / 2 + seed, (x + y) % 2, x / 7 % 2, x % 5 == 0 && y % 5 == 0};
            memset(image->pixel + 3 * (y * image->width + x), on[what] ? 255 : 0, 3);
        }
}

static void large_shrinks_are_within_one_level(void **state)
{
    (void)state;
    static const double scales[] = {23.5, 24, 26.8, 36.5, 60}, degrees[] = {0, 11, 45};
    struct fa_image image = noise(300, 260, 7);
    for (int what = 0; what < 5; what++)
        for (size_t i = 0; i < 15; i++) {
            double m[6];
            draw(&image, what, i);
            turn(m, scales[i / 3], degrees[i % 3], &image, 5, 3);
            check_warp(&image, m, 5, 3, i % 2 ? FA_BORDER_BLACK : FA_BORDER_REPLICATE);
        }
    fa_image_free(&image);
}

/* What is cut into tiles has no seams: a crop of many of them is that of its parts. */
static void tiles_do_not_show(void **state)
{
    (void)state;
    struct fa_image image = noise(900, 700, 8), to = noise(300, 250, 9), part = noise(40, 30, 10);
    const double m[6] = {2.9, -0.4, 20, 0.4, 2.9, -30}, upright[6] = {3, 0, -4, 0, 2.8, 1};
    struct fa_err err;
    for (int i = 0; i < 2; i++) {
        const double *whole = i ? upright : m;
        double shifted[6];
        memcpy(shifted, whole, sizeof shifted);
        shifted[2] += 110 * whole[0] + 90 * whole[1];
        shifted[5] += 110 * whole[3] + 90 * whole[4];
        assert_int_equal(fa_image_warp(&image, whole, FA_BORDER_BLACK, &to, &err), 0);
        assert_int_equal(fa_image_warp(&image, shifted, FA_BORDER_BLACK, &part, &err), 0);
        for (size_t y = 0; y < 30; y++)
            for (size_t k = 0; k < 120; k++)
                assert_in_range(part.pixel[120 * y + k] + 1 - to.pixel[900 * (90 + y) + 330 + k], 0, 2);
    }
    fa_image_free(&image);
    fa_image_free(&to);
    fa_image_free(&part);
}

static void what_shrinks_does_not_alias(void **state)
{
    (void)state;
    struct fa_image board = noise(160, 160, 4), to = noise(40, 40, 5);
    const double m[6] = {4, 0, 1.5, 0, 4, 1.5};
    struct fa_err err;
    for (size_t i = 0; i < 3 * 160 * 160; i++)
        board.pixel[i] = (i / 3 % 160 + i / 480) % 2 ? 255 : 0;
    assert_int_equal(fa_image_warp(&board, m, FA_BORDER_REPLICATE, &to, &err), 0);
    for (size_t i = 0; i < 3 * 40 * 40; i++)
        assert_in_range(to.pixel[i], 125, 130);
    fa_image_free(&board);
    fa_image_free(&to);
}

static void wild_transforms_are_refused(void **state)
{
    (void)state;
    static const double cases[][6] = {{NAN, 0, 0, 0, 1, 0}, {1, 0, INFINITY, 0, 1, 0}, {1, 0, 2e6, 0, 1, 0},
                                      {2e4, 0, 0, 0, 1, 0}};
    struct fa_image image = noise(5, 5, 6), to = noise(2, 2, 7);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fa_err err;
        assert_int_equal(fa_image_warp(&image, cases[i], FA_BORDER_BLACK, &to, &err), -1);
        assert_non_null(strstr(err.text, "transform out of range"));
    }
    fa_image_free(&image);
    fa_image_free(&to);
}

static void sizes_beyond_memory_are_refused(void **state)
{
    (void)state;
    struct fa_image image;
    struct fa_err err;
    assert_int_equal(fa_image_new(&image, SIZE_MAX / 2, 3, &err), -1);
    assert_non_null(strstr(err.text, "out of memory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_decode_under_any_name),
        cmocka_unit_test(sixteen_bits_are_scaled),
        cmocka_unit_test(grey_becomes_three_equal_channels),
        cmocka_unit_test(cmyk_becomes_rgb),
        cmocka_unit_test(transparency_is_laid_on_white),
        cmocka_unit_test(exif_orientation_is_applied),
        cmocka_unit_test(animations_give_their_first_frame),
        cmocka_unit_test(reduced_pictures_are_upright_and_in_place),
        cmocka_unit_test(cut_pictures_are_refused),
        cmocka_unit_test(what_is_no_picture_is_refused),
        cmocka_unit_test(the_header_tells_what_is_too_large),
        cmocka_unit_test(reasons_do_not_mix_between_threads),
        cmocka_unit_test(shrinking_is_the_mean_over_the_area),
        cmocka_unit_test(rounding_is_opencvs),
        cmocka_unit_test(growing_is_opencvs),
        cmocka_unit_test(warping_is_within_one_level_of_double),
        cmocka_unit_test(any_turn_and_scale_is_within_one_level),
        cmocka_unit_test(large_shrinks_are_within_one_level),
        cmocka_unit_test(tiles_do_not_show),
        cmocka_unit_test(what_shrinks_does_not_alias),
        cmocka_unit_test(wild_transforms_are_refused),
        cmocka_unit_test(sizes_beyond_memory_are_refused),
    };
    return cmocka_run_group_tests_name("image", tests, enter_folder, leave_folder);
}
