#include <math.h>

#include "fa/eval.h"

/* The share that a cell is of its row, its column or everything. */
static double rate(const struct fa_confusion *confusion, enum fa_rates rates, size_t row, size_t column)
{
    uint64_t of = rates == FA_RATES_ROW      ? fa_confusion_support(confusion, row)
                  : rates == FA_RATES_COLUMN ? fa_confusion_predicted(confusion, column)
                                             : fa_confusion_n(confusion);
    return of ? (double)fa_confusion_row(confusion, row)[column] / (double)of : (double)NAN;
}

static void write_names(struct fa_sheet *sheet, const struct fa_confusion *confusion, enum fa_rates rates)
{
    static const char *const of[] = {"", "share of row, ", "share of column, ", "share of all, "};
    static const char *const margin[] = {"support",   "recall",        "recall low",     "recall high", "predicted",
                                         "precision", "precision low", "precision high", "F1",          "F1 low",
                                         "F1 high"};
    fa_sheet_text(sheet, confusion->head);
    for (size_t i = 0; i < confusion->classes; i++)
        fa_sheet_joined(sheet, "predicted", " ", fa_confusion_label(confusion, i));
    for (size_t i = 0; i < sizeof margin / sizeof *margin; i++)
        fa_sheet_text(sheet, margin[i]);
    for (size_t i = 0; rates && i < confusion->classes; i++)
        fa_sheet_joined(sheet, of[rates], "predicted ", fa_confusion_label(confusion, i));
    fa_sheet_end(sheet);
}

static void write_row(struct fa_sheet *sheet, const struct fa_confusion *confusion, size_t row, enum fa_rates rates)
{
    fa_sheet_joined(sheet, "true", " ", fa_confusion_label(confusion, row));
    for (size_t i = 0; i < confusion->classes; i++)
        fa_sheet_count(sheet, fa_confusion_row(confusion, row)[i]);
    fa_sheet_count(sheet, fa_confusion_support(confusion, row));
    fa_sheet_estimate(sheet, fa_estimate_recall(confusion, row));
    if (row < confusion->classes)
        fa_sheet_count(sheet, fa_confusion_predicted(confusion, row));
    else
        fa_sheet_text(sheet, "");
    fa_sheet_estimate(sheet, fa_estimate_precision(confusion, row));
    fa_sheet_estimate(sheet, fa_estimate_f1(confusion, row));
    for (size_t i = 0; rates && i < confusion->classes; i++)
        fa_sheet_real(sheet, rate(confusion, rates, row, i));
    fa_sheet_end(sheet);
}

static void write_blanks(struct fa_sheet *sheet, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fa_sheet_text(sheet, "");
}

void fa_confusion_write_csv(struct fa_sheet *sheet, const struct fa_confusion *confusion, enum fa_rates rates)
{
    size_t blanks = 10 + (rates ? confusion->classes : 0);
    write_names(sheet, confusion, rates);
    for (size_t i = 0; i < confusion->label.n; i++)
        write_row(sheet, confusion, i, rates);
    fa_sheet_text(sheet, "predicted");
    for (size_t i = 0; i < confusion->classes; i++)
        fa_sheet_count(sheet, fa_confusion_predicted(confusion, i));
    fa_sheet_count(sheet, fa_confusion_n(confusion));
    write_blanks(sheet, blanks);
    fa_sheet_end(sheet);
    fa_sheet_text(sheet, "precision");
    for (size_t i = 0; i < confusion->classes; i++)
        fa_sheet_real(sheet, fa_estimate_precision(confusion, i).value);
    write_blanks(sheet, blanks + 1);
    fa_sheet_end(sheet);
}

/* ---- long form ---- */

static void write_cells(struct fa_sheet *sheet, const struct fa_by *by, const struct fa_group *group, size_t h)
{
    const struct fa_confusion *confusion = &group->sums[h].confusion;
    for (size_t row = 0; row < confusion->label.n; row++)
        for (size_t column = 0; column < confusion->classes; column++) {
            fa_sheet_text(sheet, by ? by->text : "");
            fa_sheet_text(sheet, group->name);
            fa_sheet_text(sheet, confusion->head);
            fa_sheet_joined(sheet, "true", " ", fa_confusion_label(confusion, row));
            fa_sheet_joined(sheet, "predicted", " ", fa_confusion_label(confusion, column));
            fa_sheet_count(sheet, fa_confusion_row(confusion, row)[column]);
            for (enum fa_rates rates = FA_RATES_ROW; rates <= FA_RATES_ALL; rates++)
                fa_sheet_real(sheet, rate(confusion, rates, row, column));
            fa_sheet_end(sheet);
        }
}

void fa_confusion_write_tidy(struct fa_sheet *sheet, const struct fa_evaluation *evaluation)
{
    static const char *const name[] = {"by",    "group",        "head",            "true label",  "predicted label",
                                       "count", "share of row", "share of column", "share of all"};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
        fa_sheet_text(sheet, name[i]);
    fa_sheet_end(sheet);
    for (size_t h = 0; h < evaluation->nheads; h++)
        write_cells(sheet, NULL, &evaluation->everyone, h);
    for (size_t i = 0; i < evaluation->nby; i++)
        for (size_t g = 0; g < evaluation->by[i].ngroups; g++)
            for (size_t h = 0; h < evaluation->nheads; h++)
                write_cells(sheet, &evaluation->by[i], evaluation->by[i].group[g], h);
}
