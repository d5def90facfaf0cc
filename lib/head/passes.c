#include <math.h>

#include "mlp.h"

/* The i-th tensor of a step among the weights, or among the gradients, which lie the same way. */
#define AT(base, step, i) ((base) + mlp->tensor[(step)->tensor + (i)].offset)

/* ---- tiles of a block: some of its columns ---- */

/* Columns of a tile at least, and what they are a multiple of, for BLIS's register blocks. A tile has to pack the batch anew,
 * so that with large batches it had better be wide; with small ones there should be many to share. */
enum { TILE = 64, GRAIN = 16 };

struct pass {
    const struct fa_mlp *mlp;
    struct mlp_tape *tape;
    float *param, *grad;
    size_t rows, block, tiles;
};

static size_t tiles_of(size_t columns, size_t rows)
{
    size_t width = rows / 2 > TILE ? rows / 2 : TILE;
    return (columns + width - 1) / width;
}

/* The tile's share of n columns, from *from on. */
static size_t share(size_t *from, size_t n, size_t tile, size_t tiles)
{
    size_t grains = (n + GRAIN - 1) / GRAIN, end = (tile + 1) * grains / tiles * GRAIN;
    *from = tile * grains / tiles * GRAIN;
    return (end < n ? end : n) - *from;
}

static struct layer_batchnorm batchnorm_of(const struct fa_mlp *mlp, const struct mlp_tape *tape, float *param, size_t s,
                                           size_t from)
{
    const struct mlp_step *step = &mlp->step[s];
    return (struct layer_batchnorm){.gamma = AT(param, step, 0) + from,
                                    .beta = AT(param, step, 1) + from,
                                    .moving_mean = AT(param, step, 2) + from,
                                    .moving_variance = AT(param, step, 3) + from,
                                    .xhat = tape ? tape->xhat[s] + from : NULL,
                                    .rstd = tape ? tape->rstd[s] + from : NULL};
}

/* ---- forward ---- */

void mlp_draw_masks(const struct fa_mlp *mlp, struct mlp_tape *tape, size_t row, size_t rows, uint64_t seed, uint64_t step)
{
    for (size_t s = 0; s < mlp->nsteps; s++)
        if (mlp->step[s].layer.kind == FA_DROPOUT)
            layer_dropout_mask(tape->keep[s] + row * mlp->step[s].out, row, rows, mlp->step[s].out, mlp->step[s].layer.rate, seed,
                               MLP_STREAM_DROPOUT + step * MLP_STEPS + s);
}

/* x: all columns of the step's input. */
static void forward_columns(const struct pass *p, size_t s, const float *x, size_t from, size_t n)
{
    const struct fa_mlp *mlp = p->mlp;
    const struct mlp_step *step = &mlp->step[s];
    const struct mlp_tape *tape = p->tape;
    struct layer_part part = {p->rows, n, step->out};
    float *y = tape->y[s] + from;
    if (step->layer.kind == FA_DENSE) {
        layer_dense_forward(tape->y[s], x, AT(p->param, step, 0), (struct layer_dense){p->rows, step->in, step->out}, from, n);
        layer_activation_forward(y, tape->z[s] ? tape->z[s] + from : NULL, AT(p->param, step, 1) + from, part,
                                 step->layer.activation);
    } else if (step->layer.kind == FA_DROPOUT) {
        layer_dropout_forward(y, x + from, tape->keep[s] + from, part, step->layer.rate);
    } else {
        struct layer_batchnorm bn = batchnorm_of(mlp, tape, p->param, s, from);
        layer_batchnorm_forward(y, x + from, &bn, part);
    }
}

static const float *input_of(const struct mlp_tape *tape, size_t s)
{
    return s ? tape->y[s - 1] : tape->x;
}

static void forward_tile(void *arg, size_t tile, unsigned worker)
{
    const struct pass *p = arg;
    const struct mlp_block *block = &p->mlp->block[p->block];
    size_t from, n = share(&from, p->mlp->step[block->step].out, tile, p->tiles);
    (void)worker;
    for (size_t s = block->step; s < block->step + block->nsteps; s++)
        forward_columns(p, s, input_of(p->tape, s), from, n);
}

void mlp_forward(const struct fa_mlp *mlp, struct mlp_tape *tape, float *param, size_t rows, struct fa_pool *pool)
{
    struct pass p = {.mlp = mlp, .tape = tape, .param = param, .rows = rows};
    for (p.block = 0; p.block < mlp->nblocks; p.block++) {
        p.tiles = tiles_of(mlp->step[mlp->block[p.block].step].out, rows);
        fa_pool_for(pool, p.tiles, forward_tile, &p);
    }
}

struct scoring {
    const struct fa_mlp *mlp;
    struct mlp_tape *tape;
    const struct layer_loss *loss;
    const int32_t *label;
    size_t rows;
    struct layer_score *score;
};

