/* Room head: every backward pass against finite differences of its forward pass, masks, loss and Adam against plain
 * arithmetic in double precision. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/head/mlp.h"
#include "fa/rng.h"
#include "fa/tensor.h"

/* ---- finite differences ---- */

enum { ROWS = 7, IN = 19, OUT = 11 };

static void draw(float *to, size_t n, uint64_t stream)
{
    struct fa_rng rng = fa_rng_make(99, stream);
    for (size_t i = 0; i < n; i++)
        to[i] = fa_rng_normal(&rng);
}

static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

/* Central differences of f over x[0..n-1] against g, relative to the largest gradient. The forward pass rounds to 1e-7;
 * with steps of 1e-2 the differences are good to 1e-5 and the third derivative's share to some 1e-4. */
static void check_gradient(double (*f)(void *), void *arg, float *x, const float *g, size_t n)
{
    double largest = 1e-3;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs((double)g[i]));
    for (size_t i = 0; i < n; i++) {
        float held = x[i];
        double up, down, difference;
        x[i] = held + 0x1p-7f;
        up = f(arg);
        x[i] = held - 0x1p-7f;
        down = f(arg);
        x[i] = held;
        difference = (up - down) * 64;
        if (fabs(difference - (double)g[i]) > 1e-3 * largest)
            fail_msg("gradient %zu is %g, differences say %g", i, (double)g[i], difference);
    }
}

static const struct layer_dense shape = {ROWS, IN, OUT};
static const struct layer_part whole = {ROWS, OUT, OUT};

/* f = sum of cost * y for one layer. */
struct layer {
    float x[ROWS * IN], w[IN * OUT], b[OUT], y[ROWS * OUT], z[ROWS * OUT], cost[ROWS * OUT];
    float dx[ROWS * IN], dw[IN * OUT], db[OUT], dy[ROWS * OUT];
    enum fa_activation activation;
};

static double dense(void *arg)
{
    struct layer *l = arg;
    layer_dense_forward(l->y, l->x, l->w, shape, 0, OUT);
    layer_activation_forward(l->y, l->z, l->b, whole, l->activation);
    return dot(l->y, l->cost, ROWS * OUT);
}

static void dense_gradients(void **state)
{
    (void)state;
    static struct layer l;
    for (l.activation = FA_LINEAR; l.activation <= FA_LEAKY_RELU; l.activation++) {
        draw(l.x, ROWS * IN, 1);
        draw(l.w, IN * OUT, 2);
        draw(l.b, OUT, 3);
        draw(l.cost, ROWS * OUT, 4);
        for (size_t i = 0; i < IN * OUT; i++)
            l.w[i] *= 0.25f;
        for (size_t i = 0; i < OUT && (l.activation == FA_RELU || l.activation == FA_LEAKY_RELU); i++)
            l.b[i] = i % 2 ? 9 : -9; /* on and off, but away from the kink, where there is no derivative */
        dense(&l);
        memcpy(l.dy, l.cost, sizeof l.dy);
        layer_activation_backward(l.dy, l.db, l.y, l.z, whole, l.activation);
        layer_dense_backward_input(l.dx, l.dy, l.w, shape, 0, IN);
        layer_dense_backward_kernel(l.dw, l.dy, l.x, shape, 0, IN);
        check_gradient(dense, &l, l.x, l.dx, ROWS * IN);
        check_gradient(dense, &l, l.w, l.dw, IN * OUT);
        check_gradient(dense, &l, l.b, l.db, OUT);
    }
}

