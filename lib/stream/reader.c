#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "seen.h"
#include "wire.h"

struct fa_reader {
    const char *const *path;
    size_t npaths, next; /* paths, and the next one to open */
    unsigned want, flags;
    int fd;
    const char *name;      /* of the open input, for messages */
    const char *head_name; /* of the one that the header came from */
    unsigned char *buffer;
    const unsigned char *bytes; /* the buffer, or the whole of the open input, mapped */
    size_t capacity, at, end;   /* unread bytes are bytes[at..end-1] */
    bool eof, fresh, in_segment; /* fresh: nothing was read from the open input yet */
    XXH3_state_t *check;
    uint64_t in_count, in_rejected; /* of this segment */
    uint64_t count, rejected;       /* of all */
    enum fa_dtype dtype;            /* of this segment */
    struct fa_stored stored;        /* of the last record */
    struct fa_maps maps;
    struct fa_header header;
    struct fa_arena arena, scratch;
    struct seen seen;
    msgpack_zone *zone;
};

/* ---- bytes ---- */

static int fill(struct fa_reader *reader, size_t want, struct fa_err *err)
{
    if (reader->at) {
        memmove(reader->buffer, reader->buffer + reader->at, reader->end - reader->at);
        reader->end -= reader->at;
        reader->at = 0;
    }
    size_t room = want > (size_t)1 << 16 ? want : (size_t)1 << 16;
    if (fa_mem_grow(&reader->buffer, &reader->capacity, room, 1, err))
        return -1;
    reader->bytes = reader->buffer;
    while (reader->end < want && !reader->eof) {
        ssize_t n = read(reader->fd, reader->buffer + reader->end, reader->capacity - reader->end);
        if (n < 0 && errno != EINTR)
            return fa_err_sys(err, "%s: read", reader->name);
        if (n == 0)
            reader->eof = true;
        if (n > 0)
            reader->end += (size_t)n;
    }
    return 0;
}

static int cut(const struct fa_reader *reader, struct fa_err *err)
{
    return fa_err_set(err, "%s: stream ended early after record %llu", reader->name, (unsigned long long)reader->in_count);
}

/* The next whole object, unpacked into the zone. 1, 0 at the end of the input, -1. *size is its length from bytes + at,
 * which the caller steps over. */
static int next_object(struct fa_reader *reader, msgpack_object *object, size_t *size, struct fa_err *err)
{
    size_t have, want = 1;
    int whole = 0;
    while (!whole) {
        if (reader->end - reader->at < want && !reader->eof && fill(reader, want, err))
            return -1;
        have = reader->end - reader->at;
        if (have < want)
            return have == 0 && !reader->in_segment ? 0 : cut(reader, err);
        struct fa_err why;
        whole = wire_measure(reader->bytes + reader->at, have, &want, &why);
        if (whole < 0 && !reader->in_segment)
            return fa_err_set(err, "%s: not a fa stream", reader->name);
        if (whole < 0)
            return fa_err_set(err, "%s: record %llu: %s", reader->name, (unsigned long long)reader->in_count + 1, why.text);
    }
    *size = want;
    msgpack_zone_clear(reader->zone);
    if (msgpack_unpack((const char *)reader->bytes + reader->at, want, NULL, reader->zone, object) != MSGPACK_UNPACK_SUCCESS)
        return fa_err_memory(err, want);
    return 1;
}

static void consume(struct fa_reader *reader, size_t size)
{
    XXH3_64bits_update(reader->check, reader->bytes + reader->at, size);
    reader->at += size;
}

/* ---- segments ---- */

static int open_next(struct fa_reader *reader, struct fa_err *err)
{
    const char *path = reader->npaths ? reader->path[reader->next] : "-";
    bool standard = strcmp(path, "-") == 0;
    reader->next++;
    reader->eof = false;
    reader->fresh = true;
    reader->at = reader->end = 0;
    reader->name = standard ? "stdin" : path;
    reader->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (reader->fd < 0)
        return fa_err_sys(err, "%s", path);
    if (!(reader->flags & FA_READER_MAP))
        return 0;
    int mapped = maps_add(&reader->maps, reader->fd, &reader->bytes, &reader->end, err);
    reader->eof = mapped > 0;
    return mapped < 0 ? -1 : 0;
}

static void close_input(struct fa_reader *reader)
{
    if (reader->fd > STDIN_FILENO)
        close(reader->fd);
    reader->fd = -1;
}

static int wrong_kind(const struct fa_reader *reader, enum fa_kind kind, struct fa_err *err)
{
    const char *advice = "";
    bool embedded = kind == FA_EMBEDDING;
    if (kind < (enum fa_kind)reader->want && !(reader->want & FA_CROP))
        advice = reader->want & FA_EMBEDDING ? " (pipe it through fa-embed)"
                 : embedded                  ? " (pipe it through fa-predict)"
                                             : " (pipe it through fa-embed and fa-predict)";
    else if (kind != FA_CROP && reader->want == FA_CROP)
        advice = " (it has passed fa-embed already)";
    char wanted[64] = "";
    size_t n = 0;
    for (unsigned bit = FA_CROP; bit <= FA_LOGIT; bit <<= 1)
        if (reader->want & bit)
            n += (size_t)snprintf(wanted + n, sizeof wanted - n, "%s%s", n ? " or " : "", fa_kind_name((enum fa_kind)bit));
    return fa_err_set(err, "%s: %s stream, want %s%s", reader->name, fa_kind_name(kind), wanted, advice);
}

