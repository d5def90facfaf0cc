/* The one place that asks what the processor can do. */
#include "kernels.h"

static const struct fa_kernels *kernels(void)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw"))
        return &fa_kernels_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &fa_kernels_avx2;
#endif
    return &fa_kernels_baseline;
}

void fa_tensor_epilogue(const struct fa_epilogue *epilogue, size_t rows, size_t n, float *y, size_t ldy, const float *residual,
                        size_t ldr)
{
    kernels()->epilogue(epilogue, rows, n, y, ldy, residual, ldr);
}

void fa_tensor_window_max(const struct fa_window *window, size_t n, const float *x, float *y)
{
    kernels()->window_max(window, n, x, y);
}

void fa_tensor_window_sum(const struct fa_window *window, size_t n, const float *x, float *y)
{
    kernels()->window_sum(window, n, x, y);
}

void fa_tensor_depthwise(const struct fa_window *window, size_t n, const float *x, const float *taps, float *y)
{
    kernels()->depthwise(window, n, x, taps, y);
}

void fa_tensor_narrow(const struct fa_window *window, size_t n, size_t out, const float *x, const float *taps, float *y)
{
    kernels()->narrow(window, n, out, x, taps, y);
}

void fa_tensor_binary(enum fa_binary op, size_t n, const float *a, ptrdiff_t sa, const float *b, ptrdiff_t sb, float *y)
{
    kernels()->binary(op, n, a, sa, b, sb, y);
}

void fa_tensor_clip(size_t n, float low, float high, const float *x, float *y)
{
    kernels()->clip(n, low, high, x, y);
}

void fa_tensor_pack_rows(const struct fa_panels *panels, const float *const *row, size_t n, float *to)
{
    kernels()->pack(panels->rows, row, n, to);
}

void fa_tensor_winograd(enum fa_winograd which, size_t n, const float *const *x, float *const *y)
{
    kernels()->winograd(which, n, x, y);
}

void fa_tensor_mask(size_t rows, size_t n, size_t stride, float *y, const float *x, const uint8_t *keep, float scale)
{
    kernels()->mask(rows, n, stride, y, x, keep, scale);
}

void fa_tensor_relu_backward(size_t rows, size_t n, size_t stride, float *dy, const float *y, float *db)
{
    kernels()->relu_backward(rows, n, stride, dy, y, db);
}

void fa_tensor_adam(float *w, float *m, float *v, const float *g, size_t n, const struct fa_adam *adam)
{
    kernels()->adam(w, m, v, g, n, adam);
}

const char *fa_tensor_isa(void)
{
    return kernels()->isa;
}
