#include "op.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

void net_graph_free(struct net_graph *graph)
{
    for (size_t i = 0; i < graph->nconstants; i++)
        net_constant_release(graph->constant[i]);
    for (size_t i = 0; i < graph->nnodes; i++)
        if (graph->node[i].op && graph->node[i].op->release)
            graph->node[i].op->release(&graph->node[i]);
    free(graph->constant);
    free(graph->value);
    free(graph->slot);
    free(graph->node);
    free(graph->order);
    free(graph->input);
    free(graph->output);
    net_weights_release(graph);
    fa_arena_free(&graph->arena);
}

static size_t *find_slot(const struct net_graph *graph, const char *name, size_t n)
{
    size_t i = (size_t)XXH3_64bits(name, n) & (graph->nslots - 1);
    for (;; i = (i + 1) & (graph->nslots - 1)) {
        size_t *slot = &graph->slot[i];
        const char *other = *slot ? graph->value[*slot - 1].name : NULL;
        if (!other || (strncmp(other, name, n) == 0 && other[n] == '\0'))
            return slot;
    }
}

static int grow_slots(struct net_graph *graph, struct fa_err *err)
{
    size_t nslots = graph->nslots ? 2 * graph->nslots : 64;
    size_t *slot = fa_mem_array(nslots, sizeof *slot, err);
    if (!slot)
        return -1;
    free(graph->slot);
    graph->slot = slot;
    graph->nslots = nslots;
    for (size_t v = 0; v < graph->nvalues; v++)
        *find_slot(graph, graph->value[v].name, strlen(graph->value[v].name)) = v + 1;
    return 0;
}

size_t net_graph_value(struct net_graph *graph, const char *name, size_t n, struct fa_err *err)
{
    if (2 * graph->nvalues >= graph->nslots && grow_slots(graph, err))
        return NET_NONE;
    n = strnlen(name, n);
    size_t *slot = find_slot(graph, name, n);
    if (*slot)
        return *slot - 1;
    if (fa_mem_grow(&graph->value, &graph->value_capacity, graph->nvalues + 1, sizeof *graph->value, err))
        return NET_NONE;
    const char *copy = fa_arena_strndup(&graph->arena, name, n, err);
    if (!copy)
        return NET_NONE;
    graph->value[graph->nvalues] = (struct net_value){.name = copy, .producer = NET_NONE, .user = NET_NONE};
    *slot = ++graph->nvalues;
    return graph->nvalues - 1;
}

size_t net_graph_find(const struct net_graph *graph, const char *name)
{
    return graph->nslots ? *find_slot(graph, name, strlen(name)) - 1 : NET_NONE;
}

struct net_node *net_graph_add_node(struct net_graph *graph, struct fa_err *err)
{
    if (fa_mem_grow(&graph->node, &graph->node_capacity, graph->nnodes + 1, sizeof *graph->node, err))
        return NULL;
    struct net_node *node = &graph->node[graph->nnodes++];
    *node = (struct net_node){0};
    return node;
}

int net_graph_add_index(size_t **list, size_t *n, size_t *capacity, size_t index, struct fa_err *err)
{
    if (fa_mem_grow(list, capacity, *n + 1, sizeof **list, err))
        return -1;
    (*list)[(*n)++] = index;
    return 0;
}

struct net_constant *net_graph_add_constant(struct net_graph *graph, struct fa_err *err)
{
    if (fa_mem_grow(&graph->constant, &graph->constant_capacity, graph->nconstants + 1, sizeof *graph->constant, err))
        return NULL;
    struct net_constant *constant = fa_arena_alloc(&graph->arena, sizeof *constant, err);
    if (constant)
        graph->constant[graph->nconstants++] = constant;
    return constant;
}

int net_node_error(const struct net_graph *graph, const struct net_node *node, struct fa_err *err, const char *format, ...)
{
    char cause[768];
    va_list args;
    va_start(args, format);
    vsnprintf(cause, sizeof cause, format, args);
    va_end(args);
    return fa_err_set(err, "%s: node '%.80s' (%.40s): %s", graph->label, node->name, node->type, cause);
}

