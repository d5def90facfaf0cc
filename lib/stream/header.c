#include <string.h>

#include "wire.h"

static const char *const kind_name[] = {"crop", "embedding", "logit"};
static const char *const dtype_name[] = {"u8", "f16", "f32"};

const char *fa_kind_name(enum fa_kind kind)
{
    return kind_name[kind == FA_CROP ? 0 : kind == FA_EMBEDDING ? 1 : 2];
}

size_t fa_header_elements(const struct fa_header *header)
{
    size_t n = 1;
    for (size_t i = 0; i < header->rank; i++)
        n *= header->dim[i];
    return n;
}

/* ---- heads ---- */

static int read_head(struct fa_head *head, struct fa_arena *arena, const struct fa_value *value, struct fa_err *err)
{
    const struct fa_value *classes = value->type == FA_MAP ? fa_map_get(&value->map, "classes") : NULL;
    const char *name = value->type == FA_MAP ? fa_map_string(&value->map, "name", NULL) : NULL;
    if (!name || !classes || classes->type != FA_ARRAY || classes->array.n == 0)
        return fa_err_set(err, "malformed header (a head without name or classes)");
    const char **class = fa_arena_alloc(arena, classes->array.n * sizeof *class, err);
    if (!class)
        return -1;
    for (size_t i = 0; i < classes->array.n; i++) {
        if (classes->array.item[i].type != FA_STRING)
            return fa_err_set(err, "malformed header (head %s: a class name is no string)", name);
        class[i] = classes->array.item[i].string;
    }
    *head = (struct fa_head){.name = name, .class = class, .nclasses = classes->array.n};
    return 0;
}

/* head and nheads from the map's `heads`. */
static int read_heads(struct fa_header *header, struct fa_arena *arena, struct fa_err *err)
{
    const struct fa_value *heads = fa_map_get(&header->map, "heads");
    if (!heads || heads->type != FA_ARRAY || heads->array.n == 0)
        return fa_err_set(err, "malformed header (logits without heads)");
    struct fa_head *head = fa_arena_alloc(arena, heads->array.n * sizeof *head, err);
    size_t offset = 0;
    if (!head)
        return -1;
    for (size_t i = 0; i < heads->array.n; i++) {
        if (read_head(&head[i], arena, &heads->array.item[i], err))
            return -1;
        head[i].offset = offset;
        offset += head[i].nclasses;
    }
    if (header->rank != 1 || header->dim[0] != offset)
        return fa_err_set(err, "malformed header (heads have %zu classes in all, records %zu numbers)", offset, header->dim[0]);
    header->head = head;
    header->nheads = heads->array.n;
    return 0;
}

static int head_value(struct fa_value *value, struct fa_arena *arena, const struct fa_head *head, struct fa_err *err)
{
    struct fa_value *class = fa_arena_alloc(arena, head->nclasses * sizeof *class, err);
    const char *name = fa_arena_strdup(arena, head->name, err);
    if (!class || !name)
        return -1;
    for (size_t i = 0; i < head->nclasses; i++) {
        class[i] = fa_value_string(fa_arena_strdup(arena, head->class[i], err));
        if (!class[i].string)
            return -1;
    }
    *value = (struct fa_value){.type = FA_MAP};
    if (fa_map_set(&value->map, arena, "name", fa_value_string(name), err))
        return -1;
    struct fa_value classes = {.type = FA_ARRAY, .array = {class, head->nclasses}};
    return fa_map_set(&value->map, arena, "classes", classes, err);
}

int fa_header_set_heads(struct fa_header *header, struct fa_arena *arena, const struct fa_head *head, size_t n,
                        struct fa_err *err)
{
    struct fa_value *item = fa_arena_alloc(arena, n * sizeof *item, err);
    size_t sum = 0;
    if (!item)
        return -1;
    for (size_t i = 0; i < n; i++) {
        sum += head[i].nclasses;
        if (head_value(&item[i], arena, &head[i], err))
            return -1;
    }
    header->rank = 1;
    header->dim[0] = sum;
    struct fa_value heads = {.type = FA_ARRAY, .array = {item, n}};
    if (fa_map_set(&header->map, arena, "heads", heads, err))
        return -1;
    return read_heads(header, arena, err);
}

/* ---- provenance and copies ---- */

int fa_header_add_prog(struct fa_header *header, struct fa_arena *arena, const char *tool, const char *version,
                       const char *command, struct fa_err *err)
{
    const struct fa_value *old = fa_map_get(&header->map, "prog");
    size_t n = old && old->type == FA_ARRAY ? old->array.n : 0;
    struct fa_value *item = fa_arena_alloc(arena, (n + 1) * sizeof *item, err);
    struct fa_value *entry = fa_arena_alloc(arena, 3 * sizeof *entry, err);
    if (!item || !entry)
        return -1;
    const char *text[3] = {tool, version, command};
    for (int i = 0; i < 3; i++) {
        entry[i] = fa_value_string(fa_arena_strdup(arena, text[i], err));
        if (!entry[i].string)
            return -1;
    }
    if (n)
        memcpy(item, old->array.item, n * sizeof *item);
    item[n] = (struct fa_value){.type = FA_ARRAY, .array = {entry, 3}};
    struct fa_value prog = {.type = FA_ARRAY, .array = {item, n + 1}};
    return fa_map_set(&header->map, arena, "prog", prog, err);
}

