/* Threads: a pool for loops over independent indices, and an ordered pipeline for filters. */
#ifndef FA_PAR_H
#define FA_PAR_H

#include <stddef.h>

#include "fa/err.h"

/* Processors this process may use: the smaller of its affinity mask and its cgroup's CPU quota, at least 1. */
unsigned fa_par_cores(void);

struct fa_pool;

/* A pool of threads workers, the caller's own thread being one of them. */
struct fa_pool *fa_pool_new(unsigned threads, struct fa_err *err);
/* A pool without threads of its own: its loops are done by who calls fa_pool_for(), and by those who lend it their threads. */
struct fa_pool *fa_pool_open(unsigned threads, struct fa_err *err);
void fa_pool_free(struct fa_pool *pool);
unsigned fa_pool_threads(const struct fa_pool *pool); /* 1 for NULL */
unsigned fa_pool_present(struct fa_pool *pool);       /* how many of them there are now */

/* Lends the calling thread to the loops of a pool from fa_pool_open() until fa_pool_dismiss(). Helpers beyond the pool's
 * number are sent back at once. */
void fa_pool_help(struct fa_pool *pool);
void fa_pool_dismiss(struct fa_pool *pool);

/* Calls fn(arg, i, worker) once for every i in 0..n-1 and returns when all are done; worker is in 0..threads-1. Which
 * worker takes which index is not fixed, so fn must not let its result depend on it. A NULL pool runs in the caller, as worker 0;
 * so does one that is at another caller's loop. fn must not use the same pool. n is below 2^32. */
void fa_pool_for(struct fa_pool *pool, size_t n, void (*fn)(void *arg, size_t i, unsigned worker), void *arg);

/* An ordered pipeline: read() items one after another, work() on them in parallel, write() them in the order read. */
struct fa_pipeline {
    unsigned workers;
    void *arg;
    /* Sets *item and returns 1, or returns 0 at the end, -1 on error. Never called by two threads at once. */
    int (*read)(void *arg, void **item, struct fa_err *err);
    /* worker is in 0..workers-1; one worker number is never in use twice at the same time. */
    int (*work)(void *arg, unsigned worker, void *item, struct fa_err *err);
    /* Consumes (frees) the item. Never called by two threads at once. */
    int (*write)(void *arg, void *item, struct fa_err *err);
    /* Frees an item that will not be written, after an error. */
    void (*drop)(void *arg, void *item);
    /* NULL, or from fa_pool_open() for so many workers: those that find nothing more to take help with the loops that work() of
     * the others does by it. It is dismissed at the end. */
    struct fa_pool *pool;
};

/* Runs until read() ends or something fails. What was read before the failing item is written first, so that output up
 * to an error does not depend on the number of workers; the first error in item order is the one reported. */
int fa_pipeline_run(const struct fa_pipeline *pipeline, struct fa_err *err);

#endif
