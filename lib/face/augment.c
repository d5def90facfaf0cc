#include "fa/augment.h"

#include <math.h>
#include <string.h>
#include <xxhash.h>

#include "fa/rng.h"

enum { BLOCKS = 2 }; /* random blocks of four numbers that a copy takes */

/* Uniform from -most to most. */
static double within(struct fa_rng *rng, double most)
{
    return most * (2 * (double)fa_rng_unit(rng) - 1);
}

struct fa_change fa_augment_draw(const struct fa_augment *augment, const char *id, size_t k)
{
    struct fa_rng rng = fa_rng_make(augment->seed, XXH3_64bits(id, strlen(id)));
    struct fa_change change = {.flip = augment->flip && k % 2};
    rng.counter = BLOCKS * (uint64_t)k;
    change.rotate = within(&rng, augment->rotate);
    change.shift[0] = within(&rng, augment->shift);
    change.shift[1] = within(&rng, augment->shift);
    change.zoom = exp(within(&rng, log1p(augment->zoom)));
    change.light = 1 + within(&rng, augment->light);
    change.blur = augment->blur * (double)fa_rng_unit(&rng);
    return change;
}

void fa_change_transform(const struct fa_change *change, size_t width, size_t height, double m[6])
{
    const double middle[2] = {0.5 * (double)(width - 1), 0.5 * (double)(height - 1)}, radians = change->rotate * 0.017453292519943295;
    const double c = cos(radians) / change->zoom, s = sin(radians) / change->zoom, side = change->flip ? -1 : 1;
    const double back[4] = {side * c, side * s, -s, c}; /* from the copy to the crop, about the middle */
    for (int axis = 0; axis < 2; axis++) {
        double *row = m + 3 * axis, x = row[0], y = row[1];
        row[0] = x * back[0] + y * back[2];
        row[1] = x * back[1] + y * back[3];
        row[2] += x * middle[0] + y * middle[1] - row[0] * (middle[0] + change->shift[0]) - row[1] * (middle[1] + change->shift[1]);
    }
}

int fa_change_pixels(const struct fa_change *change, struct fa_image *copy, struct fa_err *err)
{
    if (change->blur > 0 && fa_image_blur(copy, change->blur, err))
        return -1;
    fa_image_light(copy, change->light);
    return 0;
}
