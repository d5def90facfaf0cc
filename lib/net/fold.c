/* What can be computed once: constants from constants, and scales and shifts into the weights before them. */
#include "plan.h"

#include "batchnorm.h"

#include <stdlib.h>
#include <string.h>

static bool reads_constants_only(const struct net_graph *graph, const struct net_node *node)
{
    for (size_t k = 0; k < node->ninputs; k++)
        if (node->in[k] != NET_NONE && !graph->value[node->in[k]].constant)
            return false;
    return true;
}

/* Weights stored in float16 come through Cast: they are float32 already, and share the constant instead of a copy. */
static bool shares_constant(struct net_graph *graph, const struct net_node *node)
{
    bool cast = strcmp(node->op->name, "Cast") == 0;
    struct net_constant *constant = node->ninputs ? graph->value[node->in[0]].constant : NULL;
    if (!constant || (!cast && strcmp(node->op->name, "Identity") != 0) ||
        (cast && (constant->dtype != NET_F32 || *(const enum net_dtype *)node->params != NET_F32)))
        return false;
    graph->value[node->out[0]].constant = constant;
    return true;
}

static int keep_constant(struct net_graph *graph, size_t v, const struct net_view *view, struct fa_err *err)
{
    struct net_constant *constant = net_graph_add_constant(graph, err);
    if (!constant)
        return -1;
    constant->folded = true;
    constant->dtype = view->dtype;
    constant->rank = view->rank;
    memcpy(constant->dim, view->dim, sizeof view->dim);
    constant->n = net_view_count(view);
    size_t size = net_element(view->dtype);
    constant->data = fa_mem_aligned(constant->n, size, err);
    if (!constant->data)
        return -1;
    struct net_view to = *view, from = *view;
    net_dense(&to, NULL);
    to.data = constant->data;
    from.data = (char *)(size_t)view->content + view->offset * (ptrdiff_t)size;
    net_copy(&to, &from);
    graph->value[v].constant = constant;
    return 0;
}

static int fold_node(struct net_graph *graph, struct net_plan *plan, size_t index, struct fa_err *err)
{
    const struct net_node *node = &graph->node[index];
    if (shares_constant(graph, node))
        return 0;
    if (net_plan_node(plan, index, err))
        return -1;
    for (size_t k = 0; k < node->noutputs; k++)
        if (node->out[k] != NET_NONE && keep_constant(graph, node->out[k], &plan->value[node->out[k]], err))
            return -1;
    return 0;
}

int net_fold_constants(struct net_graph *graph, struct fa_err *err)
{
    int rc = -1;
    struct net_plan *plan = NULL;
    struct fa_tensor *no_shapes = fa_mem_array(graph->ninputs, sizeof *no_shapes, err);
    if (!no_shapes || !(plan = net_plan_start(graph, no_shapes, err)))
        goto out;
    for (size_t i = 0; i < graph->norder; i++)
        if (reads_constants_only(graph, &graph->node[graph->order[i]]) && fold_node(graph, plan, graph->order[i], err))
            goto out;
    rc = 0;
out:
    net_plan_free(plan);
    free(no_shapes);
    return rc;
}

/* y = scale * x + shift, n values each: for each channel, or n = 1 for all. */
struct affine {
    size_t n;
    float *scale, *shift;
};

static int new_affine(struct net_graph *graph, struct affine *affine, size_t n, struct fa_err *err)
{
    affine->n = n;
    affine->scale = fa_arena_alloc(&graph->arena, n * sizeof(float), err);
    affine->shift = fa_arena_alloc(&graph->arena, n * sizeof(float), err);
    return affine->scale && affine->shift ? 0 : -1;
}

/* Whether a constant has one value, or values along the channels of the output of node only. */
static bool by_channel(const struct net_node *node, const struct net_constant *constant)
{
    size_t rank = node->op->channel_rank ? node->op->channel_rank : 1;
    if (constant->dtype != NET_F32 || constant->rank > rank || constant->n == 0)
        return false;
    for (size_t i = 0; i < constant->rank; i++)
        if (constant->dim[i] != 1 && i + rank - constant->rank != net_channel_axis(node, rank))
            return false;
    return true;
}

/* 1: reader is such a function of its input v; 0: it is not. */
static int from_arithmetic(struct net_graph *graph, const struct net_node *node, const struct net_node *reader, size_t v,
                           struct affine *affine, struct fa_err *err)
{
    const char *op = reader->op->name;
    bool add = strcmp(op, "Add") == 0, sub = strcmp(op, "Sub") == 0, mul = strcmp(op, "Mul") == 0, div = strcmp(op, "Div") == 0;
    if (!add && !sub && !mul && !div)
        return 0;
    bool right = reader->in[1] == v; /* v is the right operand */
    struct net_constant *constant = graph->value[reader->in[!right]].constant;
    if (!constant || !by_channel(node, constant) || (div && right))
        return 0;
    if (net_constant_decode(constant, err) || new_affine(graph, affine, constant->n, err))
        return -1;
    for (size_t c = 0; c < constant->n; c++) {
        float x = ((const float *)constant->data)[c];
        affine->scale[c] = mul ? x : div ? 1 / x : sub && right ? -1 : 1;
        affine->shift[c] = add ? x : sub ? (right ? x : -x) : 0;
    }
    return 1;
}

static int from_batchnorm(struct net_graph *graph, const struct net_node *node, const struct net_node *reader, size_t v,
                          struct affine *affine, struct fa_err *err)
{
    const float *parameter[4];
    size_t n = 0;
    if (strcmp(reader->op->name, "BatchNormalization") != 0 || reader->in[0] != v || !node->op->channel_rank ||
        (node->op->channel_rank == 4 && node->channels_last != reader->channels_last))
        return 0;
    for (size_t k = 0; k < 4; k++) {
        struct net_constant *constant = graph->value[reader->in[k + 1]].constant;
        if (!constant || constant->dtype != NET_F32 || constant->rank != 1 || (k && constant->n != n))
            return 0;
        if (net_constant_decode(constant, err))
            return -1;
        n = constant->n;
        parameter[k] = constant->data;
    }
    if (new_affine(graph, affine, n, err))
        return -1;
    net_batchnorm_affine(reader, parameter, n, affine->scale, affine->shift);
    return 1;
}

/* Takes the node's only reader into its weights if that is possible: 1 done, 0 not. */
static int fold_reader(struct net_graph *graph, struct net_node *node, struct fa_err *err)
{
    size_t v = node->out[0];
    if (graph->value[v].wanted || graph->value[v].uses != 1)
        return 0;
    struct net_node *reader = &graph->node[graph->value[v].user];
    struct affine affine;
    int rc = from_arithmetic(graph, node, reader, v, &affine, err);
    if (rc == 0)
        rc = from_batchnorm(graph, node, reader, v, &affine, err);
    if (rc == 1)
        rc = node->op->affine(graph, node, affine.scale, affine.shift, affine.n, err);
    if (rc == 1) {
        node->out[0] = reader->out[0];
        reader->noutputs = 0;
    }
    return rc;
}

int net_fold_affine(struct net_graph *graph, struct fa_err *err)
{
    for (size_t i = 0; i < graph->norder; i++) {
        struct net_node *node = &graph->node[graph->order[i]];
        int folded = node->op->affine && node->noutputs;
        while (folded == 1)
            folded = fold_reader(graph, node, err);
        if (folded < 0)
            return -1;
    }
    return 0;
}
