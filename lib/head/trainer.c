#include "trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct fa_fit_options fa_fit_defaults(void)
{
    struct fa_fit_options options = {.epochs = 25,
                                     .batch = 64,
                                     .optimizer = FA_ADAMW,
                                     .schedule = FA_COSINE,
                                     .rate = 2e-3,
                                     .weight_decay = 1e-2,
                                     .validation = 0.1,
                                     .patience = 10,
                                     .seed = 1,
                                     .threads = 1,
                                     .momentum = 0.9,
                                     .decay_epochs = 10,
                                     .decay_factor = 0.1,
                                     .class_beta = 0.9999};
    fa_arch_parse(&options.arch, FA_ARCH_DEFAULT, NULL);
    return options;
}

/* 0 up to 1, the same for all of a picture or group, whatever else is in the set. */
static double place_of(const char *group, uint64_t seed)
{
    return (double)(XXH3_64bits_withSeed(group, strlen(group), seed) >> 11) * 0x1p-53;
}

/* Folds have a hash of their own: a share held out then comes from all that they leave. */
static bool left_out(const struct fa_trainer *t, size_t row)
{
    size_t folds = t->options.folds;
    return folds && (size_t)(place_of(t->data->group[row], 1) * (double)folds) == t->options.fold;
}

static bool held_out(const struct fa_trainer *t, size_t row)
{
    return t->data->held ? t->data->held[row] : place_of(t->data->group[row], 0) < t->options.validation;
}

static int split(struct fa_trainer *t, struct fa_err *err)
{
    const struct fa_dataset *data = t->data;
    double share = t->options.validation;
    t->train = fa_arena_alloc(&t->arena, data->rows * sizeof *t->train, err);
    t->valid = fa_arena_alloc(&t->arena, data->rows * sizeof *t->valid, err);
    t->out = fa_arena_alloc(&t->arena, data->rows * sizeof *t->out, err);
    t->order = fa_arena_alloc(&t->arena, data->rows * sizeof *t->order, err);
    if (!t->train || !t->valid || !t->out || !t->order)
        return -1;
    for (size_t i = 0; i < data->rows; i++)
        if (left_out(t, i))
            t->out[t->nout++] = (uint32_t)i;
        else if (held_out(t, i))
            t->valid[t->nvalid++] = (uint32_t)i;
        else
            t->train[t->ntrain++] = (uint32_t)i;
    if (t->options.folds && !t->nout)
        return fa_err_set(err, "fold %zu of %zu has none of %zu records", t->options.fold + 1, t->options.folds, data->rows);
    if (!t->ntrain && data->held)
        return fa_err_set(err, "all of %zu records are held out (%s), none is left to train on", data->rows, data->validation);
    if (!t->nvalid && data->held)
        return fa_err_set(err, "none of %zu records is held out (%s)", data->rows, data->validation);
    if (!t->ntrain)
        return fa_err_set(err, "a validation split of %g leaves none of %zu records to train on", share, data->rows);
    if (!t->nvalid && share > 0)
        return fa_err_set(err, "a validation split of %g holds out none of %zu records (0 trains without)", share, data->rows);
    if (!t->nvalid && t->options.monitor)
        return fa_err_set(err, "cannot monitor '%s': nothing is held out to validate on", t->options.monitor);
    return 0;
}

/* Mean and 1 / standard deviation of each feature over the rows trained on; a constant feature becomes 0. */
static int standardize(struct fa_trainer *t, struct fa_err *err)
{
    size_t dim = t->mlp.dim;
    double *sum = fa_mem_array(2 * dim, sizeof *sum, err), *square = sum + dim;
    float *x = t->x;
    if (!sum)
        return -1;
    for (size_t i = 0; i < t->ntrain; i++) {
        fa_dataset_row(t->data, t->train[i], x);
        for (size_t k = 0; k < dim; k++)
            sum[k] += (double)x[k];
    }
    for (size_t k = 0; k < dim; k++)
        sum[k] /= (double)t->ntrain;
    for (size_t i = 0; i < t->ntrain; i++) {
        fa_dataset_row(t->data, t->train[i], x);
        for (size_t k = 0; k < dim; k++) {
            double d = (double)x[k] - sum[k];
            square[k] += d * d;
        }
    }
    for (size_t k = 0; k < dim; k++) {
        double deviation = sqrt(square[k] / (double)t->ntrain);
        t->center[k] = (float)sum[k];
        t->scale[k] = deviation > 1e-12 ? (float)(1 / deviation) : 0;
    }
    free(sum);
    return 0;
}

