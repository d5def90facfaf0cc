#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tune.h"

size_t tune_runs(const struct tune *t)
{
    return t->nsets * (size_t)t->repeats;
}

/* ---- trainers ---- */

void tune_free_runs(const struct tune *t, struct fa_trainer **trainer)
{
    for (size_t i = 0; trainer && i < tune_runs(t); i++)
        fa_trainer_free(trainer[i]);
    free(trainer);
}

static uint64_t seed_of(struct tune *t, const struct fa_trial *trial, size_t run)
{
    pthread_mutex_lock(&t->lock);
    uint64_t seed = fa_search_seed(t->search, trial, run);
    pthread_mutex_unlock(&t->lock);
    return seed;
}

/* Fold by fold, and in each a network a repeat. */
static struct fa_trainer **new_runs(struct tune *t, const struct fa_trial *trial, const struct fa_fit_options *fit,
                                    struct fa_err *err)
{
    struct fa_trainer **trainer = fa_mem_array(tune_runs(t), sizeof *trainer, err);
    for (size_t i = 0; trainer && i < tune_runs(t); i++) {
        struct fa_fit_options o = *fit;
        size_t repeats = (size_t)t->repeats;
        o.seed = seed_of(t, trial, i % repeats);
        if (!(trainer[i] = fa_trainer_new(&t->set[i / repeats], &o, err))) {
            tune_free_runs(t, trainer);
            return NULL;
        }
    }
    return trainer;
}

struct fa_trainer **tune_make_runs(struct tune *t, const struct fa_trial *trial, struct fa_arena *arena, struct fa_err *err)
{
    struct train_options o;
    struct fa_fit_options fit;
    struct fa_trainer **trainer = NULL;
    if (!tune_configure(t, trial->value, &o, &fit, arena, err)) {
        fit.epochs = t->max_epochs;
        trainer = new_runs(t, trial, &fit, err);
        if (trainer && !tune_read_state(t, trainer, trial)) { /* from the beginning, with the same result */
            tune_free_runs(t, trainer);
            trainer = new_runs(t, trial, &fit, err);
        }
    }
    free(o.recipe.head_weight.text);
    return trainer;
}

/* ---- training ---- */

static void count_epoch(struct tune *t)
{
    pthread_mutex_lock(&t->lock);
    t->trained++;
    if (t->max_seconds > 0 && cli_seconds() > t->max_seconds)
        t->stop = 1;
    pthread_mutex_unlock(&t->lock);
}

/* Whether a trial that this one goes on from ended there. */
static bool went_on(const struct tune *t, const struct fa_trial *trial, size_t epochs)
{
    const struct fa_round *round = t->plan->bracket[trial->bracket].round;
    for (size_t i = 1; i <= trial->round; i++)
        if (round[i].from == epochs)
            return true;
    return false;
}

/* With the weights of the best epoch, if that is wanted, wherever a trial goes on; doing so twice, as after a kill, is doing it
 * once. */
static int train_epoch(const struct tune *t, struct fa_trainer *trainer, const struct fa_trial *trial, struct fa_err *err)
{
    struct fa_epoch epoch;
    if (t->rewind && went_on(t, trial, fa_trainer_epochs(trainer)))
        fa_trainer_rewind(trainer);
    return fa_trainer_epoch(trainer, &epoch, err);
}

int tune_train(struct tune *t, struct fa_trainer **trainer, const struct fa_trial *trial, struct fa_err *err)
{
    double saved = cli_seconds(), cost = 0;
    int more = 1;
    for (size_t i = 0; i < tune_runs(t); i++) {
        while (fa_trainer_epochs(trainer[i]) < trial->to && (more = train_epoch(t, trainer[i], trial, err)) == 1) {
            count_epoch(t);
            if (t->stop)
                return tune_write_state(t, trainer, trial, err) ? -1 : 1;
            if (cli_seconds() - saved < 20 * cost) /* so that no more than a twentieth of the time goes into saving */
                continue;
            double began = cli_seconds();
            if (tune_write_state(t, trainer, trial, err))
                return -1;
            saved = cli_seconds();
            cost = saved - began;
        }
        if (more < 0)
            return -1;
    }
    return tune_write_state(t, trainer, trial, err);
}

/* ---- results ---- */

