/* Resize and Upsample to the nearest element, along any axes. */
#include "op.h"

#include <math.h>
#include <string.h>

struct resize {
    enum { HALF_PIXEL, ASYMMETRIC, ALIGN_CORNERS, HALF_PIXEL_ONE, LAST_PLACE } place;
    enum { FLOOR, CEIL, PREFER_FLOOR, PREFER_CEIL } round;
};

struct resize_state {
    const size_t *from[FA_NET_RANK]; /* for each index of the output along an axis, the input's */
};

static int choose(struct net_reading *r, const char *attr, const char *otherwise, const char *const *names, size_t n)
{
    const char *given = net_attr_string(r, attr, otherwise);
    for (size_t i = 0; i < n; i++)
        if (strcmp(given, names[i]) == 0)
            return (int)i;
    return net_attr_refuse(r, "unsupported attribute %s=%.40s", attr, given);
}

static int read(struct net_reading *r)
{
    static const char *const places[] = {"half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"};
    static const char *const rounds[] = {"floor", "ceil", "round_prefer_floor", "round_prefer_ceil"};
    static const char *const modes[] = {"nearest"};
    struct resize *p = r->node->params = fa_arena_alloc(&r->graph->arena, sizeof *p, r->err);
    if (!p)
        return -1;
    bool old = r->node->opset < 11; /* Upsample, and Resize 10: asymmetric, floor */
    int place = choose(r, "coordinate_transformation_mode", old ? "asymmetric" : "half_pixel", places, LAST_PLACE);
    int rounding = choose(r, "nearest_mode", old ? "floor" : "round_prefer_floor", rounds, 4);
    choose(r, "mode", "nearest", modes, 1);
    net_attr_float(r, "cubic_coeff_a", 0); /* says nothing about nearest, as the next two */
    net_attr_int(r, "exclude_outside", 0);
    net_attr_float(r, "extrapolation_value", 0);
    if (r->failed)
        return -1;
    p->place = (unsigned)place;
    p->round = (unsigned)rounding;
    return net_attr_done(r);
}

/* Where along the input element i of the output lies (the table of Resize in ONNX's Operators.md). */
static double place_of(const struct resize *p, size_t i, size_t in, size_t out, double scale)
{
    double x = (double)i;
    switch (p->place) {
    case ASYMMETRIC:
        return x / scale;
    case ALIGN_CORNERS:
        return out > 1 ? x * (double)(in - 1) / (double)(out - 1) : 0;
    case HALF_PIXEL_ONE:
        return out > 1 ? (x + 0.5) / scale - 0.5 : 0;
    default:
        return (x + 0.5) / scale - 0.5;
    }
}

static size_t nearest(const struct resize *p, double x, size_t in)
{
    double r = p->round == FLOOR          ? floor(x)
               : p->round == CEIL         ? ceil(x)
               : p->round == PREFER_FLOOR ? ceil(x - 0.5)
                                          : floor(x + 0.5);
    return r < 0 ? 0 : r > (double)(in - 1) ? in - 1 : (size_t)r;
}

/* Sizes come as input 3, scales as input 2 (1 before opset 11). *scale is 0 where only the size is given. */
static int find_sizes(struct net_plan *plan, struct net_step *step, size_t *dim, double *scale, struct fa_err *err)
{
    const struct net_view *in = &step->in[0];
    size_t k = step->node->opset < 11 ? 1 : 2, n;
    int64_t sizes[FA_NET_RANK];
    bool by_size = step->nin > 3 && step->in[3].present;
    const struct net_view *scales = k < step->nin ? &step->in[k] : NULL;
    if (by_size) {
        if (net_known_ints(plan, step, 3, FA_NET_RANK, sizes, &n, err))
            return -1;
    } else if (!scales || !scales->present || !scales->content || scales->dtype != NET_F32 || scales->rank != 1) {
        return net_plan_error(plan, step, err, "scales must be constant numbers");
    } else {
        n = scales->dim[0];
    }
    if (n != in->rank)
        return net_plan_error(plan, step, err, "%zu sizes for %zu dimensions", n, in->rank);
    for (size_t i = 0; i < n; i++) {
        scale[i] = by_size ? (double)sizes[i] / (double)in->dim[i]
                           : (double)((const float *)scales->content)[scales->offset + (ptrdiff_t)i * scales->stride[0]];
        double size = by_size ? (double)sizes[i] : floor((double)in->dim[i] * scale[i]);
        if (by_size && i == 0 && net_plan_batch(plan) != 1 && sizes[0] == 1) {
            size = (double)in->dim[0];
            scale[0] = 1;
        }
        if (!(size >= 1 && size <= (double)NET_MAX_ELEMENTS))
            return net_plan_error(plan, step, err, "size %g", size);
        dim[i] = (size_t)size;
    }
    return 0;
}

static int plan_resize(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct resize *p = step->node->params;
    const struct net_view *in = &step->in[0];
    struct resize_state *s = net_plan_alloc(plan, sizeof *s, err);
    size_t dim[FA_NET_RANK];
    double scale[FA_NET_RANK];
    if (!s || find_sizes(plan, step, dim, scale, err) || net_out_like(plan, step, 0, in, in->rank, dim, err))
        return -1;
    if (in->dtype != NET_F32 || in->rank == 0)
        return net_plan_error(plan, step, err, "wants float32");
    for (size_t i = 0; i < in->rank; i++) {
        size_t *from = net_plan_alloc(plan, dim[i] * sizeof *from, err);
        if (!from)
            return -1;
        for (size_t k = 0; k < dim[i]; k++)
            from[k] = nearest(p, place_of(p, k, in->dim[i], dim[i], scale[i]), in->dim[i]);
        s->from[i] = from;
    }
    step->state = s;
    return 0;
}

/* One row along the output's innermost axis after the other. */
static void run(const struct net_step *step, float *scratch)
{
    const struct resize_state *s = step->state;
    const struct net_view *in = &step->in[0], *out = &step->out[0];
    uint8_t order[FA_NET_RANK];
    size_t at[FA_NET_RANK] = {0}, last = out->rank - 1;
    float *y = out->data;
    (void)scratch;
    net_order_of(out, order);
    for (size_t rows = net_view_count(out) / out->dim[order[last]]; rows > 0; rows--) {
        const float *x = in->data;
        for (size_t i = 0; i < last; i++)
            x += (ptrdiff_t)s->from[order[i]][at[i]] * in->stride[order[i]];
        for (size_t c = 0; c < out->dim[order[last]]; c++)
            *y++ = x[(ptrdiff_t)s->from[order[last]][c] * in->stride[order[last]]];
        for (size_t i = last; i-- > 0 && ++at[i] == out->dim[order[i]];)
            at[i] = 0;
    }
}

const struct net_op net_op_resize = {
    .name = "Resize", .min_in = 1, .max_in = 4, .max_out = 1, .read = read, .plan = plan_resize, .run = run};
const struct net_op net_op_upsample = {
    .name = "Upsample", .min_in = 2, .max_in = 2, .max_out = 1, .read = read, .plan = plan_resize, .run = run};
