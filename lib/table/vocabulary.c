#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fa/mem.h"
#include "fa/table.h"

/* FNV-1a, 64 bits. */
static uint64_t hash(const char *name)
{
    uint64_t h = 0xcbf29ce484222325;
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 0x100000001b3;
    return h;
}

/* Where name stands in the hash table, or the empty slot where it would. There is always one: it is never over half full. */
static size_t *find_slot(const struct fa_vocabulary *vocabulary, const char *name)
{
    size_t i = hash(name) & (vocabulary->nslots - 1);
    while (vocabulary->slot[i] && strcmp(vocabulary->name[vocabulary->slot[i] - 1], name))
        i = (i + 1) & (vocabulary->nslots - 1);
    return &vocabulary->slot[i];
}

static void fill_slots(struct fa_vocabulary *vocabulary)
{
    for (size_t i = 0; i < vocabulary->nslots; i++)
        vocabulary->slot[i] = 0;
    for (size_t i = 0; i < vocabulary->n; i++)
        *find_slot(vocabulary, vocabulary->name[i]) = i + 1;
}

static int make_slots(struct fa_vocabulary *vocabulary, struct fa_err *err)
{
    size_t nslots = vocabulary->nslots ? 2 * vocabulary->nslots : 32;
    size_t *slot = fa_mem_array(nslots, sizeof *slot, err);
    if (!slot)
        return -1;
    free(vocabulary->slot);
    vocabulary->slot = slot;
    vocabulary->nslots = nslots;
    fill_slots(vocabulary);
    return 0;
}

int fa_vocabulary_add(struct fa_vocabulary *vocabulary, const char *name, struct fa_err *err)
{
    size_t index, n = vocabulary->n;
    if (fa_vocabulary_find(vocabulary, name, &index))
        return 0;
    if (2 * (n + 1) > vocabulary->nslots && make_slots(vocabulary, err))
        return -1;
    if (fa_mem_grow(&vocabulary->name, &vocabulary->capacity, n + 1, sizeof *vocabulary->name, err))
        return -1;
    if (!(vocabulary->name[n] = fa_mem_strdup(name, err)))
        return -1;
    *find_slot(vocabulary, name) = n + 1;
    vocabulary->n++;
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    return fa_label_compare(*(const char *const *)a, *(const char *const *)b);
}

void fa_vocabulary_sort(struct fa_vocabulary *vocabulary)
{
    if (!vocabulary->n)
        return;
    qsort(vocabulary->name, vocabulary->n, sizeof *vocabulary->name, compare_names);
    fill_slots(vocabulary);
}

bool fa_vocabulary_find(const struct fa_vocabulary *vocabulary, const char *name, size_t *index)
{
    size_t at = vocabulary->nslots ? *find_slot(vocabulary, name) : 0;
    if (at)
        *index = at - 1;
    return at != 0;
}

void fa_vocabulary_free(struct fa_vocabulary *vocabulary)
{
    for (size_t i = 0; i < vocabulary->n; i++)
        free((char *)vocabulary->name[i]);
    free(vocabulary->name);
    free(vocabulary->slot);
    *vocabulary = (struct fa_vocabulary){0};
}
