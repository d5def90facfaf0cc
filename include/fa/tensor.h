/* Linear algebra on float32 arrays in C order. Every function here is single-threaded and may be called by several
 * threads at once. The only room that knows BLIS. */
#ifndef FA_TENSOR_H
#define FA_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fa_transpose { FA_AS_IS, FA_TRANSPOSED };

/* C = alpha * op(A) * op(B) + beta * C, where op(A) is m x k, op(B) is k x n and C is m x n, all row-major; lda, ldb,
 * ldc are the distances between rows as stored. With beta = 0, C may hold anything (NaN too). */
void fa_tensor_gemm(enum fa_transpose ta, enum fa_transpose tb, size_t m, size_t n, size_t k, float alpha, const float *a,
                    size_t lda, const float *b, size_t ldb, float beta, float *c, size_t ldc);

/* BLIS knows by name which processors are worth its AVX-512 kernels, and takes AVX2 for newer ones and for virtual machines.
 * The variable, NAME=VALUE, that has it take AVX-512 if a program sets it before the first product, or NULL where it does
 * right by itself or has none. They are faster from m = 96 or so on, and slower with less. */
const char *fa_tensor_setting(void);

/* Products of operands that were laid in panels, as BLIS's micro-kernel reads them, once for many products: weights
 * (k, n) in panels of cols columns, input (m, k) in panels of rows rows, each panel all k deep and the last one filled up.
 * Element (i, c) of a panel, at depth i, is at [i * cols + c], or [i * rows + r]; panels follow each other. */
enum { FA_PANEL_ROWS = 64 }; /* at most */
struct fa_panels {
    size_t rows, cols;
    bool tiles;   /* false: BLIS's micro-kernel cannot be had, and its whole product does the work */
    bool by_rows; /* which way the micro-kernel writes */
};
struct fa_panels fa_tensor_panels(bool tiles); /* what the micro-kernel wants; tiles = false: of whole products */

/* w (k, n) with rows ldw apart; to holds ceil(n / cols) * cols * k floats. */
void fa_tensor_pack_columns(const struct fa_panels *panels, size_t k, size_t n, const float *w, size_t ldw, float *to);

/* n floats from each of panels->rows places, transposed into a panel: to[i * rows + r] = row[r][i]. */
void fa_tensor_pack_rows(const struct fa_panels *panels, const float *const *row, size_t n, float *to);

/* y (m, n), rows ldy apart, = input (m, k) weights (k, n). */
void fa_tensor_multiply_panels(const struct fa_panels *panels, size_t m, size_t n, size_t k, const float *input,
                               const float *weights, float *y, size_t ldy);

/* Transforms of Winograd's minimal filtering, F(4, 3) and F(4, 7) of Lavin and Gray (2016): an input of 6 or 10 neighbours
 * (x: places of n floats each) becomes as many factors, these times those of the filter become 4 outputs. n >= 16; x and y
 * do not overlap. The filter's factor j, for a point p of {0, 1, -1, 2, -2} or {0, 1, -1, 2, -2, 1/2, -1/2, 3/2, -3/2}, is
 * sum of w[k] p^k / product of p - q over the other points q; the last factor is the last weight. */
enum fa_winograd { FA_WINOGRAD_INPUT3, FA_WINOGRAD_OUTPUT3, FA_WINOGRAD_INPUT7, FA_WINOGRAD_OUTPUT7 };
void fa_tensor_winograd(enum fa_winograd which, size_t n, const float *const *x, float *const *y);

/* What is done to a product while it is hot. */
enum fa_tensor_activation { FA_TENSOR_LINEAR, FA_TENSOR_RELU, FA_TENSOR_PRELU, FA_TENSOR_CLIP };
struct fa_epilogue {
    const float *bias; /* n values, or NULL for none */
    enum fa_tensor_activation activation;
    const float *slope; /* FA_TENSOR_PRELU: n values; y < 0 is multiplied by its channel's */
    float low, high;    /* FA_TENSOR_CLIP */
};

