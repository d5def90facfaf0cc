/* The search for hyperparameters: the space they are drawn from, schedules of how long each trial is trained, what to do
 * next, and the journal by which a search outlives its process. All of it deals in texts and scores: what a trial is, and
 * how it is trained, is the caller's. */
#ifndef FA_TUNE_H
#define FA_TUNE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fa/err.h"
#include "fa/mem.h"
#include "fa/rng.h"

/* ---- space ---- */

enum fa_param_kind { FA_PARAM_INT, FA_PARAM_FLOAT, FA_PARAM_CHOICE, FA_PARAM_FIXED };
enum fa_scale { FA_SCALE_LINEAR, FA_SCALE_LOG, FA_SCALE_REVERSE_LOG };
enum fa_relation { FA_EQUAL, FA_UNEQUAL, FA_LESS, FA_LESS_EQUAL, FA_GREATER, FA_GREATER_EQUAL };

struct fa_param {
    const char *name;
    enum fa_param_kind kind;
    double min, max, step;     /* FA_PARAM_INT and FA_PARAM_FLOAT; step 0: none. On a log scale the step is a factor */
    enum fa_scale scale;
    const char *const *choice; /* FA_PARAM_CHOICE; the one value of FA_PARAM_FIXED */
    size_t n;                  /* of choice; of the steps of a number that has them; 0: a number without */
    size_t other;              /* the condition `if OTHER OP VALUE`, OTHER standing before; SIZE_MAX: none */
    enum fa_relation relation;
    const char *operand;
};

struct fa_space {
    struct fa_param *param;
    size_t n;
    const char *text; /* one canonical line for each, by which two spaces are compared */
    struct fa_arena arena;
};

/* Reads `name = WHAT` lines, where WHAT is
 *     int MIN..MAX [step N] [log | reverse_log]
 *     float MIN..MAX [step X] [log | reverse_log]
 *     choice VALUE...        bool (a choice of false and true)        fixed VALUE (to the end of the line)
 * with ` if OTHER OP VALUE` at the end where OTHER, which stands before, must hold: OP is ==, !=, <, <=, >, >=, and the
 * value of OTHER a number for the last four. `#` at the beginning of a line or after a blank comments. Each of the nset
 * lines of set takes the place of the line with its name, or comes after all others.
 * Errors name the line (NAME and number, or the line of set) and the cause. */
struct fa_space *fa_space_parse(const char *name, const char *text, const char *const *set, size_t nset, struct fa_err *err);

/* The same from a file. */
struct fa_space *fa_space_read(const char *path, const char *const *set, size_t nset, struct fa_err *err);
void fa_space_free(struct fa_space *space);

/* The parameter of that name, or SIZE_MAX. */
size_t fa_space_find(const struct fa_space *space, const char *name);

/* Value number i (< param->n) of a parameter with finitely many, or, of a number without step, that at u in [0, 1]: the text
 * that the trial is given. NULL: out of memory. */
const char *fa_param_value(const struct fa_param *param, size_t i, double u, struct fa_arena *arena, struct fa_err *err);

/* Where value is between the first and the last on the parameter's scale, 0..1; values that are steps stand in the middle
 * of their share. Of a choice, its number. */
double fa_param_place(const struct fa_param *param, const char *value);

/* Whether parameter i has a part in a configuration whose values before i are set: its condition holds. */
bool fa_space_active(const struct fa_space *space, size_t i, const char *const *value);

/* A configuration: a text for each parameter, NULL for those that have no part in it. All drawn uniformly on their scales. */
const char *const *fa_space_draw(const struct fa_space *space, struct fa_rng *rng, struct fa_arena *arena, struct fa_err *err);

/* The number of points of the grid, every value of each parameter with every one of the others, conditions not looked at; 0
 * if a number has no step, SIZE_MAX if there are too many to count. */
size_t fa_space_points(const struct fa_space *space);

/* Point i of the grid, the last parameter varying fastest. Points that differ in inactive parameters only are equal. */
const char *const *fa_space_point(const struct fa_space *space, size_t i, struct fa_arena *arena, struct fa_err *err);

/* text with each {name} replaced by its value. A part in [ ] falls out, brackets and all, if one of its parameters has no
 * part in the configuration, else only the brackets do. Brackets do not nest.
 * Errors: an unclosed or stray brace or bracket; no such parameter; outside of brackets, one without a value. */
const char *fa_space_fill(const struct fa_space *space, const char *const *value, const char *text, struct fa_arena *arena,
                          struct fa_err *err);

/* ---- schedule ---- */

