#include <pthread.h>
#include <stdlib.h>

#include "fa/mem.h"
#include "fa/par.h"

/* Items wait in a ring from read() to write(), so that a worker with a short item goes on to the next one while a long
 * one is still worked on; the ring's size bounds the memory. */
struct slot {
    void *item;
    int done, failed;
    struct fa_err err;
};

struct ring {
    const struct fa_pipeline *pipeline;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct slot *slot;
    size_t size, read, written; /* items read and written so far; slot i % size holds item i */
    int reading, writing;       /* a thread is inside read() or write() */
    int ended, failed;
    struct fa_err err, end_err;
    int end_failed; /* read() failed: reported once all read before it is written */
};

struct worker {
    struct ring *ring;
    unsigned number;
    pthread_t thread;
};

/* With the lock held: writes what is finished at the head of the ring. Returns 1 if it wrote. */
static int write_head(struct ring *ring)
{
    struct slot *head = &ring->slot[ring->written % ring->size];
    if (ring->writing || ring->failed || ring->written == ring->read || !head->done)
        return 0;
    if (head->failed) {
        ring->failed = 1;
        ring->err = head->err;
        pthread_cond_broadcast(&ring->changed);
        return 1;
    }
    ring->writing = 1;
    pthread_mutex_unlock(&ring->lock);
    struct fa_err err = {""};
    int failed = ring->pipeline->write(ring->pipeline->arg, head->item, &err);
    pthread_mutex_lock(&ring->lock);
    *head = (struct slot){0};
    ring->writing = 0;
    ring->written++;
    if (failed) {
        ring->failed = 1;
        ring->err = err;
    }
    pthread_cond_broadcast(&ring->changed);
    return 1;
}

/* With the lock held: reads and works on one item. Returns 1 if it did anything. */
static int take_item(struct ring *ring, unsigned number)
{
    const struct fa_pipeline *pipeline = ring->pipeline;
    if (ring->reading || ring->ended || ring->failed || ring->read - ring->written == ring->size)
        return 0;
    void *item = NULL;
    struct fa_err err = {""};
    ring->reading = 1;
    pthread_mutex_unlock(&ring->lock);
    int got = pipeline->read(pipeline->arg, &item, &err);
    pthread_mutex_lock(&ring->lock);
    ring->reading = 0;
    pthread_cond_broadcast(&ring->changed);
    if (got <= 0) {
        ring->ended = 1;
        ring->end_failed = got < 0;
        ring->end_err = err;
        return 1;
    }
    struct slot *slot = &ring->slot[ring->read++ % ring->size];
    *slot = (struct slot){.item = item};
    pthread_mutex_unlock(&ring->lock);
    int failed = pipeline->work(pipeline->arg, number, item, &err);
    pthread_mutex_lock(&ring->lock);
    slot->failed = failed != 0;
    slot->err = err;
    slot->done = 1;
    pthread_cond_broadcast(&ring->changed);
    return 1;
}

static int is_over(const struct ring *ring)
{
    return ring->failed || (ring->ended && ring->written == ring->read);
}

/* With the end reached, those who still work on items write them and what waits behind: who has none is not needed. */
static void *run_worker(void *arg)
{
    struct worker *worker = arg;
    struct ring *ring = worker->ring;
    pthread_mutex_lock(&ring->lock);
    while (!is_over(ring))
        if (!write_head(ring) && !take_item(ring, worker->number)) {
            if (ring->ended)
                break;
            pthread_cond_wait(&ring->changed, &ring->lock);
        }
    int over = is_over(ring);
    pthread_mutex_unlock(&ring->lock);
    if (ring->pipeline->pool)
        (over ? fa_pool_dismiss : fa_pool_help)(ring->pipeline->pool);
    return NULL;
}

static void run_workers(struct ring *ring, struct worker *worker, unsigned n)
{
    unsigned started = 1;
    for (unsigned i = 0; i < n; i++)
        worker[i] = (struct worker){.ring = ring, .number = i};
    while (started < n && !pthread_create(&worker[started].thread, NULL, run_worker, &worker[started]))
        started++; /* fewer threads than asked for is slower, not wrong */
    run_worker(&worker[0]);
    for (unsigned i = 1; i < started; i++)
        pthread_join(worker[i].thread, NULL);
}

int fa_pipeline_run(const struct fa_pipeline *pipeline, struct fa_err *err)
{
    unsigned n = pipeline->workers ? pipeline->workers : 1;
    struct ring ring = {.pipeline = pipeline, .size = 4 * (size_t)n};
    struct worker *worker = fa_mem_array(n, sizeof *worker, err);
    ring.slot = worker ? fa_mem_array(ring.size, sizeof *ring.slot, err) : NULL;
    int failed = !ring.slot;
    if (!failed) {
        pthread_mutex_init(&ring.lock, NULL);
        pthread_cond_init(&ring.changed, NULL);
        run_workers(&ring, worker, n);
        pthread_mutex_destroy(&ring.lock);
        pthread_cond_destroy(&ring.changed);
        for (; ring.written < ring.read; ring.written++)
            if (ring.slot[ring.written % ring.size].item)
                pipeline->drop(pipeline->arg, ring.slot[ring.written % ring.size].item);
        failed = ring.failed || ring.end_failed;
        if (failed && err)
            *err = ring.failed ? ring.err : ring.end_err;
    }
    free(ring.slot);
    free(worker);
    return failed ? -1 : 0;
}
