/* lib/net on files: what is wrong with one is told in one line that names it; nothing crashes and nothing huge is asked
 * for, whatever the bytes. And what only a file written by hand shows: GraphDefs, batches of graphs fixed to one image. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <xxhash.h>

#include "../../lib/net/netfile.h"
#include "netmodel.h"

static struct fa_net *open_bytes(const uint8_t *bytes, size_t n, struct fa_err *err)
{
    const struct net_source source = {.label = "m.onnx", .file = {bytes, bytes + n}};
    return net_open(&source, err);
}

static void refuses(const struct message *m, const char *message)
{
    struct fa_err err = {""};
    assert_null(open_bytes(m->bytes, m->n, &err));
    assert_string_equal(err.text, message);
}

static const int64_t one_image[4] = {1, 2, 3, 3};

/* A graph of one node of input x, x 2x3x3, with output y. */
static struct message graph_of(const struct message *node)
{
    struct message graph = {.n = 0}, x = onnx_value("x", 1, 4, one_image), y = onnx_value("y", 1, 0, NULL);
    put_message(&graph, 1, node);
    put_message(&graph, 11, &x);
    put_message(&graph, 12, &y);
    return graph;
}

static struct message model_of(const struct message *node)
{
    struct message graph = graph_of(node);
    return onnx_model(&graph, 13);
}

static struct message conv_model(const char *auto_pad, const int64_t dim[4], size_t bytes, int64_t type)
{
    static const float weights[64];
    struct message conv = onnx_node("Conv", "x w", "y"), w = onnx_tensor("w", type, 4, dim, weights, bytes);
    if (auto_pad)
        onnx_text_attr(&conv, "auto_pad", auto_pad);
    struct message graph = graph_of(&conv);
    put_message(&graph, 5, &w);
    return onnx_model(&graph, 13);
}

static void names_what_it_does_not_support(void **state)
{
    (void)state;
    struct message node = onnx_node("Einsum", "x", "y"), m = model_of(&node);
    refuses(&m, "m.onnx: node 'the-node' (Einsum): unsupported operator");
    node = onnx_node("Relu", "x", "y");
    onnx_int_attr(&node, "consumed_inputs", 3);
    m = model_of(&node);
    refuses(&m, "m.onnx: node 'the-node' (Relu): unsupported attribute consumed_inputs=3");
    node = onnx_node("Conv", "x x", "y");
    m = model_of(&node);
    refuses(&m, "m.onnx: node 'the-node' (Conv): weights that are not constant are not supported");
    node = onnx_node("Relu", "x", "y");
    put_text(&node, 7, "com.example");
    m = model_of(&node);
    refuses(&m, "m.onnx: node 'the-node' (com.example.Relu): unsupported operator");
    m = conv_model("SAME_MIDDLE", (int64_t[]){1, 2, 1, 1}, 8, 1);
    refuses(&m, "m.onnx: node 'the-node' (Conv): unsupported attribute auto_pad=SAME_MIDDLE");
    node = onnx_node("Softmax", "x", "y");
    onnx_text_attr(&node, "axis", "1");
    m = model_of(&node);
    refuses(&m, "m.onnx: node 'the-node' (Softmax): attribute axis has the wrong type");
}

static void names_what_is_wrong_with_a_graph(void **state)
{
    (void)state;
    struct message node = onnx_node("Relu", "z", "y"), m = model_of(&node);
    refuses(&m, "m.onnx: node 'the-node' (Relu): reads 'z', which nothing makes");
    node = onnx_node("Add", "x y", "y");
    m = model_of(&node);
    refuses(&m, "m.onnx: node 'the-node' (Add): is part of a cycle");
    node = onnx_node("Relu", "x", "x");
    m = model_of(&node);
    refuses(&m, "m.onnx: node 'the-node' (Relu): value 'x' is made twice");
    node = onnx_node("Relu", "x x", "y");
    m = model_of(&node);
    refuses(&m, "m.onnx: node 'the-node' (Relu): 2 inputs and 1 outputs are not supported");
    m = conv_model(NULL, (int64_t[]){1, 3, 1, 1}, 12, 1);
    refuses(&m, "m.onnx: node 'the-node' (Conv): image of 2 channels, want 3");
    m = conv_model(NULL, (int64_t[]){1, 2, 5, 1}, 40, 1);
    refuses(&m, "m.onnx: node 'the-node' (Conv): image of 3 x 3 is smaller than the window");
}

