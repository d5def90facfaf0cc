#include <math.h>
#include <stdlib.h>

#include "bootstrap.h"
#include "fa/mem.h"
#include "metrics.h"
#include "sums.h"

static bool is_wilson(size_t metric)
{
    return metric == FA_ACCURACY || metric == FA_TOP2 || metric == FA_WITHIN_ONE || metric >= FA_METRICS;
}

static bool is_bootstrapped(size_t metric)
{
    return !is_wilson(metric) && metric != FA_MAJORITY && metric != FA_PRIOR_NLL && metric != FA_PRIOR_BRIER &&
           metric != FA_BINARY_NO;
}

/* ---- one head over some records ---- */

static void set_wilson(struct fa_estimate *estimate, const struct fa_sums *sums, size_t nmetrics)
{
    const struct fa_confusion *confusion = &sums->confusion;
    uint64_t n = fa_confusion_n(confusion);
    estimate[FA_ACCURACY] = fa_estimate_proportion(fa_confusion_correct(confusion), n);
    if (!isnan(estimate[FA_TOP2].value))
        estimate[FA_TOP2] = fa_estimate_proportion(sums_total(sums).top2, n);
    if (!isnan(estimate[FA_WITHIN_ONE].value))
        estimate[FA_WITHIN_ONE] = fa_estimate_proportion((uint64_t)(estimate[FA_WITHIN_ONE].value * (double)n + 0.5), n);
    for (size_t i = FA_METRICS, row = 0; i < nmetrics; i += FA_ROW_METRICS, row++) {
        estimate[i + FA_RECALL] = fa_estimate_recall(confusion, row);
        estimate[i + FA_PRECISION] = fa_estimate_precision(confusion, row);
        estimate[i + FA_F1] = fa_estimate_f1(confusion, row);
    }
}

/* The first nmetrics values, and Wilson's intervals. */
static int measure_head(struct fa_estimate *estimate, const struct fa_sums *sums, size_t nmetrics, struct fa_err *err)
{
    struct sample sample;
    double *value = fa_mem_array(FA_METRICS + FA_ROW_METRICS * sums->confusion.label.n, sizeof *value, err);
    if (!value || sample_init(&sample, sums, err)) {
        free(value);
        return -1;
    }
    metrics_of(&sample, value);
    for (size_t i = 0; i < nmetrics; i++)
        estimate[i] = (struct fa_estimate){value[i], NAN, NAN};
    set_wilson(estimate, sums, nmetrics);
    sample_free(&sample);
    free(value);
    return 0;
}

/* ---- all heads together ---- */

/* Block b of every head adds to these; the accuracy of a head is its correct / n. */
static void measure_joint(double *value, const struct fa_sums *sums, size_t nheads, const uint8_t *weight)
{
    double accuracies = 0, faces = 0, bits = 0, errors = 0;
    for (size_t h = 0; h < nheads; h++) {
        double n = 0, seen = 0, correct = 0;
        for (size_t i = 0; i < FA_BLOCKS; i++) {
            const struct fa_block *block = &sums[h].block[i];
            double w = weight ? weight[i] : 1;
            n += w * (double)block->n;
            seen += w * (double)block->seen;
            correct += w * (double)block->correct;
            errors += w * (double)block->bit_errors;
        }
        accuracies += correct / n;
        faces += seen;
        bits += seen * (double)sums[h].confusion.classes;
    }
    value[FA_SUM_ACCURACY] = accuracies;
    value[FA_BINARY_ACCURACY] = (bits - errors) / bits;
    value[FA_BINARY_NO] = (bits - faces) / bits;
}

static void replicate_joint(double *replicate, const struct fa_sums *sums, size_t nheads, const struct fa_bootstrap *bootstrap)
{
    size_t n = bootstrap_n(bootstrap);
    double value[FA_METRICS];
    for (size_t i = 0; i < FA_METRICS; i++)
        value[i] = NAN;
    for (size_t r = 0; r < n; r++) {
        measure_joint(value, sums, nheads, bootstrap_weights(bootstrap, r));
        for (size_t i = 0; i < FA_METRICS; i++)
            replicate[i * n + r] = value[i];
    }
}

/* ---- one head, or all, of a group ---- */

struct work {
    const struct fa_evaluation *evaluation;
    const struct fa_bootstrap *bootstrap;
    double *replicate; /* the metrics of one head x replicates */
};

static size_t metrics_n(const struct fa_evaluation *evaluation, size_t h, size_t rows)
{
    return FA_METRICS + (h < evaluation->nheads ? FA_ROW_METRICS * rows : 0);
}

/* Values without intervals, and the replicates. */
static int measure(const struct work *work, const struct fa_group *group, size_t h, size_t nmetrics,
                   struct fa_estimate *estimate, struct fa_err *err)
{
    size_t nheads = work->evaluation->nheads;
    double value[FA_METRICS];
    if (h < nheads)
        return measure_head(estimate, &group->sums[h], nmetrics, err) ||
                       bootstrap_metrics(work->bootstrap, &group->sums[h], nmetrics, work->replicate, err)
                   ? -1
                   : 0;
    for (size_t i = 0; i < FA_METRICS; i++)
        value[i] = NAN;
    measure_joint(value, group->sums, nheads, NULL);
    for (size_t i = 0; i < FA_METRICS; i++)
        estimate[i] = (struct fa_estimate){value[i], NAN, NAN};
    replicate_joint(work->replicate, group->sums, nheads, work->bootstrap);
    return 0;
}

static void set_intervals(const struct work *work, struct fa_estimate *estimate, size_t nmetrics)
{
    size_t n = bootstrap_n(work->bootstrap);
    for (size_t i = 0; i < nmetrics; i++)
        if (is_bootstrapped(i))
            bootstrap_interval(&estimate[i], work->replicate + i * n, n);
}

