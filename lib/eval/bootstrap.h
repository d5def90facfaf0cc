/* Replicates of sums, and what they say of a value. */
#ifndef FA_EVAL_BOOTSTRAP_H
#define FA_EVAL_BOOTSTRAP_H

#include "fa/eval.h"
#include "fa/rng.h"
#include "metrics.h"

size_t bootstrap_n(const struct fa_bootstrap *bootstrap);

/* The generator of what belongs to stream. */
struct fa_rng bootstrap_rng(const struct fa_bootstrap *bootstrap, uint64_t stream);

/* The weight of every block in replicate r. */
const uint8_t *bootstrap_weights(const struct fa_bootstrap *bootstrap, size_t r);

/* A Poisson distributed number. Above a mean of 64 its expansion about the normal distribution (E. A. Cornish and R. A.
 * Fisher 1938) up to the skewness, which is off by less than one there. */
double bootstrap_poisson(struct fa_rng *rng, double mean);

/* Every metric of sums in every replicate: replicate[metric x n + r], for the first nmetrics. */
int bootstrap_metrics(const struct fa_bootstrap *bootstrap, const struct fa_sums *sums, size_t nmetrics, double *replicate,
                      struct fa_err *err);

/* Sets the estimate's interval from n replicates, which are sorted; those that are no numbers do not count. */
void bootstrap_interval(struct fa_estimate *estimate, double *replicate, size_t n);

#endif
