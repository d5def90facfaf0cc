#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fa/eval.h"
#include "fa/mem.h"

int fa_shortlist_init(struct fa_shortlist *list, size_t capacity, struct fa_err *err)
{
    *list = (struct fa_shortlist){.capacity = capacity};
    list->pick = fa_mem_array(capacity, sizeof *list->pick, err);
    return list->pick ? 0 : -1;
}

void fa_shortlist_free(struct fa_shortlist *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->pick[i].id);
    free(list->pick);
    *list = (struct fa_shortlist){0};
}

/* Which comes first: the larger key, then the id. A total order, so that what is kept does not depend on what came when. */
static int compare(const void *a, const void *b)
{
    const struct fa_pick *x = a, *y = b;
    if (x->key > y->key || x->key < y->key)
        return x->key > y->key ? -1 : 1;
    return strcmp(x->id, y->id);
}

static void swap(struct fa_pick *a, struct fa_pick *b)
{
    struct fa_pick held = *a;
    *a = *b;
    *b = held;
}

static void sift_up(struct fa_shortlist *list)
{
    for (size_t i = list->n - 1; i && compare(&list->pick[i], &list->pick[(i - 1) / 2]) > 0; i = (i - 1) / 2)
        swap(&list->pick[i], &list->pick[(i - 1) / 2]);
}

static void sift_down(struct fa_shortlist *list)
{
    for (size_t i = 0, child; (child = 2 * i + 1) < list->n; i = child) {
        child += child + 1 < list->n && compare(&list->pick[child + 1], &list->pick[child]) > 0;
        if (compare(&list->pick[child], &list->pick[i]) <= 0)
            return;
        swap(&list->pick[child], &list->pick[i]);
    }
}

int fa_shortlist_offer(struct fa_shortlist *list, double key, const char *id, const struct fa_verdict *verdict, struct fa_err *err)
{
    struct fa_pick pick = {key, (char *)id, *verdict, exp(-verdict->loss)};
    bool full = list->n == list->capacity;
    pick.verdict.label = NULL;
    if (!list->capacity || (full && compare(&pick, &list->pick[0]) >= 0))
        return 0;
    if (!(pick.id = fa_mem_strdup(id, err)))
        return -1;
    if (full) {
        free(list->pick[0].id);
        list->pick[0] = pick;
        sift_down(list);
    } else {
        list->pick[list->n++] = pick;
        sift_up(list);
    }
    return 0;
}

void fa_shortlist_sort(struct fa_shortlist *list)
{
    qsort(list->pick, list->n, sizeof *list->pick, compare);
}
