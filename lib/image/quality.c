#include <stdlib.h>

#include "fa/image.h"
#include "fa/mem.h"

/* Sums from which mean and variance come. */
struct moments {
    double n, sum, squares;
};

static void count(struct moments *moments, double value)
{
    moments->n++;
    moments->sum += value;
    moments->squares += value * value;
}

static double variance(const struct moments *moments)
{
    double mean = moments->sum / moments->n;
    return moments->squares / moments->n - mean * mean;
}

/* Luma by ITU-R BT.601. */
static double luma(const unsigned char *pixel)
{
    return 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
}

static bool is_clipped(const unsigned char *pixel)
{
    bool dark = pixel[0] <= 1 && pixel[1] <= 1 && pixel[2] <= 1;
    return dark || pixel[0] >= 254 || pixel[1] >= 254 || pixel[2] >= 254;
}

int fa_image_quality(const struct fa_image *image, struct fa_quality *quality, struct fa_err *err)
{
    size_t width = image->width, height = image->height, n = width * height, clipped = 0;
    struct moments level = {0}, laplacian = {0};
    float *y = fa_mem_array(n, sizeof *y, err);
    if (!y)
        return -1;
    for (size_t i = 0; i < n; i++) {
        y[i] = (float)luma(image->pixel + 3 * i);
        clipped += is_clipped(image->pixel + 3 * i);
        count(&level, (double)y[i]);
    }
    for (size_t j = 1; j + 1 < height; j++)
        for (size_t i = 1; i + 1 < width; i++) {
            const float *at = y + j * width + i;
            count(&laplacian, (double)(at[-1] + at[1] + at[-(long)width] + at[width] - 4 * at[0]));
        }
    free(y);
    double contrast = n ? variance(&level) : 0;
    quality->sharpness = contrast > 1e-3 && laplacian.n > 0 ? variance(&laplacian) / contrast : 0;
    quality->exposure = n ? level.sum / level.n / 255 : 0;
    quality->clipped = n ? (double)clipped / (double)n : 0;
    return 0;
}
