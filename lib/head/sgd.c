#include "layers.h"

void layer_sgd_step(float *restrict w, float *restrict m, const float *restrict g, size_t n, const struct layer_sgd *sgd)
{
    float rate = sgd->rate, momentum = sgd->momentum, decay = sgd->decay, scale = sgd->scale;
    for (size_t i = 0; i < n; i++) {
        m[i] = momentum * m[i] + (scale * g[i] + decay * w[i]);
        w[i] -= rate * m[i];
    }
}
