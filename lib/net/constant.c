#include "graph.h"
#include "fa/stream.h"

#include <stdlib.h>
#include <string.h>

size_t net_count(size_t rank, const size_t *dim, size_t limit)
{
    size_t n = 1;
    for (size_t i = 0; i < rank; i++)
        if (dim[i] == 0)
            return 0;
    for (size_t i = 0; i < rank; i++) {
        if (dim[i] > limit / n)
            return NET_NONE;
        n *= dim[i];
    }
    return n;
}

int net_constant_shape(struct net_constant *constant, size_t rank, const int64_t *dim, const char *what, struct fa_err *err)
{
    if (rank > FA_NET_RANK)
        return fa_err_set(err, "%s: %zu dimensions, at most %d are supported", what, rank, FA_NET_RANK);
    constant->rank = rank;
    for (size_t i = 0; i < rank; i++) {
        if (dim[i] < 0 || (uint64_t)dim[i] > NET_MAX_ELEMENTS)
            return fa_err_set(err, "%s: dimension of %lld", what, (long long)dim[i]);
        constant->dim[i] = (size_t)dim[i];
    }
    constant->n = net_count(rank, constant->dim, NET_MAX_ELEMENTS);
    if (constant->n == NET_NONE)
        return fa_err_set(err, "%s: too large", what);
    return 0;
}

size_t net_stored_size(enum net_stored stored)
{
    switch (stored) {
    case NET_STORED_I64:
    case NET_STORED_F64:
        return 8;
    case NET_STORED_F32:
    case NET_STORED_I32:
        return 4;
    case NET_STORED_F16:
    case NET_STORED_BF16:
        return 2;
    default:
        return 1;
    }
}

enum net_dtype net_stored_dtype(enum net_stored stored)
{
    return stored <= NET_STORED_F64 ? NET_F32 : NET_I64;
}

/* n of them, little-endian. */
static void load_halves(float *to, const uint8_t *at, size_t n)
{
    struct fa_stored halves = {.dtype = FA_F16, .bytes = at};
    fa_stored_floats(to, &halves, n);
}

/* Bits as stored, in the lowest ones. bfloat16 is the upper half of a float. */
static float load_float(uint64_t bits, enum net_stored stored)
{
    double wide;
    float narrow;
    switch (stored) {
    case NET_STORED_F16:
        load_halves(&narrow, (const uint8_t[]){bits & 0xff, bits >> 8 & 0xff}, 1);
        return narrow;
    case NET_STORED_BF16:
        return net_proto_float(bits << 16);
    case NET_STORED_F64:
        memcpy(&wide, &bits, sizeof wide);
        return (float)wide;
    default:
        return net_proto_float(bits);
    }
}

static int64_t load_integer(const uint8_t *at, enum net_stored stored)
{
    int64_t wide;
    int32_t narrow;
    switch (stored) {
    case NET_STORED_I64:
        memcpy(&wide, at, sizeof wide);
        return wide;
    case NET_STORED_I32:
        memcpy(&narrow, at, sizeof narrow);
        return narrow;
    case NET_STORED_I8:
        return (int8_t)*at;
    default:
        return *at;
    }
}

static void decode_float(const struct net_constant *constant, float *data)
{
    if (constant->stored == NET_STORED_F32)
        memcpy(data, constant->raw.at, constant->n * sizeof *data);
    else if (constant->stored == NET_STORED_F16)
        load_halves(data, constant->raw.at, constant->n);
    else
        for (size_t i = 0, size = net_stored_size(constant->stored); i < constant->n; i++) {
            uint64_t bits = 0;
            memcpy(&bits, constant->raw.at + size * i, size); /* little-endian, as the file */
            data[i] = load_float(bits, constant->stored);
        }
}

int net_constant_decode(struct net_constant *constant, struct fa_err *err)
{
    if (constant->data)
        return 0;
    if (constant->dtype == NET_F32) {
        float *data = fa_mem_aligned(constant->n, sizeof *data, err);
        if (!data)
            return -1;
        if (constant->n)
            decode_float(constant, data);
        constant->data = data;
    } else {
        int64_t *data = fa_mem_array(constant->n, sizeof *data, err);
        if (!data)
            return -1;
        for (size_t i = 0; i < constant->n; i++)
            data[i] = load_integer(constant->raw.at + i * net_stored_size(constant->stored), constant->stored);
        constant->data = data;
    }
    return 0;
}

void net_constant_release(struct net_constant *constant)
{
    free(constant->data);
    constant->data = NULL;
}

static void set_element(struct net_constant *constant, size_t i, uint64_t bits)
{
    if (constant->dtype == NET_I64)
        ((int64_t *)constant->data)[i] = (int64_t)bits;
    else
        ((float *)constant->data)[i] = load_float(bits, constant->stored);
}

/* Counts the values of the list; up to n of them are stored if there is data. -1: malformed. */
static int walk_list(struct net_constant *constant, struct net_bytes message, unsigned number, enum net_wire scalar,
                     size_t *count)
{
    struct net_field field;
    int more;
    *count = 0;
    while ((more = net_proto_next(&message, &field)) > 0) {
        uint64_t bits;
        if (field.number != number)
            continue;
        while ((more = net_proto_value(&field, scalar, &bits)) > 0) {
            if (constant->data && *count < constant->n)
                set_element(constant, *count, bits);
            ++*count;
        }
        if (more < 0)
            return -1;
    }
    return more;
}

int net_constant_from_list(struct net_constant *constant, struct net_bytes message, unsigned number, enum net_wire scalar,
                           bool fill, const char *what, struct fa_err *err)
{
    size_t count;
    if (walk_list(constant, message, number, scalar, &count) < 0)
        return fa_err_set(err, "%s: malformed list of values", what);
    if (count != constant->n && !(fill && count && count < constant->n && constant->n <= NET_MAX_KNOWN))
        return fa_err_set(err, "%s: %zu values for %zu elements", what, count, constant->n);
    constant->data = constant->dtype == NET_F32 ? fa_mem_aligned(constant->n, sizeof(float), err)
                                                : fa_mem_array(constant->n, sizeof(int64_t), err);
    if (!constant->data)
        return -1;
    walk_list(constant, message, number, scalar, &count);
    for (size_t i = count; i < constant->n; i++)
        if (constant->dtype == NET_F32)
            ((float *)constant->data)[i] = ((float *)constant->data)[count - 1];
        else
            ((int64_t *)constant->data)[i] = ((int64_t *)constant->data)[count - 1];
    return 0;
}
