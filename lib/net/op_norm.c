/* InstanceNormalization, LayerNormalization, GroupNormalization: over some axes, (x - mean) / sqrt(variance + epsilon), then
 * a scale and a bias. The input is seen with its channels split into groups where there are groups. */
#include "op.h"

#include <math.h>

struct norm {
    int64_t axis, groups;
    float epsilon;
};

struct norm_state {
    float epsilon;
    size_t rank, dim[FA_NET_RANK];
    bool over[FA_NET_RANK];                             /* the axes that mean and variance go over */
    ptrdiff_t x[FA_NET_RANK], y[FA_NET_RANK];           /* strides */
    ptrdiff_t scale[FA_NET_RANK], bias[FA_NET_RANK];
    ptrdiff_t mean[FA_NET_RANK], factor[FA_NET_RANK];   /* of outputs 1 and 2 */
};

static struct norm *read_norm(struct net_reading *r)
{
    struct norm *norm = r->node->params = fa_arena_alloc(&r->graph->arena, sizeof *norm, r->err);
    if (norm)
        norm->epsilon = net_attr_float(r, "epsilon", 1e-5f);
    return norm;
}

static int read_instance(struct net_reading *r)
{
    return read_norm(r) ? net_attr_done(r) : -1;
}

static int read_layer(struct net_reading *r)
{
    struct norm *norm = read_norm(r);
    if (!norm)
        return -1;
    norm->axis = net_attr_int(r, "axis", -1);
    net_attr_int(r, "stash_type", 1);
    return net_attr_done(r);
}

static int read_group(struct net_reading *r)
{
    struct norm *norm = read_norm(r);
    if (!norm)
        return -1;
    norm->groups = net_attr_int(r, "num_groups", 0);
    net_attr_int(r, "stash_type", 1);
    return net_attr_done(r);
}

static struct norm_state *start(struct net_plan *plan, struct net_step *step, size_t least_rank, struct fa_err *err)
{
    const struct net_view *in = &step->in[0];
    struct norm_state *s = net_plan_alloc(plan, sizeof *s, err);
    if (!s)
        return NULL;
    for (size_t k = 0; k < step->nin; k++)
        if (step->in[k].present && step->in[k].dtype != NET_F32) {
            net_plan_error(plan, step, err, "wants float32");
            return NULL;
        }
    if (in->rank < least_rank) {
        net_plan_error(plan, step, err, "wants at least %zu dimensions, has %zu", least_rank, in->rank);
        return NULL;
    }
    if (net_out_like(plan, step, 0, in, in->rank, in->dim, err))
        return NULL;
    s->epsilon = ((const struct norm *)step->node->params)->epsilon;
    s->rank = in->rank;
    for (size_t i = 0; i < in->rank; i++) {
        s->dim[i] = in->dim[i];
        s->x[i] = in->stride[i];
        s->y[i] = step->out[0].stride[i];
    }
    step->state = s;
    return s;
}

/* Scale and bias have one value for each channel or group, along axis. */
static int by_axis(struct net_plan *plan, struct net_step *step, struct norm_state *s, size_t axis, size_t n,
                   struct fa_err *err)
{
    for (size_t k = 1; k < 3; k++)
        if (step->in[k].rank != 1 || step->in[k].dim[0] != n)
            return net_plan_error(plan, step, err, "scale and bias must have %zu values", n);
    s->scale[axis] = step->in[1].stride[0];
    s->bias[axis] = step->in[2].stride[0];
    return 0;
}

static int plan_instance(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    struct norm_state *s = start(plan, step, 3, err);
    if (!s)
        return -1;
    for (size_t i = 2; i < s->rank; i++)
        s->over[i] = true;
    return by_axis(plan, step, s, 1, s->dim[1], err);
}

/* Outputs 1 and 2, mean and 1 / sqrt(variance + epsilon): the input's shape, with one element along the axes that go. */
static int out_moments(struct net_plan *plan, struct net_step *step, struct norm_state *s, struct fa_err *err)
{
    size_t dim[FA_NET_RANK];
    for (size_t i = 0; i < s->rank; i++)
        dim[i] = s->over[i] ? 1 : s->dim[i];
    for (size_t k = 1; k < step->nout; k++) {
        if (net_out(plan, step, k, NET_F32, s->rank, dim, NULL, err))
            return -1;
        for (size_t i = 0; i < s->rank; i++)
            (k == 1 ? s->mean : s->factor)[i] = step->out[k].stride[i];
    }
    return 0;
}

static int plan_layer(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct norm *norm = step->node->params;
    struct norm_state *s = start(plan, step, 1, err);
    size_t axis;
    if (!s || net_axis(plan, step, norm->axis, s->rank, &axis, err))
        return -1;
    if (axis == 0 && net_plan_batch(plan) != 1)
        return net_plan_error(plan, step, err, "works on one image only");
    for (size_t i = axis; i < s->rank; i++)
        s->over[i] = true;
    for (size_t k = 1; k < step->nin; k++) {
        struct net_view view;
        if (!step->in[k].present)
            continue;
        if (!net_broadcast(&step->in[k], s->rank, s->dim, &view))
            return net_plan_error(plan, step, err, "scale or bias do not fit the input");
        for (size_t i = 0; i < s->rank; i++)
            (k == 1 ? s->scale : s->bias)[i] = view.stride[i];
    }
    return out_moments(plan, step, s, err);
}

static void split_stride(ptrdiff_t *stride, size_t rank, size_t inner)
{
    for (size_t i = rank; i > 2; i--)
        stride[i] = stride[i - 1];
    stride[2] = stride[1];
    stride[1] *= (ptrdiff_t)inner;
}

