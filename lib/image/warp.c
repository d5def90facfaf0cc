#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fa/image.h"
#include "fa/mem.h"
#include "tile.h"

/* Rows are summed four at a time: so many rows, one weight each, some of them zero. */
enum { ROWS = 4 };

/* A tile of so many pixels, 2 MiB, stays in the cache. */
enum { TILE_PIXELS = 1 << 17 };

/* A kernel of this many pixels a unit hardly differs within a pixel: an edge inside it, in the worst place, changes the
 * result by a quarter of a grey level. A wider kernel sees the means of whole pixels instead. */
enum { KERNEL_ENOUGH = 12, STEP_MOST = 256 };

/* Where a point lies between two pixels is rounded to so many steps, fewer for a wider kernel: an edge is off by less than
 * a fifth of a grey level. */
enum { PHASES = 2048 };

/* The kernel along one axis. n pixels reach a point; a table has their weights for each phase, in rows of room. */
struct kernel {
    double wide; /* in pixels, at least 1 */
    size_t n, room, phases;
    float *weight;
};

/* The pixels that reach a point: from first on, and their weights. */
struct window {
    long first;
    const float *weight;
};

struct warp {
    double m[6]; /* to the pixels of tiles */
    bool upright; /* x depends on u alone, y on v alone */
    size_t width, height; /* pixels that a tile fills */
    struct tile tile;
    struct kernel kernel[2]; /* in x and y */
    pixel4 *line;            /* upright: a row of the tile, summed in y */
};

/* ---- the kernel ---- */

static pixel4 either(pixel4 yes, pixel4 no, pixel4 below)
{
    typedef int32_t int4 __attribute__((vector_size(16)));
    int4 mask = below < 0;
    return (pixel4)(((int4)yes & mask) | ((int4)no & ~mask));
}

static pixel4 cubic(pixel4 x)
{
    const pixel4 none = {0};
    pixel4 near = (1.5f * x - 2.5f) * x * x + 1, far = ((-0.5f * x + 2.5f) * x - 4) * x + 2;
    return either(near, either(far, none, x - 2), x - 1);
}

/* Weights of the pixels that lie part, part + 1, part + 2 ... behind the kernel's edge; in all 1. */
static void weigh(const struct kernel *kernel, float *weight, double part)
{
    const pixel4 count = {0, 1, 2, 3};
    float step = (float)(1 / kernel->wide), begin = (float)(part / kernel->wide - 2);
    pixel4 total = {0};
    for (size_t i = 0; i < kernel->room; i += 4) {
        pixel4 x = begin + step * (count + (float)i), value = cubic(either(-x, x, x));
        total += value;
        memcpy(weight + i, &value, sizeof value);
    }
    float share = 1 / ((total[0] + total[1]) + (total[2] + total[3]));
    for (size_t i = 0; i < kernel->room; i++)
        weight[i] *= share;
}

static int open_kernel(struct kernel *kernel, size_t phases, struct fa_err *err)
{
    kernel->n = (size_t)ceil(4 * kernel->wide);
    kernel->room = (kernel->n + ROWS - 1) / ROWS * ROWS;
    kernel->phases = phases;
    kernel->weight = fa_mem_aligned((phases + 1) * kernel->room, sizeof *kernel->weight, err);
    return kernel->weight ? 0 : -1;
}

static long floor_of(double x)
{
    long whole = (long)x; /* floor() would be a call */
    return whole - (x < (double)whole);
}

/* The first pixel that reaches the point, and how far behind the kernel's edge it lies: above 0, up to 1. */
static long find_first(const struct kernel *kernel, double at, double *part)
{
    double edge = at - 2 * kernel->wide;
    long first = floor_of(edge) + 1;
    *part = (double)first - edge;
    return first;
}

static struct window find_window(const struct kernel *kernel, double at)
{
    double part;
    long first = find_first(kernel, at, &part);
    size_t phase = (size_t)(part * (double)kernel->phases + 0.5);
    return (struct window){first, kernel->weight + phase * kernel->room};
}

/* ---- sums ---- */

/* The n pixels at row, each summed over four rows by four weights. */
static void add_four(pixel4 *sum, const pixel4 *row, size_t stride, const float *weight, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum[i] += (row[i] * weight[0] + row[i + stride] * weight[1]) +
                  (row[i + 2 * stride] * weight[2] + row[i + 3 * stride] * weight[3]);
}

