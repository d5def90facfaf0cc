#include <string.h>

#include "align.h"
#include "cli.h"

/* Faces are looked for, and crops made, in pictures with at least so much more detail than the crop has; and the smallest face
 * is of at least so many pixels, since the detector's last network sees it at 48. */
static const double crop_detail = 2, face_least = 48;

/* The largest factor by which size can be divided and still be enough. */
static size_t largest_factor(double size, double enough)
{
    size_t factor = 1;
    while (factor < 8 && size / (double)(2 * factor) >= enough)
        factor *= 2;
    return factor;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t by_max_size(const void *arg, size_t width, size_t height)
{
    const struct fa_align *align = arg;
    return largest_factor((double)(width > height ? width : height), (double)align->max_size);
}

/* The whole picture is the crop. */
static size_t by_crop(const void *arg, size_t width, size_t height)
{
    const struct fa_align *align = arg;
    return least(largest_factor((double)width, crop_detail * (double)align->width),
                 largest_factor((double)height, crop_detail * (double)align->height));
}

static size_t by_smallest_face(const void *arg, size_t width, size_t height)
{
    const struct fa_align *align = arg;
    (void)width, (void)height;
    return align->factor;
}

void align_choose_reduction(struct fa_align *align, struct options *o)
{
    align->max_size = (size_t)o->max_size;
    align->factor = 1;
    if (o->draw && o->max_size)
        cli_usage("--draw does not go with --max-size");
    if (o->draw)
        return;
    if (o->max_size) {
        align->reduce = by_max_size;
    } else if (!strcmp(o->detector, "none")) {
        align->reduce = by_crop;
    } else {
        double side = (double)(align->width > align->height ? align->width : align->height);
        double shown = o->detection.min_face * fa_template_reach(&align->crop);
        align->factor = least(largest_factor(o->detection.min_face, face_least), largest_factor(shown, crop_detail * side));
        align->reduce = by_smallest_face;
        o->detection.min_face /= (double)align->factor;
    }
}
