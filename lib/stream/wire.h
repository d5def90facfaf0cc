/* Between the files of this room: bytes to values and back. */
#ifndef FA_STREAM_WIRE_H
#define FA_STREAM_WIRE_H

#include <msgpack.h>

#include "fa/stream.h"

enum { WIRE_MAJOR = 1, WIRE_MINOR = 0 };
enum { WIRE_HEADER = 0, WIRE_RECORD = 1, WIRE_END = 2 }; /* first element of every object */
enum { WIRE_DEPTH = 8, WIRE_PAIRS = 4096, WIRE_ITEMS = 1 << 20 };
#define WIRE_BYTES ((size_t)64 << 20)

/* Measures the MessagePack object at bytes[0..n-1] without allocating anything. 1: it is whole, *size bytes long; 0: it
 * goes on, at least *size bytes in all are needed; -1: malformed or past a limit. */
int wire_measure(const unsigned char *bytes, size_t n, size_t *size, struct fa_err *err);

/* Deep copy of an object into the arena. Errors: kinds of MessagePack that a stream does not have (bin and ext inside
 * maps), strings that are not UTF-8 or hold a NUL, keys that are no strings or stand twice. */
int wire_value(struct fa_value *value, struct fa_arena *arena, const msgpack_object *object, struct fa_err *err);
int wire_map(struct fa_map *map, struct fa_arena *arena, const msgpack_object *object, struct fa_err *err);

int wire_pack_value(msgpack_packer *packer, const struct fa_value *value);
int wire_pack_map(msgpack_packer *packer, const struct fa_map *map);
int wire_pack_string(msgpack_packer *packer, const char *string);

/* Header from and to its object. */
int wire_read_header(struct fa_header *header, struct fa_arena *arena, const msgpack_object *object, struct fa_err *err);
int wire_pack_header(msgpack_packer *packer, const struct fa_header *header);

/* Maps the file behind fd, from its beginning, if it is a regular one that nothing was read of yet. 1: *bytes is all of its
 * *n bytes; 0: it has to be read; -1. maps_shuffled() says that the order of reading is over. */
int maps_add(struct fa_maps *maps, int fd, const unsigned char **bytes, size_t *n, struct fa_err *err);
void maps_shuffled(const struct fa_maps *maps);

/* Little-endian payloads of n elements. */
size_t wire_element_size(enum fa_dtype dtype);
void wire_put_f16(unsigned char *to, const float *from, size_t n);
void wire_put_f32(unsigned char *to, const float *from, size_t n);

int value_copy(struct fa_value *to, struct fa_arena *arena, const struct fa_value *from, struct fa_err *err);
int map_copy(struct fa_map *to, struct fa_arena *arena, const struct fa_map *from, struct fa_err *err);
bool value_equal(const struct fa_value *a, const struct fa_value *b); /* NULL equals NULL */

#endif
