#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "fa/mem.h"
#include "room.h"

static const struct fa_known *find_known(const struct fa_check_order *order, const char *column)
{
    for (size_t i = 0; i < order->nknown; i++)
        if (!strcmp(order->known[i].column, column))
            return &order->known[i];
    return NULL;
}

/* The classes of a column, in census->class; stops where there are more than most. */
static int collect(struct fa_census *census, const struct fa_check_order *order, size_t most, struct fa_err *err)
{
    const struct fa_known *known = find_known(order, census->name);
    for (size_t i = 0; known && i < known->n; i++)
        if (fa_vocabulary_add(&census->class, known->class[i], err))
            return -1;
    for (size_t row = 0; row < fa_table_rows(order->table) && census->class.n <= most; row++) {
        const char *cell = fa_table_cell(order->table, row, census->column);
        if (*cell && fa_vocabulary_add(&census->class, cell, err))
            return -1;
    }
    fa_vocabulary_sort(&census->class);
    return 0;
}

static int count(struct fa_census *census, const struct fa_table *table, struct fa_err *err)
{
    size_t rows = fa_table_rows(table), n = census->class.n, class = 0;
    census->count = fa_mem_array(n, sizeof *census->count, err);
    census->fault = fa_mem_array(n, sizeof *census->fault, err);
    census->likely = fa_mem_array(n, sizeof *census->likely, err);
    census->code = fa_mem_array(rows, sizeof *census->code, err);
    if (!census->count || !census->fault || !census->likely || !census->code)
        return -1;
    for (size_t row = 0; row < rows; row++) {
        bool labelled = fa_vocabulary_find(&census->class, fa_table_cell(table, row, census->column), &class);
        census->code[row] = labelled ? (uint32_t)class : FA_NO_LABEL;
        if (labelled)
            census->count[class]++;
        else
            census->unlabelled++;
    }
    return 0;
}

/* ---- classes at fault ---- */

/* What the faults of one column are found by. */
struct trial {
    struct fa_check *check;
    struct fa_census *census;
    const struct fa_known *known; /* NULL: none given */
    struct fa_vocabulary right;   /* the classes that may be; without known those that are no dates */
    bool ranges;                  /* the column has some */
    struct fa_vocabulary folded;
    size_t *fold, *proper; /* of each class its folded spelling, of each of those the class it ought to be */
};

/* 20-29 */
static bool is_range(const char *label)
{
    size_t low = strspn(label, "0123456789"), high = label[low] == '-' ? strspn(label + low + 1, "0123456789") : 0;
    return low && high && !label[low + 1 + high] && strtoul(label, NULL, 10) < strtoul(label + low + 1, NULL, 10);
}

/* A column without ranges has no labels that a spreadsheet could spoil: its dates are dates. */
static bool has_ranges(const struct fa_census *census)
{
    for (size_t i = 0; i < census->class.n; i++)
        if (is_range(census->class.name[i]))
            return true;
    return false;
}

static int collect_right(struct trial *trial, struct fa_err *err)
{
    const struct fa_vocabulary *class = &trial->census->class;
    char label[FA_LABEL_MAX];
    for (size_t i = 0; trial->known && i < trial->known->n; i++)
        if (fa_vocabulary_add(&trial->right, trial->known->class[i], err))
            return -1;
    for (size_t i = 0; !trial->known && i < class->n; i++) {
        bool date = fa_label_restore(class->name[i], &trial->right, false, label);
        if (!date && fa_vocabulary_add(&trial->right, class->name[i], err))
            return -1;
    }
    return 0;
}

static bool is_right(const struct trial *trial, size_t class)
{
    size_t index;
    return trial->known && fa_vocabulary_find(&trial->right, trial->census->class.name[class], &index);
}

/* Whether class i rather than class best is what all of one folded spelling ought to be. */
static bool is_better(const struct trial *trial, size_t i, size_t best)
{
    const uint64_t *count = trial->census->count;
    if (trial->known && is_right(trial, i) != is_right(trial, best))
        return is_right(trial, i);
    return count[i] > count[best];
}

