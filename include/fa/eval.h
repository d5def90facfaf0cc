/* Measuring: what a logit stream says against its labels, as counts and sums, metrics with intervals, groups, tables.
 * Nothing here keeps records unless it says so: memory does not grow with their number.
 *
 * Notation: C[t][p] counts the records of true class t predicted as p; support(t) is the sum of row t, predicted(p) of
 * column p, n of all. A metric whose denominator is zero is not a number, and an empty cell in tables.
 *
 * From a stream to a page of numbers: fa_merge_new(), fa_evaluation_init(), fa_evaluation_add() for every record, then
 * fa_scores_make(), then the writers. */
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

/* ---- merges ---- */

/* Heads some of whose classes are taken together. The probability of a merged class is the sum of its members'. */
struct fa_merge;

/* head: the stream header's, copied. Each spec is `HEAD:NAME=CLASS|CLASS...`; the merged class NAME stands where the first
 * of its members stood. Without specs nothing is merged. Errors: a malformed spec; no such head or class; a class in two
 * merges; a class that stands twice. */
struct fa_merge *fa_merge_new(const struct fa_head *head, size_t nheads, const char *const *spec, size_t nspecs,
                              struct fa_err *err);
void fa_merge_free(struct fa_merge *merge);

/* The heads after merging, as many as before; they belong to the merge. */
const struct fa_head *fa_merge_heads(const struct fa_merge *merge, size_t *nheads);

/* The index of the merged class of head h that label is, or is a member of; the number of classes if there is none. */
size_t fa_merge_class(const struct fa_merge *merge, size_t h, const char *label);

/* Its name; label itself if there is none. */
const char *fa_merge_label(const struct fa_merge *merge, size_t h, const char *label);

/* The logits of head h after merging from those of a whole record: a merged one is log(sum of exp(member)), so that the
 * softmax of the merged logits is the sum of the softmaxes. */
void fa_merge_logits(const struct fa_merge *merge, size_t h, const float *data, double *logit);

/* ---- verdicts ---- */

enum fa_state { FA_MEASURED, FA_UNLABELLED, FA_REJECTED };

/* What one record says about one head. */
struct fa_verdict {
    enum fa_state state;
    const char *label;   /* FA_MEASURED: the true one, after merging; belongs to the record or the merge */
    size_t truth;        /* its class, or the number of classes if the head has no such class */
    size_t predicted;    /* class of the largest logit, the first of equals; FA_REJECTED: none */
    double confidence;   /* the probability of predicted */
    double loss;         /* -log of the probability of truth, in nats; not a number if it is no class */
    double brier;        /* sum over classes of (p - [class is truth])^2, from 0 to 2; as above */
    bool top2;           /* whether truth is among the two largest logits */
    unsigned bit_errors; /* of the head's one-hot bits, those on the wrong side of one half: 0, 1 or 2 */
};

/* ---- counts ---- */

struct fa_confusion {
    const char *head;              /* name */
    size_t classes;                /* of the head: the columns, and as many first rows */
    struct fa_vocabulary label;    /* the head's classes, then labels that are none, in the order met */
    size_t *order;                 /* label.n rows: the classes as the head has them, then the others in natural order */
    uint64_t *count;               /* label.n x classes, in label's order */
    uint64_t unlabelled, rejected; /* records that are not in count: without a label for the head; without logits */
    size_t order_capacity, count_capacity;
};

/* Counts of one head, all zero. The head's strings must outlive it. Error: out of memory. */
int fa_confusion_init(struct fa_confusion *confusion, const struct fa_head *head, struct fa_err *err);
void fa_confusion_free(struct fa_confusion *confusion);

/* Counts n records with this label that were predicted as the class of that index. */
int fa_confusion_add(struct fa_confusion *confusion, const char *label, size_t predicted, uint64_t n, struct fa_err *err);

/* Rows run from 0 to label.n - 1 in order; those from classes on are labels that the head does not have. */
const char *fa_confusion_label(const struct fa_confusion *confusion, size_t row);
const uint64_t *fa_confusion_row(const struct fa_confusion *confusion, size_t row);

uint64_t fa_confusion_n(const struct fa_confusion *confusion);
uint64_t fa_confusion_correct(const struct fa_confusion *confusion); /* sum of the diagonal */
uint64_t fa_confusion_support(const struct fa_confusion *confusion, size_t row);
uint64_t fa_confusion_predicted(const struct fa_confusion *confusion, size_t column);
uint64_t fa_confusion_unseen(const struct fa_confusion *confusion); /* with a label that the head does not have */