/* y[i][c] = activation(y[i][c] + bias[c] + residual[i][c]) for rows of n values. ldy, ldr: distances between rows;
 * residual may be NULL. */
void fa_tensor_epilogue(const struct fa_epilogue *epilogue, size_t rows, size_t n, float *y, size_t ldy, const float *residual,
                        size_t ldr);

/* Windows over an image whose pixels are channels floats that lie together: rows x cols taps, distances in floats. */
struct fa_window {
    size_t channels, rows, cols;
    ptrdiff_t row, col; /* between taps */
    ptrdiff_t step;     /* between the windows of neighbouring outputs */
    size_t width;       /* taps in a row of weights; cols of them are used */
};

/* n outputs of channels floats each, y dense, the first window beginning at x. The maximum or the sum of the taps of each
 * channel; the sum of taps times weights, taps[row * width + col][channel]. No taps give -INFINITY or 0. Behind
 * the weights, here and below, FA_TAPS_PAD floats must be readable. */
enum { FA_TAPS_PAD = 16 };
void fa_tensor_window_max(const struct fa_window *window, size_t n, const float *x, float *y);
void fa_tensor_window_sum(const struct fa_window *window, size_t n, const float *x, float *y);
void fa_tensor_depthwise(const struct fa_window *window, size_t n, const float *x, const float *taps, float *y);

/* A convolution to few channels: n outputs of out floats each, y dense, with taps[row * width + col][channel][out]. */
void fa_tensor_narrow(const struct fa_window *window, size_t n, size_t out, const float *x, const float *taps, float *y);

enum fa_binary { FA_ADD, FA_SUB, FA_MUL, FA_DIV, FA_MAX, FA_MIN, FA_NEGATIVE_SLOPE };

/* y[i] = a[i * sa] op b[i * sb] for n elements; FA_NEGATIVE_SLOPE: a < 0 ? a * b : a. y may be a or b. */
void fa_tensor_binary(enum fa_binary op, size_t n, const float *a, ptrdiff_t sa, const float *b, ptrdiff_t sb, float *y);

/* y = x < low ? low : x > high ? high : x. */
void fa_tensor_clip(size_t n, float low, float high, const float *x, float *y);

/* rows of n elements, stride apart in each array: y = x keep scale. y may be x. */
void fa_tensor_mask(size_t rows, size_t n, size_t stride, float *y, const float *x, const uint8_t *keep, float scale);

/* The same: dy becomes 0 where y is not above 0; db (n) = sum of dy over the rows. */
void fa_tensor_relu_backward(size_t rows, size_t n, size_t stride, float *dy, const float *y, float *db);

/* One step of Adam (Kingma and Ba 2015, algorithm 1, with their beta1 = 0.9 and beta2 = 0.999) on n weights w with moments m
 * and v and gradients g, or AdamW (Loshchilov and Hutter 2019) by shrink. */
struct fa_adam {
    float rate, epsilon; /* both times sqrt(1 - beta2^t), rate also / (1 - beta1^t): the bias corrections */
    float shrink;        /* the weight is multiplied by it first: 1 - learning rate * decay */
    float decay;         /* this much of the weight is added to the gradient */
    float scale;         /* the gradient is multiplied by it before that */
};
void fa_tensor_adam(float *w, float *m, float *v, const float *g, size_t n, const struct fa_adam *adam);

/* Has this thread take subnormal numbers for zero, and gives what fa_tensor_restore() puts back. Channels of a network that
 * died in training fade into subnormals, which add nothing but take the processor a hundred times as long. */
unsigned long fa_tensor_flush_subnormals(void);
void fa_tensor_restore(unsigned long state);

/* The instruction set the functions above use on this machine: "avx512", "avx2" or "baseline". */
const char *fa_tensor_isa(void);

#endif
