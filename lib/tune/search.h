/* A search, as the files of this room see it. */
#ifndef FA_TUNE_SEARCH_H
#define FA_TUNE_SEARCH_H

#include "fa/tune.h"

struct fa_search {
    const struct fa_space *space;
    const struct fa_plan *plan;
    struct fa_search_options options;
    struct fa_trial *trial;
    size_t n, capacity;
    size_t limit;                 /* trials that may be begun */
    struct fa_trial *failed;      /* copies, an attempt each */
    size_t nfailed, failed_capacity;
    size_t in_a_row;              /* failed */
    size_t nfirst;                /* trials of round 0 that FA_SCHEDULE_ASHA has begun */
    bool exhausted;
    uint64_t *seen;               /* digests of the configurations drawn, by open addressing; 0: free */
    size_t nseen, seen_capacity;
    const struct fa_trial **rank; /* room for as many trials as there are */
    size_t rank_capacity;
    struct fa_arena arena;        /* of the values */
};

/* Sets trial->value to a configuration that was not drawn before: 1; 0 if there is none left; -1. */
int search_draw(struct fa_search *search, struct fa_trial *trial, struct fa_err *err);

/* Remembers a configuration: 1, or 0 if it was there already, or -1. */
int search_see(struct fa_search *search, const char *const *value, struct fa_err *err);

/* Puts the *n trials that are done in this round of this bracket into search->rank, best first. */
int search_rank(struct fa_search *search, size_t bracket, size_t round, size_t *n, struct fa_err *err);

/* Whether a's score is better, or else its number smaller. */
bool search_better(const struct fa_search *search, const struct fa_trial *a, const struct fa_trial *b);

/* A configuration in the manner of those that did well, from the trials with numbers below `below`; NULL with *few set if they
 * are too few to tell, NULL without: out of memory. */
const char *const *search_suggest(struct fa_search *search, size_t below, struct fa_rng *rng, bool *few, struct fa_err *err);

#endif