int fa_header_copy(struct fa_header *to, struct fa_arena *arena, const struct fa_header *from, struct fa_err *err)
{
    *to = *from;
    if (map_copy(&to->map, arena, &from->map, err))
        return -1;
    return from->kind == FA_LOGIT ? read_heads(to, arena, err) : 0;
}

/* ---- wire ---- */

static int index_of(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

static int read_shape(struct fa_header *header, struct fa_err *err)
{
    const struct fa_value *shape = fa_map_get(&header->map, "shape");
    const char *dtype = fa_map_string(&header->map, "dtype", "");
    int d = index_of(dtype_name, 3, dtype);
    if (d < 0)
        return fa_err_set(err, "malformed header (dtype '%s', want u8, f16 or f32)", dtype);
    header->dtype = (enum fa_dtype)d;
    if (!shape || shape->type != FA_ARRAY || shape->array.n < 1 || shape->array.n > 4)
        return fa_err_set(err, "malformed header (shape)");
    header->rank = shape->array.n;
    size_t bytes = wire_element_size(header->dtype);
    for (size_t i = 0; i < header->rank; i++) {
        const struct fa_value *dim = &shape->array.item[i];
        if (dim->type != FA_INT || dim->integer < 1 || (uint64_t)dim->integer > WIRE_BYTES / bytes)
            return fa_err_set(err, "malformed header (shape)");
        header->dim[i] = (size_t)dim->integer;
        bytes *= header->dim[i];
    }
    if ((header->kind == FA_CROP) != (header->dtype == FA_U8) || header->rank != (header->kind == FA_CROP ? 3 : 1))
        return fa_err_set(err, "malformed header (a %s stream of rank %zu in %s)", fa_kind_name(header->kind), header->rank, dtype);
    return 0;
}

int wire_read_header(struct fa_header *header, struct fa_arena *arena, const msgpack_object *object, struct fa_err *err)
{
    const msgpack_object *item = object->via.array.ptr;
    *header = (struct fa_header){0};
    if (object->type != MSGPACK_OBJECT_ARRAY || object->via.array.size < 3 || item[0].type != MSGPACK_OBJECT_POSITIVE_INTEGER ||
        item[0].via.u64 != WIRE_HEADER || item[1].type != MSGPACK_OBJECT_STR || item[1].via.str.size != 2 ||
        memcmp(item[1].via.str.ptr, "fa", 2) != 0 || item[2].type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        return fa_err_set(err, "not a fa stream");
    if (item[2].via.u64 != WIRE_MAJOR)
        return fa_err_set(err, "fa stream of version %llu, this program reads version %d", (unsigned long long)item[2].via.u64,
                          WIRE_MAJOR);
    if (object->via.array.size < 6 || item[4].type != MSGPACK_OBJECT_STR)
        return fa_err_set(err, "malformed header");
    char name[16] = "";
    size_t n = item[4].via.str.size < sizeof name ? item[4].via.str.size : sizeof name - 1;
    memcpy(name, item[4].via.str.ptr, n);
    int kind = index_of(kind_name, 3, name);
    if (kind < 0)
        return fa_err_set(err, "fa stream of unknown kind '%s'", name);
    header->kind = (enum fa_kind)(1 << kind);
    if (wire_map(&header->map, arena, &item[5], err) || read_shape(header, err))
        return -1;
    return header->kind == FA_LOGIT ? read_heads(header, arena, err) : 0;
}

static int pack_shape(msgpack_packer *packer, const struct fa_header *header)
{
    int failed = wire_pack_string(packer, "dtype") || wire_pack_string(packer, dtype_name[header->dtype]) ||
                 wire_pack_string(packer, "shape") || msgpack_pack_array(packer, header->rank);
    for (size_t i = 0; i < header->rank && !failed; i++)
        failed = msgpack_pack_uint64(packer, header->dim[i]);
    return failed;
}

int wire_pack_header(msgpack_packer *packer, const struct fa_header *header)
{
    size_t others = 0;
    for (size_t i = 0; i < header->map.n; i++)
        others += strcmp(header->map.pair[i].key, "dtype") != 0 && strcmp(header->map.pair[i].key, "shape") != 0;
    int failed = msgpack_pack_array(packer, 6) || msgpack_pack_int(packer, WIRE_HEADER) || wire_pack_string(packer, "fa") ||
                 msgpack_pack_int(packer, WIRE_MAJOR) || msgpack_pack_int(packer, WIRE_MINOR) ||
                 wire_pack_string(packer, fa_kind_name(header->kind)) || msgpack_pack_map(packer, others + 2) ||
                 pack_shape(packer, header);
    for (size_t i = 0; i < header->map.n && !failed; i++) {
        const struct fa_pair *pair = &header->map.pair[i];
        if (strcmp(pair->key, "dtype") != 0 && strcmp(pair->key, "shape") != 0)
            failed = wire_pack_string(packer, pair->key) || wire_pack_value(packer, &pair->value);
    }
    return failed ? -1 : 0;
}
