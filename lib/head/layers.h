/* Layers as pairs of forward and backward passes on raw row-major arrays; shapes stand beside the arguments, B is the
 * batch. Backward passes overwrite the gradients they return. Nothing allocates. */
#ifndef FA_HEAD_LAYERS_H
#define FA_HEAD_LAYERS_H

#include <stddef.h>
#include <stdint.h>

#include "fa/head.h"
#include "fa/par.h"

/* y (B, out) = x (B, in) w (in, out). Split over the pool by fixed tiles, so that its size does not show. */
void layer_dense_forward(struct fa_pool *pool, float *y, const float *x, const float *w, size_t rows, size_t in, size_t out);

/* dw (in, out) = x^T dy; dx (B, in) = dy w^T, unless dx is NULL. */
void layer_dense_backward(struct fa_pool *pool, float *dx, float *dw, const float *dy, const float *x, const float *w,
                          size_t rows, size_t in, size_t out);

/* In place: y (B, out) = activation(y + b (out)). FA_LEAKY_RELU has Keras's slope 0.2 below 0, FA_GELU is the exact one, z
 * Phi(z) with the normal distribution's Phi (Hendrycks and Gimpel 2016). It has no inverse: z (B, out), if not NULL, keeps
 * y + b for the backward pass. The others do not touch z. */
void layer_activation_forward(float *y, float *z, const float *b, size_t rows, size_t out, enum fa_activation activation);

/* In place: dy (B, out) becomes the gradient before the activation, from its output y (for FA_GELU: from the input z); db
 * (out) = sum of that over B. */
void layer_activation_backward(float *dy, float *db, const float *y, const float *z, size_t rows, size_t out,
                               enum fa_activation activation);

/* keep (n) = 1 with probability 1 - rate (to 1/65536), from the generator's words at (seed, stream). */
void layer_dropout_mask(struct fa_pool *pool, uint8_t *keep, size_t n, float rate, uint64_t seed, uint64_t stream);

/* Inverted dropout: y = x keep / (1 - rate); backward, dy becomes dx in place. */
void layer_dropout_forward(float *y, const float *x, const uint8_t *keep, size_t n, float rate);
void layer_dropout_backward(float *dy, const uint8_t *keep, size_t n, float rate);

/* Ioffe and Szegedy 2015, with Keras's defaults: y (B, out) = gamma xhat + beta, xhat = (x - mean) rstd with mean and
 * (biased) variance over the batch; moving statistics take in BATCHNORM_NEW (1 - Keras's momentum) of them. */
#define BATCHNORM_NEW 0.01f
#define BATCHNORM_EPSILON 1e-3f
struct layer_batchnorm {
    const float *gamma, *beta;             /* (out) */
    float *moving_mean, *moving_variance;  /* (out) */
    float *xhat, *rstd;                    /* (B, out), (out): kept from forward for backward */
};
void layer_batchnorm_forward(float *y, const float *x, const struct layer_batchnorm *bn, size_t rows, size_t out);
void layer_batchnorm_backward(float *dx, float *dgamma, float *dbeta, const float *dy, const struct layer_batchnorm *bn,
                              size_t rows, size_t out);
void layer_batchnorm_infer(float *y, const float *x, const struct layer_batchnorm *bn, size_t rows, size_t out);

/* True if the label of a row (class or, from nclasses on, coarse) is that class or one that stands for it. */
static inline bool layer_covers(const struct fa_coarse *coarse, size_t classes, size_t label, size_t class)
{
    return label < classes ? label == class : coarse->has[(label - classes) * classes + class];
}

/* How one head is scored. With p = softmax(logits) and S the classes that a row's label covers, the row's cross-entropy is
 * C = -log(sum of p over S), and its part of the objective weight * class_weight[label] * ((1 - smoothing) C + smoothing *
 * mean over all classes of -log p) / number of labelled rows. */
struct layer_loss {
    size_t classes;
    const struct fa_coarse *coarse; /* NULL: none */
    float weight, smoothing;
    const float *class_weight; /* (classes + coarse labels); NULL: 1 each */
};
struct layer_score {
    double loss, objective; /* sum of C; objective */
    size_t correct, n;
};

/* The classes of the head stand at logits[row * stride + 0..classes-1]; label[row * label_stride] is -1 for none. Adds to
 * sum: over the labelled rows, losses, right answers, their number, and the batch's objective. dlogits (NULL, or as logits)
 * is the gradient of the objective. */
void layer_softmax_loss(struct layer_score *sum, float *dlogits, const float *logits, size_t stride,
                        const struct layer_loss *loss, const int32_t *label, size_t label_stride, size_t rows);

/* One step of Adam (Kingma and Ba 2015, algorithm 1) on n weights, or AdamW (Loshchilov and Hutter 2019) by shrink. */
struct layer_adam {
    float rate, epsilon;  /* both times sqrt(1 - beta2^t), rate also / (1 - beta1^t): the bias corrections */
    float shrink;         /* the weight is multiplied by it first: 1 - learning rate * decay */
    float decay;          /* this much of the weight is added to the gradient */
    float scale;          /* the gradient is multiplied by it before that */
};
void layer_adam_step(float *w, float *m, float *v, const float *g, size_t n, const struct layer_adam *adam);

/* One step of stochastic gradient descent with momentum: m = momentum m + g, w = w - rate m. */
struct layer_sgd {
    float rate, momentum;
    float decay, scale; /* as above */
};
void layer_sgd_step(float *w, float *m, const float *g, size_t n, const struct layer_sgd *sgd);

#endif