static void score_head(void *arg, size_t h, unsigned worker)
{
    const struct scoring *s = arg;
    const struct fa_mlp *mlp = s->mlp;
    size_t last = mlp->nsteps - 1, offset = mlp->head[h].offset;
    (void)worker;
    layer_softmax_loss(&s->score[h], s->tape->dy[mlp->nblocks - 1] + offset, s->tape->y[last] + offset, mlp->step[last].out,
                       &s->loss[h], s->label + h, mlp->nheads, s->rows);
}

void mlp_loss(const struct fa_mlp *mlp, struct mlp_tape *tape, const struct layer_loss *loss, const int32_t *label, size_t rows,
              struct layer_score *score, struct fa_pool *pool)
{
    fa_pool_for(pool, mlp->nheads, score_head, &(struct scoring){mlp, tape, loss, label, rows, score});
}

/* ---- backward ---- */

/* The gradient of the block's output becomes that of its product. */
static void backward_columns(const struct pass *p, size_t b, size_t from, size_t n)
{
    const struct fa_mlp *mlp = p->mlp;
    const struct mlp_tape *tape = p->tape;
    const struct mlp_block *block = &mlp->block[b];
    for (size_t s = block->step + block->nsteps; s-- > block->step;) {
        const struct mlp_step *step = &mlp->step[s];
        struct layer_part part = {p->rows, n, step->out};
        float *dy = tape->dy[b] + from;
        if (step->layer.kind == FA_DENSE) {
            layer_activation_backward(dy, AT(p->grad, step, 1) + from, tape->y[s] + from, tape->z[s] ? tape->z[s] + from : NULL,
                                      part, step->layer.activation);
        } else if (step->layer.kind == FA_DROPOUT) {
            layer_dropout_backward(dy, tape->keep[s] + from, part, step->layer.rate);
        } else {
            struct layer_batchnorm bn = batchnorm_of(mlp, tape, p->param, s, from);
            layer_batchnorm_backward(dy, AT(p->grad, step, 0) + from, AT(p->grad, step, 1) + from, &bn, part);
        }
    }
}

/* Columns of a block's input, and through the block before it. */
static void backward_tile(void *arg, size_t tile, unsigned worker)
{
    const struct pass *p = arg;
    const struct fa_mlp *mlp = p->mlp;
    const struct mlp_step *step = &mlp->step[mlp->block[p->block].step];
    size_t from, n = share(&from, step->in, tile, p->tiles);
    (void)worker;
    layer_dense_backward_input(p->tape->dy[p->block - 1], p->tape->dy[p->block], AT(p->param, step, 0),
                               (struct layer_dense){p->rows, step->in, step->out}, from, n);
    backward_columns(p, p->block - 1, from, n);
}

void mlp_backward_activations(const struct fa_mlp *mlp, struct mlp_tape *tape, const float *param, float *grad, size_t rows,
                              struct fa_pool *pool)
{
    struct pass p = {.mlp = mlp, .tape = tape, .param = (float *)(uintptr_t)param, .grad = grad, .rows = rows};
    backward_columns(&p, mlp->nblocks - 1, 0, mlp_nlogits(mlp));
    for (p.block = mlp->nblocks - 1; p.block && mlp->step[mlp->block[p.block].step].tensor; p.block--) {
        p.tiles = tiles_of(mlp->step[mlp->block[p.block].step].in, rows);
        fa_pool_for(pool, p.tiles, backward_tile, &p);
    }
}

/* ---- inference ---- */

/* 1 / |x|, or 0 for the zero vector, which stays zero. */
static float inverse_norm(const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    return sum > 0 ? (float)(1 / sqrt(sum)) : 0;
}

void mlp_normalize(const struct fa_mlp *mlp, float *x, size_t rows, const float *center, const float *scale)
{
    size_t dim = mlp->dim;
    for (size_t row = 0; row < rows && mlp->input != FA_INPUT_NONE; row++, x += dim) {
        float norm = mlp->input == FA_INPUT_L2 ? inverse_norm(x, dim) : 1;
        if (mlp->input == FA_INPUT_STANDARDIZE)
            for (size_t i = 0; i < dim; i++)
                x[i] = (x[i] - center[i]) * scale[i];
        else
            for (size_t i = 0; i < dim; i++)
                x[i] *= norm;
    }
}

const float *mlp_infer(const struct fa_mlp *mlp, const float *param, const float *x, float *const buffer[2])
{
    unsigned turn = 0;
    for (size_t s = 0; s < mlp->nsteps; s++) {
        const struct mlp_step *step = &mlp->step[s];
        struct layer_part all = {FA_PREDICT_ROWS, step->out, step->out};
        float *y = buffer[turn];
        if (step->layer.kind == FA_DROPOUT)
            continue;
        if (step->layer.kind == FA_DENSE) {
            layer_dense_forward(y, x, AT(param, step, 0), (struct layer_dense){FA_PREDICT_ROWS, step->in, step->out}, 0,
                                step->out);
            layer_activation_forward(y, NULL, AT(param, step, 1), all, step->layer.activation);
        } else {
            struct layer_batchnorm bn = batchnorm_of(mlp, NULL, (float *)(uintptr_t)param, s, 0);
            layer_batchnorm_infer(y, x, &bn, all);
        }
        x = y;
        turn ^= 1;
    }
    return x;
}
