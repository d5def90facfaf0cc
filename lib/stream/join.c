#include "fa/join.h"

#include <stdlib.h>
#include <string.h>

#include "fa/mem.h"
#include "wire.h"

/* A record held until the first stream comes to its id. */
struct held {
    const char *id;
    const float *x;     /* NULL for a reject */
    const char *reject; /* the reason */
    struct fa_map labels;
    bool met; /* in a stream before */
};

/* Any stream but the first; held is sorted by id. */
struct side {
    const char *name;
    struct held *held;
    size_t n, capacity, dim, left; /* held[left..] are to be looked through for what the first stream does not have */
};

struct fa_join {
    struct fa_reader *reader; /* of the first */
    const char *name;
    struct side *side;
    size_t nsides, dim; /* dim: of the first */
    bool ended;         /* the first */
    struct fa_header header;
    struct fa_arena arena;
};

/* ---- headers ---- */

static int join_text(struct fa_map *map, struct fa_arena *arena, const char *key, const struct fa_map *other,
                     struct fa_err *err)
{
    const char *text = fa_arena_printf(arena, err, "%s+%s", fa_map_string(map, key, "none"), fa_map_string(other, key, "none"));
    return text ? fa_map_set(map, arena, key, fa_value_string(text), err) : -1;
}

static int join_list(struct fa_map *map, struct fa_arena *arena, const char *key, const struct fa_map *other,
                     struct fa_err *err)
{
    const struct fa_value *left = fa_map_get(map, key), *right = fa_map_get(other, key);
    size_t n = left && left->type == FA_ARRAY ? left->array.n : 0;
    size_t m = right && right->type == FA_ARRAY ? right->array.n : 0;
    if (n + m == 0)
        return 0;
    struct fa_value both = {.type = FA_ARRAY, .array = {fa_arena_alloc(arena, (n + m) * sizeof both, err), n + m}};
    if (!both.array.item)
        return -1;
    if (n)
        memcpy(both.array.item, left->array.item, n * sizeof both);
    if (m)
        memcpy(both.array.item + n, right->array.item, m * sizeof both);
    return fa_map_set(map, arena, key, both, err);
}

/* Into the map, for those who look there. */
static int set_shape(struct fa_header *header, struct fa_arena *arena, struct fa_err *err)
{
    struct fa_value *length = fa_arena_alloc(arena, sizeof *length, err);
    if (!length)
        return -1;
    *length = fa_value_int((int64_t)header->dim[0]);
    struct fa_value shape = {.type = FA_ARRAY, .array = {length, 1}};
    struct fa_value dtype = fa_value_string(header->dtype == FA_F32 ? "f32" : "f16");
    return fa_map_set(&header->map, arena, "shape", shape, err) || fa_map_set(&header->map, arena, "dtype", dtype, err);
}

static int join_header(struct fa_join *join, const struct fa_header *header, struct fa_err *err)
{
    struct fa_header copy;
    struct fa_map *map = &join->header.map;
    if (fa_header_copy(&copy, &join->arena, header, err))
        return -1;
    const char *template = fa_map_string(map, "template", "none");
    bool differs = strcmp(template, fa_map_string(&copy.map, "template", "none")) != 0;
    join->header.dim[0] += fa_header_elements(&copy);
    if (copy.dtype == FA_F32)
        join->header.dtype = FA_F32;
    return set_shape(&join->header, &join->arena, err) || join_text(map, &join->arena, "card", &copy.map, err) ||
                   join_text(map, &join->arena, "digest", &copy.map, err) ||
                   (differs && join_text(map, &join->arena, "template", &copy.map, err)) ||
                   join_list(map, &join->arena, "features", &copy.map, err) ||
                   join_list(map, &join->arena, "prog", &copy.map, err)
               ? -1
               : 0;
}

static int begin_header(struct fa_join *join, struct fa_err *err)
{
    struct fa_map *map = &join->header.map;
    size_t kept = 0;
    if (fa_header_copy(&join->header, &join->arena, fa_reader_header(join->reader), err))
        return -1;
    for (size_t i = 0; i < map->n; i++)
        if (strcmp(map->pair[i].key, "expect") != 0)
            map->pair[kept++] = map->pair[i];
    map->n = kept;
    join->dim = fa_header_elements(&join->header);
    return 0;
}

/* ---- what is held ---- */

static int hold(struct side *side, struct fa_arena *arena, const struct fa_record *record, struct fa_err *err)
{
    const char *reason = fa_record_reject(record);
    if (fa_mem_grow(&side->held, &side->capacity, side->n + 1, sizeof *side->held, err))
        return -1;
    struct held *held = &side->held[side->n];
    *held = (struct held){.id = fa_arena_strdup(arena, record->id, err)};
    float *x = reason ? NULL : fa_arena_alloc(arena, side->dim * sizeof *x, err);
    if (!held->id || (reason ? !(held->reject = fa_arena_strdup(arena, reason, err)) : !x) ||
        map_copy(&held->labels, arena, &record->labels, err))
        return -1;
    if (x)
        memcpy(x, record->data, side->dim * sizeof *x);
    held->x = x;
    side->n++;
    return 0;
}