/* The epoch (from 1) that a run is judged by. */
static size_t judge(const struct tune *t, const struct fa_trainer *trainer, double *score)
{
    size_t best = 0, epochs = fa_trainer_epochs(trainer);
    for (size_t i = t->last ? epochs - 1 : 0; i < epochs; i++) {
        double value = tune_score(&t->objective, fa_trainer_history(trainer, i)->valid, t->data->nheads);
        if (best && (value > *score) != t->objective.maximize)
            continue;
        if (best && value == *score)
            continue;
        *score = value;
        best = i + 1;
    }
    return best;
}

static void add_run(const struct tune *t, const struct fa_trainer *trainer, const struct fa_trial *trial, struct tune_result *r)
{
    double score = NAN, runs = (double)tune_runs(t);
    size_t best = judge(t, trainer, &score), epochs = fa_trainer_epochs(trainer);
    const struct fa_score *valid = fa_trainer_history(trainer, best - 1)->valid;
    r->score += score / runs;
    r->best_epoch += (double)best / runs;
    r->epochs = epochs > r->epochs ? epochs : r->epochs;
    for (size_t i = trial->from; i < epochs; i++)
        r->seconds += fa_trainer_history(trainer, i)->seconds;
    for (size_t h = 0; h < t->data->nheads; h++) {
        const double metric[] = {valid[h].loss, valid[h].accuracy, valid[h].balanced, valid[h].binary};
        for (size_t k = 0; k < 4; k++)
            r->metric[4 * h + k] += metric[k] / runs;
    }
}

static void put_score(FILE *file, const struct fa_score *score)
{
    fprintf(file, ",%.9g,%.9g,%.9g,%.9g", score->loss, score->accuracy, score->balanced, score->binary);
}

/* run,epoch,learning_rate,loss,val_loss, then each head's scores in training and validation, seconds */
static void put_history(const struct tune *t, const struct fa_trainer *trainer, size_t run, const struct fa_trial *trial, FILE *file)
{
    for (size_t i = trial->from; i < fa_trainer_epochs(trainer); i++) {
        const struct fa_epoch *e = fa_trainer_history(trainer, i);
        fprintf(file, "%s%zu,%zu,%.9g,%.9g,%.9g", ftell(file) ? ";" : "", run + 1, i + 1, e->rate, e->train_loss, e->valid_loss);
        for (size_t h = 0; h < t->data->nheads; h++) {
            put_score(file, &e->train[h]);
            put_score(file, &e->valid[h]);
        }
        fprintf(file, ",%.3f", e->seconds);
    }
}

static const char *print_history(const struct tune *t, struct fa_trainer **trainer, const struct fa_trial *trial,
                                 struct fa_arena *arena, struct fa_err *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (!file) {
        fa_err_sys(err, "open_memstream");
        return NULL;
    }
    for (size_t i = 0; i < tune_runs(t); i++)
        put_history(t, trainer[i], i, trial, file);
    const char *copy = fclose(file) ? NULL : fa_arena_strndup(arena, text, size, err);
    free(text);
    return copy;
}

static int fill_result(const struct tune *t, struct fa_trainer **trainer, const struct fa_trial *trial, struct tune_result *r,
                       struct fa_arena *arena, struct fa_err *err)
{
    r->parameters = tune_parameters(&fa_trainer_options(trainer[0])->arch, t->data);
    for (size_t i = 0; i < tune_runs(t); i++)
        add_run(t, trainer[i], trial, r);
    r->history = print_history(t, trainer, trial, arena, err);
    if (!r->history)
        return -1;
    return isfinite(r->score) ? 0 : fa_err_set(err, "the score is not finite");
}

struct tune_result *tune_run(struct tune *t, const struct fa_trial *trial, struct fa_arena *arena, struct fa_err *err)
{
    struct fa_err why;
    struct fa_arena own = {0};
    struct tune_result *r = fa_arena_alloc(arena, sizeof *r, err);
    if (r)
        r->metric = fa_arena_alloc(arena, 4 * t->data->nheads * sizeof *r->metric, err);
    if (!r || !r->metric)
        return NULL;
    struct fa_trainer **trainer = tune_make_runs(t, trial, &own, &why);
    int failed = trainer ? tune_train(t, trainer, trial, &why) : -1;
    r->paused = failed == 1;
    if (!failed)
        failed = fill_result(t, trainer, trial, r, arena, &why);
    if (failed < 0) {
        r->score = NAN;
        r->history = "";
        r->failure = fa_arena_strdup(arena, why.text, err);
    }
    tune_free_runs(t, trainer);
    fa_arena_free(&own);
    return failed < 0 && !r->failure ? NULL : r;
}
