/* Measuring: predictions from logits, confusion counts of a head, metrics that are functions of the counts, tables.
 * Nothing here keeps records: memory does not grow with their number.
 *
 * Notation: C[t][p] counts the records of true class t predicted as p; support(t) is the sum of row t, predicted(p) of
 * column p, n of all. A metric whose denominator is zero is not a number, and an empty cell in tables. */
#ifndef FA_EVAL_H
#define FA_EVAL_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "fa/err.h"
#include "fa/stream.h"
#include "fa/table.h"

/* ---- predictions ---- */

/* The index of the largest of logit[0..n-1], n > 0; the first of equals. */
size_t fa_logits_argmax(const float *logit, size_t n);

/* log(sum over i of exp(logit[i])), n > 0: the probability of class i is exp(logit[i] - that), its softmax. */
double fa_logits_log_sum(const float *logit, size_t n);

/* ---- copies ---- */

/* Averages the copies of a face in a logit stream: records `ID~k` (k a number) that follow record ID, as fa-align writes
 * them with --augment. Only neighbours are averaged, and only those that have logits: what goes out has no id that did
 * not come in, and none twice. */
struct fa_copies;

/* head: the stream header's, which must outlive it. */
struct fa_copies *fa_copies_new(const struct fa_head *head, size_t nheads, struct fa_err *err);
void fa_copies_free(struct fa_copies *copies);

/* Takes *record in and hands out in its place the one before it, if no more copies of that can come: a record whose id is
 * NULL is none. One that had copies gets, in place of its logits, the logarithm of the mean of its and their softmaxes;
 * all else of it, and every record without copies, is as it came in. At the end an empty record fetches the last one. */
void fa_copies_next(struct fa_copies *copies, struct fa_record *record);

/* ---- counts ---- */

struct fa_confusion {
    const char *head;              /* name, the stream header's */
    size_t classes;                /* of the head: the columns, and as many first rows */
    struct fa_vocabulary label;    /* the head's classes, then labels that are none, in the order met */
    size_t *order;                 /* label.n rows: the classes as the head has them, then the others in natural order */
    uint64_t *count;               /* label.n x classes, in label's order */
    uint64_t unlabelled, rejected; /* records that are not in count: without a label for the head; without logits */
    size_t order_capacity, count_capacity;
};

/* Counts of one head, all zero. The head's strings must outlive it. Error: a class that stands twice; out of memory. */
int fa_confusion_init(struct fa_confusion *confusion, const struct fa_head *head, struct fa_err *err);
void fa_confusion_free(struct fa_confusion *confusion);

/* Counts a record of a logit stream in which head was given to fa_confusion_init(): a reject as rejected (whether it has a
 * label or not), one whose label is absent or empty as unlabelled, any other under its label and the head's argmax. */
int fa_confusion_add(struct fa_confusion *confusion, const struct fa_head *head, const struct fa_record *record,
                     struct fa_err *err);

/* Rows run from 0 to label.n - 1 in order; those from classes on are labels that the head does not have. */
const char *fa_confusion_label(const struct fa_confusion *confusion, size_t row);
const uint64_t *fa_confusion_row(const struct fa_confusion *confusion, size_t row);

uint64_t fa_confusion_n(const struct fa_confusion *confusion);
uint64_t fa_confusion_correct(const struct fa_confusion *confusion); /* sum of the diagonal */
uint64_t fa_confusion_support(const struct fa_confusion *confusion, size_t row);
uint64_t fa_confusion_predicted(const struct fa_confusion *confusion, size_t column);
uint64_t fa_confusion_unseen(const struct fa_confusion *confusion); /* with a label that the head does not have */

/* ---- metrics ---- */

/* The value of a metric and its interval; low and high are not numbers where there is no interval. */
struct fa_estimate {
    double value, low, high;
};

/* The proportion k / n with its 95 % score interval: E. B. Wilson, "Probable inference, the law of succession, and
 * statistical inference", J. Am. Stat. Assoc. 22 (1927). With z = 1.959964 and p = k/n,
 * (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n). */
struct fa_estimate fa_estimate_proportion(uint64_t k, uint64_t n);

/* correct / n: a label that the head does not have counts as a mistake. With Wilson's interval. */
struct fa_estimate fa_metric_accuracy(const struct fa_confusion *confusion);

/* Mean recall over rows with support, as balanced_accuracy_score of scikit-learn. No interval. */
struct fa_estimate fa_metric_balanced_accuracy(const struct fa_confusion *confusion);

/* max support / n: the accuracy of always answering the commonest label. No interval. */
struct fa_estimate fa_metric_majority(const struct fa_confusion *confusion);

/* Of one class: recall = C[t][t] / support(t) and precision = C[t][t] / predicted(t), both with Wilson's interval, and
 * F1 = 2 C[t][t] / (support(t) + predicted(t)), no interval. Of a row that is no class of the head C[t][t] and predicted(t)
 * are zero. */
struct fa_estimate fa_metric_recall(const struct fa_confusion *confusion, size_t row);
struct fa_estimate fa_metric_precision(const struct fa_confusion *confusion, size_t row);
struct fa_estimate fa_metric_f1(const struct fa_confusion *confusion, size_t row);

/* ---- tables ----
 * Written to file, whose errors the caller sees in ferror(). */

/* One head as CSV, made for spreadsheets: rows `true X`, columns `predicted X` (so that no `3-9` becomes a date), then the
 * columns support and recall, and below the rows predicted and precision. Rates are fractions. */
void fa_confusion_write_csv(FILE *file, const struct fa_confusion *confusion);

/* One head as text for people: columns are the predicted class, zeros off the diagonal are dots, the diagonal is in
 * brackets, names of columns are broken into lines; lines with the main metrics follow. */
void fa_confusion_write_text(FILE *file, const struct fa_confusion *confusion);

/* The tidy summary, `head,metric,value,low,high`: the row of names, and the rows of one head. */
void fa_summary_write_names(FILE *file);
void fa_summary_write(FILE *file, const struct fa_confusion *confusion);

#endif
