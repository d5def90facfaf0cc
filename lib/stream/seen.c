#include "seen.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "fa/mem.h"

static uint64_t *place(uint64_t *table, size_t size, uint64_t hash)
{
    size_t at = hash & (size - 1);
    while (table[at] && table[at] != hash)
        at = (at + 1) & (size - 1);
    return &table[at];
}

static int enlarge(struct seen *seen, struct fa_err *err)
{
    size_t size = seen->size ? 2 * seen->size : 1024;
    uint64_t *table = fa_mem_array(size, sizeof *table, err);
    if (!table)
        return -1;
    for (size_t i = 0; i < seen->size; i++)
        if (seen->hash[i])
            *place(table, size, seen->hash[i]) = seen->hash[i];
    free(seen->hash);
    seen->hash = table;
    seen->size = size;
    return 0;
}

int seen_add(struct seen *seen, const char *id, bool *again, struct fa_err *err)
{
    if (2 * (seen->n + 1) > seen->size && enlarge(seen, err))
        return -1;
    uint64_t hash = XXH3_64bits(id, strlen(id));
    uint64_t *at = place(seen->hash, seen->size, hash ? hash : 1);
    *again = *at != 0;
    if (!*again) {
        *at = hash ? hash : 1;
        seen->n++;
    }
    return 0;
}
