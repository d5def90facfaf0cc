/* Room tensor: the vector kernels of each instruction set this machine has, against plain loops; the product. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/tensor/kernels.h"
#include "fa/mem.h"
#include "fa/rng.h"

enum { MOST = 4096 };

static float a[MOST], b[MOST], c[MOST], bias[64], slope[64], y[MOST];

static void fill(void)
{
    struct fa_rng rng = fa_rng_make(5, 1);
    for (size_t i = 0; i < MOST; i++) {
        a[i] = (float)fa_rng_below(&rng, 2001) / 1000 - 1;
        b[i] = (float)fa_rng_below(&rng, 2001) / 1000 - 1;
        c[i] = (float)fa_rng_below(&rng, 2001) / 1000 - 1;
    }
    for (size_t i = 0; i < 64; i++) {
        bias[i] = b[i];
        slope[i] = c[i];
    }
}

static void assert_near(float have, double want)
{
    if (!(fabs((double)have - want) <= 1e-5 * (1 + fabs(want))))
        fail_msg("%g, want %g", (double)have, want);
}

/* The sets that may run here. */
static size_t kernel_sets(const struct fa_kernels *sets[3])
{
    size_t n = 0;
    sets[n++] = &fa_kernels_baseline;
#ifdef __x86_64__
    if (strcmp(fa_tensor_isa(), "baseline") != 0)
        sets[n++] = &fa_kernels_avx2;
    if (strcmp(fa_tensor_isa(), "avx512") == 0)
        sets[n++] = &fa_kernels_avx512;
#endif
    return n;
}

static double activate(const struct fa_epilogue *e, double v, size_t channel)
{
    switch (e->activation) {
    case FA_TENSOR_RELU:
        return v > 0 ? v : 0;
    case FA_TENSOR_PRELU:
        return v < 0 ? v * (double)e->slope[channel] : v;
    case FA_TENSOR_CLIP:
        return v < (double)e->low ? (double)e->low : v > (double)e->high ? (double)e->high : v;
    default:
        return v;
    }
}

static void check_epilogue(const struct fa_kernels *k, const struct fa_epilogue *e, const float *residual, size_t rows,
                           size_t n, size_t gap)
{
    const size_t ldy = n + 3 * gap, ldr = n + gap;
    memcpy(y, a, sizeof y);
    k->epilogue(e, rows, n, y, ldy, residual, ldr);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < ldy && i * ldy + j < MOST; j++) {
            double v = (double)a[i * ldy + j];
            if (j < n)
                v = activate(e, v + (e->bias ? (double)e->bias[j] : 0) + (residual ? (double)residual[i * ldr + j] : 0), j);
            assert_near(y[i * ldy + j], v);
        }
}

static void epilogues_match(void **state)
{
    const struct fa_kernels *sets[3];
    static const enum fa_tensor_activation activations[] = {FA_TENSOR_LINEAR, FA_TENSOR_RELU, FA_TENSOR_PRELU, FA_TENSOR_CLIP};
    (void)state;
    fill();
    for (size_t s = 0, n = kernel_sets(sets); s < n; s++)
        for (size_t i = 0; i < 4; i++)
            for (size_t width = 1; width <= 64; width += 7)
                for (int with = 0; with < 4; with++) {
                    struct fa_epilogue e = {with & 1 ? bias : NULL, activations[i], slope, -0.25f, 0.5f};
                    check_epilogue(sets[s], &e, with & 2 ? c : NULL, 5, width, 1);
                    if (width < 15)
                        check_epilogue(sets[s], &e, with & 2 ? c : NULL, 259, width, 0);
                }
}

/* What tap (row, col) of output i reads in channel ch. */
static float tap(const struct fa_window *w, size_t i, size_t row, size_t col, size_t ch)
{
    return a[(ptrdiff_t)row * w->row + (ptrdiff_t)col * w->col + (ptrdiff_t)i * w->step + (ptrdiff_t)ch];
}

static void check_windows(const struct fa_kernels *k, const struct fa_window *w, size_t n)
{
    static float most[MOST], sum[MOST], dot[MOST];
    k->window_max(w, n, a, most);
    k->window_sum(w, n, a, sum);
    k->depthwise(w, n, a, b, dot);
    for (size_t i = 0; i < n; i++)
        for (size_t ch = 0; ch < w->channels; ch++) {
            double want_max = -INFINITY, want_sum = 0, want_dot = 0;
            for (size_t row = 0; row < w->rows; row++)
                for (size_t col = 0; col < w->cols; col++) {
                    double x = (double)tap(w, i, row, col, ch);
                    want_max = x > want_max ? x : want_max;
                    want_sum += x;
                    want_dot += x * (double)b[(row * w->width + col) * w->channels + ch];
                }
            assert_true(most[i * w->channels + ch] == (float)want_max);
            assert_near(sum[i * w->channels + ch], want_sum);
            assert_near(dot[i * w->channels + ch], want_dot);
        }
}

