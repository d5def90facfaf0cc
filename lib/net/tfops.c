/* TensorFlow operators as the ONNX operators of the same meaning: attributes are renamed, constant inputs become
 * attributes, and images keep their axes N,H,W,C (channels_last). */
#include "op.h"

#include <string.h>

struct translation {
    struct net_graph *graph;
    struct net_node *node;
    struct net_reading old; /* for the attributes as TensorFlow has them */
    struct net_attr *made;  /* as ONNX has them */
    size_t nmade;
    struct fa_err *err;
};

enum { MAX_ATTRS = 6 };

static struct net_attr *add(struct translation *t, const char *name, enum net_attr_type type)
{
    struct net_attr *attr = &t->made[t->nmade++];
    *attr = (struct net_attr){.name = name, .type = type, .s = ""};
    return attr;
}

static void add_int(struct translation *t, const char *name, int64_t value)
{
    add(t, name, NET_ATTR_INT)->i = value;
}

/* The two spatial numbers of an N,H,W,C list; the others must be 1. */
static int add_spatial(struct translation *t, const char *from, const char *name)
{
    size_t n;
    const int64_t *list = net_attr_ints(&t->old, from, &n);
    if (!list)
        return 0;
    if (n != 4 || list[0] != 1 || list[3] != 1)
        return net_attr_refuse(&t->old, "unsupported attribute %s", from);
    struct net_attr *attr = add(t, name, NET_ATTR_INTS);
    attr->ints = fa_arena_alloc(&t->graph->arena, 2 * sizeof *attr->ints, t->err);
    if (!attr->ints)
        return -1;
    attr->ints[0] = list[1];
    attr->ints[1] = list[2];
    attr->n = 2;
    return 0;
}

static int add_padding(struct translation *t)
{
    const char *padding = net_attr_string(&t->old, "padding", "VALID");
    bool same = strcmp(padding, "SAME") == 0;
    if (!same && strcmp(padding, "VALID") != 0)
        return net_attr_refuse(&t->old, "unsupported attribute padding=%.40s", padding);
    add(t, "auto_pad", NET_ATTR_STRING)->s = same ? "SAME_UPPER" : "VALID";
    return 0;
}

static int same_meaning(struct translation *t)
{
    (void)t;
    return 0;
}

static int from_conv(struct translation *t)
{
    add(t, "layout", NET_ATTR_STRING)->s = "HWIO";
    return add_padding(t) || add_spatial(t, "strides", "strides") || add_spatial(t, "dilations", "dilations") ? -1 : 0;
}

static int from_depthwise(struct translation *t)
{
    int rc = from_conv(t);
    t->made[0].s = "HWCM";
    return rc;
}

static int from_pool(struct translation *t)
{
    return add_padding(t) || add_spatial(t, "ksize", "kernel_shape") || add_spatial(t, "strides", "strides") ? -1 : 0;
}

static int from_matmul(struct translation *t)
{
    add_int(t, "transA", net_attr_int(&t->old, "transpose_a", 0));
    add_int(t, "transB", net_attr_int(&t->old, "transpose_b", 0));
    return 0;
}

static int from_batchnorm(struct translation *t)
{
    add(t, "epsilon", NET_ATTR_FLOAT)->f = net_attr_float(&t->old, "epsilon", 1e-4f);
    net_attr_float(&t->old, "exponential_avg_factor", 1);
    if (net_attr_int(&t->old, "is_training", 1) != 0)
        return net_attr_refuse(&t->old, "unsupported attribute is_training=1");
    return 0;
}

/* The integers of input k, a constant. */
static const int64_t *constant_ints(struct translation *t, size_t k, size_t *n)
{
    struct net_constant *constant = k < t->node->ninputs ? t->graph->value[t->node->in[k]].constant : NULL;
    if (!constant || constant->dtype != NET_I64) {
        net_attr_refuse(&t->old, "input %zu must be constant integers", k);
        return NULL;
    }
    if (net_constant_decode(constant, t->err))
        return NULL;
    *n = constant->n;
    return constant->data;
}

static int from_concat(struct translation *t)
{
    size_t n, last = t->node->ninputs - 1;
    const int64_t *axis = constant_ints(t, last, &n);
    if (!axis || n != 1)
        return axis ? net_attr_refuse(&t->old, "axis must be one integer") : -1;
    add_int(t, "axis", *axis);
    t->node->ninputs = last;
    return 0;
}

