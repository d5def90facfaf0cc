#include <math.h>

#include "fa/eval.h"

struct fa_estimate fa_estimate_proportion(uint64_t k, uint64_t n)
{
    const double z = 1.959963984540054; /* the 97.5 % quantile of the normal distribution */
    double m = (double)n, p = (double)k / m;
    if (!n)
        return (struct fa_estimate){NAN, NAN, NAN};
    double centre = p + z * z / (2 * m), half = z * sqrt(p * (1 - p) / m + z * z / (4 * m * m));
    double low = (centre - half) / (1 + z * z / m), high = (centre + half) / (1 + z * z / m);
    return (struct fa_estimate){p, k ? low : 0, k < n ? high : 1};
}

static uint64_t hits(const struct fa_confusion *confusion, size_t row)
{
    return row < confusion->classes ? fa_confusion_row(confusion, row)[row] : 0;
}

static uint64_t predicted(const struct fa_confusion *confusion, size_t row)
{
    return row < confusion->classes ? fa_confusion_predicted(confusion, row) : 0;
}

struct fa_estimate fa_estimate_recall(const struct fa_confusion *confusion, size_t row)
{
    return fa_estimate_proportion(hits(confusion, row), fa_confusion_support(confusion, row));
}

struct fa_estimate fa_estimate_precision(const struct fa_confusion *confusion, size_t row)
{
    return fa_estimate_proportion(hits(confusion, row), predicted(confusion, row));
}

struct fa_estimate fa_estimate_f1(const struct fa_confusion *confusion, size_t row)
{
    uint64_t k = hits(confusion, row), both = fa_confusion_support(confusion, row) + predicted(confusion, row);
    struct fa_estimate j = fa_estimate_proportion(k, both - k);
    return (struct fa_estimate){2 * j.value / (1 + j.value), 2 * j.low / (1 + j.low), 2 * j.high / (1 + j.high)};
}
