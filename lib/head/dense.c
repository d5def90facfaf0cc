#include <math.h>
#include <string.h>

#include "fa/tensor.h"
#include "layers.h"

void layer_dense_forward(float *y, const float *x, const float *w, struct layer_dense d, size_t from, size_t n)
{
    fa_tensor_gemm(FA_AS_IS, FA_AS_IS, d.rows, n, d.in, 1, x, d.in, w + from, d.out, 0, y + from, d.out);
}

void layer_dense_backward_input(float *dx, const float *dy, const float *w, struct layer_dense d, size_t from, size_t n)
{
    fa_tensor_gemm(FA_AS_IS, FA_TRANSPOSED, d.rows, n, d.out, 1, dy, d.out, w + from * d.out, d.out, 0, dx + from, d.in);
}

void layer_dense_backward_kernel(float *dw, const float *dy, const float *x, struct layer_dense d, size_t from, size_t n)
{
    fa_tensor_gemm(FA_TRANSPOSED, FA_AS_IS, n, d.out, d.rows, 1, x + from, d.in, dy, d.out, 0, dw + from * d.out, d.out);
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
    case FA_RELU: /* by the epilogue */
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

void layer_activation_forward(float *y, float *z, const float *b, struct layer_part part, enum fa_activation activation)
{
    const struct fa_epilogue epilogue = {.bias = b,
                                         .activation = activation == FA_RELU ? FA_TENSOR_RELU : FA_TENSOR_LINEAR};
    fa_tensor_epilogue(&epilogue, part.rows, part.n, y, part.stride, NULL, 0);
    for (size_t row = 0; row < part.rows && activation > FA_RELU; row++, y += part.stride) {
        if (z && activation == FA_GELU)
            memcpy(z + row * part.stride, y, part.n * sizeof *y);
        activate(y, part.n, activation);
    }
}

static void deactivate(float *restrict dy, const float *restrict y, const float *restrict z, size_t n,
                       enum fa_activation activation)
{
    switch (activation) {
    case FA_LINEAR:
    case FA_RELU: /* by a kernel */
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

void layer_activation_backward(float *dy, float *db, const float *y, const float *z, struct layer_part part,
                               enum fa_activation activation)
{
    if (activation == FA_RELU) {
        fa_tensor_relu_backward(part.rows, part.n, part.stride, dy, y, db);
        return;
    }
    memset(db, 0, part.n * sizeof *db);
    for (size_t row = 0; row < part.rows; row++, y += part.stride, dy += part.stride) {
        deactivate(dy, y, z ? z + row * part.stride : NULL, part.n, activation);
        for (size_t i = 0; i < part.n; i++)
            db[i] += dy[i];
    }
}
