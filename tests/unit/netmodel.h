/* Small ONNX models and GraphDefs written by hand, for tests: a writer of protobuf messages. */
#ifndef FA_TEST_NETMODEL_H
#define FA_TEST_NETMODEL_H

#include <stdint.h>
#include <string.h>

struct message {
    uint8_t bytes[8192];
    size_t n;
};

static inline void put_byte(struct message *m, uint8_t byte)
{
    assert_true(m->n < sizeof m->bytes);
    m->bytes[m->n++] = byte;
}

static inline void put_varint(struct message *m, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        put_byte(m, (uint8_t)(v | 0x80));
    put_byte(m, (uint8_t)v);
}

static inline void put_int(struct message *m, unsigned field, int64_t v)
{
    put_varint(m, field << 3);
    put_varint(m, (uint64_t)v);
}

static inline void put_bytes(struct message *m, unsigned field, const void *data, size_t n)
{
    put_varint(m, field << 3 | 2);
    put_varint(m, n);
    for (size_t i = 0; i < n; i++)
        put_byte(m, ((const uint8_t *)data)[i]);
}

static inline void put_text(struct message *m, unsigned field, const char *text)
{
    put_bytes(m, field, text, strlen(text));
}

static inline void put_message(struct message *m, unsigned field, const struct message *inner)
{
    put_bytes(m, field, inner->bytes, inner->n);
}

/* Each word of a list separated by spaces. */
static inline void put_words(struct message *m, unsigned field, const char *words)
{
    for (size_t n; *words; words += n + (words[n] == ' ')) {
        n = strcspn(words, " ");
        put_bytes(m, field, words, n);
    }
}

/* ONNX: NodeProto without attributes; append field 5 for those. */
static inline struct message onnx_node(const char *type, const char *inputs, const char *outputs)
{
    struct message m = {.n = 0};
    put_words(&m, 1, inputs);
    put_words(&m, 2, outputs);
    put_text(&m, 3, "the-node");
    put_text(&m, 4, type);
    return m;
}

static inline void onnx_int_attr(struct message *node, const char *name, int64_t value)
{
    struct message m = {.n = 0};
    put_text(&m, 1, name);
    put_int(&m, 3, value);
    put_int(&m, 20, 2);
    put_message(node, 5, &m);
}

static inline void onnx_text_attr(struct message *node, const char *name, const char *value)
{
    struct message m = {.n = 0};
    put_text(&m, 1, name);
    put_text(&m, 4, value);
    put_int(&m, 20, 3);
    put_message(node, 5, &m);
}

/* ONNX: TensorProto of type with raw data. */
static inline struct message onnx_tensor(const char *name, int64_t type, size_t rank, const int64_t *dim, const void *raw,
                                         size_t n)
{
    struct message m = {.n = 0};
    for (size_t i = 0; i < rank; i++)
        put_int(&m, 1, dim[i]);
    put_int(&m, 2, type);
    put_text(&m, 8, name);
    put_bytes(&m, 9, raw, n);
    return m;
}

/* ONNX: ValueInfoProto. */
static inline struct message onnx_value(const char *name, int64_t type, size_t rank, const int64_t *dim)
{
    struct message shape = {.n = 0}, tensor = {.n = 0}, t = {.n = 0}, m = {.n = 0};
    for (size_t i = 0; i < rank; i++) {
        struct message d = {.n = 0};
        put_int(&d, 1, dim[i]);
        put_message(&shape, 1, &d);
    }
    put_int(&tensor, 1, type);
    put_message(&tensor, 2, &shape);
    put_message(&t, 1, &tensor);
    put_text(&m, 1, name);
    put_message(&m, 2, &t);
    return m;
}

static inline struct message onnx_model(const struct message *graph, int64_t opset)
{
    struct message m = {.n = 0}, version = {.n = 0};
    put_int(&version, 2, opset);
    put_int(&m, 1, 8);
    put_message(&m, 8, &version);
    put_message(&m, 7, graph);
    return m;
}

/* GraphDef: NodeDef without attributes. */
static inline struct message tf_node(const char *name, const char *op, const char *inputs)
{
    struct message m = {.n = 0};
    put_text(&m, 1, name);
    put_text(&m, 2, op);
    put_words(&m, 3, inputs);
    return m;
}

static inline void tf_attr(struct message *node, const char *name, const struct message *value)
{
    struct message m = {.n = 0};
    put_text(&m, 1, name);
    put_message(&m, 2, value);
    put_message(node, 5, &m);
}

static inline struct message tf_shape(size_t rank, const int64_t *dim)
{
    struct message m = {.n = 0};
    for (size_t i = 0; i < rank; i++) {
        struct message d = {.n = 0};
        put_int(&d, 1, dim[i]);
        put_message(&m, 2, &d);
    }
    return m;
}

/* GraphDef: a Const node; type 1 is float, 3 int32. */
static inline struct message tf_const(const char *name, int64_t type, size_t rank, const int64_t *dim, const void *content,
                                      size_t n)
{
    struct message node = tf_node(name, "Const", ""), tensor = {.n = 0}, value = {.n = 0}, shape = tf_shape(rank, dim);
    put_int(&tensor, 1, type);
    put_message(&tensor, 2, &shape);
    put_bytes(&tensor, 4, content, n);
    put_message(&value, 8, &tensor);
    tf_attr(&node, "value", &value);
    return node;
}

#endif
