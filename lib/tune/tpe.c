#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search.h"

/* Tree-structured Parzen estimator of whole configurations, so that values which are good together stay together: of
 * candidates drawn from the density of the good trials, the one where that density is largest against the density of the
 * others. */
enum { CANDIDATES = 24 };

/* ---- which trials are looked at ---- */

static bool is_known(const struct fa_search *search, const struct fa_trial *t, const struct fa_trial *trial, size_t epochs)
{
    return t->status == FA_TRIAL_DONE && t->to == epochs && search_sees(search, t, trial);
}

/* The most epochs that at least FA_TUNE_STARTUP of them have had; 0: none. */
static size_t common_epochs(const struct fa_search *search, const struct fa_trial *trial)
{
    size_t most = 0;
    for (size_t i = 0; i < search->n; i++) {
        size_t to = search->trial[i].to, n = 0;
        bool more = to > most && search->trial[i].status == FA_TRIAL_DONE;
        for (size_t k = 0; k < search->n && more; k++)
            n += is_known(search, &search->trial[k], trial, to);
        most = n >= FA_TUNE_STARTUP ? to : most;
    }
    return most;
}

static void insert(struct fa_search *search, size_t n, const struct fa_trial *trial)
{
    for (; n && search_better(search, trial, search->rank[n - 1]); n--)
        search->rank[n] = search->rank[n - 1];
    search->rank[n] = trial;
}

/* ---- densities ---- */

/* Trials, each a row of places: for a parameter 0..1 of numbers, the number of choices, NAN if it has no part. */
struct sample {
    const struct fa_space *space;
    const double *row;
    size_t n;
};

static void fill_rows(const struct fa_space *space, const struct fa_trial *const *trial, size_t n, double *row)
{
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < space->n; i++) {
            const char *value = trial[k]->value[i];
            row[k * space->n + i] = value ? fa_param_place(&space->param[i], value) : NAN;
        }
}

/* Of the kernels: Scott's rule for values spread evenly, never so narrow that the search gets stuck. */
static double width_of(const struct sample *sample)
{
    size_t dims = 0;
    for (size_t i = 0; i < sample->space->n; i++)
        dims += sample->space->param[i].kind != FA_PARAM_FIXED;
    return fmax(0.29 * pow((double)sample->n + 1, -1 / (4 + (double)dims)), 0.05);
}

/* What a choice's kernel gives to each of them, its own included. */
static double share_of(const struct sample *sample)
{
    return 1 / ((double)sample->n + 1);
}

/* A trial's place among a parameter's choices, softened; or a normal around it, cut off at 0 and 1. */
static double kernel(const struct sample *sample, size_t i, double width, double center, double at)
{
    const struct fa_param *p = &sample->space->param[i];
    bool choice = p->kind >= FA_PARAM_CHOICE;
    if (isnan(center))
        return choice ? 1 / (double)p->n : 1;
    if (choice)
        return ((center == at) + share_of(sample)) / (1 + share_of(sample) * (double)p->n);
    double z = (at - center) / width, scale = width * 1.4142135623730951;
    double mass = (erf((1 - center) / scale) + erf(center / scale)) / 2;
    return exp(-z * z / 2) / (mass * width * 2.5066282746310002);
}

/* The mean of the trials' kernels, products over all parameters, and, as one more, of the uniform density. */
static double density(const struct sample *sample, const double *at)
{
    double sum = 0, width = width_of(sample);
    for (size_t k = 0; k <= sample->n; k++) {
        double product = 1;
        for (size_t i = 0; i < sample->space->n; i++)
            if (!isnan(at[i]))
                product *= kernel(sample, i, width, k < sample->n ? sample->row[k * sample->space->n + i] : NAN, at[i]);
        sum += product;
    }
    return sum / ((double)sample->n + 1);
}

/* ---- candidates ---- */

static double draw_place(const struct sample *sample, size_t i, double width, double center, struct fa_rng *rng)
{
    const struct fa_param *p = &sample->space->param[i];
    if (p->kind >= FA_PARAM_CHOICE) {
        double own = isnan(center) ? 0 : 1 / (1 + share_of(sample) * (double)p->n);
        return (double)fa_rng_unit(rng) < own ? center : (double)fa_rng_below(rng, (uint32_t)p->n);
    }
    for (;;) {
        double place = isnan(center) ? (double)fa_rng_unit(rng) : center + width * (double)fa_rng_normal(rng);
        if (place >= 0 && place < 1)
            return place;
    }
}

/* From the density of the sample: around one of its trials, or anywhere. */
static void draw_candidate(const struct sample *sample, struct fa_rng *rng, double *place)
{
    double width = width_of(sample);
    size_t k = fa_rng_below(rng, (uint32_t)sample->n + 1);
    for (size_t i = 0; i < sample->space->n; i++)
        place[i] = draw_place(sample, i, width, k < sample->n ? sample->row[k * sample->space->n + i] : NAN, rng);
}

/* The configuration at these places, of which those that have no part in it become NAN. */
static const char *const *values_at(const struct fa_space *space, double *place, struct fa_arena *arena, struct fa_err *err)
{
    const char **value = fa_arena_alloc(arena, space->n * sizeof *value, err);
    for (size_t i = 0; value && i < space->n; i++) {
        const struct fa_param *p = &space->param[i];
        if (isnan(place[i]) || !fa_space_active(space, i, value)) {
            place[i] = NAN;
            continue;
        }
        size_t step = (size_t)(p->kind >= FA_PARAM_CHOICE ? place[i] : place[i] * (double)p->n);
        if (!(value[i] = fa_param_value(p, step < p->n || !p->n ? step : p->n - 1, place[i], arena, err)))
            return NULL;
    }
    return value;
}

/* Puts the best candidate into best; candidate has room for one, too. */
static int find_best(const struct sample *good, const struct sample *bad, struct fa_rng *rng, double *best, double *candidate,
                     struct fa_err *err)
{
    double most = -1;
    struct fa_arena arena = {0};
    int failed = 0;
    for (int c = 0; c < CANDIDATES && !failed; c++) {
        draw_candidate(good, rng, candidate);
        failed = !values_at(good->space, candidate, &arena, err);
        fa_arena_reset(&arena);
        double gain = density(good, candidate) / density(bad, candidate);
        if (gain > most) {
            most = gain;
            memcpy(best, candidate, good->space->n * sizeof *best);
        }
    }
    fa_arena_free(&arena);
    return failed ? -1 : 0;
}

const char *const *search_suggest(struct fa_search *search, const struct fa_trial *trial, struct fa_rng *rng, bool *few,
                                  struct fa_err *err)
{
    const struct fa_space *space = search->space;
    size_t n = 0, epochs = common_epochs(search, trial);
    *few = !epochs;
    if (*few || fa_mem_grow(&search->rank, &search->rank_capacity, search->n + 1, sizeof *search->rank, err))
        return NULL;
    for (size_t i = 0; i < search->n; i++)
        if (is_known(search, &search->trial[i], trial, epochs))
            insert(search, n++, &search->trial[i]);
    double *row = fa_mem_array((n + 2) * space->n, sizeof *row, err), *best = row ? row + n * space->n : NULL;
    if (!row)
        return NULL;
    fill_rows(space, search->rank, n, row);
    size_t ngood = (n * 15 + 99) / 100 + 1; /* the best 15 %, as BOHB has it */
    struct sample good = {space, row, ngood}, bad = {space, row + ngood * space->n, n - ngood};
    const char *const *value = NULL;
    if (!find_best(&good, &bad, rng, best, best + space->n, err))
        value = values_at(space, best, &search->arena, err);
    free(row);
    return value;
}
