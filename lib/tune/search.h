/* A search, as the files of this room see it. */
#ifndef FA_TUNE_SEARCH_H
#define FA_TUNE_SEARCH_H

#include "fa/tune.h"

/* A configuration that the plan's own trial of a bracket drew, or one that was drawn to take the place of another. */
struct search_seen {
    uint64_t digest; /* 0: a free slot */
    size_t bracket;
};

struct fa_search {
    const struct fa_space *space;
    const struct fa_plan *plan;
    struct fa_search_options options;
    struct fa_trial *trial;
    size_t n, capacity;
    size_t limit;                 /* trials that may be begun */
    struct fa_trial *failed;      /* copies, an attempt each */
    size_t nfailed, failed_capacity;
    bool gave_up;                 /* too many failed in a row */
    size_t nfirst;                /* trials of round 0 that FA_SCHEDULE_ASHA has begun */
    bool exhausted;
    struct search_seen *seen;     /* the configurations drawn, by open addressing */
    size_t nseen, seen_capacity;
    const struct fa_trial **rank; /* room for as many trials as there are */
    size_t rank_capacity;
    struct fa_arena arena;        /* of the values */
};

/* Sets trial->value to a configuration that was not drawn before: 1; 0 if there is none left; -1. */
int search_draw(struct fa_search *search, struct fa_trial *trial, struct fa_err *err);

/* Remembers the configuration of a trial of round 0. */
int search_see(struct fa_search *search, const struct fa_trial *trial, const char *const *value, struct fa_err *err);

/* The order of things, so that nothing depends on which trial ends first. The trials of a round come in waves: those of the
 * plan, then, when all of them are over, those that take the place of the ones that failed, and so on. */

/* Whether a trial must wait: some of the round before may still end; or it belongs to a later wave than one of its own round
 * that is not over; or one of its wave comes first. */
bool search_must_wait(const struct fa_search *search, const struct fa_trial *trial);

/* Whether FA_SAMPLER_TPE may look at t for a trial of round 0. */
bool search_sees(const struct fa_search *search, const struct fa_trial *t, const struct fa_trial *trial);

/* Whether all of those are over. */
bool search_knows(const struct fa_search *search, const struct fa_trial *trial);

/* Whether so many trials of a round that follow on each other failed as end the search. */
bool search_fails(const struct fa_search *search, size_t bracket, size_t round);

bool search_is_over(const struct fa_trial *trial);

/* Puts the *n trials that are done in this round of this bracket into search->rank, best first. */
int search_rank(struct fa_search *search, size_t bracket, size_t round, size_t *n, struct fa_err *err);

/* Whether a's score is better, or else its number smaller. */
bool search_better(const struct fa_search *search, const struct fa_trial *a, const struct fa_trial *b);

/* A configuration for trial in the manner of those that did well; NULL with *few set if they are too few to tell, NULL
 * without: out of memory. */
const char *const *search_suggest(struct fa_search *search, const struct fa_trial *trial, struct fa_rng *rng, bool *few,
                                  struct fa_err *err);

#endif
