#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "fa/eval.h"
#include "fa/text.h"

/* `12345  67.8 (60.1-74.2) *`: a head's faces, accuracy and interval. */
enum { COUNT_WIDTH = 9, RATE_WIDTH = 7, INTERVAL_WIDTH = 15 };

static size_t characters(const char *text)
{
    return fa_text_characters(text, strlen(text));
}

static void put_padded(FILE *file, const char *text, size_t width)
{
    size_t n = fa_text_put(file, text, strlen(text), SIZE_MAX);
    fprintf(file, "%*s", n < width ? (int)(width - n) : 0, "");
}

static void put_rate(FILE *file, struct fa_estimate estimate)
{
    char interval[32] = "";
    if (isnan(estimate.value)) {
        fprintf(file, "%*s%*s", RATE_WIDTH, "-", INTERVAL_WIDTH, "");
        return;
    }
    if (!isnan(estimate.low))
        snprintf(interval, sizeof interval, " (%.1f-%.1f)", 100 * estimate.low, 100 * estimate.high);
    fprintf(file, "%*.1f%-*s", RATE_WIDTH, 100 * estimate.value, INTERVAL_WIDTH, interval);
}

static void write_group(FILE *file, const struct fa_evaluation *evaluation, const struct fa_scores *scores, size_t i, size_t g,
                        size_t width, uint64_t small)
{
    const struct fa_group *group = evaluation->by[i].group[g];
    put_padded(file, group->name, width);
    for (size_t h = 0; h < evaluation->nheads; h++) {
        const struct fa_group_scores *of = &scores->group[i * (evaluation->nheads + 1) + h];
        uint64_t n = fa_confusion_n(&group->sums[h].confusion);
        fprintf(file, "%*" PRIu64 "%c", COUNT_WIDTH, n, n < small ? '*' : ' ');
        put_rate(file, of->estimate[g * of->nmetrics + FA_ACCURACY]);
    }
    putc('\n', file);
}

static void write_gaps(FILE *file, const struct fa_evaluation *evaluation, const struct fa_scores *scores, size_t i)
{
    const struct fa_by *by = &evaluation->by[i];
    for (size_t h = 0; h < evaluation->nheads; h++) {
        const struct fa_gap *gap = &scores->group[i * (evaluation->nheads + 1) + h].gap[FA_ACCURACY];
        if (gap->lowest == SIZE_MAX)
            continue;
        fprintf(file, "%s: accuracy gap %.1f points", evaluation->head[h].name, 100 * gap->gap.value);
        if (!isnan(gap->gap.low))
            fprintf(file, " (95 %% interval %.1f to %.1f)", 100 * gap->gap.low, 100 * gap->gap.high);
        if (!isnan(gap->ratio))
            fprintf(file, ", ratio %.3f", gap->ratio);
        fputs(", worst ", file);
        put_padded(file, by->group[gap->lowest]->name, 0);
        putc('\n', file);
    }
}

void fa_groups_write_text(FILE *file, const struct fa_evaluation *evaluation, const struct fa_scores *scores, size_t by,
                          uint64_t small)
{
    const struct fa_by *of = &evaluation->by[by];
    size_t width = strlen("by ") + characters(of->text);
    bool any = false;
    for (size_t g = 0; g < of->ngroups; g++) {
        size_t n = characters(of->group[g]->name);
        width = n > width ? n : width;
    }
    fputs("by ", file);
    put_padded(file, of->text, width - strlen("by "));
    for (size_t h = 0; h < evaluation->nheads; h++) {
        char name[64];
        snprintf(name, sizeof name, "%.*s %%", INTERVAL_WIDTH + RATE_WIDTH - 4, evaluation->head[h].name);
        fprintf(file, "%*s   %-*s", COUNT_WIDTH, "faces", INTERVAL_WIDTH + RATE_WIDTH - 2, name);
    }
    putc('\n', file);
    for (size_t g = 0; g < of->ngroups; g++) {
        write_group(file, evaluation, scores, by, g, width, small);
        for (size_t h = 0; h < evaluation->nheads; h++)
            any |= fa_confusion_n(&of->group[g]->sums[h].confusion) < small;
    }
    if (any)
        fprintf(file, "* fewer than %" PRIu64 " faces\n", small);
    write_gaps(file, evaluation, scores, by);
}

void fa_joint_write_text(FILE *file, const struct fa_estimate *estimate)
{
    if (!isnan(estimate[FA_SUM_ACCURACY].value))
        fprintf(file, "all heads: accuracies add up to %.3f; binary accuracy of the one-hot bits %.1f %%, of answering no %.1f %%\n",
                estimate[FA_SUM_ACCURACY].value, 100 * estimate[FA_BINARY_ACCURACY].value, 100 * estimate[FA_BINARY_NO].value);
}