/* ---- sums ----
 * All that is kept of the records: whole numbers, so that neither the order of records nor how they were split into parts
 * that are then added up changes a bit of any result. */

/* whole + part / 10^12, part < 10^12. */
struct fa_sum {
    uint64_t whole, part;
};

/* Adds x rounded to 10^-12: 0 if it is negative, 10^6 if it is larger. */
void fa_sum_add(struct fa_sum *sum, double x);
void fa_sum_join(struct fa_sum *sum, const struct fa_sum *other);
double fa_sum_value(const struct fa_sum *sum);

enum { FA_BINS = 15, FA_BLOCKS = 512 };

/* Of the records with a confidence in one bin, those that were predicted wrong, or right. */
struct fa_bin {
    uint64_t n;
    struct fa_sum confidence;
};

/* The records whose ids fall into one of FA_BLOCKS parts (by XXH3-64). What is no function of the counts is resampled by
 * block. */
struct fa_block {
    uint64_t n, seen;                   /* measured; of them, with a label that is a class of the head */
    uint64_t correct, top2, bit_errors; /* bit_errors, nll and brier are sums over the seen */
    struct fa_sum nll, brier;
};

/* One head over some records. */
struct fa_sums {
    struct fa_confusion confusion;
    bool ordered;                   /* whether the distance between two classes means anything */
    uint64_t stream;                /* of random numbers: a hash of the head's name and the group's */
    struct fa_bin bin[FA_BINS][2];  /* confidence in (i/15, (i+1)/15]; [1]: predicted right */
    struct fa_block *block;         /* FA_BLOCKS */
};

/* ---- groups ---- */

/* A key of a grouping: a head, another label, or (with edges) a number among the labels or in about. */
struct fa_by_key {
    const char *name;
    const double *edge; /* nedges, ascending: bins (-inf, edge 0), [edge 0, edge 1) ... [last, inf) */
    size_t nedges;
    const char *const *bin; /* names of the nedges + 1 bins: `below 20`, `20 to 40`, `40 and more` */
    size_t head;            /* its index, or the number of heads */
};

struct fa_group {
    const char *name;         /* `gender=Male & race=Black`; "" for everyone */
    const char *const *value; /* one a key; FA_NO_VALUE where records do not have it */
    const size_t *rank;       /* one a key: the bin, 0 for text, SIZE_MAX for FA_NO_VALUE */
    bool known;               /* no value is FA_NO_VALUE */
    struct fa_sums *sums;     /* one a head */
};

#define FA_NO_VALUE "(none)"

/* A grouping: every record is in just one of its groups. */
struct fa_by {
    const char *text; /* `gender+race` */
    struct fa_by_key *key;
    size_t nkeys;
    struct fa_group **group; /* those met, in natural order of their values */
    size_t ngroups, capacity;
    struct fa_vocabulary met; /* their values joined, and below the group of each */
    struct fa_group **of_met;
    size_t met_capacity;
};

/* ---- evaluation ---- */

struct fa_evaluation {
    const struct fa_head *head; /* after merging */
    size_t nheads;
    struct fa_group everyone;
    struct fa_by *by;
    size_t nby;
    struct fa_verdict *verdict; /* one a head: of the record added last */
    const struct fa_merge *merge;
    struct fa_merge *own; /* of one that was read from files of counts */
    double *logit;        /* scratch: of one head */
    char *key;            /* scratch: values joined */
    size_t key_capacity;
    struct fa_arena arena;
};

/* Nothing measured yet. The merge must outlive it. by is NULL or a list `KEY,KEY+KEY,KEY:EDGE,EDGE...`: groupings parted by
 * commas, each of one key or of several (their intersections); a number behind a comma is one more edge of the bins of the
 * key before. ordered is NULL, for fa_head_ordered() to decide, or a list of the heads that are, parted by commas.
 * Errors: a malformed list; a grouping that stands twice; edges that do not ascend; no such head in ordered. */
int fa_evaluation_init(struct fa_evaluation *evaluation, const struct fa_merge *merge, const char *by, const char *ordered,
                       struct fa_err *err);
void fa_evaluation_free(struct fa_evaluation *evaluation);

/* Adds a record of the logit stream whose heads the merge was made from. Errors: out of memory; more than 4096 groups. */
int fa_evaluation_add(struct fa_evaluation *evaluation, const struct fa_record *record, struct fa_err *err);

