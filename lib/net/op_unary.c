/* Functions of one number, applied to each element. */
#include "op.h"

#include <math.h>
#include <string.h>

struct unary {
    float a, b; /* parameters of the function */
};

static int read_with(struct net_reading *r, const char *a, float a0, const char *b, float b0)
{
    struct unary *unary = fa_arena_alloc(&r->graph->arena, sizeof *unary, r->err);
    r->node->params = unary;
    if (!unary)
        return -1;
    unary->a = a ? net_attr_float(r, a, a0) : a0;
    unary->b = b ? net_attr_float(r, b, b0) : b0;
    return net_attr_done(r);
}

static int read_plain(struct net_reading *r)
{
    return read_with(r, NULL, 0, NULL, 0);
}

static int read_leaky(struct net_reading *r)
{
    return read_with(r, "alpha", 0.01f, NULL, 0);
}

static int read_elu(struct net_reading *r)
{
    return read_with(r, "alpha", 1, NULL, 0);
}

static int read_hard_sigmoid(struct net_reading *r)
{
    return read_with(r, "alpha", 0.2f, "beta", 0.5f);
}

static int read_selu(struct net_reading *r)
{
    return read_with(r, "alpha", 1.67326319217681884765625f, "gamma", 1.05070102214813232421875f);
}

static int read_shrink(struct net_reading *r)
{
    return read_with(r, "bias", 0, "lambd", 0.5f);
}

/* a: 1 for the approximation by tanh. */
static int read_gelu(struct net_reading *r)
{
    const char *approximate = net_attr_string(r, "approximate", "none");
    bool by_tanh = strcmp(approximate, "tanh") == 0;
    if (!by_tanh && strcmp(approximate, "none") != 0)
        net_attr_refuse(r, "unsupported attribute approximate=%.40s", approximate);
    return read_with(r, NULL, by_tanh, NULL, 0);
}

/* Hendrycks and Gimpel 2016. */
static float gelu(float x, float by_tanh)
{
    if (by_tanh != 0)
        return 0.5f * x * (1 + tanhf(0.7978845608f * (x + 0.044715f * x * x * x))); /* sqrt(2 / pi) */
    return 0.5f * x * (1 + erff(x * 0.7071067812f));
}

/* Bounds are attributes before opset 11, inputs from then on. */
static int read_clip(struct net_reading *r)
{
    bool attributes = r->node->opset < 11;
    return read_with(r, attributes ? "min" : NULL, -INFINITY, attributes ? "max" : NULL, INFINITY);
}

static int plan_unary(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    uint8_t order[FA_NET_RANK];
    if (step->in[0].dtype != NET_F32)
        return net_plan_error(plan, step, err, "wants float32");
    net_order_of(&step->in[0], order);
    step->state = step->node->params;
    if (net_need(plan, step, 0, order, err))
        return -1;
    return net_out(plan, step, 0, NET_F32, step->in[0].rank, step->in[0].dim, order, err);
}

static int plan_clip(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    struct unary *bounds = net_plan_alloc(plan, sizeof *bounds, err);
    if (!bounds || plan_unary(plan, step, err))
        return -1;
    *bounds = *(const struct unary *)step->node->params;
    step->state = bounds;
    if (net_known_float(plan, step, 1, &bounds->a, err) || net_known_float(plan, step, 2, &bounds->b, err))
        return -1;
    bounds->a = bounds->a > bounds->b ? bounds->b : bounds->a; /* all becomes the upper bound */
    return 0;
}

/* Neg works on integers, too: shapes. */
static int plan_neg(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct net_view *in = &step->in[0];
    if (in->dtype == NET_F32)
        return plan_unary(plan, step, err);
    return net_need(plan, step, 0, NULL, err) ? -1 : net_out(plan, step, 0, NET_I64, in->rank, in->dim, NULL, err);
}

static void run_neg(const struct net_step *step, float *scratch)
{
    const struct net_view *in = &step->in[0], *out = &step->out[0];
    (void)scratch;
    for (size_t i = 0, n = net_view_count(out); i < n; i++)
        if (out->dtype == NET_F32)
            ((float *)out->data)[i] = -((const float *)in->data)[i];
        else
            ((int64_t *)out->data)[i] = (int64_t)(0 - (uint64_t)((const int64_t *)in->data)[i]);
}

static bool relu_activation(const struct net_graph *graph, const struct net_node *node, struct fa_epilogue *epilogue)
{
    (void)graph;
    (void)node;
    epilogue->activation = FA_TENSOR_RELU;
    return true;
}

static bool known_bound(const struct net_graph *graph, const struct net_node *node, size_t k, float *bound)
{
    const struct net_constant *constant;
    if (k >= node->ninputs || node->in[k] == NET_NONE)
        return true;
    constant = graph->value[node->in[k]].constant;
    if (!constant || !constant->data || constant->dtype != NET_F32 || constant->n != 1)
        return false;
    *bound = *(const float *)constant->data;
    return true;
}

static bool clip_activation(const struct net_graph *graph, const struct net_node *node, struct fa_epilogue *epilogue)
{
    const struct unary *bounds = node->params;
    epilogue->activation = FA_TENSOR_CLIP;
    epilogue->low = bounds->a;
    epilogue->high = bounds->b;
    return known_bound(graph, node, 1, &epilogue->low) && known_bound(graph, node, 2, &epilogue->high) &&
           epilogue->low <= epilogue->high;
}

static void run_relu(const struct net_step *step, float *scratch)
{
    static const float zero = 0;
    (void)scratch;
    fa_tensor_binary(FA_MAX, net_view_count(&step->out[0]), step->in[0].data, 1, &zero, 0, step->out[0].data);
}

