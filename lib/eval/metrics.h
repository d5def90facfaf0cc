/* Metrics as functions of numbers that need not be whole, so that a replicate of the bootstrap is measured by the code that
 * measures the records themselves. */
#ifndef FA_EVAL_METRICS_H
#define FA_EVAL_METRICS_H

#include "fa/eval.h"

/* Totals of what has weights by block. */
struct totals {
    double n, seen, top2, nll, brier;
};

struct sample {
    size_t rows, classes;
    bool ordered;
    double *count; /* rows x classes, in the table's order */
    double bin[FA_BINS][2], confidence[FA_BINS][2]; /* records, and their mean confidence: 0 wrong, 1 right */
    struct totals total;
    double *support, *predicted; /* rows, classes: scratch of metrics_of() */
};

/* The numbers of sums as they are. Error: out of memory. */
int sample_init(struct sample *sample, const struct fa_sums *sums, struct fa_err *err);
void sample_free(struct sample *sample);

/* Every metric of a head, and those of its rows. */
void metrics_of(const struct sample *sample, double *value);

#endif
