/* Room net: convolutions by Winograd's factors against plain sums, at every kind of border. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/net/winograd.h"
#include "fa/rng.h"

enum { IN = 33, OUT = 48, IMAGES = 2, LEFT_OUT = 5 }; /* channels that do not fill panels; pixels lie LEFT_OUT apart */

struct layer {
    size_t kernel[2], in[2], out[2], pad;
    float *x, *w, *y, *residual, bias[OUT];
};

static float *draw(size_t n, uint64_t stream)
{
    struct fa_err err;
    struct fa_rng rng = fa_rng_make(7, stream);
    float *x = fa_mem_aligned(n, sizeof *x, &err);
    for (size_t i = 0; i < n; i++)
        x[i] = fa_rng_normal(&rng);
    return x;
}

static double pixel(const struct layer *l, size_t image, ptrdiff_t y, ptrdiff_t x, size_t channel)
{
    if (y < 0 || y >= (ptrdiff_t)l->in[0] || x < 0 || x >= (ptrdiff_t)l->in[1])
        return 0;
    size_t at = (image * l->in[0] + (size_t)y) * l->in[1] + (size_t)x;
    return (double)l->x[at * (IN + LEFT_OUT) + channel];
}

static double plain(const struct layer *l, size_t image, size_t y, size_t x, size_t o)
{
    double sum = (double)l->bias[o];
    for (size_t ky = 0; ky < l->kernel[0]; ky++)
        for (size_t kx = 0; kx < l->kernel[1]; kx++)
            for (size_t i = 0; i < IN; i++)
                sum += pixel(l, image, (ptrdiff_t)(y + ky) - (ptrdiff_t)(l->pad * (l->kernel[0] > 1)),
                             (ptrdiff_t)(x + kx) - (ptrdiff_t)(l->pad * (l->kernel[1] > 1)), i) *
                       (double)l->w[((ky * l->kernel[1] + kx) * IN + i) * OUT + o];
    sum += (double)l->residual[((image * l->out[0] + y) * l->out[1] + x) * OUT + o];
    return sum > 0 ? sum : 0;
}

static void run(struct layer *l, size_t parts)
{
    struct fa_err err;
    struct net_graph graph = {.label = "test"};
    struct net_winograd w = {.kernel = {l->kernel[0], l->kernel[1]}, .in = IN, .out = OUT, .panels = fa_tensor_panels(true)};
    struct net_view in = {.data = l->x}, out = {.data = l->y};
    struct net_step step = {.in = &in, .out = &out, .residual = {.present = true, .data = l->residual}, .channels = OUT};
    struct net_geometry g = {.channels = IN, .pixel = IN + LEFT_OUT};
    for (int axis = 0; axis < 2; axis++) {
        g.in[axis] = l->in[axis];
        g.out[axis] = l->out[axis];
        g.begin[axis] = g.end[axis] = l->kernel[axis] > 1 ? l->pad : 0;
    }
    g.row = (ptrdiff_t)l->in[1] * g.pixel;
    g.image = (ptrdiff_t)l->in[0] * g.row;
    step.epilogue = (struct fa_epilogue){.bias = l->bias, .activation = FA_TENSOR_RELU};
    assert_int_equal(net_winograd_prepare(&graph, &w, l->w, &err), 0);
    float *scratch = fa_mem_aligned(net_winograd_scratch(&w), sizeof *scratch, &err);
    memset(scratch, 0xff, net_winograd_scratch(&w) * sizeof *scratch); /* NaN */
    for (size_t i = 0; i < parts; i++)
        net_winograd_run(&w, &step, &g, IMAGES, (struct net_part){i, parts}, scratch);
    free(scratch);
    net_weights_release(&graph);
}

static void check(size_t ky, size_t kx, size_t height, size_t width, size_t pad, double bound)
{
    struct layer l = {.kernel = {ky, kx}, .in = {height, width}, .pad = pad};
    l.out[0] = height + 2 * pad * (ky > 1) - (ky - 1);
    l.out[1] = width + 2 * pad * (kx > 1) - (kx - 1);
    size_t outputs = IMAGES * l.out[0] * l.out[1] * OUT;
    l.x = draw(IMAGES * height * width * (IN + LEFT_OUT), 1);
    l.w = draw(ky * kx * IN * OUT, 2);
    l.residual = draw(outputs, 3);
    l.y = draw(outputs, 4);
    for (size_t o = 0; o < OUT; o++)
        l.bias[o] = (float)o / OUT;
    run(&l, 1);
    float *whole = draw(outputs, 5);
    memcpy(whole, l.y, outputs * sizeof *whole);
    run(&l, 3);
    assert_memory_equal(l.y, whole, outputs * sizeof *whole);
    free(whole);
    double error = 0, length = 0;
    for (size_t i = 0; i < outputs; i++) {
        size_t at = i / OUT;
        double want = plain(&l, at / l.out[1] / l.out[0], at / l.out[1] % l.out[0], at % l.out[1], i % OUT);
        error = fmax(error, fabs((double)l.y[i] - want));
        length = fmax(length, fabs(want));
    }
    if (!(error <= bound * length))
        fail_msg("%zux%zu on %zux%zu: off by %g of %g", ky, kx, height, width, error, length);
    free(l.x);
    free(l.w);
    free(l.residual);
    free(l.y);
}

/* The largest error over the largest output. Plain float sums are off by some 2e-7. */
static void factors_give_the_convolution(void **state)
{
    static const size_t size[][2] = {{7, 7}, {8, 13}, {19, 12}, {12, 31}};
    (void)state;
    for (size_t i = 0; i < 4; i++)
        for (size_t pad = 0; pad < 2; pad++) {
            check(3, 3, size[i][0], size[i][1], pad, 5e-6);
            check(1, 3, size[i][0], size[i][1], pad, 5e-6);
            check(3, 1, size[i][0], size[i][1], pad, 5e-6);
            check(1, 7, size[i][0], size[i][1], 3 * pad, 2e-5);
            check(7, 1, size[i][0], size[i][1], 3 * pad, 2e-5);
        }
    check(3, 3, 1, 1, 1, 5e-6);
    check(1, 7, 1, 1, 3, 2e-5);
}

static void other_windows_are_left_alone(void **state)
{
    (void)state;
    struct net_window window = {.kernel = {3, 3}, .stride = {1, 1}, .dilation = {1, 1}};
    assert_true(net_winograd_suits(&window, 1, 64, 64));
    assert_false(net_winograd_suits(&window, 2, 64, 64));
    assert_false(net_winograd_suits(&window, 1, 8, 64));
    window.stride[1] = 2;
    assert_false(net_winograd_suits(&window, 1, 64, 64));
    window = (struct net_window){.kernel = {3, 7}, .stride = {1, 1}, .dilation = {1, 1}};
    assert_false(net_winograd_suits(&window, 1, 64, 64));
}

static void small_maps_are_left_alone(void **state)
{
    (void)state;
    struct net_winograd w = {.outputs = {4, 4}, .panels = {.rows = 12}};
    struct net_geometry g = {.out = {8, 9}}; /* 2 x 3 tiles */
    assert_false(net_winograd_pays(&w, &g, 1));
    assert_true(net_winograd_pays(&w, &g, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(factors_give_the_convolution),
        cmocka_unit_test(other_windows_are_left_alone),
        cmocka_unit_test(small_maps_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
