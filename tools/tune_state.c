#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tune.h"

static char *path_of(const struct tune *t, size_t origin, const char *suffix)
{
    size_t size = strlen(t->folder) + 48;
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s/trial-%zu.state%s", t->folder, origin + 1, suffix);
    return path;
}

int tune_read_state(const struct tune *t, struct fa_trainer **trainer, const struct fa_trial *trial)
{
    struct fa_err err;
    char *path = path_of(t, trial->origin, "");
    int read = 1;
    if (path && access(path, F_OK) == 0) {
        if (fa_checkpoint_read(path, trainer, tune_runs(t), &err)) {
            cli_warn("%s; it is trained anew", err.text);
            read = 0;
        }
        for (size_t i = 0; i < tune_runs(t) && read; i++)
            read = fa_trainer_epochs(trainer[i]) <= trial->to;
    }
    free(path);
    return read;
}

/* Nobody waits for the disk: what is lost with the machine, or damaged, is trained anew. */
static int write_file(const char *path, struct fa_trainer **trainer, size_t n, struct fa_err *err)
{
    FILE *file = fopen(path, "we");
    if (!file)
        return fa_err_sys(err, "%s", path);
    int failed = fa_checkpoint_write(trainer, n, file, path, err);
    if (fclose(file) && !failed)
        failed = fa_err_sys(err, "%s: write", path);
    return failed;
}

int tune_write_state(const struct tune *t, struct fa_trainer **trainer, const struct fa_trial *trial, struct fa_err *err)
{
    char *path = path_of(t, trial->origin, ""), *temporary = path_of(t, trial->origin, ".new");
    int failed = path && temporary ? write_file(temporary, trainer, tune_runs(t), err) : fa_err_memory(err, 1);
    if (!failed && rename(temporary, path))
        failed = fa_err_sys(err, "%s", path);
    free(path);
    free(temporary);
    return failed;
}

void tune_remove_state(const struct tune *t, size_t origin)
{
    static const char *const suffix[] = {"", ".new"};
    for (int i = 0; i < 2; i++) {
        char *path = path_of(t, origin, suffix[i]);
        if (path)
            unlink(path);
        free(path);
    }
}

/* Whether a trial of that configuration runs, may go on, or is among the best. */
static bool is_wanted(const struct tune *t, size_t origin, const struct fa_trial **best, size_t nbest)
{
    for (size_t i = 0; i < nbest; i++)
        if (best[i]->origin == origin)
            return true;
    for (size_t i = origin; i < fa_search_trials(t->search); i++) {
        const struct fa_trial *trial = fa_search_trial(t->search, i);
        if (trial->origin != origin)
            continue;
        if ((trial->value && trial->status <= FA_TRIAL_RUNNING) || (trial->status == FA_TRIAL_DONE && fa_search_may_go_on(t->search, i)))
            return true;
    }
    return false;
}

void tune_clear_states(struct tune *t)
{
    struct fa_err err;
    const struct fa_trial **best = fa_mem_array((size_t)t->keep, sizeof *best, &err);
    if (!best)
        return;
    size_t nbest = fa_search_best(t->search, best, (size_t)t->keep);
    for (size_t i = 0; i < t->nstate; i++)
        if (t->state[i] && !is_wanted(t, i, best, nbest)) {
            tune_remove_state(t, i);
            t->state[i] = false;
        }
    free(best);
}

void tune_find_states(struct tune *t)
{
    struct fa_err err;
    t->nstate = fa_search_trials(t->search);
    if (!(t->state = fa_mem_array(t->nstate, sizeof *t->state, &err)))
        cli_fail(&err);
    for (size_t i = 0; i < t->nstate; i++)
        t->state[i] = fa_search_trial(t->search, i)->origin == i && fa_search_trial(t->search, i)->value;
    tune_clear_states(t);
}
