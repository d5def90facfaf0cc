/* A whole network: where its weights lie, and the passes over all its layers. */
#ifndef FA_HEAD_MLP_H
#define FA_HEAD_MLP_H

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
};

struct mlp_step {
    struct fa_layer layer;
    char name[16];
    size_t in, out;
    size_t tensor, ntensors; /* dense: kernel, bias; batch norm: gamma, beta, moving mean, moving variance */
};

/* The last step is the dense layer of all heads together. */
struct fa_mlp {
    enum fa_input input;
    size_t dim, widest, nsteps, ntensors, floats; /* floats: length of the one allocation that holds all tensors */
    const struct fa_head *head;
    size_t nheads;
    struct mlp_step step[MLP_STEPS];
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
    float *gradient[2]; /* (B, widest): in turn of a step's output and its input */
    void *memory;
};
int mlp_tape_new(struct mlp_tape *tape, const struct fa_mlp *mlp, size_t rows, struct fa_err *err);
void mlp_tape_free(struct mlp_tape *tape);

/* Draws the masks of all dropouts for a step of the optimiser. */
void mlp_draw_masks(const struct fa_mlp *mlp, struct mlp_tape *tape, size_t rows, uint64_t seed, uint64_t step,
                    struct fa_pool *pool);

/* Training passes. param's moving statistics change in forward. loss (nheads) says how; mlp_loss() adds to
 * score[nheads] and leaves the gradient of the summed losses in the tape; backward writes grad, laid out as param. */
void mlp_forward(const struct fa_mlp *mlp, struct mlp_tape *tape, float *param, size_t rows, struct fa_pool *pool);
void mlp_loss(const struct fa_mlp *mlp, struct mlp_tape *tape, const struct layer_loss *loss, const int32_t *label, size_t rows,
              struct layer_score *score);
void mlp_backward(const struct fa_mlp *mlp, struct mlp_tape *tape, const float *param, float *grad, size_t rows,
                  struct fa_pool *pool);

/* What a step of the optimiser works on: weights, its moments (v only of Adam) and gradients, all laid out alike; steps
 * counts this one too. */
struct mlp_state {
    float *param, *m, *v;
    const float *grad;
    uint64_t steps;
};

/* Updates the weights by options' optimizer, weight_decay, momentum and clip. Kernels decay, biases and batch norms do not. */
void mlp_update(const struct fa_mlp *mlp, const struct mlp_state *state, const struct fa_fit_options *options, double rate,
                struct fa_pool *pool);

/* Rows of raw embeddings, normalised, to x (B, dim). center and scale are those of FA_INPUT_STANDARDIZE. */
void mlp_gather(const struct fa_mlp *mlp, float *x, const float *const *from, size_t rows, const float *center,
                const float *scale);

/* Inference: x (FA_PREDICT_ROWS, dim) to logits, dropout off, moving statistics on. x, buffer[0] and buffer[1] of
 * (FA_PREDICT_ROWS, widest) are working memory; the result is in one of them. */
const float *mlp_infer(const struct fa_mlp *mlp, const float *param, const float *x, float *const buffer[2]);

#endif
