/* Reshape, Flatten, Squeeze, Unsqueeze, and what passes its input on as it is: another view of the same memory. */
#include "op.h"

#include <string.h>

struct reshape {
    const int64_t *list; /* axes, or the shape, given as an attribute (older opsets) */
    size_t n;
    int64_t axis;
    bool zero_is_zero;
};

static struct reshape *new_params(struct net_reading *r)
{
    return r->node->params = fa_arena_alloc(&r->graph->arena, sizeof(struct reshape), r->err);
}

static int read_axis(struct net_reading *r)
{
    struct reshape *p = new_params(r);
    if (!p)
        return -1;
    p->axis = net_attr_int(r, "axis", 1);
    return net_attr_done(r);
}

static int read_axes(struct net_reading *r)
{
    struct reshape *p = new_params(r);
    if (!p)
        return -1;
    p->list = net_attr_ints(r, "axes", &p->n);
    return net_attr_done(r);
}

static int read_shape(struct net_reading *r)
{
    struct reshape *p = new_params(r);
    if (!p)
        return -1;
    p->list = net_attr_ints(r, "shape", &p->n);
    p->zero_is_zero = net_attr_int(r, "allowzero", 0) != 0;
    return net_attr_done(r);
}

static int read_dropout(struct net_reading *r)
{
    net_attr_float(r, "ratio", 0);
    net_attr_int(r, "seed", 0);
    net_attr_int(r, "is_test", 1);
    return net_attr_done(r);
}

/* Output 0 is input 0 with another shape of as many elements. */
static int view_as(struct net_plan *plan, struct net_step *step, size_t rank, const size_t *dim, struct fa_err *err)
{
    if (rank > FA_NET_RANK || net_count(rank, dim, NET_MAX_ELEMENTS) != net_view_count(&step->in[0]))
        return net_plan_error(plan, step, err, "%zu elements do not fit the new shape", net_view_count(&step->in[0]));
    if (net_need(plan, step, 0, NULL, err))
        return -1;
    step->out[0] = step->in[0];
    step->out[0].rank = rank;
    for (size_t i = 0; i < rank; i++)
        step->out[0].dim[i] = dim[i];
    net_dense(&step->out[0], NULL);
    return 0;
}

/* 0 takes the dimension of the input, one -1 what is left. */
static int resolve_shape(struct net_plan *plan, struct net_step *step, const size_t *have, size_t total, const int64_t *want,
                         size_t rank, size_t *dim, struct fa_err *err)
{
    const struct reshape *p = step->node->params;
    size_t open = NET_NONE, known = 1;
    for (size_t i = 0; i < rank; i++) {
        bool copy = want[i] == 0 && !p->zero_is_zero;
        if (want[i] < -1 || (want[i] == -1 && open != NET_NONE) || (copy && i >= step->in[0].rank))
            return net_plan_error(plan, step, err, "dimension %lld at %zu of the new shape", (long long)want[i], i);
        if (want[i] == -1)
            open = i;
        dim[i] = copy ? have[i] : want[i] == -1 ? 1 : (size_t)want[i];
    }
    known = net_count(rank, dim, NET_MAX_ELEMENTS);
    if (open != NET_NONE && known != NET_NONE && known != 0 && total % known == 0)
        dim[open] = total / known;
    return 0;
}

/* In a graph that was fixed to one image, the shape is worked out for one; it must keep the images' axis in front. */
static int plan_reshape(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct reshape *p = step->node->params;
    const struct net_view *in = &step->in[0];
    size_t rank = p->n, dim[FA_NET_RANK] = {0}, have[FA_NET_RANK], images = in->content ? 1 : net_plan_batch(plan);
    int64_t given[FA_NET_RANK];
    const int64_t *want = p->list;
    if (!want && net_known_ints(plan, step, 1, FA_NET_RANK, given, &rank, err))
        return -1;
    want = want ? want : given;
    memcpy(have, in->dim, sizeof have);
    if (rank > FA_NET_RANK)
        return net_plan_error(plan, step, err, "%zu dimensions", rank);
    if (images != 1)
        have[0] = 1;
    if (resolve_shape(plan, step, have, net_view_count(in) / images, want, rank, dim, err))
        return -1;
    if (images != 1) {
        if (rank == 0 || dim[0] != 1)
            return net_plan_error(plan, step, err, "works on one image only");
        dim[0] = images;
    }
    return view_as(plan, step, rank, dim, err);
}

static int plan_flatten(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct reshape *p = step->node->params;
    const struct net_view *in = &step->in[0];
    size_t dim[2] = {1, 1}, axis = in->rank;
    if (p->axis != (int64_t)in->rank && net_axis(plan, step, p->axis, in->rank, &axis, err))
        return -1;
    for (size_t i = 0; i < in->rank; i++)
        dim[i >= axis] *= in->dim[i];
    return view_as(plan, step, 2, dim, err);
}