/* A layer by some of its columns or rows at a time is the layer as a whole. */
static void layers_go_by_parts(void **state)
{
    (void)state;
    static struct layer l;
    float y[ROWS * OUT], dx[ROWS * IN], dw[IN * OUT];
    draw(l.x, ROWS * IN, 1);
    draw(l.w, IN * OUT, 2);
    draw(l.dy, ROWS * OUT, 3);
    layer_dense_forward(l.y, l.x, l.w, shape, 0, OUT);
    layer_dense_backward_input(l.dx, l.dy, l.w, shape, 0, IN);
    layer_dense_backward_kernel(l.dw, l.dy, l.x, shape, 0, IN);
    for (size_t i = 0; i < OUT; i += 4)
        layer_dense_forward(y, l.x, l.w, shape, i, OUT - i < 4 ? OUT - i : 4);
    for (size_t i = 0; i < IN; i += 7) {
        layer_dense_backward_input(dx, l.dy, l.w, shape, i, IN - i < 7 ? IN - i : 7);
        layer_dense_backward_kernel(dw, l.dy, l.x, shape, i, IN - i < 7 ? IN - i : 7);
    }
    for (size_t i = 0; i < ROWS * OUT; i++)
        assert_true(fabsf(y[i] - l.y[i]) < 1e-5f);
    for (size_t i = 0; i < ROWS * IN; i++)
        assert_true(fabsf(dx[i] - l.dx[i]) < 1e-5f);
    for (size_t i = 0; i < IN * OUT; i++)
        assert_true(fabsf(dw[i] - l.dw[i]) < 1e-5f);
}

/* ---- dropout ---- */

static void dropout_masks(void **state)
{
    (void)state;
    enum { R = 101, C = 993, N = R * C };
    static uint8_t keep[N], again[N];
    size_t kept = 0;
    layer_dropout_mask(keep, 0, R, C, 0.3f, 5, 8);
    for (size_t i = 0; i < N; i++)
        kept += keep[i];
    assert_true(fabs((double)kept / N - 0.7) < 0.006); /* four standard deviations */
    layer_dropout_mask(again, 40, R - 40, C, 0.3f, 5, 8); /* rows do not depend on each other, nor are they the same */
    assert_memory_equal(keep + 40 * C, again, N - 40 * C);
    assert_memory_not_equal(keep, again, C);
    layer_dropout_mask(again, 0, R, C, 0.3f, 5, 9);
    assert_memory_not_equal(keep, again, N);
    layer_dropout_mask(keep, 0, R, C, 0, 5, 8);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(keep[i], 1);
}

struct dropped {
    float x[ROWS * IN], y[ROWS * IN], cost[ROWS * IN], dx[ROWS * IN];
    uint8_t keep[ROWS * IN];
};

static double dropout(void *arg)
{
    struct dropped *d = arg;
    layer_dropout_forward(d->y, d->x, d->keep, (struct layer_part){ROWS, IN, IN}, 0.4f);
    return dot(d->y, d->cost, ROWS * IN);
}

static void dropout_gradient(void **state)
{
    (void)state;
    static struct dropped d;
    draw(d.x, ROWS * IN, 1);
    draw(d.cost, ROWS * IN, 2);
    layer_dropout_mask(d.keep, 0, ROWS, IN, 0.4f, 1, 1);
    memcpy(d.dx, d.cost, sizeof d.dx);
    layer_dropout_backward(d.dx, d.keep, (struct layer_part){ROWS, IN, IN}, 0.4f);
    check_gradient(dropout, &d, d.x, d.dx, ROWS * IN);
}

/* ---- batch norm ---- */

struct normed {
    float x[ROWS * OUT], y[ROWS * OUT], cost[ROWS * OUT], xhat[ROWS * OUT], dx[ROWS * OUT];
    float gamma[OUT], beta[OUT], mean[OUT], variance[OUT], rstd[OUT], dgamma[OUT], dbeta[OUT];
    struct layer_batchnorm bn;
};

static double batchnorm(void *arg)
{
    struct normed *n = arg;
    layer_batchnorm_forward(n->y, n->x, &n->bn, whole);
    return dot(n->y, n->cost, ROWS * OUT);
}

static void set_up_batchnorm(struct normed *n)
{
    *n = (struct normed){.bn = {n->gamma, n->beta, n->mean, n->variance, n->xhat, n->rstd}};
    draw(n->x, ROWS * OUT, 1);
    draw(n->gamma, OUT, 2);
    draw(n->beta, OUT, 3);
    draw(n->cost, ROWS * OUT, 4);
}

