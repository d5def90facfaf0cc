/* Layers as pairs of forward and backward passes on raw row-major arrays; shapes stand beside the arguments, B is the
 * batch. Backward passes overwrite the gradients they return. Nothing allocates. All but the loss work on whatever columns
 * they are given, so that threads can share a layer; what a column comes to does not depend on the others. */
#ifndef FA_HEAD_LAYERS_H
#define FA_HEAD_LAYERS_H

#include <stddef.h>
#include <stdint.h>

#include "fa/head.h"

/* n columns of an array of B rows that are stride apart; pointers are to the first of these columns. */
struct layer_part {
    size_t rows, n, stride;
};

/* x (B, in), w (in, out). Columns from..from+n-1 of y (B, out) = x w and of dx (B, in) = dy w^T; rows from..from+n-1 of dw
 * (in, out) = x^T dy. */
struct layer_dense {
    size_t rows, in, out;
};
void layer_dense_forward(float *y, const float *x, const float *w, struct layer_dense shape, size_t from, size_t n);
void layer_dense_backward_input(float *dx, const float *dy, const float *w, struct layer_dense shape, size_t from, size_t n);
void layer_dense_backward_kernel(float *dw, const float *dy, const float *x, struct layer_dense shape, size_t from, size_t n);

/* In place: y (B, n) = activation(y + b (n)). FA_LEAKY_RELU has Keras's slope 0.2 below 0, FA_GELU is the exact one, z
 * Phi(z) with the normal distribution's Phi (Hendrycks and Gimpel 2016). It has no inverse: z (B, n), if not NULL, keeps
 * y + b for the backward pass. The others do not touch z. */
void layer_activation_forward(float *y, float *z, const float *b, struct layer_part part, enum fa_activation activation);

/* In place: dy (B, n) becomes the gradient before the activation, from its output y (for FA_GELU: from the input z); db (n)
 * = sum of that over B. */
void layer_activation_backward(float *dy, float *db, const float *y, const float *z, struct layer_part part,
                               enum fa_activation activation);

/* keep (B, n): 1 with probability 1 - rate (to 1/65536), from the generator's words at (seed, stream); row is the number of
 * the first of these rows, of which all columns are drawn. */
void layer_dropout_mask(uint8_t *keep, size_t row, size_t rows, size_t n, float rate, uint64_t seed, uint64_t stream);

/* Inverted dropout: y = x keep / (1 - rate); backward, dy becomes dx in place. */
void layer_dropout_forward(float *y, const float *x, const uint8_t *keep, struct layer_part part, float rate);
void layer_dropout_backward(float *dy, const uint8_t *keep, struct layer_part part, float rate);

/* Ioffe and Szegedy 2015, with Keras's defaults: y (B, n) = gamma xhat + beta, xhat = (x - mean) rstd with mean and
 * (biased) variance over the batch; moving statistics take in BATCHNORM_NEW (1 - Keras's momentum) of them. Backward, dy
 * becomes dx in place. */
#define BATCHNORM_NEW 0.01f
#define BATCHNORM_EPSILON 1e-3f
struct layer_batchnorm {
    const float *gamma, *beta;            /* (n) */
    float *moving_mean, *moving_variance; /* (n) */
    float *xhat, *rstd;                   /* (B, n), (n): kept from forward for backward */
};
void layer_batchnorm_forward(float *y, const float *x, const struct layer_batchnorm *bn, struct layer_part part);
void layer_batchnorm_backward(float *dy, float *dgamma, float *dbeta, const struct layer_batchnorm *bn, struct layer_part part);
void layer_batchnorm_infer(float *y, const float *x, const struct layer_batchnorm *bn, struct layer_part part);

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

/* One step of stochastic gradient descent with momentum: m = momentum m + g, w = w - rate m. */
struct layer_sgd {
    float rate, momentum;
    float decay, scale; /* as fa_adam's */
};
void layer_sgd_step(float *w, float *m, const float *g, size_t n, const struct layer_sgd *sgd);

#endif