static void windows_match(void **state)
{
    const struct fa_kernels *sets[3];
    (void)state;
    fill();
    for (size_t s = 0, n = kernel_sets(sets); s < n; s++)
        for (size_t channels = 1; channels <= 40; channels += 3)
            for (size_t outputs = 1; outputs <= 9; outputs++) {
                struct fa_window w = {.channels = channels, .rows = 2, .cols = 3, .width = 4, .col = (ptrdiff_t)channels};
                w.row = (ptrdiff_t)(13 * channels);
                w.step = (ptrdiff_t)channels;
                check_windows(sets[s], &w, outputs);
                w.rows = 0; /* a window wholly in the padding */
                check_windows(sets[s], &w, outputs);
            }
}

static void check_narrow(const struct fa_kernels *k, const struct fa_window *w, size_t n, size_t out)
{
    static float got[MOST];
    for (size_t i = 0; i < MOST; i++)
        got[i] = 77;
    k->narrow(w, n, out, a, b, got);
    for (size_t i = 0; i < n; i++)
        for (size_t o = 0; o < out; o++) {
            double want = 0;
            for (size_t row = 0; row < w->rows; row++)
                for (size_t col = 0; col < w->cols; col++)
                    for (size_t ch = 0; ch < w->channels; ch++)
                        want += (double)tap(w, i, row, col, ch) * (double)b[((row * w->width + col) * w->channels + ch) * out + o];
            assert_near(got[i * out + o], want);
        }
    for (size_t i = n * out; i < MOST; i++)
        assert_true(got[i] == 77);
}

static void narrow_windows_match(void **state)
{
    const struct fa_kernels *sets[3];
    (void)state;
    fill();
    for (size_t s = 0, n = kernel_sets(sets); s < n; s++)
        for (size_t out = 1; out <= 35; out += out < 18 ? 1 : 5)
            for (size_t outputs = 1; outputs <= 19; outputs += 1 + outputs / 9)
                for (size_t cols = 0; cols <= 3; cols++) {
                    struct fa_window w = {.channels = 3, .rows = 2, .cols = cols, .width = 3, .row = 29, .col = 3, .step = 6};
                    check_narrow(sets[s], &w, outputs, out);
                    w.col = 5;
                    check_narrow(sets[s], &w, outputs, out);
                }
}

static double apply(enum fa_binary op, double p, double q)
{
    switch (op) {
    case FA_ADD:
        return p + q;
    case FA_SUB:
        return p - q;
    case FA_MUL:
        return p * q;
    case FA_DIV:
        return p / q;
    case FA_MAX:
        return p > q ? p : q;
    case FA_MIN:
        return p < q ? p : q;
    case FA_NEGATIVE_SLOPE:
        return p < 0 ? p * q : p;
    }
    return NAN;
}

static void arithmetic_matches(void **state)
{
    const struct fa_kernels *sets[3];
    static const ptrdiff_t strides[][2] = {{1, 1}, {1, 0}, {0, 1}, {2, 3}};
    const size_t n = 77;
    (void)state;
    fill();
    for (size_t s = 0, nsets = kernel_sets(sets); s < nsets; s++)
        for (enum fa_binary op = FA_ADD; op <= FA_NEGATIVE_SLOPE; op++)
            for (size_t k = 0; k < 4; k++) {
                const ptrdiff_t sa = strides[k][0], sb = strides[k][1];
                sets[s]->binary(op, n, a, sa, b, sb, y);
                for (size_t i = 0; i < n; i++)
                    if (op != FA_DIV || fabsf(b[(ptrdiff_t)i * sb]) > 0.01f)
                        assert_near(y[i], apply(op, (double)a[(ptrdiff_t)i * sa], (double)b[(ptrdiff_t)i * sb]));
                sets[s]->clip(n, -0.5f, 0.25f, a, y);
                for (size_t i = 0; i < n; i++)
                    assert_true(y[i] == (a[i] < -0.5f ? -0.5f : a[i] > 0.25f ? 0.25f : a[i]));
            }
}

