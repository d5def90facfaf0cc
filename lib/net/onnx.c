/* The ONNX reader. Field numbers are those of onnx.proto3 (github.com/onnx/onnx). */
#include "onnx.h"

#include <string.h>

enum { MODEL_GRAPH = 7, MODEL_OPSET = 8 };
enum { OPSET_DOMAIN = 1, OPSET_VERSION = 2 };
enum { GRAPH_NODE = 1, GRAPH_INITIALIZER = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };
enum { NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_NAME = 3, NODE_TYPE = 4, NODE_ATTR = 5, NODE_DOMAIN = 7 };
enum { ATTR_NAME = 1, ATTR_F = 2, ATTR_I = 3, ATTR_S = 4, ATTR_T = 5, ATTR_FLOATS = 7, ATTR_INTS = 8, ATTR_TYPE = 20 };

static int read_initializer(struct net_graph *graph, struct net_bytes message, struct fa_err *err)
{
    struct net_onnx_tensor_head head;
    struct net_constant *constant;
    const char *why;
    if (net_onnx_tensor(graph, message, &head, &constant, &why, err))
        return -1;
    size_t v = net_graph_value(graph, head.name.at ? (const char *)head.name.at : "", net_bytes_size(head.name), err);
    if (v == NET_NONE)
        return -1;
    graph->value[v].constant = constant;
    if (!constant)
        graph->value[v].unsupported = why;
    return 0;
}

/* Attribute types by number: FLOAT INT STRING TENSOR GRAPH FLOATS INTS. */
static enum net_attr_type attr_type(uint64_t type)
{
    static const enum net_attr_type types[] = {NET_ATTR_OTHER,  NET_ATTR_FLOAT, NET_ATTR_INT,    NET_ATTR_STRING,
                                               NET_ATTR_TENSOR, NET_ATTR_OTHER, NET_ATTR_FLOATS, NET_ATTR_INTS};
    return type < sizeof types / sizeof *types ? types[type] : NET_ATTR_OTHER;
}

/* The repeated field number of message, as many as there are, in the arena. */
static int read_list(struct net_graph *graph, struct net_bytes message, unsigned number, struct net_attr *attr,
                     struct fa_err *err)
{
    struct net_constant list = {.dtype = number == ATTR_FLOATS ? NET_F32 : NET_I64, .stored = NET_STORED_F32};
    enum net_wire wire = number == ATTR_FLOATS ? NET_FIXED32 : NET_VARINT;
    struct net_bytes rest = message;
    struct net_field field;
    uint64_t bits;
    while (net_proto_next(&rest, &field) > 0)
        if (field.number == number)
            while (net_proto_value(&field, wire, &bits) > 0)
                list.n++;
    if (net_constant_from_list(&list, message, number, wire, false, "attribute", err))
        return net_onnx_malformed(graph, "an attribute", err);
    size_t bytes = list.n * (list.dtype == NET_F32 ? sizeof(float) : sizeof(int64_t));
    void *copy = fa_arena_alloc(&graph->arena, bytes, err);
    if (copy)
        memcpy(copy, list.data, bytes);
    attr->n = list.n;
    if (list.dtype == NET_F32)
        attr->floats = copy;
    else
        attr->ints = copy;
    net_constant_release(&list);
    return copy ? 0 : -1;
}

static int read_attr_field(struct net_graph *graph, const struct net_field *field, struct net_attr *attr, struct fa_err *err)
{
    struct net_onnx_tensor_head head;
    const char *why;
    switch (field->number) {
    case ATTR_NAME:
        return (attr->name = net_onnx_text(graph, field->bytes, err)) ? 0 : -1;
    case ATTR_S:
        return (attr->s = net_onnx_text(graph, field->bytes, err)) ? 0 : -1;
    case ATTR_F:
        attr->f = net_proto_float(field->number_value);
        return 0;
    case ATTR_I:
        attr->i = (int64_t)field->number_value;
        return 0;
    case ATTR_TYPE:
        attr->type = attr_type(field->number_value);
        return 0;
    case ATTR_T:
        return net_onnx_tensor(graph, field->bytes, &head, &attr->tensor, &why, err);
    }
    return 0;
}