/* The integers of input k, a constant and the last input, become the attribute name. */
static int add_list(struct translation *t, size_t k, const char *name)
{
    size_t n;
    const int64_t *list = constant_ints(t, k, &n);
    if (!list)
        return -1;
    struct net_attr *attr = add(t, name, NET_ATTR_INTS);
    attr->ints = fa_arena_alloc(&t->graph->arena, n * sizeof *list, t->err);
    if (!attr->ints)
        return -1;
    memcpy(attr->ints, list, n * sizeof *list);
    attr->n = n;
    t->node->ninputs = k;
    return 0;
}

static int from_reduce(struct translation *t)
{
    add_int(t, "keepdims", net_attr_int(&t->old, "keep_dims", 0));
    return add_list(t, 1, "axes");
}

static int from_expand_dims(struct translation *t)
{
    return add_list(t, 1, "axes");
}

static int from_transpose(struct translation *t)
{
    return add_list(t, 1, "perm");
}

/* TensorFlow has before and after of each axis, ONNX first all before, then all after. */
static int from_pad(struct translation *t)
{
    if (add_list(t, 1, "pads"))
        return -1;
    struct net_attr *pads = &t->made[t->nmade - 1];
    int64_t *sorted = fa_arena_alloc(&t->graph->arena, pads->n * sizeof *sorted, t->err);
    if (!sorted)
        return -1;
    for (size_t i = 0; i < pads->n / 2; i++) {
        sorted[i] = pads->ints[2 * i];
        sorted[i + pads->n / 2] = pads->ints[2 * i + 1];
    }
    pads->ints = sorted;
    pads->n = pads->n / 2 * 2;
    return 0;
}

static int from_squeeze(struct translation *t)
{
    size_t n;
    const int64_t *dims = net_attr_ints(&t->old, "squeeze_dims", &n);
    if (dims && n) {
        struct net_attr *attr = add(t, "axes", NET_ATTR_INTS);
        attr->ints = net_attr_find(t->node, "squeeze_dims")->ints;
        attr->n = n;
    }
    return 0;
}

static int from_square(struct translation *t)
{
    size_t *twice = fa_arena_alloc(&t->graph->arena, 2 * sizeof *twice, t->err);
    if (!twice)
        return -1;
    twice[0] = twice[1] = t->node->in[0];
    t->node->in = twice;
    t->node->ninputs = 2;
    return 0;
}

static int from_relu6(struct translation *t)
{
    add(t, "min", NET_ATTR_FLOAT)->f = 0;
    add(t, "max", NET_ATTR_FLOAT)->f = 6;
    t->node->opset = 6; /* when Clip's bounds were attributes */
    return 0;
}

static int from_leaky(struct translation *t)
{
    add(t, "alpha", NET_ATTR_FLOAT)->f = net_attr_float(&t->old, "alpha", 0.2f);
    return 0;
}