static void names_what_is_wrong_with_a_tensor(void **state)
{
    (void)state;
    struct message m = conv_model(NULL, (int64_t[]){1, 2, 1, 1}, 12, 1);
    refuses(&m, "m.onnx: tensor 'w': 12 bytes for 2 elements");
    m = conv_model(NULL, (int64_t[]){1, -2, 1, 1}, 8, 1);
    refuses(&m, "m.onnx: tensor 'w': dimension of -2");
    m = conv_model(NULL, (int64_t[]){1 << 20, 1 << 20, 1 << 20, 1 << 20}, 8, 1);
    refuses(&m, "m.onnx: tensor 'w': too large");
    m = conv_model(NULL, (int64_t[]){1, 2, 1, 1}, 8, 11);
    refuses(&m, "m.onnx: tensor 'w': 8 bytes for 2 elements");
    m = conv_model(NULL, (int64_t[]){1, 2, 1, 1}, 16, 14);
    refuses(&m, "m.onnx: 'w': unsupported data type of a tensor");
    m = conv_model(NULL, (int64_t[]){1, 2, 1, 1}, 16, 7);
    refuses(&m, "m.onnx: node 'the-node' (Conv): weights of 4 dimensions, want 4 of float32 (only 2-D images are supported)");
    struct message conv = onnx_node("Conv", "x w", "y"), graph = graph_of(&conv), w = {.n = 0};
    w = onnx_tensor("w", 1, 4, (int64_t[]){1, 2, 1, 1}, "", 0);
    put_int(&w, 14, 1);
    put_message(&graph, 5, &w);
    m = onnx_model(&graph, 13);
    refuses(&m, "m.onnx: data in '', which is not in its folder");
}

/* Shapes that a few bytes can ask for. */
static void asks_for_no_huge_memory(void **state)
{
    (void)state;
    const int64_t shape[8] = {1 << 15, 1 << 15, 1 << 15, 1 << 15, 1, 2, 3, 3}, fill[2] = {1 << 14, 1 << 14}, two = 2, eight = 8;
    struct message expand = onnx_node("Expand", "x s", "y"), graph = graph_of(&expand);
    struct message s = onnx_tensor("s", 7, 1, &eight, shape, sizeof shape);
    put_message(&graph, 5, &s);
    struct message m = onnx_model(&graph, 13);
    refuses(&m, "m.onnx: node 'the-node' (Expand): the input does not fit the shape");
    struct message filled = onnx_node("ConstantOfShape", "s", "y");
    graph = graph_of(&filled);
    s = onnx_tensor("s", 7, 1, &two, fill, sizeof fill);
    put_message(&graph, 5, &s);
    m = onnx_model(&graph, 13);
    refuses(&m, "m.onnx: node 'the-node' (ConstantOfShape): computes too large a constant");
}

/* Slice may name an axis again: what is left of it has no step to overflow. */
static void takes_huge_steps(void **state)
{
    (void)state;
    const int64_t from[3] = {0}, to[3] = {3, 3, 3}, axis[3] = {2, 2, 2}, by[3] = {INT32_MAX, INT32_MAX, INT32_MAX}, three = 3;
    struct fa_err err = {""};
    struct message slice = onnx_node("Slice", "x s e a t", "y"), graph = graph_of(&slice);
    const struct message list[] = {onnx_tensor("s", 7, 1, &three, from, sizeof from), onnx_tensor("e", 7, 1, &three, to, sizeof to),
                                   onnx_tensor("a", 7, 1, &three, axis, sizeof axis), onnx_tensor("t", 7, 1, &three, by, sizeof by)};
    for (size_t i = 0; i < 4; i++)
        put_message(&graph, 5, &list[i]);
    struct message m = onnx_model(&graph, 13);
    struct fa_net *net = open_bytes(m.bytes, m.n, &err);
    if (!net)
        fail_msg("%s", err.text);
    assert_int_equal(fa_net_output(net, 0)->dim[2], 1);
    fa_net_close(net);
}

