/* The embedding engine alone, without processes, streams or crops' decoding, for embed.py:
 *
 *     engine NET SIDE BATCH THREADS INPUT OUTPUT [share]
 *
 * NET takes pictures of N x 3 x SIDE x SIDE floats, of which INPUT holds some; what comes out for them goes to OUTPUT. Then for
 * each line of standard input, which is a number of seconds, it prints how many pictures a second all threads together did in
 * that time, each running batches of its own, or, with `share`, one of them batches with whose layers the others help; `peak`
 * instead of a number asks for GFLOP a second of fused multiply-adds alone; at the end of input, the most memory it had, in
 * MiB. */
#define _XOPEN_SOURCE 700 /* putenv() */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "fa/mem.h"
#include "fa/net.h"
#include "fa/tensor.h"

enum { MOST_THREADS = 64, ACCUMULATORS = 12, LANES = 16 };
static const double peak_seconds = 0.5;

struct worker {
    struct fa_exec *exec;
    const float *picture;
    size_t pictures, side, batch;
    double seconds; /* to run for; 0: multiply and add only */
    double rate;    /* pictures, or GFLOP, a second */
    double kept;
};

static _Noreturn void fail(const char *text)
{
    fprintf(stderr, "engine: %s\n", text);
    exit(1);
}

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

static void embed(struct worker *worker, size_t first, struct fa_tensor *output)
{
    struct fa_err err;
    size_t floats = 3 * worker->side * worker->side;
    struct fa_tensor input = {worker->picture + first * floats, 4, {worker->batch, 3, worker->side, worker->side}};
    if (fa_exec_run(worker->exec, &input, output, &err))
        fail(err.text);
}

/* Chains enough to hide the latency of an addition. */
static double multiply_add(double *kept)
{
    typedef float vec __attribute__((vector_size(LANES * sizeof(float))));
    vec sum[ACCUMULATORS] = {{0}}, factor = {0};
    size_t rounds = 0;
    double begin = now(), spent;
    do {
        for (size_t i = 0; i < 100000; i++)
#pragma GCC unroll 12
            for (size_t k = 0; k < ACCUMULATORS; k++)
                sum[k] = sum[k] * factor + sum[k];
        factor += 1e-9f; /* else all rounds could be taken for one */
        rounds += 100000;
    } while ((spent = now() - begin) < peak_seconds);
    for (size_t k = 0; k < ACCUMULATORS; k++)
        *kept += (double)sum[k][0];
    return 2e-9 * ACCUMULATORS * LANES * (double)rounds / spent;
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    struct fa_tensor output;
    size_t done = 0;
    double begin = now(), spent;
    if (worker->seconds == 0) {
        worker->rate = multiply_add(&worker->kept);
        return NULL;
    }
    do {
        embed(worker, done % (worker->pictures / worker->batch * worker->batch), &output);
        done += worker->batch;
    } while ((spent = now() - begin) < worker->seconds);
    worker->rate = (double)done / spent;
    return NULL;
}

static double run_all(struct worker *worker, size_t n, double seconds)
{
    pthread_t thread[MOST_THREADS];
    double rate = 0;
    for (size_t i = 0; i < n; i++) {
        worker[i].seconds = seconds;
        if (pthread_create(&thread[i], NULL, work, &worker[i]))
            fail("no thread");
    }
    for (size_t i = 0; i < n; i++) {
        pthread_join(thread[i], NULL);
        rate += worker[i].rate;
    }
    return rate;
}

static float *read_pictures(const char *path, size_t floats, size_t *n)
{
    struct fa_err err;
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END))
        fail("cannot read the pictures");
    *n = (size_t)ftell(file) / (floats * sizeof(float));
    rewind(file);
    float *picture = fa_mem_aligned(*n * floats, sizeof *picture, &err);
    if (!picture || fread(picture, floats * sizeof *picture, *n, file) != *n)
        fail("cannot read the pictures");
    fclose(file);
    return picture;
}

static void write_outputs(struct worker *worker, const char *path)
{
    FILE *file = fopen(path, "wb");
    struct fa_tensor output;
    for (size_t i = 0; i + worker->batch <= worker->pictures; i += worker->batch) {
        embed(worker, i, &output);
        size_t n = 1;
        for (size_t k = 0; k < output.rank; k++)
            n *= output.dim[k];
        if (!file || fwrite(output.data, sizeof(float), n, file) != n)
            fail("cannot write the outputs");
    }
    if (!file || fclose(file))
        fail("cannot write the outputs");
}

int main(int argc, char **argv)
{
    struct fa_err err;
    struct worker worker[MOST_THREADS] = {{0}};
    char line[64];
    struct fa_pool *pool = NULL;
    if (argc < 7)
        fail("usage: engine NET SIDE BATCH THREADS INPUT OUTPUT");
    size_t side = strtoul(argv[2], NULL, 10), batch = strtoul(argv[3], NULL, 10), threads = strtoul(argv[4], NULL, 10), pictures;
    if (fa_tensor_setting()) /* before the first product */
        putenv((char *)(size_t)fa_tensor_setting());
    struct fa_net *net = fa_net_open(argv[1], NULL, 0, 0, &err);
    if (!net || fa_net_noutputs(net) != 1 || threads < 1 || threads > MOST_THREADS)
        fail(net ? "want a network of one output, and 1 to 64 threads" : err.text);
    float *picture = read_pictures(argv[5], 3 * side * side, &pictures);
    if (argc > 7) {
        pool = fa_pool_new((unsigned)threads, &err);
        threads = pool ? 1 : 0;
    }
    for (size_t i = 0; i < threads; i++) {
        worker[i] = (struct worker){.exec = fa_exec_new(net, &err), .picture = picture, .pictures = pictures, .side = side, .batch = batch};
        if (!worker[i].exec || pictures < batch)
            fail("no memory, or too few pictures");
        fa_exec_share(worker[i].exec, pool);
    }
    write_outputs(&worker[0], argv[6]);
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        printf("%.3f\n", run_all(worker, threads, line[0] == 'p' ? 0 : strtod(line, NULL)));
        fflush(stdout);
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%ld\n", usage.ru_maxrss >> 10);
    for (size_t i = 0; i < threads; i++)
        fa_exec_free(worker[i].exec);
    fa_pool_free(pool);
    fa_net_close(net);
    free(picture);
    return 0;
}
