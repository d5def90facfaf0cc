#include <stdlib.h>
#include <string.h>

#include "wire.h"

struct fa_value fa_value_int(int64_t integer)
{
    return (struct fa_value){.type = FA_INT, .integer = integer};
}

struct fa_value fa_value_real(double real)
{
    return (struct fa_value){.type = FA_REAL, .real = real};
}

struct fa_value fa_value_string(const char *string)
{
    return (struct fa_value){.type = FA_STRING, .string = string};
}

int fa_value_reals(struct fa_value *value, struct fa_arena *arena, const float *real, size_t n, struct fa_err *err)
{
    struct fa_value *item = fa_arena_alloc(arena, n * sizeof *item, err);
    if (!item)
        return -1;
    for (size_t i = 0; i < n; i++)
        item[i] = fa_value_real((double)real[i]);
    *value = (struct fa_value){.type = FA_ARRAY, .array = {item, n}};
    return 0;
}

const struct fa_value *fa_map_get(const struct fa_map *map, const char *key)
{
    for (size_t i = 0; i < map->n; i++)
        if (strcmp(map->pair[i].key, key) == 0)
            return &map->pair[i].value;
    return NULL;
}

const char *fa_map_string(const struct fa_map *map, const char *key, const char *fallback)
{
    const struct fa_value *value = fa_map_get(map, key);
    return value && value->type == FA_STRING ? value->string : fallback;
}

double fa_map_number(const struct fa_map *map, const char *key, double fallback)
{
    const struct fa_value *value = fa_map_get(map, key);
    if (value && value->type == FA_INT)
        return (double)value->integer;
    return value && value->type == FA_REAL ? value->real : fallback;
}

bool fa_value_number(const struct fa_value *value, double *number)
{
    char *end = NULL;
    if (value->type == FA_STRING) {
        *number = strtod(value->string, &end);
        return end != value->string && !*end;
    }
    *number = value->type == FA_INT ? (double)value->integer : value->real;
    return value->type == FA_INT || value->type == FA_REAL;
}

int fa_map_set(struct fa_map *map, struct fa_arena *arena, const char *key, struct fa_value value, struct fa_err *err)
{
    for (size_t i = 0; i < map->n; i++)
        if (strcmp(map->pair[i].key, key) == 0) {
            map->pair[i].value = value;
            return 0;
        }
    if (map->n == map->capacity) {
        size_t capacity = map->capacity ? 2 * map->capacity : 8;
        struct fa_pair *pair = fa_arena_alloc(arena, capacity * sizeof *pair, err);
        if (!pair)
            return -1;
        if (map->n)
            memcpy(pair, map->pair, map->n * sizeof *pair);
        map->pair = pair;
        map->capacity = capacity;
    }
    map->pair[map->n++] = (struct fa_pair){key, value};
    return 0;
}

int map_copy(struct fa_map *to, struct fa_arena *arena, const struct fa_map *from, struct fa_err *err)
{
    struct fa_pair *pair = fa_arena_alloc(arena, from->n * sizeof *pair, err);
    if (!pair)
        return -1;
    for (size_t i = 0; i < from->n; i++) {
        pair[i].key = fa_arena_strdup(arena, from->pair[i].key, err);
        if (!pair[i].key || value_copy(&pair[i].value, arena, &from->pair[i].value, err))
            return -1;
    }
    *to = (struct fa_map){pair, from->n, from->n};
    return 0;
}

static int array_copy(struct fa_value *to, struct fa_arena *arena, const struct fa_value *from, struct fa_err *err)
{
    struct fa_value *item = fa_arena_alloc(arena, from->array.n * sizeof *item, err);
    if (!item)
        return -1;
    for (size_t i = 0; i < from->array.n; i++)
        if (value_copy(&item[i], arena, &from->array.item[i], err))
            return -1;
    *to = (struct fa_value){.type = FA_ARRAY, .array = {item, from->array.n}};
    return 0;
}

int value_copy(struct fa_value *to, struct fa_arena *arena, const struct fa_value *from, struct fa_err *err)
{
    *to = *from;
    switch (from->type) {
    case FA_STRING:
        to->string = fa_arena_strdup(arena, from->string, err);
        return to->string ? 0 : -1;
    case FA_ARRAY:
        return array_copy(to, arena, from, err);
    case FA_MAP:
        return map_copy(&to->map, arena, &from->map, err);
    default:
        return 0;
    }
}

static bool map_equal(const struct fa_map *a, const struct fa_map *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!value_equal(&a->pair[i].value, fa_map_get(b, a->pair[i].key)))
            return false;
    return true;
}

bool value_equal(const struct fa_value *a, const struct fa_value *b)
{
    if (!a || !b)
        return a == b;
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case FA_NIL:
        return true;
    case FA_BOOL:
        return a->boolean == b->boolean;
    case FA_INT:
        return a->integer == b->integer;
    case FA_REAL:
        return memcmp(&a->real, &b->real, sizeof a->real) == 0;
    case FA_STRING:
        return strcmp(a->string, b->string) == 0;
    case FA_MAP:
        return map_equal(&a->map, &b->map);
    case FA_ARRAY:
        break;
    }
    if (a->array.n != b->array.n)
        return false;
    for (size_t i = 0; i < a->array.n; i++)
        if (!value_equal(&a->array.item[i], &b->array.item[i]))
            return false;
    return true;
}
