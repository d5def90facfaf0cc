/* The graph inside lib/net: values joined by nodes, as both readers make it and the passes change it.
 *
 *   reader (onnx.c, graphdef.c) -> order (graph.c) -> operators resolved (ops.c) -> passes (fold.c) -> weights laid
 *   (prepare of each operator); then for every input shape a plan (plan.c) of steps over strided views, run by exec.c. */
#ifndef FA_NET_GRAPH_H
#define FA_NET_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fa/err.h"
#include "fa/mem.h"
#include "fa/net.h"
#include "fa/tensor.h"
#include "proto.h"

#define NET_NONE SIZE_MAX

/* float16, bfloat16 and float64 are float32 once read; integers of any width and truth values are int64: they serve shape
 * arithmetic, which is over before a run begins, comparisons and indices. */
enum net_dtype { NET_F32, NET_I64 };

/* How a constant is stored in the file. */
enum net_stored { NET_STORED_F32, NET_STORED_F16, NET_STORED_BF16, NET_STORED_F64, NET_STORED_I64, NET_STORED_I32, NET_STORED_U8,
                  NET_STORED_I8 };

struct net_constant {
    enum net_dtype dtype;
    size_t rank, dim[FA_NET_RANK], n; /* n: number of elements */
    enum net_stored stored;
    struct net_bytes raw; /* the elements within the file; unused once data is set */
    void *data;           /* float or int64_t, C order; owned by the constant */
    bool folded;          /* computed from others, while loading */
    bool read;            /* by a run */
};

enum net_attr_type {
    NET_ATTR_INT,
    NET_ATTR_FLOAT,
    NET_ATTR_STRING,
    NET_ATTR_TENSOR,
    NET_ATTR_INTS,
    NET_ATTR_FLOATS,
    NET_ATTR_OTHER
};

struct net_attr {
    const char *name;
    enum net_attr_type type;
    bool read; /* some accessor of attr.c asked for it: what nobody asked for is not supported */
    int64_t i;
    float f;
    const char *s;
    struct net_constant *tensor;
    int64_t *ints;
    float *floats;
    size_t n; /* of ints or floats */
};

struct net_value {
    const char *name;
    struct net_constant *constant;
    size_t producer;   /* node, or NET_NONE */
    size_t uses, user; /* how many inputs of live nodes it is, and the last of these nodes */
    bool wanted;       /* an output of the net */
    bool is_input;
    bool declared;                   /* the file tells its type and shape */
    size_t rank, dim[FA_NET_RANK];   /* as declared; 0: open */
    const char *unsupported;         /* what is wrong with its declaration, told if it is needed */
};

struct net_node {
    const char *name, *type; /* as the file calls them */
    const struct net_op *op;
    int opset;
    bool channels_last; /* images are N,H,W,C (TensorFlow), not N,C,H,W (ONNX) */
    size_t ninputs, noutputs, *in, *out;
    struct net_attr *attr;
    size_t nattrs;
    void *params; /* of the operator, made by its read() */
};

enum net_format { NET_ONNX, NET_GRAPHDEF };

struct net_graph {
    const char *label; /* what messages call the file */
    enum net_format format;
    struct fa_arena arena;
    struct net_store *store; /* of weights as operators laid them */
    struct net_value *value;
    size_t nvalues, value_capacity;
    size_t *slot, nslots; /* hash table of value names: value + 1, or 0 */
    struct net_node *node;
    size_t nnodes, node_capacity;
    size_t *order, norder; /* live nodes, producers first */
    struct net_constant **constant;
    size_t nconstants, constant_capacity;
    size_t *input, ninputs, input_capacity;
    size_t *output, noutputs, output_capacity;
    struct net_beside *beside; /* files that hold data of its tensors */
    size_t plan_bytes; /* the most that a plan may take */
    unsigned flags; /* FA_NET_EXACT ... */
    bool opened; /* all inputs are fixed to batch 1 in the file: any batch is run as so many ones */
};

