/* Pad: with a constant, the edge, or the input mirrored or repeated. Widths and value are attributes before opset 11, then
 * inputs; a negative width cuts off. */
#include "op.h"

#include <string.h>

struct pad {
    const int64_t *pads; /* before each axis, then after each */
    size_t n;
    float value;
    enum { CONSTANT, EDGE, REFLECT, WRAP, LAST_MODE } mode;
};

struct pad_state {
    size_t *from[FA_NET_RANK]; /* for each place of the output along an axis, the input's; NET_NONE: the value stands there */
    bool padded[FA_NET_RANK];
    float value;
};

static int read(struct net_reading *r)
{
    static const char *const modes[] = {"constant", "edge", "reflect", "wrap"};
    struct pad *p = r->node->params = fa_arena_alloc(&r->graph->arena, sizeof *p, r->err);
    if (!p)
        return -1;
    const char *mode = net_attr_string(r, "mode", "constant");
    while (p->mode < LAST_MODE && strcmp(mode, modes[p->mode]) != 0)
        p->mode++;
    if (p->mode == LAST_MODE)
        net_attr_refuse(r, "unsupported attribute mode=%.40s", mode);
    p->pads = net_attr_ints(r, r->node->opset < 2 ? "paddings" : "pads", &p->n);
    p->value = net_attr_float(r, "value", 0);
    return net_attr_done(r);
}

/* Widths before and after each axis, from the attribute or input 1, for all axes or those of input 3. */
static int load_pads(struct net_plan *plan, struct net_step *step, int64_t *before, int64_t *after, struct fa_err *err)
{
    const struct pad *p = step->node->params;
    int64_t given[2 * FA_NET_RANK], axes[FA_NET_RANK];
    const int64_t *pads = p->pads;
    size_t n = p->n, rank = step->in[0].rank, naxes = rank, axis;
    bool some = step->nin > 3 && step->in[3].present;
    if ((!pads && net_known_ints(plan, step, 1, 2 * FA_NET_RANK, given, &n, err)) ||
        (some && net_known_ints(plan, step, 3, FA_NET_RANK, axes, &naxes, err)))
        return -1;
    pads = pads ? pads : given;
    if (n != 2 * naxes)
        return net_plan_error(plan, step, err, "%zu pads for %zu axes", n, naxes);
    for (size_t i = 0; i < naxes; i++) {
        if (net_axis(plan, step, some ? axes[i] : (int64_t)i, rank, &axis, err))
            return -1;
        before[axis] = pads[i];
        after[axis] = pads[naxes + i];
    }
    return 0;
}

/* A width that the mode can make of an axis of dim elements. */
static bool possible(const struct pad *p, int64_t width, size_t dim)
{
    int64_t most = p->mode == CONSTANT || (p->mode == EDGE && dim) ? (int64_t)NET_MAX_ELEMENTS
                   : p->mode == REFLECT                            ? (int64_t)dim - 1
                                                                   : (int64_t)dim;
    return width <= most && width >= -(int64_t)dim;
}

/* The element of an axis of n that stands at place i, counted from the first. */
static size_t stand_in(const struct pad *p, int64_t i, int64_t n)
{
    if (i >= 0 && i < n)
        return (size_t)i;
    switch (p->mode) {
    case EDGE:
        return i < 0 ? 0 : (size_t)(n - 1);
    case REFLECT:
        return (size_t)(i < 0 ? -i : 2 * (n - 1) - i);
    case WRAP:
        return (size_t)(i < 0 ? i + n : i - n);
    default:
        return NET_NONE;
    }
}

static int plan_pad(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct pad *p = step->node->params;
    const struct net_view *in = &step->in[0];
    struct pad_state *s = net_plan_alloc(plan, sizeof *s, err);
    int64_t before[FA_NET_RANK] = {0}, after[FA_NET_RANK] = {0};
    size_t dim[FA_NET_RANK];
    bool none = true;
    if (!s || load_pads(plan, step, before, after, err))
        return -1;
    s->value = p->value;
    if (in->dtype != NET_F32)
        return net_plan_error(plan, step, err, "wants float32");
    if (net_known_float(plan, step, 2, &s->value, err))
        return -1;
    for (size_t i = 0; i < in->rank; i++) {
        int64_t n = (int64_t)in->dim[i], whole = n + before[i] + after[i];
        if (!possible(p, before[i], in->dim[i]) || !possible(p, after[i], in->dim[i]) || whole < 0)
            return net_plan_error(plan, step, err, "pads %lld and %lld of %zu elements", (long long)before[i],
                                  (long long)after[i], in->dim[i]);
        dim[i] = (size_t)whole;
        s->padded[i] = before[i] || after[i];
        none = none && !s->padded[i];
    }
    step->state = s;
    step->out[0] = *in;
    if (none || net_out_like(plan, step, 0, in, in->rank, dim, err))
        return none ? 0 : -1;
    for (size_t i = 0; i < in->rank; i++) {
        s->from[i] = net_plan_alloc(plan, dim[i] * sizeof *s->from[i], err);
        if (!s->from[i])
            return -1;
        for (size_t k = 0; k < dim[i]; k++)
            s->from[i][k] = stand_in(p, (int64_t)k - before[i], (int64_t)in->dim[i]);
    }
    return 0;
}

/* One row of the output along axis; x is where the row of the input begins, or NULL where there is none. */
static void fill_row(const struct net_step *step, const struct pad_state *s, size_t axis, const float *x, float *y)
{
    size_t n = step->out[0].dim[axis];
    ptrdiff_t stride = step->in[0].stride[axis];
    if (x && !s->padded[axis] && stride == 1)
        memcpy(y, x, n * sizeof *y);
    else
        for (size_t i = 0; i < n; i++)
            y[i] = x && s->from[axis][i] != NET_NONE ? x[(ptrdiff_t)s->from[axis][i] * stride] : s->value;
}

/* Row after row along the output's innermost axis. */
static void run(const struct net_step *step, float *scratch)
{
    const struct pad_state *s = step->state;
    const struct net_view *in = &step->in[0], *out = &step->out[0];
    uint8_t order[FA_NET_RANK];
    size_t at[FA_NET_RANK] = {0}, last = out->rank - 1, n;
    float *y = out->data;
    (void)scratch;
    net_order_of(out, order);
    n = out->dim[order[last]];
    for (size_t rows = net_view_count(out) / n; rows > 0; rows--, y += n) {
        const float *x = in->data;
        for (size_t i = 0; i < last && x; i++) {
            size_t from = s->from[order[i]][at[i]];
            x = from == NET_NONE ? NULL : x + (ptrdiff_t)from * in->stride[order[i]];
        }
        fill_row(step, s, order[last], x, y);
        for (size_t i = last; i-- > 0 && ++at[i] == out->dim[order[i]];)
            at[i] = 0;
    }
}

const struct net_op net_op_pad = {.name = "Pad", .min_in = 1, .max_in = 4, .max_out = 1, .read = read, .plan = plan_pad,
                                  .run = run};