/* Whether the classes are steps on one scale: every one begins with a number or is `more than N`, they ascend, and at least
 * one is a range (`3-9`, `70+`, `more than 70`), so that bare codes (0, 1, 2 for races) are none. */
bool fa_head_ordered(const struct fa_head *head);

/* ---- files of counts ---- */

/* All sums of an evaluation as CSV; what fa_counts_add() makes of several such files is, to the last bit, what one
 * evaluation of all their records would be. */
void fa_counts_write(FILE *file, const struct fa_evaluation *evaluation);

/* Adds the file at path ("-": standard input) to an evaluation, which all zero is made to fit; `first` names, for messages,
 * the file that it was made from. Errors: cannot read; malformed; sums that contradict one another; heads, order or
 * groupings that differ from those of the evaluation. */
int fa_counts_add(struct fa_evaluation *evaluation, const char *path, const char *first, struct fa_err *err);

/* ---- metrics ---- */

enum fa_metric {
    FA_ACCURACY,
    FA_BALANCED_ACCURACY, /* mean recall over rows with support, as balanced_accuracy_score of scikit-learn */
    FA_MACRO_F1,          /* mean F1 over rows that were labels or predicted */
    FA_WEIGHTED_F1,       /* mean F1 weighted by support */
    FA_KAPPA,             /* J. Cohen 1960: 1 - observed / expected disagreement */
    FA_MCC,               /* J. Gorodkin 2004, R_K: the correlation of labels and predictions */
    FA_TOP2,              /* true class among the two largest logits; heads of more than two classes */
    FA_WITHIN_ONE,        /* ordered heads: at most one class off */
    FA_ABSOLUTE_OFFSET,   /* ordered heads: mean of |predicted - true|, in classes, over seen labels */
    FA_SIGNED_OFFSET,     /* ordered heads: mean of predicted - true, over seen labels */
    FA_QUADRATIC_KAPPA,   /* ordered heads: kappa with squared distances as weights, over seen labels */
    FA_NLL,               /* mean loss over seen labels: cross-entropy in nats, log_loss of scikit-learn */
    FA_BRIER,             /* mean over seen labels; 0 to 2 (G. W. Brier 1950) */
    FA_ECE,               /* sum over bins of |right - confidence| / n (C. Guo et al. 2017) */
    FA_MAJORITY,          /* max support / n: accuracy of always answering the commonest label */
    FA_PRIOR_NLL,         /* NLL of always answering the frequencies of the seen labels: their entropy */
    FA_PRIOR_BRIER,       /* its Brier score */
    FA_SUM_ACCURACY,      /* all heads: the sum of their accuracies */
    FA_BINARY_ACCURACY,   /* all heads: of all one-hot bits, those on the right side of one half */
    FA_BINARY_NO,         /* all heads: what answering no to every bit would get of that */
    FA_METRICS
};

/* After those, for each row of the confusion table: metric FA_METRICS + FA_ROW_METRICS x row + one of these. Recall is
 * C[t][t] / support(t), precision C[t][t] / predicted(t), F1 2 C[t][t] / (support(t) + predicted(t)); of a row that is no
 * class C[t][t] and predicted(t) are zero. */
enum { FA_RECALL, FA_PRECISION, FA_F1, FA_ROW_METRICS };

/* `accuracy`, and for the metrics of a row `recall`. */
const char *fa_metric_name(size_t metric);

/* 1 if more is better, -1 if less is, 0 for what is neither (a bias, a baseline). */
int fa_metric_better(size_t metric);

/* Whether head h has that metric. h = nheads stands here and below for all heads together, which has no rows. */
bool fa_metric_applies(const struct fa_evaluation *evaluation, size_t h, size_t metric);

/* The value of a metric and its 95 % interval; low and high are not numbers where there is none. */
struct fa_estimate {
    double value, low, high;
};

/* The proportion k / n with its score interval: E. B. Wilson, "Probable inference, the law of succession, and
 * statistical inference", J. Am. Stat. Assoc. 22 (1927). With z = 1.959964 and p = k/n,
 * (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n). */
struct fa_estimate fa_estimate_proportion(uint64_t k, uint64_t n);

/* Of one row, with Wilson's interval. That of F1 is the image of the interval of the proportion
 * J = C[t][t] / (support(t) + predicted(t) - C[t][t]) under F1 = 2J / (1 + J). */
