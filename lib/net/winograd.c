#include "winograd.h"

#include <stdlib.h>
#include <string.h>

/* Tiles that are transformed, multiplied and transformed back together: panels of them. With fewer channels than LEAST the
 * transforms cost what the multiplications save. */
enum { BLOCK_FLOATS = 1 << 18, LEAST = 32, LEAST_CHANNELS = 16, MOST_FACTORS = 10 };

bool net_winograd_suits(const struct net_window *w, size_t group, size_t in, size_t out)
{
    size_t y = w->kernel[0], x = w->kernel[1];
    bool size = (y == 3 && x == 3) || (y == 1 && (x == 3 || x == 7)) || (x == 1 && (y == 3 || y == 7));
    return size && group == 1 && in >= LEAST && out >= LEAST && w->stride[0] * w->stride[1] * w->dilation[0] * w->dilation[1] == 1;
}

static size_t tiles(const struct net_winograd *w, const struct net_geometry *g, int axis)
{
    return (g->out[axis] + w->outputs[axis] - 1) / w->outputs[axis];
}

/* The weights, more than those of the product, come from far: with less than a panel of tiles that is what takes the time. */
bool net_winograd_pays(const struct net_winograd *w, const struct net_geometry *g, size_t images)
{
    return images * tiles(w, g, 0) * tiles(w, g, 1) >= w->panels.rows;
}

/* ---- weights ---- */

/* What tap k of n counts for in factor j of a filter. */
static double tap_share(size_t n, size_t j, size_t k)
{
    static const double point[] = {0, 1, -1, 2, -2, 0.5, -0.5, 1.5, -1.5};
    size_t points = n == 1 ? 0 : n + 2;
    double share = 1;
    if (j == points)
        return k + 1 == n;
    for (size_t i = 0; i < k; i++)
        share *= point[j];
    for (size_t l = 0; l < points; l++)
        share /= l == j ? 1 : point[j] - point[l];
    return share;
}

/* Factor (y, x) of all filters: size = in * out of them, matrix (taps, size). */
static void factor_matrix(const struct net_winograd *w, const float *matrix, size_t y, size_t x, double *sum, float *to)
{
    size_t size = w->in * w->out;
    memset(sum, 0, size * sizeof *sum);
    for (size_t ky = 0; ky < w->kernel[0]; ky++)
        for (size_t kx = 0; kx < w->kernel[1]; kx++, matrix += size) {
            double share = tap_share(w->kernel[0], y, ky) * tap_share(w->kernel[1], x, kx);
            for (size_t i = 0; i < size && share != 0; i++)
                sum[i] += share * (double)matrix[i];
        }
    for (size_t i = 0; i < size; i++)
        to[i] = (float)sum[i];
}

int net_winograd_prepare(struct net_graph *graph, struct net_winograd *winograd, const float *matrix, struct fa_err *err)
{
    for (int axis = 0; axis < 2; axis++) {
        winograd->outputs[axis] = winograd->kernel[axis] == 1 ? 1 : 4;
        winograd->factors[axis] = winograd->kernel[axis] + winograd->outputs[axis] - 1;
    }
    size_t cols = winograd->panels.cols, n = winograd->factors[0] * winograd->factors[1], in = winograd->in, out = winograd->out;
    winograd->panel_floats = (out + cols - 1) / cols * cols * in;
    float *factor = fa_mem_array(in * out, sizeof *factor, err);
    double *sum = fa_mem_array(in * out, sizeof *sum, err);
    winograd->weights = net_weights_alloc(graph, n * winograd->panel_floats, err);
    for (size_t e = 0; e < n && factor && sum && winograd->weights; e++) {
        factor_matrix(winograd, matrix, e / winograd->factors[1], e % winograd->factors[1], sum, factor);
        fa_tensor_pack_columns(&winograd->panels, in, out, factor, out, winograd->weights + e * winograd->panel_floats);
    }
    free(factor);
    free(sum);
    return factor && sum && winograd->weights ? 0 : -1;
}

