/* Resize and Upsample along any axes, one after the other: each place of the output is a weighted sum of some places of the
 * input. Formulas are those of Resize in ONNX's Operators.md and its reference implementation. */
#include "op.h"

#include <math.h>
#include <string.h>

struct resize {
    enum { NEAREST, LINEAR, CUBIC } mode;
    enum { HALF_PIXEL, ASYMMETRIC, ALIGN_CORNERS, HALF_PIXEL_ONE, HALF_PIXEL_NN, HALF_PIXEL_SYMMETRIC, CROP, LAST_PLACE } place;
    enum { FLOOR, CEIL, PREFER_FLOOR, PREFER_CEIL } round;
    enum { STRETCH, NOT_LARGER, NOT_SMALLER } keep;
    bool antialias, exclude_outside;
    float cubic, extrapolation;
    const int64_t *axes;
    size_t naxes;
};

/* Along one axis: element i of the output is the sum of weight[i * n + k] * input[from[i * n + k]], k < n. */
struct axis {
    size_t axis, in, out, n;
    double scale, begin, end; /* begin and end of the crop, as parts of the input */
    size_t *from;
    float *weight;
    bool *outside; /* places that take the extrapolation value, or NULL */
};

struct resize_state {
    struct axis axis[FA_NET_RANK]; /* that are resized */
    size_t naxes;
    float extrapolation;
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
    static const char *const places[] = {"half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel",
                                         "tf_half_pixel_for_nn", "half_pixel_symmetric", "tf_crop_and_resize"};
    static const char *const rounds[] = {"floor", "ceil", "round_prefer_floor", "round_prefer_ceil"};
    static const char *const modes[] = {"nearest", "linear", "cubic"};
    static const char *const policies[] = {"stretch", "not_larger", "not_smaller"};
    struct resize *p = r->node->params = fa_arena_alloc(&r->graph->arena, sizeof *p, r->err);
    if (!p)
        return -1;
    bool old = r->node->opset < 11; /* Upsample, and Resize 10: asymmetric, floor */
    int place = choose(r, "coordinate_transformation_mode", old ? "asymmetric" : "half_pixel", places, LAST_PLACE);
    int rounding = choose(r, "nearest_mode", old ? "floor" : "round_prefer_floor", rounds, 4);
    int mode = choose(r, "mode", "nearest", modes, 3);
    int keep = choose(r, "keep_aspect_ratio_policy", "stretch", policies, 3);
    p->cubic = net_attr_float(r, "cubic_coeff_a", -0.75f);
    p->exclude_outside = net_attr_int(r, "exclude_outside", 0) != 0;
    p->antialias = net_attr_int(r, "antialias", 0) != 0;
    p->extrapolation = net_attr_float(r, "extrapolation_value", 0);
    p->axes = net_attr_ints(r, "axes", &p->naxes);
    if (r->failed)
        return -1;
    p->mode = (unsigned)mode;
    p->place = (unsigned)place;
    p->round = (unsigned)rounding;
    p->keep = (unsigned)keep;
    return net_attr_done(r);
}

/* Where along the input element i of the output lies. */
static double place_of(const struct resize *p, const struct axis *a, size_t i)
{
    double x = (double)i, in = (double)a->in, out = a->scale * in, shift; /* out need not be whole */
    switch (p->place) {
    case ASYMMETRIC:
        return x / a->scale;
    case ALIGN_CORNERS:
        return out > 1 ? x * (in - 1) / (out - 1) : 0;
    case HALF_PIXEL_ONE:
        return a->out > 1 ? (x + 0.5) / a->scale - 0.5 : 0;
    case HALF_PIXEL_NN:
        return (x + 0.5) / a->scale;
    case HALF_PIXEL_SYMMETRIC:
        shift = in / 2 * (1 - (double)a->out / out);
        return shift + (x + 0.5) / a->scale - 0.5;
    case CROP:
        return out > 1 ? (a->begin + x * (a->end - a->begin) / (out - 1)) * (in - 1) : (a->begin + a->end) / 2 * (in - 1);
    default:
        return (x + 0.5) / a->scale - 0.5;
    }
}

static double nearest(const struct resize *p, double x)
{
    return p->round == FLOOR          ? floor(x)
           : p->round == CEIL         ? ceil(x)
           : p->round == PREFER_FLOOR ? ceil(x - 0.5)
                                      : floor(x + 0.5);
}

