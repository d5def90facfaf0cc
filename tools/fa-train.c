/* fa-train: embeddings to a head model. fa-train(1). */
#include <stdlib.h>
#include <string.h>

#include "fa/par.h"
#include "fa/tensor.h"
#include "train.h"
#include "train_options.h"

static struct {
    const char *output, *history, *checkpoint;
    long epochs, seed, threads, seeds;
    bool resume;
} given = {.seeds = 1};

enum { LARGE_BATCH = 96 }; /* from which on BLIS's AVX-512 kernels are faster */

static struct train_options how;
static struct train_source source;

static const struct cli_option options[] = {
    TRAIN_SOURCE(&source),
    CLI_OUTPUT(&given.output),
    {0, "options", "FILE", CLI_FILE, NULL, "options from FILE, lines NAME = VALUE (fa-tune writes one)", 0, 0},
    {0, "epochs", "N", CLI_COUNT, &given.epochs, "passes over the faces at most", 1, 100000},
    TRAIN_OPTIONS(&how),
    CLI_SEED(&given.seed),
    CLI_THREADS(&given.threads),
    {0, "history", "FILE", CLI_TEXT, &given.history, "write every epoch as CSV to FILE", 0, 0},
    {0, "checkpoint", "FILE", CLI_TEXT, &given.checkpoint, "save all there is to FILE after each epoch", 0, 0},
    {0, "resume", NULL, CLI_FLAG, &given.resume, "go on from --checkpoint, if it is there", 0, 0},
    {0, "seeds", "N", CLI_COUNT, &given.seeds, "train N members of one model, from --seed on", 1, 1000},
    CLI_NO_PROG,
};

static void set_defaults(void)
{
    how = train_options_defaults();
    given.epochs = (long)fa_fit_defaults().epochs;
    given.seed = (long)fa_fit_defaults().seed;
    given.threads = (long)fa_par_cores();
}

static struct fa_fit_options read_options(void)
{
    struct fa_fit_options o;
    struct fa_err err;
    if (train_options_fit(&how, &o, &err))
        cli_usage("%s", err.text);
    o.epochs = (size_t)given.epochs;
    o.seed = (uint64_t)given.seed;
    o.folds = (size_t)source.folds;
    if (given.resume && !given.checkpoint)
        cli_usage("--resume wants a --checkpoint");
    if (given.checkpoint && strcmp(given.checkpoint, "-") == 0)
        cli_usage("--checkpoint: want a file");
    o.threads = (unsigned)given.threads;
    return o;
}

/* Weights of heads and classes, which need the data. */
static void weigh(struct fa_dataset *data, struct fa_fit_options *fit)
{
    struct fa_err err;
    int failed = train_recipe_weigh(&how.recipe, data, fit, &data->arena, &err);
    if (failed > 0)
        cli_usage("%s", err.text);
    if (failed)
        cli_fail(&err);
}

/* ---- training ---- */

static void train(const struct train_runs *runs, size_t run)
{
    struct fa_err err;
    struct fa_epoch epoch;
    int more;
    if (!cli_quiet)
        train_print_head(runs, run);
    while ((more = fa_trainer_epoch(runs->trainer[run], &epoch, &err)) == 1) {
        if (!cli_quiet)
            train_print_epoch(runs, run);
        if (given.checkpoint)
            train_save(runs, given.checkpoint);
    }
    if (more < 0)
        cli_fail(&err);
    if (more == 0)
        return;
    train_save(runs, given.checkpoint);
    cli_fail_text("stopped in epoch %zu; the same command with --resume goes on from %s",
                  fa_trainer_epochs(runs->trainer[run]) + 1, given.checkpoint);
}

/* A trainer for each fold and seed. */
static struct train_runs make_runs(const struct fa_dataset *data, struct fa_fit_options fit)
{
    struct fa_err err;
    struct train_runs runs = {.data = data, .seeds = (size_t)given.seeds};
    runs.n = runs.seeds * (source.folds ? (size_t)source.folds : 1);
    if (!(runs.trainer = fa_mem_array(runs.n, sizeof(struct fa_trainer *), &err)))
        cli_fail(&err);
    for (size_t i = 0; i < runs.n; i++) {
        fit.fold = i / runs.seeds;
        fit.seed = (uint64_t)given.seed + i % runs.seeds;
        if (!(runs.trainer[i] = fa_trainer_new(data, &fit, &err)))
            cli_fail(&err);
    }
    return runs;
}

static void free_runs(struct train_runs *runs)
{
    for (size_t i = 0; i < runs->n; i++)
        fa_trainer_free(runs->trainer[i]);
    free(runs->trainer);
}

static void write_model(const struct train_runs *runs, struct cli_output *output)
{
    struct fa_err err;
    struct fa_model *model = fa_model_make(runs->trainer, runs->n, &err);
    if (!model || fa_model_write(model, output->fd, output->name, &err))
        cli_fail(&err);
    cli_output_close(output);
    fa_model_free(model);
}

int main(int argc, char **argv)
{
    int n;
    set_defaults();
    char **path = cli_parse(argc, argv, "[EMBEDDINGS...]", "Trains a head, one softmax an attribute, on labelled embeddings.",
                            options, sizeof options / sizeof *options, &n);
    struct fa_fit_options fit = read_options();
    if (fit.batch >= LARGE_BATCH)
        cli_set_variable(fa_tensor_setting());
    struct cli_output output = cli_output_open(given.output, true), history = {0};
    if (given.history)
        history = cli_output_open(given.history, false);
    struct fa_dataset *data = train_read(&source, (const char *const *)path, (size_t)n);
    train_recipe_map(&how.recipe, data);
    fit.stop = train_watch(given.checkpoint);
    weigh(data, &fit);
    struct train_runs runs = make_runs(data, fit);
    if (given.resume)
        train_resume(&runs, given.checkpoint);
    for (size_t i = 0; i < runs.n; i++)
        train(&runs, i);
    if (given.history)
        train_write_history(&runs, &history);
    if (source.folds)
        train_write_folds(&runs, &output);
    else
        write_model(&runs, &output);
    if (runs.n > 1)
        train_print_spread(&runs);
    train_summarize(&runs);
    free_runs(&runs);
    fa_dataset_free(data);
    return 0;
}