static void batchnorm_gradients(void **state)
{
    (void)state;
    static struct normed n;
    set_up_batchnorm(&n);
    batchnorm(&n);
    memcpy(n.dx, n.cost, sizeof n.dx);
    layer_batchnorm_backward(n.dx, n.dgamma, n.dbeta, &n.bn, whole);
    check_gradient(batchnorm, &n, n.x, n.dx, ROWS * OUT);
    check_gradient(batchnorm, &n, n.gamma, n.dgamma, OUT);
    check_gradient(batchnorm, &n, n.beta, n.dbeta, OUT);
}

static void batchnorm_statistics(void **state)
{
    (void)state;
    static struct normed n;
    set_up_batchnorm(&n);
    for (size_t i = 0; i < OUT; i++)
        n.variance[i] = 1;
    batchnorm(&n);
    for (size_t i = 0; i < OUT; i++) {
        double mean = 0, variance = 0;
        for (size_t row = 0; row < ROWS; row++)
            mean += (double)n.x[row * OUT + i] / ROWS;
        for (size_t row = 0; row < ROWS; row++)
            variance += pow((double)n.x[row * OUT + i] - mean, 2) / ROWS;
        double y = ((double)n.x[i] - mean) / sqrt(variance + 1e-3) * (double)n.gamma[i] + (double)n.beta[i];
        assert_true(fabs((double)n.mean[i] - 0.01 * mean) < 1e-6);
        assert_true(fabs((double)n.variance[i] - (0.99 + 0.01 * variance)) < 1e-6);
        assert_true(fabs((double)n.y[i] - y) < 1e-5);
    }
    layer_batchnorm_infer(n.y, n.x, &n.bn, whole);
    double xhat = ((double)n.x[OUT] - (double)n.mean[0]) / sqrt((double)n.variance[0] + 1e-3);
    assert_true(fabs((double)n.y[OUT] - (xhat * (double)n.gamma[0] + (double)n.beta[0])) < 1e-5);
}

/* ---- loss ---- */

struct softmax {
    float logits[ROWS * OUT], gradient[ROWS * OUT];
    int32_t label[2 * ROWS]; /* every second one, to see the strides */
    struct layer_loss loss;
};

/* Three classes in the middle of the rows. */
static double loss(void *arg)
{
    struct softmax *s = arg;
    struct layer_score sum = {0};
    layer_softmax_loss(&sum, NULL, s->logits + 4, OUT, &s->loss, s->label, 2, ROWS);
    return sum.objective;
}

static void loss_gradient_with_missing_labels(void **state)
{
    (void)state;
    static struct softmax s = {.label = {2, 9, -1, 9, 0, 9, 1, 9, -1, 9, 1, 9, 2, 9}, .loss = {.classes = 3, .weight = 1}};
    struct layer_score sum = {0};
    draw(s.logits, ROWS * OUT, 1);
    layer_softmax_loss(&sum, s.gradient + 4, s.logits + 4, OUT, &s.loss, s.label, 2, ROWS);
    assert_int_equal(sum.n, ROWS - 2);
    assert_true(fabs(sum.objective - sum.loss / (ROWS - 2)) < 1e-6);
    check_gradient(loss, &s, s.logits, s.gradient, ROWS * OUT);
    for (size_t i = 4; i < 7; i++)
        assert_true(s.gradient[OUT + i] == 0);
}

/* Everything that changes the objective, one by one and all together; 3 is a coarse label for classes 0 and 2. */
static void loss_gradient_with_weights_smoothing_and_coarse_labels(void **state)
{
    (void)state;
    static const uint8_t has[] = {1, 0, 1};
    static const struct fa_coarse coarse = {.n = 1, .has = has};
    static const float class_weight[] = {0.5f, 2, 0.25f, 3};
    for (int which = 1; which < 16; which++) {
        struct softmax s = {.label = {2, 9, -1, 9, 0, 9, 1, 9, 0, 9, 1, 9, 2, 9}, .loss = {.classes = 3, .weight = 1}};
        struct layer_score sum = {0};
        s.loss.weight = which & 1 ? 0.7f : 1;
        s.loss.smoothing = which & 2 ? 0.1f : 0;
        s.loss.class_weight = which & 4 ? class_weight : NULL;
        s.loss.coarse = which & 8 ? &coarse : NULL;
        s.label[2] = s.label[8] = which & 8 ? 3 : -1;
        draw(s.logits, ROWS * OUT, 1);
        layer_softmax_loss(&sum, s.gradient + 4, s.logits + 4, OUT, &s.loss, s.label, 2, ROWS);
        check_gradient(loss, &s, s.logits, s.gradient, ROWS * OUT);
    }
}

