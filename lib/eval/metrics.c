#include "metrics.h"

#include <math.h>
#include <stdlib.h>

#include "fa/mem.h"
#include "sums.h"

/* ---- what is measured ---- */

int sample_init(struct sample *sample, const struct fa_sums *sums, struct fa_err *err)
{
    const struct fa_confusion *confusion = &sums->confusion;
    size_t rows = confusion->label.n, classes = confusion->classes;
    *sample = (struct sample){.rows = rows, .classes = classes, .ordered = sums->ordered};
    if (!(sample->count = fa_mem_array(rows * classes + rows + classes, sizeof *sample->count, err)))
        return -1;
    sample->support = sample->count + rows * classes;
    sample->predicted = sample->support + rows;
    for (size_t t = 0; t < rows; t++)
        for (size_t p = 0; p < classes; p++)
            sample->count[t * classes + p] = (double)fa_confusion_row(confusion, t)[p];
    for (size_t i = 0; i < FA_BINS; i++)
        for (size_t right = 0; right < 2; right++) {
            const struct fa_bin *bin = &sums->bin[i][right];
            sample->bin[i][right] = (double)bin->n;
            sample->confidence[i][right] = bin->n ? fa_sum_value(&bin->confidence) / (double)bin->n : 0;
        }
    struct fa_block total = sums_total(sums);
    sample->total = (struct totals){(double)total.n, (double)total.seen, (double)total.top2, fa_sum_value(&total.nll),
                                    fa_sum_value(&total.brier)};
    return 0;
}

void sample_free(struct sample *sample)
{
    free(sample->count);
}

/* ---- functions of the counts ---- */

static void add_margins(const struct sample *sample)
{
    for (size_t p = 0; p < sample->classes; p++)
        sample->predicted[p] = 0;
    for (size_t t = 0; t < sample->rows; t++) {
        sample->support[t] = 0;
        for (size_t p = 0; p < sample->classes; p++) {
            sample->support[t] += sample->count[t * sample->classes + p];
            sample->predicted[p] += sample->count[t * sample->classes + p];
        }
    }
}

/* Rows, and their means. Returns n. */
static double measure_rows(const struct sample *sample, double *value)
{
    double n = 0, correct = 0, recalls = 0, with_support = 0, f1s = 0, with_f1 = 0, weighted = 0, most = 0;
    for (size_t t = 0; t < sample->rows; t++) {
        bool class = t < sample->classes;
        double hits = class ? sample->count[t * sample->classes + t] : 0, support = sample->support[t];
        double predicted = class ? sample->predicted[t] : 0, *row = value + FA_METRICS + FA_ROW_METRICS * t;
        row[FA_RECALL] = hits / support;
        row[FA_PRECISION] = hits / predicted;
        row[FA_F1] = 2 * hits / (support + predicted);
        n += support;
        correct += hits;
        most = fmax(most, support);
        if (support > 0) {
            recalls += row[FA_RECALL];
            with_support++;
            weighted += support * row[FA_F1];
        }
        if (support + predicted > 0) {
            f1s += row[FA_F1];
            with_f1++;
        }
    }
    value[FA_ACCURACY] = correct / n;
    value[FA_BALANCED_ACCURACY] = recalls / with_support;
    value[FA_MACRO_F1] = f1s / with_f1;
    value[FA_WEIGHTED_F1] = weighted / n;
    value[FA_MAJORITY] = most / n;
    return n;
}

/* Kappa and R_K have the same numerator: correct n - sum of support x predicted. */
static void measure_agreement(const struct sample *sample, double n, double *value)
{
    double correct = 0, chance = 0, supports = 0, predictions = 0;
    for (size_t t = 0; t < sample->rows; t++) {
        supports += sample->support[t] * sample->support[t];
        if (t >= sample->classes)
            continue;
        correct += sample->count[t * sample->classes + t];
        chance += sample->support[t] * sample->predicted[t];
    }
    for (size_t p = 0; p < sample->classes; p++)
        predictions += sample->predicted[p] * sample->predicted[p];
    value[FA_KAPPA] = (correct * n - chance) / (n * n - chance);
    value[FA_MCC] = (correct * n - chance) / sqrt((n * n - supports) * (n * n - predictions));
}

static void measure_prior(const struct sample *sample, double *value)
{
    double n = 0, entropy = 0, squares = 0;
    for (size_t t = 0; t < sample->classes; t++)
        n += sample->support[t];
    for (size_t t = 0; t < sample->classes; t++) {
        double p = sample->support[t] / n;
        entropy -= p > 0 ? p * log(p) : 0;
        squares += p * p;
    }
    value[FA_PRIOR_NLL] = n > 0 ? entropy : (double)NAN;
    value[FA_PRIOR_BRIER] = 1 - squares;
}

