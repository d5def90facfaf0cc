/* fa-tune: searches for the hyperparameters of a head. fa-tune(1). */
#include <stdlib.h>
#include <string.h>

#include "fa/par.h"
#include "fa/tensor.h"
#include "tune.h"

static struct {
    const char *space, *schedule, *sampler, *objective, *direction, *score, *promote, *output;
    struct cli_list set;
    long max_epochs, min_epochs, factor, iterations, trials, seed, retries, failures;
    long cap_trials, cap_epochs, cap_parameters;
    bool dry, retrain;
} given = {.schedule = "keras", .sampler = "random", .objective = "accuracy", .score = "best", .promote = "last", .max_epochs = 100, .min_epochs = 1,
           .factor = 3, .iterations = 1, .seed = 1, .failures = 3};

enum { LARGE_BATCH = 96 }; /* as fa-train has it */

static struct tune tune = {.folder = "tune", .repeats = 1, .keep = 1, .lock = PTHREAD_MUTEX_INITIALIZER,
                           .changed = PTHREAD_COND_INITIALIZER};

static const struct cli_option options[] = {
    TRAIN_DATA(&tune.source),
    {0, "folds", "K", CLI_COUNT, &tune.source.folds, "score each trial on K folds, each left out once; 0: off", 0, 1000},
    {0, "space", "FILE", CLI_TEXT, &given.space, "what to search (default: that of fairface.space)", 0, 0},
    {0, "set", "NAME=WHAT", CLI_LIST, &given.set, "a line that replaces one of the space, or adds one", 0, 0},
    {0, "search", "NAME", CLI_TEXT, &given.schedule, "keras (Hyperband), paper, asha, random or grid", 0, 0},
    {0, "sampler", "NAME", CLI_TEXT, &given.sampler, "random or tpe", 0, 0},
    {0, "max-epochs", "N", CLI_COUNT, &given.max_epochs, "epochs of the longest trials", 1, 100000},
    {0, "min-epochs", "N", CLI_COUNT, &given.min_epochs, "epochs of the shortest ones at least", 1, 100000},
    {0, "factor", "N", CLI_COUNT, &given.factor, "one trial in N goes on", 2, 1000},
    {0, "iterations", "N", CLI_COUNT, &given.iterations, "times that the brackets are gone through", 1, 10000},
    {0, "trials", "N", CLI_COUNT, &given.trials, "configurations of asha and random (default: of like cost)", 0, 1000000},
    {0, "objective", "SUM", CLI_TEXT, &given.objective, "[W*][HEAD:]METRIC + ..., of the validation set", 0, 0},
    {0, "direction", "NAME", CLI_TEXT, &given.direction, "max or min (default: that of the metrics)", 0, 0},
    {0, "score", "EPOCH", CLI_TEXT, &given.score, "of the best or the last epoch", 0, 0},
    {0, "promote", "EPOCH", CLI_TEXT, &given.promote, "trials go on from their last epoch, or with the weights of the best", 0, 0},
    {0, "repeats", "N", CLI_COUNT, &tune.repeats, "networks a trial, whose scores are averaged", 1, 1000},
    {0, "retries", "N", CLI_COUNT, &given.retries, "further attempts for a trial that fails", 0, 100},
    {0, "failures", "N", CLI_COUNT, &given.failures, "failed trials in a row that end the search; 0: any number", 0, 1000000},
    {0, "cap-trials", "N", CLI_COUNT, &given.cap_trials, "begin no more trials; 0: all", 0, 1e9},
    {0, "cap-epochs", "N", CLI_COUNT, &given.cap_epochs, "begin no trial that may lead beyond N epochs; 0: all", 0, 1e9},
    {0, "cap-seconds", "S", CLI_REAL, &tune.max_seconds, "pause then; 0: never", 0, 1e9},
    {0, "cap-parameters", "N", CLI_COUNT, &given.cap_parameters, "draw no larger networks; 0: any", 0, 1e12},
    {'O', "folder", "DIR", CLI_TEXT, &tune.folder, "journal, tables and best.hp go there", 0, 0},
    {'o', "output", "FILE", CLI_TEXT, &given.output, "write the best trial's model to FILE", 0, 0},
    {0, "retrain", NULL, CLI_FLAG, &given.retrain, "train that model anew on all faces", 0, 0},
    {0, "keep", "N", CLI_COUNT, &tune.keep, "keep the states of the N best configurations", 1, 1000000},
    {0, "dry-run", NULL, CLI_FLAG, &given.dry, "print the schedule and what it will take, and train nothing", 0, 0},
    CLI_SEED(&given.seed),
    {'j', "threads", "N", CLI_COUNT, &tune.threads, "trials at once (default: all cores)", 1, 1024},
    CLI_NO_PROG,
    TRAIN_OPTIONS(&tune.base),
};

