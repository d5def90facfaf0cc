/* Tables of single records, and of two models record by record. */
#include <math.h>

#include "fa/eval.h"

static const char *class_of(const struct fa_head *head, size_t index)
{
    return index < head->nclasses ? head->class[index] : "";
}

static void write_names(struct fa_sheet *sheet, const char *const *name, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fa_sheet_text(sheet, name[i]);
    fa_sheet_end(sheet);
}

/* Classes stand behind a word, as everywhere, so that none becomes a date. */
static void write_class(struct fa_sheet *sheet, const char *word, const char *class)
{
    fa_sheet_joined(sheet, class[0] ? word : "", class[0] ? " " : "", class);
}

void fa_worst_write(struct fa_sheet *sheet, const struct fa_evaluation *evaluation, const struct fa_shortlist *list)
{
    static const char *const name[] = {"head", "rank", "id", "true label", "predicted label", "p of true", "p of predicted", "loss"};
    write_names(sheet, name, sizeof name / sizeof *name);
    for (size_t h = 0; h < evaluation->nheads; h++)
        for (size_t i = 0; i < list[h].n; i++) {
            const struct fa_pick *pick = &list[h].pick[i];
            fa_sheet_text(sheet, evaluation->head[h].name);
            fa_sheet_count(sheet, i + 1);
            fa_sheet_text(sheet, pick->id);
            write_class(sheet, "true", class_of(&evaluation->head[h], pick->verdict.truth));
            write_class(sheet, "predicted", class_of(&evaluation->head[h], pick->verdict.predicted));
            fa_sheet_real(sheet, pick->p_truth);
            fa_sheet_real(sheet, pick->verdict.confidence);
            fa_sheet_real(sheet, pick->verdict.loss);
            fa_sheet_end(sheet);
        }
}

/* ---- two models ---- */

void fa_changed_write_names(struct fa_sheet *sheet)
{
    static const char *const name[] = {"id", "head", "true label", "first", "second", "right"};
    write_names(sheet, name, sizeof name / sizeof *name);
}

void fa_changed_write(struct fa_sheet *sheet, const struct fa_evaluation *evaluation, const char *id, const uint32_t *answer)
{
    static const char *const right[2][2] = {{"neither", "second"}, {"first", "both"}};
    for (size_t h = 0; h < evaluation->nheads; h++) {
        const struct fa_verdict *verdict = &evaluation->verdict[h];
        if (answer[h] == verdict->predicted)
            continue;
        fa_sheet_text(sheet, id);
        fa_sheet_text(sheet, evaluation->head[h].name);
        write_class(sheet, "true", verdict->label ? verdict->label : "");
        write_class(sheet, "predicted", class_of(&evaluation->head[h], verdict->predicted));
        write_class(sheet, "predicted", class_of(&evaluation->head[h], answer[h]));
        fa_sheet_text(sheet, verdict->label ? right[verdict->predicted == verdict->truth][answer[h] == verdict->truth] : "");
        fa_sheet_end(sheet);
    }
}

struct line {
    struct fa_sheet *sheet;
    const char *head;
};

static void write_estimate(const struct line *line, const char *name, struct fa_estimate estimate)
{
    fa_sheet_text(line->sheet, line->head);
    fa_sheet_text(line->sheet, name);
    fa_sheet_estimate(line->sheet, estimate);
    fa_sheet_end(line->sheet);
}

static void write_number(const struct line *line, const char *name, double value)
{
    write_estimate(line, name, (struct fa_estimate){value, NAN, NAN});
}

int fa_compare_write(struct fa_sheet *sheet, const struct fa_evaluation *evaluation, const struct fa_compare *compare,
                     const struct fa_bootstrap *bootstrap, struct fa_err *err)
{
    static const char *const name[] = {"head", "metric", "value", "low", "high"};
    write_names(sheet, name, sizeof name / sizeof *name);
    for (size_t h = 0; h < evaluation->nheads; h++) {
        const struct fa_paired *paired = fa_compare_paired(compare, h);
        const struct line line = {sheet, evaluation->head[h].name};
        struct fa_paired_test test;
        if (fa_paired_test(&test, paired, bootstrap, err))
            return -1;
        write_number(&line, "both_right", (double)paired->count[1][1]);
        write_number(&line, "only_first_right", (double)paired->count[1][0]);
        write_number(&line, "only_second_right", (double)paired->count[0][1]);
        write_number(&line, "neither_right", (double)paired->count[0][0]);
        write_number(&line, "changed", (double)paired->changed);
        write_estimate(&line, "accuracy_difference", test.difference);
        write_number(&line, "mcnemar_exact_p", test.exact);
        write_number(&line, "mcnemar_chi2", test.chi2);
        write_number(&line, "mcnemar_chi2_p", test.p);
    }
    const struct line line = {sheet, ""};
    write_number(&line, "only_in_first", (double)fa_compare_only_first(compare));
    write_number(&line, "only_in_second", (double)fa_compare_only_second(compare));
    return 0;
}