static int set_producers(struct net_graph *graph, struct fa_err *err)
{
    for (size_t v = 0; v < graph->nvalues; v++)
        graph->value[v].producer = NET_NONE;
    for (size_t i = 0; i < graph->nnodes; i++)
        for (size_t k = 0; k < graph->node[i].noutputs; k++) {
            size_t v = graph->node[i].out[k];
            if (v == NET_NONE)
                continue;
            if (graph->value[v].producer != NET_NONE || graph->value[v].is_input)
                return net_node_error(graph, &graph->node[i], err, "value '%.80s' is made twice", graph->value[v].name);
            graph->value[v].producer = i;
        }
    return 0;
}

/* A walk from the outputs to the inputs: a node is put into order[] when all it reads has been. */
struct walk {
    struct net_graph *graph;
    enum { UNSEEN, OPEN, DONE } *state; /* of each node */
    size_t *stack, *next;               /* open nodes, and for each node its input to look at next */
    size_t depth;
};

static int enter_value(struct walk *walk, const struct net_node *reader, size_t v, struct fa_err *err)
{
    const struct net_value *value = &walk->graph->value[v];
    if (value->constant)
        return 0;
    if (value->unsupported)
        return fa_err_set(err, "%s: '%.80s': %s", walk->graph->label, value->name, value->unsupported);
    if (value->is_input)
        return 0;
    if (value->producer == NET_NONE) {
        if (reader)
            return net_node_error(walk->graph, reader, err, "reads '%.80s', which nothing makes", value->name);
        return fa_err_set(err, "%s: no value '%.80s' in the graph", walk->graph->label, value->name);
    }
    if (walk->state[value->producer] == OPEN)
        return net_node_error(walk->graph, &walk->graph->node[value->producer], err, "is part of a cycle");
    if (walk->state[value->producer] == UNSEEN) {
        walk->state[value->producer] = OPEN;
        walk->stack[walk->depth++] = value->producer;
    }
    return 0;
}

static int walk_from(struct walk *walk, size_t output, struct fa_err *err)
{
    struct net_graph *graph = walk->graph;
    if (enter_value(walk, NULL, output, err))
        return -1;
    while (walk->depth) {
        size_t i = walk->stack[walk->depth - 1];
        const struct net_node *node = &graph->node[i];
        if (walk->next[i] == node->ninputs) {
            walk->state[i] = DONE;
            graph->order[graph->norder++] = i;
            walk->depth--;
        } else {
            size_t v = node->in[walk->next[i]++];
            if (v != NET_NONE && enter_value(walk, node, v, err))
                return -1;
        }
    }
    return 0;
}

static void count_uses(struct net_graph *graph)
{
    for (size_t v = 0; v < graph->nvalues; v++)
        graph->value[v].uses = 0;
    for (size_t i = 0; i < graph->norder; i++) {
        const struct net_node *node = &graph->node[graph->order[i]];
        for (size_t k = 0; k < node->ninputs; k++)
            if (node->in[k] != NET_NONE) {
                graph->value[node->in[k]].uses++;
                graph->value[node->in[k]].user = graph->order[i];
            }
    }
}

int net_graph_order(struct net_graph *graph, struct fa_err *err)
{
    struct walk walk = {.graph = graph};
    int rc = -1;
    free(graph->order);
    graph->norder = 0;
    graph->order = fa_mem_array(graph->nnodes, sizeof *graph->order, err);
    walk.state = fa_mem_array(graph->nnodes, sizeof *walk.state, err);
    walk.stack = fa_mem_array(graph->nnodes, sizeof *walk.stack, err);
    walk.next = fa_mem_array(graph->nnodes, sizeof *walk.next, err);
    if (!graph->order || !walk.state || !walk.stack || !walk.next || set_producers(graph, err))
        goto out;
    for (size_t i = 0; i < graph->noutputs; i++)
        if (walk_from(&walk, graph->output[i], err))
            goto out;
    count_uses(graph);
    rc = 0;
out:
    free(walk.state);
    free(walk.stack);
    free(walk.next);
    return rc;
}
