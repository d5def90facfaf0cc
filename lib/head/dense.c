#include <math.h>
#include <string.h>

#include "fa/tensor.h"
#include "layers.h"

/* Columns of a product that one thread takes at once. Fixed, whatever the number of threads: where a kernel's edge lies
 * must not depend on it. */
enum { TILE = 128 };

struct product {
    enum fa_transpose ta, tb;
    size_t m, n, k, lda, ldb, ldc;
    const float *a, *b;
    float *c;
};

static void take_tile(void *arg, size_t tile, unsigned worker)
{
    const struct product *p = arg;
    size_t from = tile * TILE, n = p->n - from < TILE ? p->n - from : TILE;
    const float *b = p->b + (p->tb == FA_TRANSPOSED ? from * p->ldb : from);
    (void)worker;
    fa_tensor_gemm(p->ta, p->tb, p->m, n, p->k, 1, p->a, p->lda, b, p->ldb, 0, p->c + from, p->ldc);
}

static void multiply(struct fa_pool *pool, struct product *product)
{
    fa_pool_for(pool, (product->n + TILE - 1) / TILE, take_tile, product);
}

void layer_dense_forward(struct fa_pool *pool, float *y, const float *x, const float *w, size_t rows, size_t in, size_t out)
{
    struct product p = {FA_AS_IS, FA_AS_IS, rows, out, in, in, out, out, x, w, y};
    multiply(pool, &p);
}

void layer_dense_backward(struct fa_pool *pool, float *dx, float *dw, const float *dy, const float *x, const float *w,
                          size_t rows, size_t in, size_t out)
{
    struct product kernel = {FA_TRANSPOSED, FA_AS_IS, in, out, rows, in, out, out, x, dy, dw};
    struct product input = {FA_AS_IS, FA_TRANSPOSED, rows, in, out, out, out, in, dy, w, dx};
    multiply(pool, &kernel);
    if (dx)
        multiply(pool, &input);
}

#define SLOPE 0.2f /* keras.activations.leaky_relu's negative_slope */

/* The normal distribution: z Phi(z), and its derivative Phi(z) + z phi(z). */
static float gelu(float z)
{
    return z * 0.5f * (1 + erff(z * 0.70710678f));
}

static float gelu_slope(float z)
{
    return 0.5f * (1 + erff(z * 0.70710678f)) + z * 0.39894228f * expf(-0.5f * z * z);
}

static void activate(float *y, size_t n, enum fa_activation activation)
{
    switch (activation) {
    case FA_LINEAR:
        break;
    case FA_RELU:
        for (size_t i = 0; i < n; i++)
            y[i] = y[i] > 0 ? y[i] : 0;
        break;
    case FA_SIGMOID:
        for (size_t i = 0; i < n; i++)
            y[i] = 1 / (1 + expf(-y[i]));
        break;
    case FA_TANH:
        for (size_t i = 0; i < n; i++)
            y[i] = tanhf(y[i]);
        break;
    case FA_GELU:
        for (size_t i = 0; i < n; i++)
            y[i] = gelu(y[i]);
        break;
    case FA_LEAKY_RELU:
        for (size_t i = 0; i < n; i++)
            y[i] = y[i] > 0 ? y[i] : SLOPE * y[i];
        break;
    }
}

void layer_activation_forward(float *y, float *z, const float *b, size_t rows, size_t out, enum fa_activation activation)
{
    for (size_t row = 0; row < rows; row++, y += out) {
        for (size_t i = 0; i < out; i++)
            y[i] += b[i];
        if (z && activation == FA_GELU)
            memcpy(z + row * out, y, out * sizeof *y);
        activate(y, out, activation);
    }
}

static void deactivate(float *restrict dy, const float *restrict y, const float *restrict z, size_t n,
                       enum fa_activation activation)
{
    switch (activation) {
    case FA_LINEAR:
        break;
    case FA_RELU:
        for (size_t i = 0; i < n; i++)
            dy[i] = y[i] > 0 ? dy[i] : 0;
        break;
    case FA_SIGMOID:
        for (size_t i = 0; i < n; i++)
            dy[i] *= y[i] * (1 - y[i]);
        break;
    case FA_TANH:
        for (size_t i = 0; i < n; i++)
            dy[i] *= 1 - y[i] * y[i];
        break;
    case FA_GELU:
        for (size_t i = 0; i < n; i++)
            dy[i] *= gelu_slope(z[i]);
        break;
    case FA_LEAKY_RELU:
        for (size_t i = 0; i < n; i++)
            dy[i] = y[i] > 0 ? dy[i] : SLOPE * dy[i];
        break;
    }
}

void layer_activation_backward(float *dy, float *db, const float *y, const float *z, size_t rows, size_t out,
                               enum fa_activation activation)
{
    memset(db, 0, out * sizeof *db);
    for (size_t row = 0; row < rows; row++, y += out, dy += out) {
        deactivate(dy, y, z ? z + row * out : NULL, out, activation);
        for (size_t i = 0; i < out; i++)
            db[i] += dy[i];
    }
}
