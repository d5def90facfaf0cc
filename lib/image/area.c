#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fa/image.h"
#include "fa/mem.h"

/* The pixels of a line that a pixel of the scaled line is made of: first, first + 1, ... with their weights. */
struct tap {
    size_t first, n;
    const float *weight;
};

struct taps {
    struct tap *tap; /* one a scaled pixel */
    float *weight;
};

/* Pixel i of the scaled line covers from..to of the line, in pixels. Slivers under a thousandth are left out, and what
 * remains is not scaled up again: OpenCV's habit. */
static size_t cover(float *weight, size_t *first, size_t i, double scale, size_t length)
{
    double from = (double)i * scale, to = from + scale;
    double whole = fmin(scale, (double)length - from);
    size_t last = (size_t)floor(to) < length - 1 ? (size_t)floor(to) : length - 1;
    size_t begin = (size_t)ceil(from) < last ? (size_t)ceil(from) : last;
    size_t n = 0;
    *first = begin;
    if ((double)begin - from > 1e-3) {
        weight[n++] = (float)(((double)begin - from) / whole);
        --*first;
    }
    for (size_t x = begin; x < last; x++)
        weight[n++] = (float)(1 / whole);
    if (to - (double)last > 1e-3)
        weight[n++] = (float)(fmin(fmin(to - (double)last, 1), whole) / whole);
    return n;
}

/* The two neighbours of pixel i of a line that grows. */
static size_t between(float *weight, size_t *first, size_t i, double scale, size_t length)
{
    double at = floor((double)i * scale);
    float part = (float)((double)(i + 1) - (at + 1) / scale);
    part = part <= 0 ? 0 : part - floorf(part);
    *first = (size_t)at < length - 1 ? (size_t)at : length - 1;
    weight[0] = 1;
    if ((size_t)at + 1 >= length)
        return 1;
    weight[0] = 1 - part;
    weight[1] = part;
    return 2;
}

static int make_taps(struct taps *taps, size_t length, size_t scaled, bool grow, struct fa_err *err)
{
    double scale = 1 / ((double)scaled / (double)length);
    size_t most = (size_t)scale + 3;
    taps->tap = fa_mem_array(scaled, sizeof *taps->tap, err);
    taps->weight = taps->tap ? fa_mem_array(scaled, most * sizeof(float), err) : NULL;
    if (!taps->weight)
        return -1;
    for (size_t i = 0; i < scaled; i++) {
        struct tap *tap = &taps->tap[i];
        tap->weight = taps->weight + i * most;
        tap->n = (grow ? between : cover)(taps->weight + i * most, &tap->first, i, scale, length);
    }
    return 0;
}

static void free_taps(struct taps *taps)
{
    free(taps->tap);
    free(taps->weight);
}

/* What one call of the two below works with. */
struct scaler {
    const struct fa_image *from;
    struct fa_region region;
    struct taps across, down;
    float *line;   /* a row of the region, summed in y */
    uint16_t *sum; /* of so many rows of bytes that it cannot overflow */
};

enum { MOST_ROWS = 257 };

/* The bytes of row y of the region, n of them, which are numbers begin.. of its line; 0 where it lies outside the picture. */
static size_t find_bytes(const struct scaler *scaler, size_t y, size_t *begin, const unsigned char **byte)
{
    const struct fa_image *image = scaler->from;
    struct fa_region region = scaler->region;
    long row = region.y + (long)y, first = region.x < 0 ? -region.x : 0;
    long end = (long)image->width - region.x < (long)region.width ? (long)image->width - region.x : (long)region.width;
    if (row < 0 || row >= (long)image->height || first >= end)
        return 0;
    *begin = 3 * (size_t)first;
    *byte = image->pixel + 3 * ((size_t)row * image->width + (size_t)(region.x + first));
    return 3 * (size_t)(end - first);
}

/* line += weight * row y of the region; rows and columns outside the picture are black. */
static void add_row(struct scaler *scaler, size_t y, float weight)
{
    const unsigned char *byte = NULL;
    size_t begin = 0, n = find_bytes(scaler, y, &begin, &byte);
    float *at = scaler->line + begin;
    for (size_t i = 0; i < n; i++)
        at[i] += weight * (float)byte[i];
}

