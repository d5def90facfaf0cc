#include <stdlib.h>
#include <string.h>

#include "tune.h"

/* The rows that fa-train leaves out of a fold. */
static uint8_t *hold_out(struct tune *t, size_t fold)
{
    struct fa_err err;
    struct fa_fit_options fit = fa_fit_defaults();
    size_t n;
    fit.arch.n = 0;
    fit.validation = 0;
    fit.folds = (size_t)t->source.folds;
    fit.fold = fold;
    struct fa_trainer *trainer = fa_trainer_new(t->data, &fit, &err);
    uint8_t *held = trainer ? fa_arena_alloc(&t->arena, t->data->rows, &err) : NULL;
    if (!held)
        cli_fail(&err);
    const uint32_t *row = fa_trainer_left_out(trainer, &n);
    for (size_t i = 0; i < n; i++)
        held[row[i]] = 1;
    fa_trainer_free(trainer);
    return held;
}

/* A trial whose network is the smallest there is, for what fa-train has to say about the data. */
static void check_held_out(const struct tune *t)
{
    struct fa_err err;
    struct train_options o;
    struct fa_fit_options fit;
    struct fa_arena arena = {0};
    struct fa_rng rng = fa_rng_make(t->seed, 0);
    const char *const *value = fa_space_draw(t->space, &rng, &arena, &err);
    if (!value)
        cli_fail(&err);
    if (!tune_configure(t, value, &o, &fit, &arena, &err)) { /* what cannot be configured is a failed trial */
        fit.arch.n = 0;
        struct fa_trainer *trainer = fa_trainer_new(&t->set[0], &fit, &err);
        if (!trainer)
            cli_fail(&err);
        if (!fa_trainer_validation(trainer))
            cli_fail_text("nothing is held out to score trials on");
        fa_trainer_free(trainer);
    }
    free(o.recipe.head_weight.text);
    fa_arena_free(&arena);
}

void tune_make_sets(struct tune *t)
{
    t->nsets = t->source.folds ? (size_t)t->source.folds : 1;
    struct fa_err err;
    t->set = fa_arena_alloc(&t->arena, t->nsets * sizeof *t->set, &err);
    if (!t->set)
        cli_fail(&err);
    for (size_t i = 0; i < t->nsets; i++) {
        t->set[i] = *t->data;
        if (!t->source.folds)
            continue;
        t->set[i].held = hold_out(t, i);
        t->set[i].validation = fa_arena_printf(&t->arena, &err, "fold %zu of %zu", i + 1, t->nsets);
        if (!t->set[i].validation)
            cli_fail(&err);
    }
    check_held_out(t);
}

void tune_free(struct tune *t)
{
    fa_journal_close(t->journal);
    fa_search_free(t->search);
    fa_plan_free(t->plan);
    fa_space_free(t->space);
    fa_arena_free(&t->arena);
    free(t->state);
}
