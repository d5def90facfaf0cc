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

#endif