enum fa_schedule_kind { FA_SCHEDULE_KERAS, FA_SCHEDULE_PAPER, FA_SCHEDULE_ASHA, FA_SCHEDULE_RANDOM, FA_SCHEDULE_GRID };

struct fa_schedule_options {
    enum fa_schedule_kind kind;
    size_t max_epochs, min_epochs, factor, iterations;
    size_t trials; /* configurations of FA_SCHEDULE_ASHA, _RANDOM and _GRID; 0: as many as the first rounds of Keras's schedule
                    * have; of _RANDOM, as have the same epochs in all. Of _GRID it must be given */
};

struct fa_round {
    size_t trials;   /* at most: a round of FA_SCHEDULE_ASHA promotes what has proved itself by then */
    size_t from, to; /* epochs */
};

struct fa_bracket {
    size_t iteration, number; /* from 0; brackets count down to 0 */
    const struct fa_round *round;
    size_t nrounds;
};

struct fa_plan {
    enum fa_schedule_kind kind;
    size_t factor;
    const struct fa_bracket *bracket; /* in the order they are begun */
    size_t nbrackets;
    size_t trials, epochs; /* of all rounds together */
    struct fa_arena arena;
};

/* With R = max_epochs, e = factor, m = min_epochs:
 * FA_SCHEDULE_KERAS, Hyperband as KerasTuner has it: S = number of terms R, R/e, R/e^2 ... >= m by repeated division in
 *   double; brackets s = S-1 ... 0, rounds i = 0 ... s of ceil(ceil(1 + log R / log e) / (s+1) * e^(s-i)) trials up to epoch
 *   ceil(R / e^(s-i)).
 * FA_SCHEDULE_PAPER, Li et al., "Hyperband", JMLR 18 (2018), algorithm 1: n = ceil(S e^s / (s+1)), rounds of
 *   floor(n / e^i) trials up to epoch floor(R / e^(s-i)).
 * FA_SCHEDULE_ASHA, Li et al., "A system for massively parallel hyperparameter tuning", MLSys 2020, algorithm 2: one bracket
 *   with the epochs of Keras's most aggressive one, floor(n / e^i) trials.
 * FA_SCHEDULE_RANDOM and FA_SCHEDULE_GRID: one round up to epoch R.
 * Errors: factor < 2; R < m; m, iterations < 1; more than a million trials in a round. */
struct fa_plan *fa_plan_make(const struct fa_schedule_options *options, struct fa_err *err);
void fa_plan_free(struct fa_plan *plan);

/* ---- search: which trial to train next, and what came of it ---- */

enum fa_sampler { FA_SAMPLER_RANDOM, FA_SAMPLER_TPE };

struct fa_search_options {
    enum fa_sampler sampler;
    uint64_t seed;
    bool maximize;            /* larger scores are better */
    size_t retries;           /* further attempts for a trial that failed, before another takes its place */
    size_t failures;          /* trials of a round that follow on each other and failed before the search stops; 0: any number */
    size_t most_trials;       /* of the plan's, in their order, that are begun; 0: all */
    size_t most_epochs;       /* the same, counted in the epochs that they may take */
    bool (*accept)(void *arg, const char *const *value); /* whether a configuration may be tried; NULL: any */
    void *arg;
};

enum fa_trial_status { FA_TRIAL_WAITING, FA_TRIAL_RUNNING, FA_TRIAL_DONE, FA_TRIAL_FAILED, FA_TRIAL_EMPTY };

/* A configuration in one round. Where it fails for good its place is taken by another with the same number. */
struct fa_trial {
    size_t number;            /* place in the schedule, from 0 */
    size_t bracket, round;    /* of the plan */
    size_t parent, origin;    /* the trial it goes on from (SIZE_MAX: none), and the one of round 0 it descends from */
    size_t fill, attempt;     /* configurations that failed in this place before; attempts of this one that failed */
    size_t from, to;          /* epochs */
    const char *const *value; /* one a parameter, as fa_space_draw() has them; NULL until it is begun */
    enum fa_trial_status status;
    bool resumed;             /* was under way when the search was taken up again */
    double score;             /* of FA_TRIAL_DONE */
    void *result;             /* the caller's, as told */
};

struct fa_search;

/* Borrows space and plan. */
struct fa_search *fa_search_new(const struct fa_space *space, const struct fa_plan *plan, const struct fa_search_options *options,
                                struct fa_err *err);
void fa_search_free(struct fa_search *search);
const struct fa_search_options *fa_search_options(const struct fa_search *search);

enum fa_ask { FA_ASK_ERROR = -1, FA_ASK_OVER, FA_ASK_TRIAL, FA_ASK_WAIT };