struct fa_estimate fa_estimate_recall(const struct fa_confusion *confusion, size_t row);
struct fa_estimate fa_estimate_precision(const struct fa_confusion *confusion, size_t row);
struct fa_estimate fa_estimate_f1(const struct fa_confusion *confusion, size_t row);

/* ---- bootstrap ----
 * A replicate takes every record a number of times that is Poisson distributed with mean 1 (J. A. Hanley and B. MacGibbon,
 * "Creating non-parametric bootstrap samples using Poisson frequencies", 2006): a count k becomes a number with mean k,
 * drawn at once. Sums that are no functions of counts are resampled by block: a block's weight, the same in every head and
 * group, multiplies all its sums. An interval is the 2.5 % and 97.5 % quantile of the replicates. */
struct fa_bootstrap;

/* n replicates. n = 0: no intervals but Wilson's. */
struct fa_bootstrap *fa_bootstrap_new(uint64_t seed, size_t n, struct fa_err *err);
void fa_bootstrap_free(struct fa_bootstrap *bootstrap);

/* ---- scores: every metric of everyone and of every group ---- */

/* Of one metric over the known groups of a grouping that have it. */
struct fa_gap {
    struct fa_estimate gap;   /* highest - lowest value */
    double ratio;             /* lowest / highest */
    size_t lowest, highest;   /* indices of groups; SIZE_MAX if no group has the metric */
};

/* One head (or all together) of one grouping. */
struct fa_group_scores {
    size_t nmetrics;              /* FA_METRICS, and those of the rows that are classes */
    struct fa_estimate *estimate; /* by's ngroups x nmetrics */
    struct fa_gap *gap;           /* nmetrics */
};

struct fa_scores {
    struct fa_estimate **head;     /* nheads + 1: FA_METRICS, and those of all rows */
    struct fa_group_scores *group; /* nby x (nheads + 1) */
};

/* Works out everything. Accuracy, top-2, within one and the metrics of rows have Wilson's interval, baselines none, all
 * others and the gaps that of the bootstrap. */
int fa_scores_make(struct fa_scores *scores, const struct fa_evaluation *evaluation, const struct fa_bootstrap *bootstrap,
                   struct fa_err *err);
void fa_scores_free(struct fa_scores *scores, const struct fa_evaluation *evaluation);

/* ---- the records that stand out ---- */

struct fa_pick {
    double key;
    char *id;
    struct fa_verdict verdict; /* label is NULL */
    double p_truth;
};

/* Keeps those n records that have the largest keys. The capacity is asked for at once. */
struct fa_shortlist {
    struct fa_pick *pick; /* n; a heap with the smallest in front, until fa_shortlist_sort() */
    size_t n, capacity;
};

int fa_shortlist_init(struct fa_shortlist *list, size_t capacity, struct fa_err *err);
void fa_shortlist_free(struct fa_shortlist *list);
int fa_shortlist_offer(struct fa_shortlist *list, double key, const char *id, const struct fa_verdict *verdict,
                       struct fa_err *err);
void fa_shortlist_sort(struct fa_shortlist *list); /* the largest key first, equals by id */

/* ---- two models ---- */

/* The answers of a second logit stream, by id: 16 bytes and 4 a head for each of its records. */
struct fa_compare;

/* Of one head: faces with a label for which both streams have logits. */
struct fa_paired {
    uint64_t count[2][2]; /* [the first is right][the second is right] */
    uint64_t changed;     /* answers that differ */
};

struct fa_paired_test {
    struct fa_estimate difference; /* accuracy of the second minus that of the first, by bootstrap of the pairs */
    double exact;                  /* p-value of McNemar's test, two-sided, by the binomial distribution */
    double chi2, p;                /* with continuity correction (A. L. Edwards 1948), and its p-value */
};

/* Reads the whole stream at path. Its heads, merged by the same specs, must be those of `evaluation` (in any order, and
 * more than those). Errors: those of reading; a head that is missing or has other classes. */
struct fa_compare *fa_compare_open(const char *path, const struct fa_evaluation *evaluation, const char *const *spec,
                                   size_t nspecs, struct fa_err *err);
void fa_compare_free(struct fa_compare *compare);

/* Counts the record that was added last to the evaluation. Returns the second stream's answers, classes of the
 * evaluation's heads, one a head; NULL if it does not have the record or rejected it, or the first did. */
const uint32_t *fa_compare_add(struct fa_compare *compare, const struct fa_evaluation *evaluation, const char *id);

