/* TensorProto of onnx.proto3. */
#include "onnx.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TENSOR_DIM = 1, TENSOR_TYPE = 2, TENSOR_FLOATS = 4, TENSOR_INT32S = 5, TENSOR_INT64S = 7, TENSOR_NAME = 8,
       TENSOR_RAW = 9, TENSOR_DOUBLES = 10, TENSOR_ENTRY = 13, TENSOR_LOCATION = 14 };
enum { ENTRY_KEY = 1, ENTRY_VALUE = 2 };
enum { TYPE_FLOAT = 1, TYPE_UINT8 = 2, TYPE_INT8 = 3, TYPE_INT32 = 6, TYPE_INT64 = 7, TYPE_BOOL = 9, TYPE_FLOAT16 = 10,
       TYPE_DOUBLE = 11, TYPE_BFLOAT16 = 16 };

static const struct tensor_type {
    uint64_t type;
    enum net_stored stored;
    unsigned list; /* the field that holds the elements if raw_data does not */
} tensor_types[] = {
    {TYPE_FLOAT, NET_STORED_F32, TENSOR_FLOATS}, {TYPE_FLOAT16, NET_STORED_F16, TENSOR_INT32S},
    {TYPE_INT64, NET_STORED_I64, TENSOR_INT64S}, {TYPE_INT32, NET_STORED_I32, TENSOR_INT32S},
    {TYPE_UINT8, NET_STORED_U8, TENSOR_INT32S},  {TYPE_INT8, NET_STORED_I8, TENSOR_INT32S},
    {TYPE_BOOL, NET_STORED_U8, TENSOR_INT32S},   {TYPE_DOUBLE, NET_STORED_F64, TENSOR_DOUBLES},
    {TYPE_BFLOAT16, NET_STORED_BF16, TENSOR_INT32S},
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

bool net_onnx_is_float(uint64_t type)
{
    const struct tensor_type *known = find_type(type);
    return known && net_stored_dtype(known->stored) == NET_F32;
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

/* A number as text. */
static int read_number(const char *text, uint64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return *text < '0' || *text > '9' || *end || errno ? -1 : 0;
}

/* Entries of external_data: location, offset, length, each a pair of strings. */
static int read_external(struct net_graph *graph, struct net_bytes message, size_t bytes, struct net_bytes *raw,
                         struct fa_err *err)
{
    struct net_field field, inner;
    const char *location = "";
    uint64_t offset = 0, length = bytes;
    while (net_proto_next(&message, &field) > 0) {
        const char *key = "", *value = "";
        if (field.number != TENSOR_ENTRY)
            continue;
        while (net_proto_next(&field.bytes, &inner) > 0) {
            const char *text = net_onnx_text(graph, inner.bytes, err);
            if (!text)
                return -1;
            *(inner.number == ENTRY_KEY ? &key : &value) = text;
        }
        if (strcmp(key, "location") == 0)
            location = value;
        else if ((strcmp(key, "offset") == 0 && read_number(value, &offset)) ||
                 (strcmp(key, "length") == 0 && read_number(value, &length)))
            return net_onnx_malformed(graph, "a tensor", err);
    }
    if (length != bytes)
        return fa_err_set(err, "%s: %llu bytes in '%.80s', want %zu", graph->label, (unsigned long long)length, location,
                          bytes);
    return net_beside(graph, location, offset, length, raw, err);
}

int net_onnx_tensor(struct net_graph *graph, struct net_bytes message, struct net_onnx_tensor_head *head,
                    struct net_constant **constant, const char **why, struct fa_err *err)
{
    char what[160];
    if (read_tensor_head(message, head) < 0)
        return net_onnx_malformed(graph, "a tensor", err);
    const struct tensor_type *type = find_type(head->type);
    *constant = NULL;
    if (!type) {
        *why = "unsupported data type of a tensor";
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
    size_t bytes = made->n * net_stored_size(type->stored);
    if (head->external)
        return read_external(graph, message, bytes, &made->raw, err);
    if (!head->has_raw)
        return net_constant_from_list(made, message, type->list,
                                      type->list == TENSOR_FLOATS    ? NET_FIXED32
                                      : type->list == TENSOR_DOUBLES ? NET_FIXED64
                                                                     : NET_VARINT,
                                      false, what, err);
    made->raw = head->raw;
    if (net_bytes_size(head->raw) != bytes)
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