static pixel4 sum_row(const pixel4 *row, const float *weight, size_t n)
{
    pixel4 even = {0}, odd = {0};
    for (size_t i = 0; i < n; i += 2) {
        even += row[i] * weight[i];
        odd += row[i + 1] * weight[i + 1];
    }
    return even + odd;
}

/* The sum over a window of nx x ny pixels. */
static pixel4 sum_window(const pixel4 *at, size_t stride, const float *across, size_t nx, const float *down, size_t ny)
{
    pixel4 total = {0};
    for (size_t k = 0; k < ny; k += ROWS, at += ROWS * stride) {
        pixel4 a = {0}, b = {0}, c = {0}, d = {0};
        for (size_t i = 0; i < nx; i++) {
            a += at[i] * across[i];
            b += at[i + stride] * across[i];
            c += at[i + 2 * stride] * across[i];
            d += at[i + 3 * stride] * across[i];
        }
        total += (a * down[k] + b * down[k + 1]) + (c * down[k + 2] + d * down[k + 3]);
    }
    return total;
}

/* Adding and taking off 1.5 * 2^23, from where on floats have no fraction, rounds halves to even. */
static void put(unsigned char *to, pixel4 value)
{
    const pixel4 black = {0}, white = black + 255;
    const float whole = 12582912;
    value = (either(white, either(black, value, value), white - value) + whole) - whole;
    for (int c = 0; c < 3; c++)
        to[c] = (unsigned char)(int)value[c];
}

/* ---- tiles ---- */

static double map(const struct warp *warp, int axis, size_t u, size_t v)
{
    const double *row = warp->m + 3 * axis;
    return row[0] * (double)u + row[1] * (double)v + row[2];
}

/* The pixels of the picture that a tile from (u, v) on needs; with them come the rows of the last sum of four. */
static void load_tile(struct warp *warp, size_t u, size_t v, size_t width, size_t height)
{
    long first[2], last[2];
    for (int axis = 0; axis < 2; axis++) {
        const double *row = warp->m + 3 * axis;
        double corner = map(warp, axis, u, v), du = row[0] * (double)(width - 1), dv = row[1] * (double)(height - 1);
        first[axis] = (long)floor(corner + fmin(du, 0) + fmin(dv, 0) - 2 * warp->kernel[axis].wide);
        last[axis] = (long)ceil(corner + fmax(du, 0) + fmax(dv, 0) + 2 * warp->kernel[axis].wide);
    }
    warp->tile.x = first[0];
    warp->tile.y = first[1];
    warp->tile.width = (size_t)(last[0] - first[0]) + ROWS;
    warp->tile.height = (size_t)(last[1] - first[1]) + ROWS;
    fa_tile_fill(&warp->tile);
}

static const pixel4 *tile_at(const struct warp *warp, long x, long y)
{
    return warp->tile.pixel + (size_t)(y - warp->tile.y) * warp->tile.width + (size_t)(x - warp->tile.x);
}

static void warp_tile(const struct warp *warp, struct fa_image *to, size_t u, size_t v, size_t width, size_t height)
{
    const struct kernel *kernel = warp->kernel;
    for (size_t j = v; j < v + height; j++)
        for (size_t i = u; i < u + width; i++) {
            struct window across = find_window(&kernel[0], map(warp, 0, i, j)), down = find_window(&kernel[1], map(warp, 1, i, j));
            put(to->pixel + 3 * (j * to->width + i), sum_window(tile_at(warp, across.first, down.first), warp->tile.width,
                                                                across.weight, kernel[0].n, down.weight, kernel[1].n));
        }
}

/* Down first, a row at a time, then across. The kernel's tables hold the weights of each column and each row. */
static void scale_tile(const struct warp *warp, struct fa_image *to, size_t u, size_t v, size_t width, size_t height)
{
    const struct kernel *across = &warp->kernel[0], *down = &warp->kernel[1];
    size_t stride = warp->tile.width;
    double part;
    for (size_t j = v; j < v + height; j++) {
        const float *weight = down->weight + j * down->room;
        const pixel4 *row = tile_at(warp, warp->tile.x, find_first(down, map(warp, 1, u, j), &part));
        memset(warp->line, 0, stride * sizeof *warp->line);
        for (size_t k = 0; k < down->n; k += ROWS)
            add_four(warp->line, row + k * stride, stride, weight + k, stride);
        for (size_t i = u; i < u + width; i++) {
            long first = find_first(across, map(warp, 0, i, j), &part) - warp->tile.x;
            put(to->pixel + 3 * (j * to->width + i), sum_row(warp->line + first, across->weight + i * across->room, across->room));
        }
    }
}