static void products_match(void **state)
{
    const size_t m = 13, n = 9, k = 17;
    (void)state;
    fill();
    for (int ta = 0; ta < 2; ta++)
        for (int tb = 0; tb < 2; tb++) {
            const size_t lda = (ta ? m : k) + 2, ldb = (tb ? k : n) + 1;
            memcpy(y, c, sizeof y);
            fa_tensor_gemm(ta ? FA_TRANSPOSED : FA_AS_IS, tb ? FA_TRANSPOSED : FA_AS_IS, m, n, k, 2, a, lda, b, ldb, 0.5f, y,
                           n + 4);
            for (size_t i = 0; i < m; i++)
                for (size_t j = 0; j < n; j++) {
                    double sum = 0.5 * (double)c[i * (n + 4) + j];
                    for (size_t p = 0; p < k; p++)
                        sum += 2 * (double)(ta ? a[p * lda + i] : a[i * lda + p]) * (double)(tb ? b[j * ldb + p] : b[p * ldb
                                                                                                                     + j]);
                    assert_near(y[i * (n + 4) + j], sum);
                }
        }
}

static void subnormals_are_flushed_and_back(void **state)
{
    volatile float small = 1e-38f;
    (void)state;
    unsigned long before = fa_tensor_flush_subnormals();
    volatile float flushed = small * 0.01f;
    fa_tensor_restore(before);
    volatile float kept = small * 0.01f;
    assert_true(kept > 0);
#if defined __SSE__ || defined __aarch64__
    assert_true(flushed == 0);
#endif
}

/* ---- training ---- */

static void masks_and_gradients_match(void **state)
{
    (void)state;
    enum { ROWS = 3, STRIDE = 70 };
    const struct fa_kernels *sets[3];
    uint8_t keep[ROWS * STRIDE];
    float db[STRIDE], dy[ROWS * STRIDE];
    size_t nsets = kernel_sets(sets);
    fill();
    for (size_t i = 0; i < ROWS * STRIDE; i++)
        keep[i] = i % 3 > 0;
    for (size_t s = 0; s < nsets; s++)
        for (size_t n = 1; n < STRIDE; n++) {
            memcpy(y, c, sizeof y);
            memcpy(dy, a, sizeof dy);
            sets[s]->mask(ROWS, n, STRIDE, y, a, keep, 1.25f);
            sets[s]->mask(ROWS, n, STRIDE, dy, dy, keep, 1.25f);
            for (size_t i = 0; i < ROWS * STRIDE; i++) {
                assert_near(y[i], i % STRIDE < n ? (double)a[i] * keep[i] * 1.25 : (double)c[i]);
                assert_near(dy[i], i % STRIDE < n ? (double)a[i] * keep[i] * 1.25 : (double)a[i]);
            }
            memcpy(dy, a, sizeof dy);
            sets[s]->relu_backward(ROWS, n, STRIDE, dy, b, db);
            for (size_t i = 0; i < ROWS * STRIDE; i++)
                assert_true(dy[i] == (i % STRIDE < n && b[i] <= 0 ? 0 : a[i]));
            for (size_t i = 0; i < n; i++)
                assert_near(db[i], (double)dy[i] + (double)dy[STRIDE + i] + (double)dy[2 * STRIDE + i]);
        }
}

/* ---- panels ---- */

static void check_panels(const struct fa_panels *panels, size_t m, size_t n, size_t k)
{
    struct fa_err err;
    size_t deep = (m + panels->rows - 1) / panels->rows * panels->rows, wide = (n + panels->cols - 1) / panels->cols * panels->cols;
    float *input = fa_mem_aligned(deep * k, sizeof(float), &err), *weights = fa_mem_aligned(wide * k, sizeof(float), &err);
    float *out = fa_mem_array(m * (n + 3), sizeof *out, &err);
    for (size_t i = 0; i < m * (n + 3); i++)
        out[i] = NAN; /* nothing of it may be read */
    fa_tensor_pack_columns(panels, k, n, b, n, weights);
    for (size_t row = 0; row < m; row += panels->rows) {
        const float *at[FA_PANEL_ROWS];
        for (size_t r = 0; r < panels->rows; r++)
            at[r] = a + (row + r < m ? row + r : m - 1) * k;
        fa_tensor_pack_rows(panels, at, k, input + row * k);
    }
    fa_tensor_multiply_panels(panels, m, n, k, input, weights, out, n + 3);
    for (size_t i = 0; i < m; i++)
        for (size_t col = 0; col < n + 3; col++) {
            double want = 0;
            for (size_t d = 0; d < k && col < n; d++)
                want += (double)a[i * k + d] * (double)b[d * n + col];
            if (col < n)
                assert_near(out[i * (n + 3) + col], want);
            else
                assert_true(isnan(out[i * (n + 3) + col]));
        }
    free(input);
    free(weights);
    free(out);
}

