#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fa/par.h"
#include "tune.h"

static void fail(struct tune *t, const struct fa_err *err)
{
    if (!t->failed)
        t->err = *err;
    t->failed = true;
    t->stop = 1;
}

/* ---- progress ---- */

static void count_trials(const struct tune *t, size_t *done, size_t *all, size_t *left)
{
    *done = *all = *left = 0;
    for (size_t i = 0; i < fa_search_trials(t->search); i++) {
        const struct fa_trial *trial = fa_search_trial(t->search, i);
        bool over = trial->status >= FA_TRIAL_DONE;
        *done += over;
        *left += over ? 0 : trial->to - trial->from;
        ++*all;
    }
    if (t->plan->kind == FA_SCHEDULE_ASHA)
        *all = t->plan->trials;
}

static void show(const struct tune *t)
{
    const struct fa_trial *best = NULL;
    char score[48] = "", time[48] = "";
    size_t done, all, left;
    if (!cli_shows_progress())
        return;
    count_trials(t, &done, &all, &left);
    if (fa_search_best(t->search, &best, 1))
        snprintf(score, sizeof score, ", best %.6g of trial %zu", best->score, best->number + 1);
    if (t->trained)
        snprintf(time, sizeof time, ", %.0f s left", (double)(left * tune_runs(t)) / (double)t->trained * cli_seconds());
    cli_status("%zu/%zu trials%s%s", done, all, score, time);
}

static void tell_of(const struct tune *t, const struct fa_trial *trial, const struct tune_result *r)
{
    const struct fa_trial *best = NULL;
    struct fa_arena arena = {0};
    if (r->failure)
        cli_warn("trial %zu: %s: %s", trial->number + 1, tune_describe(t, trial, &arena), r->failure);
    else if (fa_search_best(t->search, &best, 1) && (!cli_shows_progress() || cli_verbose))
        cli_summary("trial %zu (bracket %zu, round %zu): score %.6g at epoch %.4g of %zu, %.1f s; best %.6g of trial %zu", trial->number + 1,
                    t->plan->bracket[trial->bracket].number, trial->round, r->score, r->best_epoch, r->epochs, r->seconds,
                    best->score, best->number + 1);
    fa_arena_free(&arena);
}

/* ---- one worker ---- */

static void begin(struct tune *t, const struct fa_trial *trial)
{
    struct fa_err err;
    if (trial->origin >= t->nstate) {
        size_t capacity = t->nstate;
        if (fa_mem_grow(&t->state, &capacity, trial->origin + 1, sizeof *t->state, &err)) {
            fail(t, &err);
            return;
        }
        memset(t->state + t->nstate, 0, capacity - t->nstate);
        t->nstate = capacity;
    }
    t->state[trial->origin] = true;
    if (!trial->resumed && tune_journal_begin(t, trial, &err))
        fail(t, &err);
}

/* With the lock given up while the disk takes its time. */
static int note_end(struct tune *t, const struct fa_trial *trial, struct tune_result *r, struct fa_err *err)
{
    if (tune_journal_end(t, trial, r, err))
        return -1;
    pthread_mutex_unlock(&t->lock);
    int failed = fa_journal_sync(t->journal, err);
    pthread_mutex_lock(&t->lock);
    return failed;
}

/* A result is one of the disk's before it is one of the search's. */
static void end(struct tune *t, const struct fa_trial *trial, struct tune_result *r)
{
    struct fa_err err;
    if (r->paused)
        return;
    if (r->failure) {
        tune_remove_state(t, trial->origin);
        t->state[trial->origin] = false;
    }
    if (note_end(t, trial, r, &err) || fa_search_tell(t->search, trial->number, r->failure ? NAN : r->score, r, &err)) {
        fail(t, &err);
        return;
    }
    tune_clear_states(t);
    tell_of(t, trial, r);
    show(t);
}

/* With the lock, which is given up while the trial runs. Each trial has an arena of its own until it ends. */
static void run(struct tune *t, size_t number)
{
    struct fa_err err;
    struct fa_arena arena = {0};
    struct fa_trial trial = *fa_search_trial(t->search, number);
    begin(t, &trial);
    if (t->failed)
        return;
    pthread_mutex_unlock(&t->lock);
    struct tune_result *r = tune_run(t, &trial, &arena, &err);
    pthread_mutex_lock(&t->lock);
    struct tune_result *kept = r ? fa_arena_alloc(&t->arena, sizeof *kept, &err) : NULL;
    if (kept) {
        *kept = *r;
        size_t bytes = 4 * t->data->nheads * sizeof *kept->metric;
        kept->metric = fa_arena_alloc(&t->arena, bytes, &err);
        kept->history = r->history ? fa_arena_strdup(&t->arena, r->history, &err) : "";
        kept->failure = r->failure ? fa_arena_strdup(&t->arena, r->failure, &err) : NULL;
        if (kept->metric)
            memcpy(kept->metric, r->metric, bytes);
    }
    if (kept && kept->metric && kept->history && (!r->failure || kept->failure))
        end(t, &trial, kept);
    else
        fail(t, &err);
    fa_arena_free(&arena);
}

static void work(void *arg, size_t i, unsigned worker)
{
    struct tune *t = arg;
    struct fa_err err;
    (void)i, (void)worker;
    pthread_mutex_lock(&t->lock);
    for (;;) {
        size_t number = 0;
        if (t->max_seconds > 0 && cli_seconds() > t->max_seconds)
            t->stop = 1;
        enum fa_ask got = t->stop ? FA_ASK_OVER : fa_search_ask(t->search, &number, &err);
        if (got == FA_ASK_ERROR)
            fail(t, &err);
        if (got == FA_ASK_TRIAL)
            run(t, number);
        else if (got == FA_ASK_WAIT)
            pthread_cond_wait(&t->changed, &t->lock);
        else
            break;
        pthread_cond_broadcast(&t->changed);
    }
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

void tune_search(struct tune *t)
{
    struct fa_err err;
    struct fa_pool *pool = fa_pool_new((unsigned)t->threads, &err);
    if (!pool)
        cli_fail(&err);
    fa_pool_for(pool, (size_t)t->threads, work, t);
    fa_pool_free(pool);
    if (t->failed)
        cli_fail(&t->err);
}
