#include "tile.h"

#include <stdlib.h>
#include <string.h>

#include "fa/mem.h"

int fa_tile_open(struct tile *tile, size_t width, size_t height, struct fa_err *err)
{
    tile->pixel = fa_mem_aligned(width * height, sizeof *tile->pixel, err);
    tile->line = tile->pixel ? fa_mem_array(3 * width * tile->step[0] + 1, sizeof *tile->line, err) : NULL;
    return tile->line ? 0 : -1;
}

void fa_tile_close(struct tile *tile)
{
    free(tile->pixel);
    free(tile->line);
}

static long clamp(long x, long most)
{
    return x < 0 ? 0 : x < most ? x : most;
}

static void add_bytes(uint16_t *sum, const unsigned char *byte, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum[i] = (uint16_t)(sum[i] + byte[i]);
}

/* line += row y of the picture, n pixels from x on. */
static void add_row(const struct tile *tile, long x, long y, long n)
{
    const struct fa_image *from = tile->from;
    long width = (long)from->width, inside = clamp(y, (long)from->height - 1);
    bool black = tile->border == FA_BORDER_BLACK;
    const unsigned char *row = from->pixel + 3 * width * inside;
    long begin = clamp(-x, n), end = clamp(width - x, n);
    if (black && y != inside)
        return;
    for (long i = 0; i < begin && !black; i++)
        add_bytes(tile->line + 3 * i, row, 3);
    if (begin < end)
        add_bytes(tile->line + 3 * begin, row + 3 * (x + begin), (size_t)(3 * (end - begin)));
    for (long i = end > begin ? end : begin; i < n && !black; i++)
        add_bytes(tile->line + 3 * i, row + 3 * (width - 1), 3);
}

/* Pixels of line to their means over step[0]. Four numbers are loaded for three. */
static void reduce_line(const struct tile *tile, pixel4 *to)
{
    typedef uint16_t sum4 __attribute__((vector_size(8)));
    typedef int32_t int4 __attribute__((vector_size(16)));
    const uint16_t *at = tile->line;
    float share = 1 / (float)(tile->step[0] * tile->step[1]);
    for (size_t i = 0; i < tile->width; i++) {
        int4 total = {0};
        for (size_t k = 0; k < tile->step[0]; k++, at += 3) {
            sum4 sum;
            memcpy(&sum, at, sizeof sum);
            total += __builtin_convertvector(sum, int4);
        }
        to[i] = __builtin_convertvector(total, pixel4) * share;
    }
}

void fa_tile_fill(struct tile *tile)
{
    long wide = (long)tile->step[0], high = (long)tile->step[1], n = (long)tile->width * wide;
    for (size_t j = 0; j < tile->height; j++) {
        memset(tile->line, 0, (size_t)(3 * n) * sizeof *tile->line);
        for (long k = 0; k < high; k++)
            add_row(tile, tile->x * wide, (tile->y + (long)j) * high + k, n);
        reduce_line(tile, tile->pixel + j * tile->width);
    }
}