static int compare_held(const void *a, const void *b)
{
    return strcmp(((const struct held *)a)->id, ((const struct held *)b)->id);
}

static struct held *find(const struct side *side, const char *id)
{
    struct held key = {.id = id};
    return bsearch(&key, side->held, side->n, sizeof key, compare_held);
}

static int read_side(struct fa_join *join, struct side *side, const char *path, struct fa_err *err)
{
    struct fa_record record = {0};
    struct fa_reader *reader = fa_reader_open(&path, 1, FA_EMBEDDING, FA_READER_UNIQUE, err);
    int got = reader && join_header(join, fa_reader_header(reader), err) == 0 ? 1 : -1;
    if (got > 0)
        side->dim = fa_header_elements(fa_reader_header(reader));
    while (got > 0 && (got = fa_reader_next(reader, &record, err)) > 0)
        if (hold(side, &join->arena, &record, err))
            got = -1;
    fa_record_free(&record);
    fa_reader_close(reader);
    if (!got && side->n)
        qsort(side->held, side->n, sizeof *side->held, compare_held);
    return got;
}

struct fa_join *fa_join_open(const char *const *paths, size_t n, struct fa_err *err)
{
    struct fa_join *join = fa_mem_array(1, sizeof *join, err);
    if (!join)
        return NULL;
    join->nsides = n - 1;
    join->side = fa_mem_array(join->nsides, sizeof *join->side, err);
    join->reader = join->side ? fa_reader_open(paths, 1, FA_EMBEDDING, FA_READER_UNIQUE, err) : NULL;
    int failed = join->reader ? begin_header(join, err) : -1;
    for (size_t i = 0; i < n && !failed; i++) {
        const char *name = strcmp(paths[i], "-") ? paths[i] : "stdin";
        *(i ? &join->side[i - 1].name : &join->name) = name;
        failed = i ? read_side(join, &join->side[i - 1], paths[i], err) : 0;
    }
    if (failed) {
        fa_join_close(join);
        return NULL;
    }
    return join;
}

void fa_join_close(struct fa_join *join)
{
    if (!join)
        return;
    for (size_t i = 0; join->side && i < join->nsides; i++)
        free(join->side[i].held);
    free(join->side);
    fa_reader_close(join->reader);
    fa_arena_free(&join->arena);
    free(join);
}

const struct fa_header *fa_join_header(const struct fa_join *join)
{
    return &join->header;
}

/* ---- records ---- */

static int reject_missing(struct fa_record *record, const char *name, struct fa_err *err)
{
    const char *reason = fa_arena_printf(&record->arena, err, "not in %s", name);
    return reason ? fa_record_set_reject(record, reason, err) : -1;
}

/* Puts what the other streams have for the id behind record's own vector. A reject stays as it is. */
static int add_sides(struct fa_join *join, struct fa_record *record, struct fa_err *err)
{
    const float *own = record->data;
    float *x = own ? fa_record_payload(record, join->header.dim[0], sizeof *x, err) : NULL;
    if (own && !x)
        return -1;
    if (own)
        memcpy(x, own, join->dim * sizeof *x);
    size_t at = join->dim;
    for (size_t i = 0; i < join->nsides; i++) {
        const struct side *side = &join->side[i];
        struct held *held = find(side, record->id);
        if (held)
            held->met = true;
        if (!record->data)
            continue;
        if (!held && reject_missing(record, side->name, err))
            return -1;
        if (held && held->reject && fa_record_set_reject(record, held->reject, err))
            return -1;
        if (record->data)
            memcpy(x + at, held->x, side->dim * sizeof *x);
        at += side->dim;
    }
    return 0;
}

/* The next record that the first stream does not have: 1, 0, -1. */
static int next_missing(struct fa_join *join, struct fa_record *record, struct fa_err *err)
{
    for (size_t i = 0; i < join->nsides; i++) {
        struct side *side = &join->side[i];
        while (side->left < side->n) {
            const struct held *held = &side->held[side->left++];
            if (held->met)
                continue;
            for (size_t k = i + 1; k < join->nsides; k++) {
                struct held *same = find(&join->side[k], held->id);
                if (same)
                    same->met = true;
            }
            record->id = fa_arena_strdup(&record->arena, held->id, err);
            return !record->id || map_copy(&record->labels, &record->arena, &held->labels, err) ||
                           reject_missing(record, join->name, err)
                       ? -1
                       : 1;
        }
    }
    return 0;
}

int fa_join_next(struct fa_join *join, struct fa_record *record, struct fa_err *err)
{
    int got = join->ended ? 0 : fa_reader_next(join->reader, record, err);
    if (got > 0)
        return add_sides(join, record, err) ? -1 : 1;
    if (got < 0)
        return got;
    join->ended = true;
    fa_record_clear(record);
    return next_missing(join, record, err);
}
