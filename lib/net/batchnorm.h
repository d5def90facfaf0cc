/* For folding: BatchNormalization as scale and shift. parameter: scale, bias, mean, variance, n values each. */
#ifndef FA_NET_BATCHNORM_H
#define FA_NET_BATCHNORM_H

#include "graph.h"

void net_batchnorm_affine(const struct net_node *node, const float *const parameter[4], size_t n, float *scale, float *shift);

#endif
