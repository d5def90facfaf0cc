#include <math.h>

#include "fa/eval.h"

static struct fa_estimate point(double value)
{
    return (struct fa_estimate){value, NAN, NAN};
}

struct fa_estimate fa_estimate_proportion(uint64_t k, uint64_t n)
{
    const double z = 1.959963984540054; /* the 97.5 % quantile of the normal distribution */
    double m = (double)n, p = (double)k / m;
    if (!n)
        return point(NAN);
    double centre = p + z * z / (2 * m), half = z * sqrt(p * (1 - p) / m + z * z / (4 * m * m));
    double low = (centre - half) / (1 + z * z / m), high = (centre + half) / (1 + z * z / m);
    return (struct fa_estimate){p, k ? low : 0, k < n ? high : 1};
}

struct fa_estimate fa_metric_accuracy(const struct fa_confusion *confusion)
{
    return fa_estimate_proportion(fa_confusion_correct(confusion), fa_confusion_n(confusion));
}

struct fa_estimate fa_metric_balanced_accuracy(const struct fa_confusion *confusion)
{
    double sum = 0;
    size_t rows = 0;
    for (size_t i = 0; i < confusion->label.n; i++)
        if (fa_confusion_support(confusion, i)) {
            sum += fa_metric_recall(confusion, i).value;
            rows++;
        }
    return point(rows ? sum / (double)rows : NAN);
}

struct fa_estimate fa_metric_majority(const struct fa_confusion *confusion)
{
    uint64_t most = 0, n = fa_confusion_n(confusion);
    for (size_t i = 0; i < confusion->label.n; i++) {
        uint64_t support = fa_confusion_support(confusion, i);
        most = support > most ? support : most;
    }
    return point(n ? (double)most / (double)n : NAN);
}

static uint64_t hits(const struct fa_confusion *confusion, size_t row)
{
    return row < confusion->classes ? fa_confusion_row(confusion, row)[row] : 0;
}

static uint64_t predicted(const struct fa_confusion *confusion, size_t row)
{
    return row < confusion->classes ? fa_confusion_predicted(confusion, row) : 0;
}

struct fa_estimate fa_metric_recall(const struct fa_confusion *confusion, size_t row)
{
    return fa_estimate_proportion(hits(confusion, row), fa_confusion_support(confusion, row));
}

struct fa_estimate fa_metric_precision(const struct fa_confusion *confusion, size_t row)
{
    return fa_estimate_proportion(hits(confusion, row), predicted(confusion, row));
}

struct fa_estimate fa_metric_f1(const struct fa_confusion *confusion, size_t row)
{
    uint64_t both = fa_confusion_support(confusion, row) + predicted(confusion, row);
    return point(both ? 2 * (double)hits(confusion, row) / (double)both : NAN);
}
