/* Between the files of fa-train. */
#ifndef FA_TRAIN_H
#define FA_TRAIN_H

#include "cli.h"
#include "fa/head.h"

/* All that is trained in one go: the members of a model, and those of each fold, fold by fold. */
struct train_runs {
    const struct fa_dataset *data;
    struct fa_trainer **trainer;
    size_t n, seeds; /* seeds: members of a model, n / seeds: folds */
};

/* Fills in what split_by (LABEL=VALUE) and held (a stream), NULL each if not given, ask for; returns the inputs to read, which
 * are path[*n], or standard input for none, and held behind them. */
const char *const *train_split(const char *split_by, const char *held, struct fa_dataset_options *want,
                               const char *const *path, size_t *n, struct fa_arena *arena);

/* The table on standard error: its head and the baselines, then a line an epoch. */
void train_print_head(const struct train_runs *runs, size_t run);
void train_print_epoch(const struct train_runs *runs, size_t run);

/* Minimum, mean, maximum and standard deviation over the runs, for each head. */
void train_print_spread(const struct train_runs *runs);

/* The line at the end. */
void train_summarize(const struct train_runs *runs);

/* With a checkpoint, a SIGTERM stops training after the step under way: the flag for its options, NULL without. */
const volatile sig_atomic_t *train_watch(const char *checkpoint);

/* Takes the runs to where the checkpoint has them; without one they are as they were. */
void train_resume(const struct train_runs *runs, const char *checkpoint);

void train_save(const struct train_runs *runs, const char *checkpoint);

/* All epochs of all runs as CSV. */
void train_write_history(const struct train_runs *runs, struct cli_output *output);

/* A logit stream in which every face is answered by the model that its fold was left out of. */
void train_write_folds(const struct train_runs *runs, struct cli_output *output);

#endif