static int read_attr(struct net_graph *graph, struct net_bytes message, struct net_attr *attr, struct fa_err *err)
{
    struct net_bytes rest = message;
    struct net_field field;
    int more;
    *attr = (struct net_attr){.name = "", .s = "", .type = NET_ATTR_OTHER};
    while ((more = net_proto_next(&rest, &field)) > 0)
        if (read_attr_field(graph, &field, attr, err))
            return -1;
    if (more < 0)
        return net_onnx_malformed(graph, "an attribute", err);
    if (attr->type == NET_ATTR_INTS || attr->type == NET_ATTR_FLOATS)
        return read_list(graph, message, attr->type == NET_ATTR_INTS ? ATTR_INTS : ATTR_FLOATS, attr, err);
    if (attr->type == NET_ATTR_TENSOR && !attr->tensor)
        attr->type = NET_ATTR_OTHER;
    return 0;
}

static int read_node_field(struct net_graph *graph, const struct net_field *field, struct net_node *node,
                           struct net_bytes *domain, struct fa_err *err)
{
    size_t v = NET_NONE;
    switch (field->number) {
    case NODE_INPUT:
    case NODE_OUTPUT:
        if (net_bytes_size(field->bytes)) {
            v = net_graph_value(graph, (const char *)field->bytes.at, net_bytes_size(field->bytes), err);
            if (v == NET_NONE)
                return -1;
        }
        if (field->number == NODE_INPUT)
            node->in[node->ninputs++] = v;
        else
            node->out[node->noutputs++] = v;
        return 0;
    case NODE_NAME:
        return (node->name = net_onnx_text(graph, field->bytes, err)) ? 0 : -1;
    case NODE_TYPE:
        return (node->type = net_onnx_text(graph, field->bytes, err)) ? 0 : -1;
    case NODE_ATTR:
        return read_attr(graph, field->bytes, &node->attr[node->nattrs++], err);
    case NODE_DOMAIN:
        *domain = field->bytes;
    }
    return 0;
}

/* Room for as many inputs, outputs and attributes as the message holds. */
static int make_room(struct net_graph *graph, struct net_bytes message, struct net_node *node, struct fa_err *err)
{
    size_t count[6] = {0};
    struct net_field field;
    int more;
    while ((more = net_proto_next(&message, &field)) > 0)
        if (field.number < 6) {
            if (field.number != 0 && field.wire != NET_BYTES)
                return net_onnx_malformed(graph, "a node", err);
            count[field.number]++;
        }
    if (more < 0)
        return net_onnx_malformed(graph, "a node", err);
    node->in = fa_arena_alloc(&graph->arena, count[NODE_INPUT] * sizeof *node->in, err);
    node->out = fa_arena_alloc(&graph->arena, count[NODE_OUTPUT] * sizeof *node->out, err);
    node->attr = fa_arena_alloc(&graph->arena, count[NODE_ATTR] * sizeof *node->attr, err);
    return node->in && node->out && node->attr ? 0 : -1;
}

static int read_node(struct net_graph *graph, struct net_bytes message, int opset, struct fa_err *err)
{
    struct net_bytes domain = {NULL, NULL};
    struct net_field field;
    struct net_node *node = net_graph_add_node(graph, err);
    if (!node)
        return -1;
    node->name = node->type = "";
    node->opset = opset;
    if (make_room(graph, message, node, err))
        return -1;
    while (net_proto_next(&message, &field) > 0)
        if (read_node_field(graph, &field, node, &domain, err))
            return -1;
    if (node->name[0] == '\0' && node->noutputs && node->out[0] != NET_NONE)
        node->name = graph->value[node->out[0]].name;
    const char *prefix = net_onnx_text(graph, domain, err);
    if (!prefix)
        return -1;
    if (prefix[0] && strcmp(prefix, "ai.onnx") != 0)
        node->type = fa_arena_printf(&graph->arena, err, "%s.%s", prefix, node->type);
    return node->type ? 0 : -1;
}

/* The sub-message number of message; empty if there is none. */
static int find_message(struct net_bytes message, unsigned number, struct net_bytes *found)
{
    struct net_field field;
    int more;
    *found = (struct net_bytes){NULL, NULL};
    while ((more = net_proto_next(&message, &field)) > 0)
        if (field.number == number && field.wire == NET_BYTES)
            *found = field.bytes;
    return more;
}

/* TensorShapeProto: dim = 1 {dim_value = 1, dim_param = 2}. */
static int read_shape(struct net_bytes message, struct net_value *value)
{
    struct net_field field, inner;
    int more, rest = 0;
    while ((more = net_proto_next(&message, &field)) > 0) {
        if (field.number != 1 || field.wire != NET_BYTES)
            continue;
        if (value->rank == FA_NET_RANK) {
            value->unsupported = "more than 8 dimensions are not supported";
            return 0;
        }
        size_t *dim = &value->dim[value->rank++];
        while ((rest = net_proto_next(&field.bytes, &inner)) > 0)
            if (inner.number == 1 && inner.wire == NET_VARINT)
                *dim = inner.number_value > NET_MAX_ELEMENTS ? 0 : (size_t)inner.number_value;
        if (rest < 0)
            return -1;
    }
    return more;
}

