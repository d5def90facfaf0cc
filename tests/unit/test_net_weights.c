/* The suite's default networks against other runtimes: tests/golden/net_vectors.txt, made by make_net_vectors.py. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "fa/net.h"

#define VECTORS "tests/golden/net_vectors.txt"

enum { BATCH = 5 };

static char root[512]; /* folder of weights */

struct expected {
    char file[128], output[128], kind[8];
    struct fa_tensor input;
    size_t n;
    float *values;
};

/* One line of the file; 0 at its end. */
static int read_expected(FILE *stream, struct expected *e)
{
    char shape[64];
    if (fscanf(stream, "%127s %127s %7s %63s %zu", e->file, e->output, e->kind, shape, &e->n) != 5)
        return 0;
    e->input = (struct fa_tensor){.rank = 0};
    for (char *at = shape; *at; at += *at == 'x')
        e->input.dim[e->input.rank++] = strtoul(at, &at, 10);
    e->values = malloc(e->n * sizeof *e->values);
    assert_non_null(e->values);
    for (size_t i = 0; i < e->n; i++)
        assert_int_equal(fscanf(stream, "%f", &e->values[i]), 1);
    return 1;
}

static size_t count(const struct fa_tensor *tensor)
{
    size_t n = 1;
    for (size_t i = 0; i < tensor->rank; i++)
        n *= tensor->dim[i];
    return n;
}

/* The picture of make_net_vectors.py, and behind it others, so that the first is one of a batch. */
static float *pictures(const struct fa_tensor *input)
{
    size_t n = count(input);
    float *x = malloc(BATCH * n * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < BATCH * n; i++)
        x[i] = ((float)((37 * i + (i / 7) * (i / 7) % 251) % 256) - 127.5f) / 128;
    return x;
}

/* The first image of the output, pooled if so wanted; free() it. */
static float *run(struct fa_exec *exec, const struct expected *e, size_t batch, const float *x)
{
    struct fa_err err = {""};
    struct fa_tensor input = e->input, output;
    input.data = x;
    input.dim[0] = batch;
    if (fa_exec_run(exec, &input, &output, &err))
        fail_msg("%s", err.text);
    assert_int_equal(output.dim[0], batch);
    size_t n = count(&output) / batch, positions = strcmp(e->kind, "mean") == 0 ? n / e->n : 1;
    assert_int_equal(n, e->n * positions);
    float *y = malloc(e->n * sizeof *y);
    assert_non_null(y);
    for (size_t i = 0; i < e->n; i++) {
        double sum = 0;
        for (size_t p = 0; p < positions; p++)
            sum += output.data[i * positions + p];
        y[i] = (float)(sum / (double)positions);
    }
    return y;
}

static double cosine(const float *a, const float *b, size_t n)
{
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i++) {
        ab += (double)a[i] * b[i];
        aa += (double)a[i] * a[i];
        bb += (double)b[i] * b[i];
    }
    return ab / sqrt(aa * bb);
}

static void check(const struct expected *e, unsigned flags)
{
    struct fa_err err = {""};
    char path[800];
    const char *output = e->output;
    snprintf(path, sizeof path, "%s/%s", root, e->file);
    struct fa_net *net = fa_net_open(path, &output, 1, flags, &err);
    if (!net)
        fail_msg("%s", err.text);
    struct fa_exec *exec = fa_exec_new(net, &err);
    float *x = pictures(&e->input);
    float *alone = run(exec, e, 1, x), *together = run(exec, e, BATCH, x), *again = run(exec, e, 1, x);
    assert_true(cosine(alone, e->values, e->n) >= 0.99999);
    assert_memory_equal(alone, again, e->n * sizeof *alone);
    for (size_t i = 0; i < e->n; i++) {
        assert_true(fabsf(alone[i] - e->values[i]) <= 1e-4f * (1 + fabsf(e->values[i])));
        assert_true(fabsf(alone[i] - together[i]) <= 1e-5f * (1 + fabsf(alone[i])));
    }
    free(x);
    free(alone);
    free(together);
    free(again);
    fa_exec_free(exec);
    fa_net_close(net);
}

/* FA_NET_EXACT is heard: the last digits are others. */
static void fast_convolution_can_be_left_out(void **state)
{
    (void)state;
    FILE *stream = fopen(VECTORS, "r");
    struct expected e;
    struct fa_err err;
    char path[800];
    float *y[2];
    assert_int_equal(read_expected(stream, &e), 1);
    const char *output = e.output;
    snprintf(path, sizeof path, "%s/%s", root, e.file);
    for (unsigned i = 0; i < 2; i++) {
        struct fa_net *net = fa_net_open(path, &output, 1, i ? FA_NET_EXACT : 0, &err);
        struct fa_exec *exec = fa_exec_new(net, &err);
        float *x = pictures(&e.input);
        y[i] = run(exec, &e, 1, x);
        free(x);
        fa_exec_free(exec);
        fa_net_close(net);
    }
    assert_memory_not_equal(y[0], y[1], e.n * sizeof **y);
    free(y[0]);
    free(y[1]);
    free(e.values);
    fclose(stream);
}

static void agrees_with_other_runtimes(void **state)
{
    FILE *stream = fopen(VECTORS, "r");
    struct expected e;
    (void)state;
    assert_non_null(stream);
    while (read_expected(stream, &e)) {
        check(&e, 0);
        check(&e, FA_NET_EXACT);
        check(&e, FA_NET_PLAIN);
        free(e.values);
    }
    fclose(stream);
}

/* The weights, each named once in the vectors' file; the first that is absent. */
static int find_weights(char *missing, size_t size)
{
    const char *models = getenv("FA_MODELS"), *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (models)
        snprintf(root, sizeof root, "%s", models);
    else if (data)
        snprintf(root, sizeof root, "%s/fa", data);
    else
        snprintf(root, sizeof root, "%s/.local/share/fa", home ? home : "");
    FILE *stream = fopen(VECTORS, "r");
    struct expected e;
    int found = stream != NULL;
    while (stream && found && read_expected(stream, &e)) {
        snprintf(missing, size, "%s/%s", root, e.file);
        found = access(missing, R_OK) == 0;
        free(e.values);
    }
    if (stream)
        fclose(stream);
    return found;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_other_runtimes), cmocka_unit_test(fast_convolution_can_be_left_out)};
    char missing[800] = VECTORS;
    if (!find_weights(missing, sizeof missing)) {
        printf("1..0 # SKIP no %s\n", missing);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
