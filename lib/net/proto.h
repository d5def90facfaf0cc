/* A bounded walker over protobuf's wire format (protobuf.dev/programming-guides/encoding). */
#ifndef FA_NET_PROTO_H
#define FA_NET_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct net_bytes {
    const uint8_t *at, *end;
};

enum net_wire { NET_VARINT = 0, NET_FIXED64 = 1, NET_BYTES = 2, NET_FIXED32 = 5 };

struct net_field {
    unsigned number;
    enum net_wire wire;
    uint64_t number_value;  /* NET_VARINT, NET_FIXED64, NET_FIXED32 */
    struct net_bytes bytes; /* NET_BYTES: lies wholly within the message */
};

/* Takes the next field off message: 1, or 0 at its end, or -1 if what stands there is no field that fits. */
int net_proto_next(struct net_bytes *message, struct net_field *field);

/* A repeated numeric field comes one value a field, or packed, many in one field of bytes. Takes values off such a field:
 * 1 and *value, 0 when none is left, -1 if malformed. scalar is how the elements are encoded; the field changes. */
int net_proto_value(struct net_field *field, enum net_wire scalar, uint64_t *value);

static inline size_t net_bytes_size(struct net_bytes bytes)
{
    return (size_t)(bytes.end - bytes.at);
}

/* The bits of a NET_FIXED32 value as a float. */
float net_proto_float(uint64_t value);

#endif
