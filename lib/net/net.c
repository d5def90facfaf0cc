#include "netfile.h"
#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

/* Field 1 of an ONNX model is a number (its IR version), that of a GraphDef a message (a node). */
static int detect_format(struct net_graph *graph, struct net_bytes file, struct fa_err *err)
{
    enum { IR_VERSION_OR_NODE = 1, ONNX_GRAPH = 7, ONNX_OPSET = 8 };
    struct net_field field;
    while (net_proto_next(&file, &field) > 0) {
        bool bytes = field.wire == NET_BYTES;
        if (field.number == IR_VERSION_OR_NODE || (bytes && (field.number == ONNX_GRAPH || field.number == ONNX_OPSET))) {
            graph->format = field.number == IR_VERSION_OR_NODE && bytes ? NET_GRAPHDEF : NET_ONNX;
            return 0;
        }
    }
    return fa_err_set(err, "%s: neither an ONNX file nor a frozen TensorFlow graph", graph->label);
}

static int bind(struct net_graph *graph, const struct net_binding *binding, struct fa_err *err)
{
    size_t v = net_graph_find(graph, binding->name), kept = 0;
    if (v == NET_NONE)
        return fa_err_set(err, "%s: no input '%s'", graph->label, binding->name);
    struct net_constant *constant = net_read_onnx_tensor(graph, binding->tensor, err);
    if (!constant)
        return -1;
    graph->value[v].constant = constant;
    graph->value[v].is_input = false;
    graph->value[v].unsupported = NULL;
    for (size_t i = 0; i < graph->ninputs; i++)
        if (graph->input[i] != v)
            graph->input[kept++] = graph->input[i];
    graph->ninputs = kept;
    return 0;
}

static int choose_outputs(struct net_graph *graph, const struct net_source *source, struct fa_err *err)
{
    size_t own = graph->noutputs ? graph->output[0] : NET_NONE;
    if (source->noutputs)
        graph->noutputs = 0;
    for (size_t i = 0; i < source->noutputs; i++) {
        const char *name = source->outputs[i] ? source->outputs[i] : own == NET_NONE ? "" : graph->value[own].name;
        size_t n = strlen(name);
        size_t v = source->outputs[i] ? net_graph_find(graph, name) : own;
        if (v == NET_NONE && graph->format == NET_GRAPHDEF && n > 2 && strcmp(name + n - 2, ":0") == 0)
            v = net_graph_value(graph, name, n - 2, err);
        if (v == NET_NONE)
            return fa_err_set(err, "%s: no value '%.80s' in the graph", graph->label, name);
        if (net_graph_add_index(&graph->output, &graph->noutputs, &graph->output_capacity, v, err))
            return -1;
    }
    if (graph->noutputs == 0)
        return fa_err_set(err, "%s: a graph without outputs", graph->label);
    for (size_t i = 0; i < graph->noutputs; i++)
        graph->value[graph->output[i]].wanted = true;
    return 0;
}

static bool is_fixed_to_one(const struct net_graph *graph)
{
    for (size_t i = 0; i < graph->ninputs; i++) {
        const struct net_value *input = &graph->value[graph->input[i]];
        if (!input->declared || input->rank < 2 || input->dim[0] != 1)
            return false;
    }
    return graph->ninputs > 0;
}

/* Makes the constants that runs read ready, and frees those that only led to them. */
static int keep_constants(struct net_graph *graph, struct fa_err *err)
{
    for (size_t v = 0; v < graph->nvalues; v++) {
        struct net_constant *constant = graph->value[v].constant;
        if (!constant || (!graph->value[v].uses && !graph->value[v].wanted))
            continue;
        if (net_constant_decode(constant, err))
            return -1;
        constant->read = true;
    }
    for (size_t i = 0; i < graph->nconstants; i++)
        if (graph->constant[i]->folded && !graph->constant[i]->read)
            net_constant_release(graph->constant[i]);
    return 0;
}

