/* Operators. One file op_*.c holds an operator or a family; ops.c lists them all.
 *
 * To add one: write its read() (attributes into node->params), plan() (the shape of what it makes from the shapes of what
 * it reads) and run() (the arithmetic, over strided views), put its struct net_op into ops.c, and the test program of
 * operators finds its cases among ONNX's own.
 *
 * Axes are always the file's; where the elements lie is told by the strides of a view alone. So Transpose, Slice, Reshape
 * and the like mostly make another view of the same memory and cost nothing; images lie channels innermost (N,H,W,C) in
 * memory in both kinds of file, whatever the order of their axes. An operator that wants its input in one certain order
 * asks for it with net_need(), which copies if it must. */
#ifndef FA_NET_OP_H
#define FA_NET_OP_H

#include "graph.h"

struct net_view {
    bool present; /* false: an optional input that is left out */
    enum net_dtype dtype;
    size_t rank, dim[FA_NET_RANK];
    ptrdiff_t stride[FA_NET_RANK]; /* in elements, 0 where broadcast */
    const void *content;           /* known while planning (constants and shape arithmetic), else NULL */
    size_t buffer;                 /* of the plan, for what is only known in a run */
    ptrdiff_t offset;              /* of the first element, from the start of content or buffer */
    void *data;                    /* the first element; set before run() is called */
};

struct net_step {
    const struct net_node *node; /* NULL for a copy that net_need() put in */
    const struct net_op *op;
    size_t nin, nout;
    struct net_view *in, *out;
    struct net_view residual;     /* added to out[0] before the activation, if present */
    struct fa_epilogue epilogue;  /* of operators that have one */
    size_t channels; /* set by an operator that applies epilogue and residual to its rows of so many channels; else 0 */
    size_t scratch;               /* floats that run() or part() wants for itself */
    uint64_t work;                /* what it takes, in multiplications of a product; set by an operator with part() */
    const void *state;            /* from plan() to run() */
    double seconds;               /* of its fastest run; 0: none yet */
    const char *how;              /* a product or convolution is done, set by plan(); else NULL */
    const char *with;             /* types of the nodes that are done along, each after a '+'; NULL: none */
    const char *within;           /* names of the values between those nodes, each after a blank; NULL: none */
    size_t value;                 /* what out[0] is, or NET_NONE */
};

struct net_plan;

/* One of n about equal parts of a step, some of which may be empty. */
struct net_part {
    size_t i, n;
};

/* How many of so many units come before the part. */
static inline size_t net_part_begin(struct net_part part, size_t units)
{
    return units / part.n * part.i + units % part.n * part.i / part.n;
}

static inline size_t net_part_end(struct net_part part, size_t units)
{
    return net_part_begin((struct net_part){part.i + 1, part.n}, units);
}

/* What takes the time of so many multiplications of a product: an element that a window takes in by itself. */
enum { NET_TAP = 8 };

struct net_op {
    const char *name;
    size_t min_in, max_in, max_out;
    int (*read)(struct net_reading *r); /* NULL: there are no attributes */
    int (*plan)(struct net_plan *plan, struct net_step *step, struct fa_err *err);
    void (*run)(const struct net_step *step, float *scratch); /* NULL: out only ever views in, or there is part() */
    /* Instead of run(), of operators that several threads can do at once: each part writes what no other does, the same
     * numbers however many parts there are. */
    void (*part)(const struct net_step *step, struct net_part part, float *scratch);
    /* Operators with weights. affine(): has the weights give scale * y + shift (n values each, one for each channel; n = 1:
     * the same for all) instead of y: 1 done, 0 they cannot, -1 error. prepare(): lays the weights as run() wants them;
     * the node reads them no more. release(): frees them. */
    int (*affine)(struct net_graph *graph, struct net_node *node, const float *scale, const float *shift, size_t n,
                  struct fa_err *err);
    int (*prepare)(struct net_graph *graph, struct net_node *node, struct fa_err *err);
    void (*release)(struct net_node *node);
    const struct net_weights *(*weights)(const struct net_node *node); /* as prepared, or NULL */
    size_t channel_rank; /* rank of the output whose channels affine() and the epilogue work on; 0: any, they are last */
    /* As an activation that an epilogue can do: sets activation, low, high; slope is looked up by the planner. */
    bool (*activation)(const struct net_graph *graph, const struct net_node *node, struct fa_epilogue *epilogue);
};

