#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "fa/look.h"

int fa_look_check(const struct fa_header *header, struct fa_err *err)
{
    bool pictures = header->kind == FA_CROP && header->rank == 3 && header->dim[2] == 3 && header->dtype == FA_U8;
    return pictures ? 0 : fa_err_set(err, "crops are no RGB pictures");
}

static void swap_red_and_blue(struct fa_image *image)
{
    for (size_t i = 0; i < 3 * image->width * image->height; i += 3) {
        unsigned char blue = image->pixel[i];
        image->pixel[i] = image->pixel[i + 2];
        image->pixel[i + 2] = blue;
    }
}

int fa_look_crop(const struct fa_header *header, const struct fa_record *record, size_t side, struct fa_image *image,
                 struct fa_err *err)
{
    const struct fa_image crop = {record->data, header->dim[1], header->dim[0]};
    size_t most = crop.width > crop.height ? crop.width : crop.height;
    double by = side && most > side ? (double)side / (double)most : 1;
    size_t width = (size_t)((double)crop.width * by + 0.5), height = (size_t)((double)crop.height * by + 0.5);
    *image = (struct fa_image){0};
    if (!record->data)
        return 0;
    if (fa_image_new(image, width ? width : 1, height ? height : 1, err))
        return -1;
    if (width == crop.width && height == crop.height)
        memcpy(image->pixel, crop.pixel, 3 * width * height);
    else if (fa_image_resize(&crop, image, err)) {
        fa_image_free(image);
        return -1;
    }
    if (!strcmp(fa_map_string(&header->map, "order", "rgb"), "bgr"))
        swap_red_and_blue(image);
    return 0;
}

/* ---- names ---- */

enum { NAME_MOST = 200, NAME_KEPT = 180 };

static bool is_plain(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c >= 0x80;
}

const char *fa_look_name(const char *id, struct fa_arena *arena, struct fa_err *err)
{
    size_t n = strlen(id), used = 0;
    char *name = fa_arena_alloc(arena, 3 * n + 32, err);
    if (!name)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)id[i];
        if (is_plain(c) || (i && strchr("._-@#~,= ", c)))
            name[used++] = (char)c;
        else if (i && c == '/')
            name[used++] = '+';
        else
            used += (size_t)snprintf(name + used, 4, "%%%02X", c);
    }
    if (used <= NAME_MOST) {
        snprintf(name + used, 2, "%s", n ? "" : "%");
        return name;
    }
    for (used = NAME_KEPT; ((unsigned char)name[used] & 0xc0) == 0x80;) /* not within a character */
        used--;
    snprintf(name + used, 32, "%%%016llx", (unsigned long long)XXH3_64bits(id, n));
    return name;
}
