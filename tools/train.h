/* Between the files of fa-train. */
#ifndef FA_TRAIN_H
#define FA_TRAIN_H

#include "cli.h"
#include "fa/head.h"

/* What is read, and what of it is held out or left out. */
struct train_source {
    const char *labels, *validation, *split_by, *group_by;
    long folds;
};

#define TRAIN_DATA(s) \
    {'l', "labels", "LIST", CLI_TEXT, &(s)->labels, "labels to learn (default: those of age, gender, race there are)", 0, 0}, \
    {0, "validation", "FILE", CLI_TEXT, &(s)->validation, "hold out the faces of this stream, and no others", 0, 0}, \
    {0, "split-by", "LABEL=VALUE", CLI_TEXT, &(s)->split_by, "hold out the faces with this label, and no others", 0, 0}, \
    {0, "group-by", "LABEL", CLI_TEXT, &(s)->group_by, "faces with one value of this label stay together", 0, 0}

#define TRAIN_SOURCE(s) \
    TRAIN_DATA(s), \
    {0, "folds", "K", CLI_COUNT, &(s)->folds, "write the logits of K folds left out, not a model; 0: off", 0, 1000}

/* The streams at path[n] (none: standard input); ends the process where it fails. */
struct fa_dataset *train_read(const struct train_source *source, const char *const *path, size_t n);

/* All that is trained in one go: the members of a model, and those of each fold, fold by fold. */
struct train_runs {
    const struct fa_dataset *data;
    struct fa_trainer **trainer;
    size_t n, seeds; /* seeds: members of a model, n / seeds: folds */
};

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
