#include <math.h>
#include <string.h>

#include "fa/eval.h"

/* What stands before every row of a table of metrics: the head, or the group and the head. */
struct line {
    struct fa_sheet *sheet;
    const struct fa_by *by; /* NULL: no columns of groups */
    const struct fa_group *group;
    const char *head;
    const char *mark; /* with by: `small` or nothing */
    uint64_t n;       /* with by */
};

static void begin_line(const struct line *line, const char *metric, const char *class)
{
    if (line->by) {
        fa_sheet_text(line->sheet, line->by->text);
        fa_sheet_text(line->sheet, line->group->name);
    }
    fa_sheet_text(line->sheet, line->head);
    fa_sheet_joined(line->sheet, metric, class[0] ? " " : "", class);
}

static void end_line(const struct line *line)
{
    if (line->by) {
        fa_sheet_count(line->sheet, line->n);
        fa_sheet_text(line->sheet, line->mark);
    }
    fa_sheet_end(line->sheet);
}

static void write_count(const struct line *line, const char *name, uint64_t count)
{
    begin_line(line, name, "");
    fa_sheet_count(line->sheet, count);
    fa_sheet_text(line->sheet, "");
    fa_sheet_text(line->sheet, "");
    end_line(line);
}

static void write_metric(const struct line *line, size_t metric, const char *class, struct fa_estimate estimate)
{
    begin_line(line, fa_metric_name(metric), class);
    fa_sheet_estimate(line->sheet, estimate);
    end_line(line);
}

/* All of a head, or of all heads; the first nrows rows. */
static void write_head(struct line *line, const struct fa_evaluation *evaluation, const struct fa_group *group, size_t h,
                       size_t nrows, const struct fa_estimate *estimate)
{
    const struct fa_confusion *confusion = h < evaluation->nheads ? &group->sums[h].confusion : NULL;
    if (confusion) {
        write_count(line, "n", fa_confusion_n(confusion));
        write_count(line, "rejected", confusion->rejected);
        write_count(line, "unlabelled", confusion->unlabelled);
        write_count(line, "unseen", fa_confusion_unseen(confusion));
    }
    for (size_t i = 0; i < FA_METRICS; i++)
        if (fa_metric_applies(evaluation, h, i))
            write_metric(line, i, "", estimate[i]);
    for (size_t row = 0; row < nrows; row++)
        for (size_t i = 0; i < FA_ROW_METRICS; i++) {
            size_t metric = FA_METRICS + FA_ROW_METRICS * row + i;
            write_metric(line, metric, fa_confusion_label(confusion, row), estimate[metric]);
        }
}

static const char *head_name(const struct fa_evaluation *evaluation, size_t h)
{
    return h < evaluation->nheads ? evaluation->head[h].name : "all heads";
}

static void write_names(struct fa_sheet *sheet, const char *const *name, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fa_sheet_text(sheet, name[i]);
    fa_sheet_end(sheet);
}

void fa_summary_write(struct fa_sheet *sheet, const struct fa_evaluation *evaluation, const struct fa_scores *scores)
{
    static const char *const name[] = {"head", "metric", "value", "low", "high"};
    const struct fa_group *everyone = &evaluation->everyone;
    write_names(sheet, name, sizeof name / sizeof *name);
    for (size_t h = 0; h <= evaluation->nheads; h++) {
        struct line line = {.sheet = sheet, .head = head_name(evaluation, h)};
        write_head(&line, evaluation, everyone, h, h < evaluation->nheads ? everyone->sums[h].confusion.label.n : 0,
                   scores->head[h]);
    }
}

/* ---- groups ---- */

/* Faces measured; of all heads, by the head that has most. */
static uint64_t measured(const struct fa_evaluation *evaluation, const struct fa_group *group, size_t h)
{
    uint64_t most = 0;
    if (h < evaluation->nheads)
        return fa_confusion_n(&group->sums[h].confusion);
    for (size_t i = 0; i < evaluation->nheads; i++) {
        uint64_t n = fa_confusion_n(&group->sums[i].confusion);
        most = n > most ? n : most;
    }
    return most;
}