static int allocate(struct fa_trainer *t, struct fa_err *err)
{
    size_t n = t->mlp.floats, dim = (t->mlp.dim + 15) / 16 * 16, wide = (t->mlp.widest + 15) / 16 * 16;
    size_t rows = t->options.batch > FA_PREDICT_ROWS ? t->options.batch : FA_PREDICT_ROWS, nheads = t->mlp.nheads;
    float *at = t->memory = fa_mem_aligned(5 * n + 2 * dim + FA_PREDICT_ROWS * (dim + 2 * wide), sizeof(float), err);
    t->batch_label = fa_arena_alloc(&t->arena, rows * nheads * sizeof *t->batch_label, err);
    t->score = fa_arena_alloc(&t->arena, nheads * sizeof *t->score, err);
    t->tally = fa_arena_alloc(&t->arena, nheads * sizeof *t->tally, err);
    uint64_t *count = fa_arena_alloc(&t->arena, 2 * mlp_nlogits(&t->mlp) * sizeof *count, err);
    t->history = fa_arena_alloc(&t->arena, t->options.epochs * sizeof *t->history, err);
    struct fa_score *score = fa_arena_alloc(&t->arena, 2 * t->options.epochs * nheads * sizeof *score, err);
    if (!at || !t->batch_label || !t->score || !t->tally || !count || !t->history || !score)
        return -1;
    float **const part[] = {&t->param, &t->grad, &t->m, &t->v, &t->best};
    for (size_t i = 0; i < 5; i++, at += n)
        *part[i] = at;
    t->center = at;
    t->scale = at += dim;
    t->x = at += dim;
    t->buffer[0] = at += FA_PREDICT_ROWS * dim;
    t->buffer[1] = at + FA_PREDICT_ROWS * wide;
    for (size_t h = 0; h < nheads; count += 2 * t->mlp.head[h++].nclasses)
        t->tally[h] = (struct tally){.n = count, .right = count + t->mlp.head[h].nclasses};
    for (size_t i = 0; i < t->options.epochs; i++, score += 2 * nheads)
        t->history[i] = (struct fa_epoch){.train = score, .valid = score + nheads};
    return mlp_tape_new(&t->tape, &t->mlp, t->options.batch, err);
}

struct fa_trainer *fa_trainer_new(const struct fa_dataset *data, const struct fa_fit_options *options, struct fa_err *err)
{
    struct fa_trainer *t = fa_mem_array(1, sizeof *t, err);
    if (!t)
        return NULL;
    t->data = data;
    t->options = *options;
    mlp_plan(&t->mlp, &options->arch, data->dim, data->head, data->nheads);
    if (monitor_parse(&t->monitor, options->monitor, data->head, data->nheads, err) || split(t, err) || allocate(t, err) ||
        standardize(t, err) || trainer_set_loss(t, err)) {
        fa_trainer_free(t);
        return NULL;
    }
    mlp_init(&t->mlp, t->param, options->seed);
    memcpy(t->best, t->param, t->mlp.floats * sizeof *t->best);
    return t;
}

void fa_trainer_free(struct fa_trainer *trainer)
{
    if (!trainer)
        return;
    fa_pool_free(trainer->pool);
    mlp_tape_free(&trainer->tape);
    fa_arena_free(&trainer->arena);
    free(trainer->memory);
    free(trainer);
}

const struct fa_fit_options *fa_trainer_options(const struct fa_trainer *trainer)
{
    return &trainer->options;
}

size_t fa_trainer_rows(const struct fa_trainer *trainer)
{
    return trainer->ntrain;
}

size_t fa_trainer_validation(const struct fa_trainer *trainer)
{
    return trainer->nvalid;
}

const uint32_t *fa_trainer_left_out(const struct fa_trainer *trainer, size_t *n)
{
    *n = trainer->nout;
    return trainer->out;
}

size_t fa_trainer_epochs(const struct fa_trainer *trainer)
{
    return trainer->epochs;
}

size_t fa_trainer_best(const struct fa_trainer *trainer)
{
    return trainer->best_epoch;
}

const struct fa_epoch *fa_trainer_history(const struct fa_trainer *trainer, size_t epoch)
{
    return &trainer->history[epoch];
}

void fa_trainer_rewind(struct fa_trainer *trainer)
{
    memcpy(trainer->param, trainer->best, trainer->mlp.floats * sizeof *trainer->best);
}
