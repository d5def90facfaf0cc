/* The reader of frozen TensorFlow graphs. Field numbers are those of graph.proto, node_def.proto, attr_value.proto,
 * tensor.proto and tensor_shape.proto (github.com/tensorflow/tensorflow, core/framework). */
#include "op.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GRAPH_NODE = 1 };
enum { NODE_NAME = 1, NODE_OP = 2, NODE_INPUT = 3, NODE_ATTR = 5 };
enum { ENTRY_KEY = 1, ENTRY_VALUE = 2 };
enum { VALUE_LIST = 1, VALUE_S = 2, VALUE_I = 3, VALUE_F = 4, VALUE_B = 5, VALUE_TYPE = 6, VALUE_SHAPE = 7, VALUE_TENSOR = 8 };
enum { LIST_S = 2, LIST_I = 3, LIST_F = 4 };
enum { TENSOR_TYPE = 1, TENSOR_SHAPE = 2, TENSOR_CONTENT = 4, TENSOR_FLOATS = 5, TENSOR_INTS = 7, TENSOR_INT64S = 10,
       TENSOR_BOOLS = 11, TENSOR_HALFS = 13 };
enum { DT_FLOAT = 1, DT_INT32 = 3, DT_UINT8 = 4, DT_INT8 = 6, DT_INT64 = 9, DT_BOOL = 10, DT_HALF = 19 };

static const struct tensor_type {
    uint64_t type;
    enum net_stored stored;
    unsigned list;
} tensor_types[] = {
    {DT_FLOAT, NET_STORED_F32, TENSOR_FLOATS}, {DT_HALF, NET_STORED_F16, TENSOR_HALFS}, {DT_INT32, NET_STORED_I32, TENSOR_INTS},
    {DT_INT64, NET_STORED_I64, TENSOR_INT64S}, {DT_UINT8, NET_STORED_U8, TENSOR_INTS},  {DT_INT8, NET_STORED_I8, TENSOR_INTS},
    {DT_BOOL, NET_STORED_U8, TENSOR_BOOLS},
};

static int malformed(const struct net_graph *graph, const char *what, struct fa_err *err)
{
    return fa_err_set(err, "%s: malformed GraphDef (in %s)", graph->label, what);
}

static char *text_of(struct net_graph *graph, struct net_bytes bytes, struct fa_err *err)
{
    return fa_arena_strndup(&graph->arena, bytes.at ? (const char *)bytes.at : "", net_bytes_size(bytes), err);
}

/* TensorShapeProto: dim = 2 {size = 1}; a size of -1 is open. */
static int read_shape(struct net_bytes message, int64_t *dim, size_t *rank)
{
    struct net_field field, inner;
    int more, rest = 0;
    *rank = 0;
    while ((more = net_proto_next(&message, &field)) > 0) {
        if (field.number != 2 || field.wire != NET_BYTES)
            continue;
        if (*rank == FA_NET_RANK)
            return -1;
        int64_t *size = &dim[(*rank)++];
        *size = 0;
        while ((rest = net_proto_next(&field.bytes, &inner)) > 0)
            if (inner.number == 1 && inner.wire == NET_VARINT)
                *size = (int64_t)inner.number_value;
        if (rest < 0)
            return -1;
    }
    return more;
}

/* *constant stays NULL for a data type of no use here. */
static int read_tensor(struct net_graph *graph, struct net_bytes message, const char *name, struct net_constant **constant,
                       struct fa_err *err)
{
    struct net_bytes rest = message, content = {NULL, NULL};
    struct net_field field;
    int64_t dim[FA_NET_RANK];
    size_t rank = 0;
    const struct tensor_type *type = NULL;
    char what[160];
    int more;
    while ((more = net_proto_next(&rest, &field)) > 0)
        if (field.number == TENSOR_TYPE) {
            for (size_t i = 0; i < sizeof tensor_types / sizeof *tensor_types; i++)
                if (tensor_types[i].type == field.number_value)
                    type = &tensor_types[i];
        } else if (field.number == TENSOR_SHAPE) {
            if (read_shape(field.bytes, dim, &rank) < 0)
                return malformed(graph, "the shape of a tensor", err);
        } else if (field.number == TENSOR_CONTENT) {
            content = field.bytes;
        }
    if (more < 0)
        return malformed(graph, "a tensor", err);
    *constant = NULL;
    if (!type)
        return 0;
    struct net_constant *made = net_graph_add_constant(graph, err);
    if (!made)
        return -1;
    snprintf(what, sizeof what, "%.80s: tensor '%.60s'", graph->label, name);
    made->stored = type->stored;
    made->dtype = net_stored_dtype(type->stored);
    if (net_constant_shape(made, rank, dim, what, err))
        return -1;
    *constant = made;
    if (!content.at || (net_bytes_size(content) == 0 && made->n))
        return net_constant_from_list(made, message, type->list, type->list == TENSOR_FLOATS ? NET_FIXED32 : NET_VARINT, true,
                                      what, err);
    made->raw = content;
    if (net_bytes_size(content) != made->n * net_stored_size(type->stored))
        return fa_err_set(err, "%s: %zu bytes for %zu elements", what, net_bytes_size(content), made->n);
    return 0;
}