/* The filters: a triangle, and the cubic of Keys 1981 with parameter a. */
static double filter(const struct resize *p, double x)
{
    double a = (double)p->cubic;
    x = fabs(x);
    if (p->mode == LINEAR)
        return x < 1 ? 1 - x : 0;
    return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

/* The weights around place x; narrow < 1 widens the filter. Elements beyond the edge are the edge's, or left out. */
static void lay_place(const struct resize *p, const struct axis *a, double x, double narrow, size_t *from, float *weight)
{
    double left = floor(x), first = p->mode == NEAREST ? nearest(p, x) : left - (double)(a->n / 2 - 1), sum = 0;
    double last = (double)(a->in - 1);
    for (int pass = 0; pass < 2; pass++)
        for (size_t k = 0; k < a->n; k++) {
            double at = first + (double)k, w = p->mode == NEAREST ? 1 : filter(p, (at - x) * narrow);
            if (p->exclude_outside && p->mode != NEAREST && (at < 0 || at > last))
                w = 0;
            if (pass == 0)
                sum += w;
            else
                weight[k] = sum != 0 ? (float)(w / sum) : 0;
            from[k] = at < 0 ? 0 : at > last ? a->in - 1 : (size_t)at;
        }
}

static int lay_axis(struct net_plan *plan, const struct net_step *step, const struct resize *p, struct axis *a,
                    struct fa_err *err)
{
    double narrow = p->antialias && a->scale < 1 ? a->scale : 1, radius = ceil((p->mode == CUBIC ? 2 : 1) / narrow);
    a->n = 1;
    if (p->mode != NEAREST) {
        if (!(radius <= (double)a->in + 2))
            return net_plan_error(plan, step, err, "scale %g of %zu elements", a->scale, a->in);
        a->n = 2 * (size_t)radius;
    }
    if (net_count(2, (const size_t[]){a->out, a->n}, NET_MAX_ELEMENTS) == NET_NONE)
        return net_plan_error(plan, step, err, "scale %g of %zu elements", a->scale, a->in);
    a->from = net_plan_alloc(plan, a->out * a->n * sizeof *a->from, err);
    a->weight = net_plan_alloc(plan, a->out * a->n * sizeof *a->weight, err);
    a->outside = p->place == CROP ? net_plan_alloc(plan, a->out * sizeof *a->outside, err) : NULL;
    if (!a->from || !a->weight || (p->place == CROP && !a->outside))
        return -1;
    for (size_t i = 0; i < a->out; i++) {
        double x = place_of(p, a, i);
        if (p->place == CROP)
            a->outside[i] = !(x >= 0 && x <= (double)(a->in - 1));
        x = x < -1 ? -1 : x > (double)a->in ? (double)a->in : x;
        lay_place(p, a, x, narrow, a->from + i * a->n, a->weight + i * a->n);
    }
    return 0;
}

/* Element i of input k, a constant list; 0 if it is shorter. */
static double known(const struct net_step *step, size_t k, size_t i)
{
    const struct net_view *view = &step->in[k];
    ptrdiff_t at = view->offset + (ptrdiff_t)i * view->stride[0];
    if (i >= view->dim[0])
        return 0;
    return view->dtype == NET_F32 ? (double)((const float *)view->content)[at] : (double)((const int64_t *)view->content)[at];
}

static bool is_list(const struct net_step *step, size_t k)
{
    return k < step->nin && step->in[k].present && step->in[k].content && step->in[k].rank == 1;
}

/* Sizes come as input 3, scales as input 2 (1 before opset 11), and a crop as input 1. */
static int find_scales(struct net_plan *plan, struct net_step *step, struct axis *axis, size_t n, struct fa_err *err)
{
    const struct resize *p = step->node->params;
    size_t k = step->node->opset < 11 ? 1 : 2;
    bool by_size = step->nin > 3 && step->in[3].present;
    k = by_size ? 3 : k;
    double common = 0;
    if (!is_list(step, k) || step->in[k].dtype != (by_size ? NET_I64 : NET_F32))
        return net_plan_error(plan, step, err, "%s must be a constant list", by_size ? "sizes" : "scales");
    if (step->in[k].dim[0] != n)
        return net_plan_error(plan, step, err, "%zu sizes for %zu dimensions", step->in[k].dim[0], n);
    for (size_t i = 0; i < n; i++) {
        struct axis *a = &axis[i];
        a->scale = known(step, k, i) / (by_size ? (double)a->in : 1);
        if (by_size && (common == 0 || (p->keep == NOT_LARGER ? a->scale < common : a->scale > common)))
            common = a->scale;
    }
    for (size_t i = 0; i < n; i++) {
        struct axis *a = &axis[i];
        bool kept = by_size && p->keep != STRETCH;
        a->scale = kept ? common : a->scale;
        double size = kept      ? floor(common * (double)a->in + 0.5)
                      : by_size ? known(step, k, i)
                                : floor((double)a->in * a->scale);
        if (by_size && a->axis == 0 && net_plan_batch(plan) != 1 && size == 1) { /* the graph was fixed to one image */
            size = (double)a->in;
            a->scale = 1;
        }
        if (!(size >= 1 && size <= (double)NET_MAX_ELEMENTS && a->scale > 0))
            return net_plan_error(plan, step, err, "size %g", size);
        a->out = (size_t)size;
        if (p->place == CROP && (!is_list(step, 1) || step->in[1].dtype != NET_F32 || step->in[1].dim[0] != 2 * n))
            return net_plan_error(plan, step, err, "the crop must be a constant list of %zu", 2 * n);
        if (p->place == CROP) {
            a->begin = known(step, 1, i);
            a->end = known(step, 1, n + i);
        }
    }
    return 0;
}

static int plan_resize(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct resize *p = step->node->params;
    const struct net_view *in = &step->in[0];
    struct resize_state *s = net_plan_alloc(plan, sizeof *s, err);
    size_t dim[FA_NET_RANK], n = p->axes ? p->naxes : in->rank, between;
    struct axis axis[FA_NET_RANK] = {{0}};
    if (!s)
        return -1;
    if (in->dtype != NET_F32 || net_view_count(in) == 0 || n > in->rank)
        return net_plan_error(plan, step, err, "wants float32, and no more than %zu axes", in->rank);
    memcpy(dim, in->dim, sizeof dim);
    for (size_t i = 0; i < n; i++) {
        if (net_axis(plan, step, p->axes ? p->axes[i] : (int64_t)i, in->rank, &axis[i].axis, err))
            return -1;
        axis[i].in = in->dim[axis[i].axis];
    }
    if (find_scales(plan, step, axis, n, err))
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (axis[i].out == axis[i].in && axis[i].scale == 1 && p->place != CROP)
            continue;
        if (s->naxes) { /* what the axis before made is kept in scratch */
            if ((between = net_count(in->rank, dim, NET_MAX_ELEMENTS)) == NET_NONE)
                return net_plan_error(plan, step, err, "its output would be too large");
            step->scratch += between;
        }
        if (lay_axis(plan, step, p, &axis[i], err))
            return -1;
        dim[axis[i].axis] = axis[i].out;
        s->axis[s->naxes++] = axis[i];
    }
    s->extrapolation = p->extrapolation;
    step->state = s;
    step->out[0] = *in;
    return s->naxes ? net_out_like(plan, step, 0, in, in->rank, dim, err) : 0;
}

