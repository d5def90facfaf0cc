/* Changed copies of a face, to train on: mirrored, turned, moved, zoomed, lighter or darker, blurred. */
#ifndef FA_AUGMENT_H
#define FA_AUGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fa/err.h"
#include "fa/image.h"

/* How far copies may differ from the crop. All zero changes nothing. */
struct fa_augment {
    size_t copies;   /* of each face */
    uint64_t seed;
    bool flip;       /* mirror every other copy, from the first on */
    double rotate;   /* degrees to either side */
    double shift;    /* pixels of the crop to any side */
    double zoom;     /* by a factor of up to 1 + zoom, larger or smaller */
    double light;    /* share of the brightness, more or less */
    double blur;     /* largest standard deviation of the Gaussian, in pixels of the crop */
};

/* How one copy differs. */
struct fa_change {
    bool flip;
    double rotate;   /* degrees, clockwise */
    double shift[2]; /* pixels, to the right and down */
    double zoom;     /* 2: twice as large */
    double light;    /* factor */
    double blur;     /* standard deviation in pixels */
};

/* Of copy k >= 1 of the face called id: uniform within the bounds (zoom: its logarithm), each independent of the others and
 * of which others there are; the same for the same seed, id and k. */
struct fa_change fa_augment_draw(const struct fa_augment *augment, const char *id, size_t k);

/* From the transform m of a crop of width x height to the one of its copy, so that one warp of the source makes it: what the
 * crop shows is mirrored, then turned and zoomed about the crop's middle, then moved. */
void fa_change_transform(const struct fa_change *change, size_t width, size_t height, double m[6]);

/* What is done to the pixels of the copy: blur, then light. Error: out of memory. */
int fa_change_pixels(const struct fa_change *change, struct fa_image *copy, struct fa_err *err);

#endif