/* ---- setting up ---- */

/* All corners must be near enough for their coordinates to be exact in float weights and to fit a long. */
static int check_transform(const double m[6], const struct fa_image *to, struct fa_err *err)
{
    for (int axis = 0; axis < 2; axis++) {
        const double *row = m + 3 * axis;
        double reach = fabs(row[0]) * (double)to->width + fabs(row[1]) * (double)to->height + fabs(row[2]);
        if (!(reach <= 1e6) || !(hypot(row[0], row[1]) <= 1e4))
            return fa_err_set(err, "transform out of range: (%g %g %g, %g %g %g)", m[0], m[1], m[2], m[3], m[4], m[5]);
    }
    return 0;
}

/* By how much each direction shrinks; from pixels of the picture to those of tiles. */
static void choose_steps(struct warp *warp, const double m[6])
{
    warp->upright = m[1] == 0 && m[3] == 0;
    for (int axis = 0; axis < 2; axis++) {
        double wide = fmax(1, hypot(m[3 * axis], m[3 * axis + 1]));
        double step = fmin(fmax(1, floor(wide / KERNEL_ENOUGH)), STEP_MOST);
        warp->tile.step[axis] = (size_t)step;
        warp->kernel[axis].wide = wide / step;
        for (int k = 0; k < 3; k++)
            warp->m[3 * axis + k] = m[3 * axis + k] / step;
        warp->m[3 * axis + 2] += 0.5 / step - 0.5;
    }
}

/* The weights that will be needed: of every column and every row, or of every phase. */
static int make_kernels(struct warp *warp, const struct fa_image *to, struct fa_err *err)
{
    for (int axis = 0; axis < 2; axis++) {
        struct kernel *kernel = &warp->kernel[axis];
        size_t n = warp->upright ? (axis ? to->height : to->width) : (size_t)ceil(PHASES / kernel->wide);
        if (open_kernel(kernel, n, err))
            return -1;
        for (size_t i = 0; i <= n; i++) {
            double part = (double)i / (double)n;
            if (warp->upright)
                find_first(kernel, map(warp, axis, i, i), &part);
            weigh(kernel, kernel->weight + i * kernel->room, part);
        }
    }
    return 0;
}

/* Pixels along axis that a tile of width x height needs. */
static size_t span(const struct warp *warp, int axis, size_t width, size_t height)
{
    const double *row = warp->m + 3 * axis;
    double inner = fabs(row[0]) * (double)(width - 1) + fabs(row[1]) * (double)(height - 1);
    return (size_t)(inner + 4 * warp->kernel[axis].wide) + 3 + ROWS;
}

static size_t half(size_t n)
{
    return n / 2 + n % 2;
}

/* Halves the crop until the part of the picture that it shows fits a tile, and asks for memory. */
static int make_tile(struct warp *warp, const struct fa_image *to, struct fa_err *err)
{
    size_t width = to->width, height = to->height;
    while (width * height > 1 && span(warp, 0, width, height) * span(warp, 1, width, height) > TILE_PIXELS)
        if (width > height)
            width = half(width);
        else
            height = half(height);
    warp->width = width;
    warp->height = height;
    warp->line = fa_mem_aligned(span(warp, 0, width, height), sizeof *warp->line, err);
    return warp->line ? fa_tile_open(&warp->tile, span(warp, 0, width, height), span(warp, 1, width, height), err) : -1;
}

static void close_warp(struct warp *warp)
{
    fa_tile_close(&warp->tile);
    free(warp->line);
    free(warp->kernel[0].weight);
    free(warp->kernel[1].weight);
}

int fa_image_warp(const struct fa_image *from, const double m[6], enum fa_border border, struct fa_image *to,
                  struct fa_err *err)
{
    struct warp warp = {.tile = {.from = from, .border = border}};
    if (!to->width || !to->height)
        return 0;
    if (check_transform(m, to, err))
        return -1;
    choose_steps(&warp, m);
    int failed = make_kernels(&warp, to, err) || make_tile(&warp, to, err);
    for (size_t v = 0; v < to->height && !failed; v += warp.height)
        for (size_t u = 0; u < to->width; u += warp.width) {
            size_t width = to->width - u < warp.width ? to->width - u : warp.width;
            size_t height = to->height - v < warp.height ? to->height - v : warp.height;
            load_tile(&warp, u, v, width, height);
            (warp.upright ? scale_tile : warp_tile)(&warp, to, u, v, width, height);
        }
    close_warp(&warp);
    return failed ? -1 : 0;
}