/* Whether a later segment can be read as one with the first. */
static int fits(const struct fa_reader *reader, const struct fa_header *header, struct fa_err *err)
{
    static const char *const key[][4] = {{"template", "order"}, {"card", "digest", "features"}, {"heads"}};
    const struct fa_header *first = &reader->header;
    const char *differs = NULL;
    if (header->kind != first->kind)
        differs = "kind";
    else if (header->rank != first->rank || memcmp(header->dim, first->dim, sizeof header->dim) != 0)
        differs = "shape";
    const char *const *keys = key[first->kind == FA_CROP ? 0 : first->kind == FA_EMBEDDING ? 1 : 2];
    for (size_t i = 0; i < 4 && keys[i] && !differs; i++)
        if (!value_equal(fa_map_get(&first->map, keys[i]), fa_map_get(&header->map, keys[i])))
            differs = keys[i];
    if (!differs)
        return 0;
    const char *was = fa_map_string(&first->map, differs, ""), *is = fa_map_string(&header->map, differs, "");
    if (was[0] || is[0])
        return fa_err_set(err, "%s: %s '%s' does not fit '%s' of %s", reader->name, differs, is, was, reader->head_name);
    return fa_err_set(err, "%s: %s differs from that of %s", reader->name, differs, reader->head_name);
}

/* The header of the next segment: 1, 0 at the end of the last input, -1. */
static int begin_segment(struct fa_reader *reader, bool first, struct fa_err *err)
{
    msgpack_object object;
    size_t size;
    int got;
    while ((got = next_object(reader, &object, &size, err)) == 0) {
        if (reader->fresh)
            return fa_err_set(err, "%s: empty input, want a fa stream", reader->name);
        close_input(reader);
        if (reader->next >= reader->npaths)
            return 0;
        if (open_next(reader, err))
            return -1;
    }
    struct fa_header header;
    struct fa_err why;
    struct fa_arena *arena = first ? &reader->arena : &reader->scratch;
    if (got < 0)
        return -1;
    fa_arena_reset(&reader->scratch);
    if (wire_read_header(&header, arena, &object, &why))
        return fa_err_set(err, "%s: %s", reader->name, why.text);
    if (!(header.kind & reader->want))
        return wrong_kind(reader, header.kind, err);
    if (first) {
        reader->header = header;
        reader->head_name = reader->name;
    } else if (fits(reader, &header, err)) {
        return -1;
    }
    reader->dtype = header.dtype;
    reader->fresh = false;
    reader->in_segment = true;
    reader->in_count = reader->in_rejected = 0;
    XXH3_64bits_reset(reader->check);
    consume(reader, size);
    return 1;
}