/* The axis of channels in an output of rank, for operators with affine() or an epilogue, and BatchNormalization. */
static inline size_t net_channel_axis(const struct net_node *node, size_t rank)
{
    return node->channels_last || rank < 2 ? rank - 1 : node->op->channel_rank ? 1 : rank - 1;
}

/* ops.c */
const struct net_op *net_op_find(const char *name);
/* Finds the operator of each live node and reads its attributes. */
int net_resolve(struct net_graph *graph, struct fa_err *err);

/* plan.c: for the plan() of operators. All return 0 or -1 and write the message. */

/* A view of new memory for output k, dense, axes in the order given, outermost first (NULL: as they come). */
int net_out(struct net_plan *plan, struct net_step *step, size_t k, enum net_dtype dtype, size_t rank, const size_t *dim,
            const uint8_t *order, struct fa_err *err);
/* As net_out(), lying as view lies. */
int net_out_like(struct net_plan *plan, struct net_step *step, size_t k, const struct net_view *view, size_t rank,
                 const size_t *dim, struct fa_err *err);
/* Makes sure that input k lies dense with its axes in this order (NULL: as they come). */
int net_need(struct net_plan *plan, struct net_step *step, size_t k, const uint8_t *order, struct fa_err *err);
/* Input k lies channels innermost (axis is the channels'), pixels anyhow; else it is copied into N,H,W,C. */
int net_need_channels(struct net_plan *plan, struct net_step *step, size_t k, const uint8_t *order, struct fa_err *err);
/* The elements of input k, which must be integers known while planning, at most max of them. NULL: there is none of it. */
int net_known_ints(struct net_plan *plan, const struct net_step *step, size_t k, size_t max, int64_t *value, size_t *n,
                   struct fa_err *err);
