/* Between the files of fa-tune. */
#ifndef FA_TOOLS_TUNE_H
#define FA_TOOLS_TUNE_H

#include <pthread.h>

#include "fa/tune.h"
#include "train.h"
#include "train_options.h"

/* ---- objective ---- */

enum tune_metric { TUNE_LOSS, TUNE_ACCURACY, TUNE_BALANCED };
enum { TUNE_TERMS = 64 };

struct tune_objective {
    struct tune_term {
        double weight;
        size_t head; /* nheads: the sum over all */
        enum tune_metric metric;
    } term[TUNE_TERMS];
    size_t n;
    bool maximize;
    const char *monitor; /* what fa-train calls it, for early stopping; NULL: it has no name there */
};

/* Reads `[W*][HEAD:]METRIC + ...`; direction is max, min or NULL, for that of the metrics. Ends the process on wrong usage. */
struct tune_objective tune_parse_objective(const char *text, const char *direction, const struct fa_dataset *data);

double tune_score(const struct tune_objective *objective, const struct fa_score *score, size_t nheads);

/* ---- what came of a trial ---- */

struct tune_result {
    double score, best_epoch; /* means over the runs */
    size_t epochs;            /* that the run that went furthest has had */
    double seconds;           /* of training, in this round */
    size_t parameters;
    double *metric;           /* nheads x 4 at each run's best epoch, means over the runs: loss, accuracy, balanced, binary */
    const char *history;      /* the round's epochs as rows of epochs.csv without the trial, parted by ; */
    const char *failure;      /* NULL: it did not fail */
    bool paused;              /* it was told to stop */
};

/* ---- the search ---- */

struct tune {
    struct train_options base; /* what the space has no say in */
    struct train_source source;
    const char *folder;
    long threads, repeats, keep;
    double max_seconds;
    bool rewind;                    /* trials that go on do so with the weights of their best epoch */
    bool last;                      /* the score is the last epoch's, not the best one's */
    size_t max_epochs, most_parameters;
    uint64_t seed;
    const struct fa_dataset *data;  /* as read */
    struct fa_dataset *set;         /* what is trained on: one, or one a fold that holds out the fold */
    size_t nsets;
    struct tune_objective objective;
    struct fa_space *space;
    struct fa_plan *plan;
    struct fa_search *search;
    struct fa_journal *journal;
    volatile sig_atomic_t stop;
    struct fa_arena arena;          /* results */
    pthread_mutex_t lock;           /* of search, journal, arena and what follows */
    pthread_cond_t changed;
    bool *state;                    /* of a configuration, by its first trial: its training's state is on the disk */
    size_t nstate, trained;         /* trained: epochs in this process */
    struct fa_err err;              /* what ended the search, if failed */
    bool failed;
};

size_t tune_runs(const struct tune *t); /* networks a trial */

/* ---- what is trained on, and freeing it all: tune_data.c ---- */

/* Fills t->set; ends the process where that fails, or where nothing would be held out. */
void tune_make_sets(struct tune *t);

/* All but the data as read. */
void tune_free(struct tune *t);

/* ---- configurations: tune_space.c ---- */

/* Takes options given on the command line into lines for the space that they replace. */
void tune_options_to_space(const struct train_options *given, struct cli_list *set);

/* Ends the process if a parameter of the space is of no use, or has values that fa-train does not take. Returns the largest
 * batch there may be. */
size_t tune_check_space(struct tune *t);

/* The options of a configuration. Texts are the arena's; free o->recipe.head_weight.text. */
int tune_configure(const struct tune *t, const char *const *value, struct train_options *o, struct fa_fit_options *fit,
                   struct fa_arena *arena, struct fa_err *err);

/* Whether its parameters are few enough; for fa_search_options. */
bool tune_accepts(void *arg, const char *const *value);

/* Weights, biases, and of batch normalisation four numbers a unit. */
size_t tune_parameters(const struct fa_arch *arch, const struct fa_dataset *data);

/* ---- trials: tune_trial.c ---- */

/* Trainers of a trial, taken up from where its state on the disk has them, at most trial->to. Free with tune_free_runs(). */
struct fa_trainer **tune_make_runs(struct tune *t, const struct fa_trial *trial, struct fa_arena *arena, struct fa_err *err);
void tune_free_runs(const struct tune *t, struct fa_trainer **trainer);

/* Trains up to trial->to. Returns 0, 1 if paused, -1. */
int tune_train(struct tune *t, struct fa_trainer **trainer, const struct fa_trial *trial, struct fa_err *err);

/* All of it; whatever went wrong stands in the result, which is the arena's. NULL: out of memory. */
struct tune_result *tune_run(struct tune *t, const struct fa_trial *trial, struct fa_arena *arena, struct fa_err *err);

/* ---- the state of trials on the disk: tune_state.c ---- */

/* Takes trainers to where the state of their configuration is: 1, or 0 if there is none that fits. */
int tune_read_state(const struct tune *t, struct fa_trainer **trainer, const struct fa_trial *trial);
int tune_write_state(const struct tune *t, struct fa_trainer **trainer, const struct fa_trial *trial, struct fa_err *err);
void tune_remove_state(const struct tune *t, size_t origin);

/* Removes the states that nobody will ask for. */
void tune_clear_states(struct tune *t);

/* Looks for those that an earlier run left, once the journal is read; ends the process where that fails. */
void tune_find_states(struct tune *t);

/* ---- journal: tune_journal.c ---- */

/* Opens it and takes the search to where it has it; ends the process where that fails. */
void tune_open_journal(struct tune *t, const char *objective);
int tune_journal_begin(struct tune *t, const struct fa_trial *trial, struct fa_err *err);
int tune_journal_end(struct tune *t, const struct fa_trial *trial, const struct tune_result *result, struct fa_err *err);

/* ---- running: tune_loop.c ---- */

/* Runs trials, t->threads at once, until nothing is left to do. */
void tune_search(struct tune *t);

/* ---- what comes out: tune_write.c, tune_report.c ---- */

void tune_write_trials(const struct tune *t);
void tune_write_epochs(const struct tune *t);
void tune_write_best(const struct tune *t, const struct fa_trial *trial);
void tune_write_model(struct tune *t, const struct fa_trial *trial, struct cli_output *output);

/* The same, trained anew on all faces for as many epochs as the trial's best one. */
void tune_retrain(struct tune *t, const struct fa_trial *trial, struct cli_output *output);

/* The file of that name in the folder. */
struct cli_output tune_open(const struct tune *t, const char *name);

/* Brackets, rounds and totals on standard output, and how long it will take. */
void tune_print_plan(struct tune *t);

/* The best trials and how the search ended, on standard error. */
void tune_summarize(const struct tune *t);

/* "a = 1, b = relu" of the parameters that are not fixed. */
const char *tune_describe(const struct tune *t, const struct fa_trial *trial, struct fa_arena *arena);

#endif
