#include "proto.h"

#include <string.h>

static int take_varint(struct net_bytes *bytes, uint64_t *value)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64 && bytes->at < bytes->end; shift += 7) {
        uint8_t byte = *bytes->at++;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = v;
            return 1;
        }
    }
    return -1;
}

static int take_fixed(struct net_bytes *bytes, size_t n, uint64_t *value)
{
    uint64_t v = 0;
    if (net_bytes_size(*bytes) < n)
        return -1;
    for (size_t i = 0; i < n; i++)
        v |= (uint64_t)bytes->at[i] << (8 * i);
    bytes->at += n;
    *value = v;
    return 1;
}

static int take_scalar(struct net_bytes *bytes, enum net_wire wire, uint64_t *value)
{
    if (wire == NET_VARINT)
        return take_varint(bytes, value);
    return take_fixed(bytes, wire == NET_FIXED64 ? 8 : 4, value);
}

int net_proto_next(struct net_bytes *message, struct net_field *field)
{
    uint64_t tag, length;
    if (message->at == message->end)
        return 0;
    if (take_varint(message, &tag) < 0 || tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
        return -1;
    *field = (struct net_field){.number = (unsigned)(tag >> 3), .wire = (enum net_wire)(tag & 7)};
    switch (tag & 7) {
    case NET_VARINT:
    case NET_FIXED64:
    case NET_FIXED32:
        return take_scalar(message, field->wire, &field->number_value);
    case NET_BYTES:
        if (take_varint(message, &length) < 0 || length > net_bytes_size(*message))
            return -1;
        field->bytes = (struct net_bytes){message->at, message->at + length};
        message->at += length;
        return 1;
    }
    return -1;
}

int net_proto_value(struct net_field *field, enum net_wire scalar, uint64_t *value)
{
    if (field->wire == NET_BYTES)
        return field->bytes.at == field->bytes.end ? 0 : take_scalar(&field->bytes, scalar, value);
    if (field->wire != scalar)
        return -1;
    *value = field->number_value;
    field->wire = NET_BYTES;
    field->bytes = (struct net_bytes){NULL, NULL};
    return 1;
}

float net_proto_float(uint64_t value)
{
    uint32_t bits = (uint32_t)value;
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}