/* Lays the weights, then keeps only the constants that runs read. */
static int prepare(struct net_graph *graph, struct fa_err *err)
{
    for (size_t i = 0; i < graph->norder; i++) {
        struct net_node *node = &graph->node[graph->order[i]];
        size_t weights = node->ninputs > 1 ? node->in[1] : NET_NONE;
        if (!node->op->prepare)
            continue;
        if (node->op->prepare(graph, node, err))
            return -1;
        if (weights != NET_NONE && graph->value[weights].uses == 1 && (node->ninputs == 1 || node->in[1] == NET_NONE) &&
            !graph->value[weights].wanted && graph->value[weights].constant->raw.at)
            net_constant_release(graph->value[weights].constant);
    }
    return net_graph_order(graph, err) || keep_constants(graph, err) ? -1 : 0;
}

static void bound_plans(struct net_graph *graph, struct net_bytes file)
{
    const struct net_beside *beside = NULL;
    graph->plan_bytes = NET_MAX_PLAN;
    do
        graph->plan_bytes += 4 * net_bytes_size(file);
    while (net_beside_next(graph, &beside, &file));
}

static int build(struct net_graph *graph, const struct net_source *source, struct fa_err *err)
{
    if (detect_format(graph, source->file, err) ||
        (graph->format == NET_ONNX ? net_read_onnx : net_read_graphdef)(graph, source->file, err))
        return -1;
    bound_plans(graph, source->file);
    for (size_t i = 0; i < source->nbindings; i++)
        if (bind(graph, &source->binding[i], err))
            return -1;
    if (choose_outputs(graph, source, err) || net_graph_order(graph, err) || net_resolve(graph, err) ||
        net_graph_order(graph, err) || net_fold_constants(graph, err) || net_graph_order(graph, err) ||
        net_fold_affine(graph, err) || net_graph_order(graph, err) || prepare(graph, err))
        return -1;
    graph->opened = is_fixed_to_one(graph);
    return 0;
}

/* The outputs of a run of batch images, if the inputs leave nothing but the batch open; -1: this batch does not work. */
static int try_batch(struct net_graph *graph, size_t batch, struct fa_net_value *outputs, struct fa_err *err)
{
    int rc = -1;
    struct net_plan *plan = NULL;
    struct fa_tensor *inputs = fa_mem_array(graph->ninputs, sizeof *inputs, err);
    if (!inputs)
        return -1;
    for (size_t i = 0; i < graph->ninputs; i++) {
        const struct net_value *value = &graph->value[graph->input[i]];
        inputs[i].rank = value->rank;
        memcpy(inputs[i].dim, value->dim, sizeof value->dim);
        if (value->rank && (graph->opened || value->dim[0] == 0))
            inputs[i].dim[0] = batch;
    }
    plan = net_plan_start(graph, inputs, err);
    if (!plan || net_plan_finish(plan, err))
        goto out;
    for (size_t i = 0; i < graph->noutputs; i++) {
        bool first = outputs[i].rank == 0;
        outputs[i].rank = plan->output[i].rank;
        for (size_t k = 0; k < outputs[i].rank; k++)
            outputs[i].dim[k] = first || outputs[i].dim[k] == plan->output[i].dim[k] ? plan->output[i].dim[k] : 0;
    }
    rc = 0;
out:
    net_plan_free(plan);
    free(inputs);
    return rc;
}

static bool only_batch_is_open(const struct net_graph *graph)
{
    for (size_t i = 0; i < graph->ninputs; i++) {
        const struct net_value *value = &graph->value[graph->input[i]];
        if (!value->declared)
            return false;
        for (size_t k = 1; k < value->rank; k++)
            if (value->dim[k] == 0)
                return false;
    }
    return true;
}

/* Tells what goes in and comes out. Where the shapes are known, planning for one image, then two, tells them, and finds
 * out now what would go wrong in a run. */