static void put_ints_attr(struct message *node, const char *name, const int64_t *value, size_t n)
{
    struct message m = {.n = 0};
    put_text(&m, 1, name);
    for (size_t i = 0; i < n; i++)
        put_int(&m, 8, value[i]);
    put_int(&m, 20, 7);
    put_message(node, 5, &m);
}

/* A window costs what it has of the image: one tap at a time, this one would take minutes. */
static void takes_huge_windows(void **state)
{
    (void)state;
    struct fa_err err = {""};
    struct message pool = onnx_node("MaxPool", "x", "y");
    put_ints_attr(&pool, "kernel_shape", (int64_t[]){65536, 65536}, 2);
    put_ints_attr(&pool, "pads", (int64_t[]){65535, 65535, 65533, 4}, 4);
    struct message m = model_of(&pool);
    struct fa_net *net = open_bytes(m.bytes, m.n, &err);
    if (!net)
        fail_msg("%s", err.text);
    struct fa_exec *exec = fa_exec_new(net, &err);
    float x[18];
    for (size_t i = 0; i < 18; i++)
        x[i] = (float)i;
    struct fa_tensor input = {.data = x, .rank = 4, .dim = {1, 2, 3, 3}}, output;
    assert_int_equal(fa_exec_run(exec, &input, &output, &err), 0);
    assert_int_equal(output.dim[2], 65536);
    assert_int_equal(output.dim[3], 7);
    assert_true(output.data[0] == 0 && output.data[2] == 2 && output.data[6] == 2 && output.data[7 + 3] == 5);
    assert_true(output.data[7 * 65536 - 1] == 8 && output.data[2 * 7 * 65536 - 1] == 17);
    fa_exec_free(exec);
    fa_net_close(net);
}

/* Two rows of a constant are no two images. */
static void keeps_one_image_where_two_are_no_batch(void **state)
{
    (void)state;
    static const float rows[6] = {1, 2, 3, 4, 5, 6}, x[6] = {0};
    struct fa_err err = {""};
    struct message add = onnx_node("Add", "x c", "y"), graph = {.n = 0};
    struct message in = onnx_value("x", 1, 2, (int64_t[]){1, 3}), out = onnx_value("y", 1, 0, NULL);
    struct message c = onnx_tensor("c", 1, 2, (int64_t[]){2, 3}, rows, sizeof rows);
    put_message(&graph, 1, &add);
    put_message(&graph, 5, &c);
    put_message(&graph, 11, &in);
    put_message(&graph, 12, &out);
    struct message m = onnx_model(&graph, 13);
    struct fa_net *net = open_bytes(m.bytes, m.n, &err);
    if (!net)
        fail_msg("%s", err.text);
    assert_int_equal(fa_net_input(net, 0)->dim[0], 1);
    struct fa_exec *exec = fa_exec_new(net, &err);
    struct fa_tensor input = {.data = x, .rank = 2, .dim = {2, 3}}, output;
    assert_int_equal(fa_exec_run(exec, &input, &output, &err), -1);
    assert_string_equal(err.text, "m.onnx: input 'x': dimension 0 is 2, want 1");
    fa_exec_free(exec);
    fa_net_close(net);
}

