/* MaxPool, AveragePool and their global forms, over images; 3-D ones are pooled in each plane, then from plane to plane. */
#include "op.h"

struct pool {
    struct net_window window, deep; /* deep: along the outer axis of a 3-D image, if its kernel is not 0 */
    bool max, global, count_padding, by_columns; /* by_columns: how indices count the pixels of an image */
};

struct pool_state {
    const struct pool *pool;
    struct net_window window;
    struct net_geometry g;
    size_t images;
    bool one_image;                  /* each is numbered as if it were alone */
    const struct pool_state *planes; /* of a 3-D image; this is what is done with what comes out */
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
    net_window_read(r, &pool->window, &pool->deep);
    pool->window.ceil = pool->deep.ceil = net_attr_int(r, "ceil_mode", 0) != 0;
    if (max)
        pool->by_columns = net_attr_int(r, "storage_order", 0) != 0;
    else
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

static const uint8_t deep_order[FA_NET_RANK] = {0, 2, 3, 4, 1};

/* N,C,D,H,W as N * D images, then as N images of D rows and H * W columns. */
static int plan_deep(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct pool *pool = step->node->params;
    struct net_view *in = &step->in[0];
    struct pool_state *planes = net_plan_alloc(plan, 2 * sizeof *planes, err), *state = planes + 1;
    if (!planes)
        return -1;
    if (in->rank != 5 || in->dtype != NET_F32 || step->nout > 1)
        return net_plan_error(plan, step, err, "wants float32 of 5 dimensions, and gives no indices");
    if (net_need(plan, step, 0, deep_order, err))
        return -1;
    size_t dim[5] = {in->dim[0], in->dim[1], in->dim[2], in->dim[3], in->dim[4]};
    *planes = (struct pool_state){.pool = pool, .window = pool->window, .images = dim[0] * dim[2]};
    in->rank = 4;
    for (size_t i = 2; i < 4; i++)
        in->dim[i] = in->dim[i + 1];
    in->dim[0] = planes->images;
    net_dense(in, net_image_axes(step->node)->order);
    if (net_window_plan(plan, step, &planes->window, &planes->g, err))
        return -1;
    struct net_view between = {.present = true, .rank = 4, .dim = {dim[0], dim[1], dim[2], planes->g.out[0] * planes->g.out[1]}};
    struct net_step second = {.node = step->node, .in = &between};
    net_dense(&between, net_image_axes(step->node)->order);
    *state = (struct pool_state){.pool = pool, .window = pool->deep, .images = dim[0], .planes = planes};
    if (net_window_plan(plan, &second, &state->window, &state->g, err))
        return -1;
    const size_t out[5] = {dim[0], dim[1], state->g.out[0], planes->g.out[0], planes->g.out[1]};
    step->scratch = net_view_count(&between);
    step->state = state;
    return net_out(plan, step, 0, NET_F32, 5, out, deep_order, err);
}

static int plan_indices(struct net_plan *plan, struct net_step *step, struct pool_state *state, struct fa_err *err)
{
    const struct net_view *values = &step->out[0];
    if (step->nout < 2)
        return 0;
    state->one_image = net_plan_batch(plan) != 1;
    uint8_t order[FA_NET_RANK];
    net_order_of(values, order);
    return net_out(plan, step, 1, NET_I64, values->rank, values->dim, order, err);
}

static int plan_pool(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct pool *pool = step->node->params;
    const struct net_axes *axes = net_image_axes(step->node);
    if (pool->deep.kernel[0])
        return plan_deep(plan, step, err);
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
    return plan_indices(plan, step, state, err);
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

/* Which pixel of the window, row by row, has the channel's maximum: the first that has it. */
static size_t find_maximum(const struct pool_state *s, const float *x, struct taps ty, struct taps tx)
{
    const struct net_window *w = &s->window;
    size_t best = 0;
    float most = *x;
    for (size_t i = 1; i < ty.n * tx.n; i++) {
        float value = x[(ptrdiff_t)(i / tx.n * w->dilation[0]) * s->g.row + (ptrdiff_t)(i % tx.n * w->dilation[1]) * s->g.pixel];
        if (value > most) {
            most = value;
            best = i;
        }
    }
    return best;
}

/* Where the maxima of a row of the output come from, counted in N,C,H,W. */
static void index_row(const struct pool_state *s, const float *image, size_t number, size_t oy, int64_t *index)
{
    const struct net_window *w = &s->window;
    struct taps ty = find_taps(s, 0, oy);
    for (size_t ox = 0; ox < s->g.out[1]; ox++) {
        struct taps tx = find_taps(s, 1, ox);
        const float *x = window_at(s, image, oy, ox, ty, tx);
        for (size_t c = 0; c < s->g.channels; c++, index++) {
            size_t best = ty.n && tx.n ? find_maximum(s, x + c, ty, tx) : 0;
            size_t row = oy * w->stride[0] + (ty.first + best / (tx.n ? tx.n : 1)) * w->dilation[0] - s->g.begin[0];
            size_t col = ox * w->stride[1] + (tx.first + best % (tx.n ? tx.n : 1)) * w->dilation[1] - s->g.begin[1];
            size_t pixel = s->pool->by_columns ? col * s->g.in[0] + row : row * s->g.in[1] + col;
            *index = (int64_t)((number * s->g.channels + c) * s->g.in[0] * s->g.in[1] + pixel);
        }
    }
}

static void pool_lines(const struct pool_state *s, struct net_part part, const float *x, float *y, int64_t *index)
{
    size_t lines = s->images * s->g.out[0], length = s->g.out[1] * s->g.channels;
    for (size_t line = net_part_begin(part, lines); line < net_part_end(part, lines); line++) {
        size_t image = line / s->g.out[0], oy = line % s->g.out[0];
        pool_row(s, x + (ptrdiff_t)image * s->g.image, oy, y + line * length);
        if (index)
            index_row(s, x + (ptrdiff_t)image * s->g.image, s->one_image ? 0 : image, oy, index + line * length);
    }
}

static void run_part(const struct net_step *step, struct net_part part, float *scratch)
{
    const struct pool_state *s = step->state;
    const float *x = step->in[0].data;
    if (s->planes) { /* is not divided */
        pool_lines(s->planes, part, x, scratch, NULL);
        x = scratch;
    }
    pool_lines(s, part, x, step->out[0].data, step->nout > 1 ? step->out[1].data : NULL);
}

#define POOL(variable, onnx, outputs, reader)                                                                                  \
    const struct net_op variable = {                                                                                           \
        .name = onnx, .min_in = 1, .max_in = 1, .max_out = outputs, .read = reader, .plan = plan_pool, .part = run_part}
POOL(net_op_max_pool, "MaxPool", 2, read_max);
POOL(net_op_average_pool, "AveragePool", 1, read_average);
POOL(net_op_global_max_pool, "GlobalMaxPool", 1, read_global_max);
POOL(net_op_global_average_pool, "GlobalAveragePool", 1, read_global_average);