/* graph.c */
void net_graph_free(struct net_graph *graph);
/* The value called name[0..n-1], made if there is none; NET_NONE when out of memory. */
size_t net_graph_value(struct net_graph *graph, const char *name, size_t n, struct fa_err *err);
/* The value called name, or NET_NONE. */
size_t net_graph_find(const struct net_graph *graph, const char *name);
struct net_node *net_graph_add_node(struct net_graph *graph, struct fa_err *err);
int net_graph_add_index(size_t **list, size_t *n, size_t *capacity, size_t index, struct fa_err *err);
/* A new constant that the graph owns. */
struct net_constant *net_graph_add_constant(struct net_graph *graph, struct fa_err *err);
/* Puts the nodes that the outputs need into order[], producers first, and counts uses. Errors: a cycle, a value that
 * nothing makes, one made twice. */
int net_graph_order(struct net_graph *graph, struct fa_err *err);
/* "LABEL: node 'NAME' (TYPE): ..."; returns -1. */
int net_node_error(const struct net_graph *graph, const struct net_node *node, struct fa_err *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* constant.c */
/* Sets rank, dim and n. Errors: rank beyond FA_NET_RANK, dimensions that overflow; what is named in the message. */
int net_constant_shape(struct net_constant *constant, size_t rank, const int64_t *dim, const char *what, struct fa_err *err);
/* Makes data from raw, unless that is done. */
int net_constant_decode(struct net_constant *constant, struct fa_err *err);
void net_constant_release(struct net_constant *constant);
/* Makes data from the numeric field (scalar says how its elements are encoded) that is repeated in message, the tensor
 * as stored in the file. With fill, fewer values than elements are allowed: the last one stands for the rest. */
int net_constant_from_list(struct net_constant *constant, struct net_bytes message, unsigned number, enum net_wire scalar,
                           bool fill, const char *what, struct fa_err *err);
size_t net_stored_size(enum net_stored stored);
enum net_dtype net_stored_dtype(enum net_stored stored);
/* Number of elements of a shape, or NET_NONE if it is more than limit. */
size_t net_count(size_t rank, const size_t *dim, size_t limit);

/* The most elements a value may have (1 GiB), and one that is computed while loading or planning, if not made of larger
 * ones: what a few bytes of a file can ask for is bounded. */
#define NET_MAX_ELEMENTS ((size_t)1 << 28)
#define NET_MAX_KNOWN ((size_t)1 << 24)
/* The most bytes that loading and a plan take for all they compute, besides four times the file's own, and that a run
 * takes for one image. */
#define NET_MAX_PLAN ((size_t)1 << 28)
#define NET_MAX_IMAGE ((size_t)1 << 32)

/* attr.c: attributes by name. On a value of the wrong type they note the error, return the default, and net_attr_done()
 * fails; it also fails on an attribute nobody asked for. */
struct net_reading {
    struct net_graph *graph;
    struct net_node *node;
    bool failed;
    struct fa_err *err;
};
int64_t net_attr_int(struct net_reading *r, const char *name, int64_t otherwise);
float net_attr_float(struct net_reading *r, const char *name, float otherwise);
const char *net_attr_string(struct net_reading *r, const char *name, const char *otherwise);
/* NULL and *n = 0 if absent. */
const int64_t *net_attr_ints(struct net_reading *r, const char *name, size_t *n);
struct net_constant *net_attr_tensor(struct net_reading *r, const char *name);
struct net_attr *net_attr_find(struct net_node *node, const char *name);
int net_attr_done(struct net_reading *r);
/* Notes that the value an attribute has is not supported. */
int net_attr_refuse(struct net_reading *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* onnx.c, graphdef.c: build the graph from a whole file. */
int net_read_onnx(struct net_graph *graph, struct net_bytes file, struct fa_err *err);
/* One TensorProto; NULL, and the message, if it is malformed or of no use here. The graph owns it. */
struct net_constant *net_read_onnx_tensor(struct net_graph *graph, struct net_bytes tensor, struct fa_err *err);
int net_read_graphdef(struct net_graph *graph, struct net_bytes file, struct fa_err *err);
/* tfops.c: turns a TensorFlow node into the ONNX operator of the same meaning. */
int net_translate_tf(struct net_graph *graph, struct net_node *node, struct fa_err *err);

/* mapped.c: length bytes from offset on of the file name, a path within the network's folder, which stay until
 * net_beside_close(). Errors: another folder, no such file, too short. */
int net_beside(struct net_graph *graph, const char *name, uint64_t offset, uint64_t length, struct net_bytes *data,
               struct fa_err *err);

/* fold.c */
int net_fold_constants(struct net_graph *graph, struct fa_err *err);
int net_fold_affine(struct net_graph *graph, struct fa_err *err);

#endif