static void tells_what_is_no_network(void **state)
{
    struct fa_err err;
    (void)state;
    assert_null(open_bytes((const uint8_t *)"hello, world", 12, &err));
    assert_string_equal(err.text, "m.onnx: neither an ONNX file nor a frozen TensorFlow graph");
    assert_null(fa_net_open("/nonexistent/m.onnx", NULL, 0, 0, &err));
    assert_string_equal(err.text, "/nonexistent/m.onnx: No such file or directory");
    assert_null(fa_net_open("/", NULL, 0, 0, &err));
    assert_string_equal(err.text, "/: not a regular file");
    struct message node = onnx_node("Relu", "x", "y"), m = model_of(&node);
    const char *output = "conv9";
    const struct net_source source = {.label = "m.onnx", .file = {m.bytes, m.bytes + m.n}, .outputs = &output, .noutputs = 1};
    assert_null(net_open(&source, &err));
    assert_string_equal(err.text, "m.onnx: no value 'conv9' in the graph");
}

/* Runs a net that opened on zeros of its own shapes (2 where open), unless they are large. */
static void try_run(const struct fa_net *net)
{
    struct fa_err err;
    struct fa_tensor inputs[4] = {{0}}, outputs[8];
    float *zeros = calloc(1 << 16, sizeof *zeros);
    struct fa_exec *exec = fa_exec_new(net, &err);
    assert_non_null(zeros);
    assert_non_null(exec);
    bool small = fa_net_ninputs(net) <= 4 && fa_net_noutputs(net) <= 8;
    for (size_t i = 0; small && i < fa_net_ninputs(net); i++) {
        const struct fa_net_value *value = fa_net_input(net, i);
        inputs[i] = (struct fa_tensor){.data = zeros, .rank = value->rank};
        size_t n = 1;
        for (size_t k = 0; small && k < value->rank; k++) {
            inputs[i].dim[k] = value->dim[k] ? value->dim[k] : 2;
            small = inputs[i].dim[k] < 1 << 16 && (n *= inputs[i].dim[k]) < 1 << 16;
        }
    }
    if (small)
        fa_exec_run(exec, inputs, outputs, &err);
    fa_exec_free(exec);
    free(zeros);
}

static void survives(const uint8_t *bytes, size_t n)
{
    struct fa_err err = {""};
    uint8_t *copy = malloc(n ? n : 1); /* so that a read beyond the end is seen by the sanitizer */
    assert_non_null(copy);
    memcpy(copy, bytes, n);
    struct fa_net *net = open_bytes(copy, n, &err);
    free(copy);
    if (net)
        try_run(net);
    else
        assert_true(strncmp(err.text, "m.onnx: ", 8) == 0 || strncmp(err.text, "out of memory", 13) == 0);
    assert_null(strchr(err.text, '\n'));
    fa_net_close(net);
}

/* Cut at each byte, and each byte replaced by others. */
static void survives_damage(uint8_t *bytes, size_t n)
{
    static const uint8_t flips[] = {0x01, 0x80, 0xff, 0x08};
    struct fa_err err;
    struct fa_net *whole = open_bytes(bytes, n, &err);
    if (!whole)
        fail_msg("%s", err.text);
    fa_net_close(whole);
    for (size_t cut = 0; cut < n; cut++)
        survives(bytes, cut);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sizeof flips; k++) {
            bytes[i] ^= flips[k];
            survives(bytes, n);
            bytes[i] ^= flips[k];
        }
}

static void damaged_onnx_files_are_survived(void **state)
{
    static const char *const cases[] = {"conv_transposed_images", "reshape_worked_out", "matmul_bias_prelu", "half_weights",
                                        "conv_of_every_other_row", "resize_11_nearest", "split_18_uneven", "pad_19",
                                        "reducemean_18", "batchnorm_8", "resize_13_crop", "groupnorm_21", "size_chosen"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static uint8_t bytes[1 << 14];
        char path[128];
        snprintf(path, sizeof path, "tests/golden/onnx/%s/model.onnx", cases[i]);
        FILE *stream = fopen(path, "rb");
        assert_non_null(stream);
        size_t n = fread(bytes, 1, sizeof bytes, stream);
        fclose(stream);
        survives_damage(bytes, n);
    }
}