static const struct tf_op {
    const char *type, *onnx;
    size_t inputs; /* that it needs */
    int (*translate)(struct translation *t);
} tf_ops[] = {
    {"Abs", "Abs", 1, same_meaning},
    {"Add", "Add", 2, same_meaning},
    {"AddN", "Sum", 1, same_meaning},
    {"AddV2", "Add", 2, same_meaning},
    {"AvgPool", "AveragePool", 1, from_pool},
    {"BiasAdd", "Add", 2, same_meaning},
    {"Ceil", "Ceil", 1, same_meaning},
    {"ConcatV2", "Concat", 2, from_concat},
    {"Conv2D", "Conv", 2, from_conv},
    {"DepthwiseConv2dNative", "Conv", 2, from_depthwise},
    {"Elu", "Elu", 1, same_meaning},
    {"Exp", "Exp", 1, same_meaning},
    {"ExpandDims", "Unsqueeze", 2, from_expand_dims},
    {"Floor", "Floor", 1, same_meaning},
    {"FusedBatchNorm", "BatchNormalization", 5, from_batchnorm},
    {"FusedBatchNormV2", "BatchNormalization", 5, from_batchnorm},
    {"FusedBatchNormV3", "BatchNormalization", 5, from_batchnorm},
    {"Identity", "Identity", 1, same_meaning},
    {"LeakyRelu", "LeakyRelu", 1, from_leaky},
    {"Log", "Log", 1, same_meaning},
    {"LogSoftmax", "LogSoftmax", 1, same_meaning},
    {"MatMul", "Gemm", 2, from_matmul},
    {"Max", "ReduceMax", 2, from_reduce},
    {"MaxPool", "MaxPool", 1, from_pool},
    {"Maximum", "Max", 2, same_meaning},
    {"Mean", "ReduceMean", 2, from_reduce},
    {"Min", "ReduceMin", 2, from_reduce},
    {"Minimum", "Min", 2, same_meaning},
    {"Mul", "Mul", 2, same_meaning},
    {"Neg", "Neg", 1, same_meaning},
    {"Pad", "Pad", 2, from_pad},
    {"Pow", "Pow", 2, same_meaning},
    {"Prod", "ReduceProd", 2, from_reduce},
    {"RealDiv", "Div", 2, same_meaning},
    {"Reciprocal", "Reciprocal", 1, same_meaning},
    {"Relu", "Relu", 1, same_meaning},
    {"Relu6", "Clip", 1, from_relu6},
    {"Reshape", "Reshape", 2, same_meaning},
    {"Rsqrt", "Rsqrt", 1, same_meaning},
    {"Selu", "Selu", 1, same_meaning},
    {"Sigmoid", "Sigmoid", 1, same_meaning},
    {"Softmax", "Softmax", 1, same_meaning},
    {"Softplus", "Softplus", 1, same_meaning},
    {"Softsign", "Softsign", 1, same_meaning},
    {"Sqrt", "Sqrt", 1, same_meaning},
    {"Square", "Mul", 1, from_square},
    {"Squeeze", "Squeeze", 1, from_squeeze},
    {"Sub", "Sub", 2, same_meaning},
    {"Sum", "ReduceSum", 2, from_reduce},
    {"Tanh", "Tanh", 1, same_meaning},
    {"Transpose", "Transpose", 2, from_transpose},
};

/* Types and hints that say nothing the graph does not; what they would have to be to matter is checked elsewhere. */
static void ignore_attrs(struct net_node *node)
{
    static const char *const names[] = {"T", "U", "Tidx", "Tshape", "Tdim", "Tperm", "Tpaddings", "N", "use_cudnn_on_gpu"};
    for (size_t i = 0; i < node->nattrs; i++) {
        node->attr[i].read = node->attr[i].read || node->attr[i].name[0] == '_';
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            node->attr[i].read = node->attr[i].read || strcmp(node->attr[i].name, names[k]) == 0;
    }
}

int net_translate_tf(struct net_graph *graph, struct net_node *node, struct fa_err *err)
{
    const struct tf_op *op = tf_ops, *end = tf_ops + sizeof tf_ops / sizeof *tf_ops;
    while (op < end && strcmp(op->type, node->type) != 0)
        op++;
    if (op == end)
        return 0;
    if (node->ninputs < op->inputs)
        return net_node_error(graph, node, err, "%zu inputs, want %zu", node->ninputs, op->inputs);
    struct translation t = {.graph = graph, .node = node, .old = {.graph = graph, .node = node, .err = err}, .err = err};
    t.made = fa_arena_alloc(&graph->arena, MAX_ATTRS * sizeof *t.made, err);
    if (!t.made)
        return -1;
    node->channels_last = true;
    node->opset = 13;
    const char *format = net_attr_string(&t.old, "data_format", "NHWC");
    size_t explicit_paddings;
    net_attr_ints(&t.old, "explicit_paddings", &explicit_paddings);
    if (strcmp(format, "NHWC") != 0 || explicit_paddings)
        return net_attr_refuse(&t.old, explicit_paddings ? "unsupported attribute explicit_paddings" : "unsupported attribute "
                                                                                                       "data_format=%.40s",
                               format);
    ignore_attrs(node);
    if (op->translate(&t) || net_attr_done(&t.old))
        return -1;
    node->attr = t.made;
    node->nattrs = t.nmade;
    node->op = net_op_find(op->onnx);
    return 0;
}