static size_t choose(const char *option, const char *text, const char *const *name, size_t n)
{
    struct fa_err err;
    int got = train_choose(option, text, name, n, &err);
    if (got < 0)
        cli_usage("%s", err.text);
    return (size_t)got;
}

static void read_space(void)
{
    struct fa_err err;
    char *path = given.space ? NULL : cli_find("fairface.space");
    if (!given.space && !path)
        cli_fail_text("fairface.space is not there: choose another --space");
    tune_options_to_space(&tune.base, &given.set);
    struct train_options plain = train_options_defaults();
    plain.recipe.head_weight = tune.base.recipe.head_weight;
    plain.recipe.map = tune.base.recipe.map;
    tune.base = plain;
    tune.space = fa_space_read(given.space ? given.space : path, given.set.text, given.set.n, &err);
    if (!tune.space)
        cli_fail(&err);
    free(path);
    if (tune_check_space(&tune) >= LARGE_BATCH)
        cli_set_variable(fa_tensor_setting());
}

static void make_plan(void)
{
    static const char *const name[] = {"keras", "paper", "asha", "random", "grid"};
    struct fa_err err;
    struct fa_schedule_options o = {(enum fa_schedule_kind)choose("search", given.schedule, name, 5), (size_t)given.max_epochs,
                                    (size_t)given.min_epochs, (size_t)given.factor, (size_t)given.iterations, (size_t)given.trials};
    if (given.trials && o.kind != FA_SCHEDULE_ASHA && o.kind != FA_SCHEDULE_RANDOM)
        cli_usage("--trials is for asha and random (to search less, --cap-trials)");
    if (o.kind == FA_SCHEDULE_GRID && (o.trials = fa_space_points(tune.space)) == 0)
        cli_usage("a grid wants a step for each number");
    tune.plan = fa_plan_make(&o, &err);
    if (!tune.plan)
        cli_usage("%s", err.text);
    tune.max_epochs = o.max_epochs;
}

static void make_search(void)
{
    static const char *const sampler[] = {"random", "tpe"}, *const score[] = {"best", "last"};
    struct fa_err err;
    tune.last = choose("score", given.score, score, 2) == 1;
    tune.rewind = choose("promote", given.promote, score, 2) == 0;
    tune.seed = (uint64_t)given.seed;
    tune.most_parameters = (size_t)given.cap_parameters;
    struct fa_search_options o = {.sampler = (enum fa_sampler)choose("sampler", given.sampler, sampler, 2),
                                  .seed = tune.seed,
                                  .maximize = tune.objective.maximize,
                                  .retries = (size_t)given.retries,
                                  .failures = (size_t)given.failures,
                                  .most_trials = (size_t)given.cap_trials,
                                  .most_epochs = (size_t)given.cap_epochs,
                                  .accept = tune.most_parameters ? tune_accepts : NULL,
                                  .arg = &tune};
    if (!(tune.search = fa_search_new(tune.space, tune.plan, &o, &err)))
        cli_fail(&err);
}

static void search(void)
{
    cli_make_folder(tune.folder);
    tune_open_journal(&tune, given.objective);
    tune_find_states(&tune);
    tune_search(&tune);
    tune_write_trials(&tune);
    tune_write_epochs(&tune);
}

static void write_best(struct cli_output *output)
{
    const struct fa_trial *best;
    if (!fa_search_best(tune.search, &best, 1))
        cli_fail_text(tune.stop ? "stopped before any trial was done" : "no trial came to an end");
    tune_write_best(&tune, best);
    if (given.output)
        (given.retrain ? tune_retrain : tune_write_model)(&tune, best, output);
}

int main(int argc, char **argv)
{
    int n;
    tune.base = train_options_defaults();
    tune.threads = (long)fa_par_cores();
    char **path = cli_parse(argc, argv, "[EMBEDDINGS...]", "Searches for the hyperparameters of a head.", options,
                            sizeof options / sizeof *options, &n);
    if (given.retrain && !given.output)
        cli_usage("--retrain wants an --output");
    if (given.output && tune.source.folds && !given.retrain)
        cli_usage("--output of a search by --folds wants --retrain");
    read_space();
    make_plan();
    struct cli_output output = {0};
    if (given.output && !given.dry)
        output = cli_output_open(given.output, true);
    struct fa_dataset *data = train_read(&tune.source, (const char *const *)path, (size_t)n);
    train_recipe_map(&tune.base.recipe, data);
    tune.data = data;
    tune.objective = tune_parse_objective(given.objective, given.direction, data);
    if (fa_space_find(tune.space, "monitor") == SIZE_MAX)
        tune.base.monitor = tune.objective.monitor;
    tune_make_sets(&tune);
    make_search();
    if (given.dry) {
        tune_print_plan(&tune);
        return 0;
    }
    search();
    tune_summarize(&tune);
    if (fa_search_gave_up(tune.search))
        cli_fail_text("%ld trials failed in a row", given.failures);
    write_best(&output);
    tune_free(&tune);
    fa_dataset_free(data);
    return 0;
}