static void put_attr_text(struct message *node, const char *name, const char *text)
{
    struct message value = {.n = 0};
    put_text(&value, 2, text);
    tf_attr(node, name, &value);
}

/* y = relu(conv1x1(x) + bias) as a row an image: nodes against the order of the data, control inputs, `name:0`. */
static struct message graphdef(const char *relu_input)
{
    static const float weights[] = {1, 0, 10, 0, 1, 100}, bias[] = {0.5f, -1, 0};
    static const int32_t row[] = {1, -1};
    struct message m = {.n = 0}, shape = tf_shape(4, (int64_t[]){1, 2, 2, 2}), value = {.n = 0};
    struct message reshape = tf_node("y", "Reshape", "relu row"), relu = tf_node("relu", "Relu", relu_input);
    struct message add = tf_node("bias/add", "BiasAdd", "conv:0 bias"), conv = tf_node("conv", "Conv2D", "x:0 w ^bias");
    struct message x = tf_node("x", "Placeholder", "");
    put_attr_text(&conv, "padding", "VALID");
    put_attr_text(&conv, "data_format", "NHWC");
    put_message(&value, 7, &shape);
    tf_attr(&x, "shape", &value);
    struct message b = tf_const("bias", 1, 1, (int64_t[]){3}, bias, sizeof bias);
    struct message w = tf_const("w", 1, 4, (int64_t[]){1, 1, 2, 3}, weights, sizeof weights);
    struct message r = tf_const("row", 3, 1, (int64_t[]){2}, row, sizeof row);
    const struct message *nodes[] = {&reshape, &relu, &add, &conv, &x, &r, &b, &w};
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
        put_message(&m, 1, nodes[i]);
    return m;
}

static void reads_a_graphdef_and_opens_its_batch(void **state)
{
    (void)state;
    static const float x[16] = {1, 2, -3, 4, 0, 0, 5, -6, 1, 1, 1, 1, 2, 2, 2, 2};
    struct fa_err err = {""};
    struct message m = graphdef("bias/add");
    const char *outputs[] = {"y", "conv:0"};
    const struct net_source source = {.label = "g.pb", .file = {m.bytes, m.bytes + m.n}, .outputs = outputs, .noutputs = 2};
    struct fa_net *net = net_open(&source, &err);
    if (!net)
        fail_msg("%s", err.text);
    assert_true(fa_net_digest(net) == XXH3_64bits(m.bytes, m.n));
    assert_int_equal(fa_net_input(net, 0)->dim[0], 0);
    assert_int_equal(fa_net_output(net, 0)->dim[0], 0);
    assert_int_equal(fa_net_output(net, 0)->dim[1], 12);
    struct fa_exec *exec = fa_exec_new(net, &err);
    struct fa_tensor input = {.data = x, .rank = 4, .dim = {2, 2, 2, 2}}, output[2];
    if (fa_exec_run(exec, &input, output, &err))
        fail_msg("%s", err.text);
    assert_int_equal(output[0].rank, 2);
    assert_int_equal(output[0].dim[0], 2);
    for (size_t i = 0; i < 8; i++) {
        const float a = x[2 * i], b = x[2 * i + 1], c = 10 * a + 100 * b;
        assert_true(output[0].data[3 * i] == (a + 0.5f > 0 ? a + 0.5f : 0));
        assert_true(output[0].data[3 * i + 1] == (b - 1 > 0 ? b - 1 : 0));
        assert_true(output[0].data[3 * i + 2] == (c > 0 ? c : 0));
        assert_true(output[1].data[3 * i + 2] == c);
    }
    input.dim[3] = 3;
    assert_int_equal(fa_exec_run(exec, &input, output, &err), -1);
    assert_string_equal(err.text, "g.pb: input 'x': dimension 3 is 3, want 2");
    fa_exec_free(exec);
    fa_net_close(net);
}

