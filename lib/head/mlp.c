#include "mlp.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fa/rng.h"

static void add_tensor(struct fa_mlp *mlp, const char *layer, const char *what, bool matrix, size_t rows, size_t cols)
{
    struct mlp_tensor *tensor = &mlp->tensor[mlp->ntensors++];
    *tensor = (struct mlp_tensor){.matrix = matrix, .rows = rows, .cols = cols, .offset = mlp->floats, .step = mlp->nsteps};
    tensor->trained = strncmp(what, "moving", 6) != 0;
    snprintf(tensor->name, sizeof tensor->name, "%s/%s", layer, what);
    mlp->floats += (rows * cols + 15) / 16 * 16; /* every tensor on a cache line */
}

static void add_step(struct fa_mlp *mlp, struct fa_layer layer, const char *name, unsigned number)
{
    struct mlp_step *step = &mlp->step[mlp->nsteps];
    size_t in = mlp->nsteps ? step[-1].out : mlp->dim, out = layer.kind == FA_DENSE ? layer.units : in;
    char unique[16];
    snprintf(unique, sizeof unique, number ? "%s_%u" : "%s", name, number);
    *step = (struct mlp_step){.layer = layer, .in = in, .out = out, .tensor = mlp->ntensors};
    memcpy(step->name, unique, sizeof unique);
    if (layer.kind == FA_DENSE) {
        add_tensor(mlp, unique, "kernel", true, in, out);
        add_tensor(mlp, unique, "bias", false, 1, out);
    } else if (layer.kind == FA_BATCHNORM) {
        add_tensor(mlp, unique, "gamma", false, 1, out);
        add_tensor(mlp, unique, "beta", false, 1, out);
        add_tensor(mlp, unique, "moving_mean", false, 1, out);
        add_tensor(mlp, unique, "moving_variance", false, 1, out);
    }
    step->ntensors = mlp->ntensors - step->tensor;
    if (layer.kind == FA_DENSE || !mlp->nsteps)
        mlp->block[mlp->nblocks++].step = mlp->nsteps;
    step->block = mlp->nblocks - 1;
    mlp->block[step->block].nsteps++;
    mlp->widest = out > mlp->widest ? out : mlp->widest;
    mlp->nsteps++;
}

void mlp_plan(struct fa_mlp *mlp, const struct fa_arch *arch, size_t dim, const struct fa_head *head, size_t nheads)
{
    static const char *const name[] = {[FA_DENSE] = "dense", [FA_DROPOUT] = "dropout", [FA_BATCHNORM] = "batchnorm"};
    struct fa_layer heads = {.kind = FA_DENSE};
    unsigned count[3] = {0};
    *mlp = (struct fa_mlp){.input = arch->input, .dim = dim, .widest = dim, .head = head, .nheads = nheads};
    for (size_t i = 0; i < arch->n; i++)
        add_step(mlp, arch->layer[i], name[arch->layer[i].kind], ++count[arch->layer[i].kind]);
    for (size_t h = 0; h < nheads; h++)
        heads.units += head[h].nclasses;
    add_step(mlp, heads, "heads", 0);
}

size_t mlp_nlogits(const struct fa_mlp *mlp)
{
    return mlp->step[mlp->nsteps - 1].out;
}

/* Standard normal, drawn anew beyond two standard deviations; then its own is 0.8796. */
static float truncated_normal(struct fa_rng *rng)
{
    float z;
    do
        z = fa_rng_normal(rng);
    while (fabsf(z) > 2);
    return z / 0.87962566f;
}

/* Columns from..from+n-1 of a kernel (in, out), as a kernel of their own. */
static void init_columns(float *kernel, size_t in, size_t out, size_t from, size_t n, enum fa_initializer initializer,
                         struct fa_rng *rng)
{
    bool he = initializer == FA_HE_UNIFORM || initializer == FA_HE_NORMAL;
    bool normal = initializer == FA_GLOROT_NORMAL || initializer == FA_HE_NORMAL;
    float fan = (float)(he ? in : in + n), limit = sqrtf(6 / fan), deviation = sqrtf(2 / fan);
    for (size_t row = 0; row < in; row++)
        for (size_t i = from; i < from + n; i++)
            kernel[row * out + i] = normal ? deviation * truncated_normal(rng) : limit * (2 * fa_rng_unit(rng) - 1);
}

static void fill(float *to, size_t n, float value)
{
    for (size_t i = 0; i < n; i++)
        to[i] = value;
}

void mlp_init(const struct fa_mlp *mlp, float *param, uint64_t seed)
{
    memset(param, 0, mlp->floats * sizeof *param);
    for (size_t s = 0; s < mlp->nsteps; s++) {
        const struct mlp_step *step = &mlp->step[s];
        const struct mlp_tensor *tensor = &mlp->tensor[step->tensor];
        struct fa_rng rng = fa_rng_make(seed, MLP_STREAM_INIT + s);
        if (step->layer.kind == FA_BATCHNORM) {
            fill(param + tensor[0].offset, step->out, 1);
            fill(param + tensor[3].offset, step->out, 1);
        } else if (step->layer.kind == FA_DENSE && s + 1 < mlp->nsteps) {
            init_columns(param + tensor->offset, step->in, step->out, 0, step->out, step->layer.initializer, &rng);
        } else if (step->layer.kind == FA_DENSE) {
            for (const struct fa_head *head = mlp->head; head < mlp->head + mlp->nheads; head++)
                init_columns(param + tensor->offset, step->in, step->out, head->offset, head->nclasses,
                             FA_GLOROT_UNIFORM, &rng);
        }
    }
}

/* Floats (rounded up to cache lines) of the tape for a batch; with memory, also the places of its arrays. */
static size_t lay_out(struct mlp_tape *tape, const struct fa_mlp *mlp, size_t rows, float *memory)
{
    size_t used = 0;
#define TAKE(floats) (used += ((floats) + 15) / 16 * 16, memory ? memory + used - ((floats) + 15) / 16 * 16 : NULL)
    tape->x = TAKE(rows * mlp->dim);
    for (size_t s = 0; s < mlp->nsteps; s++) {
        size_t n = rows * mlp->step[s].out;
        tape->y[s] = TAKE(n);
        if (mlp->step[s].layer.kind == FA_DENSE && mlp->step[s].layer.activation == FA_GELU)
            tape->z[s] = TAKE(n);
        if (mlp->step[s].layer.kind == FA_DROPOUT)
            tape->keep[s] = (uint8_t *)TAKE((n + 3) / 4);
        if (mlp->step[s].layer.kind == FA_BATCHNORM) {
            tape->xhat[s] = TAKE(n);
            tape->rstd[s] = TAKE(mlp->step[s].out);
        }
    }
    for (size_t b = 0; b < mlp->nblocks; b++)
        tape->dy[b] = TAKE(rows * mlp->step[mlp->block[b].step].out);
#undef TAKE
    return used;
}

int mlp_tape_new(struct mlp_tape *tape, const struct fa_mlp *mlp, size_t rows, struct fa_err *err)
{
    *tape = (struct mlp_tape){0};
    tape->memory = fa_mem_aligned(lay_out(tape, mlp, rows, NULL), sizeof(float), err);
    if (!tape->memory)
        return -1;
    lay_out(tape, mlp, rows, tape->memory);
    return 0;
}

void mlp_tape_free(struct mlp_tape *tape)
{
    free(tape->memory);
    *tape = (struct mlp_tape){0};
}
