/* Room base: arena, growth, generator, pool, ordered pipeline. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "fa/mem.h"
#include "fa/par.h"
#include "fa/rng.h"

static void arena_gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct fa_arena arena = {0};
    struct fa_err err;
    for (size_t n = 0; n < 5000; n += 37) {
        unsigned char *p = fa_arena_alloc(&arena, n, &err);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, n);
        if (n % 5 == 0)
            fa_arena_reset(&arena);
    }
    assert_string_equal(fa_arena_printf(&arena, &err, "%s-%d", "x", 7), "x-7");
    assert_null(fa_arena_alloc(&arena, SIZE_MAX, &err));
    assert_non_null(strstr(err.text, "out of memory"));
    fa_arena_free(&arena);
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    struct fa_err err;
    int *items = NULL;
    size_t capacity = 0;
    assert_null(fa_mem_array(SIZE_MAX / 2, 4, &err));
    assert_null(fa_mem_aligned(SIZE_MAX / 2, 4, &err));
    assert_int_equal(fa_mem_grow(&items, &capacity, SIZE_MAX / 2, sizeof *items, &err), -1);
    assert_int_equal(fa_mem_grow(&items, &capacity, 3, sizeof *items, &err), 0);
    assert_true(capacity >= 3);
    free(items);
}

/* Known answer of Philox 4x32-10 from Random123's kat_vectors: counter and key all ones. */
static void philox_matches_its_known_answer(void **state)
{
    (void)state;
    uint32_t out[4];
    const uint32_t want[4] = {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd};
    fa_rng_block(UINT64_MAX, UINT64_MAX, UINT64_MAX, out);
    assert_memory_equal(out, want, sizeof want);
}

static void below_is_uniform_and_streams_differ(void **state)
{
    (void)state;
    struct fa_rng rng = fa_rng_make(0, 1), other = fa_rng_make(0, 2);
    unsigned count[7] = {0}, same = 0;
    for (int i = 0; i < 70000; i++)
        count[fa_rng_below(&rng, 7)]++;
    for (int i = 0; i < 7; i++)
        assert_in_range(count[i], 9600, 10400);
    rng = fa_rng_make(0, 1);
    for (int i = 0; i < 1000; i++)
        same += fa_rng_u32(&rng) == fa_rng_u32(&other);
    assert_in_range(same, 0, 1);
}

static void count_index(void *arg, size_t i, unsigned worker)
{
    assert_in_range(worker, 0, 7);
    ((unsigned char *)arg)[i]++;
}

static void pool_visits_each_index_once(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_pool *pool = fa_pool_new(4, &err);
    assert_non_null(pool);
    for (size_t n = 0; n < 300; n++) {
        unsigned char seen[300] = {0};
        fa_pool_for(pool, n, count_index, seen);
        for (size_t i = 0; i < 300; i++)
            assert_int_equal(seen[i], i < n);
    }
    fa_pool_free(pool);
}

struct lent {
    struct fa_pool *pool;
    unsigned char seen[300];
};

static void *lend(void *arg)
{
    struct lent *lent = arg;
    fa_pool_help(lent->pool);
    return NULL;
}

/* Two threads do loops of one pool at once, and two more help. */
static void *run_lent_loops(void *arg)
{
    struct lent *lent = arg;
    for (size_t n = 0; n < 300; n++) {
        memset(lent->seen, 0, sizeof lent->seen);
        fa_pool_for(lent->pool, n, count_index, lent->seen);
        for (size_t i = 0; i < 300; i++)
            assert_int_equal(lent->seen[i], i < n);
    }
    return NULL;
}

