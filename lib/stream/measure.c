#include <string.h>

#include "wire.h"

/* msgpack-c asks for an array's memory before it has seen an element: five bytes make it want 34 GB. So every object is
 * walked here first. */

static size_t big_endian(const unsigned char *bytes, size_t n)
{
    size_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* One element's own size: a head of *head bytes with *body bytes behind it, and *items elements inside it. */
struct element {
    size_t head, body, items;
    bool map;
};

/* head bytes of a type byte whose length field is `length` bytes wide. Returns 0 if the field is not at hand yet. */
static int sized(struct element *e, const unsigned char *at, size_t n, size_t length)
{
    e->head = 1 + length;
    if (n < e->head)
        return 0;
    size_t value = big_endian(at + 1, length);
    bool str = at[0] >= 0xd9 && at[0] <= 0xdb, bin = at[0] >= 0xc4 && at[0] <= 0xc6;
    if (str || bin)
        e->body = value;
    else
        e->items = value;
    return 1;
}

/* 1: *e is filled; 0: the head is not whole; -1: not allowed. */
static int look(struct element *e, const unsigned char *at, size_t n)
{
    static const unsigned char number[] = {4, 8, 1, 2, 4, 8, 1, 2, 4, 8}; /* bytes behind 0xca..0xd3 */
    unsigned char type = at[0];
    *e = (struct element){.head = 1};
    if (type <= 0x7f || type >= 0xe0 || type == 0xc0 || type == 0xc2 || type == 0xc3)
        return 1;
    if (type <= 0x8f) {
        e->items = type & 0xf;
        e->map = true;
    } else if (type <= 0x9f) {
        e->items = type & 0xf;
    } else if (type <= 0xbf) {
        e->body = type & 0x1f;
    } else if (type >= 0xc4 && type <= 0xc6) {
        return sized(e, at, n, (size_t)1 << (type - 0xc4));
    } else if (type >= 0xca && type <= 0xd3) {
        e->body = number[type - 0xca];
    } else if (type >= 0xd9 && type <= 0xdb) {
        return sized(e, at, n, (size_t)1 << (type - 0xd9));
    } else if (type == 0xdc || type == 0xdd) {
        return sized(e, at, n, type == 0xdc ? 2 : 4);
    } else if (type == 0xde || type == 0xdf) {
        e->map = true;
        return sized(e, at, n, type == 0xde ? 2 : 4);
    } else {
        return -1; /* ext and the never-used byte */
    }
    return 1;
}

int wire_measure(const unsigned char *bytes, size_t n, size_t *size, struct fa_err *err)
{
    size_t left[WIRE_DEPTH + 1] = {1}, depth = 0, at = 0, items = 0;
    for (;;) {
        while (left[depth] == 0) {
            if (depth == 0) {
                *size = at;
                return 1;
            }
            depth--;
        }
        struct element e;
        int seen = at < n ? look(&e, bytes + at, n - at) : 0;
        if (seen < 0)
            return fa_err_set(err, "malformed (byte 0x%02x where a value begins)", bytes[at]);
        if (seen == 0) {
            *size = (at < n ? at + e.head : at + 1);
            return 0;
        }
        left[depth]--;
        items += e.items;
        if (e.map && e.items > WIRE_PAIRS)
            return fa_err_set(err, "map of %zu entries (limit %d)", e.items, WIRE_PAIRS);
        if (items > WIRE_ITEMS)
            return fa_err_set(err, "more than %d values in one object", WIRE_ITEMS);
        if (e.head + e.body > WIRE_BYTES - at)
            return fa_err_set(err, "object of more than %zu bytes", WIRE_BYTES);
        at += e.head + e.body;
        if (at > n) {
            *size = at;
            return 0;
        }
        if (e.items) {
            if (depth == WIRE_DEPTH)
                return fa_err_set(err, "nested deeper than %d", WIRE_DEPTH);
            left[++depth] = e.map ? 2 * e.items : e.items;
        }
    }
}
