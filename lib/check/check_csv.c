#include <inttypes.h>
#include <string.h>

#include "fa/mem.h"
#include "room.h"

struct csv {
    FILE *file;
    const struct fa_check *check;
    struct fa_arena arena; /* of a row */
    struct fa_err *err;
    bool failed;
};

static void put_count(struct csv *csv, uint64_t count)
{
    fprintf(csv->file, ",,%" PRIu64 ",\n", count);
}

static void write_census(struct csv *csv, const struct fa_census *census)
{
    for (size_t i = 0; i < census->class.n; i++) {
        fputs("class,,,", csv->file);
        fa_table_put_joined(csv->file, census->name, " ", census->class.name[i]);
        put_count(csv, census->count[i]);
    }
    fputs("unlabelled,,,", csv->file);
    fa_table_put(csv->file, census->name);
    put_count(csv, census->unlabelled);
}

/* `age 3-9, gender Male` */
static const char *name_cell(struct csv *csv, const struct fa_crossing *crossing, size_t cell)
{
    const char *name = "";
    for (size_t i = 0; i < crossing->n && name; i++)
        name = fa_arena_printf(&csv->arena, csv->err, "%s%s%s %s", name, i ? ", " : "", crossing->census[i]->name,
                               fa_crossing_class(crossing, cell, i));
    return name;
}

static void see_crossing(void *arg, const struct fa_crossing *crossing)
{
    struct csv *csv = arg;
    for (size_t i = 0; i < crossing->ncells && !csv->failed; i++) {
        const char *name = name_cell(csv, crossing, i);
        csv->failed = !name;
        fputs("crossing,,,", csv->file);
        fa_table_put(csv->file, name ? name : "");
        put_count(csv, crossing->count[i]);
        fa_arena_reset(&csv->arena);
    }
}

static void write_sizes(struct csv *csv)
{
    static const char *const name[] = {"least", "median", "most"};
    fputs("readable,,,", csv->file);
    put_count(csv, csv->check->readable);
    for (int i = 0; i < 6 && csv->check->readable; i++) {
        fprintf(csv->file, "%s %s,,,", i < 3 ? "width" : "height", name[i % 3]);
        put_count(csv, i < 3 ? csv->check->width[i] : csv->check->height[i - 3]);
    }
}

static void see_problem(void *arg, const struct problem *problem)
{
    struct csv *csv = arg;
    FILE *file = csv->file;
    fprintf(file, "%s,%zu,", fa_fault_name(problem->fault), fa_table_line(csv->check->order.table, problem->row));
    fa_table_put(file, fa_check_file(csv->check, problem->row));
    putc(',', file);
    if (problem->column)
        fa_table_put_joined(file, problem->column, " ", problem->label);
    putc(',', file);
    if (problem->likely)
        fa_table_put_joined(file, problem->column, " ", problem->likely);
    fputs(",,", file);
    fa_table_put(file, problem->note ? problem->note : "");
    putc('\n', file);
}

int fa_check_write_csv(FILE *file, const struct fa_check *check, struct fa_err *err)
{
    struct csv csv = {.file = file, .check = check, .err = err};
    fputs("what,line,file,label,likely,count,note\nrows,,,", file);
    put_count(&csv, fa_table_rows(check->order.table));
    for (size_t i = 0; i < check->ncensus; i++)
        write_census(&csv, &check->census[i]);
    int failed = fa_check_cross_all(check, see_crossing, &csv, err);
    write_sizes(&csv);
    fa_check_visit(check, see_problem, &csv);
    fa_arena_free(&csv.arena);
    return failed || csv.failed ? -1 : 0;
}
