#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fa/table.h"
#include "tune.h"

struct cli_output tune_open(const struct tune *t, const char *name)
{
    struct fa_arena arena = {0};
    struct fa_err err;
    char *path = fa_arena_printf(&arena, &err, "%s/%s", t->folder, name);
    if (!path)
        cli_fail(&err);
    struct cli_output output = cli_output_open(path, false);
    output.name = output.path ? output.path : t->folder;
    fa_arena_free(&arena);
    return output;
}

static const char *const metric[] = {"loss", "accuracy", "balanced_accuracy", "binary_accuracy"};

static void put_names(const struct tune *t, const char *before, FILE *file)
{
    for (size_t h = 0; h < t->data->nheads; h++)
        for (const char *set = before;; set = " val_") {
            for (size_t i = 0; i < 4; i++) {
                putc(',', file);
                fa_table_put_joined(file, t->data->head[h].name, set, metric[i]);
            }
            if (strcmp(set, " val_") == 0)
                break;
        }
}

/* ---- trials.csv ---- */

static const char *status_of(const struct fa_trial *trial)
{
    return trial->status == FA_TRIAL_DONE ? "done" : trial->status == FA_TRIAL_FAILED ? "failed" : "running";
}

static void put_result(const struct tune_result *r, FILE *file)
{
    if (r && !r->failure)
        fprintf(file, ",%.17g,%.4g,%.3f,%zu", r->score, r->best_epoch, r->seconds, r->parameters);
    else
        fputs(",,,,", file);
}

static void put_trial(const struct tune *t, const struct fa_trial *trial, FILE *file)
{
    const struct tune_result *r = trial->result;
    size_t attempts = fa_search_options(t->search)->retries + 1;
    fprintf(file, "%zu,%zu,", trial->number + 1, trial->fill * attempts + trial->attempt + 1);
    if (trial->parent != SIZE_MAX)
        fprintf(file, "%zu", trial->parent + 1);
    fprintf(file, ",%zu,%zu,%zu,%zu,%s", t->plan->bracket[trial->bracket].iteration + 1, t->plan->bracket[trial->bracket].number,
            trial->round, r && !r->failure ? r->epochs : trial->to, status_of(trial));
    put_result(r, file);
    for (size_t i = 0; i < t->space->n; i++) {
        putc(',', file);
        fa_table_put(file, trial->value[i] ? trial->value[i] : "");
    }
    for (size_t i = 0; i < 4 * t->data->nheads; i++)
        if (r && !r->failure)
            fprintf(file, ",%.9g", r->metric[i]);
        else
            putc(',', file);
    putc(',', file);
    fa_table_put(file, r && r->failure ? r->failure : "");
    putc('\n', file);
}

void tune_write_trials(const struct tune *t)
{
    struct cli_output output = tune_open(t, "trials.csv");
    const struct fa_trial *failed;
    size_t nfailed = fa_search_failed(t->search, &failed);
    fputs("id,try,parent,iteration,bracket,round,epochs,status,score,best_epoch,seconds,parameters", output.file);
    for (size_t i = 0; i < t->space->n; i++) {
        putc(',', output.file);
        fa_table_put(output.file, t->space->param[i].name);
    }
    put_names(t, " val_", output.file);
    fputs(",failure\n", output.file);
    for (size_t i = 0; i < fa_search_trials(t->search); i++) {
        const struct fa_trial *trial = fa_search_trial(t->search, i);
        for (size_t k = 0; k < nfailed; k++)
            if (failed[k].number == i)
                put_trial(t, &failed[k], output.file);
        if (trial->value)
            put_trial(t, trial, output.file);
    }
    cli_output_close(&output);
}

/* ---- epochs.csv ---- */

void tune_write_epochs(const struct tune *t)
{
    struct cli_output output = tune_open(t, "epochs.csv");
    fputs("id,run,epoch,learning_rate,loss,val_loss", output.file);
    put_names(t, " ", output.file);
    fputs(",seconds\n", output.file);
    for (size_t i = 0; i < fa_search_trials(t->search); i++) {
        const struct fa_trial *trial = fa_search_trial(t->search, i);
        const struct tune_result *r = trial->status == FA_TRIAL_DONE ? trial->result : NULL;
        for (const char *at = r ? r->history : ""; *at;) {
            size_t n = strcspn(at, ";");
            fprintf(output.file, "%zu,%.*s\n", i + 1, (int)n, at);
            at += n + (at[n] == ';');
        }
    }
    cli_output_close(&output);
}