/* By BLIS's micro-kernel, whatever its shape here, and by its whole product, which does where the kernel cannot be had. */
static void panels_are_multiplied(void **state)
{
    (void)state;
    const struct fa_panels panels[] = {fa_tensor_panels(true), {.rows = 5, .cols = 7}, fa_tensor_panels(false)};
    const size_t size[][3] = {{1, 1, 1}, {12, 32, 9}, {13, 33, 27}, {40, 50, 64}, {5, 70, 18}, {61, 3, 31}};
    fill();
    for (size_t p = 0; p < 3; p++)
        for (size_t i = 0; i < sizeof size / sizeof *size; i++)
            check_panels(&panels[p], size[i][0], size[i][1], size[i][2]);
}

static void rows_are_packed(void **state)
{
    (void)state;
    const struct fa_kernels *sets[3];
    size_t n = kernel_sets(sets);
    fill();
    for (size_t s = 0; s < n; s++)
        for (size_t rows = 1; rows <= 16; rows++)
            for (size_t depth = 1; depth < 20; depth++) {
                const float *row[16];
                for (size_t r = 0; r < rows; r++)
                    row[r] = a + 23 * r;
                y[rows * depth] = 99;
                sets[s]->pack(rows, row, depth, y);
                for (size_t i = 0; i < depth; i++)
                    for (size_t r = 0; r < rows; r++)
                        assert_true(y[i * rows + r] == a[23 * r + i]);
                assert_true(y[rows * depth] == 99);
            }
}

/* ---- Winograd ---- */

/* Factor j of a filter, as the header has it. */
static double filter_factor(const float *w, size_t taps, size_t j)
{
    static const double point[] = {0, 1, -1, 2, -2, 0.5, -0.5, 1.5, -1.5};
    double sum = 0;
    if (j == taps + 2)
        return (double)w[taps - 1];
    for (size_t k = 0; k < taps; k++)
        sum += (double)w[k] * pow(point[j], (double)k);
    for (size_t l = 0; l < taps + 2; l++)
        sum /= l == j ? 1 : point[j] - point[l];
    return sum;
}

/* Four outputs of a filter over 24 or so channels that do not fill the vectors. */
static void check_winograd(const struct fa_kernels *kernels, size_t taps, size_t n)
{
    enum fa_winograd in = taps == 3 ? FA_WINOGRAD_INPUT3 : FA_WINOGRAD_INPUT7;
    enum fa_winograd out = taps == 3 ? FA_WINOGRAD_OUTPUT3 : FA_WINOGRAD_OUTPUT7;
    size_t factors = taps + 3;
    const float *x[10], *product[10];
    float *factor[10], *result[4], memory[14][64];
    for (size_t j = 0; j < factors; j++) {
        x[j] = a + 64 * j;
        product[j] = factor[j] = memory[j];
    }
    for (size_t i = 0; i < 4; i++)
        result[i] = memory[10 + i];
    result[3][n] = 99;
    kernels->winograd(in, n, x, factor);
    for (size_t j = 0; j < factors; j++)
        for (size_t i = 0; i < n; i++)
            factor[j][i] *= (float)filter_factor(b, taps, j);
    kernels->winograd(out, n, product, result);
    for (size_t i = 0; i < 4; i++)
        for (size_t channel = 0; channel < n; channel++) {
            double want = 0;
            for (size_t k = 0; k < taps; k++)
                want += (double)b[k] * (double)x[i + k][channel];
            assert_near(result[i][channel], want);
        }
    assert_true(result[3][n] == 99);
}

static void winograds_transforms_filter(void **state)
{
    (void)state;
    const struct fa_kernels *sets[3];
    size_t n = kernel_sets(sets);
    fill();
    for (size_t s = 0; s < n; s++)
        for (size_t channels = 16; channels < 50; channels++) {
            check_winograd(sets[s], 3, channels);
            check_winograd(sets[s], 7, channels);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks_and_gradients_match),
        cmocka_unit_test(panels_are_multiplied),
        cmocka_unit_test(rows_are_packed),
        cmocka_unit_test(winograds_transforms_filter),
        cmocka_unit_test(epilogues_match),   cmocka_unit_test(windows_match),
        cmocka_unit_test(narrow_windows_match),
        cmocka_unit_test(arithmetic_matches), cmocka_unit_test(products_match),
        cmocka_unit_test(subnormals_are_flushed_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