/* Against the formula, in double precision, for one row. */
static void the_objective_is_as_documented(void **state)
{
    (void)state;
    static const uint8_t has[] = {1, 0, 1};
    static const struct fa_coarse coarse = {.n = 1, .has = has};
    static const float class_weight[] = {0.5f, 2, 0.25f, 3}, logits[] = {0.3f, 1.1f, -0.4f};
    const struct layer_loss loss_of = {3, &coarse, 0.5f, 0.125f, class_weight};
    double p[3], sum = 0;
    for (int i = 0; i < 3; i++)
        sum += p[i] = exp((double)logits[i]);
    for (int i = 0; i < 3; i++)
        p[i] /= sum;
    for (int32_t label = 0; label < 4; label++) {
        struct layer_score score = {0};
        double entropy = -log(label < 3 ? p[label] : p[0] + p[2]), even = -(log(p[0]) + log(p[1]) + log(p[2])) / 3;
        layer_softmax_loss(&score, NULL, logits, 3, &loss_of, &label, 1, 1);
        assert_true(fabs(score.loss - entropy) < 1e-6);
        assert_true(fabs(score.objective - 0.5 * (double)class_weight[label] * (0.875 * entropy + 0.125 * even)) < 1e-6);
        assert_int_equal(score.correct, label == 1);
    }
    const float far[] = {-900, 100, -901};
    struct layer_score score = {0};
    layer_softmax_loss(&score, NULL, far, 3, &loss_of, (int32_t[]){3}, 1, 1);
    assert_true(fabs(score.loss - (1000 - log1p(exp(-1)))) < 1e-4);
}

static void loss_is_stable(void **state)
{
    (void)state;
    const struct layer_loss loss_of = {.classes = 2, .weight = 1};
    const float logits[] = {1000, -1000, 0, 0, 30, 0};
    const int32_t label[] = {1, 1, 0};
    float gradient[6];
    struct layer_score sum = {0};
    layer_softmax_loss(&sum, gradient, logits, 2, &loss_of, label, 1, 3);
    assert_true(fabs(sum.loss - (2000 + log(2) + log1p(exp(-30)))) < 1e-6);
    assert_int_equal(sum.correct, 1);
    for (size_t i = 0; i < 6; i++)
        assert_true(isfinite(gradient[i]));
    struct layer_score none = {0};
    const int32_t missing[] = {-1, -1, -1};
    layer_softmax_loss(&none, gradient, logits, 2, &loss_of, missing, 1, 3);
    assert_true(none.loss == 0 && none.n == 0 && gradient[0] == 0 && gradient[5] == 0);
}

/* ---- Adam ---- */

static void adam_agrees_with_the_paper(void **state)
{
    (void)state;
    enum { N = 37, STEPS = 10 };
    float w[N], m[N] = {0}, v[N] = {0}, g[N];
    double w64[N], m64[N] = {0}, v64[N] = {0}, rate = 1e-2, decay = 0.1;
    draw(w, N, 1);
    for (size_t i = 0; i < N; i++)
        w64[i] = (double)w[i];
    for (int t = 1; t <= STEPS; t++) {
        double correct1 = 1 - pow(0.9, t), correct2 = 1 - pow(0.999, t);
        draw(g, N, (uint64_t)(10 + t));
        struct fa_adam adam = {(float)(rate * sqrt(correct2) / correct1), (float)(1e-8 * sqrt(correct2)),
                               (float)(1 - rate * decay), 0, 1};
        fa_tensor_adam(w, m, v, g, N, &adam);
        for (size_t i = 0; i < N; i++) {
            m64[i] = 0.9 * m64[i] + 0.1 * (double)g[i];
            v64[i] = 0.999 * v64[i] + 0.001 * (double)g[i] * (double)g[i];
            w64[i] = w64[i] * (1 - rate * decay) - rate * (m64[i] / correct1) / (sqrt(v64[i] / correct2) + 1e-8);
        }
    }
    for (size_t i = 0; i < N; i++)
        assert_true(fabs((double)w[i] - w64[i]) < 1e-5 * fabs(w64[i]) + 1e-6);
}