/* ---- a run ---- */

struct run {
    const struct net_winograd *winograd;
    const struct net_step *step;
    const struct net_geometry *g;
    struct net_tile part;       /* tiles and channels of the output that are done */
    size_t across, down, block; /* tiles of an image; that are done together */
    float *factor;          /* (factors, block, in): of the input */
    float *product;         /* (factors, block, out) */
    float *panel;           /* (block, in), as the product reads it */
    float *tile;            /* (factors, in or out), between the two directions */
    float *zeros, *beyond;  /* in floats, what is read beyond the image; out floats, what is written there */
};

static size_t block_of(const struct net_winograd *w)
{
    size_t tile = w->factors[0] * w->factors[1] * (w->in + w->out), panels = BLOCK_FLOATS / (tile * w->panels.rows);
    return (panels ? panels : 1) * w->panels.rows;
}

size_t net_winograd_scratch(const struct net_winograd *w)
{
    size_t factors = w->factors[0] * w->factors[1], most = w->in > w->out ? w->in : w->out;
    return factors * (block_of(w) * (w->in + w->out) + most) + block_of(w) * w->in + w->in + w->out;
}

static void divide_scratch(struct run *run, float *scratch)
{
    const struct net_winograd *w = run->winograd;
    size_t factors = w->factors[0] * w->factors[1], most = w->in > w->out ? w->in : w->out;
    run->block = block_of(w);
    run->factor = scratch;
    run->product = run->factor + factors * run->block * w->in;
    run->panel = run->product + factors * run->block * w->out;
    run->tile = run->panel + run->block * w->in;
    run->zeros = run->tile + factors * most;
    run->beyond = run->zeros + w->in;
    memset(run->zeros, 0, w->in * sizeof *run->zeros);
}

/* One direction of a transform, n floats each; a single pixel is copied. */
static void transform(size_t kernel, bool output, size_t n, const float *const *x, float *const *y)
{
    if (kernel == 1)
        memcpy(y[0], x[0], n * sizeof *y[0]);
    else
        fa_tensor_winograd(kernel == 3 ? output ? FA_WINOGRAD_OUTPUT3 : FA_WINOGRAD_INPUT3
                                       : output ? FA_WINOGRAD_OUTPUT7 : FA_WINOGRAD_INPUT7,
                           n, x, y);
}

struct place {
    size_t image, y, x; /* first output of a tile */
};

static struct place place_of(const struct run *run, size_t tile)
{
    size_t line = tile / run->across;
    return (struct place){line / run->down, line % run->down * run->winograd->outputs[0],
                          tile % run->across * run->winograd->outputs[1]};
}

static const float *input_at(const struct run *run, size_t image, size_t y, size_t x)
{
    const struct net_geometry *g = run->g;
    ptrdiff_t row = (ptrdiff_t)y - (ptrdiff_t)g->begin[0], col = (ptrdiff_t)x - (ptrdiff_t)g->begin[1];
    if (row < 0 || row >= (ptrdiff_t)g->in[0] || col < 0 || col >= (ptrdiff_t)g->in[1])
        return run->zeros;
    return (const float *)run->step->in[0].data + (ptrdiff_t)image * g->image + row * g->row + col * g->pixel;
}

/* Factors of tile number `tile`, which is the t-th of the block: down the columns of its inputs, then along the rows. */
static void transform_input(const struct run *run, size_t tile, size_t t)
{
    const struct net_winograd *w = run->winograd;
    struct place place = place_of(run, tile);
    const float *x[MOST_FACTORS];
    float *y[MOST_FACTORS];
    for (size_t col = 0; col < w->factors[1]; col++) {
        for (size_t row = 0; row < w->factors[0]; row++) {
            x[row] = input_at(run, place.image, place.y + row, place.x + col);
            y[row] = run->tile + (row * w->factors[1] + col) * w->in;
        }
        transform(w->kernel[0], false, w->in, x, y);
    }
    for (size_t row = 0; row < w->factors[0]; row++) {
        for (size_t col = 0; col < w->factors[1]; col++) {
            x[col] = run->tile + (row * w->factors[1] + col) * w->in;
            y[col] = run->factor + ((row * w->factors[1] + col) * run->block + t) * w->in;
        }
        transform(w->kernel[1], false, w->in, x, y);
    }
}

