#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fa/par.h"
#include "tune.h"

const char *tune_describe(const struct tune *t, const struct fa_trial *trial, struct fa_arena *arena)
{
    const char *text = "";
    for (size_t i = 0; text && i < t->space->n; i++) {
        const struct fa_param *p = &t->space->param[i];
        if (p->kind != FA_PARAM_FIXED && trial->value[i])
            text = fa_arena_printf(arena, NULL, "%s%s%s = %s", text, *text ? ", " : "", p->name, trial->value[i]);
    }
    return text ? text : "out of memory";
}

/* ---- the plan ---- */

/* Seconds that an epoch of a configuration takes, or NAN if it cannot be trained. */
static double time_epoch(const struct tune *t, const char *const *value)
{
    struct fa_arena arena = {0};
    struct fa_err err;
    struct train_options o;
    struct fa_fit_options fit;
    struct fa_epoch epoch = {.seconds = NAN};
    struct fa_trainer *trainer = NULL;
    if (!tune_configure(t, value, &o, &fit, &arena, &err)) {
        fit.epochs = t->max_epochs;
        trainer = fa_trainer_new(&t->set[0], &fit, &err);
    }
    double seconds = trainer && fa_trainer_epoch(trainer, &epoch, &err) == 1 ? epoch.seconds : NAN;
    fa_trainer_free(trainer);
    free(o.recipe.head_weight.text);
    fa_arena_free(&arena);
    return seconds;
}

/* The mean over a few configurations that are not those of the search. */
static double calibrate(struct tune *t)
{
    enum { CONFIGURATIONS = 8, SECONDS = 5 };
    double sum = 0, n = 0, began = cli_seconds();
    struct fa_err err;
    for (uint64_t i = 0; i < CONFIGURATIONS && cli_seconds() - began < SECONDS; i++) {
        struct fa_rng rng = fa_rng_make(t->seed, UINT64_C(1) << 62 | i);
        const char *const *value = fa_space_draw(t->space, &rng, &t->arena, &err);
        double seconds = value ? time_epoch(t, value) : NAN;
        if (isfinite(seconds)) {
            sum += seconds;
            n++;
        }
    }
    return sum / n;
}

void tune_print_plan(struct tune *t)
{
    printf("%s\niteration bracket round trials  from    to epochs\n", t->space->text);
    for (size_t b = 0; b < t->plan->nbrackets; b++)
        for (size_t i = 0; i < t->plan->bracket[b].nrounds; i++) {
            const struct fa_round *r = &t->plan->bracket[b].round[i];
            printf("%9zu %7zu %5zu %6zu %5zu %5zu %6zu\n", t->plan->bracket[b].iteration + 1, t->plan->bracket[b].number, i, r->trials,
                   r->from, r->to, r->trials * (r->to - r->from));
        }
    size_t runs = tune_runs(t), cores = fa_par_cores(), threads = (size_t)t->threads < cores ? (size_t)t->threads : cores;
    double epoch = calibrate(t);
    printf("%zu trials, %zu epochs of %zu network%s", t->plan->trials, t->plan->epochs, runs, runs == 1 ? "" : "s");
    if (isfinite(epoch))
        printf("; at %.3g s an epoch about %.0f s on %zu thread%s", epoch, epoch * (double)(t->plan->epochs * runs) / (double)threads,
               threads, threads == 1 ? "" : "s");
    putchar('\n');
    if (fflush(stdout) || ferror(stdout))
        cli_fail_text("stdout: write: %s", strerror(errno));
}

/* ---- the end ---- */

static void print_best(const struct tune *t)
{
    enum { MOST = 10 };
    const struct fa_trial *best[MOST];
    struct fa_arena arena = {0};
    size_t n = fa_search_best(t->search, best, MOST);
    for (size_t i = 0; i < n; i++)
        cli_summary("%2zu. %.6g, trial %zu, %zu epochs: %s", i + 1, best[i]->score, best[i]->number + 1,
                    ((const struct tune_result *)best[i]->result)->epochs, tune_describe(t, best[i], &arena));
    fa_arena_free(&arena);
}

void tune_summarize(const struct tune *t)
{
    const struct fa_trial *failures;
    size_t done = 0, begun = 0, failed = fa_search_failed(t->search, &failures);
    for (size_t i = 0; i < fa_search_trials(t->search); i++) {
        const struct fa_trial *trial = fa_search_trial(t->search, i);
        done += trial->status == FA_TRIAL_DONE;
        begun += trial->value && trial->status <= FA_TRIAL_RUNNING;
    }
    print_best(t);
    if (fa_search_exhausted(t->search))
        cli_warn("space exhausted: no configuration is left that was not tried");
    if (t->stop)
        cli_warn("stopped after %.0f s with %zu trials under way; the same command goes on", t->max_seconds, begun);
    cli_summary("%zu trials done, %zu failed, %zu epochs, %.1f s", done, failed, t->trained, cli_seconds());
}
