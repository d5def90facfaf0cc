#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "by.h"
#include "fa/mem.h"
#include "sums.h"
#include "verdict.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Behind a number, what makes a range of it: `-9`, ` - 9`, `+`. */
static bool is_range(const char *label)
{
    if (!strncmp(label, "more than ", 10))
        return true;
    const char *rest = label + strspn(label, "0123456789.");
    rest += strspn(rest, " ");
    return *rest == '+' || (*rest == '-' && is_digit(rest[1 + strspn(rest + 1, " ")]));
}

bool fa_head_ordered(const struct fa_head *head)
{
    bool range = false;
    for (size_t i = 0; i < head->nclasses; i++) {
        const char *label = head->class[i];
        if (!is_digit(label[0]) && !(!strncmp(label, "more than ", 10) && is_digit(label[10])))
            return false;
        if (i && fa_label_compare(head->class[i - 1], label) > 0)
            return false;
        range |= is_range(label);
    }
    return range && head->nclasses > 1;
}

/* Whether name stands in a list parted by commas. */
static bool is_listed(const char *list, const char *name)
{
    size_t length = strlen(name), n;
    for (; *list; list += n + (list[n] == ',')) {
        n = strcspn(list, ",");
        if (n == length && !strncmp(list, name, n))
            return true;
    }
    return false;
}

static int check_ordered(const struct fa_evaluation *evaluation, const char *list, struct fa_err *err)
{
    for (size_t n; list && *list; list += n + (list[n] == ',')) {
        bool found = false;
        n = strcspn(list, ",");
        for (size_t h = 0; h < evaluation->nheads; h++)
            found |= strlen(evaluation->head[h].name) == n && !strncmp(evaluation->head[h].name, list, n);
        if (!found)
            return fa_err_set(err, "no head \"%.*s\" to be ordered", (int)n, list);
    }
    return 0;
}

static int init_everyone(struct fa_evaluation *evaluation, const char *ordered, struct fa_err *err)
{
    struct fa_group *everyone = &evaluation->everyone;
    *everyone = (struct fa_group){.name = "", .known = true};
    everyone->sums = fa_arena_alloc(&evaluation->arena, evaluation->nheads * sizeof *everyone->sums, err);
    if (!everyone->sums)
        return -1;
    for (size_t h = 0; h < evaluation->nheads; h++) {
        const struct fa_head *head = &evaluation->head[h];
        if (sums_init(&everyone->sums[h], head, ordered ? is_listed(ordered, head->name) : fa_head_ordered(head), "", err))
            return -1;
    }
    return 0;
}

int fa_evaluation_init(struct fa_evaluation *evaluation, const struct fa_merge *merge, const char *by, const char *ordered,
                       struct fa_err *err)
{
    size_t most = 0;
    *evaluation = (struct fa_evaluation){.merge = merge};
    evaluation->head = fa_merge_heads(merge, &evaluation->nheads);
    for (size_t h = 0; h < evaluation->nheads; h++)
        most = evaluation->head[h].nclasses > most ? evaluation->head[h].nclasses : most;
    evaluation->verdict = fa_arena_alloc(&evaluation->arena, evaluation->nheads * sizeof *evaluation->verdict, err);
    evaluation->logit = fa_arena_alloc(&evaluation->arena, most * sizeof *evaluation->logit, err);
    if (evaluation->verdict && evaluation->logit && !check_ordered(evaluation, ordered, err) &&
        !init_everyone(evaluation, ordered, err) && (!by || !by_parse(evaluation, by, err)))
        return 0;
    fa_evaluation_free(evaluation);
    return -1;
}

void fa_evaluation_free(struct fa_evaluation *evaluation)
{
    for (size_t h = 0; evaluation->everyone.sums && h < evaluation->nheads; h++)
        sums_free(&evaluation->everyone.sums[h]);
    for (size_t i = 0; i < evaluation->nby; i++)
        by_free(&evaluation->by[i], evaluation->nheads);
    fa_merge_free(evaluation->own);
    free(evaluation->key);
    fa_arena_free(&evaluation->arena);
    *evaluation = (struct fa_evaluation){0};
}

static int add_to_group(struct fa_evaluation *evaluation, struct fa_group *group, uint64_t hash, struct fa_err *err)
{
    for (size_t h = 0; h < evaluation->nheads; h++)
        if (sums_add(&group->sums[h], &evaluation->verdict[h], hash, err))
            return -1;
    return 0;
}

int fa_evaluation_add(struct fa_evaluation *evaluation, const struct fa_record *record, struct fa_err *err)
{
    uint64_t hash = XXH3_64bits(record->id, strlen(record->id));
    for (size_t h = 0; h < evaluation->nheads; h++)
        verdict_make(&evaluation->verdict[h], evaluation->merge, h, record, evaluation->logit);
    if (add_to_group(evaluation, &evaluation->everyone, hash, err))
        return -1;
    for (size_t i = 0; i < evaluation->nby; i++) {
        struct fa_group *group = by_group(evaluation, &evaluation->by[i], record, err);
        if (!group || add_to_group(evaluation, group, hash, err))
            return -1;
    }
    return 0;
}
