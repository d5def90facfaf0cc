#include <string.h>

#include "confusion.h"
#include "fa/export.h"
#include "fa/mem.h"

/* ---- writers ---- */

static struct fa_sheet *sheet_on(struct confusion *confusion, FILE *file)
{
    confusion->sheet.file = file;
    confusion->sheet.begun = false;
    return &confusion->sheet;
}

static void write_text(struct confusion *confusion, FILE *file)
{
    const struct fa_evaluation *evaluation = &confusion->evaluation;
    for (size_t h = 0; h < evaluation->nheads; h++) {
        if (h)
            putc('\n', file);
        fa_confusion_write_text(file, &evaluation->everyone.sums[h], confusion->scores.head[h]);
    }
    if (evaluation->nheads > 1) {
        putc('\n', file);
        fa_joint_write_text(file, confusion->scores.head[evaluation->nheads]);
    }
    for (size_t i = 0; i < evaluation->nby; i++) {
        putc('\n', file);
        fa_groups_write_text(file, evaluation, &confusion->scores, i, confusion->small);
    }
}

static void write_head(struct confusion *confusion, FILE *file)
{
    fa_confusion_write_csv(sheet_on(confusion, file), &confusion->evaluation.everyone.sums[confusion->head].confusion,
                           confusion->rates);
}

static void write_tidy(struct confusion *confusion, FILE *file)
{
    fa_confusion_write_tidy(sheet_on(confusion, file), &confusion->evaluation);
}

static void write_summary(struct confusion *confusion, FILE *file)
{
    fa_summary_write(sheet_on(confusion, file), &confusion->evaluation, &confusion->scores);
}

static void write_json(struct confusion *confusion, FILE *file)
{
    fa_export_evaluation(file, &confusion->evaluation, &confusion->scores);
}

static void write_groups(struct confusion *confusion, FILE *file)
{
    fa_groups_write(sheet_on(confusion, file), &confusion->evaluation, &confusion->scores, confusion->small);
}

static void write_gaps(struct confusion *confusion, FILE *file)
{
    fa_gaps_write(sheet_on(confusion, file), &confusion->evaluation, &confusion->scores, confusion->small);
}

static void write_worst(struct confusion *confusion, FILE *file)
{
    fa_worst_write(sheet_on(confusion, file), &confusion->evaluation, confusion->worst);
}

static void write_compare(struct confusion *confusion, FILE *file)
{
    struct fa_err err;
    if (fa_compare_write(sheet_on(confusion, file), &confusion->evaluation, confusion->compare, confusion->bootstrap, &err))
        cli_fail(&err);
}

static void write_changed(struct confusion *confusion, FILE *file)
{
    fwrite(confusion->changed, 1, confusion->nchanged, file);
}

static void write_counts(struct confusion *confusion, FILE *file)
{
    fa_counts_write(file, &confusion->evaluation);
}

/* ---- the tables ---- */

static const struct confusion_table tables[] = {
    {"text", NULL, NULL, write_text},
    {"csv", "confusion_%s.csv", NULL, write_head},
    {"tidy", "tidy.csv", NULL, write_tidy},
    {"summary", "summary.csv", NULL, write_summary},
    {"json", "summary.jsonl", NULL, write_json},
    {"groups", "groups.csv", "--by", write_groups},
    {"gaps", "gaps.csv", "--by", write_gaps},
    {"worst", "worst.csv", "--worst", write_worst},
    {"compare", "compare.csv", "--compare", write_compare},
    {"changed", "changed.csv", "--compare", write_changed},
    {"counts", NULL, NULL, write_counts},
};
enum { NTABLES = sizeof tables / sizeof *tables };

const struct confusion_table *confusion_table(const char *name)
{
    for (size_t i = 0; i < NTABLES; i++)
        if (!strcmp(tables[i].name, name))
            return &tables[i];
    return NULL;
}

bool confusion_has(const struct confusion *confusion, const struct confusion_table *table)
{
    return !table->option || (!strcmp(table->option, "--by") && confusion->evaluation.nby) ||
           (!strcmp(table->option, "--worst") && confusion->worst) ||
           (!strcmp(table->option, "--compare") && confusion->compare);
}

static void write_table(struct confusion *confusion, const struct confusion_table *table, struct cli_output *output)
{
    table->write(confusion, output->file);
    cli_output_close(output);
}

void confusion_print(struct confusion *confusion, const struct confusion_table *table, const char *path)
{
    struct cli_output output = cli_output_open(path, false);
    write_table(confusion, table, &output);
}

static void write_in_folder(struct confusion *confusion, const struct confusion_table *table, const char *folder, const char *head)
{
    struct fa_arena arena = {0};
    struct fa_err err;
    const char *rest = strstr(table->file, "%s");
    char *path = rest ? fa_arena_printf(&arena, &err, "%s/%.*s%s%s", folder, (int)(rest - table->file), table->file, head, rest + 2)
                      : fa_arena_printf(&arena, &err, "%s/%s", folder, table->file);
    if (!path)
        cli_fail(&err);
    struct cli_output output = cli_output_open(path, false);
    output.name = output.path ? output.path : folder;
    write_table(confusion, table, &output);
    fa_arena_free(&arena);
}

void confusion_write_folder(struct confusion *confusion, const char *folder)
{
    const struct fa_evaluation *evaluation = &confusion->evaluation;
    cli_make_folder(folder);
    for (size_t i = 0; i < NTABLES; i++) {
        const struct confusion_table *table = &tables[i];
        bool each = table->write == write_head;
        size_t chosen = confusion->head;
        for (size_t h = 0; h < evaluation->nheads && each; h++) {
            confusion->head = h;
            write_in_folder(confusion, table, folder, evaluation->head[h].name);
        }
        confusion->head = chosen;
        if (!each && table->file && confusion_has(confusion, table))
            write_in_folder(confusion, table, folder, "");
    }
}