/* Padded above and to the right, then channels first, as magnitudes. */
static void pads_and_transposes_a_graphdef(void **state)
{
    (void)state;
    static const float x[8] = {1, -2, 3, -4, 5, -6, 7, -8};
    static const float want[18] = {0, 0, 0, 1, 3, 0, 5, 7, 0, 0, 0, 0, 2, 4, 0, 6, 8, 0};
    static const int32_t pads[8] = {0, 0, 1, 0, 0, 1, 0, 0}, perm[4] = {0, 3, 1, 2};
    struct fa_err err = {""};
    struct message m = {.n = 0}, shape = tf_shape(4, (int64_t[]){1, 2, 2, 2}), value = {.n = 0};
    struct message in = tf_node("x", "Placeholder", ""), pad = tf_node("p", "Pad", "x pads");
    struct message turn = tf_node("t", "Transpose", "p perm"), y = tf_node("y", "Abs", "t");
    put_message(&value, 7, &shape);
    tf_attr(&in, "shape", &value);
    struct message widths = tf_const("pads", 3, 2, (int64_t[]){4, 2}, pads, sizeof pads);
    struct message order = tf_const("perm", 3, 1, (int64_t[]){4}, perm, sizeof perm);
    const struct message *nodes[] = {&in, &widths, &order, &pad, &turn, &y};
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
        put_message(&m, 1, nodes[i]);
    struct fa_net *net = open_bytes(m.bytes, m.n, &err);
    if (!net)
        fail_msg("%s", err.text);
    struct fa_exec *exec = fa_exec_new(net, &err);
    struct fa_tensor input = {.data = x, .rank = 4, .dim = {1, 2, 2, 2}}, output;
    if (fa_exec_run(exec, &input, &output, &err))
        fail_msg("%s", err.text);
    assert_int_equal(output.rank, 4);
    assert_int_equal(output.dim[1], 2);
    assert_int_equal(output.dim[2], 3);
    assert_memory_equal(output.data, want, sizeof want);
    fa_exec_free(exec);
    fa_net_close(net);
}

static void names_what_is_wrong_with_a_graphdef(void **state)
{
    (void)state;
    struct fa_err err = {""};
    const char *output = "y";
    struct message m = graphdef("y");
    const struct net_source source = {.label = "m.onnx", .file = {m.bytes, m.bytes + m.n}, .outputs = &output, .noutputs = 1};
    assert_null(net_open(&source, &err));
    assert_string_equal(err.text, "m.onnx: node 'y' (Reshape): is part of a cycle");
    m = graphdef("conv:3");
    refuses(&m, "m.onnx: node 'relu' (Relu): reads 'conv:3', which nothing makes");
    m = graphdef("row");
    refuses(&m, "m.onnx: node 'relu' (Relu): wants float32");
    m = (struct message){.n = 0};
    struct message x = tf_node("x", "Placeholder", ""), y = tf_node("y", "Erfinv", "x");
    put_message(&m, 1, &x);
    put_message(&m, 1, &y);
    refuses(&m, "m.onnx: node 'y' (Erfinv): unsupported operator");
    put_message(&m, 1, &y);
    refuses(&m, "m.onnx: node 'y' (Erfinv): value 'y' is made twice");
}

static void damaged_graphdefs_are_survived(void **state)
{
    (void)state;
    struct message m = graphdef("bias/add");
    survives_damage(m.bytes, m.n);
}

