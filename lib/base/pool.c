#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "fa/mem.h"
#include "fa/par.h"

struct fa_pool {
    unsigned threads, started; /* started = helper threads running; the caller is worker 0 */
    pthread_t *thread;
    pthread_mutex_t lock;
    pthread_cond_t begin, finish;
    unsigned round, busy;
    int stop;
    void (*fn)(void *arg, size_t i, unsigned worker);
    void *arg;
    size_t n;
    atomic_size_t next;
};

struct helper {
    struct fa_pool *pool;
    unsigned worker;
};

static void take_indices(struct fa_pool *pool, unsigned worker)
{
    size_t i;
    while ((i = atomic_fetch_add(&pool->next, 1)) < pool->n)
        pool->fn(pool->arg, i, worker);
}

static void *help(void *arg)
{
    struct helper self = *(struct helper *)arg;
    struct fa_pool *pool = self.pool;
    unsigned seen = 0;
    free(arg);
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (pool->round == seen && !pool->stop)
            pthread_cond_wait(&pool->begin, &pool->lock);
        if (pool->stop)
            break;
        seen = pool->round;
        pthread_mutex_unlock(&pool->lock);
        take_indices(pool, self.worker);
        pthread_mutex_lock(&pool->lock);
        if (--pool->busy == 0)
            pthread_cond_signal(&pool->finish);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static int start_helper(struct fa_pool *pool, struct fa_err *err)
{
    struct helper *helper = fa_mem_array(1, sizeof *helper, err);
    if (!helper)
        return -1;
    *helper = (struct helper){pool, pool->started + 1};
    if (pthread_create(&pool->thread[pool->started], NULL, help, helper)) {
        free(helper);
        return fa_err_set(err, "cannot start thread %u", pool->started + 1);
    }
    pool->started++;
    return 0;
}

struct fa_pool *fa_pool_new(unsigned threads, struct fa_err *err)
{
    struct fa_pool *pool = fa_mem_array(1, sizeof *pool, err);
    if (!pool)
        return NULL;
    pool->threads = threads ? threads : 1;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->begin, NULL);
    pthread_cond_init(&pool->finish, NULL);
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
    pthread_mutex_lock(&pool->lock);
    pool->stop = 1;
    pthread_cond_broadcast(&pool->begin);
    pthread_mutex_unlock(&pool->lock);
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

void fa_pool_for(struct fa_pool *pool, size_t n, void (*fn)(void *arg, size_t i, unsigned worker), void *arg)
{
    if (!pool || pool->threads == 1 || n < 2) {
        for (size_t i = 0; i < n; i++)
            fn(arg, i, 0);
        return;
    }
    pthread_mutex_lock(&pool->lock);
    pool->fn = fn;
    pool->arg = arg;
    pool->n = n;
    atomic_store(&pool->next, 0);
    pool->busy = pool->started;
    pool->round++;
    pthread_cond_broadcast(&pool->begin);
    pthread_mutex_unlock(&pool->lock);
    take_indices(pool, 0);
    pthread_mutex_lock(&pool->lock);
    while (pool->busy)
        pthread_cond_wait(&pool->finish, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}
