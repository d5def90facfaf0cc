/* CNN inference: a graph read from an ONNX or frozen TensorFlow GraphDef file, run on the CPU. */
#ifndef FA_NET_H
#define FA_NET_H

#include <stddef.h>
#include <stdint.h>

#include "fa/err.h"
#include "fa/par.h"

#define FA_NET_RANK 8

/* A float32 tensor in C order, in the axis order of the file (NCHW for most ONNX, NHWC for TensorFlow). */
struct fa_tensor {
    const float *data;
    size_t rank;
    size_t dim[FA_NET_RANK];
};

/* A named value of the graph. A dimension that the file leaves open is 0; what is not known before a run has rank 0. */
struct fa_net_value {
    const char *name;
    size_t rank;
    size_t dim[FA_NET_RANK];
};

struct fa_net;  /* a loaded graph with its weights; immutable, may be shared by threads */
struct fa_exec; /* one thread's working memory for a graph */

/* FA_NET_ANY_SIZE: sides that the file fixes (dimensions of inputs from the third on) may be others in a run, for graphs
 * that work for any although they were exported for one; the shapes that fa_net_output() tells are those of the file.
 * The others are how convolutions are done. FA_NET_EXACT: by plain sums, not by Winograd's factors, whose results differ in the fifth or
 * sixth digit. FA_NET_PLAIN: by whole products, as where BLIS's micro-kernel cannot be had; it takes longer. */
enum { FA_NET_EXACT = 1, FA_NET_PLAIN = 2, FA_NET_ANY_SIZE = 4 };

/* Reads path (ONNX or GraphDef, told apart by content; data of an ONNX file's tensors may lie in files beside it). outputs
 * names the values wanted from a run: graph outputs or any inner value ("taps"), or NULL for the graph's first output;
 * noutputs = 0 takes the graph's own outputs
 * (for a GraphDef, the values that nothing reads). flags: of the above, ored.
 * What the outputs do not need is not computed. Constants are folded, batch norms folded into convolutions, bias,
 * residual and activation fused. A graph whose inputs are fixed to batch 1 is opened for any batch.
 * Errors: unreadable, malformed, truncated or cyclic file; unsupported operator or attribute (named with its node);
 * unknown output. */
struct fa_net *fa_net_open(const char *path, const char *const *outputs, size_t noutputs, unsigned flags, struct fa_err *err);
void fa_net_close(struct fa_net *net);

size_t fa_net_ninputs(const struct fa_net *net);
size_t fa_net_noutputs(const struct fa_net *net);
const struct fa_net_value *fa_net_input(const struct fa_net *net, size_t i);
const struct fa_net_value *fa_net_output(const struct fa_net *net, size_t i);

/* XXH3-64 of the whole weights file, and of files beside it that hold its tensors' data, in the order they are named: what
 * the suite calls the weights digest. */
uint64_t fa_net_digest(const struct fa_net *net);

/* The net must outlive its executors. */
struct fa_exec *fa_exec_new(const struct fa_net *net, struct fa_err *err);
void fa_exec_free(struct fa_exec *exec);

/* From the next run on, threads of pool that have nothing to do take parts of large layers; NULL: none. What comes out is the same
 * to the bit (with FA_NET_PLAIN, in all but the last bits). The pool must outlive the runs; executors may have one in common. */
void fa_exec_share(struct fa_exec *exec, struct fa_pool *pool);

/* Runs the graph on inputs (one for each graph input, in order; any batch, and any spatial size where the graph allows
 * it). outputs (one for each output) are filled with views into the executor's memory, valid until its next run; integers and
 * truth values among them are given as float32.
 * Memory for a new input shape is planned once and kept for the next run of that shape.
 * Errors: an input of the wrong shape; out of memory. */
int fa_exec_run(struct fa_exec *exec, const struct fa_tensor *inputs, struct fa_tensor *outputs, struct fa_err *err);

/* One step of a run, in the order they are done. */
struct fa_net_layer {
    const char *type;  /* operators as the file calls them, with those done along: "Conv+Add+Relu" */
    const char *node;  /* name of the first of them */
    struct fa_net_value output; /* its name may be asked for as an output of the net */
    const char *within;         /* and so may these, of values that no step gives as it is: names, each after a blank */
    uint64_t parameters, macs;  /* numbers it has learned; multiplications of its matrix product or convolution, as defined */
    const char *kernel;         /* how that is done: winograd, product, narrow, depthwise; else "" */
    double seconds;             /* that its fastest run took, of those on inputs of this shape */
};

/* The layers of the last run, *n of them; they belong to the executor and last until its next run. NULL, and the message:
 * out of memory. */
const struct fa_net_layer *fa_exec_layers(struct fa_exec *exec, size_t *n, struct fa_err *err);

/* How many images a run of an executor that has no more threads does fastest, judged by its last run, whatever that had: weights
 * that do not fit the processor's second-level cache are read once for all of them, but values between layers fit it less. */
size_t fa_exec_batch(const struct fa_exec *exec);

size_t fa_net_memory(const struct fa_net *net);    /* bytes of weights and other constants */
size_t fa_exec_memory(const struct fa_exec *exec); /* bytes of working memory of the last run */

#endif
