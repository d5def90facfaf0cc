#include <stdlib.h>
#include <string.h>

#include "fa/mem.h"
#include "room.h"

/* False where a row lacks one of the labels. */
static bool find_cell(const struct fa_crossing *crossing, size_t row, uint64_t *cell)
{
    *cell = 0;
    for (size_t i = 0; i < crossing->n; i++) {
        uint32_t class = crossing->census[i]->code[row];
        if (class == FA_NO_LABEL)
            return false;
        *cell = *cell * crossing->census[i]->class.n + class;
    }
    return true;
}

static uint64_t combinations(const struct fa_crossing *crossing)
{
    uint64_t product = 1;
    for (size_t i = 0; i < crossing->n; i++) {
        uint64_t classes = crossing->census[i]->class.n;
        if (classes && product > INT64_MAX / classes)
            return 0;
        product *= classes;
    }
    return product;
}

static int by_cell(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

int fa_check_cross(struct fa_crossing *crossing, const struct fa_check *check, const struct fa_census *const *census,
                   size_t n, struct fa_err *err)
{
    size_t rows = fa_table_rows(check->order.table), counted = 0;
    *crossing = (struct fa_crossing){.census = fa_mem_array(n, sizeof(struct fa_census *), err), .n = n};
    crossing->cell = fa_mem_array(rows, sizeof *crossing->cell, err);
    crossing->count = fa_mem_array(rows, sizeof *crossing->count, err);
    if (!crossing->census || !crossing->cell || !crossing->count) {
        fa_crossing_free(crossing);
        return -1;
    }
    memcpy(crossing->census, census, n * sizeof(struct fa_census *));
    crossing->possible = combinations(crossing);
    for (size_t row = 0; row < rows && crossing->possible; row++)
        counted += find_cell(crossing, row, &crossing->cell[counted]);
    qsort(crossing->cell, counted, sizeof *crossing->cell, by_cell);
    for (size_t i = 0; i < counted; i++) {
        if (!i || crossing->cell[i] != crossing->cell[crossing->ncells - 1])
            crossing->cell[crossing->ncells++] = crossing->cell[i];
        crossing->count[crossing->ncells - 1]++;
    }
    return 0;
}

void fa_crossing_free(struct fa_crossing *crossing)
{
    free(crossing->census);
    free(crossing->cell);
    free(crossing->count);
    *crossing = (struct fa_crossing){0};
}

const char *fa_crossing_class(const struct fa_crossing *crossing, size_t cell, size_t i)
{
    uint64_t code = crossing->cell[cell];
    for (size_t k = crossing->n - 1; k > i; k--)
        code /= crossing->census[k]->class.n;
    return crossing->census[i]->class.name[code % crossing->census[i]->class.n];
}

static int cross(const struct fa_check *check, const struct fa_census *const *census, size_t n,
                 void (*see)(void *arg, const struct fa_crossing *crossing), void *arg, struct fa_err *err)
{
    struct fa_crossing crossing;
    if (fa_check_cross(&crossing, check, census, n, err))
        return -1;
    see(arg, &crossing);
    fa_crossing_free(&crossing);
    return 0;
}

int fa_check_cross_all(const struct fa_check *check, void (*see)(void *arg, const struct fa_crossing *crossing), void *arg,
                       struct fa_err *err)
{
    size_t n = check->ncensus;
    const struct fa_census **all = fa_mem_array(n, sizeof *all, err);
    int failed = !all;
    for (size_t i = 0; i < n && !failed; i++)
        all[i] = &check->census[i];
    for (size_t i = 0; i < n && !failed; i++)
        for (size_t k = i + 1; k < n && !failed; k++) {
            size_t down = all[k]->class.n > all[i]->class.n ? k : i;
            const struct fa_census *const pair[] = {all[down], all[i + k - down]};
            failed = cross(check, pair, 2, see, arg, err);
        }
    if (!failed && n > 2)
        failed = cross(check, all, n, see, arg, err);
    free(all);
    return failed ? -1 : 0;
}