void fa_groups_write(struct fa_sheet *sheet, const struct fa_evaluation *evaluation, const struct fa_scores *scores,
                     uint64_t small)
{
    static const char *const name[] = {"by", "group", "head", "metric", "value", "low", "high", "n", "small"};
    size_t heads = evaluation->nheads + 1;
    write_names(sheet, name, sizeof name / sizeof *name);
    for (size_t i = 0; i < evaluation->nby * heads; i++) {
        const struct fa_by *by = &evaluation->by[i / heads];
        size_t h = i % heads, nrows = h < evaluation->nheads ? evaluation->head[h].nclasses : 0;
        for (size_t g = 0; g < by->ngroups; g++) {
            uint64_t n = measured(evaluation, by->group[g], h);
            struct line line = {sheet, by, by->group[g], head_name(evaluation, h), n < small ? "small" : "", n};
            write_head(&line, evaluation, by->group[g], h, nrows, scores->group[i].estimate + g * scores->group[i].nmetrics);
        }
    }
}

/* A group of a gap, its value, and whether it is small. */
static void write_end(struct fa_sheet *sheet, const struct fa_evaluation *evaluation, const struct fa_by *by, size_t h, size_t g,
                      double value, uint64_t small)
{
    const struct fa_group *group = g < by->ngroups ? by->group[g] : NULL;
    fa_sheet_text(sheet, group ? group->name : "");
    fa_sheet_real(sheet, value);
    fa_sheet_text(sheet, group && measured(evaluation, group, h) < small ? "small" : "");
}

static void write_gap(struct fa_sheet *sheet, const struct fa_evaluation *evaluation, const struct fa_by *by, size_t h,
                      const struct fa_group_scores *scores, size_t metric, uint64_t small)
{
    const struct fa_gap *gap = &scores->gap[metric];
    const size_t end[] = {gap->lowest, gap->highest};
    int better = fa_metric_better(metric);
    size_t worst = better > 0 ? gap->lowest : better < 0 ? gap->highest : SIZE_MAX;
    fa_sheet_text(sheet, by->text);
    fa_sheet_text(sheet, head_name(evaluation, h));
    fa_sheet_joined(sheet, fa_metric_name(metric), metric < FA_METRICS ? "" : " ",
                    metric < FA_METRICS ? "" : evaluation->head[h].class[(metric - FA_METRICS) / FA_ROW_METRICS]);
    fa_sheet_estimate(sheet, gap->gap);
    fa_sheet_real(sheet, gap->ratio);
    fa_sheet_text(sheet, worst < by->ngroups ? by->group[worst]->name : "");
    for (size_t i = 0; i < 2; i++)
        write_end(sheet, evaluation, by, h, end[i],
                  end[i] < by->ngroups ? scores->estimate[end[i] * scores->nmetrics + metric].value : (double)NAN, small);
    fa_sheet_end(sheet);
}

void fa_gaps_write(struct fa_sheet *sheet, const struct fa_evaluation *evaluation, const struct fa_scores *scores,
                   uint64_t small)
{
    static const char *const name[] = {"by",      "head",           "metric",        "gap",           "low",
                                       "high",    "ratio",          "worst group",   "lowest group",  "lowest value",
                                       "lowest small", "highest group", "highest value", "highest small"};
    size_t heads = evaluation->nheads + 1;
    write_names(sheet, name, sizeof name / sizeof *name);
    for (size_t i = 0; i < evaluation->nby * heads; i++)
        for (size_t metric = 0; metric < scores->group[i].nmetrics; metric++)
            if (metric >= FA_METRICS || fa_metric_applies(evaluation, i % heads, metric))
                write_gap(sheet, evaluation, &evaluation->by[i / heads], i % heads, &scores->group[i], metric, small);
}
