/* Shape, Constant, ConstantOfShape, Cast, Gather, Expand: what graphs work out their shapes with. */
#include "op.h"

#include <math.h>
#include <string.h>

struct shape {
    int64_t start, end;
};

static int read_shape(struct net_reading *r)
{
    struct shape *p = r->node->params = fa_arena_alloc(&r->graph->arena, sizeof *p, r->err);
    if (!p)
        return -1;
    p->start = net_attr_int(r, "start", 0);
    p->end = net_attr_int(r, "end", INT64_MAX);
    return net_attr_done(r);
}

static int64_t within(int64_t x, int64_t rank)
{
    x = x < 0 ? x + rank : x;
    return x < 0 ? 0 : x > rank ? rank : x;
}

/* A graph that was fixed to one image is told that there is one. */
static int plan_shape(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct shape *p = step->node->params;
    const struct net_view *in = &step->in[0];
    int64_t start = within(p->start, (int64_t)in->rank), end = within(p->end, (int64_t)in->rank);
    size_t n = end > start ? (size_t)(end - start) : 0;
    int64_t *dim = net_plan_alloc(plan, n * sizeof *dim, err);
    if (!dim)
        return -1;
    for (size_t i = 0; i < n; i++) {
        size_t axis = (size_t)start + i;
        dim[i] = axis == 0 && net_plan_batch(plan) != 1 && !in->content ? 1 : (int64_t)in->dim[axis];
    }
    if (net_out(plan, step, 0, NET_I64, 1, &n, NULL, err))
        return -1;
    step->out[0].content = dim;
    return 0;
}

/* As above, of one image. */
static int plan_size(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct net_view *in = &step->in[0];
    int64_t *n = net_plan_alloc(plan, sizeof *n, err);
    if (!n)
        return -1;
    *n = (int64_t)(net_view_count(in) / (in->content ? 1 : net_plan_batch(plan)));
    if (net_out(plan, step, 0, NET_I64, 0, NULL, NULL, err))
        return -1;
    step->out[0].content = n;
    return 0;
}

static int read_constant(struct net_reading *r)
{
    struct net_constant *made = net_attr_tensor(r, "value");
    if (r->node->nattrs == 1 && !made && !r->failed) {
        struct net_attr *attr = &r->node->attr[0];
        made = net_graph_add_constant(r->graph, r->err);
        if (!made)
            return -1;
        size_t n = 1;
        attr->read = true;
        int64_t i = net_attr_int(r, "value_int", 0);
        float f = net_attr_float(r, "value_float", 0);
        const void *from = attr->type == NET_ATTR_INT ? (const void *)&i : &f;
        if (attr->type == NET_ATTR_INTS || attr->type == NET_ATTR_FLOATS) {
            from = attr->type == NET_ATTR_INTS ? (const void *)attr->ints : attr->floats;
            n = attr->n;
            made->rank = 1;
        } else if (attr->type != NET_ATTR_INT && attr->type != NET_ATTR_FLOAT) {
            return net_attr_refuse(r, "unsupported attribute %.40s", attr->name);
        }
        made->dtype = attr->type == NET_ATTR_INT || attr->type == NET_ATTR_INTS ? NET_I64 : NET_F32;
        made->n = made->dim[0] = n;
        size_t bytes = n * (made->dtype == NET_F32 ? sizeof f : sizeof i);
        made->data = fa_mem_aligned(bytes, 1, r->err);
        if (!made->data)
            return -1;
        memcpy(made->data, from, bytes);
    } else if (!made) {
        return net_attr_refuse(r, "wants one attribute, a tensor of a supported type");
    }
    r->node->params = made;
    return net_attr_done(r);
}

static int plan_constant(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    struct net_constant *made = step->node->params;
    if (net_constant_decode(made, err) || net_out(plan, step, 0, made->dtype, made->rank, made->dim, NULL, err))
        return -1;
    step->out[0].content = made->data;
    return 0;
}

static int read_filled(struct net_reading *r)
{
    struct net_constant *value = net_attr_tensor(r, "value");
    if (value && value->n != 1)
        net_attr_refuse(r, "attribute value must have one element");
    if (value && net_constant_decode(value, r->err))
        return -1;
    r->node->params = value;
    return net_attr_done(r);
}

