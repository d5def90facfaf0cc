#include <string.h>

#include "wire.h"

/* Length of the UTF-8 sequence at s (n bytes at hand), 0 if there is none. Unicode 15, table 3-7. */
static size_t utf8_length(const unsigned char *s, size_t n)
{
    static const struct {
        unsigned char from, to, second_from, second_to, length;
    } rows[] = {{0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
                {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
                {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (s[0] < rows[i].from || s[0] > rows[i].to)
            continue;
        size_t length = rows[i].length;
        if (length > n || (length > 1 && (s[1] < rows[i].second_from || s[1] > rows[i].second_to)))
            return 0;
        for (size_t k = 2; k < length; k++)
            if (s[k] < 0x80 || s[k] > 0xbf)
                return 0;
        return length;
    }
    return 0;
}

size_t fa_utf8_valid(const char *text, size_t n)
{
    size_t at = 0, length;
    while (at < n && (length = utf8_length((const unsigned char *)text + at, n - at)))
        at += length;
    return at;
}

static const char *string_of(struct fa_arena *arena, const msgpack_object *object, struct fa_err *err)
{
    if (object->type != MSGPACK_OBJECT_STR) {
        fa_err_set(err, "malformed (a string is wanted)");
        return NULL;
    }
    if (fa_utf8_valid(object->via.str.ptr, object->via.str.size) < object->via.str.size) {
        fa_err_set(err, "malformed (a string is not UTF-8)");
        return NULL;
    }
    return fa_arena_strndup(arena, object->via.str.ptr, object->via.str.size, err);
}

int wire_map(struct fa_map *map, struct fa_arena *arena, const msgpack_object *object, struct fa_err *err)
{
    if (object->type != MSGPACK_OBJECT_MAP)
        return fa_err_set(err, "malformed (a map is wanted)");
    size_t n = object->via.map.size;
    *map = (struct fa_map){.pair = fa_arena_alloc(arena, n * sizeof *map->pair, err), .capacity = n};
    if (!map->pair)
        return -1;
    for (size_t i = 0; i < n; i++) {
        const msgpack_object_kv *from = &object->via.map.ptr[i];
        struct fa_value value;
        const char *key = string_of(arena, &from->key, err);
        if (!key || wire_value(&value, arena, &from->val, err))
            return -1;
        if (fa_map_get(map, key))
            return fa_err_set(err, "malformed (key '%s' stands twice)", key);
        map->pair[map->n++] = (struct fa_pair){key, value};
    }
    return 0;
}

static int array_of(struct fa_value *value, struct fa_arena *arena, const msgpack_object *object, struct fa_err *err)
{
    size_t n = object->via.array.size;
    struct fa_value *item = fa_arena_alloc(arena, n * sizeof *item, err);
    if (!item)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (wire_value(&item[i], arena, &object->via.array.ptr[i], err))
            return -1;
    *value = (struct fa_value){.type = FA_ARRAY, .array = {item, n}};
    return 0;
}

int wire_value(struct fa_value *value, struct fa_arena *arena, const msgpack_object *object, struct fa_err *err)
{
    switch (object->type) {
    case MSGPACK_OBJECT_NIL:
        *value = (struct fa_value){.type = FA_NIL};
        return 0;
    case MSGPACK_OBJECT_BOOLEAN:
        *value = (struct fa_value){.type = FA_BOOL, .boolean = object->via.boolean};
        return 0;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        *value = object->via.u64 > INT64_MAX ? fa_value_real((double)object->via.u64) : fa_value_int((int64_t)object->via.u64);
        return 0;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        *value = fa_value_int(object->via.i64);
        return 0;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        *value = fa_value_real(object->via.f64);
        return 0;
    case MSGPACK_OBJECT_STR:
        *value = fa_value_string(string_of(arena, object, err));
        return value->string ? 0 : -1;
    case MSGPACK_OBJECT_ARRAY:
        return array_of(value, arena, object, err);
    case MSGPACK_OBJECT_MAP:
        value->type = FA_MAP;
        return wire_map(&value->map, arena, object, err);
    default:
        return fa_err_set(err, "malformed (binary data inside a map)");
    }
}
