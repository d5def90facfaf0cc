#include "ids.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "fa/stream.h"

static struct id *place(struct id *table, size_t size, uint64_t hash)
{
    size_t at = hash & (size - 1);
    while (table[at].times && table[at].hash != hash)
        at = (at + 1) & (size - 1);
    return &table[at];
}

static int enlarge(struct ids *ids, struct fa_err *err)
{
    size_t size = ids->size ? 2 * ids->size : 1024;
    struct id *table = fa_mem_array(size, sizeof *table, err);
    if (!table)
        return -1;
    for (size_t i = 0; i < ids->size; i++)
        if (ids->id[i].times)
            *place(table, size, ids->id[i].hash) = ids->id[i];
    free(ids->id);
    ids->id = table;
    ids->size = size;
    return 0;
}

/* How often name was given out, this time included. */
static size_t count(struct ids *ids, const char *name, struct fa_err *err)
{
    if (2 * (ids->n + 1) > ids->size && enlarge(ids, err))
        return 0;
    uint64_t hash = XXH3_64bits(name, strlen(name));
    struct id *id = place(ids->id, ids->size, hash);
    ids->n += !id->times;
    id->hash = hash;
    return ++id->times;
}

/* path with %XX for every byte that is not UTF-8. */
static const char *make_utf8(const char *path, struct fa_arena *arena, struct fa_err *err)
{
    static const char digit[] = "0123456789ABCDEF";
    size_t left = strlen(path);
    char *name = fa_arena_alloc(arena, 3 * left + 1, err), *at = name;
    while (name && left) {
        size_t valid = fa_utf8_valid(path, left);
        memcpy(at, path, valid);
        at += valid;
        path += valid;
        left -= valid;
        if (left) {
            *at++ = '%';
            *at++ = digit[(unsigned char)*path >> 4];
            *at++ = digit[(unsigned char)*path & 15];
            path++;
            left--;
        }
    }
    return name;
}

const char *fa_ids_name(struct ids *ids, const char *path, bool *doubled, struct fa_arena *arena, struct fa_err *err)
{
    const char *plain = make_utf8(path, arena, err), *name = plain;
    size_t times = plain ? count(ids, plain, err) : 0;
    if (!times)
        return NULL;
    *doubled = times > 1;
    for (size_t again = times; again > 1; times++) { /* path@2 may itself stand in the list as a path */
        name = fa_arena_printf(arena, err, "%s@%zu", plain, times);
        again = name ? count(ids, name, err) : 0;
        if (!again)
            return NULL;
    }
    return name;
}