static int plan_filled(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct net_constant *value = step->node->params;
    int64_t want[FA_NET_RANK];
    size_t rank, dim[FA_NET_RANK];
    if (net_known_ints(plan, step, 0, FA_NET_RANK, want, &rank, err))
        return -1;
    for (size_t i = 0; i < rank; i++) {
        if (want[i] < 0 || want[i] > (int64_t)NET_MAX_KNOWN)
            return net_plan_error(plan, step, err, "dimension %lld", (long long)want[i]);
        dim[i] = (size_t)want[i];
    }
    return net_out(plan, step, 0, value ? value->dtype : NET_F32, rank, dim, NULL, err);
}

static void run_filled(const struct net_step *step, float *scratch)
{
    const struct net_constant *value = step->node->params;
    size_t n = net_view_count(&step->out[0]);
    (void)scratch;
    for (size_t i = 0; i < n; i++)
        if (step->out[0].dtype == NET_I64)
            ((int64_t *)step->out[0].data)[i] = *(const int64_t *)value->data;
        else
            ((float *)step->out[0].data)[i] = value ? *(const float *)value->data : 0;
}

/* The first member is the type, for who shares constants. */
struct cast {
    enum net_dtype to;
    bool truth; /* 0 or 1 */
};

/* ONNX data types by number: FLOAT, FLOAT16, DOUBLE and BFLOAT16 are float32 here, BOOL, INT32 and INT64 are int64. */
static int read_cast(struct net_reading *r)
{
    enum { FLOAT = 1, INT32 = 6, INT64 = 7, BOOL = 9, FLOAT16 = 10, DOUBLE = 11, BFLOAT16 = 16 };
    struct cast *cast = r->node->params = fa_arena_alloc(&r->graph->arena, sizeof *cast, r->err);
    if (!cast)
        return -1;
    int64_t type = net_attr_int(r, "to", 0);
    net_attr_int(r, "saturate", 1);
    cast->to = type == FLOAT || type == FLOAT16 || type == DOUBLE || type == BFLOAT16 ? NET_F32 : NET_I64;
    cast->truth = type == BOOL;
    if (cast->to == NET_I64 && type != INT32 && type != INT64 && !cast->truth)
        net_attr_refuse(r, "unsupported attribute to=%lld", (long long)type);
    return net_attr_done(r);
}

static int plan_cast(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct cast *cast = step->node->params;
    const enum net_dtype *to = &cast->to;
    if (*to != step->in[0].dtype || cast->truth)
        return net_need(plan, step, 0, NULL, err)
                   ? -1
                   : net_out(plan, step, 0, *to, step->in[0].rank, step->in[0].dim, NULL, err);
    step->out[0] = step->in[0];
    return 0;
}

static void run_cast(const struct net_step *step, float *scratch)
{
    const struct cast *cast = step->node->params;
    size_t n = net_view_count(&step->out[0]);
    (void)scratch;
    for (size_t i = 0; i < n; i++)
        if (cast->truth) {
            ((int64_t *)step->out[0].data)[i] = step->in[0].dtype == NET_F32 ? ((const float *)step->in[0].data)[i] != 0
                                                                              : ((const int64_t *)step->in[0].data)[i] != 0;
        } else if (step->out[0].dtype == NET_F32) {
            ((float *)step->out[0].data)[i] = (float)((const int64_t *)step->in[0].data)[i];
        } else {
            float x = ((const float *)step->in[0].data)[i];
            ((int64_t *)step->out[0].data)[i] = fabsf(x) < 0x1p62f ? (int64_t)x : 0;
        }
}

static int read_gather(struct net_reading *r)
{
    int64_t *axis = r->node->params = fa_arena_alloc(&r->graph->arena, sizeof *axis, r->err);
    if (!axis)
        return -1;
    *axis = net_attr_int(r, "axis", 0);
    return net_attr_done(r);
}

struct gather_state {
    size_t axis, n;
    const size_t *index;
};

/* The indices in C order, each within the axis. */
static const size_t *load_indices(struct net_plan *plan, struct net_step *step, size_t dim, struct fa_err *err)
{
    if (!step->in[1].present || !step->in[1].content || step->in[1].dtype != NET_I64) {
        net_plan_error(plan, step, err, "indices must be integers that do not depend on the data");
        return NULL;
    }
    if (net_need(plan, step, 1, NULL, err))
        return NULL;
    size_t n = net_view_count(&step->in[1]), *index = net_plan_alloc(plan, n * sizeof *index, err);
    const int64_t *given = (const int64_t *)step->in[1].content + step->in[1].offset;
    for (size_t i = 0; index && i < n; i++) {
        int64_t at = given[i] < 0 ? given[i] + (int64_t)dim : given[i];
        if (at < 0 || at >= (int64_t)dim) {
            net_plan_error(plan, step, err, "index %lld of %zu", (long long)given[i], dim);
            return NULL;
        }
        index[i] = (size_t)at;
    }
    return index;
}

