#include "op.h"

#include <stdlib.h>

int net_weights_new(struct net_weights *weights, size_t k, size_t n, struct fa_err *err)
{
    *weights = (struct net_weights){.k = k, .n = n, .fixed = true};
    weights->scale = fa_mem_array(n, sizeof(float), err);
    weights->bias = fa_mem_aligned(n, sizeof(float), err);
    if (!weights->scale || !weights->bias) {
        net_weights_free(weights);
        return -1;
    }
    for (size_t c = 0; c < n; c++)
        weights->scale[c] = 1;
    return 0;
}

int net_weights_affine(struct net_weights *weights, const float *scale, const float *shift, size_t n)
{
    if (!weights->fixed || (n != 1 && n != weights->n))
        return 0;
    for (size_t c = 0; c < weights->n; c++) {
        weights->scale[c] *= scale[n == 1 ? 0 : c];
        weights->bias[c] = weights->bias[c] * scale[n == 1 ? 0 : c] + shift[n == 1 ? 0 : c];
    }
    return 1;
}

void net_weights_free(struct net_weights *weights)
{
    free(weights->scale);
    free(weights->bias);
    free(weights->laid);
    *weights = (struct net_weights){0};
}
