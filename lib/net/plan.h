/* What a run does for one set of input shapes: steps in order, and where in one block of memory each value lies. */
#ifndef FA_NET_PLAN_H
#define FA_NET_PLAN_H

#include "fa/par.h"
#include "op.h"

struct net_buffer {
    size_t floats;
    size_t first, last; /* steps that write it first and use it last */
    size_t offset;      /* in the executor's memory */
    size_t input;       /* the net's input that it is, or NET_NONE */
};

struct net_plan {
    const struct net_graph *graph;
    struct fa_arena arena;
    size_t bytes; /* of arena */
    size_t batch;
    struct net_view *value;  /* of each value of the graph; absent until made */
    bool *absorbed;          /* nodes that an earlier step does along */
    struct net_step *step;
    size_t nsteps, step_capacity;
    struct net_buffer *buffer;
    size_t nbuffers, buffer_capacity;
    struct net_view *output;
    size_t floats, scratch;  /* memory that a run needs, scratch included */
    size_t *rank, (*dim)[FA_NET_RANK]; /* of the inputs that this plan is for */
    struct net_plan *next;   /* in the executor's list */
};

/* A plan without steps; inputs[i] gives rank and dim of input i and was checked. */
struct net_plan *net_plan_start(const struct net_graph *graph, const struct fa_tensor *inputs, struct fa_err *err);
/* Plans the live nodes, then the memory. */
int net_plan_finish(struct net_plan *plan, struct fa_err *err);
void net_plan_free(struct net_plan *plan);

/* Plans one node; if all it reads is known, computes it: its outputs then have content. */
int net_plan_node(struct net_plan *plan, size_t node, struct fa_err *err);

/* fuse.c: gives a step with an epilogue the sum and the activation that are all that reads its output, which is value, unless
 * a value between is wanted. Returns the value that the step then makes. */
size_t net_plan_fuse(struct net_plan *plan, struct net_step *step, size_t value, struct fa_err *err);

/* part.c: does a step whose views have been pointed at data; threads of pool (or NULL) that are there take parts of it. Worker
 * number w has its scratch w * stride floats behind the first one's. */
void net_step_run(const struct net_step *step, struct fa_pool *pool, float *scratch, size_t stride);

/* layers.c: a step as fa_exec_layers() tells it. */
int net_layer(struct net_plan *plan, const struct net_step *step, struct fa_net_layer *layer, struct fa_err *err);

/* memory.c: gives each buffer its offset, so that buffers in use at the same time do not overlap. */
int net_plan_memory(struct net_plan *plan, struct fa_err *err);

#endif