/* The same for n rows of one weight: whole numbers are added up many times as fast, and without any error. */
static void add_rows(struct scaler *scaler, size_t y, size_t n, float weight)
{
    memset(scaler->sum, 0, 3 * scaler->region.width * sizeof *scaler->sum);
    for (size_t k = 0; k < n; k++) {
        const unsigned char *byte = NULL;
        size_t begin = 0, nbytes = find_bytes(scaler, y + k, &begin, &byte);
        uint16_t *sum = scaler->sum + begin;
        for (size_t i = 0; i < nbytes; i++)
            sum[i] = (uint16_t)(sum[i] + byte[i]);
    }
    for (size_t i = 0; i < 3 * scaler->region.width; i++)
        scaler->line[i] += weight * (float)scaler->sum[i];
}

/* Four numbers are loaded for three. */
static void shrink_line(float *out, const float *line, const struct tap *tap, size_t width)
{
    typedef float float4 __attribute__((vector_size(16)));
    for (size_t x = 0; x < width; x++, tap++) {
        const float *at = line + 3 * tap->first;
        float4 sum = {0}, pixel;
        for (size_t k = 0; k < tap->n; k++) {
            memcpy(&pixel, at + 3 * k, sizeof pixel);
            sum += tap->weight[k] * pixel;
        }
        memcpy(out + 3 * x, &sum, 3 * sizeof *out);
    }
}

static int open_scaler(struct scaler *scaler, size_t width, size_t height, struct fa_err *err)
{
    struct fa_region region = scaler->region;
    if (!region.width || !region.height || !width || !height)
        return fa_err_set(err, "cannot scale %zux%zu pixels to %zux%zu", region.width, region.height, width, height);
    bool grow = width > region.width || height > region.height;
    if (make_taps(&scaler->across, region.width, width, grow, err) ||
        make_taps(&scaler->down, region.height, height, grow, err))
        return -1;
    scaler->line = fa_mem_array(3 * region.width + 1, sizeof *scaler->line, err);
    scaler->sum = scaler->line ? fa_mem_array(region.width, 3 * sizeof *scaler->sum, err) : NULL;
    return scaler->sum ? 0 : -1;
}

static void close_scaler(struct scaler *scaler)
{
    free_taps(&scaler->across);
    free_taps(&scaler->down);
    free(scaler->line);
    free(scaler->sum);
}

static void scale_row(struct scaler *scaler, size_t y, size_t width, float *out)
{
    const struct tap *tap = &scaler->down.tap[y];
    memset(scaler->line, 0, 3 * scaler->region.width * sizeof *scaler->line);
    for (size_t k = 0, n; k < tap->n; k += n) {
        for (n = 1; k + n < tap->n && n < MOST_ROWS && tap->weight[k + n] == tap->weight[k];)
            n++;
        if (n > 1)
            add_rows(scaler, tap->first + k, n, tap->weight[k]);
        else
            add_row(scaler, tap->first + k, tap->weight[k]);
    }
    shrink_line(out, scaler->line, scaler->across.tap, width);
}

int fa_image_resize_area(const struct fa_image *from, struct fa_region region, size_t width, size_t height, float *out,
                         struct fa_err *err)
{
    struct scaler scaler = {.from = from, .region = region};
    int failed = open_scaler(&scaler, width, height, err);
    for (size_t y = 0; y < height && !failed; y++)
        scale_row(&scaler, y, width, out + 3 * width * y);
    close_scaler(&scaler);
    return failed;
}

/* Values are 0..255: beyond 2^23 a float has no fraction, so adding and taking off 1.5 * 2^23 rounds halves to even, in
 * vector registers, where lrintf() would be a call. */
static void round_row(unsigned char *to, const float *from, size_t n, bool halves_up)
{
    const float whole = 12582912;
    for (size_t i = 0; i < n; i++)
        to[i] = (unsigned char)(int)(halves_up ? from[i] + 0.5f : (from[i] + whole) - whole);
}

int fa_image_resize(const struct fa_image *from, struct fa_image *to, struct fa_err *err)
{
    struct scaler scaler = {.from = from, .region = {0, 0, from->width, from->height}};
    bool halved = from->width == 2 * to->width && from->height == 2 * to->height;
    float *row = fa_mem_array(to->width, 3 * sizeof *row, err);
    int failed = !row || open_scaler(&scaler, to->width, to->height, err);
    for (size_t y = 0; y < to->height && !failed; y++) {
        scale_row(&scaler, y, to->width, row);
        round_row(to->pixel + 3 * to->width * y, row, 3 * to->width, halved);
    }
    close_scaler(&scaler);
    free(row);
    return failed ? -1 : 0;
}