/* What to train next: *number of a trial, now FA_TRIAL_RUNNING; or that one must wait for those that run; or that there is
 * nothing more to do. But for FA_SCHEDULE_ASHA, each trial's configuration follows from seed, number and the scores of
 * certain trials before it, never from the order in which trials end:
 * - those of round 0 are drawn in order, none twice. Where nothing new is left, the trial is FA_TRIAL_EMPTY.
 * - what takes the place of those that failed comes when all others of the round are over, and so on; of these places, those
 *   of other brackets may draw the same configuration.
 * - the k-th of a later round goes on from the k-th best of the round before, of equals the one with the smaller number: once
 *   all those are done, so that Keras's rule (as soon as more are done and not selected than will be thrown out) holds.
 * - FA_SAMPLER_TPE (Bergstra et al., "Algorithms for hyper-parameter optimization", NIPS 2011; in the manner of BOHB, by the
 *   scores at the most epochs that enough trials have had) looks at trials at least FA_TUNE_LAG numbers before its own. */
enum { FA_TUNE_LAG = 8, FA_TUNE_STARTUP = 10 };
enum fa_ask fa_search_ask(struct fa_search *search, size_t *number, struct fa_err *err);

/* What came of a running trial: its score, or, not finite, that it failed. It is retried then, and after that another takes
 * its place: of round 0 one newly drawn; of a later round the best one left over, once all others of the round are through.
 * result goes to the trial, or to the copy that fa_search_failed() has. */
int fa_search_tell(struct fa_search *search, size_t number, double score, void *result, struct fa_err *err);

/* Takes a trial of an earlier run as begun; fa_search_tell() may follow. For FA_SCHEDULE_ASHA in the order they were begun.
 * Errors: no such place in the plan; values of parameters that do not exist. */
int fa_search_restore(struct fa_search *search, size_t number, size_t parent, size_t fill, size_t attempt, size_t bracket, size_t round,
                      const char *const *value, struct fa_err *err);

/* All there are; those not begun are FA_TRIAL_WAITING. The pointers last until the next fa_search_ask(). */
size_t fa_search_trials(const struct fa_search *search);
const struct fa_trial *fa_search_trial(const struct fa_search *search, size_t number);
size_t fa_search_failed(const struct fa_search *search, const struct fa_trial **failed); /* in the order they failed */

/* The k best configurations, best first, each as the last of its trials that is done; returns how many there are. */
size_t fa_search_best(const struct fa_search *search, const struct fa_trial **best, size_t k);

/* Whether a trial that is done may yet be gone on with. */
bool fa_search_may_go_on(const struct fa_search *search, size_t number);

/* The search stopped for too many failures in a row; configurations ran out. */
bool fa_search_gave_up(const struct fa_search *search);
bool fa_search_exhausted(const struct fa_search *search);

/* A seed below 2^32 for training: of a search, a configuration (origin, fill and attempt of round 0) and one of its runs. */
uint64_t fa_search_seed(const struct fa_search *search, const struct fa_trial *trial, size_t run);

/* ---- journal: a text file of records, appended to and never changed ---- */

/* A line of it: 16 hex digits, XXH3-64 of all that follows; a blank; the kind; for each field a tab, its key, = and its value,
 * in which control characters and % are written %XX. */
struct fa_entry {
    const char *kind;
    const char *const *field; /* 2n: key, value, key, value ... */
    size_t n;
};

const char *fa_entry_get(const struct fa_entry *entry, const char *key); /* NULL: no such field */

struct fa_journal;

/* Opens, or makes, the journal at path and locks it against other processes. A record that was cut off at the end, as a
 * kill may leave one, is taken off.
 * Errors name path: unreadable; in use; a line that is damaged. */
struct fa_journal *fa_journal_open(const char *path, struct fa_err *err);
void fa_journal_close(struct fa_journal *journal);
size_t fa_journal_size(const struct fa_journal *journal); /* records it had when it was opened */
const struct fa_entry *fa_journal_entry(const struct fa_journal *journal, size_t i);

/* Writes a record, which then outlives the process. */
int fa_journal_append(struct fa_journal *journal, const struct fa_entry *entry, struct fa_err *err);

/* Waits until all that was written is on the disk, and outlives the machine; others may write meanwhile. */
int fa_journal_sync(const struct fa_journal *journal, struct fa_err *err);

/* The first record, kind "search", says what is searched: n pairs. A new journal gets it; one that has it must have the same.
 * Error: the first difference, with both sides. */
int fa_journal_identify(struct fa_journal *journal, const char *const *field, size_t n, struct fa_err *err);

#endif
