#include "search.h"

bool search_better(const struct fa_search *search, const struct fa_trial *a, const struct fa_trial *b)
{
    if (a->score != b->score)
        return (a->score > b->score) == search->options.maximize;
    return a->number < b->number;
}

/* Heapsort: qsort() has no argument for the direction. */
static void sift(struct fa_search *search, size_t from, size_t n)
{
    const struct fa_trial **r = search->rank, *moved = r[from];
    for (size_t child; (child = 2 * from + 1) < n; from = child) {
        if (child + 1 < n && search_better(search, r[child], r[child + 1]))
            child++;
        if (!search_better(search, moved, r[child]))
            break;
        r[from] = r[child];
    }
    r[from] = moved;
}

static void sort_rank(struct fa_search *search, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sift(search, i, n);
    for (size_t end = n; end > 1;) {
        const struct fa_trial *worst = search->rank[0];
        search->rank[0] = search->rank[--end];
        search->rank[end] = worst;
        sift(search, 0, end);
    }
}

int search_rank(struct fa_search *search, size_t bracket, size_t round, size_t *n, struct fa_err *err)
{
    *n = 0;
    if (fa_mem_grow(&search->rank, &search->rank_capacity, search->n + 1, sizeof *search->rank, err))
        return -1;
    for (size_t i = 0; i < search->n; i++) {
        const struct fa_trial *t = &search->trial[i];
        if (t->status == FA_TRIAL_DONE && t->bracket == bracket && t->round == round)
            search->rank[(*n)++] = t;
    }
    sort_rank(search, *n);
    return 0;
}

/* Whether it is the last of its configuration's trials that is done. */
static bool is_last(const struct fa_search *search, const struct fa_trial *trial)
{
    for (size_t i = trial->number + 1; i < search->n; i++)
        if (search->trial[i].parent == trial->number && search->trial[i].status == FA_TRIAL_DONE)
            return false;
    return true;
}

size_t fa_search_best(const struct fa_search *search, const struct fa_trial **best, size_t k)
{
    size_t n = 0;
    for (size_t i = 0; i < search->n; i++) {
        const struct fa_trial *t = &search->trial[i];
        if (t->status != FA_TRIAL_DONE || !k || (n == k && !search_better(search, t, best[n - 1])) || !is_last(search, t))
            continue;
        size_t at = n < k ? n++ : n - 1;
        for (; at && search_better(search, t, best[at - 1]); at--)
            best[at] = best[at - 1];
        best[at] = t;
    }
    return n;
}