static int collect_spellings(struct trial *trial, struct fa_err *err)
{
    size_t n = trial->census->class.n;
    trial->fold = fa_mem_array(n, sizeof *trial->fold, err);
    trial->proper = trial->fold ? fa_mem_array(n, sizeof *trial->proper, err) : NULL;
    for (size_t i = 0; trial->proper && i < n; i++) {
        char *folded = fa_label_fold(trial->census->class.name[i], err);
        size_t before = trial->folded.n, *at = &trial->fold[i];
        bool failed = !folded || fa_vocabulary_add(&trial->folded, folded, err);
        if (!failed && fa_vocabulary_find(&trial->folded, folded, at) &&
            (trial->folded.n > before || is_better(trial, i, trial->proper[*at])))
            trial->proper[*at] = i;
        free(folded);
        if (failed)
            return -1;
    }
    return trial->proper ? 0 : -1;
}

static int judge(struct trial *trial, size_t class, struct fa_err *err)
{
    struct fa_census *census = trial->census;
    char label[FA_LABEL_MAX];
    size_t proper = trial->proper[trial->fold[class]];
    if (is_right(trial, class))
        return 0;
    if (trial->ranges && fa_label_restore(census->class.name[class], &trial->right, trial->known != NULL, label)) {
        census->fault[class] = FA_SPREADSHEET;
        census->likely[class] = fa_arena_strdup(&trial->check->arena, label, err);
        return census->likely[class] ? 0 : -1;
    }
    if (proper != class && (!trial->known || is_right(trial, proper))) {
        census->fault[class] = FA_SPELLING;
        census->likely[class] = census->class.name[proper];
    } else if (trial->known) {
        census->fault[class] = FA_UNKNOWN;
    }
    return 0;
}

static int judge_all(struct fa_check *check, struct fa_census *census, struct fa_err *err)
{
    struct trial trial = {.check = check, .census = census, .known = find_known(&check->order, census->name)};
    trial.ranges = trial.known || has_ranges(census);
    int failed = collect_right(&trial, err) || collect_spellings(&trial, err);
    for (size_t i = 0; i < census->class.n && !failed; i++)
        failed = judge(&trial, i, err);
    fa_vocabulary_free(&trial.right);
    fa_vocabulary_free(&trial.folded);
    free(trial.fold);
    free(trial.proper);
    return failed ? -1 : 0;
}

/* ---- columns ---- */

static int add_census(struct fa_check *check, size_t column, size_t most, struct fa_err *err)
{
    struct fa_census *census = &check->census[check->ncensus++];
    census->column = column;
    census->name = fa_table_name(check->order.table, column);
    if (collect(census, &check->order, most, err))
        return -1;
    if (census->class.n > most) {
        fa_vocabulary_free(&census->class);
        check->passed_over[check->npassed_over++] = census->name;
        check->ncensus--;
        return 0;
    }
    return count(census, check->order.table, err) || judge_all(check, census, err) ? -1 : 0;
}

static int add_named(struct fa_check *check, const char *name, struct fa_err *err)
{
    size_t column;
    if (fa_table_find(check->order.table, name, &column, err))
        return -1;
    for (size_t i = 0; i < check->ncensus; i++)
        if (check->census[i].column == column)
            return fa_err_set(err, "column \"%s\" is wanted twice", name);
    return add_census(check, column, UINT32_MAX - 1, err);
}

int fa_check_count(struct fa_check *check, struct fa_err *err)
{
    const struct fa_check_order *order = &check->order;
    size_t columns = fa_table_columns(order->table), column;
    size_t room = order->label ? order->nlabels : columns;
    check->census = fa_mem_array(room, sizeof *check->census, err);
    check->passed_over = fa_mem_array(room, sizeof *check->passed_over, err);
    if (!check->census || !check->passed_over)
        return -1;
    for (size_t i = 0; i < order->nknown; i++)
        if (fa_table_find(order->table, order->known[i].column, &column, err))
            return -1;
    for (size_t i = 0; i < room; i++) {
        bool named = order->label || find_known(order, fa_table_name(order->table, i));
        if (order->label ? add_named(check, order->label[i], err)
                         : i != order->column && add_census(check, i, named ? UINT32_MAX - 1 : FA_CHECK_CLASSES, err))
            return -1;
    }
    return 0;
}