static void sgd_has_momentum_and_decay(void **state)
{
    (void)state;
    float w[2] = {1, -2}, m[2] = {0};
    const float g[2] = {4, 0};
    const struct layer_sgd sgd = {0.5f, 0.25f, 0.125f, 0.5f};
    double w64[2] = {1, -2}, m64[2] = {0};
    for (int t = 0; t < 3; t++) {
        layer_sgd_step(w, m, g, 2, &sgd);
        for (int i = 0; i < 2; i++) {
            m64[i] = 0.25 * m64[i] + 0.5 * (double)g[i] + 0.125 * w64[i];
            w64[i] -= 0.5 * m64[i];
            assert_true(fabs((double)w[i] - w64[i]) < 1e-6);
        }
    }
}

/* With SGD a step is as long as the gradient; statistics of batch norms are no part of it. */
static void gradients_are_clipped_by_their_common_length(void **state)
{
    (void)state;
    static const char *const class[] = {"a", "b"};
    const struct fa_head head = {"x", class, 2, 0};
    struct fa_fit_options options = {.optimizer = FA_SGD};
    struct fa_arch arch;
    struct fa_mlp mlp;
    struct fa_err err;
    assert_int_equal(fa_arch_parse(&arch, "dense 8 relu, batchnorm", &err), 0);
    mlp_plan(&mlp, &arch, 5, &head, 1);
    float *param = fa_mem_aligned(3 * mlp.floats, sizeof *param, &err), *m = param + mlp.floats, *grad = m + mlp.floats;
    double length = 0;
    for (size_t i = 0; i < mlp.ntensors; i++) {
        const struct mlp_tensor *t = &mlp.tensor[i];
        draw(grad + t->offset, t->rows * t->cols, i);
        length += t->trained ? dot(grad + t->offset, grad + t->offset, t->rows * t->cols) : 0;
    }
    length = sqrt(length);
    for (int i = 0; i < 3; i++) {
        options.clip = (double[]){0, 0.5, 1e9}[i];
        memset(param, 0, 2 * mlp.floats * sizeof *param);
        mlp_update(&mlp, &(struct mlp_state){param, grad, m, NULL, 1}, &options, 1, NULL);
        assert_true(fabs(sqrt(dot(param, param, mlp.floats)) / (i == 1 ? 0.5 : length) - 1) < 1e-5);
    }
    free(param);
}

/* ---- whole networks ---- */

struct network {
    struct fa_mlp mlp;
    struct mlp_tape tape;
    float *param, *grad;
    int32_t label[2 * ROWS];
    struct layer_loss loss[2];
};

static double network_loss(void *arg)
{
    struct network *n = arg;
    struct layer_score score[2] = {{0}};
    mlp_forward(&n->mlp, &n->tape, n->param, ROWS, NULL);
    mlp_loss(&n->mlp, &n->tape, n->loss, n->label, ROWS, score, NULL);
    return score[0].objective + score[1].objective;
}

