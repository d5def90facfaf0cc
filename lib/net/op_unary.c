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
    return net_known_float(plan, step, 1, &bounds->a, err) || net_known_float(plan, step, 2, &bounds->b, err) ? -1 : 0;
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
    return known_bound(graph, node, 1, &epilogue->low) && known_bound(graph, node, 2, &epilogue->high);
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
    F(neg, "Neg", read_plain, -x)                                                                                              \
    F(exp, "Exp", read_plain, expf(x))                                                                                         \
    F(log, "Log", read_plain, logf(x))                                                                                         \
    F(sqrt, "Sqrt", read_plain, sqrtf(x))                                                                                      \
    F(rsqrt, "Rsqrt", read_plain, 1 / sqrtf(x))                                                                                \
    F(reciprocal, "Reciprocal", read_plain, 1 / x)                                                                             \
    F(floor, "Floor", read_plain, floorf(x))                                                                                   \
    F(ceil, "Ceil", read_plain, ceilf(x))                                                                                      \
    F(erf, "Erf", read_plain, erff(x))                                                                                         \
    F(tanh, "Tanh", read_plain, tanhf(x))                                                                                      \
    F(sigmoid, "Sigmoid", read_plain, 1 / (1 + expf(-x)))                                                                      \
    F(softplus, "Softplus", read_plain, x > 0 ? x + log1pf(expf(-x)) : log1pf(expf(x)))                                        \
    F(softsign, "Softsign", read_plain, x / (1 + fabsf(x)))                                                                    \
    F(elu, "Elu", read_elu, x < 0 ? a * expm1f(x) : x)                                                                         \
    F(selu, "Selu", read_selu, x > 0 ? b * x : b * a * expm1f(x))                                                              \
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
    FUNCTIONS(TABLE_ENTRY)
    {0},
};
