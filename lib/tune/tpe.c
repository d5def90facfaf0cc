#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search.h"

/* Tree-structured Parzen estimator, one parameter after the other: of candidates drawn from the density of the good trials'
 * values, the one where that density is largest against the density of the others'. */
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

/* The values of a parameter in some trials: places 0..1 of numbers, numbers of choices. */
struct sample {
    double *place;
    size_t n;
};

static void take_sample(struct sample *sample, const struct fa_space *space, size_t i, const struct fa_trial *const *trial, size_t n)
{
    sample->n = 0;
    for (size_t k = 0; k < n; k++)
        if (trial[k]->value[i])
            sample->place[sample->n++] = fa_param_place(&space->param[i], trial[k]->value[i]);
}

/* Of the kernels: Scott's rule for values spread evenly, never so narrow that the search gets stuck. */
static double width_of(const struct sample *sample)
{
    return fmax(0.29 * pow((double)sample->n + 1, -0.2), 0.05);
}

/* Of normals around the values and, as one more, the uniform density. Mass beyond 0 and 1 is given up: it is the same for the
 * two densities that are compared to a part that does not matter. */
static double number_density(const struct sample *sample, double at)
{
    double width = width_of(sample), sum = 1;
    for (size_t k = 0; k < sample->n; k++) {
        double z = (at - sample->place[k]) / width;
        sum += exp(-z * z / 2) / (width * 2.5066282746310002);
    }
    return sum / ((double)sample->n + 1);
}

static double choice_density(const struct sample *sample, size_t choice, size_t choices)
{
    double count = 1 / (double)choices;
    for (size_t k = 0; k < sample->n; k++)
        count += (size_t)sample->place[k] == choice;
    return count / ((double)sample->n + 1);
}

/* From the density of good: one of its values, with the kernel's spread, or any. */
static double draw_place(const struct fa_param *p, const struct sample *good, struct fa_rng *rng)
{
    size_t k = fa_rng_below(rng, (uint32_t)good->n + 1);
    if (p->kind >= FA_PARAM_CHOICE)
        return k < good->n ? good->place[k] : (double)fa_rng_below(rng, (uint32_t)p->n);
    if (k == good->n)
        return (double)fa_rng_unit(rng);
    for (;;) {
        double place = good->place[k] + width_of(good) * (double)fa_rng_normal(rng);
        if (place >= 0 && place < 1)
            return place;
    }
}

static double gain(const struct fa_param *p, const struct sample *good, const struct sample *bad, double place)
{
    if (p->kind >= FA_PARAM_CHOICE)
        return choice_density(good, (size_t)place, p->n) / choice_density(bad, (size_t)place, p->n);
    return number_density(good, place) / number_density(bad, place);
}

static const char *suggest_value(const struct fa_param *p, const struct sample *good, const struct sample *bad, struct fa_rng *rng,
                                 struct fa_arena *arena, struct fa_err *err)
{
    double best = 0, most = -1;
    for (int i = 0; i < CANDIDATES; i++) {
        double place = draw_place(p, good, rng), value = gain(p, good, bad, place);
        if (value > most) {
            most = value;
            best = place;
        }
    }
    size_t step = p->kind >= FA_PARAM_CHOICE ? (size_t)best : (size_t)(best * (double)p->n);
    return fa_param_value(p, step < p->n || !p->n ? step : p->n - 1, best, arena, err);
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
    size_t ngood = (n * 15 + 99) / 100 + 1; /* the best 15 %, as BOHB has it */
    double *place = fa_mem_array(2 * n, sizeof *place, err);
    const char **value = place ? fa_arena_alloc(&search->arena, space->n * sizeof *value, err) : NULL;
    for (size_t i = 0; value && i < space->n; i++) {
        struct sample good = {place, 0}, bad = {place + n, 0};
        if (!fa_space_active(space, i, value))
            continue;
        take_sample(&good, space, i, search->rank, ngood);
        take_sample(&bad, space, i, search->rank + ngood, n - ngood);
        if (!(value[i] = suggest_value(&space->param[i], &good, &bad, rng, &search->arena, err)))
            value = NULL;
    }
    free(place);
    return value;
}