/* Plans of more shapes than are kept: the answer stays the same. */
static void many_shapes_run_in_turn(void **state)
{
    (void)state;
    struct fa_err err = {""};
    const int64_t open[4] = {0, 0, 0, 0};
    struct message node = onnx_node("Relu", "x", "y"), graph = {.n = 0};
    struct message x = onnx_value("x", 1, 4, open), y = onnx_value("y", 1, 4, open);
    put_message(&graph, 1, &node);
    put_message(&graph, 11, &x);
    put_message(&graph, 12, &y);
    struct message m = onnx_model(&graph, 13);
    struct fa_net *net = open_bytes(m.bytes, m.n, &err);
    if (!net)
        fail_msg("%s", err.text);
    struct fa_exec *exec = fa_exec_new(net, &err);
    static float data[100];
    for (size_t i = 0; i < 100; i++)
        data[i] = (float)i - 50;
    for (size_t round = 0; round < 3; round++)
        for (size_t n = 1; n <= 100; n++) {
            struct fa_tensor input = {.data = data, .rank = 4, .dim = {1, 1, 1, n}}, output;
            assert_int_equal(fa_exec_run(exec, &input, &output, &err), 0);
            assert_int_equal(output.dim[3], n);
            for (size_t i = 0; i < n; i++)
                assert_true(output.data[i] == (data[i] > 0 ? data[i] : 0));
        }
    fa_exec_free(exec);
    fa_net_close(net);
}

/* A net of one convolution, and what each of the threads below makes of its own input. */
struct shared {
    const struct fa_net *net;
    float start, first, worst;
};

static void *run_shared(void *arg)
{
    struct shared *shared = arg;
    struct fa_err err = {""};
    struct fa_exec *exec = fa_exec_new(shared->net, &err);
    float x[18];
    for (size_t i = 0; i < 18; i++)
        x[i] = shared->start + (float)i;
    for (int round = 0; exec && round < 200; round++) {
        struct fa_tensor input = {.data = x, .rank = 4, .dim = {1, 2, 3, 3}}, output = {.data = NULL};
        if (fa_exec_run(exec, &input, &output, &err))
            break;
        float value = output.data[4];
        shared->first = round ? shared->first : value;
        shared->worst = value != shared->first ? value : shared->worst;
    }
    fa_exec_free(exec);
    return NULL;
}

static void threads_share_a_net(void **state)
{
    (void)state;
    const float weights[2] = {2, -1};
    struct fa_err err = {""};
    struct message conv = onnx_node("Conv", "x w", "y"), w = onnx_tensor("w", 1, 4, (int64_t[]){1, 2, 1, 1}, weights,
                                                                         sizeof weights);
    struct message graph = graph_of(&conv);
    put_message(&graph, 5, &w);
    struct message m = onnx_model(&graph, 13);
    struct fa_net *net = open_bytes(m.bytes, m.n, &err);
    if (!net)
        fail_msg("%s", err.text);
    struct shared shared[4];
    pthread_t thread[4];
    for (size_t i = 0; i < 4; i++) {
        shared[i] = (struct shared){.net = net, .start = (float)i};
        assert_int_equal(pthread_create(&thread[i], NULL, run_shared, &shared[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
        float s = shared[i].start;
        assert_true(shared[i].first == 2 * (s + 4) - (s + 13));
        assert_true(shared[i].worst == 0);
    }
    fa_net_close(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_what_it_does_not_support),
        cmocka_unit_test(names_what_is_wrong_with_a_graph),
        cmocka_unit_test(names_what_is_wrong_with_a_tensor),
        cmocka_unit_test(asks_for_no_huge_memory),
        cmocka_unit_test(takes_huge_steps),
        cmocka_unit_test(takes_huge_windows),
        cmocka_unit_test(keeps_one_image_where_two_are_no_batch),
        cmocka_unit_test(tells_what_is_no_network),
        cmocka_unit_test(damaged_onnx_files_are_survived),
        cmocka_unit_test(reads_a_graphdef_and_opens_its_batch),
        cmocka_unit_test(pads_and_transposes_a_graphdef),
        cmocka_unit_test(names_what_is_wrong_with_a_graphdef),
        cmocka_unit_test(damaged_graphdefs_are_survived),
        cmocka_unit_test(many_shapes_run_in_turn),
        cmocka_unit_test(threads_share_a_net),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