static void threads_are_lent_to_a_pool(void **state)
{
    (void)state;
    struct fa_err err;
    struct lent lent[2] = {{.pool = fa_pool_open(4, &err)}};
    pthread_t helper[4], other;
    assert_non_null(lent[0].pool);
    assert_int_equal(fa_pool_present(lent[0].pool), 1);
    lent[1].pool = lent[0].pool;
    run_lent_loops(&lent[0]);
    for (size_t i = 0; i < 4; i++) /* one too many, who is sent back */
        assert_int_equal(pthread_create(&helper[i], NULL, lend, &lent[0]), 0);
    assert_int_equal(pthread_create(&other, NULL, run_lent_loops, &lent[1]), 0);
    run_lent_loops(&lent[0]);
    pthread_join(other, NULL);
    fa_pool_dismiss(lent[0].pool);
    for (size_t i = 0; i < 4; i++)
        pthread_join(helper[i], NULL);
    assert_int_equal(fa_pool_present(lent[0].pool), 4);
    run_lent_loops(&lent[0]);
    fa_pool_free(lent[0].pool);
}

struct job {
    struct fa_pool *pool;
    int next, end, read_fails, work_fails, write_fails, written, alive;
};

static int job_read(void *arg, void **item, struct fa_err *err)
{
    struct job *job = arg;
    if (job->next == job->read_fails)
        return fa_err_set(err, "read %d", job->next);
    if (job->next == job->end)
        return 0;
    int *number = malloc(sizeof *number);
    assert_non_null(number);
    *number = job->next++;
    __atomic_add_fetch(&job->alive, 1, __ATOMIC_SEQ_CST);
    *item = number;
    return 1;
}

static int job_work(void *arg, unsigned worker, void *item, struct fa_err *err)
{
    struct job *job = arg;
    int number = *(int *)item;
    unsigned char seen[8] = {0};
    (void)worker;
    fa_pool_for(job->pool, sizeof seen, count_index, seen);
    for (size_t i = 0; i < sizeof seen; i++)
        assert_int_equal(seen[i], 1);
    nanosleep(&(struct timespec){.tv_nsec = number % 7 * 20000}, NULL);
    return number >= job->work_fails ? fa_err_set(err, "work %d", number) : 0;
}

static int job_write(void *arg, void *item, struct fa_err *err)
{
    struct job *job = arg;
    int number = *(int *)item;
    free(item);
    __atomic_sub_fetch(&job->alive, 1, __ATOMIC_SEQ_CST);
    if (number == job->write_fails)
        return fa_err_set(err, "write %d", number);
    assert_int_equal(number, job->written++);
    return 0;
}

static void job_drop(void *arg, void *item)
{
    free(item);
    __atomic_sub_fetch(&((struct job *)arg)->alive, 1, __ATOMIC_SEQ_CST);
}

static void pipeline_keeps_order_and_reports_the_first_error(void **state)
{
    (void)state;
    const struct {
        int read, work, write, written;
        const char *message;
    } cases[] = {{-1, 999, -1, 200, ""}, {40, 999, -1, 40, "read 40"}, {-1, 31, -1, 31, "work 31"}, {-1, 999, 5, 5, "write 5"}};
    for (unsigned workers = 1; workers <= 8; workers++)
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            struct job job = {.end = 200, .read_fails = cases[i].read, .work_fails = cases[i].work, .write_fails = cases[i].write};
            struct fa_err err = {""};
            struct fa_pool *pool = workers % 2 ? fa_pool_open(workers, &err) : NULL;
            struct fa_pipeline pipeline = {workers, &job, job_read, job_work, job_write, job_drop, pool};
            job.pool = pool;
            assert_int_equal(fa_pipeline_run(&pipeline, &err), cases[i].message[0] ? -1 : 0);
            fa_pool_free(pool);
            assert_string_equal(err.text, cases[i].message);
            assert_int_equal(job.written, cases[i].written);
            assert_int_equal(job.alive, 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_gives_zeroed_aligned_memory),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(philox_matches_its_known_answer),
        cmocka_unit_test(below_is_uniform_and_streams_differ),
        cmocka_unit_test(pool_visits_each_index_once),
        cmocka_unit_test(threads_are_lent_to_a_pool),
        cmocka_unit_test(pipeline_keeps_order_and_reports_the_first_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