/* AttrValue.ListValue: only lists of integers are of use here. */
static int read_list(struct net_graph *graph, struct net_bytes message, struct net_attr *attr, struct fa_err *err)
{
    struct net_field field;
    uint64_t bits;
    int more = 0;
    attr->type = NET_ATTR_INTS;
    for (int pass = 0; pass < 2; pass++) {
        struct net_bytes rest = message;
        if (pass == 1 && !(attr->ints = fa_arena_alloc(&graph->arena, attr->n * sizeof *attr->ints, err)))
            return -1;
        attr->n = 0;
        while ((more = net_proto_next(&rest, &field)) > 0) {
            if (field.number == LIST_S || field.number == LIST_F)
                attr->type = NET_ATTR_OTHER;
            if (field.number != LIST_I)
                continue;
            while ((more = net_proto_value(&field, NET_VARINT, &bits)) > 0) {
                if (pass == 1)
                    attr->ints[attr->n] = (int64_t)bits;
                attr->n++;
            }
            if (more < 0)
                return malformed(graph, "an attribute", err);
        }
    }
    return more < 0 ? malformed(graph, "an attribute", err) : 0;
}

static int read_shape_attr(struct net_graph *graph, struct net_bytes message, struct net_attr *attr, struct fa_err *err)
{
    attr->type = NET_ATTR_INTS;
    attr->ints = fa_arena_alloc(&graph->arena, FA_NET_RANK * sizeof *attr->ints, err);
    if (!attr->ints)
        return -1;
    return read_shape(message, attr->ints, &attr->n) < 0 ? malformed(graph, "a shape", err) : 0;
}

static int read_attr_value(struct net_graph *graph, struct net_bytes message, struct net_attr *attr, struct fa_err *err)
{
    struct net_field field;
    int more, rc = 0;
    while (rc == 0 && (more = net_proto_next(&message, &field)) > 0)
        switch (field.number) {
        case VALUE_LIST:
            rc = read_list(graph, field.bytes, attr, err);
            break;
        case VALUE_S:
            attr->type = NET_ATTR_STRING;
            rc = (attr->s = text_of(graph, field.bytes, err)) ? 0 : -1;
            break;
        case VALUE_I:
        case VALUE_B:
        case VALUE_TYPE:
            attr->type = NET_ATTR_INT;
            attr->i = (int64_t)field.number_value;
            break;
        case VALUE_F:
            attr->type = NET_ATTR_FLOAT;
            attr->f = net_proto_float(field.number_value);
            break;
        case VALUE_SHAPE:
            rc = read_shape_attr(graph, field.bytes, attr, err);
            break;
        case VALUE_TENSOR:
            rc = read_tensor(graph, field.bytes, attr->name, &attr->tensor, err);
            attr->type = attr->tensor ? NET_ATTR_TENSOR : NET_ATTR_OTHER;
        }
    return rc || more == 0 ? rc : malformed(graph, "an attribute", err);
}

/* NodeDef.attr is a map: entries of key and AttrValue. */
static int read_attr(struct net_graph *graph, struct net_bytes message, const char *node, struct net_attr *attr,
                     struct fa_err *err)
{
    struct net_bytes value = {NULL, NULL};
    struct net_field field;
    const char *key = "";
    int more;
    while ((more = net_proto_next(&message, &field)) > 0)
        if (field.number == ENTRY_KEY)
            key = text_of(graph, field.bytes, err);
        else if (field.number == ENTRY_VALUE)
            value = field.bytes;
    if (more < 0)
        return malformed(graph, "an attribute", err);
    if (!key)
        return -1;
    *attr = (struct net_attr){.name = node, .type = NET_ATTR_OTHER, .s = ""};
    int rc = read_attr_value(graph, value, attr, err);
    attr->name = key;
    return rc;
}

/* `name` and `name:0` are a node's first output, `name:k` the others; `^name` only orders execution. */
static int read_input(struct net_graph *graph, struct net_bytes bytes, struct net_node *node, struct fa_err *err)
{
    size_t n = net_bytes_size(bytes);
    if (n == 0 || bytes.at[0] == '^')
        return 0;
    if (n > 2 && bytes.at[n - 2] == ':' && bytes.at[n - 1] == '0')
        n -= 2;
    size_t v = net_graph_value(graph, (const char *)bytes.at, n, err);
    if (v == NET_NONE)
        return -1;
    node->in[node->ninputs++] = v;
    return 0;
}

