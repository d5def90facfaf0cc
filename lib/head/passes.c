#include <math.h>
#include <string.h>

#include "mlp.h"

/* The i-th tensor of a step among the weights, or among the gradients, which lie the same way. */
#define AT(base, step, i) ((base) + mlp->tensor[(step)->tensor + (i)].offset)

static struct layer_batchnorm batchnorm_of(const struct fa_mlp *mlp, const struct mlp_tape *tape, float *param, size_t s)
{
    const struct mlp_step *step = &mlp->step[s];
    return (struct layer_batchnorm){.gamma = AT(param, step, 0),
                                    .beta = AT(param, step, 1),
                                    .moving_mean = AT(param, step, 2),
                                    .moving_variance = AT(param, step, 3),
                                    .xhat = tape ? tape->xhat[s] : NULL,
                                    .rstd = tape ? tape->rstd[s] : NULL};
}

void mlp_draw_masks(const struct fa_mlp *mlp, struct mlp_tape *tape, size_t rows, uint64_t seed, uint64_t step,
                    struct fa_pool *pool)
{
    for (size_t s = 0; s < mlp->nsteps; s++)
        if (mlp->step[s].layer.kind == FA_DROPOUT)
            layer_dropout_mask(pool, tape->keep[s], rows * mlp->step[s].out, mlp->step[s].layer.rate, seed,
                               MLP_STREAM_DROPOUT + step * MLP_STEPS + s);
}

void mlp_forward(const struct fa_mlp *mlp, struct mlp_tape *tape, float *param, size_t rows, struct fa_pool *pool)
{
    const float *x = tape->x;
    for (size_t s = 0; s < mlp->nsteps; x = tape->y[s++]) {
        const struct mlp_step *step = &mlp->step[s];
        if (step->layer.kind == FA_DENSE) {
            layer_dense_forward(pool, tape->y[s], x, AT(param, step, 0), rows, step->in, step->out);
            layer_activation_forward(tape->y[s], tape->z[s], AT(param, step, 1), rows, step->out, step->layer.activation);
        } else if (step->layer.kind == FA_DROPOUT) {
            layer_dropout_forward(tape->y[s], x, tape->keep[s], rows * step->out, step->layer.rate);
        } else {
            struct layer_batchnorm bn = batchnorm_of(mlp, tape, param, s);
            layer_batchnorm_forward(tape->y[s], x, &bn, rows, step->out);
        }
    }
}

void mlp_loss(const struct fa_mlp *mlp, struct mlp_tape *tape, const struct layer_loss *loss, const int32_t *label, size_t rows,
              struct layer_score *score)
{
    size_t last = mlp->nsteps - 1, stride = mlp->step[last].out;
    for (size_t h = 0; h < mlp->nheads; h++) {
        const struct fa_head *head = &mlp->head[h];
        layer_softmax_loss(&score[h], tape->gradient[0] + head->offset, tape->y[last] + head->offset, stride, &loss[h],
                           label + h, mlp->nheads, rows);
    }
}

void mlp_backward(const struct fa_mlp *mlp, struct mlp_tape *tape, const float *param, float *grad, size_t rows,
                  struct fa_pool *pool)
{
    float *dy = tape->gradient[0], *dx = tape->gradient[1];
    for (size_t s = mlp->nsteps; s-- > 0;) {
        const struct mlp_step *step = &mlp->step[s];
        const float *x = s ? tape->y[s - 1] : tape->x;
        if (step->layer.kind == FA_DROPOUT) {
            layer_dropout_backward(dy, tape->keep[s], rows * step->out, step->layer.rate);
            continue;
        }
        if (step->layer.kind == FA_DENSE) {
            layer_activation_backward(dy, AT(grad, step, 1), tape->y[s], tape->z[s], rows, step->out, step->layer.activation);
            layer_dense_backward(pool, step->tensor ? dx : NULL, AT(grad, step, 0), dy, x, AT(param, step, 0), rows, step->in,
                                 step->out);
        } else {
            struct layer_batchnorm bn = batchnorm_of(mlp, tape, (float *)(uintptr_t)param, s);
            layer_batchnorm_backward(dx, AT(grad, step, 0), AT(grad, step, 1), dy, &bn, rows, step->out);
        }
        if (!step->tensor)
            return; /* nothing before this step has weights */
        float *swap = dy;
        dy = dx;
        dx = swap;
    }
}

/* 1 / |x|, or 0 for the zero vector, which stays zero. */
static float inverse_norm(const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    return sum > 0 ? (float)(1 / sqrt(sum)) : 0;
}

void mlp_gather(const struct fa_mlp *mlp, float *x, const float *const *from, size_t rows, const float *center,
                const float *scale)
{
    size_t dim = mlp->dim;
    for (size_t row = 0; row < rows; row++, x += dim) {
        float norm = mlp->input == FA_INPUT_L2 ? inverse_norm(from[row], dim) : 1;
        if (mlp->input == FA_INPUT_STANDARDIZE)
            for (size_t i = 0; i < dim; i++)
                x[i] = (from[row][i] - center[i]) * scale[i];
        else
            for (size_t i = 0; i < dim; i++)
                x[i] = from[row][i] * norm;
    }
}

const float *mlp_infer(const struct fa_mlp *mlp, const float *param, const float *x, float *const buffer[2])
{
    unsigned turn = 0;
    for (size_t s = 0; s < mlp->nsteps; s++) {
        const struct mlp_step *step = &mlp->step[s];
        float *y = buffer[turn];
        if (step->layer.kind == FA_DROPOUT)
            continue;
        if (step->layer.kind == FA_DENSE) {
            layer_dense_forward(NULL, y, x, AT(param, step, 0), FA_PREDICT_ROWS, step->in, step->out);
            layer_activation_forward(y, NULL, AT(param, step, 1), FA_PREDICT_ROWS, step->out, step->layer.activation);
        } else {
            struct layer_batchnorm bn = batchnorm_of(mlp, NULL, (float *)(uintptr_t)param, s);
            layer_batchnorm_infer(y, x, &bn, FA_PREDICT_ROWS, step->out);
        }
        x = y;
        turn ^= 1;
    }
    return x;
}
