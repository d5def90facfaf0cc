#include <math.h>
#include <stdlib.h>

#include "fa/tune.h"

enum { MOST_TRIALS = 1000000, MOST_EPOCHS = 1000000 };

/* ---- the sizes of brackets: s is the bracket's number, i the round's ---- */

/* In double and by repeated division, as Keras does it: rounding shows (R = 15625, factor 5). */
static size_t count_brackets(const struct fa_schedule_options *o)
{
    size_t n = 0;
    for (double epochs = (double)o->max_epochs; epochs >= (double)o->min_epochs; epochs /= (double)o->factor)
        n++;
    return n;
}

static double power(size_t factor, size_t exponent)
{
    return pow((double)factor, (double)exponent);
}

static size_t keras_size(const struct fa_schedule_options *o, size_t s, size_t i)
{
    double last = ceil(1 + log((double)o->max_epochs) / log((double)o->factor));
    return (size_t)ceil(last / (double)(s + 1) * power(o->factor, s - i));
}

static size_t keras_epochs(const struct fa_schedule_options *o, size_t s, size_t i)
{
    return (size_t)ceil((double)o->max_epochs / power(o->factor, s - i));
}

static size_t paper_size(const struct fa_schedule_options *o, size_t s, size_t i)
{
    double first = ceil((double)count_brackets(o) * power(o->factor, s) / (double)(s + 1));
    return (size_t)floor(first / power(o->factor, i));
}

static size_t paper_epochs(const struct fa_schedule_options *o, size_t s, size_t i)
{
    return (size_t)floor((double)o->max_epochs / power(o->factor, s - i));
}

/* ---- plans ---- */

typedef size_t of_round(const struct fa_schedule_options *o, size_t s, size_t i);

static int add_bracket(struct fa_plan *plan, struct fa_bracket *bracket, const struct fa_schedule_options *o, of_round *size,
                       of_round *epochs, struct fa_err *err)
{
    size_t n = bracket->number + 1;
    struct fa_round *round = fa_arena_alloc(&plan->arena, n * sizeof *round, err);
    if (!round)
        return -1;
    for (size_t i = 0; i < n; i++) {
        round[i] = (struct fa_round){size(o, bracket->number, i), i ? round[i - 1].to : 0, epochs(o, bracket->number, i)};
        if (round[i].trials > MOST_TRIALS)
            return fa_err_set(err, "a round of %zu trials is more than %d", round[i].trials, MOST_TRIALS);
        plan->trials += round[i].trials;
        plan->epochs += round[i].trials * (round[i].to - round[i].from);
    }
    bracket->round = round;
    bracket->nrounds = n;
    return 0;
}

static int plan_hyperband(struct fa_plan *plan, const struct fa_schedule_options *o, struct fa_err *err)
{
    bool keras = o->kind != FA_SCHEDULE_PAPER;
    size_t n = count_brackets(o);
    struct fa_bracket *bracket = fa_arena_alloc(&plan->arena, o->iterations * n * sizeof *bracket, err);
    plan->bracket = bracket;
    for (size_t i = 0; bracket && i < o->iterations * n; i++) {
        bracket[i] = (struct fa_bracket){.iteration = i / n, .number = n - 1 - i % n};
        if (add_bracket(plan, &bracket[i], o, keras ? keras_size : paper_size, keras ? keras_epochs : paper_epochs, err))
            return -1;
        plan->nbrackets++;
    }
    return bracket ? 0 : -1;
}

static size_t given_size(const struct fa_schedule_options *o, size_t s, size_t i)
{
    (void)s;
    return (size_t)floor((double)o->trials / power(o->factor, i));
}

static int plan_single(struct fa_plan *plan, const struct fa_schedule_options *given, struct fa_err *err)
{
    struct fa_schedule_options o = *given;
    struct fa_plan keras = {0};
    size_t first = 0;
    int failed = o.trials ? 0 : plan_hyperband(&keras, given, err);
    for (size_t i = 0; i < keras.nbrackets; i++)
        first += keras.bracket[i].round[0].trials;
    if (!o.trials)
        o.trials = o.kind == FA_SCHEDULE_RANDOM ? (keras.epochs + o.max_epochs - 1) / o.max_epochs : first;
    fa_arena_free(&keras.arena);
    struct fa_bracket *bracket = failed ? NULL : fa_arena_alloc(&plan->arena, sizeof *bracket, err);
    if (!bracket)
        return -1;
    bracket->number = o.kind == FA_SCHEDULE_ASHA ? count_brackets(&o) - 1 : 0;
    plan->bracket = bracket;
    plan->nbrackets = 1;
    return add_bracket(plan, bracket, &o, given_size, keras_epochs, err);
}

static int check(const struct fa_schedule_options *o, struct fa_err *err)
{
    if (o->factor < 2)
        return fa_err_set(err, "a factor of %zu does not thin out trials, want at least 2", o->factor);
    if (o->min_epochs < 1 || o->max_epochs < o->min_epochs)
        return fa_err_set(err, "no schedule from %zu to %zu epochs", o->min_epochs, o->max_epochs);
    if (o->max_epochs > MOST_EPOCHS)
        return fa_err_set(err, "%zu epochs are more than %d", o->max_epochs, MOST_EPOCHS);
    if (o->iterations < 1)
        return fa_err_set(err, "want at least 1 iteration");
    if (o->kind == FA_SCHEDULE_GRID && !o->trials)
        return fa_err_set(err, "a grid without points");
    return 0;
}

struct fa_plan *fa_plan_make(const struct fa_schedule_options *options, struct fa_err *err)
{
    struct fa_plan *plan = check(options, err) ? NULL : fa_mem_array(1, sizeof *plan, err);
    if (!plan)
        return NULL;
    plan->kind = options->kind;
    plan->factor = options->factor;
    bool several = options->kind == FA_SCHEDULE_KERAS || options->kind == FA_SCHEDULE_PAPER;
    if ((several ? plan_hyperband : plan_single)(plan, options, err)) {
        fa_plan_free(plan);
        return NULL;
    }
    return plan;
}

void fa_plan_free(struct fa_plan *plan)
{
    if (plan)
        fa_arena_free(&plan->arena);
    free(plan);
}
