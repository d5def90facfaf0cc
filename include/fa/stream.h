/* The stream that the tools pass over pipes: MessagePack segments of a header, records and an end. The format itself is
 * fa-stream(5). Nothing here trusts its input: sizes are checked against the bytes at hand before memory is asked for. */
#ifndef FA_STREAM_H
#define FA_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fa/err.h"
#include "fa/mem.h"

/* ---- values: what the maps of a stream hold ---- */

enum fa_type { FA_NIL, FA_BOOL, FA_INT, FA_REAL, FA_STRING, FA_ARRAY, FA_MAP };

struct fa_map {
    struct fa_pair *pair; /* n pairs in the order of the stream; keys are unique */
    size_t n, capacity;
};

struct fa_value {
    enum fa_type type;
    union {
        bool boolean;
        int64_t integer;
        double real;
        const char *string; /* UTF-8, NUL-terminated */
        struct {
            struct fa_value *item;
            size_t n;
        } array;
        struct fa_map map;
    };
};

struct fa_pair {
    const char *key;
    struct fa_value value;
};

struct fa_value fa_value_int(int64_t integer);
struct fa_value fa_value_real(double real);
struct fa_value fa_value_string(const char *string); /* not copied: must live as long as the value */

/* Makes *value an array of n reals, in the arena. */
int fa_value_reals(struct fa_value *value, struct fa_arena *arena, const float *real, size_t n, struct fa_err *err);

/* Whether a value is a number, or a string that is nothing but a number, and which. */
bool fa_value_number(const struct fa_value *value, double *number);

/* NULL if there is no such key. */
const struct fa_value *fa_map_get(const struct fa_map *map, const char *key);

/* The string at key, or fallback where there is none or it is not a string. */
const char *fa_map_string(const struct fa_map *map, const char *key, const char *fallback);
/* The number (integer or real) at key, or fallback. */
double fa_map_number(const struct fa_map *map, const char *key, double fallback);

/* Adds or replaces. key and what value points to are not copied: they must live as long as the map. The pair array is
 * the arena's. */
int fa_map_set(struct fa_map *map, struct fa_arena *arena, const char *key, struct fa_value value, struct fa_err *err);

/* How many of the n bytes at text are well-formed UTF-8 without NUL: n if all are. */
size_t fa_utf8_valid(const char *text, size_t n);

/* ---- header ---- */

enum fa_kind { FA_CROP = 1, FA_EMBEDDING = 2, FA_LOGIT = 4 }; /* bits, so that a reader can want several */
enum fa_dtype { FA_U8, FA_F16, FA_F32 };                      /* of the stored payload */

const char *fa_kind_name(enum fa_kind kind);

/* One attribute of a logit stream (or a model): its name and its classes in natural order. */
struct fa_head {
    const char *name;
    const char *const *class;
    size_t nclasses;
    size_t offset; /* of its first logit in a record */
};

struct fa_header {
    enum fa_kind kind;
    enum fa_dtype dtype; /* as stored; a reader hands out FA_F16 as float all the same */
    size_t rank, dim[4]; /* shape of a record's payload: crops height, width, channels; else length */
    struct fa_map map;   /* the whole header map; `dtype` and `shape` in it are written from the fields above */
    const struct fa_head *head; /* logits only, from map's `heads` */
    size_t nheads;
};

/* Payload elements of a record. */
size_t fa_header_elements(const struct fa_header *header);

/* Deep copy into the arena. */
int fa_header_copy(struct fa_header *to, struct fa_arena *arena, const struct fa_header *from, struct fa_err *err);

/* Sets map's `heads`, head and nheads from copies of head[0..n-1] (offsets are computed) and the shape to their sum. */
int fa_header_set_heads(struct fa_header *header, struct fa_arena *arena, const struct fa_head *head, size_t n,
                        struct fa_err *err);

/* Appends [tool, version, command] to `prog`. */
int fa_header_add_prog(struct fa_header *header, struct fa_arena *arena, const char *tool, const char *version,
                       const char *command, struct fa_err *err);

/* ---- records ---- */

struct fa_record {
    const char *id;
    struct fa_map labels; /* string to string */
    struct fa_map about;  /* string to any value; `reject` (a string) where there is no payload */
    void *data;           /* FA_U8: bytes; else floats, 64-byte aligned; NULL for a reject */
    size_t elements;      /* of data; 0 for a reject */
    struct fa_arena arena; /* owns all of the above */
};