static int begin(struct work *work, size_t nmetrics, struct fa_err *err)
{
    work->replicate = fa_mem_array(nmetrics * bootstrap_n(work->bootstrap), sizeof *work->replicate, err);
    return work->replicate ? 0 : -1;
}

static struct fa_estimate *score_everyone(struct work *work, size_t h, struct fa_err *err)
{
    const struct fa_evaluation *evaluation = work->evaluation;
    const struct fa_group *everyone = &evaluation->everyone;
    size_t n = metrics_n(evaluation, h, h < evaluation->nheads ? everyone->sums[h].confusion.label.n : 0);
    struct fa_estimate *estimate = fa_mem_array(n, sizeof *estimate, err);
    work->replicate = NULL;
    int failed = !estimate || begin(work, n, err) || measure(work, everyone, h, n, estimate, err);
    if (!failed)
        set_intervals(work, estimate, n);
    free(work->replicate);
    if (!failed)
        return estimate;
    free(estimate);
    return NULL;
}

/* ---- gaps ---- */

/* The lowest and highest group so far, of the values and of each replicate. */
static void widen(struct fa_gap *gap, const struct fa_estimate *estimate, size_t stride, size_t g)
{
    double value = estimate[g * stride].value;
    if (isnan(value))
        return;
    if (gap->lowest == SIZE_MAX || value < estimate[gap->lowest * stride].value)
        gap->lowest = g;
    if (gap->highest == SIZE_MAX || value > estimate[gap->highest * stride].value)
        gap->highest = g;
}

static void widen_replicates(double *low, double *high, const double *replicate, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        low[i] = fmin(low[i], replicate[i]);
        high[i] = fmax(high[i], replicate[i]);
    }
}

static void set_gaps(const struct fa_group_scores *scores, size_t nreplicates, double *low, double *high)
{
    size_t n = scores->nmetrics;
    for (size_t i = 0; i < n; i++) {
        struct fa_gap *gap = &scores->gap[i];
        double *replicate = high + i * nreplicates;
        if (gap->lowest == SIZE_MAX)
            continue;
        double least = scores->estimate[gap->lowest * n + i].value, most = scores->estimate[gap->highest * n + i].value;
        gap->gap.value = most - least;
        gap->ratio = least / most;
        for (size_t r = 0; r < nreplicates; r++)
            replicate[r] -= low[i * nreplicates + r];
        bootstrap_interval(&gap->gap, replicate, nreplicates);
    }
}

static int score_groups(struct work *work, const struct fa_by *by, size_t h, struct fa_group_scores *scores, struct fa_err *err)
{
    const struct fa_evaluation *evaluation = work->evaluation;
    size_t n = metrics_n(evaluation, h, h < evaluation->nheads ? evaluation->head[h].nclasses : 0);
    size_t nreplicates = bootstrap_n(work->bootstrap), all = n * nreplicates;
    double *low = fa_mem_array(2 * all, sizeof *low, err), *high = low ? low + all : NULL;
    int rc = -1;
    work->replicate = NULL;
    scores->nmetrics = n;
    scores->estimate = fa_mem_array(by->ngroups * n, sizeof *scores->estimate, err);
    scores->gap = fa_mem_array(n, sizeof *scores->gap, err);
    if (!low || !scores->estimate || !scores->gap || begin(work, n, err))
        goto out;
    for (size_t i = 0; i < 2 * all; i++)
        low[i] = NAN;
    for (size_t i = 0; i < n; i++)
        scores->gap[i] = (struct fa_gap){{NAN, NAN, NAN}, NAN, SIZE_MAX, SIZE_MAX};
    for (size_t g = 0; g < by->ngroups; g++) {
        if (measure(work, by->group[g], h, n, scores->estimate + g * n, err))
            goto out;
        if (by->group[g]->known)
            widen_replicates(low, high, work->replicate, all);
        for (size_t i = 0; by->group[g]->known && i < n; i++)
            widen(&scores->gap[i], scores->estimate + i, n, g);
        set_intervals(work, scores->estimate + g * n, n);
    }
    set_gaps(scores, nreplicates, low, high);
    rc = 0;
out:
    free(work->replicate);
    free(low);
    return rc;
}

int fa_scores_make(struct fa_scores *scores, const struct fa_evaluation *evaluation, const struct fa_bootstrap *bootstrap,
                   struct fa_err *err)
{
    struct work work = {.evaluation = evaluation, .bootstrap = bootstrap};
    size_t heads = evaluation->nheads + 1;
    *scores = (struct fa_scores){0};
    scores->head = fa_mem_array(heads, sizeof *scores->head, err);
    scores->group = fa_mem_array(evaluation->nby * heads, sizeof *scores->group, err);
    bool failed = !scores->head || !scores->group;
    for (size_t h = 0; h < heads && !failed; h++)
        failed = !(scores->head[h] = score_everyone(&work, h, err));
    for (size_t i = 0; i < evaluation->nby * heads && !failed; i++)
        failed = score_groups(&work, &evaluation->by[i / heads], i % heads, &scores->group[i], err) != 0;
    if (failed)
        fa_scores_free(scores, evaluation);
    return failed ? -1 : 0;
}

void fa_scores_free(struct fa_scores *scores, const struct fa_evaluation *evaluation)
{
    size_t heads = evaluation->nheads + 1;
    for (size_t h = 0; scores->head && h < heads; h++)
        free(scores->head[h]);
    for (size_t i = 0; scores->group && i < evaluation->nby * heads; i++) {
        free(scores->group[i].estimate);
        free(scores->group[i].gap);
    }
    free(scores->head);
    free(scores->group);
    *scores = (struct fa_scores){0};
}
