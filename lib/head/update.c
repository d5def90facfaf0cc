#include <math.h>

#include "mlp.h"

/* Weights that one thread updates at once. */
enum { CHUNK = 1 << 14 };

struct update {
    const struct mlp_state *state;
    size_t offset, n;
    enum fa_optimizer optimizer;
    struct layer_adam adam;
    struct layer_sgd sgd;
};

static void update_chunk(void *arg, size_t chunk, unsigned worker)
{
    const struct update *u = arg;
    const struct mlp_state *s = u->state;
    size_t from = chunk * CHUNK, n = u->n - from < CHUNK ? u->n - from : CHUNK, at = u->offset + from;
    (void)worker;
    if (u->optimizer == FA_SGD)
        layer_sgd_step(s->param + at, s->m + at, s->grad + at, n, &u->sgd);
    else
        layer_adam_step(s->param + at, s->m + at, s->v + at, s->grad + at, n, &u->adam);
}

/* What the gradients are multiplied by, so that together they are no longer than most (Pascanu et al. 2013). */
static double clipping(const struct fa_mlp *mlp, const float *grad, double most)
{
    double square = 0;
    for (size_t i = 0; i < mlp->ntensors; i++) {
        const struct mlp_tensor *tensor = &mlp->tensor[i];
        for (size_t k = 0; tensor->trained && k < tensor->rows * tensor->cols; k++)
            square += (double)grad[tensor->offset + k] * (double)grad[tensor->offset + k];
    }
    return square > most * most ? most / sqrt(square) : 1;
}

void mlp_update(const struct fa_mlp *mlp, const struct mlp_state *state, const struct fa_fit_options *options, double rate,
                struct fa_pool *pool)
{
    double correct1 = 1 - pow(0.9, (double)state->steps), correct2 = sqrt(1 - pow(0.999, (double)state->steps));
    float scale = options->clip > 0 ? (float)clipping(mlp, state->grad, options->clip) : 1;
    struct update plain = {.state = state, .optimizer = options->optimizer}, kernel;
    plain.adam = (struct layer_adam){(float)(rate * correct2 / correct1), (float)(1e-8 * correct2), 1, 0, scale};
    plain.sgd = (struct layer_sgd){(float)rate, (float)options->momentum, 0, scale};
    kernel = plain;
    if (options->optimizer == FA_ADAMW)
        kernel.adam.shrink = (float)(1 - rate * options->weight_decay);
    else
        kernel.adam.decay = kernel.sgd.decay = (float)options->weight_decay;
    for (size_t i = 0; i < mlp->ntensors; i++) {
        const struct mlp_tensor *tensor = &mlp->tensor[i];
        struct update u = tensor->matrix ? kernel : plain;
        u.offset = tensor->offset;
        u.n = tensor->rows * tensor->cols;
        if (tensor->trained)
            fa_pool_for(pool, (u.n + CHUNK - 1) / CHUNK, update_chunk, &u);
    }
}