static int describe(struct fa_net *net, struct fa_err *err)
{
    struct net_graph *graph = &net->graph;
    net->input = fa_mem_array(graph->ninputs, sizeof *net->input, err);
    net->output = fa_mem_array(graph->noutputs, sizeof *net->output, err);
    if (!net->input || !net->output)
        return -1;
    for (size_t i = 0; i < graph->noutputs; i++)
        net->output[i].name = graph->value[graph->output[i]].name;
    if (only_batch_is_open(graph)) {
        struct fa_err ignored;
        if (try_batch(graph, 1, net->output, err))
            return -1;
        if (try_batch(graph, 2, net->output, &ignored) || (graph->opened && try_batch(graph, 3, net->output, &ignored)))
            graph->opened = false;
    } else {
        for (size_t i = 0; i < graph->noutputs; i++) {
            const struct net_value *value = &graph->value[graph->output[i]];
            net->output[i].rank = value->rank;
            memcpy(net->output[i].dim, value->dim, sizeof value->dim);
        }
    }
    for (size_t i = 0; i < graph->ninputs; i++) {
        const struct net_value *value = &graph->value[graph->input[i]];
        net->input[i] = (struct fa_net_value){.name = value->name, .rank = value->rank};
        memcpy(net->input[i].dim, value->dim, sizeof value->dim);
        if (graph->opened)
            net->input[i].dim[0] = 0;
    }
    return 0;
}

/* Of the file, and of those beside it that were read. */
static int take_digest(struct fa_net *net, struct net_bytes file, struct fa_err *err)
{
    const struct net_beside *beside = NULL;
    XXH3_state_t *state = XXH3_createState();
    if (!state)
        return fa_err_set(err, "out of memory");
    XXH3_64bits_reset(state);
    do
        XXH3_64bits_update(state, file.at, net_bytes_size(file));
    while (net_beside_next(&net->graph, &beside, &file));
    net->digest = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return 0;
}

/* Names in messages are the file's, with whatever bytes: a message stays one line. */
static void keep_one_line(struct fa_err *err)
{
    for (char *at = err ? err->text : NULL; at && *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
}

struct fa_net *net_open(const struct net_source *source, struct fa_err *err)
{
    struct fa_net *net = fa_mem_array(1, sizeof *net, err);
    if (!net)
        return NULL;
    net->graph.label = fa_arena_strdup(&net->graph.arena, source->label, err);
    net->graph.flags = source->flags;
    int failed = !net->graph.label || build(&net->graph, source, err) || take_digest(net, source->file, err) ||
                 describe(net, err);
    net_beside_close(&net->graph);
    if (failed) {
        keep_one_line(err);
        fa_net_close(net);
        return NULL;
    }
    return net;
}

struct fa_net *fa_net_open(const char *path, const char *const *outputs, size_t noutputs, unsigned flags, struct fa_err *err)
{
    struct net_bytes file = net_map_file(path, err);
    if (!file.at)
        return NULL;
    const struct net_source source = {.label = path, .file = file, .outputs = outputs, .noutputs = noutputs, .flags = flags};
    struct fa_net *net = net_open(&source, err);
    net_unmap(file);
    return net;
}

void fa_net_close(struct fa_net *net)
{
    if (!net)
        return;
    net_graph_free(&net->graph);
    free(net->input);
    free(net->output);
    free(net);
}

size_t fa_net_ninputs(const struct fa_net *net)
{
    return net->graph.ninputs;
}

size_t fa_net_noutputs(const struct fa_net *net)
{
    return net->graph.noutputs;
}

const struct fa_net_value *fa_net_input(const struct fa_net *net, size_t i)
{
    return &net->input[i];
}

const struct fa_net_value *fa_net_output(const struct fa_net *net, size_t i)
{
    return &net->output[i];
}

uint64_t fa_net_digest(const struct fa_net *net)
{
    return net->digest;
}