static void multiply(const struct run *run, size_t n)
{
    const struct net_winograd *w = run->winograd;
    size_t rows = w->panels.rows;
    for (size_t e = 0; e < w->factors[0] * w->factors[1]; e++) {
        const float *factor = run->factor + e * run->block * w->in, *row[FA_PANEL_ROWS];
        for (size_t t = 0; t < n; t += rows) {
            for (size_t r = 0; r < rows; r++)
                row[r] = factor + (t + r < n ? t + r : n - 1) * w->in;
            fa_tensor_pack_rows(&w->panels, row, w->in, run->panel + t * w->in);
        }
        fa_tensor_multiply_panels(&w->panels, n, run->part.cols, w->in, run->panel,
                                  w->weights + e * w->panel_floats + run->part.col * w->in,
                                  run->product + e * run->block * w->out, w->out);
    }
}

static void transform_output(const struct run *run, size_t tile, size_t t)
{
    const struct net_winograd *w = run->winograd;
    const struct net_geometry *g = run->g;
    struct place place = place_of(run, tile);
    const float *x[MOST_FACTORS];
    float *y[4];
    for (size_t col = 0; col < w->factors[1]; col++) {
        for (size_t row = 0; row < w->factors[0]; row++)
            x[row] = run->product + ((row * w->factors[1] + col) * run->block + t) * w->out;
        for (size_t row = 0; row < w->outputs[0]; row++)
            y[row] = run->tile + (row * w->factors[1] + col) * w->out;
        transform(w->kernel[0], true, run->part.cols, x, y);
    }
    for (size_t row = 0; row < w->outputs[0] && place.y + row < g->out[0]; row++) {
        size_t pixel = (place.image * g->out[0] + place.y + row) * g->out[1] + place.x, n = g->out[1] - place.x;
        n = n < w->outputs[1] ? n : w->outputs[1];
        for (size_t col = 0; col < w->factors[1]; col++)
            x[col] = run->tile + (row * w->factors[1] + col) * w->out;
        for (size_t col = 0; col < w->outputs[1]; col++)
            y[col] = col < n ? (float *)run->step->out[0].data + (pixel + col) * w->out + run->part.col : run->beyond;
        transform(w->kernel[1], true, run->part.cols, x, y);
        net_finish(run->step, pixel, n, run->part.col, run->part.cols);
    }
}

/* The transforms want whole vectors of channels: where the last panel has less, columns are not divided. */
static struct net_tile part_of(const struct run *run, size_t images, struct net_part part)
{
    struct fa_panels panels = run->winograd->panels;
    size_t out = run->winograd->out, last = out % panels.cols;
    panels.cols = last && last < LEAST_CHANNELS ? out : panels.cols;
    return net_part_product(part, &panels, images * run->down * run->across, out);
}

void net_winograd_run(const struct net_winograd *winograd, const struct net_step *step, const struct net_geometry *g,
                      size_t images, struct net_part part, float *scratch)
{
    struct run run = {.winograd = winograd, .step = step, .g = g, .across = tiles(winograd, g, 1), .down = tiles(winograd, g, 0)};
    divide_scratch(&run, scratch);
    run.part = part_of(&run, images, part);
    for (size_t begin = run.part.row, n, end = run.part.cols ? begin + run.part.rows : 0; begin < end; begin += n) {
        n = end - begin < run.block ? end - begin : run.block;
        for (size_t t = 0; t < n; t++)
            transform_input(&run, begin + t, t);
        multiply(&run, n);
        for (size_t t = 0; t < n; t++)
            transform_output(&run, begin + t, t);
    }
}