/* Before opset 21, scale and bias have a value for each group, from then on for each channel. */
static int plan_group(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct norm *norm = step->node->params;
    struct norm_state *s = start(plan, step, 3, err);
    if (!s)
        return -1;
    size_t channels = s->dim[1], groups = norm->groups < 1 ? 0 : (size_t)norm->groups;
    if (!groups || channels % groups || s->rank == FA_NET_RANK)
        return net_plan_error(plan, step, err, "%zu channels in %lld groups", channels, (long long)norm->groups);
    bool by_group = step->node->opset < 21;
    if (by_axis(plan, step, s, 1, by_group ? groups : channels, err))
        return -1;
    split_stride(s->x, s->rank, channels / groups);
    split_stride(s->y, s->rank, channels / groups);
    for (size_t k = 0; k < 2 && !by_group; k++)
        split_stride(k ? s->scale : s->bias, s->rank, channels / groups);
    for (size_t i = s->rank++; i > 2; i--)
        s->dim[i] = s->dim[i - 1];
    s->dim[1] = groups;
    s->dim[2] = channels / groups;
    for (size_t i = 2; i < s->rank; i++)
        s->over[i] = true;
    return 0;
}

/* The part of a tensor of these strides whose axes are over (or are not). */
static struct net_view part(const struct norm_state *s, const ptrdiff_t *stride, bool over, const float *data)
{
    struct net_view view = {.present = true, .rank = s->rank, .data = (float *)(size_t)data};
    for (size_t i = 0; i < s->rank; i++) {
        view.dim[i] = s->over[i] == over ? s->dim[i] : 1;
        view.stride[i] = stride[i];
    }
    return view;
}

static void moments(const struct net_view *x, double *mean, double *variance)
{
    struct net_walk walk;
    double sum = 0, squares = 0, n = (double)net_view_count(x);
    const float *data = x->data;
    net_walk_start(&walk, &x, 1);
    do
        for (size_t i = 0; i < walk.n; i++)
            sum += (double)data[walk.offset[0] + (ptrdiff_t)i * walk.step[0]];
    while (net_walk_next(&walk));
    *mean = sum / n;
    net_walk_start(&walk, &x, 1);
    do
        for (size_t i = 0; i < walk.n; i++) {
            double d = (double)data[walk.offset[0] + (ptrdiff_t)i * walk.step[0]] - *mean;
            squares += d * d;
        }
    while (net_walk_next(&walk));
    *variance = squares / n;
}

/* Gives the mean and 1 / sqrt(variance + epsilon) that it took. */
static void normalise(const struct norm_state *s, const struct net_view *y, const struct net_view *x,
                      const struct net_view *scale, const struct net_view *bias, float *shift, float *factor)
{
    struct net_walk walk;
    double mean, variance;
    moments(x, &mean, &variance);
    *shift = (float)mean;
    *factor = (float)(1 / sqrt(variance + (double)s->epsilon));
    net_walk_start(&walk, (const struct net_view *[]){y, x, scale, bias}, 4);
    do {
        float *to = (float *)y->data + walk.offset[0];
        const float *from = (const float *)x->data + walk.offset[1], *a = (const float *)scale->data + walk.offset[2];
        const float *b = (const float *)bias->data + walk.offset[3];
        for (ptrdiff_t i = 0; i < (ptrdiff_t)walk.n; i++)
            to[i * walk.step[0]] = (from[i * walk.step[1]] - *shift) * *factor * a[i * walk.step[2]] + b[i * walk.step[3]];
    } while (net_walk_next(&walk));
}

static void run(const struct net_step *step, float *scratch)
{
    static const float zero = 0;
    const struct norm_state *s = step->state;
    bool biased = step->nin > 2 && step->in[2].present;
    float unread[2], *data[6] = {step->out[0].data,
                                 step->in[0].data,
                                 step->in[1].data,
                                 biased ? step->in[2].data : (float *)(size_t)&zero,
                                 step->nout > 1 ? step->out[1].data : &unread[0],
                                 step->nout > 2 ? step->out[2].data : &unread[1]};
    const ptrdiff_t *stride[6] = {s->y, s->x, s->scale, s->bias, s->mean, s->factor};
    struct net_view group[6], inner[4];
    const struct net_view *groups[6];
    struct net_walk walk;
    (void)scratch;
    for (size_t k = 0; k < 6; k++) {
        group[k] = part(s, stride[k], false, data[k]);
        groups[k] = &group[k];
    }
    net_walk_start(&walk, groups, 6);
    do
        for (ptrdiff_t i = 0; i < (ptrdiff_t)walk.n; i++) {
            for (size_t k = 0; k < 4; k++)
                inner[k] = part(s, stride[k], true, data[k] + walk.offset[k] + i * walk.step[k]);
            normalise(s, &inner[0], &inner[1], &inner[2], &inner[3], data[4] + walk.offset[4] + i * walk.step[4],
                      data[5] + walk.offset[5] + i * walk.step[5]);
        }
    while (net_walk_next(&walk));
}

const struct net_op net_ops_norm[] = {
    {.name = "InstanceNormalization", .min_in = 3, .max_in = 3, .max_out = 1, .read = read_instance, .plan = plan_instance,
     .run = run},
    {.name = "LayerNormalization", .min_in = 2, .max_in = 3, .max_out = 3, .read = read_layer, .plan = plan_layer, .run = run},
    {.name = "GroupNormalization", .min_in = 3, .max_in = 3, .max_out = 1, .read = read_group, .plan = plan_group, .run = run},
    {0},
};
