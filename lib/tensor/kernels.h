/* The vector kernels of include/fa/tensor.h, one set for each instruction set that kernels.inc is compiled for. */
#ifndef FA_TENSOR_KERNELS_H
#define FA_TENSOR_KERNELS_H

#include "fa/tensor.h"

struct fa_kernels {
    const char *isa;
    void (*epilogue)(const struct fa_epilogue *, size_t, size_t, float *, size_t, const float *, size_t);
    void (*window_max)(const struct fa_window *, size_t, const float *, float *);
    void (*window_sum)(const struct fa_window *, size_t, const float *, float *);
    void (*depthwise)(const struct fa_window *, size_t, const float *, const float *, float *);
    void (*narrow)(const struct fa_window *, size_t, size_t, const float *, const float *, float *);
    void (*binary)(enum fa_binary, size_t, const float *, ptrdiff_t, const float *, ptrdiff_t, float *);
    void (*clip)(size_t, float, float, const float *, float *);
    void (*pack)(size_t, const float *const *, size_t, float *);
    void (*winograd)(enum fa_winograd, size_t, const float *const *, float *const *);
    void (*mask)(size_t, size_t, size_t, float *, const float *, const uint8_t *, float);
    void (*relu_backward)(size_t, size_t, size_t, float *, const float *, float *);
    void (*adam)(float *, float *, float *, const float *, size_t, const struct fa_adam *);
};

extern const struct fa_kernels fa_kernels_baseline, fa_kernels_avx2, fa_kernels_avx512;

#endif
