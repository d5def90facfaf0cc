#include "candidate.h"

#include <math.h>
#include <stdlib.h>

#include "fa/mem.h"

struct candidate *fa_candidates_add(struct candidates *list, struct fa_err *err)
{
    if (fa_mem_grow(&list->item, &list->capacity, list->n + 1, sizeof *list->item, err))
        return NULL;
    list->item[list->n] = (struct candidate){0};
    return &list->item[list->n++];
}

static int by_score(const void *a, const void *b)
{
    const struct candidate *left = a, *right = b;
    if (left->score != right->score)
        return left->score > right->score ? -1 : 1;
    return left->order > right->order ? -1 : left->order < right->order;
}

static double area(const double box[4], double unit)
{
    return (box[2] - box[0] + unit) * (box[3] - box[1] + unit);
}

static double share(const double a[4], const double b[4], enum overlap overlap, double unit)
{
    double width = fmin(a[2], b[2]) - fmax(a[0], b[0]) + unit, height = fmin(a[3], b[3]) - fmax(a[1], b[1]) + unit;
    if (width <= 0 || height <= 0)
        return 0;
    double common = width * height, area_a = area(a, unit), area_b = area(b, unit);
    return common / (overlap == OVERLAP_MIN ? fmin(area_a, area_b) : area_a + area_b - common);
}

void fa_candidates_suppress(struct candidates *list, size_t first, enum overlap overlap, double limit, double unit)
{
    struct candidate *item = list->item + first;
    size_t n = list->n - first;
    for (size_t i = 0; i < n; i++)
        item[i].order = i;
    if (n > 1)
        qsort(item, n, sizeof *item, by_score);
    for (size_t best = 0; best < n; best++) {
        size_t kept = best + 1;
        for (size_t i = best + 1; i < n; i++)
            if (!(share(item[best].box, item[i].box, overlap, unit) > limit))
                item[kept++] = item[i];
        n = kept;
    }
    list->n = first + n;
}