/* Rows that are classes only: other labels have no place on the scale. But within one class are only those that have. */
static void measure_offsets(const struct sample *sample, double n, double *value)
{
    size_t classes = sample->classes;
    double seen = 0, within = 0, absolute = 0, sum = 0, square = 0, expected = 0;
    for (size_t t = 0; t < classes; t++) {
        for (size_t p = 0; p < classes; p++) {
            double count = sample->count[t * classes + p], offset = (double)p - (double)t;
            within += fabs(offset) < 1.5 ? count : 0;
            absolute += count * fabs(offset);
            sum += count * offset;
            square += count * offset * offset;
        }
        seen += sample->support[t];
    }
    for (size_t p = 0; p < classes; p++) {
        double predicted = 0;
        for (size_t t = 0; t < classes; t++)
            predicted += sample->count[t * classes + p];
        for (size_t t = 0; t < classes; t++)
            expected += sample->support[t] * predicted * ((double)p - (double)t) * ((double)p - (double)t);
    }
    value[FA_WITHIN_ONE] = within / n;
    value[FA_ABSOLUTE_OFFSET] = absolute / seen;
    value[FA_SIGNED_OFFSET] = sum / seen;
    value[FA_QUADRATIC_KAPPA] = 1 - square * seen / expected;
}

/* ---- functions of the probabilities ---- */

static double expected_calibration_error(const struct sample *sample)
{
    double n = 0, error = 0;
    for (size_t i = 0; i < FA_BINS; i++) {
        const double *bin = sample->bin[i], *confidence = sample->confidence[i];
        n += bin[0] + bin[1];
        error += fabs(bin[1] - bin[0] * confidence[0] - bin[1] * confidence[1]);
    }
    return error / n;
}

void metrics_of(const struct sample *sample, double *value)
{
    for (size_t i = 0; i < FA_METRICS; i++)
        value[i] = NAN;
    add_margins(sample);
    double n = measure_rows(sample, value);
    measure_agreement(sample, n, value);
    measure_prior(sample, value);
    if (sample->ordered)
        measure_offsets(sample, n, value);
    value[FA_TOP2] = sample->classes > 2 ? sample->total.top2 / sample->total.n : (double)NAN;
    value[FA_NLL] = sample->total.nll / sample->total.seen;
    value[FA_BRIER] = sample->total.brier / sample->total.seen;
    value[FA_ECE] = expected_calibration_error(sample);
}

/* ---- names ---- */

static const struct {
    const char *name;
    int better;
} metric[FA_METRICS + FA_ROW_METRICS] = {
    [FA_ACCURACY] = {"accuracy", 1},
    [FA_BALANCED_ACCURACY] = {"balanced_accuracy", 1},
    [FA_MACRO_F1] = {"macro_f1", 1},
    [FA_WEIGHTED_F1] = {"weighted_f1", 1},
    [FA_KAPPA] = {"kappa", 1},
    [FA_MCC] = {"mcc", 1},
    [FA_TOP2] = {"top2_accuracy", 1},
    [FA_WITHIN_ONE] = {"within_one", 1},
    [FA_ABSOLUTE_OFFSET] = {"mean_absolute_offset", -1},
    [FA_SIGNED_OFFSET] = {"mean_signed_offset", 0},
    [FA_QUADRATIC_KAPPA] = {"quadratic_kappa", 1},
    [FA_NLL] = {"nll", -1},
    [FA_BRIER] = {"brier", -1},
    [FA_ECE] = {"ece", -1},
    [FA_MAJORITY] = {"majority", 0},
    [FA_PRIOR_NLL] = {"prior_nll", 0},
    [FA_PRIOR_BRIER] = {"prior_brier", 0},
    [FA_SUM_ACCURACY] = {"sum_of_accuracies", 1},
    [FA_BINARY_ACCURACY] = {"binary_accuracy", 1},
    [FA_BINARY_NO] = {"binary_accuracy_of_no", 0},
    [FA_METRICS + FA_RECALL] = {"recall", 1},
    [FA_METRICS + FA_PRECISION] = {"precision", 1},
    [FA_METRICS + FA_F1] = {"f1", 1},
};

static size_t kind_of(size_t i)
{
    return i < FA_METRICS ? i : FA_METRICS + (i - FA_METRICS) % FA_ROW_METRICS;
}

const char *fa_metric_name(size_t i)
{
    return metric[kind_of(i)].name;
}

int fa_metric_better(size_t i)
{
    return metric[kind_of(i)].better;
}

bool fa_metric_applies(const struct fa_evaluation *evaluation, size_t h, size_t i)
{
    bool joint = i == FA_SUM_ACCURACY || i == FA_BINARY_ACCURACY || i == FA_BINARY_NO;
    if (h == evaluation->nheads || joint)
        return h == evaluation->nheads && joint;
    if (i == FA_WITHIN_ONE || i == FA_ABSOLUTE_OFFSET || i == FA_SIGNED_OFFSET || i == FA_QUADRATIC_KAPPA)
        return evaluation->everyone.sums[h].ordered;
    return i != FA_TOP2 || evaluation->head[h].nclasses > 2;
}