static void run_leaky(const struct net_step *step, float *scratch)
{
    const struct unary *u = step->state;
    (void)scratch;
    fa_tensor_binary(FA_NEGATIVE_SLOPE, net_view_count(&step->out[0]), step->in[0].data, 1, &u->a, 0, step->out[0].data);
}

static void run_clip(const struct net_step *step, float *scratch)
{
    const struct unary *u = step->state;
    (void)scratch;
    fa_tensor_clip(net_view_count(&step->out[0]), u->a, u->b, step->in[0].data, step->out[0].data);
}

/* name, attributes, f(x; a, b) */
#define FUNCTIONS(F)                                                                                                           \
    F(abs, "Abs", read_plain, fabsf(x))                                                                                        \
    F(exp, "Exp", read_plain, expf(x))                                                                                         \
    F(log, "Log", read_plain, logf(x))                                                                                         \
    F(sqrt, "Sqrt", read_plain, sqrtf(x))                                                                                      \
    F(rsqrt, "Rsqrt", read_plain, 1 / sqrtf(x))                                                                                \
    F(reciprocal, "Reciprocal", read_plain, 1 / x)                                                                             \
    F(floor, "Floor", read_plain, floorf(x))                                                                                   \
    F(ceil, "Ceil", read_plain, ceilf(x))                                                                                      \
    F(round, "Round", read_plain, rintf(x))                                                                                    \
    F(sign, "Sign", read_plain, (float)((x > 0) - (x < 0)))                                                                    \
    F(sin, "Sin", read_plain, sinf(x))                                                                                         \
    F(cos, "Cos", read_plain, cosf(x))                                                                                         \
    F(tan, "Tan", read_plain, tanf(x))                                                                                         \
    F(asin, "Asin", read_plain, asinf(x))                                                                                      \
    F(acos, "Acos", read_plain, acosf(x))                                                                                      \
    F(atan, "Atan", read_plain, atanf(x))                                                                                      \
    F(sinh, "Sinh", read_plain, sinhf(x))                                                                                      \
    F(cosh, "Cosh", read_plain, coshf(x))                                                                                      \
    F(asinh, "Asinh", read_plain, asinhf(x))                                                                                   \
    F(acosh, "Acosh", read_plain, acoshf(x))                                                                                   \
    F(atanh, "Atanh", read_plain, atanhf(x))                                                                                   \
    F(erf, "Erf", read_plain, erff(x))                                                                                         \
    F(tanh, "Tanh", read_plain, tanhf(x))                                                                                      \
    F(sigmoid, "Sigmoid", read_plain, 1 / (1 + expf(-x)))                                                                      \
    F(softplus, "Softplus", read_plain, x > 0 ? x + log1pf(expf(-x)) : log1pf(expf(x)))                                        \
    F(softsign, "Softsign", read_plain, x / (1 + fabsf(x)))                                                                    \
    F(elu, "Elu", read_elu, x < 0 ? a * expm1f(x) : x)                                                                         \
    F(celu, "Celu", read_elu, fmaxf(0, x) + fminf(0, a * expm1f(x / a)))                                                       \
    F(selu, "Selu", read_selu, x > 0 ? b * x : b * a * expm1f(x))                                                              \
    F(thresholded_relu, "ThresholdedRelu", read_elu, x > a ? x : 0)                                                            \
    F(shrink, "Shrink", read_shrink, x < -b ? x + a : x > b ? x - a : 0)                                                       \
    F(gelu, "Gelu", read_gelu, gelu(x, a))                                                                                     \
    F(swish, "Swish", read_elu, x / (1 + expf(-a * x)))                                                                        \
    F(mish, "Mish", read_plain, x * tanhf(x > 0 ? x + log1pf(expf(-x)) : log1pf(expf(x))))                                      \
    F(hard_sigmoid, "HardSigmoid", read_hard_sigmoid, fmaxf(0, fminf(1, a * x + b)))                                           \
    F(hard_swish, "HardSwish", read_plain, x * fmaxf(0, fminf(1, x / 6 + 0.5f)))

#define FUNCTION(id, onnx, reader, value)                                                                                      \
    static void run_##id(const struct net_step *step, float *scratch)                                                          \
    {                                                                                                                          \
        const struct unary *u = step->state;                                                                                   \
        const float *in = step->in[0].data, a = u->a, b = u->b;                                                                \
        float *out = step->out[0].data;                                                                                        \
        (void)scratch;                                                                                                         \
        (void)a;                                                                                                               \
        (void)b;                                                                                                               \
        for (size_t i = 0, n = net_view_count(&step->out[0]); i < n; i++) {                                                    \
            float x = in[i];                                                                                                   \
            out[i] = value;                                                                                                    \
        }                                                                                                                      \
    }
FUNCTIONS(FUNCTION)

#define TABLE_ENTRY(id, onnx, reader, value)                                                                                   \
    {.name = onnx, .min_in = 1, .max_in = 1, .max_out = 1, .read = reader, .plan = plan_unary, .run = run_##id},

const struct net_op net_ops_unary[] = {
    {.name = "Relu", .min_in = 1, .max_in = 1, .max_out = 1, .read = read_plain, .plan = plan_unary, .run = run_relu,
     .activation = relu_activation},
    {.name = "LeakyRelu", .min_in = 1, .max_in = 1, .max_out = 1, .read = read_leaky, .plan = plan_unary, .run = run_leaky},
    {.name = "Clip", .min_in = 1, .max_in = 3, .max_out = 1, .read = read_clip, .plan = plan_clip, .run = run_clip,
     .activation = clip_activation},
    {.name = "Neg", .min_in = 1, .max_in = 1, .max_out = 1, .plan = plan_neg, .run = run_neg},
    FUNCTIONS(TABLE_ENTRY)
    {0},
};