const struct fa_paired *fa_compare_paired(const struct fa_compare *compare, size_t h);
uint64_t fa_compare_only_first(const struct fa_compare *compare);  /* records that the second does not have */
uint64_t fa_compare_only_second(const struct fa_compare *compare); /* and the other way round */

int fa_paired_test(struct fa_paired_test *test, const struct fa_paired *paired, const struct fa_bootstrap *bootstrap,
                   struct fa_err *err);

/* ---- tables ----
 * Written to files, whose errors the caller sees in ferror(). */

/* A CSV on its way: RFC 4180, but rows end in LF. Text cells are those of fa_table_put(); reals have ten digits, a number
 * that is none is an empty cell. */
struct fa_sheet {
    FILE *file;
    char delimiter; /* comma, semicolon or tab */
    char decimal;   /* point or comma */
    bool bom;       /* a UTF-8 byte order mark in front */
    bool begun, within; /* for fa_sheet_*(): a cell is written; one of this row is */
};

void fa_sheet_text(struct fa_sheet *sheet, const char *text);
void fa_sheet_joined(struct fa_sheet *sheet, const char *first, const char *joint, const char *second);
void fa_sheet_count(struct fa_sheet *sheet, uint64_t count);
void fa_sheet_real(struct fa_sheet *sheet, double value);
void fa_sheet_estimate(struct fa_sheet *sheet, struct fa_estimate estimate); /* three cells */
void fa_sheet_end(struct fa_sheet *sheet);                                   /* of the row */

enum fa_rates { FA_RATES_NONE, FA_RATES_ROW, FA_RATES_COLUMN, FA_RATES_ALL };

/* One head as CSV, made for spreadsheets: rows `true X`, columns `predicted X` (so that no `3-9` becomes a date); support
 * and recall; then, on request, the same counts as shares of their row, their column or all; then the other metrics of the
 * row with intervals. Below the rows predicted and precision. Rates are fractions. */
void fa_confusion_write_csv(struct fa_sheet *sheet, const struct fa_confusion *confusion, enum fa_rates rates);

/* All heads and groups in long form, a row a cell, for pivot tables. */
void fa_confusion_write_tidy(struct fa_sheet *sheet, const struct fa_evaluation *evaluation);

/* One head as text for people: columns are the predicted class, zeros off the diagonal are dots, the diagonal is in
 * brackets, names of columns are broken into lines; lines with the main metrics follow. estimate: of the head's scores. */
void fa_confusion_write_text(FILE *file, const struct fa_sums *sums, const struct fa_estimate *estimate);

/* `head,metric,value,low,high` of all heads. */
void fa_summary_write(struct fa_sheet *sheet, const struct fa_evaluation *evaluation, const struct fa_scores *scores);

/* All metrics of all groups, one a row; and one row a metric with its gap. Groups with fewer than small faces measured are
 * marked. */
void fa_groups_write(struct fa_sheet *sheet, const struct fa_evaluation *evaluation, const struct fa_scores *scores,
                     uint64_t small);
void fa_gaps_write(struct fa_sheet *sheet, const struct fa_evaluation *evaluation, const struct fa_scores *scores,
                   uint64_t small);

/* The lists of all heads, which are sorted: `head,rank,id,true label,predicted label,p of true,p of predicted,loss`. */
void fa_worst_write(struct fa_sheet *sheet, const struct fa_evaluation *evaluation, const struct fa_shortlist *list);

/* `head,metric,value,low,high`: the pairs of each head and the tests on them. Error: out of memory. */
int fa_compare_write(struct fa_sheet *sheet, const struct fa_evaluation *evaluation, const struct fa_compare *compare,
                     const struct fa_bootstrap *bootstrap, struct fa_err *err);

/* `id,head,true label,first,second,right` of the record added last, where the answers of a second model (fa_compare_add()) are
 * others. */
void fa_changed_write_names(struct fa_sheet *sheet);
void fa_changed_write(struct fa_sheet *sheet, const struct fa_evaluation *evaluation, const char *id, const uint32_t *answer);

/* What all heads are together, one line. */
void fa_joint_write_text(FILE *file, const struct fa_estimate *estimate);

/* The groups of one grouping as text: faces and accuracy by head, and the gaps of the accuracies. */
void fa_groups_write_text(FILE *file, const struct fa_evaluation *evaluation, const struct fa_scores *scores, size_t by,
                          uint64_t small);

#endif
