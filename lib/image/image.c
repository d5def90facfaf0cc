#include "fa/image.h"

#include <stdlib.h>

#include "fa/mem.h"

int fa_image_new(struct fa_image *image, size_t width, size_t height, struct fa_err *err)
{
    if (height && width > SIZE_MAX / 3 / height)
        return fa_err_memory(err, SIZE_MAX);
    size_t bytes = 3 * width * height;
    unsigned char *pixel = malloc(bytes ? bytes : 1);
    if (!pixel)
        return fa_err_memory(err, bytes);
    *image = (struct fa_image){pixel, width, height};
    return 0;
}

void fa_image_free(struct fa_image *image)
{
    free(image->pixel);
    *image = (struct fa_image){0};
}

enum { TILE = 16 }; /* a tile of both pictures fits the cache, so that neither is read or written with a stride alone */

static void transpose_tile(unsigned char *to, const struct fa_image *from, size_t x0, size_t y0)
{
    size_t x1 = x0 + TILE < from->width ? x0 + TILE : from->width;
    size_t y1 = y0 + TILE < from->height ? y0 + TILE : from->height;
    for (size_t x = x0; x < x1; x++)
        for (size_t y = y0; y < y1; y++)
            for (size_t c = 0; c < 3; c++)
                to[3 * (x * from->height + y) + c] = from->pixel[3 * (y * from->width + x) + c];
}

int fa_image_transpose(struct fa_image *to, const struct fa_image *from, struct fa_err *err)
{
    if (fa_image_new(to, from->height, from->width, err))
        return -1;
    for (size_t y = 0; y < from->height; y += TILE)
        for (size_t x = 0; x < from->width; x += TILE)
            transpose_tile(to->pixel, from, x, y);
    return 0;
}
