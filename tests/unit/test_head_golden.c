/* Room head against PyTorch and Keras: loss, every gradient, and the weights after ten steps of three small heads, which
 * tests/golden/make_head_golden.py has trained, and of two of them that make_head_golden_keras.py has. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/head/mlp.h"

enum { ROWS = 6, DIM = 8, LOGITS = 7, STEPS = 10, MOST = 256 };

static const struct recipe {
    const char *name, *arch;
    struct fa_fit_options options;
    float smoothing;
    bool keras;
} recipe[] = {
    {"adam", "dense 10 sigmoid, batchnorm, dense 7 relu", {.optimizer = FA_ADAM, .rate = 1e-2}, 0, true},
    {"adamw", "dense 10 gelu, dense 7 leaky_relu", {.optimizer = FA_ADAMW, .rate = 1e-2, .weight_decay = 0.1}, 0.1f, true},
    {"sgd", "dense 10 tanh, batchnorm", {.optimizer = FA_SGD, .rate = 0.1, .weight_decay = 0.01, .momentum = 0.9, .clip = 0.5}, 0, false},
};

/* A file's case of this name. */
static FILE *open_case(const char *path, const char *name)
{
    FILE *file = fopen(path, "r");
    char word[32] = "";
    assert_non_null(file);
    while (strcmp(word, name) != 0)
        assert_int_equal(fscanf(file, "%31s", word), 1);
    return file;
}

/* The next array, which must have this name and length. */
static void take(FILE *file, const char *name, double *to, size_t n)
{
    char have[32];
    size_t length;
    if (fscanf(file, "%31s %zu", have, &length) != 2 || strcmp(have, name) != 0 || length != n || n > MOST)
        fail_msg("want %s with %zu numbers", name, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(fscanf(file, "%lf", &to[i]), 1);
}

static void take_floats(FILE *file, const char *name, float *to, size_t n)
{
    double value[MOST];
    take(file, name, value, n);
    for (size_t i = 0; i < n; i++)
        to[i] = (float)value[i];
}

/* The distance of the next array from have, relative to its own length, is at most 1e-5. */
static void compare(FILE *file, const char *name, const float *have, size_t n)
{
    double want[MOST], distance = 0, length = 0;
    take(file, name, want, n);
    for (size_t i = 0; i < n; i++) {
        distance += pow((double)have[i] - want[i], 2);
        length += want[i] * want[i];
    }
    assert_true(length > 0);
    if (sqrt(distance / length) > 1e-5)
        fail_msg("%s is off by %g of its length", name, sqrt(distance / length));
}

static void compare_all(FILE *file, const struct fa_mlp *mlp, const float *floats, bool trained_only)
{
    for (size_t i = 0; i < mlp->ntensors; i++)
        if (mlp->tensor[i].trained || !trained_only)
            compare(file, mlp->tensor[i].name, floats + mlp->tensor[i].offset, mlp->tensor[i].rows * mlp->tensor[i].cols);
}

struct run {
    struct fa_mlp mlp;
    struct mlp_tape tape;
    struct layer_loss loss[2];
    float *param, *grad, *m, *v, *first; /* first: gradients of the first step */
    float class_weight[LOGITS], objective[STEPS];
};

static void take_step(FILE *file, struct run *run, const struct fa_fit_options *options, uint64_t step)
{
    double label64[2 * ROWS];
    int32_t label[2 * ROWS];
    struct layer_score score[2] = {{0}};
    take_floats(file, "x", run->tape.x, ROWS * DIM);
    take(file, "label", label64, 2 * ROWS);
    for (size_t i = 0; i < 2 * ROWS; i++)
        label[i] = (int32_t)label64[i];
    mlp_forward(&run->mlp, &run->tape, run->param, ROWS, NULL);
    mlp_loss(&run->mlp, &run->tape, run->loss, label, ROWS, score, NULL);
    mlp_backward(&run->mlp, &run->tape, run->param, run->grad, ROWS, NULL);
    run->objective[step] = (float)(score[0].objective + score[1].objective);
    if (step == 0)
        memcpy(run->first, run->grad, run->mlp.floats * sizeof *run->grad);
    struct mlp_state state = {run->param, run->grad, run->m, run->v, step + 1};
    mlp_update(&run->mlp, &state, options, options->rate, NULL);
}

static void compare_run(FILE *file, const struct run *run)
{
    compare(file, "loss", run->objective, STEPS);
    compare_all(file, &run->mlp, run->first, true);
    compare_all(file, &run->mlp, run->param, false);
    fclose(file);
}

static void ten_steps_are_those_of_others(void **state)
{
    const struct recipe *r = *state;
    static const char *const class[] = {"a", "b", "c", "d"};
    const struct fa_head head[] = {{"x", class, 4, 0}, {"y", class, 3, 4}};
    FILE *file = open_case("tests/golden/head_golden.txt", r->name);
    struct run run = {0};
    struct fa_arch arch;
    struct fa_err err;
    assert_int_equal(fa_arch_parse(&arch, r->arch, &err), 0);
    mlp_plan(&run.mlp, &arch, DIM, head, 2);
    assert_int_equal(mlp_tape_new(&run.tape, &run.mlp, ROWS, &err), 0);
    run.param = fa_mem_aligned(5 * run.mlp.floats, sizeof *run.param, &err);
    run.grad = run.param + run.mlp.floats;
    run.m = run.grad + run.mlp.floats;
    run.v = run.m + run.mlp.floats;
    run.first = run.v + run.mlp.floats;
    for (size_t i = 0; i < run.mlp.ntensors; i++) {
        const struct mlp_tensor *t = &run.mlp.tensor[i];
        take_floats(file, t->name, run.param + t->offset, t->rows * t->cols);
    }
    take_floats(file, "class_weight", run.class_weight, LOGITS);
    for (size_t h = 0; h < 2; h++)
        run.loss[h] = (struct layer_loss){.classes = head[h].nclasses, .weight = h ? 0.5f : 1, .smoothing = r->smoothing,
                                          .class_weight = run.class_weight + head[h].offset};
    for (uint64_t step = 0; step < STEPS; step++)
        take_step(file, &run, &r->options, step);
    compare_run(file, &run);
    if (r->keras)
        compare_run(open_case("tests/golden/head_golden_keras.txt", r->name), &run);
    mlp_tape_free(&run.tape);
    free(run.param);
}

int main(void)
{
    struct CMUnitTest tests[sizeof recipe / sizeof *recipe];
    for (size_t i = 0; i < sizeof recipe / sizeof *recipe; i++)
        tests[i] = (struct CMUnitTest){recipe[i].name, ten_steps_are_those_of_others, NULL, NULL,
                                       (void *)(uintptr_t)&recipe[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