/* Gradients of all weights of a network with every kind of layer, masks fixed and labels missing. */
static void network_gradients(void **state)
{
    (void)state;
    static const char *const class[] = {"a", "b", "c"};
    const struct fa_head head[] = {{"x", class, 3, 0}, {"y", class, 2, 3}};
    static const char *const line[] = {"none", "dropout .3, dense 12 tanh, batchnorm, dropout .5, dense 9 sigmoid",
                                       "batchnorm, dense 10 sigmoid he, batchnorm",
                                       "dense 12 gelu, dense 8 gelu he_normal"};
    struct fa_err err;
    for (size_t a = 0; a < 4; a++) {
        struct network n = {.label = {0, 1, 2, -1, -1, 0, 1, 1, 2, 0, -1, -1, 0, 0},
                            .loss = {{.classes = 3, .weight = 1}, {.classes = 2, .weight = 0.5f}}};
        struct fa_arch arch;
        assert_int_equal(fa_arch_parse(&arch, line[a], &err), 0);
        mlp_plan(&n.mlp, &arch, IN, head, 2);
        assert_int_equal(mlp_tape_new(&n.tape, &n.mlp, ROWS, &err), 0);
        n.param = fa_mem_aligned(n.mlp.floats, sizeof *n.param, &err);
        n.grad = fa_mem_aligned(n.mlp.floats, sizeof *n.grad, &err);
        mlp_init(&n.mlp, n.param, 3);
        draw(n.tape.x, ROWS * IN, 7);
        mlp_draw_masks(&n.mlp, &n.tape, 0, ROWS, 1, 1);
        network_loss(&n);
        mlp_backward(&n.mlp, &n.tape, n.param, n.grad, ROWS, NULL);
        for (size_t i = 0; i < n.mlp.ntensors; i++) {
            const struct mlp_tensor *t = &n.mlp.tensor[i];
            if (t->trained)
                check_gradient(network_loss, &n, n.param + t->offset, n.grad + t->offset, t->rows * t->cols);
        }
        mlp_tape_free(&n.tape);
        free(n.param);
        free(n.grad);
    }
}

/* Steps of a network wide enough for many tiles and parts: with and without threads, and with the gradients on their own or
 * used at once, to the bit. */
struct trained {
    float *param, *grad, *m, *v;
};

static struct trained train_network(const struct fa_mlp *mlp, enum fa_optimizer optimizer, unsigned threads, bool at_once)
{
    enum { B = 33 };
    struct fa_fit_options options = {.optimizer = optimizer, .weight_decay = 0.1, .momentum = 0.9};
    struct layer_loss loss = {.classes = 2, .weight = 1};
    struct layer_score score = {0};
    struct mlp_tape tape;
    struct fa_err err;
    struct fa_pool *pool = fa_pool_new(threads, &err);
    float *param = fa_mem_aligned(4 * mlp->floats, sizeof *param, &err);
    struct trained t = {param, param + mlp->floats, param + 2 * mlp->floats, param + 3 * mlp->floats};
    int32_t label[B];
    for (size_t i = 0; i < B; i++)
        label[i] = i % 2;
    mlp_init(mlp, t.param, 1);
    assert_int_equal(mlp_tape_new(&tape, mlp, B, &err), 0);
    for (uint64_t step = 1; step < 4; step++) {
        struct mlp_state state = {t.param, t.grad, t.m, t.v, step};
        draw(tape.x, B * mlp->dim, step);
        mlp_draw_masks(mlp, &tape, 0, B, 1, step);
        mlp_forward(mlp, &tape, t.param, B, pool);
        mlp_loss(mlp, &tape, &loss, label, B, &score, pool);
        if (at_once) {
            mlp_learn(mlp, &tape, &state, B, &options, 1e-2, pool);
        } else {
            mlp_backward(mlp, &tape, t.param, t.grad, B, pool);
            mlp_update(mlp, &state, &options, 1e-2, pool);
        }
    }
    mlp_tape_free(&tape);
    fa_pool_free(pool);
    return t;
}

static void steps_do_not_depend_on_threads(void **state)
{
    (void)state;
    static const char *const class[] = {"a", "b"};
    const struct fa_head head = {"x", class, 2, 0};
    struct fa_arch arch;
    struct fa_mlp mlp;
    struct fa_err err;
    assert_int_equal(fa_arch_parse(&arch, "dropout .1, dense 300 relu, dropout .2, batchnorm, dense 280 tanh, batchnorm", &err), 0);
    mlp_plan(&mlp, &arch, 290, &head, 1);
    for (enum fa_optimizer o = FA_ADAM; o <= FA_SGD; o++) {
        struct trained one = train_network(&mlp, o, 1, false);
        for (unsigned i = 0; i < 2; i++) {
            struct trained other = train_network(&mlp, o, 1 + 2 * i, true);
            assert_memory_equal(one.param, other.param, 4 * mlp.floats * sizeof *one.param);
            free(other.param);
        }
        free(one.param);
    }
}