/* ValueInfoProto: name = 1, type = 2 {tensor_type = 1 {elem_type = 1, shape = 2}}. */
static int read_value_info(struct net_graph *graph, struct net_bytes message, size_t *v, struct fa_err *err)
{
    struct net_bytes name, type, tensor, shape;
    struct net_field field;
    uint64_t elements = 0;
    if (find_message(message, 1, &name) || find_message(message, 2, &type) || find_message(type, 1, &tensor) ||
        find_message(tensor, 2, &shape))
        return net_onnx_malformed(graph, "a declaration", err);
    while (net_proto_next(&tensor, &field) > 0)
        if (field.number == 1)
            elements = field.number_value;
    *v = net_graph_value(graph, name.at ? (const char *)name.at : "", net_bytes_size(name), err);
    if (*v == NET_NONE)
        return -1;
    struct net_value *value = &graph->value[*v];
    value->declared = shape.at != NULL;
    value->rank = 0;
    if (read_shape(shape, value) < 0)
        return net_onnx_malformed(graph, "a declaration", err);
    if (!net_onnx_is_float(elements) && !value->constant)
        value->unsupported = "its data type is not float32";
    return 0;
}

static int read_declaration(struct net_graph *graph, const struct net_field *field, struct fa_err *err)
{
    size_t v = NET_NONE;
    if (read_value_info(graph, field->bytes, &v, err))
        return -1;
    if (field->number == GRAPH_OUTPUT) {
        graph->value[v].unsupported = NULL;
        return net_graph_add_index(&graph->output, &graph->noutputs, &graph->output_capacity, v, err);
    }
    if (graph->value[v].constant || graph->value[v].is_input)
        return 0;
    graph->value[v].is_input = true;
    return net_graph_add_index(&graph->input, &graph->ninputs, &graph->input_capacity, v, err);
}

/* Initializers first: what has one is no input (opsets before IR version 4 list it among the inputs as well). */
static int read_graph(struct net_graph *graph, struct net_bytes message, int opset, struct fa_err *err)
{
    for (int pass = 0; pass < 2; pass++) {
        struct net_bytes rest = message;
        struct net_field field;
        int more;
        while ((more = net_proto_next(&rest, &field)) > 0) {
            int rc = 0;
            if (field.number != GRAPH_INITIALIZER && field.number != GRAPH_NODE && field.number != GRAPH_INPUT &&
                field.number != GRAPH_OUTPUT)
                continue;
            if (field.wire != NET_BYTES)
                return net_onnx_malformed(graph, "the graph", err);
            if (field.number == GRAPH_INITIALIZER)
                rc = pass == 0 ? read_initializer(graph, field.bytes, err) : 0;
            else if (pass == 1)
                rc = field.number == GRAPH_NODE ? read_node(graph, field.bytes, opset, err)
                                                : read_declaration(graph, &field, err);
            if (rc)
                return -1;
        }
        if (more < 0)
            return net_onnx_malformed(graph, "the graph", err);
    }
    return 0;
}

static int read_opset(struct net_bytes message, int *opset)
{
    struct net_field field;
    uint64_t version = 0;
    size_t domain = 0;
    int more;
    while ((more = net_proto_next(&message, &field)) > 0)
        if (field.number == OPSET_DOMAIN)
            domain = net_bytes_size(field.bytes);
        else if (field.number == OPSET_VERSION)
            version = field.number_value;
    if (domain == 0 || domain == strlen("ai.onnx"))
        *opset = version > 1000 ? 1000 : (int)version;
    return more;
}

int net_read_onnx(struct net_graph *graph, struct net_bytes file, struct fa_err *err)
{
    struct net_bytes message, rest = file;
    struct net_field field;
    int opset = 1, more;
    while ((more = net_proto_next(&rest, &field)) > 0)
        if (field.number == MODEL_OPSET && (field.wire != NET_BYTES || read_opset(field.bytes, &opset) < 0))
            return net_onnx_malformed(graph, "the opset", err);
    if (more < 0)
        return fa_err_set(err, "%s: malformed or truncated ONNX file", graph->label);
    find_message(file, MODEL_GRAPH, &message);
    if (!message.at)
        return fa_err_set(err, "%s: ONNX file without a graph", graph->label);
    return read_graph(graph, message, opset, err);
}
