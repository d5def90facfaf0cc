#include "by.h"

#include <stdlib.h>
#include <string.h>

#include "fa/mem.h"
#include "sums.h"

/* Values are joined with a sign that no label has. */
enum { GROUPS_MAX = 4096, JOINT = '\x1f' };

void by_free(struct fa_by *by, size_t nheads)
{
    for (size_t g = 0; g < by->ngroups; g++)
        for (size_t h = 0; h < nheads; h++)
            sums_free(&by->group[g]->sums[h]);
    fa_vocabulary_free(&by->met);
    free(by->group);
    free(by->of_met);
}

/* ---- a record's values ---- */

static bool number_of(const struct fa_record *record, const char *key, double *number)
{
    const struct fa_value *value = fa_map_get(&record->labels, key);
    if (!value || !*fa_map_string(&record->labels, key, ""))
        value = fa_map_get(&record->about, key);
    return value && fa_value_number(value, number);
}

/* A text of about, or what is true or false. */
static const char *text_of(const struct fa_map *about, const char *key)
{
    const struct fa_value *value = fa_map_get(about, key);
    if (value && value->type == FA_BOOL)
        return value->boolean ? "true" : "false";
    return fa_map_string(about, key, "");
}

static const char *value_of(const struct fa_evaluation *evaluation, const struct fa_by_key *key, const struct fa_record *record)
{
    if (key->nedges) {
        double number;
        size_t bin = 0;
        if (!number_of(record, key->name, &number))
            return FA_NO_VALUE;
        while (bin < key->nedges && number >= key->edge[bin])
            bin++;
        return key->bin[bin];
    }
    const char *text = fa_map_string(&record->labels, key->name, "");
    if (text[0] && key->head < evaluation->nheads && evaluation->merge)
        return fa_merge_label(evaluation->merge, key->head, text);
    text = text[0] ? text : text_of(&record->about, key->name);
    return text[0] ? text : FA_NO_VALUE;
}

/* ---- groups ---- */

static size_t rank_of(const struct fa_by_key *key, const char *value)
{
    if (!strcmp(value, FA_NO_VALUE))
        return SIZE_MAX;
    for (size_t i = 0; key->nedges && i <= key->nedges; i++)
        if (!strcmp(key->bin[i], value))
            return i;
    return 0;
}

static int compare(const struct fa_by *by, const struct fa_group *a, const struct fa_group *b)
{
    for (size_t i = 0; i < by->nkeys; i++) {
        if (a->rank[i] != b->rank[i])
            return a->rank[i] < b->rank[i] ? -1 : 1;
        int order = fa_label_compare(a->value[i], b->value[i]);
        if (order)
            return order;
    }
    return 0;
}

static int fill_group(struct fa_evaluation *evaluation, const struct fa_by *by, struct fa_group *group, const char *const *value,
                      struct fa_err *err)
{
    struct fa_arena *arena = &evaluation->arena;
    const char **copy = fa_arena_alloc(arena, by->nkeys * sizeof *copy, err), *name = "";
    size_t *rank = fa_arena_alloc(arena, by->nkeys * sizeof *rank, err);
    if (!copy || !rank)
        return -1;
    *group = (struct fa_group){.value = copy, .rank = rank, .known = true};
    for (size_t i = 0; i < by->nkeys; i++) {
        copy[i] = fa_arena_strdup(arena, value[i], err);
        name = copy[i] ? fa_arena_printf(arena, err, "%s%s%s=%s", name, i ? " & " : "", by->key[i].name, value[i]) : NULL;
        if (!name)
            return -1;
        rank[i] = rank_of(&by->key[i], value[i]);
        group->known &= rank[i] != SIZE_MAX;
    }
    group->name = name;
    group->sums = fa_arena_alloc(arena, evaluation->nheads * sizeof *group->sums, err);
    return group->sums ? 0 : -1;
}

static int init_sums(const struct fa_evaluation *evaluation, struct fa_group *group, struct fa_err *err)
{
    for (size_t h = 0; h < evaluation->nheads; h++)
        if (sums_init(&group->sums[h], &evaluation->head[h], evaluation->everyone.sums[h].ordered, group->name, err)) {
            while (h)
                sums_free(&group->sums[--h]);
            return -1;
        }
    return 0;
}

static struct fa_group *add_group(struct fa_evaluation *evaluation, struct fa_by *by, const char *const *value, struct fa_err *err)
{
    size_t n = by->ngroups, at = n;
    struct fa_group *group = fa_arena_alloc(&evaluation->arena, sizeof *group, err);
    if (n == GROUPS_MAX) {
        fa_err_set(err, "more than %d groups by %s", GROUPS_MAX, by->text);
        return NULL;
    }
    if (!group || fill_group(evaluation, by, group, value, err) ||
        fa_mem_grow(&by->group, &by->capacity, n + 1, sizeof(struct fa_group *), err) ||
        fa_mem_grow(&by->of_met, &by->met_capacity, n + 1, sizeof(struct fa_group *), err) ||
        fa_vocabulary_add(&by->met, evaluation->key, err) || init_sums(evaluation, group, err))
        return NULL;
    for (; at && compare(by, by->group[at - 1], group) > 0; at--)
        by->group[at] = by->group[at - 1];
    by->group[at] = group;
    by->of_met[n] = group;
    by->ngroups++;
    return group;
}

struct fa_group *by_find(struct fa_evaluation *evaluation, struct fa_by *by, const char *const *value, struct fa_err *err)
{
    size_t used = 0, index;
    for (size_t i = 0; i < by->nkeys; i++) {
        size_t n = strlen(value[i]);
        if (fa_mem_grow(&evaluation->key, &evaluation->key_capacity, used + n + 1, 1, err))
            return NULL;
        memcpy(evaluation->key + used, value[i], n);
        used += n;
        evaluation->key[used++] = JOINT;
    }
    evaluation->key[used - 1] = '\0';
    return fa_vocabulary_find(&by->met, evaluation->key, &index) ? by->of_met[index] : add_group(evaluation, by, value, err);
}

struct fa_group *by_group(struct fa_evaluation *evaluation, struct fa_by *by, const struct fa_record *record, struct fa_err *err)
{
    const char *value[BY_KEYS_MAX];
    for (size_t i = 0; i < by->nkeys; i++)
        value[i] = value_of(evaluation, &by->key[i], record);
    return by_find(evaluation, by, value, err);
}
