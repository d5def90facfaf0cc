/* A part of a picture as floats, with what lies beyond the edges filled in, so that the loops of the warp know no edges. */
#ifndef FA_IMAGE_TILE_H
#define FA_IMAGE_TILE_H

#include "fa/image.h"

/* Red, green, blue, and a number without meaning. */
typedef float pixel4 __attribute__((vector_size(16)));

/* Pixel (i, j) is the mean of the step[0] x step[1] pixels of the picture from (x + i) step[0], (y + j) step[1] on. */
struct tile {
    const struct fa_image *from;
    enum fa_border border;
    size_t step[2]; /* at most 256: sums of so many bytes fit 16 bits */
    long x, y;
    size_t width, height;
    pixel4 *pixel;
    uint16_t *line; /* a row of the picture, summed in y */
};

/* Memory for tiles of up to width x height. */
int fa_tile_open(struct tile *tile, size_t width, size_t height, struct fa_err *err);
void fa_tile_close(struct tile *tile);

/* Fills the pixels from x, y, width and height, which the caller has set. */
void fa_tile_fill(struct tile *tile);

#endif
