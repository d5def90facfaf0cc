/* The table of operators. */
#include "op.h"

#include <string.h>

extern const struct net_op net_op_conv, net_op_gemm, net_op_matmul, net_op_batchnorm, net_op_softmax, net_op_log_softmax,
    net_op_max_pool, net_op_average_pool, net_op_global_max_pool, net_op_global_average_pool, net_op_transpose, net_op_slice,
    net_op_split, net_op_concat, net_op_pad, net_op_resize, net_op_upsample, net_op_lpnorm, net_op_lrn, net_op_deconv;
extern const struct net_op net_ops_unary[], net_ops_binary[], net_ops_compare[], net_ops_reduce[], net_ops_norm[],
    net_ops_reshape[], net_ops_shape[], net_ops_repeat[], net_ops_along[], net_ops_move[];

static const struct net_op *const single[] = {
    &net_op_conv,           &net_op_gemm,           &net_op_matmul,
    &net_op_batchnorm,      &net_op_lpnorm,         &net_op_softmax,
    &net_op_log_softmax,    &net_op_max_pool,       &net_op_average_pool,
    &net_op_global_max_pool, &net_op_global_average_pool, &net_op_resize,
    &net_op_upsample,       &net_op_pad,            &net_op_transpose,
    &net_op_slice,          &net_op_split,          &net_op_concat,
    &net_op_lrn,            &net_op_deconv,
};

/* Families end with an entry without a name. */
static const struct net_op *const family[] = {net_ops_unary, net_ops_binary,  net_ops_compare, net_ops_reduce,
                                             net_ops_norm,  net_ops_reshape, net_ops_shape,   net_ops_repeat,
                                             net_ops_along, net_ops_move};

const struct net_op *net_op_find(const char *name)
{
    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        if (strcmp(single[i]->name, name) == 0)
            return single[i];
    for (size_t i = 0; i < sizeof family / sizeof *family; i++)
        for (const struct net_op *op = family[i]; op->name; op++)
            if (strcmp(op->name, name) == 0)
                return op;
    return NULL;
}

/* Outputs that nobody reads need not be supported. */
static void drop_unread_outputs(const struct net_graph *graph, struct net_node *node)
{
    while (node->noutputs > 1) {
        size_t v = node->out[node->noutputs - 1];
        if (v != NET_NONE && (graph->value[v].uses || graph->value[v].wanted))
            break;
        node->noutputs--;
    }
}

static int resolve_node(struct net_graph *graph, struct net_node *node, struct fa_err *err)
{
    if (graph->format == NET_GRAPHDEF) {
        if (net_translate_tf(graph, node, err))
            return -1;
    } else {
        node->op = net_op_find(node->type);
    }
    const struct net_op *op = node->op;
    if (!op)
        return net_node_error(graph, node, err, "unsupported operator");
    if (op->max_out <= 2)
        drop_unread_outputs(graph, node);
    if (node->ninputs < op->min_in || node->ninputs > op->max_in || node->noutputs < 1 || node->noutputs > op->max_out)
        return net_node_error(graph, node, err, "%zu inputs and %zu outputs are not supported", node->ninputs, node->noutputs);
    for (size_t k = 0; k < op->min_in; k++)
        if (node->in[k] == NET_NONE)
            return net_node_error(graph, node, err, "input %zu is missing", k);
    struct net_reading reading = {.graph = graph, .node = node, .err = err};
    return op->read ? op->read(&reading) : net_attr_done(&reading);
}

int net_resolve(struct net_graph *graph, struct fa_err *err)
{
    for (size_t i = 0; i < graph->norder; i++)
        if (resolve_node(graph, &graph->node[graph->order[i]], err))
            return -1;
    return 0;
}
