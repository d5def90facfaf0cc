/* Slice and Split: views of a part of the input. */
#include "op.h"

#include <string.h>

struct slice {
    const int64_t *starts, *ends, *axes; /* attributes before opset 10, then inputs */
    size_t nstarts, nends, naxes;
};

struct split {
    int64_t axis;
    const int64_t *sizes; /* attribute before opset 13, then input 1 */
    size_t n;
};

static int read_slice(struct net_reading *r)
{
    struct slice *p = r->node->params = fa_arena_alloc(&r->graph->arena, sizeof *p, r->err);
    if (!p)
        return -1;
    p->starts = net_attr_ints(r, "starts", &p->nstarts);
    p->ends = net_attr_ints(r, "ends", &p->nends);
    p->axes = net_attr_ints(r, "axes", &p->naxes);
    return net_attr_done(r);
}

static int read_split(struct net_reading *r)
{
    struct split *p = r->node->params = fa_arena_alloc(&r->graph->arena, sizeof *p, r->err);
    if (!p)
        return -1;
    p->axis = net_attr_int(r, "axis", 0);
    p->sizes = net_attr_ints(r, "split", &p->n);
    net_attr_int(r, "num_outputs", 0);
    return net_attr_done(r);
}

/* starts, ends, axes, steps; axes default to the first ones, steps to 1. */
struct ranges {
    int64_t start[FA_NET_RANK], end[FA_NET_RANK], axis[FA_NET_RANK], step[FA_NET_RANK];
    size_t n;
};

static int load_list(struct net_plan *plan, struct net_step *step, size_t k, const int64_t *attr, size_t nattr, bool optional,
                     int64_t *list, size_t want, size_t *n, struct fa_err *err)
{
    if (attr && nattr <= FA_NET_RANK) {
        memcpy(list, attr, nattr * sizeof *list);
        *n = nattr;
    } else if (k < step->nin && step->in[k].present) {
        if (net_known_ints(plan, step, k, FA_NET_RANK, list, n, err))
            return -1;
    } else if (optional) {
        *n = want;
    } else {
        return net_plan_error(plan, step, err, "starts or ends are missing");
    }
    return want != NET_NONE && *n != want ? net_plan_error(plan, step, err, "lists of different length") : 0;
}

static int load_ranges(struct net_plan *plan, struct net_step *step, struct ranges *ranges, struct fa_err *err)
{
    const struct slice *p = step->node->params;
    size_t n;
    for (size_t i = 0; i < FA_NET_RANK; i++) {
        ranges->axis[i] = (int64_t)i;
        ranges->step[i] = 1;
    }
    if (load_list(plan, step, 1, p->starts, p->nstarts, false, ranges->start, NET_NONE, &ranges->n, err) ||
        load_list(plan, step, 2, p->ends, p->nends, false, ranges->end, ranges->n, &n, err) ||
        load_list(plan, step, 3, p->axes, p->naxes, true, ranges->axis, ranges->n, &n, err) ||
        load_list(plan, step, 4, NULL, 0, true, ranges->step, ranges->n, &n, err))
        return -1;
    return 0;
}

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* One axis of view from start to end (numpy's rules: negative counts from the end, beyond is cut off) by step. */
static void cut_axis(struct net_view *view, size_t axis, int64_t start, int64_t end, int64_t by)
{
    int64_t dim = (int64_t)view->dim[axis], low = by < 0 ? -1 : 0, high = by < 0 ? dim - 1 : dim;
    start = clamp(start < 0 ? start + dim : start, by < 0 ? -1 : 0, high);
    end = clamp(end < 0 ? end + dim : end, low, by < 0 ? dim : high);
    int64_t n = by > 0 ? (end > start ? (end - start - 1) / by + 1 : 0) : (start > end ? (start - end - 1) / -by + 1 : 0);
    view->offset += n ? start * view->stride[axis] : 0;
    view->dim[axis] = (size_t)n;
    view->stride[axis] *= n > 1 ? by : 1; /* steps of an axis that is named again and again would overflow */
}

static int plan_slice(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    struct ranges ranges;
    size_t axis;
    if (load_ranges(plan, step, &ranges, err))
        return -1;
    step->out[0] = step->in[0];
    for (size_t i = 0; i < ranges.n; i++) {
        if (net_axis(plan, step, ranges.axis[i], step->in[0].rank, &axis, err))
            return -1;
        if (ranges.step[i] == 0 || ranges.step[i] > INT32_MAX || ranges.step[i] < -INT32_MAX)
            return net_plan_error(plan, step, err, "step %lld", (long long)ranges.step[i]);
        cut_axis(&step->out[0], axis, ranges.start[i], ranges.end[i], ranges.step[i]);
    }
    return 0;
}

enum { MAX_PARTS = 64 };

static int plan_split(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct split *p = step->node->params;
    int64_t given[MAX_PARTS], at = 0;
    const int64_t *sizes = p->sizes;
    size_t axis, n = p->n;
    if (net_axis(plan, step, p->axis, step->in[0].rank, &axis, err))
        return -1;
    int64_t dim = (int64_t)step->in[0].dim[axis], even = (dim + (int64_t)step->nout - 1) / (int64_t)step->nout;
    if (!sizes && step->nin > 1 && step->in[1].present) {
        if (net_known_ints(plan, step, 1, MAX_PARTS, given, &n, err))
            return -1;
        sizes = given;
    }
    if (sizes && n != step->nout)
        return net_plan_error(plan, step, err, "%zu sizes for %zu outputs", n, step->nout);
    for (size_t k = 0; k < step->nout; k++) {
        int64_t size = sizes ? sizes[k] : even < dim - at ? even : dim - at;
        if (size < 0 || size > dim - at)
            return net_plan_error(plan, step, err, "parts do not add up to %lld", (long long)dim);
        step->out[k] = step->in[0];
        cut_axis(&step->out[k], axis, at, at + size, 1);
        at += size;
    }
    return at == dim ? 0 : net_plan_error(plan, step, err, "parts do not add up to %lld", (long long)dim);
}

const struct net_op net_op_slice = {
    .name = "Slice", .min_in = 1, .max_in = 5, .max_out = 1, .read = read_slice, .plan = plan_slice};
const struct net_op net_op_split = {
    .name = "Split", .min_in = 1, .max_in = 2, .max_out = MAX_PARTS, .read = read_split, .plan = plan_split};