static int make_room(struct net_graph *graph, struct net_bytes message, struct net_node *node, struct fa_err *err)
{
    size_t inputs = 0, attrs = 0;
    struct net_field field;
    int more;
    while ((more = net_proto_next(&message, &field)) > 0) {
        if (field.number >= NODE_NAME && field.number <= NODE_ATTR && field.wire != NET_BYTES)
            return malformed(graph, "a node", err);
        inputs += field.number == NODE_INPUT;
        attrs += field.number == NODE_ATTR;
    }
    if (more < 0)
        return malformed(graph, "a node", err);
    node->in = fa_arena_alloc(&graph->arena, inputs * sizeof *node->in, err);
    node->out = fa_arena_alloc(&graph->arena, sizeof *node->out, err);
    node->attr = fa_arena_alloc(&graph->arena, attrs * sizeof *node->attr, err);
    return node->in && node->out && node->attr ? 0 : -1;
}

static int read_placeholder(struct net_graph *graph, struct net_node *node, size_t v, struct fa_err *err)
{
    struct net_value *value = &graph->value[v];
    const struct net_attr *shape = net_attr_find(node, "shape"), *dtype = net_attr_find(node, "dtype");
    value->is_input = true;
    if (dtype && dtype->i != DT_FLOAT)
        value->unsupported = "its data type is not float32";
    if (shape && shape->type == NET_ATTR_INTS && shape->n) {
        value->declared = true;
        value->rank = shape->n;
        for (size_t i = 0; i < shape->n; i++)
            value->dim[i] = shape->ints[i] < 0 || (uint64_t)shape->ints[i] > NET_MAX_ELEMENTS ? 0 : (size_t)shape->ints[i];
    }
    return net_graph_add_index(&graph->input, &graph->ninputs, &graph->input_capacity, v, err);
}

/* Placeholders and constants become values; everything else stays a node. */
static int settle_node(struct net_graph *graph, struct net_node *node, struct fa_err *err)
{
    size_t v = net_graph_value(graph, node->name, strlen(node->name), err);
    if (v == NET_NONE)
        return -1;
    struct net_value *value = &graph->value[v];
    if (value->is_input || value->constant || value->unsupported)
        return net_node_error(graph, node, err, "there is another node of this name");
    if (strcmp(node->type, "Placeholder") == 0) {
        if (read_placeholder(graph, node, v, err))
            return -1;
    } else if (strcmp(node->type, "Const") == 0) {
        const struct net_attr *attr = net_attr_find(node, "value");
        value->constant = attr && attr->type == NET_ATTR_TENSOR ? attr->tensor : NULL;
        if (!value->constant)
            value->unsupported = "constant of an unsupported data type";
    } else {
        node->out[node->noutputs++] = v;
        return 0;
    }
    graph->nnodes--;
    return 0;
}

static int read_node(struct net_graph *graph, struct net_bytes message, struct fa_err *err)
{
    struct net_field field;
    int rc = 0;
    struct net_node *node = net_graph_add_node(graph, err);
    if (!node)
        return -1;
    node->name = node->type = "";
    if (make_room(graph, message, node, err))
        return -1;
    /* the name first: messages about attributes give it */
    for (struct net_bytes rest = message; net_proto_next(&rest, &field) > 0;)
        if (field.number == NODE_NAME && !(node->name = text_of(graph, field.bytes, err)))
            return -1;
    while (rc == 0 && net_proto_next(&message, &field) > 0)
        switch (field.number) {
        case NODE_OP:
            rc = (node->type = text_of(graph, field.bytes, err)) ? 0 : -1;
            break;
        case NODE_INPUT:
            rc = read_input(graph, field.bytes, node, err);
            break;
        case NODE_ATTR:
            rc = read_attr(graph, field.bytes, node->name, &node->attr[node->nattrs++], err);
        }
    return rc ? rc : settle_node(graph, node, err);
}

/* A graph without declared outputs: they are the values that nothing reads. */
static int find_outputs(struct net_graph *graph, struct fa_err *err)
{
    int rc = -1;
    bool *read = fa_mem_array(graph->nvalues, sizeof *read, err);
    if (!read)
        return -1;
    for (size_t i = 0; i < graph->nnodes; i++)
        for (size_t k = 0; k < graph->node[i].ninputs; k++)
            read[graph->node[i].in[k]] = true;
    for (size_t i = 0; i < graph->nnodes; i++)
        if (!read[graph->node[i].out[0]] && net_graph_add_index(&graph->output, &graph->noutputs, &graph->output_capacity,
                                                                graph->node[i].out[0], err))
            goto out;
    rc = 0;
out:
    free(read);
    return rc;
}

int net_read_graphdef(struct net_graph *graph, struct net_bytes file, struct fa_err *err)
{
    struct net_field field;
    int more;
    while ((more = net_proto_next(&file, &field)) > 0)
        if (field.number == GRAPH_NODE && (field.wire != NET_BYTES || read_node(graph, field.bytes, err)))
            return field.wire == NET_BYTES ? -1 : malformed(graph, "a node", err);
    if (more < 0)
        return fa_err_set(err, "%s: malformed or truncated GraphDef", graph->label);
    return find_outputs(graph, err);
}