/* marked[i]: axis i of rank is in the list, from the attribute or input 1. *n = 0: there is none. */
static int mark_axes(struct net_plan *plan, struct net_step *step, size_t extra, bool marked[FA_NET_RANK], size_t *n,
                     struct fa_err *err)
{
    const struct reshape *p = step->node->params;
    const int64_t *list = p->list;
    int64_t given[FA_NET_RANK];
    size_t axis, rank;
    *n = p->n;
    if (!list && step->nin > 1 && step->in[1].present) {
        if (net_known_ints(plan, step, 1, FA_NET_RANK, given, n, err))
            return -1;
        list = given;
    }
    rank = step->in[0].rank + extra * *n;
    if (rank > FA_NET_RANK)
        return net_plan_error(plan, step, err, "%zu dimensions, at most %d are supported", rank, FA_NET_RANK);
    memset(marked, 0, FA_NET_RANK);
    for (size_t i = 0; i < *n; i++) {
        if (net_axis(plan, step, list[i], rank, &axis, err))
            return -1;
        if (marked[axis])
            return net_plan_error(plan, step, err, "axis %zu is given twice", axis);
        marked[axis] = true;
    }
    return 0;
}

/* The strides stay as they are: an axis of one element may have any. */
static int plan_squeeze(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    bool gone[FA_NET_RANK];
    size_t n;
    if (mark_axes(plan, step, 0, gone, &n, err))
        return -1;
    const struct net_view *in = &step->in[0];
    struct net_view *out = &step->out[0];
    *out = *in;
    out->rank = 0;
    for (size_t i = 0; i < in->rank; i++) {
        if (n ? gone[i] : in->dim[i] == 1) {
            if (in->dim[i] != 1)
                return net_plan_error(plan, step, err, "axis %zu has %zu elements", i, in->dim[i]);
            continue;
        }
        out->dim[out->rank] = in->dim[i];
        out->stride[out->rank++] = in->stride[i];
    }
    return 0;
}

static int plan_unsqueeze(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    bool added[FA_NET_RANK];
    size_t n;
    if (mark_axes(plan, step, 1, added, &n, err))
        return -1;
    const struct net_view *in = &step->in[0];
    struct net_view *out = &step->out[0];
    *out = *in;
    out->rank = in->rank + n;
    for (size_t i = 0, k = 0; i < out->rank; i++) {
        out->dim[i] = added[i] ? 1 : in->dim[k];
        out->stride[i] = added[i] ? 0 : in->stride[k];
        k += !added[i];
    }
    return 0;
}

/* What Dropout leaves: everything. */
static void give_mask(struct net_view *mask, const struct net_view *in)
{
    static const int64_t yes = 1;
    *mask = (struct net_view){.present = true, .dtype = NET_I64, .rank = in->rank, .content = &yes};
    for (size_t i = 0; i < in->rank; i++)
        mask->dim[i] = in->dim[i];
}

/* Dropout's ratio and training mode are inputs 1 and 2 from opset 12 on: true would ask for training, if anything is
 * dropped. */
static int plan_same(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    int64_t training = 0;
    float ratio = 0.5f;
    size_t n;
    if (step->nin > 2 && step->in[2].present &&
        (net_known_ints(plan, step, 2, 1, &training, &n, err) || net_known_float(plan, step, 1, &ratio, err)))
        return -1;
    if (training && ratio != 0)
        return net_plan_error(plan, step, err, "training mode is not supported");
    step->out[0] = step->in[0];
    if (step->nout > 1)
        give_mask(&step->out[1], &step->in[0]);
    return 0;
}

const struct net_op net_ops_reshape[] = {
    {.name = "Reshape", .min_in = 1, .max_in = 2, .max_out = 1, .read = read_shape, .plan = plan_reshape},
    {.name = "Flatten", .min_in = 1, .max_in = 1, .max_out = 1, .read = read_axis, .plan = plan_flatten},
    {.name = "Squeeze", .min_in = 1, .max_in = 2, .max_out = 1, .read = read_axes, .plan = plan_squeeze},
    {.name = "Unsqueeze", .min_in = 1, .max_in = 2, .max_out = 1, .read = read_axes, .plan = plan_unsqueeze},
    {.name = "Identity", .min_in = 1, .max_in = 1, .max_out = 1, .plan = plan_same},
    {.name = "Dropout", .min_in = 1, .max_in = 3, .max_out = 2, .read = read_dropout, .plan = plan_same},
    {0},
};
