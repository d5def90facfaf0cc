/* A whole network: where its weights lie, and the passes over all its layers. */
#ifndef FA_HEAD_MLP_H
#define FA_HEAD_MLP_H

#include "fa/par.h"
#include "layers.h"

enum { MLP_STEPS = FA_ARCH_LAYERS + 1, MLP_TENSORS = 4 * MLP_STEPS };

/* Streams of the generator: what is drawn is a function of the seed and of where it is used, never of what was drawn
 * before, so that a run can be taken up at any step. */
#define MLP_STREAM_INIT ((uint64_t)0 << 60)    /* + layer */
#define MLP_STREAM_SHUFFLE ((uint64_t)1 << 60) /* + epoch */
#define MLP_STREAM_DROPOUT ((uint64_t)2 << 60) /* + step * MLP_STEPS + layer */

/* One array among the weights, a matrix (rows, cols) or a vector (rows = 1). */
struct mlp_tensor {
    char name[32]; /* dense_1/kernel, batchnorm_1/moving_mean, heads/bias ... */
    bool matrix;
    size_t rows, cols, offset; /* offset in floats, a multiple of 16 */
    bool trained;              /* false: the moving statistics of a batch norm */
    size_t step;               /* whose it is */
};

struct mlp_step {
    struct fa_layer layer;
    char name[16];
    size_t in, out;
    size_t tensor, ntensors; /* dense: kernel, bias; batch norm: gamma, beta, moving mean, moving variance */
    size_t block;            /* that it is in */
};

/* A dense layer and what follows it up to the next: threads share it by columns. What stands before the first dense layer is
 * a block too. */
struct mlp_block {
    size_t step, nsteps;
};

/* The last block is the dense layer of all heads together. */
struct fa_mlp {
    enum fa_input input;
    size_t dim, widest, nsteps, nblocks, ntensors, floats; /* floats: length of the one allocation that holds all tensors */
    const struct fa_head *head;
    size_t nheads;
    struct mlp_step step[MLP_STEPS];
    struct mlp_block block[MLP_STEPS];
    struct mlp_tensor tensor[MLP_TENSORS];
};

void mlp_plan(struct fa_mlp *mlp, const struct fa_arch *arch, size_t dim, const struct fa_head *head, size_t nheads);
size_t mlp_nlogits(const struct fa_mlp *mlp);

/* Kernels as Keras draws them: variance 2 / (in + out) (Glorot, Bengio 2010) or 2 / in (He et al. 2015), uniform, or normal
 * and cut off at two standard deviations; each head as a layer of its own; zero biases, identity batch norms. */
void mlp_init(const struct fa_mlp *mlp, float *param, uint64_t seed);

/* What the forward pass leaves for the backward pass, for up to `rows` rows at once. */
struct mlp_tape {
    float *x;                 /* (B, dim), filled by the caller */
    float *y[MLP_STEPS];      /* (B, out) of each step; the last are the logits */
    float *z[MLP_STEPS];      /* (B, out) before the activation, of those that need it to go back */
    uint8_t *keep[MLP_STEPS]; /* (B, out) of dropouts */
    float *xhat[MLP_STEPS], *rstd[MLP_STEPS];
    float *dy[MLP_STEPS]; /* of each block, (B, out): gradient of its output, then of its product */
    void *memory;
};
int mlp_tape_new(struct mlp_tape *tape, const struct fa_mlp *mlp, size_t rows, struct fa_err *err);
void mlp_tape_free(struct mlp_tape *tape);

/* Raw embeddings x (B, dim) become what the first layer takes, in place. center and scale are those of
 * FA_INPUT_STANDARDIZE. */
void mlp_normalize(const struct fa_mlp *mlp, float *x, size_t rows, const float *center, const float *scale);

/* Draws the masks of all dropouts for rows row..row+rows-1 of a step of the optimiser. */
void mlp_draw_masks(const struct fa_mlp *mlp, struct mlp_tape *tape, size_t row, size_t rows, uint64_t seed, uint64_t step);

/* Training passes. param's moving statistics change in forward. loss (nheads) says how; mlp_loss() adds to
 * score[nheads] and leaves the gradient of the summed losses in the tape; backward writes grad, laid out as param. */
void mlp_forward(const struct fa_mlp *mlp, struct mlp_tape *tape, float *param, size_t rows, struct fa_pool *pool);
void mlp_loss(const struct fa_mlp *mlp, struct mlp_tape *tape, const struct layer_loss *loss, const int32_t *label, size_t rows,
              struct layer_score *score, struct fa_pool *pool);
void mlp_backward(const struct fa_mlp *mlp, struct mlp_tape *tape, const float *param, float *grad, size_t rows,
                  struct fa_pool *pool);

/* What a step of the optimiser works on: weights, their gradients and moments (v only of Adam), all laid out alike; steps
 * counts this one too. */
struct mlp_state {
    float *param, *grad, *m, *v;
    uint64_t steps;
};

/* Updates the weights by options' optimizer, weight_decay, momentum and clip. Kernels decay, biases and batch norms do not. */
void mlp_update(const struct fa_mlp *mlp, const struct mlp_state *state, const struct fa_fit_options *options, double rate,
                struct fa_pool *pool);

/* mlp_backward() and mlp_update() in one: each gradient is used while it is hot. */
void mlp_learn(const struct fa_mlp *mlp, struct mlp_tape *tape, const struct mlp_state *state, size_t rows,
               const struct fa_fit_options *options, double rate, struct fa_pool *pool);

/* The first half of mlp_backward(): gradients of all activations, and of all tensors but kernels. */
void mlp_backward_activations(const struct fa_mlp *mlp, struct mlp_tape *tape, const float *param, float *grad, size_t rows,
                              struct fa_pool *pool);

/* Inference: x (FA_PREDICT_ROWS, dim) to logits, dropout off, moving statistics on. x, buffer[0] and buffer[1] of
 * (FA_PREDICT_ROWS, widest) are working memory; the result is in one of them. */
const float *mlp_infer(const struct fa_mlp *mlp, const float *param, const float *x, float *const buffer[2]);

#endif
