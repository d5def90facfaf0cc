#include "fa/check.h"

#include <stdlib.h>
#include <string.h>

#include "fa/mem.h"
#include "fa/par.h"
#include "room.h"

const char *fa_fault_name(enum fa_fault fault)
{
    static const char *const name[] = {"fine",          "no path",     "missing",  "unreadable", "tiny", "duplicate",
                                       "contradiction", "spreadsheet", "spelling", "unknown class"};
    return name[fault];
}

const char *fa_check_file(const struct fa_check *check, size_t row)
{
    return fa_table_cell(check->order.table, row, check->order.column);
}

int fa_check_add(struct fa_check *check, struct fa_finding finding, struct fa_err *err)
{
    if (fa_mem_grow(&check->finding, &check->capacity, check->nfindings + 1, sizeof *check->finding, err))
        return -1;
    check->finding[check->nfindings++] = finding;
    return 0;
}

/* ---- many items ---- */

static int next_item(void *arg, void **item, struct fa_err *err)
{
    struct batch *batch = arg;
    (void)err;
    if (batch->next == batch->n)
        return 0;
    *item = (char *)batch->item + batch->size * batch->next++;
    return 1;
}

static int work_item(void *arg, unsigned worker, void *item, struct fa_err *err)
{
    const struct batch *batch = arg;
    (void)worker;
    return batch->each(batch->arg, item, err);
}

static int finish_item(void *arg, void *item, struct fa_err *err)
{
    struct batch *batch = arg;
    (void)item, (void)err;
    batch->done++;
    if (batch->order->progress)
        batch->order->progress(batch->order->arg, batch->done, batch->n);
    return 0;
}

static void drop_item(void *arg, void *item)
{
    (void)arg, (void)item;
}

int fa_check_each(struct fa_check *check, struct batch *batch, struct fa_err *err)
{
    const struct fa_pipeline pipeline = {check->order.threads, batch, next_item, work_item, finish_item, drop_item, NULL};
    batch->order = &check->order;
    return fa_pipeline_run(&pipeline, err);
}

/* ---- the check ---- */

static int by_fault(const void *a, const void *b)
{
    const struct fa_finding *x = a, *y = b;
    if (x->fault != y->fault)
        return x->fault < y->fault ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

struct fa_check *fa_check_run(const struct fa_check_order *order, struct fa_err *err)
{
    struct fa_check *check = fa_mem_array(1, sizeof *check, err);
    if (!check)
        return NULL;
    check->order = *order;
    if (fa_check_count(check, err) || fa_check_files(check, err)) {
        fa_check_free(check);
        return NULL;
    }
    if (check->nfindings)
        qsort(check->finding, check->nfindings, sizeof *check->finding, by_fault);
    return check;
}

void fa_check_free(struct fa_check *check)
{
    if (!check)
        return;
    for (size_t i = 0; i < check->ncensus; i++) {
        struct fa_census *census = &check->census[i];
        fa_vocabulary_free(&census->class);
        free(census->count);
        free(census->fault);
        free(census->likely);
        free(census->code);
    }
    free(check->census);
    free(check->passed_over);
    free(check->finding);
    fa_arena_free(&check->arena);
    free(check);
}

size_t fa_check_faults(const struct fa_check *check, enum fa_fault fault)
{
    size_t n = 0;
    for (size_t i = 0; i < check->nfindings; i++)
        n += check->finding[i].fault == fault;
    for (size_t i = 0; i < check->ncensus; i++)
        for (size_t class = 0; class < check->census[i].class.n; class++)
            if (check->census[i].fault[class] == fault)
                n += check->census[i].count[class];
    return n;
}

size_t fa_check_total(const struct fa_check *check, bool mended)
{
    size_t n = 0;
    for (enum fa_fault fault = FA_FINE + 1; fault < FA_FAULTS; fault++)
        if (!mended || (fault != FA_SPREADSHEET && fault != FA_SPELLING))
            n += fa_check_faults(check, fault);
    return n;
}

void fa_check_visit(const struct fa_check *check, void (*see)(void *arg, const struct problem *problem), void *arg)
{
    for (size_t i = 0; i < check->nfindings; i++) {
        const struct fa_finding *finding = &check->finding[i];
        see(arg, &(struct problem){.fault = finding->fault, .row = finding->row, .note = finding->note});
    }
    for (size_t i = 0; i < check->ncensus; i++) {
        const struct fa_census *census = &check->census[i];
        for (size_t row = 0; row < fa_table_rows(check->order.table); row++) {
            uint32_t class = census->code[row];
            if (class != FA_NO_LABEL && census->fault[class])
                see(arg, &(struct problem){census->fault[class], row, census->name, census->class.name[class],
                                           census->likely[class], NULL});
        }
    }
}

/* ---- mending ---- */

static const char *mended(const struct fa_check *check, size_t row, size_t column)
{
    for (size_t i = 0; i < check->ncensus; i++) {
        const struct fa_census *census = &check->census[i];
        uint32_t class = census->code[row];
        if (census->column == column && class != FA_NO_LABEL && census->likely[class])
            return census->likely[class];
    }
    return fa_table_cell(check->order.table, row, column);
}

void fa_check_mend(FILE *file, const struct fa_check *check)
{
    const struct fa_table *table = check->order.table;
    size_t columns = fa_table_columns(table);
    for (size_t column = 0; column < columns; column++) {
        fa_table_put_exact(file, fa_table_name(table, column));
        putc(column + 1 < columns ? ',' : '\n', file);
    }
    for (size_t row = 0; row < fa_table_rows(table); row++)
        for (size_t column = 0; column < columns; column++) {
            fa_table_put_exact(file, mended(check, row, column));
            putc(column + 1 < columns ? ',' : '\n', file);
        }
}