static void kernels_begin_within_their_limits(void **state)
{
    (void)state;
    static const char *const class[] = {"a", "b", "c"};
    const struct fa_head head[] = {{"x", class, 3, 0}, {"y", class, 2, 3}};
    struct fa_arch arch;
    struct fa_mlp mlp;
    struct fa_err err;
    assert_int_equal(fa_arch_parse(&arch, "dense 40 relu he", &err), 0);
    mlp_plan(&mlp, &arch, 100, head, 2);
    float *param = fa_mem_aligned(mlp.floats, sizeof *param, &err), most = 0, x = 0, y = 0;
    mlp_init(&mlp, param, 1);
    for (size_t i = 0; i < 4000; i++)
        most = fmaxf(most, fabsf(param[mlp.tensor[0].offset + i]));
    for (size_t i = 0; i < 200; i++) {
        float *one = i % 5 < 3 ? &x : &y;
        *one = fmaxf(*one, fabsf(param[mlp.tensor[2].offset + i]));
    }
    assert_true(most <= sqrtf(6.0f / 100) && most > 0.98f * sqrtf(6.0f / 100));
    assert_true(x <= sqrtf(6.0f / 43) && x > 0.9f * sqrtf(6.0f / 43));
    assert_true(y <= sqrtf(6.0f / 42) && y > 0.9f * sqrtf(6.0f / 42));
    free(param);
}

/* Two standard deviations at most, and the variance that was asked for. */
static void normal_kernels_have_their_variance(void **state)
{
    (void)state;
    static const char *const class[] = {"a", "b"};
    static const char *const line[] = {"dense 100 glorot_normal", "dense 100 he_normal"};
    const struct fa_head head = {"x", class, 2, 0};
    const double variance[] = {2.0 / 400, 2.0 / 300};
    struct fa_arch arch;
    struct fa_mlp mlp;
    struct fa_err err;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fa_arch_parse(&arch, line[i], &err), 0);
        mlp_plan(&mlp, &arch, 300, &head, 1);
        float *param = fa_mem_aligned(mlp.floats, sizeof *param, &err);
        mlp_init(&mlp, param, 1);
        double most = 0, square = dot(param, param, 30000) / 30000;
        for (size_t k = 0; k < 30000; k++)
            most = fmax(most, fabs((double)param[k]));
        assert_true(fabs(square / variance[i] - 1) < 0.03);
        assert_true(most <= 2.001 / 0.8796 * sqrt(variance[i]) && most > 2.2 * sqrt(variance[i]));
        free(param);
    }
}

static void activations_have_their_values(void **state)
{
    (void)state;
    const float in[] = {-3, -1, -0.1f, 0, 0.5f, 2}, zero[6] = {0};
    for (int leaky = 0; leaky < 2; leaky++) {
        float y[6], z[6];
        memcpy(y, in, sizeof y);
        layer_activation_forward(y, z, zero, (struct layer_part){1, 6, 6}, leaky ? FA_LEAKY_RELU : FA_GELU);
        for (size_t i = 0; i < 6; i++) {
            double x = (double)in[i], want = leaky ? (x > 0 ? x : 0.2 * x) : x * 0.5 * erfc(-x / sqrt(2));
            assert_true(fabs((double)y[i] - want) < 1e-6);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dense_gradients),
        cmocka_unit_test(layers_go_by_parts),
        cmocka_unit_test(dropout_masks),
        cmocka_unit_test(dropout_gradient),
        cmocka_unit_test(batchnorm_gradients),
        cmocka_unit_test(batchnorm_statistics),
        cmocka_unit_test(loss_gradient_with_missing_labels),
        cmocka_unit_test(loss_gradient_with_weights_smoothing_and_coarse_labels),
        cmocka_unit_test(the_objective_is_as_documented),
        cmocka_unit_test(loss_is_stable),
        cmocka_unit_test(adam_agrees_with_the_paper),
        cmocka_unit_test(sgd_has_momentum_and_decay),
        cmocka_unit_test(gradients_are_clipped_by_their_common_length),
        cmocka_unit_test(network_gradients),
        cmocka_unit_test(steps_do_not_depend_on_threads),
        cmocka_unit_test(kernels_begin_within_their_limits),
        cmocka_unit_test(normal_kernels_have_their_variance),
        cmocka_unit_test(activations_have_their_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
