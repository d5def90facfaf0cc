#include <inttypes.h>
#include <math.h>

#include "fa/eval.h"

/* Ten digits: more than any table needs, and the same on every machine. */
static void put_real(FILE *file, double value)
{
    if (!isnan(value))
        fprintf(file, "%.10g", value);
}

static void write_names(FILE *file, const struct fa_confusion *confusion)
{
    fa_table_put(file, confusion->head);
    for (size_t i = 0; i < confusion->classes; i++) {
        putc(',', file);
        fa_table_put_joined(file, "predicted", " ", fa_confusion_label(confusion, i));
    }
    fputs(",support,recall\n", file);
}

static void write_row(FILE *file, const struct fa_confusion *confusion, size_t row)
{
    fa_table_put_joined(file, "true", " ", fa_confusion_label(confusion, row));
    for (size_t i = 0; i < confusion->classes; i++)
        fprintf(file, ",%" PRIu64, fa_confusion_row(confusion, row)[i]);
    fprintf(file, ",%" PRIu64 ",", fa_confusion_support(confusion, row));
    put_real(file, fa_metric_recall(confusion, row).value);
    putc('\n', file);
}

void fa_confusion_write_csv(FILE *file, const struct fa_confusion *confusion)
{
    write_names(file, confusion);
    for (size_t i = 0; i < confusion->label.n; i++)
        write_row(file, confusion, i);
    fputs("predicted", file);
    for (size_t i = 0; i < confusion->classes; i++)
        fprintf(file, ",%" PRIu64, fa_confusion_predicted(confusion, i));
    fprintf(file, ",%" PRIu64 ",\nprecision", fa_confusion_n(confusion));
    for (size_t i = 0; i < confusion->classes; i++) {
        putc(',', file);
        put_real(file, fa_metric_precision(confusion, i).value);
    }
    fputs(",,\n", file);
}

void fa_summary_write_names(FILE *file)
{
    fputs("head,metric,value,low,high\n", file);
}

/* class is "" for a metric of the whole head. */
static void write_metric(FILE *file, const char *head, const char *metric, const char *class, struct fa_estimate estimate)
{
    fa_table_put(file, head);
    putc(',', file);
    fa_table_put_joined(file, metric, class[0] ? " " : "", class);
    putc(',', file);
    put_real(file, estimate.value);
    putc(',', file);
    put_real(file, estimate.low);
    putc(',', file);
    put_real(file, estimate.high);
    putc('\n', file);
}

static void write_count(FILE *file, const char *head, const char *metric, uint64_t count)
{
    fa_table_put(file, head);
    fprintf(file, ",%s,%" PRIu64 ",,\n", metric, count);
}

void fa_summary_write(FILE *file, const struct fa_confusion *confusion)
{
    const char *head = confusion->head;
    write_count(file, head, "n", fa_confusion_n(confusion));
    write_count(file, head, "rejected", confusion->rejected);
    write_count(file, head, "unlabelled", confusion->unlabelled);
    write_count(file, head, "unseen", fa_confusion_unseen(confusion));
    write_metric(file, head, "accuracy", "", fa_metric_accuracy(confusion));
    write_metric(file, head, "balanced_accuracy", "", fa_metric_balanced_accuracy(confusion));
    write_metric(file, head, "majority", "", fa_metric_majority(confusion));
    for (size_t i = 0; i < confusion->label.n; i++) {
        const char *label = fa_confusion_label(confusion, i);
        write_metric(file, head, "recall", label, fa_metric_recall(confusion, i));
        write_metric(file, head, "precision", label, fa_metric_precision(confusion, i));
        write_metric(file, head, "f1", label, fa_metric_f1(confusion, i));
    }
}
