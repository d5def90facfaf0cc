#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "fa/mem.h"
#include "fa/par.h"

/* Loops of a few microseconds follow each other closely: a thread looks for news this often, some 40 microseconds, before
 * it sleeps. */
enum { LOOKS = 1000 };

struct fa_pool {
    unsigned threads, started; /* started = helper threads of its own; the caller is worker 0 */
    pthread_t *thread;
    pthread_mutex_t lock; /* held to fall asleep and to wake */
    pthread_cond_t begin, finish;
    atomic_uint sleeping; /* helpers */
    atomic_bool waiting;  /* the caller sleeps */
    atomic_bool stop;
    atomic_uint helpers; /* there to help, whosever threads they are */
    atomic_flag busy;    /* a loop is done */
    /* Loops so far, and in the lower half the indices of the present one that nobody has taken. Who takes one keeps the loop
     * from ending, and fn, arg and n as they are, until it is done; who comes late finds nothing, and nobody waits for it. */
    _Atomic uint64_t open;
    atomic_size_t left; /* indices not yet done */
    void (*fn)(void *arg, size_t i, unsigned worker);
    void *arg;
    size_t n;
};

struct helper {
    struct fa_pool *pool;
    unsigned worker;
};

static uint32_t untaken(struct fa_pool *pool)
{
    return (uint32_t)atomic_load(&pool->open);
}

static void finish_index(struct fa_pool *pool)
{
    if (atomic_fetch_sub(&pool->left, 1) > 1 || !atomic_load(&pool->waiting))
        return;
    pthread_mutex_lock(&pool->lock);
    pthread_cond_signal(&pool->finish);
    pthread_mutex_unlock(&pool->lock);
}

static void take_indices(struct fa_pool *pool, unsigned worker)
{
    uint64_t open = atomic_load(&pool->open);
    while ((uint32_t)open) {
        if (!atomic_compare_exchange_weak(&pool->open, &open, open - 1))
            continue;
        pool->fn(pool->arg, pool->n - (uint32_t)open, worker);
        finish_index(pool);
        open = atomic_load(&pool->open);
    }
}

static void pause_briefly(void)
{
#ifdef __x86_64__
    __builtin_ia32_pause();
#endif
}

static void await_work(struct fa_pool *pool)
{
    for (int i = 0; i < LOOKS && !untaken(pool) && !atomic_load(&pool->stop); i++)
        pause_briefly();
    if (untaken(pool))
        return;
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->sleeping, 1);
    while (!untaken(pool) && !atomic_load(&pool->stop))
        pthread_cond_wait(&pool->begin, &pool->lock);
    atomic_fetch_sub(&pool->sleeping, 1);
    pthread_mutex_unlock(&pool->lock);
}

static void await_rest(struct fa_pool *pool)
{
    for (int i = 0; i < LOOKS && atomic_load(&pool->left); i++)
        pause_briefly();
    if (!atomic_load(&pool->left))
        return;
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->waiting, true);
    while (atomic_load(&pool->left))
        pthread_cond_wait(&pool->finish, &pool->lock);
    atomic_store(&pool->waiting, false);
    pthread_mutex_unlock(&pool->lock);
}

static void help(struct fa_pool *pool, unsigned worker)
{
    while (!atomic_load(&pool->stop)) {
        take_indices(pool, worker);
        await_work(pool);
    }
}

static void *run_helper(void *arg)
{
    struct helper self = *(struct helper *)arg;
    free(arg);
    help(self.pool, self.worker);
    return NULL;
}

void fa_pool_help(struct fa_pool *pool)
{
    unsigned worker = atomic_fetch_add(&pool->helpers, 1) + 1;
    if (worker < pool->threads)
        help(pool, worker);
}

void fa_pool_dismiss(struct fa_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->stop, true);
    pthread_cond_broadcast(&pool->begin);
    pthread_mutex_unlock(&pool->lock);
}

static int start_helper(struct fa_pool *pool, struct fa_err *err)
{
    struct helper *helper = fa_mem_array(1, sizeof *helper, err);
    if (!helper)
        return -1;
    *helper = (struct helper){pool, pool->started + 1};
    if (pthread_create(&pool->thread[pool->started], NULL, run_helper, helper)) {
        free(helper);
        return fa_err_set(err, "cannot start thread %u", pool->started + 1);
    }
    pool->started++;
    atomic_fetch_add(&pool->helpers, 1);
    return 0;
}

struct fa_pool *fa_pool_open(unsigned threads, struct fa_err *err)
{
    struct fa_pool *pool = fa_mem_array(1, sizeof *pool, err);
    if (!pool)
        return NULL;
    pool->threads = threads ? threads : 1;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->begin, NULL);
    pthread_cond_init(&pool->finish, NULL);
    atomic_flag_clear(&pool->busy);
    return pool;
}

struct fa_pool *fa_pool_new(unsigned threads, struct fa_err *err)
{
    struct fa_pool *pool = fa_pool_open(threads, err);
    if (!pool)
        return NULL;
    pool->thread = fa_mem_array(pool->threads, sizeof *pool->thread, err);
    int failed = !pool->thread;
    while (!failed && pool->started + 1 < pool->threads)
        failed = start_helper(pool, err) != 0;
    if (failed) {
        fa_pool_free(pool);
        return NULL;
    }
    return pool;
}

void fa_pool_free(struct fa_pool *pool)
{
    if (!pool)
        return;
    fa_pool_dismiss(pool);
    for (unsigned i = 0; i < pool->started; i++)
        pthread_join(pool->thread[i], NULL);
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->begin);
    pthread_cond_destroy(&pool->finish);
    free(pool->thread);
    free(pool);
}

unsigned fa_pool_threads(const struct fa_pool *pool)
{
    return pool ? pool->threads : 1;
}

unsigned fa_pool_present(struct fa_pool *pool)
{
    unsigned present = pool ? atomic_load(&pool->helpers) + 1 : 1;
    return present < fa_pool_threads(pool) ? present : fa_pool_threads(pool);
}

void fa_pool_for(struct fa_pool *pool, size_t n, void (*fn)(void *arg, size_t i, unsigned worker), void *arg)
{
    if (n < 2 || fa_pool_present(pool) == 1 || atomic_flag_test_and_set(&pool->busy)) {
        for (size_t i = 0; i < n; i++)
            fn(arg, i, 0);
        return;
    }
    pool->fn = fn;
    pool->arg = arg;
    pool->n = n;
    atomic_store(&pool->left, n);
    atomic_store(&pool->open, ((atomic_load(&pool->open) >> 32) + 1) << 32 | n);
    if (atomic_load(&pool->sleeping)) {
        pthread_mutex_lock(&pool->lock);
        pthread_cond_broadcast(&pool->begin);
        pthread_mutex_unlock(&pool->lock);
    }
    take_indices(pool, 0);
    await_rest(pool);
    atomic_flag_clear(&pool->busy);
}
