/* Room net: layers that several threads do together give what one alone gives, to the bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/net/netfile.h"
#include "../../lib/net/op.h"
#include "netmodel.h"

enum { FLOAT = 1, INT64 = 7, IN = 3 * 70 * 70, IMAGES = 5 };

/* Every element in one part, whatever does not divide. */
static void parts_cover_a_product_once(void **state)
{
    static unsigned char seen[200][200];
    const struct fa_panels panels = {.rows = 12, .cols = 32};
    (void)state;
    for (size_t n = 1; n <= 5; n++)
        for (size_t m = 1; m < 200; m += 18)
            for (size_t cols = 1; cols < 200; cols += 21) {
                memset(seen, 0, sizeof seen);
                for (size_t i = 0; i < n; i++) {
                    struct net_tile t = net_part_product((struct net_part){i, n}, &panels, m, cols);
                    assert_true(t.row % panels.rows == 0 && t.col % panels.cols == 0);
                    for (size_t y = t.row; y < t.row + t.rows; y++)
                        for (size_t x = t.col; x < t.col + t.cols; x++)
                            seen[y][x]++;
                }
                for (size_t y = 0; y < 200; y++)
                    for (size_t x = 0; x < 200; x++)
                        assert_int_equal(seen[y][x], y < m && x < cols);
            }
}

static void put_ints(struct message *graph, const char *name, size_t n, const int64_t *value)
{
    const int64_t dim = (int64_t)n;
    struct message tensor = onnx_tensor(name, INT64, n > 1, &dim, value, n * sizeof *value);
    put_message(graph, 5, &tensor);
}

/* Weights of this shape as nodes that are folded while loading: sin(0), sin(1), ... */
static void put_weights(struct message *graph, const char *name, const int64_t shape[4])
{
    char part[5][16];
    const char *suffix[] = {"n", "s", "r", "f", "i"};
    for (size_t i = 0; i < 5; i++)
        snprintf(part[i], sizeof part[i], "%s%s", name, suffix[i]);
    put_ints(graph, part[0], 1, &(int64_t){shape[0] * shape[1] * shape[2] * shape[3]});
    put_ints(graph, part[1], 4, shape);
    char inputs[64];
    snprintf(inputs, sizeof inputs, "zero %s one", part[0]);
    struct message range = onnx_node("Range", inputs, part[2]), cast = onnx_node("Cast", part[2], part[3]);
    onnx_int_attr(&cast, "to", FLOAT);
    struct message sin = onnx_node("Sin", part[3], part[4]);
    snprintf(inputs, sizeof inputs, "%s %s", part[4], part[1]);
    struct message reshape = onnx_node("Reshape", inputs, name);
    const struct message *node[] = {&range, &cast, &sin, &reshape};
    for (size_t i = 0; i < 4; i++)
        put_message(graph, 1, node[i]);
}

static void put_conv(struct message *graph, const char *inputs, const char *output, int64_t group, const int64_t weights[4])
{
    const char *name = strchr(inputs, ' ') + 1;
    struct message conv = onnx_node("Conv", inputs, output);
    onnx_text_attr(&conv, "auto_pad", "SAME_UPPER");
    onnx_int_attr(&conv, "group", group);
    put_weights(graph, name, weights);
    put_message(graph, 1, &conv);
}

/* Planes copied to pixels, a product of many rows and one of many columns, an elementwise one, Winograd's factors of both kinds,
 * groups, depthwise, a pool, a Gemm. */
static struct message model(void)
{
    struct message graph = {.n = 0}, x = onnx_value("x", FLOAT, 4, (int64_t[]){0, 3, 70, 70}), y = onnx_value("y", FLOAT, 0, NULL);
    put_ints(&graph, "zero", 1, &(int64_t){0});
    put_ints(&graph, "one", 1, &(int64_t){1});
    put_conv(&graph, "x w1", "a", 1, (int64_t[]){40, 3, 5, 5});
    put_conv(&graph, "a w2", "b", 1, (int64_t[]){64, 40, 3, 3});
    put_conv(&graph, "b w3", "s", 64, (int64_t[]){64, 1, 3, 3});
    struct message square = onnx_node("Mul", "s s", "c");
    put_message(&graph, 1, &square);
    put_conv(&graph, "c w4", "d", 2, (int64_t[]){36, 32, 3, 3});
    struct message pool = onnx_node("AveragePool", "d", "e"), flat = onnx_node("Flatten", "g", "h"), dense = onnx_node("MatMul", "h w7", "y");
    struct message ints = {.n = 0};
    put_text(&ints, 1, "kernel_shape");
    for (int i = 0; i < 2; i++)
        put_int(&ints, 8, 64);
    put_int(&ints, 20, 7);
    put_message(&pool, 5, &ints);
    put_message(&graph, 1, &pool);
    put_conv(&graph, "e w5", "f", 1, (int64_t[]){512, 36, 1, 7});
    put_conv(&graph, "f w6", "g", 1, (int64_t[]){64, 512, 3, 1});
    put_message(&graph, 1, &flat);
    put_weights(&graph, "w7s4", (int64_t[]){64 * 49, 1024, 1, 1});
    struct message squeeze = onnx_node("Flatten", "w7s4", "w7");
    put_message(&graph, 1, &squeeze);
    put_message(&graph, 1, &dense);
    put_message(&graph, 11, &x);
    put_message(&graph, 12, &y);
    return onnx_model(&graph, 13);
}

static void threads_give_the_same_bits(void **state)
{
    struct fa_err err = {""};
    struct message m = model();
    const struct net_source source = {.label = "m.onnx", .file = {m.bytes, m.bytes + m.n}};
    struct fa_net *net = net_open(&source, &err);
    struct fa_exec *alone = net ? fa_exec_new(net, &err) : NULL;
    static float x[IMAGES * IN];
    (void)state;
    if (!alone)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < IMAGES * IN; i++)
        x[i] = (float)(i * i % 1009) / 1009;
    for (unsigned threads = 2; threads <= 5; threads++) {
        struct fa_pool *pool = fa_pool_new(threads, &err);
        struct fa_exec *exec = fa_exec_new(net, &err);
        assert_true(pool && exec);
        fa_exec_share(exec, pool);
        for (size_t images = 1; images <= IMAGES; images++) {
            struct fa_tensor input = {x, 4, {images, 3, 70, 70}}, want, have;
            assert_int_equal(fa_exec_run(alone, &input, &want, &err), 0);
            assert_int_equal(fa_exec_run(exec, &input, &have, &err), 0);
            assert_int_equal(have.dim[0], images);
            assert_int_equal(have.dim[1], 1024);
            assert_memory_equal(have.data, want.data, images * 1024 * sizeof(float));
        }
        fa_exec_free(exec);
        fa_pool_free(pool);
    }
    fa_exec_free(alone);
    fa_net_close(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_cover_a_product_once),
        cmocka_unit_test(threads_give_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
