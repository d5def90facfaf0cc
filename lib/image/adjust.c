#include <math.h>
#include <stdlib.h>

#include "fa/image.h"
#include "fa/mem.h"

void fa_image_light(struct fa_image *image, double factor)
{
    unsigned char level[256];
    for (int i = 0; i < 256; i++)
        level[i] = (unsigned char)lrint(fmin(fmax(i * factor, 0), 255));
    for (size_t i = 0; i < 3 * image->width * image->height; i++)
        image->pixel[i] = level[image->pixel[i]];
}

/* A line of n pixels, step numbers apart, blurred from copies in line; what lies beyond its ends is as its last pixels. */
static void blur_line(float *at, size_t n, size_t step, float *line, const float *weight, size_t reach)
{
    for (size_t c = 0; c < 3; c++) {
        for (size_t i = 0; i < n + 2 * reach; i++)
            line[i] = at[(i < reach ? 0 : i - reach < n ? i - reach : n - 1) * step + c];
        for (size_t i = 0; i < n; i++) {
            float sum = weight[0] * line[i + reach];
            for (size_t k = 1; k <= reach; k++)
                sum += weight[k] * (line[i + reach - k] + line[i + reach + k]);
            at[i * step + c] = sum;
        }
    }
}

/* weight[k] for the pixels k away to either side. */
static void gauss(float *weight, size_t reach, double sigma)
{
    double total = 1;
    for (size_t k = 1; k <= reach; k++)
        total += 2 * exp(-0.5 * (double)(k * k) / sigma / sigma);
    for (size_t k = 0; k <= reach; k++)
        weight[k] = (float)(exp(-0.5 * (double)(k * k) / sigma / sigma) / total);
}

int fa_image_blur(struct fa_image *image, double sigma, struct fa_err *err)
{
    size_t width = image->width, height = image->height, reach = (size_t)ceil(3 * sigma);
    size_t n = 3 * width * height, longest = (width > height ? width : height) + 2 * reach;
    float *value = fa_mem_array(n + longest + reach + 1, sizeof *value, err);
    if (!value)
        return -1;
    float *line = value + n, *weight = line + longest;
    gauss(weight, reach, sigma);
    for (size_t i = 0; i < n; i++)
        value[i] = (float)image->pixel[i];
    for (size_t y = 0; y < height; y++)
        blur_line(value + 3 * width * y, width, 3, line, weight, reach);
    for (size_t x = 0; x < width; x++)
        blur_line(value + 3 * x, height, 3 * width, line, weight, reach);
    for (size_t i = 0; i < n; i++)
        image->pixel[i] = (unsigned char)lrintf(value[i]);
    free(value);
    return 0;
}