/* ---- best.hp ---- */

static void put_option(const struct cli_option *row, FILE *file)
{
    const struct cli_list *list = row->to;
    double number = row->kind == CLI_COUNT ? (double)*(long *)row->to : row->kind == CLI_REAL ? *(double *)row->to : row->min;
    if (number < row->min || number > row->max || (row->kind == CLI_TEXT && !*(const char **)row->to))
        return; /* left to fa-train's own default */
    if (row->kind == CLI_TEXT)
        fprintf(file, "%s = %s\n", row->name, *(const char **)row->to);
    else if (row->kind != CLI_LIST)
        fprintf(file, "%s = %.15g\n", row->name, number);
    for (size_t i = 0; row->kind == CLI_LIST && i < list->n; i++)
        fprintf(file, "%s = %s\n", row->name, list->text[i]);
}

void tune_write_best(const struct tune *t, const struct fa_trial *trial)
{
    struct fa_arena arena = {0};
    struct fa_err err;
    struct train_options o;
    struct fa_fit_options fit;
    const struct cli_option row[] = {TRAIN_OPTIONS(&o)};
    struct cli_output output = tune_open(t, "best.hp");
    if (tune_configure(t, trial->value, &o, &fit, &arena, &err))
        cli_fail(&err);
    fprintf(output.file, "# trial %zu: score %.9g\n", trial->number + 1, trial->score);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        put_option(&row[i], output.file);
    fprintf(output.file, "epochs = %zu\nseed = %llu\n", t->max_epochs, (unsigned long long)fa_search_seed(t->search, trial, 0));
    cli_output_close(&output);
    free(o.recipe.head_weight.text);
    fa_arena_free(&arena);
}

/* ---- models ---- */

static void write_runs(struct fa_trainer **trainer, size_t n, struct cli_output *output)
{
    struct fa_err err;
    struct fa_model *model = fa_model_make(trainer, n, &err);
    if (!model || fa_model_write(model, output->fd, output->name, &err))
        cli_fail(&err);
    cli_output_close(output);
    fa_model_free(model);
}

void tune_write_model(struct tune *t, const struct fa_trial *trial, struct cli_output *output)
{
    struct fa_arena arena = {0};
    struct fa_err err;
    struct fa_trainer **trainer = tune_make_runs(t, trial, &arena, &err);
    t->stop = 0; /* what remains is done, however much time it takes */
    if (!trainer || tune_train(t, trainer, trial, &err))
        cli_fail(&err);
    write_runs(trainer, tune_runs(t), output);
    tune_free_runs(t, trainer);
    fa_arena_free(&arena);
}

static struct fa_trainer *retrain_run(struct tune *t, const struct fa_dataset *all, const struct fa_trial *trial, size_t run,
                                      const struct fa_fit_options *fit)
{
    struct fa_err err;
    struct fa_epoch epoch;
    struct fa_fit_options o = *fit;
    const struct tune_result *r = trial->result;
    o.validation = 0;
    o.patience = 0;
    o.monitor = NULL;
    o.epochs = t->max_epochs; /* schedules reach over all of them */
    o.threads = (unsigned)t->threads;
    o.seed = fa_search_seed(t->search, trial, run);
    struct fa_trainer *trainer = fa_trainer_new(all, &o, &err);
    for (double i = 0; trainer && i < fmax(round(r->best_epoch), 1); i++)
        if (fa_trainer_epoch(trainer, &epoch, &err) != 1)
            cli_fail(&err);
    if (!trainer)
        cli_fail(&err);
    return trainer;
}

void tune_retrain(struct tune *t, const struct fa_trial *trial, struct cli_output *output)
{
    struct fa_arena arena = {0};
    struct fa_err err;
    struct train_options o;
    struct fa_fit_options fit;
    struct fa_dataset all = *t->data;
    size_t n = (size_t)t->repeats;
    struct fa_trainer **trainer = fa_mem_array(n, sizeof(struct fa_trainer *), &err);
    all.held = NULL;
    if (!trainer || tune_configure(t, trial->value, &o, &fit, &arena, &err))
        cli_fail(&err);
    for (size_t i = 0; i < n; i++)
        trainer[i] = retrain_run(t, &all, trial, i, &fit);
    write_runs(trainer, n, output);
    for (size_t i = 0; i < n; i++)
        fa_trainer_free(trainer[i]);
    free(trainer);
    free(o.recipe.head_weight.text);
    fa_arena_free(&arena);
}
