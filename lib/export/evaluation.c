#include <inttypes.h>
#include <math.h>

#include "fa/export.h"

static void put_estimate(FILE *file, struct fa_estimate estimate)
{
    fputs("{\"value\":", file);
    fa_json_write_number(file, estimate.value);
    if (!isnan(estimate.low)) {
        fputs(",\"low\":", file);
        fa_json_write_number(file, estimate.low);
        fputs(",\"high\":", file);
        fa_json_write_number(file, estimate.high);
    }
    putc('}', file);
}

static void put_metrics(FILE *file, const struct fa_evaluation *evaluation, size_t h, const struct fa_estimate *estimate)
{
    bool any = false;
    fputs(",\"metrics\":{", file);
    for (size_t i = 0; i < FA_METRICS; i++)
        if (fa_metric_applies(evaluation, h, i)) {
            fprintf(file, "%s\"%s\":", any ? "," : "", fa_metric_name(i));
            put_estimate(file, estimate[i]);
            any = true;
        }
    putc('}', file);
}

static void put_row(FILE *file, const struct fa_confusion *confusion, size_t row)
{
    fputs("{\"label\":", file);
    fa_json_write_string(file, fa_confusion_label(confusion, row));
    fprintf(file, ",\"is_class\":%s,\"counts\":[", row < confusion->classes ? "true" : "false");
    for (size_t i = 0; i < confusion->classes; i++)
        fprintf(file, "%s%" PRIu64, i ? "," : "", fa_confusion_row(confusion, row)[i]);
    fprintf(file, "],\"support\":%" PRIu64 ",\"predicted\":%" PRIu64 ",\"recall\":", fa_confusion_support(confusion, row),
            row < confusion->classes ? fa_confusion_predicted(confusion, row) : 0);
    put_estimate(file, fa_estimate_recall(confusion, row));
    fputs(",\"precision\":", file);
    put_estimate(file, fa_estimate_precision(confusion, row));
    fputs(",\"f1\":", file);
    put_estimate(file, fa_estimate_f1(confusion, row));
    putc('}', file);
}

/* The bins of the reliability diagram: how many, how sure, how often right. */
static void put_bins(FILE *file, const struct fa_sums *sums)
{
    fputs("],\"bins\":[", file);
    for (size_t i = 0; i < FA_BINS; i++) {
        const struct fa_bin *bin = sums->bin[i];
        double n = (double)(bin[0].n + bin[1].n), confidence = fa_sum_value(&bin[0].confidence) + fa_sum_value(&bin[1].confidence);
        fprintf(file, "%s{\"n\":%" PRIu64 ",\"right\":%" PRIu64 ",\"confidence\":", i ? "," : "", bin[0].n + bin[1].n, bin[1].n);
        fa_json_write_number(file, confidence / n);
        putc('}', file);
    }
    putc(']', file);
}

/* Which group, as a map of its values; everyone is the empty one. */
static void put_group(FILE *file, const struct fa_by *by, const struct fa_group *group)
{
    fputs("{\"group\":{", file);
    for (size_t i = 0; by && i < by->nkeys; i++) {
        if (i)
            putc(',', file);
        fa_json_write_string(file, by->key[i].name);
        putc(':', file);
        fa_json_write_string(file, group->value[i]);
    }
    fputs("},\"head\":", file);
}

static void put_head(FILE *file, const struct fa_evaluation *evaluation, const struct fa_by *by, const struct fa_group *group,
                     size_t h, const struct fa_estimate *estimate)
{
    put_group(file, by, group);
    if (h == evaluation->nheads) {
        fputs("null", file);
        put_metrics(file, evaluation, h, estimate);
        fputs("}\n", file);
        return;
    }
    const struct fa_sums *sums = &group->sums[h];
    const struct fa_confusion *confusion = &sums->confusion;
    fa_json_write_string(file, confusion->head);
    fprintf(file, ",\"ordered\":%s,\"n\":%" PRIu64 ",\"rejected\":%" PRIu64 ",\"unlabelled\":%" PRIu64 ",\"unseen\":%" PRIu64,
            sums->ordered ? "true" : "false", fa_confusion_n(confusion), confusion->rejected, confusion->unlabelled,
            fa_confusion_unseen(confusion));
    put_metrics(file, evaluation, h, estimate);
    fputs(",\"rows\":[", file);
    for (size_t row = 0; row < confusion->label.n; row++) {
        if (row)
            putc(',', file);
        put_row(file, confusion, row);
    }
    put_bins(file, sums);
    fputs("}\n", file);
}

static void put_end(FILE *file, const char *name, const struct fa_by *by, size_t g)
{
    fprintf(file, ",\"%s\":", name);
    if (g < by->ngroups)
        fa_json_write_string(file, by->group[g]->name);
    else
        fputs("null", file);
}

static void put_gap(FILE *file, const struct fa_by *by, const struct fa_gap *gap)
{
    fputs("{\"gap\":", file);
    put_estimate(file, gap->gap);
    fputs(",\"ratio\":", file);
    fa_json_write_number(file, gap->ratio);
    put_end(file, "lowest", by, gap->lowest);
    put_end(file, "highest", by, gap->highest);
    putc('}', file);
}

static void put_gaps(FILE *file, const struct fa_evaluation *evaluation, const struct fa_by *by, size_t h,
                     const struct fa_group_scores *scores)
{
    bool any = false;
    fputs("{\"by\":", file);
    fa_json_write_string(file, by->text);
    fputs(",\"head\":", file);
    if (h < evaluation->nheads)
        fa_json_write_string(file, evaluation->head[h].name);
    else
        fputs("null", file);
    fputs(",\"gaps\":{", file);
    for (size_t i = 0; i < FA_METRICS; i++)
        if (fa_metric_applies(evaluation, h, i)) {
            fprintf(file, "%s\"%s\":", any ? "," : "", fa_metric_name(i));
            put_gap(file, by, &scores->gap[i]);
            any = true;
        }
    fputs("}}\n", file);
}

void fa_export_evaluation(FILE *file, const struct fa_evaluation *evaluation, const struct fa_scores *scores)
{
    size_t heads = evaluation->nheads + 1;
    for (size_t h = 0; h < heads; h++)
        put_head(file, evaluation, NULL, &evaluation->everyone, h, scores->head[h]);
    for (size_t i = 0; i < evaluation->nby * heads; i++) {
        const struct fa_by *by = &evaluation->by[i / heads];
        const struct fa_group_scores *of = &scores->group[i];
        for (size_t g = 0; g < by->ngroups; g++)
            put_head(file, evaluation, by, by->group[g], i % heads, of->estimate + g * of->nmetrics);
        put_gaps(file, evaluation, by, i % heads, of);
    }
}