/* The axis of the input is replaced by the axes of the indices. */
static int plan_gather(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    struct gather_state *s = net_plan_alloc(plan, sizeof *s, err);
    const struct net_view *in = &step->in[0], *indices = &step->in[1];
    size_t dim[2 * FA_NET_RANK], rank = 0;
    if (!s || net_axis(plan, step, *(const int64_t *)step->node->params, in->rank, &s->axis, err) ||
        !(s->index = load_indices(plan, step, in->dim[s->axis], err)))
        return -1;
    s->n = net_view_count(indices);
    for (size_t i = 0; i < s->axis; i++)
        dim[rank++] = in->dim[i];
    for (size_t i = 0; i < indices->rank; i++)
        dim[rank++] = indices->dim[i];
    for (size_t i = s->axis + 1; i < in->rank; i++)
        dim[rank++] = in->dim[i];
    step->state = s;
    return net_out(plan, step, 0, in->dtype, rank, dim, NULL, err);
}

static void *element(const struct net_view *view, ptrdiff_t at)
{
    return view->dtype == NET_F32 ? (void *)((float *)view->data + at) : (void *)((int64_t *)view->data + at);
}

/* For each index, the part of the input at it goes to its place in the output, seen with the indices as one axis. */
static void run_gather(const struct net_step *step, float *scratch)
{
    const struct gather_state *s = step->state;
    struct net_view from = step->in[0], to = step->in[0];
    (void)scratch;
    from.dim[s->axis] = 1;
    to.dim[s->axis] = s->n;
    net_dense(&to, NULL);
    to.dim[s->axis] = 1;
    for (size_t i = 0; i < s->n; i++) {
        to.data = element(&step->out[0], (ptrdiff_t)i * to.stride[s->axis]);
        from.data = element(&step->in[0], (ptrdiff_t)s->index[i] * from.stride[s->axis]);
        net_copy(&to, &from);
    }
}

static int plan_expand(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct net_view *in = &step->in[0];
    int64_t want[FA_NET_RANK];
    size_t n, rank, dim[FA_NET_RANK];
    if (net_known_ints(plan, step, 1, FA_NET_RANK, want, &n, err))
        return -1;
    rank = n > in->rank ? n : in->rank;
    for (size_t i = 0; i < rank; i++) {
        size_t have = i + in->rank < rank ? 1 : in->dim[i + in->rank - rank];
        int64_t asked = i + n < rank ? 1 : want[i + n - rank];
        if (asked < 0 || asked > (int64_t)NET_MAX_ELEMENTS)
            return net_plan_error(plan, step, err, "dimension %lld", (long long)asked);
        dim[i] = have == 1 ? (size_t)asked : have;
    }
    if (net_count(rank, dim, NET_MAX_ELEMENTS) == NET_NONE || !net_broadcast(in, rank, dim, &step->out[0]))
        return net_plan_error(plan, step, err, "the input does not fit the shape");
    return 0;
}

const struct net_op net_ops_shape[] = {
    {.name = "Shape", .min_in = 1, .max_in = 1, .max_out = 1, .read = read_shape, .plan = plan_shape},
    {.name = "Size", .min_in = 1, .max_in = 1, .max_out = 1, .plan = plan_size},
    {.name = "Constant", .min_in = 0, .max_in = 0, .max_out = 1, .read = read_constant, .plan = plan_constant},
    {.name = "ConstantOfShape", .min_in = 1, .max_in = 1, .max_out = 1, .read = read_filled, .plan = plan_filled,
     .run = run_filled},
    {.name = "Cast", .min_in = 1, .max_in = 1, .max_out = 1, .read = read_cast, .plan = plan_cast, .run = run_cast},
    {.name = "Gather", .min_in = 2, .max_in = 2, .max_out = 1, .read = read_gather, .plan = plan_gather, .run = run_gather},
    {.name = "Expand", .min_in = 2, .max_in = 2, .max_out = 1, .plan = plan_expand},
    {0},
};
