#include <math.h>

#include "fa/tensor.h"
#include "mlp.h"

/* Gradients of kernels and steps of the optimiser go by parts of tensors: whole rows, few enough that a core's own cache holds
 * them with their moments; more with a large batch, which has to be packed anew for each part. */
enum { PART = 1 << 15, LARGE = 128, GRAIN = 16 };

struct work {
    const struct fa_mlp *mlp;
    const struct mlp_tape *tape; /* NULL: the gradients are there already */
    const struct mlp_state *state;
    size_t rows;                 /* of the batch */
    bool updates;
    enum fa_optimizer optimizer;
    struct fa_adam adam[2]; /* of vectors, of matrices */
    struct layer_sgd sgd[2];
};

static size_t rows_per_part(const struct work *w, const struct mlp_tensor *tensor)
{
    size_t times = w->rows / LARGE, rows = PART * (times ? times : 1) / tensor->cols / GRAIN * GRAIN;
    return rows ? rows : GRAIN;
}

static size_t parts_of(const struct work *w, const struct mlp_tensor *tensor)
{
    size_t each = rows_per_part(w, tensor);
    return tensor->trained ? (tensor->rows + each - 1) / each : 0;
}

static void kernel_gradient(const struct work *w, const struct mlp_tensor *tensor, size_t row, size_t rows)
{
    const float *x = tensor->step ? w->tape->y[tensor->step - 1] : w->tape->x;
    layer_dense_backward_kernel(w->state->grad + tensor->offset, w->tape->dy[w->mlp->step[tensor->step].block], x,
                                (struct layer_dense){w->rows, tensor->rows, tensor->cols}, row, rows);
}

static void work_on_part(void *arg, size_t part, unsigned worker)
{
    const struct work *w = arg;
    const struct mlp_state *s = w->state;
    const struct mlp_tensor *tensor = w->mlp->tensor;
    (void)worker;
    for (; part >= parts_of(w, tensor); tensor++)
        part -= parts_of(w, tensor);
    size_t each = rows_per_part(w, tensor), row = part * each, rows = tensor->rows - row < each ? tensor->rows - row : each;
    size_t at = tensor->offset + row * tensor->cols, n = rows * tensor->cols;
    if (w->tape && tensor->matrix)
        kernel_gradient(w, tensor, row, rows);
    if (w->updates && w->optimizer == FA_SGD)
        layer_sgd_step(s->param + at, s->m + at, s->grad + at, n, &w->sgd[tensor->matrix]);
    else if (w->updates)
        fa_tensor_adam(s->param + at, s->m + at, s->v + at, s->grad + at, n, &w->adam[tensor->matrix]);
}

static void work_on_all(struct work *w, struct fa_pool *pool)
{
    size_t parts = 0;
    for (size_t i = 0; i < w->mlp->ntensors; i++)
        parts += parts_of(w, &w->mlp->tensor[i]);
    fa_pool_for(pool, parts, work_on_part, w);
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

static void set_optimizer(struct work *w, const struct fa_fit_options *options, double rate, float scale)
{
    double steps = (double)w->state->steps, correct1 = 1 - pow(0.9, steps), correct2 = sqrt(1 - pow(0.999, steps));
    w->updates = true;
    w->optimizer = options->optimizer;
    w->adam[0] = (struct fa_adam){(float)(rate * correct2 / correct1), (float)(1e-8 * correct2), 1, 0, scale};
    w->sgd[0] = (struct layer_sgd){(float)rate, (float)options->momentum, 0, scale};
    w->adam[1] = w->adam[0];
    w->sgd[1] = w->sgd[0];
    if (options->optimizer == FA_ADAMW)
        w->adam[1].shrink = (float)(1 - rate * options->weight_decay);
    else
        w->adam[1].decay = w->sgd[1].decay = (float)options->weight_decay;
}

void mlp_update(const struct fa_mlp *mlp, const struct mlp_state *state, const struct fa_fit_options *options, double rate,
                struct fa_pool *pool)
{
    struct work w = {.mlp = mlp, .state = state};
    set_optimizer(&w, options, rate, options->clip > 0 ? (float)clipping(mlp, state->grad, options->clip) : 1);
    work_on_all(&w, pool);
}

void mlp_backward(const struct fa_mlp *mlp, struct mlp_tape *tape, const float *param, float *grad, size_t rows,
                  struct fa_pool *pool)
{
    struct mlp_state state = {.grad = grad};
    struct work w = {.mlp = mlp, .tape = tape, .state = &state, .rows = rows};
    mlp_backward_activations(mlp, tape, param, grad, rows, pool);
    work_on_all(&w, pool);
}

void mlp_learn(const struct fa_mlp *mlp, struct mlp_tape *tape, const struct mlp_state *state, size_t rows,
               const struct fa_fit_options *options, double rate, struct fa_pool *pool)
{
    if (options->clip > 0) { /* needs all gradients first */
        mlp_backward(mlp, tape, state->param, state->grad, rows, pool);
        mlp_update(mlp, state, options, rate, pool);
        return;
    }
    struct work w = {.mlp = mlp, .tape = tape, .state = state, .rows = rows};
    mlp_backward_activations(mlp, tape, state->param, state->grad, rows, pool);
    set_optimizer(&w, options, rate, 1);
    work_on_all(&w, pool);
}
