/* MaxPool, AveragePool and their global forms, over images. */
#include "op.h"

struct pool {
    struct net_window window;
    bool max, global, count_padding;
};

struct pool_state {
    const struct pool *pool;
    struct net_window window;
    struct net_geometry g;
    size_t images;
};

static int read_pool(struct net_reading *r, bool max, bool global)
{
    struct pool *pool = fa_arena_alloc(&r->graph->arena, sizeof *pool, r->err);
    if (!pool)
        return -1;
    r->node->params = pool;
    pool->max = max;
    pool->global = global;
    if (global)
        return net_attr_done(r);
    net_window_read(r, &pool->window);
    pool->window.ceil = net_attr_int(r, "ceil_mode", 0) != 0;
    if (max && net_attr_int(r, "storage_order", 0) != 0)
        net_attr_refuse(r, "unsupported attribute storage_order=1");
    if (!max)
        pool->count_padding = net_attr_int(r, "count_include_pad", 0) != 0;
    if (!r->failed && pool->window.kernel[0] == 0)
        net_attr_refuse(r, "attribute kernel_shape is missing");
    return net_attr_done(r);
}

static int read_max(struct net_reading *r)
{
    return read_pool(r, true, false);
}

static int read_average(struct net_reading *r)
{
    return read_pool(r, false, false);
}

static int read_global_max(struct net_reading *r)
{
    return read_pool(r, true, true);
}

static int read_global_average(struct net_reading *r)
{
    return read_pool(r, false, true);
}

static struct net_window whole_image(const struct net_step *step, const struct net_axes *axes)
{
    const struct net_view *in = &step->in[0];
    bool line = in->rank == 3;
    return (struct net_window){.kernel = {line ? 1 : in->dim[axes->h], line ? in->dim[2] : in->dim[axes->w]},
                               .stride = {1, 1}, .dilation = {1, 1}, .line = line};
}

static int plan_pool(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct pool *pool = step->node->params;
    const struct net_axes *axes = net_image_axes(step->node);
    struct pool_state *state = net_plan_alloc(plan, sizeof *state, err);
    if (!state)
        return -1;
    state->pool = pool;
    state->window = pool->window;
    if (pool->global)
        state->window = whole_image(step, axes);
    if (net_window_plan(plan, step, &state->window, &state->g, err))
        return -1;
    state->images = step->in[0].dim[axes->n];
    step->state = state;
    if (net_window_out(plan, step, &state->window, &state->g, state->g.channels, err))
        return -1;
    step->work = net_view_count(&step->out[0]) * state->window.kernel[0] * state->window.kernel[1] * NET_TAP;
    return 0;
}

/* The taps of a window at output index that lie in the image, and how many lie in the image or its padding. */
struct taps {
    size_t first, n, padded;
};

static struct taps find_taps(const struct pool_state *s, size_t axis, size_t index)
{
    struct taps taps;
    size_t at = index * s->window.stride[axis], kernel = s->window.kernel[axis], by = s->window.dilation[axis];
    size_t end = s->g.begin[axis] + s->g.in[axis] + s->g.end[axis];
    net_window_taps((ptrdiff_t)at - (ptrdiff_t)s->g.begin[axis], kernel, by, s->g.in[axis], &taps.first, &taps.n);
    taps.padded = at < end ? (end - 1 - at) / by + 1 : 0;
    taps.padded = taps.padded < kernel ? taps.padded : kernel;
    return taps;
}

static const float *window_at(const struct pool_state *s, const float *image, size_t oy, size_t ox, struct taps ty,
                              struct taps tx)
{
    const struct net_window *w = &s->window;
    ptrdiff_t y = (ptrdiff_t)(oy * w->stride[0] + ty.first * w->dilation[0]) - (ptrdiff_t)s->g.begin[0];
    ptrdiff_t x = (ptrdiff_t)(ox * w->stride[1] + tx.first * w->dilation[1]) - (ptrdiff_t)s->g.begin[1];
    return image + y * s->g.row + x * s->g.pixel;
}

/* Outputs ox..ox+n-1 of a row, whose windows have the same taps. */
static void pool_span(const struct pool_state *s, const float *image, size_t oy, size_t ox, size_t n, struct taps ty,
                      struct taps tx, float *y)
{
    struct fa_window window = {.channels = s->g.channels,
                               .rows = ty.n,
                               .cols = tx.n,
                               .row = (ptrdiff_t)s->window.dilation[0] * s->g.row,
                               .col = (ptrdiff_t)s->window.dilation[1] * s->g.pixel,
                               .step = (ptrdiff_t)s->window.stride[1] * s->g.pixel};
    const float *x = window_at(s, image, oy, ox, ty, tx);
    if (s->pool->max) {
        fa_tensor_window_max(&window, n, x, y);
    } else {
        float count = (float)(s->pool->count_padding ? ty.padded * tx.padded : ty.n * tx.n);
        fa_tensor_window_sum(&window, n, x, y);
        fa_tensor_binary(FA_DIV, n * window.channels, y, 1, &count, 0, y);
    }
}

static void pool_row(const struct pool_state *s, const float *image, size_t oy, float *y)
{
    struct taps ty = find_taps(s, 0, oy);
    size_t n;
    for (size_t ox = 0; ox < s->g.out[1]; ox += n) {
        struct taps tx = find_taps(s, 1, ox);
        /* where the last whole window begins, counted from the padding's edge */
        size_t last = s->g.in[1] + s->g.begin[1] - 1 - (s->window.kernel[1] - 1) * s->window.dilation[1];
        n = 1;
        if (tx.n == s->window.kernel[1]) {
            n = (last - ox * s->window.stride[1]) / s->window.stride[1] + 1;
            n = n > s->g.out[1] - ox ? s->g.out[1] - ox : n;
        }
        pool_span(s, image, oy, ox, n, ty, tx, y + ox * s->g.channels);
    }
}

static void run_part(const struct net_step *step, struct net_part part, float *scratch)
{
    const struct pool_state *s = step->state;
    size_t lines = s->images * s->g.out[0];
    (void)scratch;
    for (size_t line = net_part_begin(part, lines); line < net_part_end(part, lines); line++)
        pool_row(s, (const float *)step->in[0].data + (ptrdiff_t)(line / s->g.out[0]) * s->g.image, line % s->g.out[0],
                 (float *)step->out[0].data + line * s->g.out[1] * s->g.channels);
}

#define POOL(variable, onnx, reader)                                                                                           \
    const struct net_op variable = {                                                                                           \
        .name = onnx, .min_in = 1, .max_in = 1, .max_out = 1, .read = reader, .plan = plan_pool, .part = run_part}
POOL(net_op_max_pool, "MaxPool", read_max);
POOL(net_op_average_pool, "AveragePool", read_average);
POOL(net_op_global_max_pool, "GlobalMaxPool", read_global_max);
POOL(net_op_global_average_pool, "GlobalAveragePool", read_global_average);