/* The reason why a record has no payload, or NULL if it has one. */
const char *fa_record_reject(const struct fa_record *record);

/* A record's memory for reuse, and for good. An all-zero record is empty. */
void fa_record_clear(struct fa_record *record);
void fa_record_free(struct fa_record *record);

/* Payload memory for n elements of size bytes each, owned by the record; sets data and elements. Not zeroed. */
void *fa_record_payload(struct fa_record *record, size_t n, size_t size, struct fa_err *err);

/* Drops the payload and sets about's `reject`. */
int fa_record_set_reject(struct fa_record *record, const char *reason, struct fa_err *err);

/* The length of an id without its `#k` and `~k` (k a number): what face k and copy k of one picture have in common. */
size_t fa_id_base(const char *id);

/* ---- reading ---- */

struct fa_reader;

enum {
    FA_READER_UNIQUE = 1, /* refuse an id met twice (costs 8 to 16 bytes a record) */
    FA_READER_MAP = 2     /* map regular files instead of reading them, for fa_reader_stored() */
};

/* Files mapped into memory: they must not be cut while they are. */
struct fa_maps {
    struct fa_mapping *mapping;
    size_t n, capacity;
};
void fa_maps_free(struct fa_maps *maps); /* unmaps */

/* Opens the streams at paths, read as one; n = 0, or the path "-", is standard input. want is the kinds accepted, ored;
 * the message about another kind says which tool makes the wanted one. Reads the first header. */
struct fa_reader *fa_reader_open(const char *const *paths, size_t n, unsigned want, unsigned flags, struct fa_err *err);
void fa_reader_close(struct fa_reader *reader);

/* The header of the (first) segment; belongs to the reader. */
const struct fa_header *fa_reader_header(const struct fa_reader *reader);

/* Fills record (cleared first): 1, or 0 at the end of the last segment, or -1. The payload's length is checked against
 * the shape, half floats become floats, and a number that is not finite is an error that names the record.
 * Errors: I/O, malformed or truncated input, a wrong check, segments that do not fit together, an id met twice. */
int fa_reader_next(struct fa_reader *reader, struct fa_record *record, struct fa_err *err);

/* Which of the paths, from 0, the last record came from. */
size_t fa_reader_input(const struct fa_reader *reader);

/* The payload of the last record as it is stored. The bytes are there until the next record is read; of a mapped file, as long
 * as its mapping. */
struct fa_stored {
    const unsigned char *bytes;
    enum fa_dtype dtype;
    bool mapped;
};
struct fa_stored fa_reader_stored(const struct fa_reader *reader);

/* Hands over the mappings, which else end with the reader. Their bytes may now be read in any order. */
struct fa_maps fa_reader_take_maps(struct fa_reader *reader);

/* n stored elements, FA_F16 or FA_F32, as floats. */
void fa_stored_floats(float *to, const struct fa_stored *from, size_t n);

/* Records read so far, and how many of them were rejects. */
uint64_t fa_reader_count(const struct fa_reader *reader);
uint64_t fa_reader_rejected(const struct fa_reader *reader);

/* ---- writing ---- */

struct fa_writer;

/* Writes header to fd (not closed by the writer) at once, so that the next tool in a pipe can get ready; name stands in
 * messages. A reader's header may be passed on as it is. */
struct fa_writer *fa_writer_open(int fd, const char *name, const struct fa_header *header, struct fa_err *err);
void fa_writer_close(struct fa_writer *writer); /* frees; without fa_writer_end() before, the stream counts as cut */

/* data is bytes for FA_U8, floats for FA_F16 (rounded to nearest even) and FA_F32. */
int fa_writer_put(struct fa_writer *writer, const struct fa_record *record, struct fa_err *err);

/* Hands what is buffered to the pipe, so that the next tool gets it now. */
int fa_writer_flush(struct fa_writer *writer, struct fa_err *err);

/* The end record: only after everything went well. */
int fa_writer_end(struct fa_writer *writer, struct fa_err *err);

uint64_t fa_writer_count(const struct fa_writer *writer);
uint64_t fa_writer_rejected(const struct fa_writer *writer);

#endif