int net_known_float(struct net_plan *plan, const struct net_step *step, size_t k, float *value, struct fa_err *err);
/* "LABEL: node 'NAME' (TYPE): ..." */
int net_plan_error(const struct net_plan *plan, const struct net_step *step, struct fa_err *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void *net_plan_alloc(struct net_plan *plan, size_t bytes, struct fa_err *err);
/* How many images a run has if the file is fixed to one and the graph was opened; else 1. */
size_t net_plan_batch(const struct net_plan *plan);
/* axis in -rank..rank-1 to 0..rank-1, or an error. */
int net_axis(const struct net_plan *plan, const struct net_step *step, int64_t axis, size_t rank, size_t *out,
             struct fa_err *err);

/* view.c */
size_t net_view_count(const struct net_view *view);
size_t net_element(enum net_dtype dtype); /* its bytes */
void net_dense(struct net_view *view, const uint8_t *order); /* sets the strides */
bool net_is_dense(const struct net_view *view, const uint8_t *order);
void net_order_of(const struct net_view *view, uint8_t order[FA_NET_RANK]); /* axes, outermost first */
/* The view of shape dim[] that broadcasting makes of it (numpy's rules); false if it does not fit. */
bool net_broadcast(const struct net_view *view, size_t rank, const size_t *dim, struct net_view *out);
/* The shape that n views are broadcast to together; false if they do not fit. */
bool net_broadcast_shape(const struct net_view *views, size_t n, size_t *rank, size_t *dim);
/* dst = src, element by element; same shape; of one type, or integers become float32. */
void net_copy(const struct net_view *dst, const struct net_view *src);

/* A walk over several views of one shape: rows along the axis that is innermost in the first of them. */
#define NET_WALK 6
struct net_walk {
    size_t nviews, n;           /* elements of a row */
    size_t rank, dim[FA_NET_RANK], at[FA_NET_RANK];
    ptrdiff_t stride[NET_WALK][FA_NET_RANK];
    ptrdiff_t step[NET_WALK];   /* between neighbours in a row */
    ptrdiff_t offset[NET_WALK]; /* of the row's first element */
};
void net_walk_start(struct net_walk *walk, const struct net_view *const *views, size_t nviews);
bool net_walk_next(struct net_walk *walk); /* false: that was the last row */

/* weights.c: of convolutions and matrix products, n outputs of k inputs each. */
/* Not zeroed, on a 64-byte boundary, until net_weights_release(), which net_graph_free() calls. */
float *net_weights_alloc(struct net_graph *graph, size_t floats, struct fa_err *err);
void net_weights_release(struct net_graph *graph);
struct net_weights {
    size_t k, n;
    float *scale, *bias; /* n: the output is scale * product + bias; scale is put into laid when that is made */
    float *laid;         /* see the operator; the graph's */
    size_t floats;       /* that it takes as laid */
    bool fixed;          /* the weights are constant, so scale and bias may change */
};
int net_weights_new(struct net_weights *weights, size_t k, size_t n, struct fa_err *err);
int net_weights_affine(struct net_weights *weights, const float *scale, const float *shift, size_t n);
void net_weights_free(struct net_weights *weights);

/* part.c */
/* What a part does of a product of m x n: some panels of rows and all columns, or of columns and all rows. */
struct net_tile {
    size_t row, rows, col, cols;
};
struct net_tile net_part_product(struct net_part part, const struct fa_panels *panels, size_t m, size_t n);
/* Multiplications of a product, those that fill up panels of columns included. */
uint64_t net_product_work(const struct fa_panels *panels, size_t m, size_t n, size_t k);
/* Leaves of views of one shape what a part does: some of the axis that lies outermost in the first of them. */
void net_part_cut(struct net_part part, struct net_view *const *views, size_t n);
/* Epilogue and residual of columns col..col+cols-1 in rows row..row+rows-1 of out[0], which are step->channels wide. */
void net_finish(const struct net_step *step, size_t row, size_t rows, size_t col, size_t cols);

/* window.c: what convolution and pooling have in common. */
struct net_window {
    size_t kernel[2], stride[2], dilation[2];
    size_t pad[4]; /* top, left, bottom, right */
    enum { NET_PAD_GIVEN, NET_PAD_VALID, NET_PAD_SAME_UPPER, NET_PAD_SAME_LOWER } pad_kind;
    bool ceil;
    bool line; /* images are N,C,W, and taken for N,C,1,W */
};
/* kernel_shape, strides, dilations, pads, auto_pad. Of a 3-D image, window gets the two inner axes and deep the outer one as axis 0,
 * whose kernel stays 0 if there is none; with deep = NULL there must be none. */
void net_window_read(struct net_reading *r, struct net_window *window, struct net_window *deep);
/* Where a window lies in a certain image. */
struct net_geometry {
    size_t channels, in[2], out[2], begin[2], end[2]; /* channels of the input; padding before and after */
    ptrdiff_t image, row, pixel;                      /* strides of the input */
};
/* Axes of N,C,H,W and N,H,W,C, and the order in which both lie in memory. */
struct net_axes {
    size_t n, c, h, w;
    uint8_t order[4];
};
const struct net_axes *net_image_axes(const struct net_node *node);
/* Checks that input 0 is an image with channels innermost (copying it if not) and works out the geometry. */
int net_window_plan(struct net_plan *plan, struct net_step *step, const struct net_window *window,
                    struct net_geometry *geometry, struct fa_err *err);
/* Of a window that begins at from, which may be in the padding, along an axis of in elements: taps first..first+n-1 lie in it. */
void net_window_taps(ptrdiff_t from, size_t kernel, size_t dilation, size_t in, size_t *first, size_t *n);
/* Output 0: as many images of so many channels, of the geometry's size, lying N,H,W,C. */
int net_window_out(struct net_plan *plan, struct net_step *step, const struct net_window *window,
                   const struct net_geometry *geometry, size_t channels, struct fa_err *err);

#endif
