#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "fa/eval.h"
#include "fa/text.h"

/* A column is as wide as its count in brackets, its longest word or a percentage, and two blanks between columns. */
enum { LABEL_MAX = 24, PERCENT_WIDTH = 5, GAP = 2, SUPPORT_WIDTH = 9, RECALL_WIDTH = 10 };

static void put_blanks(FILE *file, size_t n)
{
    fprintf(file, "%*s", (int)n, "");
}

static void put_right(FILE *file, size_t width, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void put_right(FILE *file, size_t width, const char *format, ...)
{
    char text[64];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fprintf(file, "%*s", (int)width, text);
}

static void put_percent(FILE *file, size_t width, double fraction)
{
    if (isnan(fraction))
        put_right(file, width, "-");
    else
        put_right(file, width, "%.1f", 100 * fraction);
}

/* Bytes up to the end of the next word: a word ends with a blank or an underscore. */
static size_t word(const char *text)
{
    size_t n = strcspn(text, " _");
    return text[n] ? n + 1 : n;
}

static size_t trimmed(const char *text, size_t n)
{
    return n && text[n - 1] == ' ' ? n - 1 : n;
}

/* Bytes of the line that text begins with: as many words as fit width, at least one. */
static size_t line(const char *text, size_t width)
{
    size_t n = word(text);
    while (text[n]) {
        size_t more = n + word(text + n);
        if (fa_text_characters(text, trimmed(text, more)) > width)
            break;
        n = more;
    }
    return n;
}

static size_t lines(const char *text, size_t width)
{
    size_t count = 0;
    for (; *text; text += line(text, width))
        count++;
    return count;
}

static size_t digits(uint64_t n)
{
    size_t count = 1;
    while (n /= 10)
        count++;
    return count;
}

/* Without the gap. */
static size_t column_width(const struct fa_confusion *confusion, size_t column)
{
    size_t width = PERCENT_WIDTH, count = digits(fa_confusion_predicted(confusion, column)) + 1;
    const char *name = fa_confusion_label(confusion, column);
    for (size_t n; *name; name += n) {
        n = word(name);
        size_t length = fa_text_characters(name, trimmed(name, n));
        width = length > width ? length : width;
    }
    width = width > LABEL_MAX ? LABEL_MAX : width;
    return count > width ? count : width;
}

static size_t label_width(const struct fa_confusion *confusion)
{
    size_t width = strlen("precision %");
    for (size_t i = 0; i < confusion->label.n; i++) {
        const char *label = fa_confusion_label(confusion, i);
        size_t length = fa_text_characters(label, strlen(label)) + (i >= confusion->classes ? 2 : 0);
        width = length > width ? length : width;
    }
    return width > LABEL_MAX ? LABEL_MAX : width;
}

/* The names' line number `at`, counted from the last, 1. */
static void write_names_line(FILE *file, const struct fa_confusion *confusion, size_t margin, size_t at)
{
    size_t blank = margin;
    for (size_t i = 0; i < confusion->classes; i++) {
        const char *name = fa_confusion_label(confusion, i);
        size_t width = column_width(confusion, i);
        while (lines(name, width) > at)
            name += line(name, width);
        size_t n = lines(name, width) == at ? trimmed(name, line(name, width)) : 0;
        blank += width + GAP;
        if (n) {
            size_t shown = fa_text_characters(name, n);
            put_blanks(file, blank - 1 - (shown < width ? shown : width));
            fa_text_put(file, name, n, width);
            blank = 1;
        }
    }
    if (at == 1)
        fprintf(file, " %*s%*s", SUPPORT_WIDTH, "support", RECALL_WIDTH, "recall %");
    putc('\n', file);
}

static void write_names(FILE *file, const struct fa_confusion *confusion, size_t margin)
{
    size_t height = 1;
    for (size_t i = 0; i < confusion->classes; i++) {
        size_t n = lines(fa_confusion_label(confusion, i), column_width(confusion, i));
        height = n > height ? n : height;
    }
    for (size_t at = height; at; at--)
        write_names_line(file, confusion, margin, at);
}

static void write_row(FILE *file, const struct fa_confusion *confusion, size_t row, size_t margin)
{
    const char *label = fa_confusion_label(confusion, row);
    const uint64_t *count = fa_confusion_row(confusion, row);
    bool unseen = row >= confusion->classes;
    size_t shown = fa_text_put(file, label, strlen(label), margin - (unseen ? 2 : 0)) + (unseen ? 2 : 0);
    fputs(unseen ? " *" : "", file);
    put_blanks(file, margin - shown);
    for (size_t i = 0; i < confusion->classes; i++) {
        size_t width = column_width(confusion, i) + GAP;
        if (i == row)
            put_right(file, width, "[%" PRIu64 "]", count[i]);
        else if (count[i])
            put_right(file, width, "%" PRIu64 " ", count[i]);
        else
            put_right(file, width, ". ");
    }
    put_right(file, SUPPORT_WIDTH, "%" PRIu64, fa_confusion_support(confusion, row));
    put_percent(file, RECALL_WIDTH, fa_estimate_recall(confusion, row).value);
    putc('\n', file);
}

static void write_margins(FILE *file, const struct fa_confusion *confusion, size_t margin)
{
    fprintf(file, "%-*s", (int)margin, "predicted");
    for (size_t i = 0; i < confusion->classes; i++)
        put_right(file, column_width(confusion, i) + GAP, "%" PRIu64 " ", fa_confusion_predicted(confusion, i));
    put_right(file, SUPPORT_WIDTH, "%" PRIu64, fa_confusion_n(confusion));
    fprintf(file, "\n%-*s", (int)margin, "precision %");
    for (size_t i = 0; i < confusion->classes; i++) {
        put_percent(file, column_width(confusion, i) + GAP - 1, fa_estimate_precision(confusion, i).value);
        putc(i + 1 < confusion->classes ? ' ' : '\n', file);
    }
}

static void write_accuracy(FILE *file, const struct fa_estimate *estimate)
{
    struct fa_estimate accuracy = estimate[FA_ACCURACY];
    fprintf(file, "accuracy %.1f %% (95 %% interval %.1f to %.1f), balanced %.1f %%, majority baseline %.1f %%\n",
            100 * accuracy.value, 100 * accuracy.low, 100 * accuracy.high, 100 * estimate[FA_BALANCED_ACCURACY].value,
            100 * estimate[FA_MAJORITY].value);
}

/* NAME VALUE, a part of a line; nothing if there is no value. */
static void put_metric(FILE *file, const char *before, const struct fa_estimate *estimate)
{
    if (!isnan(estimate->value))
        fprintf(file, "%s %.3f", before, estimate->value);
}

static void write_others(FILE *file, const struct fa_sums *sums, const struct fa_estimate *estimate)
{
    if (!isnan(estimate[FA_TOP2].value))
        fprintf(file, "top-2 %.1f %%, ", 100 * estimate[FA_TOP2].value);
    put_metric(file, "macro F1", &estimate[FA_MACRO_F1]);
    put_metric(file, ", kappa", &estimate[FA_KAPPA]);
    put_metric(file, ", MCC", &estimate[FA_MCC]);
    if (sums->ordered && !isnan(estimate[FA_ABSOLUTE_OFFSET].value)) {
        fprintf(file, "\nwithin one class %.1f %%, off by %.2f classes (%+.2f upwards)", 100 * estimate[FA_WITHIN_ONE].value,
                estimate[FA_ABSOLUTE_OFFSET].value, estimate[FA_SIGNED_OFFSET].value);
        put_metric(file, ", quadratic kappa", &estimate[FA_QUADRATIC_KAPPA]);
    }
    if (!isnan(estimate[FA_NLL].value))
        fprintf(file, "\nNLL %.3f (of the label frequencies %.3f), Brier %.3f (%.3f), ECE %.3f", estimate[FA_NLL].value,
                estimate[FA_PRIOR_NLL].value, estimate[FA_BRIER].value, estimate[FA_PRIOR_BRIER].value, estimate[FA_ECE].value);
    putc('\n', file);
}

static void write_metrics(FILE *file, const struct fa_sums *sums, const struct fa_estimate *estimate)
{
    const struct fa_confusion *confusion = &sums->confusion;
    uint64_t n = fa_confusion_n(confusion), unseen = fa_confusion_unseen(confusion);
    if (n) {
        write_accuracy(file, estimate);
        write_others(file, sums, estimate);
    }
    fprintf(file, "%" PRIu64 " measured, %" PRIu64 " rejected, %" PRIu64 " unlabelled\n", n, confusion->rejected,
            confusion->unlabelled);
    if (unseen)
        fprintf(file, "* no class of the model: %" PRIu64 " measured, all counted as mistakes\n", unseen);
}

void fa_confusion_write_text(FILE *file, const struct fa_sums *sums, const struct fa_estimate *estimate)
{
    const struct fa_confusion *confusion = &sums->confusion;
    size_t margin = label_width(confusion);
    fprintf(file, "%s: rows are the true class, columns the predicted one\n\n", confusion->head);
    write_names(file, confusion, margin);
    for (size_t i = 0; i < confusion->label.n; i++)
        write_row(file, confusion, i, margin);
    write_margins(file, confusion, margin);
    putc('\n', file);
    write_metrics(file, sums, estimate);
}
