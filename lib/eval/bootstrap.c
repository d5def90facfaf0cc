#include "bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fa/mem.h"

struct fa_bootstrap {
    uint64_t seed;
    size_t n;
    uint8_t *weight; /* n x FA_BLOCKS */
};

/* ---- random numbers ---- */

struct fa_rng bootstrap_rng(const struct fa_bootstrap *bootstrap, uint64_t stream)
{
    return fa_rng_make(bootstrap->seed, stream);
}

double bootstrap_poisson(struct fa_rng *rng, double mean)
{
    if (mean > 64) {
        double z = (double)fa_rng_normal(rng);
        return fmax(0, floor(mean + z * sqrt(mean) + (z * z - 1) / 6 + 0.5));
    }
    double u = (fa_rng_u32(rng) + 0.5) * 0x1p-32, p = exp(-mean), sum = p, k = 0;
    while (u > sum && p > 0) {
        p *= mean / ++k;
        sum += p;
    }
    return k;
}

struct fa_bootstrap *fa_bootstrap_new(uint64_t seed, size_t n, struct fa_err *err)
{
    struct fa_bootstrap *bootstrap = fa_mem_array(1, sizeof *bootstrap, err);
    if (!bootstrap)
        return NULL;
    *bootstrap = (struct fa_bootstrap){.seed = seed, .n = n, .weight = fa_mem_array(n, FA_BLOCKS, err)};
    if (!bootstrap->weight) {
        free(bootstrap);
        return NULL;
    }
    struct fa_rng rng = fa_rng_make(seed, 0);
    for (size_t i = 0; i < n * FA_BLOCKS; i++)
        bootstrap->weight[i] = (uint8_t)bootstrap_poisson(&rng, 1);
    return bootstrap;
}

void fa_bootstrap_free(struct fa_bootstrap *bootstrap)
{
    if (!bootstrap)
        return;
    free(bootstrap->weight);
    free(bootstrap);
}

size_t bootstrap_n(const struct fa_bootstrap *bootstrap)
{
    return bootstrap->n;
}

const uint8_t *bootstrap_weights(const struct fa_bootstrap *bootstrap, size_t r)
{
    return bootstrap->weight + r * FA_BLOCKS;
}

/* ---- replicates ---- */

static void block_totals(struct totals *to, const struct fa_sums *sums)
{
    for (size_t i = 0; i < FA_BLOCKS; i++) {
        const struct fa_block *block = &sums->block[i];
        to[i] = (struct totals){(double)block->n, (double)block->seen, (double)block->top2, fa_sum_value(&block->nll),
                                fa_sum_value(&block->brier)};
    }
}

static struct totals weighted(const struct totals *block, const uint8_t *weight)
{
    struct totals sum = {0};
    for (size_t i = 0; i < FA_BLOCKS; i++) {
        double w = weight[i];
        sum.n += w * block[i].n;
        sum.seen += w * block[i].seen;
        sum.top2 += w * block[i].top2;
        sum.nll += w * block[i].nll;
        sum.brier += w * block[i].brier;
    }
    return sum;
}

static void draw(struct sample *to, const struct sample *from, struct fa_rng *rng)
{
    for (size_t i = 0; i < from->rows * from->classes; i++)
        to->count[i] = from->count[i] > 0 ? bootstrap_poisson(rng, from->count[i]) : 0;
    for (size_t i = 0; i < FA_BINS; i++)
        for (size_t right = 0; right < 2; right++)
            to->bin[i][right] = from->bin[i][right] > 0 ? bootstrap_poisson(rng, from->bin[i][right]) : 0;
}

int bootstrap_metrics(const struct fa_bootstrap *bootstrap, const struct fa_sums *sums, size_t nmetrics, double *replicate,
                      struct fa_err *err)
{
    struct sample from = {0}, to = {0};
    struct fa_rng rng = bootstrap_rng(bootstrap, sums->stream);
    struct totals *block = fa_mem_array(FA_BLOCKS, sizeof *block, err);
    double *value = fa_mem_array(FA_METRICS + FA_ROW_METRICS * sums->confusion.label.n, sizeof *value, err);
    int rc = -1;
    if (!block || !value || sample_init(&from, sums, err) || sample_init(&to, sums, err))
        goto out;
    block_totals(block, sums);
    for (size_t r = 0; r < bootstrap->n; r++) {
        draw(&to, &from, &rng);
        to.total = weighted(block, bootstrap_weights(bootstrap, r));
        metrics_of(&to, value);
        for (size_t i = 0; i < nmetrics; i++)
            replicate[i * bootstrap->n + r] = value[i];
    }
    rc = 0;
out:
    sample_free(&from);
    sample_free(&to);
    free(value);
    free(block);
    return rc;
}

/* ---- intervals ---- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Between the two neighbours of sorted[0..n-1], linearly. */
static double quantile(const double *sorted, size_t n, double q)
{
    double at = q * (double)(n - 1);
    size_t i = (size_t)at, next = i + 1 < n ? i + 1 : i;
    return sorted[i] + (at - (double)i) * (sorted[next] - sorted[i]);
}

void bootstrap_interval(struct fa_estimate *estimate, double *replicate, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(replicate[i]))
            replicate[kept++] = replicate[i];
    estimate->low = estimate->high = NAN;
    if (!kept || isnan(estimate->value))
        return;
    qsort(replicate, kept, sizeof *replicate, compare);
    estimate->low = quantile(replicate, kept, 0.025);
    estimate->high = quantile(replicate, kept, 0.975);
}
