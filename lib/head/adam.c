#include <math.h>

#include "layers.h"

/* Kingma and Ba's own beta1 = 0.9, beta2 = 0.999. */
#define NEW1 0.1f   /* 1 - beta1; 1 - 0.9f would be off by 2e-7, 1 - 0.999f by 5e-5 of itself */
#define NEW2 0.001f /* 1 - beta2 */

void layer_adam_step(float *restrict w, float *restrict m, float *restrict v, const float *restrict g, size_t n,
                     const struct layer_adam *adam)
{
    float rate = adam->rate, epsilon = adam->epsilon, shrink = adam->shrink, decay = adam->decay,
          scale = adam->scale;
    for (size_t i = 0; i < n; i++) {
        float gradient = scale * g[i] + decay * w[i];
        m[i] += NEW1 * (gradient - m[i]);
        v[i] += NEW2 * (gradient * gradient - v[i]);
        w[i] = shrink * w[i] - rate * (m[i] / (sqrtf(v[i]) + epsilon));
    }
}

void layer_sgd_step(float *restrict w, float *restrict m, const float *restrict g, size_t n, const struct layer_sgd *sgd)
{
    float rate = sgd->rate, momentum = sgd->momentum, decay = sgd->decay, scale = sgd->scale;
    for (size_t i = 0; i < n; i++) {
        m[i] = momentum * m[i] + (scale * g[i] + decay * w[i]);
        w[i] -= rate * m[i];
    }
}
