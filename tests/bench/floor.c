/* What a training step of the original's net costs at least: its products, by BLIS, and one pass of Adam over its weights,
 * nothing else. The threads share the columns of the products and the weights evenly and never wait for each other.
 *
 *     floor INPUT OUTPUT BATCH THREADS
 *
 * prints steps a second; what a step's products come to, in GFLOP; how many GFLOP a second the threads reach together where
 * BLIS is at its best, each on large square products of its own; and how many GB a second Adam moves where each has a net of
 * its own and does nothing else. INPUT and OUTPUT are the lengths of an embedding and of all heads together. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "fa/mem.h"
#include "fa/tensor.h"

enum { LAYERS = 5, WIDEST = 4096, MOST_THREADS = 64, SIDE = 2048 };
static const double seconds = 1;

struct share {
    size_t width[LAYERS + 1], batch, begin, end, of; /* columns begin..end-1 of `of` */
    float *weight[4];                                /* weights, gradients, both moments: this thread's own */
    float *x, *y;                                    /* (batch, WIDEST) each */
    float *square;                                   /* three of (SIDE, SIDE) */
    double rate, peak, bandwidth;                    /* steps, GFLOP and GB a second */
};

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + 1e-9 * (double)at.tv_nsec;
}

static size_t part(const struct share *share, size_t n)
{
    return n * share->end / share->of - n * share->begin / share->of;
}

/* Shapes: forward (batch, in) (in, out), gradient of the kernel (in, batch) (batch, out), that of the input (batch, out)
 * (out, in), which the first layer does not need. */
static void multiply(const struct share *share)
{
    for (size_t l = 0, at = 0; l < LAYERS; l++) {
        size_t in = share->width[l], out = share->width[l + 1], b = share->batch;
        float *kernel = share->weight[0] + at, *gradient = share->weight[1] + at;
        size_t few_out = part(share, out), few_in = part(share, in);
        fa_tensor_gemm(FA_AS_IS, FA_AS_IS, b, few_out, in, 1, share->x, in, kernel, out, 0, share->y, out);
        fa_tensor_gemm(FA_TRANSPOSED, FA_AS_IS, in, few_out, b, 1, share->x, in, share->y, out, 0, gradient, out);
        if (l)
            fa_tensor_gemm(FA_AS_IS, FA_TRANSPOSED, b, few_in, out, 1, share->y, out, kernel, out, 0, share->x, in);
        at += in * out;
    }
}

static void adam(float *restrict w, float *restrict g, float *restrict m, float *restrict v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        m[i] += 0.1f * (g[i] - m[i]);
        v[i] += 0.001f * (g[i] * g[i] - v[i]);
        w[i] -= 1e-3f * (m[i] / (sqrtf(v[i]) + 1e-8f));
    }
}

static size_t count_weights(const struct share *share)
{
    size_t weights = 0;
    for (size_t l = 0; l < LAYERS; l++)
        weights += share->width[l] * share->width[l + 1];
    return weights;
}

static double measure_peak(float *square)
{
    size_t n = SIDE, products = 0;
    double begin = now(), spent;
    do {
        fa_tensor_gemm(FA_AS_IS, FA_AS_IS, n, n, n, 1, square, n, square + n * n, n, 0, square + 2 * n * n, n);
        products++;
    } while ((spent = now() - begin) < seconds);
    return 2e-9 * (double)(n * n * n) * (double)products / spent;
}

/* Of each weight four numbers are read, and all but the gradient written. */
static double measure_adam(const struct share *share, size_t weights)
{
    size_t passes = 0;
    double begin = now(), spent;
    do {
        adam(share->weight[0], share->weight[1], share->weight[2], share->weight[3], weights);
        passes++;
    } while ((spent = now() - begin) < seconds);
    return 1e-9 * 7 * sizeof(float) * (double)weights * (double)passes / spent;
}

static void *run(void *arg)
{
    struct share *share = arg;
    size_t weights = count_weights(share), steps = 0;
    fa_tensor_flush_subnormals();
    double begin = now(), spent;
    do {
        multiply(share);
        adam(share->weight[0], share->weight[1], share->weight[2], share->weight[3], part(share, weights));
        steps++;
    } while ((spent = now() - begin) < seconds);
    share->rate = (double)steps / spent;
    share->peak = measure_peak(share->square);
    share->bandwidth = measure_adam(share, weights);
    return NULL;
}

static int set_up(struct share *share, struct fa_err *err)
{
    size_t weights = count_weights(share);
    for (int i = 0; i < 4; i++)
        if (!(share->weight[i] = fa_mem_aligned(weights, sizeof(float), err)))
            return -1;
    share->x = fa_mem_aligned(share->batch * WIDEST, sizeof(float), err);
    share->y = share->x ? fa_mem_aligned(share->batch * WIDEST, sizeof(float), err) : NULL;
    share->square = share->y ? fa_mem_aligned(3 * SIDE * SIDE, sizeof(float), err) : NULL;
    for (size_t i = 0; share->square && i < 2 * SIDE * SIDE; i++)
        share->square[i] = 1e-3f * (float)(i % 1000);
    for (size_t i = 0; share->square && i < share->batch * WIDEST; i++)
        share->x[i] = 1e-3f * (float)(i % 1000);
    for (size_t i = 0; i < weights; i++)
        share->weight[0][i] = 1e-4f * (float)(i % 999) - 0.05f;
    return share->square ? 0 : -1;
}

int main(int argc, char **argv)
{
    size_t number[4] = {0};
    struct share share[MOST_THREADS];
    pthread_t thread[MOST_THREADS];
    struct fa_err err;
    double slowest = INFINITY, peak = 0, bandwidth = 0;
    for (int i = 0; i < 4 && i + 1 < argc; i++)
        number[i] = strtoul(argv[i + 1], NULL, 10);
    size_t in = number[0], out = number[1], batch = number[2], threads = number[3];
    if (argc != 5 || !in || in > WIDEST || !out || out > WIDEST || !batch || !threads || threads > MOST_THREADS) {
        fprintf(stderr, "usage: floor INPUT OUTPUT BATCH THREADS\n");
        return 2;
    }
    for (size_t i = 0; i < threads; i++) {
        share[i] = (struct share){.width = {in, 464, 480, 32, 64, out}, .batch = batch, .begin = i, .end = i + 1, .of = threads};
        if (set_up(&share[i], &err)) {
            fprintf(stderr, "floor: %s\n", err.text);
            return 1;
        }
    }
    for (size_t i = 0; i < threads; i++)
        if (pthread_create(&thread[i], NULL, run, &share[i]))
            return 1;
    for (size_t i = 0; i < threads; i++) {
        pthread_join(thread[i], NULL);
        slowest = fmin(slowest, share[i].rate);
        peak += share[i].peak;
        bandwidth += share[i].bandwidth;
        for (int k = 0; k < 4; k++)
            free(share[i].weight[k]);
        free(share[i].x);
        free(share[i].y);
        free(share[i].square);
    }
    double gflop = 2e-9 * (double)batch * (double)(3 * count_weights(share) - share->width[0] * share->width[1]);
    printf("%.1f %.6f %.1f %.1f\n", slowest, gflop, peak, bandwidth);
    return 0;
}