static int end_segment(struct fa_reader *reader, const msgpack_object *object, struct fa_err *err)
{
    const msgpack_object *item = object->via.array.ptr;
    if (object->via.array.size < 4 || item[1].type != MSGPACK_OBJECT_POSITIVE_INTEGER ||
        item[2].type != MSGPACK_OBJECT_POSITIVE_INTEGER || item[3].type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        return fa_err_set(err, "%s: malformed end record", reader->name);
    if (item[3].via.u64 != XXH3_64bits_digest(reader->check) || item[1].via.u64 != reader->in_count ||
        item[2].via.u64 != reader->in_rejected)
        return fa_err_set(err, "%s: damaged (the check at the end does not match)", reader->name);
    reader->in_segment = false;
    return 0;
}

struct fa_reader *fa_reader_open(const char *const *paths, size_t n, unsigned want, unsigned flags, struct fa_err *err)
{
    struct fa_reader *reader = fa_mem_array(1, sizeof *reader, err);
    if (!reader)
        return NULL;
    *reader = (struct fa_reader){.path = paths, .npaths = n, .want = want, .flags = flags, .fd = -1};
    reader->check = XXH3_createState();
    reader->zone = msgpack_zone_new(MSGPACK_ZONE_CHUNK_SIZE);
    if (!reader->check || !reader->zone)
        fa_err_memory(err, sizeof *reader);
    else if (!open_next(reader, err) && begin_segment(reader, true, err) == 1)
        return reader;
    fa_reader_close(reader);
    return NULL;
}

void fa_reader_close(struct fa_reader *reader)
{
    if (!reader)
        return;
    close_input(reader);
    if (reader->check)
        XXH3_freeState(reader->check);
    if (reader->zone)
        msgpack_zone_free(reader->zone);
    fa_arena_free(&reader->arena);
    fa_arena_free(&reader->scratch);
    fa_maps_free(&reader->maps);
    free(reader->seen.hash);
    free(reader->buffer);
    free(reader);
}

const struct fa_header *fa_reader_header(const struct fa_reader *reader)
{
    return &reader->header;
}

size_t fa_reader_input(const struct fa_reader *reader)
{
    return reader->next - 1;
}

struct fa_stored fa_reader_stored(const struct fa_reader *reader)
{
    return reader->stored;
}

struct fa_maps fa_reader_take_maps(struct fa_reader *reader)
{
    struct fa_maps maps = reader->maps;
    reader->maps = (struct fa_maps){0};
    maps_shuffled(&maps);
    return maps;
}

uint64_t fa_reader_count(const struct fa_reader *reader)
{
    return reader->count;
}

uint64_t fa_reader_rejected(const struct fa_reader *reader)
{
    return reader->rejected;
}

/* ---- records ---- */

static int read_payload(struct fa_reader *reader, struct fa_record *record, const msgpack_object *bin, struct fa_err *err)
{
    size_t elements = fa_header_elements(&reader->header), want = elements * wire_element_size(reader->dtype);
    const unsigned char *from = (const unsigned char *)bin->via.bin.ptr;
    reader->stored = (struct fa_stored){from, reader->dtype, reader->bytes != reader->buffer};
    if (bin->via.bin.size == 0)
        return fa_map_string(&record->about, "reject", NULL) ? 0 : fa_err_set(err, "no payload and no reason for it");
    if (bin->via.bin.size != want)
        return fa_err_set(err, "truncated payload (want %zu bytes, have %u)", want, (unsigned)bin->via.bin.size);
    void *data = fa_record_payload(record, elements, reader->dtype == FA_U8 ? 1 : sizeof(float), err);
    if (!data)
        return -1;
    if (reader->dtype == FA_U8) {
        memcpy(data, from, want);
        return 0;
    }
    fa_stored_floats(data, &reader->stored, elements);
    for (size_t i = 0; i < elements; i++)
        if (!isfinite(((const float *)data)[i]))
            return fa_err_set(err, "number %zu of %zu is %s", i + 1, elements,
                              isnan(((const float *)data)[i]) ? "not a number" : "infinite");
    return 0;
}

static int read_record(struct fa_reader *reader, struct fa_record *record, const msgpack_object *object, struct fa_err *err)
{
    const msgpack_object *item = object->via.array.ptr;
    struct fa_value id;
    if (object->via.array.size < 5 || item[1].type != MSGPACK_OBJECT_STR || item[4].type != MSGPACK_OBJECT_BIN)
        return fa_err_set(err, "malformed");
    if (wire_value(&id, &record->arena, &item[1], err))
        return -1;
    record->id = id.string;
    if (wire_map(&record->labels, &record->arena, &item[2], err) || wire_map(&record->about, &record->arena, &item[3], err))
        return -1;
    for (size_t i = 0; i < record->labels.n; i++)
        if (record->labels.pair[i].value.type != FA_STRING)
            return fa_err_set(err, "label %s is no string", record->labels.pair[i].key);
    return read_payload(reader, record, &item[4], err);
}

static int check_unique(struct fa_reader *reader, const char *id, struct fa_err *err)
{
    bool again = false;
    if (!(reader->flags & FA_READER_UNIQUE))
        return 0;
    if (seen_add(&reader->seen, id, &again, err))
        return -1;
    return again ? fa_err_set(err, "this id was met before") : 0;
}

int fa_reader_next(struct fa_reader *reader, struct fa_record *record, struct fa_err *err)
{
    msgpack_object object;
    size_t size;
    struct fa_err why;
    fa_record_clear(record);
    for (;;) {
        if (!reader->in_segment) {
            int got = begin_segment(reader, false, err);
            if (got <= 0)
                return got;
        }
        if (next_object(reader, &object, &size, err) < 0)
            return -1;
        const msgpack_object *tag = object.via.array.ptr;
        bool tagged = object.type == MSGPACK_OBJECT_ARRAY && object.via.array.size > 0 &&
                      tag->type == MSGPACK_OBJECT_POSITIVE_INTEGER;
        if (tagged && tag->via.u64 == WIRE_RECORD)
            break;
        if (!tagged || tag->via.u64 != WIRE_END)
            return fa_err_set(err, "%s: record %llu: malformed", reader->name, (unsigned long long)reader->in_count + 1);
        if (end_segment(reader, &object, err))
            return -1;
        reader->at += size;
    }
    if (read_record(reader, record, &object, &why) || check_unique(reader, record->id, &why))
        return fa_err_set(err, "%s: record %llu%s%s%s: %s", reader->name, (unsigned long long)reader->in_count + 1,
                          record->id ? " (" : "", record->id ? record->id : "", record->id ? ")" : "", why.text);
    consume(reader, size);
    reader->in_count++;
    reader->count++;
    reader->in_rejected += record->data == NULL;
    reader->rejected += record->data == NULL;
    return 1;
}