/* y = (add ? y : 0) + weight * x */
static void blend(const struct net_view *y, const struct net_view *x, float weight, bool add)
{
    struct net_walk walk;
    net_walk_start(&walk, (const struct net_view *[]){y, x}, 2);
    do {
        float *to = (float *)y->data + walk.offset[0];
        const float *from = (const float *)x->data + walk.offset[1];
        ptrdiff_t n = (ptrdiff_t)walk.n, dy = walk.step[0], dx = walk.step[1];
        if (add)
            for (ptrdiff_t i = 0; i < n; i++)
                to[i * dy] += weight * from[i * dx];
        else
            for (ptrdiff_t i = 0; i < n; i++)
                to[i * dy] = weight * from[i * dx];
    } while (net_walk_next(&walk));
}

static void resize_axis(const struct axis *a, struct net_view y, struct net_view x)
{
    ptrdiff_t dy = y.stride[a->axis], dx = x.stride[a->axis];
    const float *from = x.data;
    float *to = y.data;
    y.dim[a->axis] = x.dim[a->axis] = 1;
    for (size_t i = 0; i < a->out; i++) {
        bool add = false;
        y.data = to + (ptrdiff_t)i * dy;
        for (size_t k = i * a->n; k < (i + 1) * a->n; k++) {
            x.data = (float *)(size_t)(from + (ptrdiff_t)a->from[k] * dx);
            if (a->weight[k] != 0 || (!add && k + 1 == (i + 1) * a->n)) {
                blend(&y, &x, a->weight[k], add);
                add = true;
            }
        }
    }
}

static void extrapolate(const struct axis *a, struct net_view y, const float *value)
{
    struct net_view constant = y;
    float *to = y.data;
    y.dim[a->axis] = 1;
    constant.data = (float *)(size_t)value;
    memset(constant.stride, 0, sizeof constant.stride);
    constant.dim[a->axis] = 1;
    for (size_t i = 0; i < a->out; i++) {
        y.data = to + (ptrdiff_t)i * y.stride[a->axis];
        if (a->outside[i])
            net_copy(&y, &constant);
    }
}

static void run(const struct net_step *step, float *scratch)
{
    const struct resize_state *s = step->state;
    const struct net_view *out = &step->out[0];
    struct net_view x = step->in[0], y;
    uint8_t order[FA_NET_RANK];
    net_order_of(out, order);
    for (size_t i = 0; i < s->naxes; i++, x = y) {
        y = x;
        y.dim[s->axis[i].axis] = s->axis[i].out;
        net_dense(&y, order);
        y.data = i + 1 == s->naxes ? out->data : scratch;
        scratch += i + 1 == s->naxes ? 0 : net_view_count(&y);
        resize_axis(&s->axis[i], y, x);
    }
    for (size_t i = 0; i < s->naxes; i++)
        if (s->axis[i].outside)
            extrapolate(&s->axis[i], *out, &s->extrapolation);
}

const struct net_op net_op_resize = {
    .name = "Resize", .min_in = 1, .max_in = 4, .max_out = 1, .read = read, .plan = plan_resize, .run = run};
const struct net_op net_op_upsample = {
    .name = "Upsample", .min_in = 2, .max_in = 2, .max_out = 1, .read = read, .plan = plan_resize, .run = run};
