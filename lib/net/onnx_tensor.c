/* TensorProto of onnx.proto3. */
#include "onnx.h"

#include <stdio.h>

enum { TENSOR_DIM = 1, TENSOR_TYPE = 2, TENSOR_FLOATS = 4, TENSOR_INT32S = 5, TENSOR_INT64S = 7, TENSOR_NAME = 8,
      TENSOR_RAW = 9,
       TENSOR_LOCATION = 14 };
enum { TYPE_FLOAT = NET_ONNX_FLOAT, TYPE_UINT8 = 2, TYPE_INT8 = 3, TYPE_INT32 = 6, TYPE_INT64 = 7, TYPE_BOOL = 9,
      TYPE_FLOAT16 = 10 };

static const struct tensor_type {
    uint64_t type;
    enum net_stored stored;
    unsigned list; /* the field that holds the elements if raw_data does not */
} tensor_types[] = {
    {TYPE_FLOAT, NET_STORED_F32, TENSOR_FLOATS}, {TYPE_FLOAT16, NET_STORED_F16, TENSOR_INT32S},
    {TYPE_INT64, NET_STORED_I64, TENSOR_INT64S}, {TYPE_INT32, NET_STORED_I32, TENSOR_INT32S},
    {TYPE_UINT8, NET_STORED_U8, TENSOR_INT32S},  {TYPE_INT8, NET_STORED_I8, TENSOR_INT32S},
    {TYPE_BOOL, NET_STORED_U8, TENSOR_INT32S},
};

int net_onnx_malformed(const struct net_graph *graph, const char *what, struct fa_err *err)
{
    return fa_err_set(err, "%s: malformed ONNX file (in %s)", graph->label, what);
}

char *net_onnx_text(struct net_graph *graph, struct net_bytes bytes, struct fa_err *err)
{
    return fa_arena_strndup(&graph->arena, bytes.at ? (const char *)bytes.at : "", net_bytes_size(bytes), err);
}

static const struct tensor_type *find_type(uint64_t type)
{
    for (size_t i = 0; i < sizeof tensor_types / sizeof *tensor_types; i++)
        if (tensor_types[i].type == type)
            return &tensor_types[i];
    return NULL;
}

static int read_dim(struct net_onnx_tensor_head *head, struct net_field *field)
{
    uint64_t dim;
    int more;
    while ((more = net_proto_value(field, NET_VARINT, &dim)) > 0) {
        if (head->rank == FA_NET_RANK)
            return -1;
        head->dim[head->rank++] = (int64_t)dim;
    }
    return more;
}

static int read_tensor_head(struct net_bytes message, struct net_onnx_tensor_head *head)
{
    struct net_field field;
    int more;
    *head = (struct net_onnx_tensor_head){0};
    while ((more = net_proto_next(&message, &field)) > 0)
        switch (field.number) {
        case TENSOR_DIM:
            if (read_dim(head, &field) < 0)
                return -1;
            break;
        case TENSOR_TYPE:
            head->type = field.number_value;
            break;
        case TENSOR_NAME:
            head->name = field.bytes;
            break;
        case TENSOR_RAW:
            head->raw = field.bytes;
            head->has_raw = field.wire == NET_BYTES;
            break;
        case TENSOR_LOCATION:
            head->external = field.number_value != 0;
        }
    return more;
}

int net_onnx_tensor(struct net_graph *graph, struct net_bytes message, struct net_onnx_tensor_head *head,
                    struct net_constant **constant, const char **why, struct fa_err *err)
{
    char what[160];
    if (read_tensor_head(message, head) < 0)
        return net_onnx_malformed(graph, "a tensor", err);
    const struct tensor_type *type = find_type(head->type);
    *constant = NULL;
    if (head->external || !type) {
        *why = head->external ? "its data is in another file, which is not supported" : "unsupported data type of a tensor";
        return 0;
    }
    const char *name = net_onnx_text(graph, head->name, err);
    struct net_constant *made = name ? net_graph_add_constant(graph, err) : NULL;
    if (!made)
        return -1;
    snprintf(what, sizeof what, "%.80s: tensor '%.60s'", graph->label, name);
    made->stored = type->stored;
    made->dtype = net_stored_dtype(type->stored);
    if (net_constant_shape(made, head->rank, head->dim, what, err))
        return -1;
    *constant = made;
    if (!head->has_raw)
        return net_constant_from_list(made, message, type->list, type->list == TENSOR_FLOATS ? NET_FIXED32 : NET_VARINT,
                                      false, what,
                                      err);
    made->raw = head->raw;
    if (net_bytes_size(head->raw) != made->n * net_stored_size(type->stored))
        return fa_err_set(err, "%s: %zu bytes for %zu elements", what, net_bytes_size(head->raw), made->n);
    return 0;
}

struct net_constant *net_read_onnx_tensor(struct net_graph *graph, struct net_bytes tensor, struct fa_err *err)
{
    struct net_onnx_tensor_head head;
    struct net_constant *constant;
    const char *why;
    if (net_onnx_tensor(graph, tensor, &head, &constant, &why, err))
        return NULL;
    if (!constant)
        fa_err_set(err, "%s: %s", graph->label, why);
    return constant;
}
