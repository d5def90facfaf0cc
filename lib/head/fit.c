#include <math.h>
#include <string.h>
#include <time.h>

#include "fa/rng.h"
#include "fa/tensor.h"
#include "trainer.h"

/* ---- one step ---- */

struct tallying {
    struct fa_trainer *trainer;
    const float *logits;
    size_t n;
};

static void tally_head(void *arg, size_t h, unsigned worker)
{
    const struct tallying *tallying = arg;
    struct fa_trainer *t = tallying->trainer;
    (void)worker;
    tally_add(&t->tally[h], tallying->logits + t->mlp.head[h].offset, mlp_nlogits(&t->mlp), t->mlp.head[h].nclasses,
              t->batch_label + h, t->mlp.nheads, tallying->n);
}

static void tally_heads(struct fa_trainer *t, const float *logits, size_t n)
{
    fa_pool_for(t->pool, t->mlp.nheads, tally_head, &(struct tallying){t, logits, n});
}

void trainer_load(const struct fa_trainer *t, float *x, const uint32_t *row, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fa_dataset_row(t->data, row[i], x + i * t->mlp.dim);
    mlp_normalize(&t->mlp, x, n, t->center, t->scale);
}

static void load_labels(struct fa_trainer *t, const uint32_t *row, size_t n)
{
    size_t nheads = t->mlp.nheads;
    for (size_t i = 0; i < n; i++)
        memcpy(t->batch_label + i * nheads, t->data->label + row[i] * nheads, nheads * sizeof *t->batch_label);
}

struct batch {
    struct fa_trainer *trainer;
    const uint32_t *row;
    size_t n;
};

/* Some rows: what is drawn or rounded for one does not depend on the others. */
enum { SLICE = 8 };

static void prepare_slice(void *arg, size_t slice, unsigned worker)
{
    const struct batch *batch = arg;
    struct fa_trainer *t = batch->trainer;
    size_t from = slice * SLICE, n = batch->n - from < SLICE ? batch->n - from : SLICE;
    (void)worker;
    trainer_load(t, t->tape.x + from * t->mlp.dim, batch->row + from, n);
    mlp_draw_masks(&t->mlp, &t->tape, from, n, t->options.seed, t->steps);
}

static void train_step(struct fa_trainer *t, const uint32_t *row, size_t n)
{
    fa_pool_for(t->pool, (n + SLICE - 1) / SLICE, prepare_slice, &(struct batch){t, row, n});
    load_labels(t, row, n);
    mlp_forward(&t->mlp, &t->tape, t->param, n, t->pool);
    mlp_loss(&t->mlp, &t->tape, t->loss, t->batch_label, n, t->score, t->pool);
    tally_heads(t, t->tape.y[t->mlp.nsteps - 1], n);
    t->rate = trainer_rate(t);
    t->steps++;
    mlp_learn(&t->mlp, &t->tape, &(struct mlp_state){t->param, t->grad, t->m, t->v, t->steps}, n, &t->options, t->rate, t->pool);
}

/* ---- scores ---- */

static void validate_rows(struct fa_trainer *t, const uint32_t *row, size_t n)
{
    load_labels(t, row, n);
    trainer_load(t, t->x, row, n);
    const float *logits = mlp_infer(&t->mlp, t->param, t->x, t->buffer);
    for (size_t h = 0; h < t->mlp.nheads; h++)
        layer_softmax_loss(&t->score[h], NULL, logits + t->mlp.head[h].offset, mlp_nlogits(&t->mlp), &t->loss[h],
                           t->batch_label + h, t->mlp.nheads, n);
    tally_heads(t, logits, n);
}

static struct fa_score mean_score(const struct layer_score *sum)
{
    double n = sum->n ? (double)sum->n : 1;
    return (struct fa_score){.loss = sum->loss / n, .accuracy = (double)sum->correct / n, .n = sum->n};
}

/* Means of the running sums, which start anew; returns the sum of the losses, by the heads' weights. */
static double take_scores(struct fa_trainer *t, struct fa_score *score)
{
    double loss = 0;
    for (size_t h = 0; h < t->mlp.nheads; h++) {
        score[h] = mean_score(&t->score[h]);
        tally_take(&t->tally[h], t->mlp.head[h].nclasses, &score[h]);
        loss += (double)t->loss[h].weight * score[h].loss;
    }
    memset(t->score, 0, t->mlp.nheads * sizeof *t->score);
    return loss;
}

static void count_labels(const struct fa_trainer *t, size_t h, const uint32_t *row, size_t n, uint64_t *count)
{
    for (size_t i = 0; i < n; i++) {
        int32_t label = t->data->label[row[i] * t->mlp.nheads + h];
        if (label >= 0)
            count[label]++;
    }
}

/* The frequencies of the classes in `prior` as a forecast for the labels in `count`. What was never trained on costs as much
 * as a class seen once. */
static struct fa_score forecast(const uint64_t *prior, const uint64_t *count, size_t classes, const struct fa_coarse *coarse)
{
    struct fa_score score = {0};
    uint64_t total = 0, right = 0;
    size_t top = 0;
    for (size_t i = 0; i < classes; i++) {
        total += prior[i];
        top = prior[i] > prior[top] ? i : top;
    }
    for (size_t label = 0; label < classes + coarse->n && total; label++) {
        uint64_t covered = 0;
        for (size_t i = 0; i < classes; i++)
            covered += layer_covers(coarse, classes, label, i) ? prior[i] : 0;
        score.n += count[label];
        score.loss -= (double)count[label] * log((double)(covered ? covered : 1) / (double)total);
        right += layer_covers(coarse, classes, label, top) ? count[label] : 0;
    }
    score.loss /= score.n ? (double)score.n : 1;
    score.accuracy = score.n ? (double)right / (double)score.n : 0;
    return score;
}

int fa_trainer_baseline(const struct fa_trainer *t, struct fa_score *train, struct fa_score *valid, struct fa_err *err)
{
    struct fa_arena arena = {0};
    int failed = 0;
    for (size_t h = 0; h < t->mlp.nheads && !failed; h++) {
        size_t classes = t->mlp.head[h].nclasses;
        const struct fa_coarse *coarse = &t->data->coarse[h];
        uint64_t *prior = fa_arena_alloc(&arena, (classes + coarse->n) * sizeof *prior, err);
        uint64_t *count = fa_arena_alloc(&arena, (classes + coarse->n) * sizeof *count, err);
        failed = !prior || !count ? -1 : 0;
        if (failed)
            break;
        count_labels(t, h, t->train, t->ntrain, prior);
        count_labels(t, h, t->valid, t->nvalid, count);
        train[h] = forecast(prior, prior, classes, coarse);
        valid[h] = forecast(prior, count, classes, coarse);
    }
    fa_arena_free(&arena);
    return failed;
}

/* ---- epochs ---- */

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool stops_early(const struct fa_trainer *t)
{
    return t->nvalid && t->options.patience;
}

bool trainer_is_over(const struct fa_trainer *t)
{
    return t->epochs == t->options.epochs || (stops_early(t) && t->epochs - t->best_epoch >= t->options.patience);
}

static void keep_best(struct fa_trainer *t, double value)
{
    if (stops_early(t) && t->epochs > 1 && !(value < t->best_value))
        return;
    t->best_value = value;
    t->best_epoch = t->epochs;
    memcpy(t->best, t->param, t->mlp.floats * sizeof *t->best);
}

/* The steps of an epoch from t->at on: 1, or 2 if it was told to stop. */
static int train_rows(struct fa_trainer *t)
{
    struct fa_rng rng = fa_rng_make(t->options.seed, MLP_STREAM_SHUFFLE + t->epochs);
    memcpy(t->order, t->train, t->ntrain * sizeof *t->order);
    fa_rng_shuffle(&rng, t->order, t->ntrain);
    while (t->at < t->ntrain) {
        size_t left = t->ntrain - t->at, n = left < t->options.batch ? left : t->options.batch;
        train_step(t, t->order + t->at, n);
        t->at += n;
        if (t->options.stop && *t->options.stop)
            return 2;
    }
    t->at = 0;
    return 1;
}

static int run_epoch(struct fa_trainer *t, struct fa_epoch *epoch, struct fa_err *err)
{
    struct fa_epoch *this = &t->history[t->epochs];
    double began = seconds_now();
    if (train_rows(t) == 2)
        return 2;
    this->rate = t->rate;
    this->train_loss = take_scores(t, this->train);
    for (size_t i = 0; i < t->nvalid; i += FA_PREDICT_ROWS)
        validate_rows(t, t->valid + i, t->nvalid - i < FA_PREDICT_ROWS ? t->nvalid - i : FA_PREDICT_ROWS);
    this->valid_loss = take_scores(t, this->valid);
    t->epochs++;
    if (!isfinite(this->train_loss) || !isfinite(this->valid_loss))
        return fa_err_set(err, "epoch %zu: the loss is not finite (a smaller learning rate may help)", t->epochs);
    this->seconds = seconds_now() - began;
    keep_best(t, monitor_value(&t->monitor, this, t->mlp.nheads));
    *epoch = *this;
    return 1;
}

int fa_trainer_epoch(struct fa_trainer *t, struct fa_epoch *epoch, struct fa_err *err)
{
    if (trainer_is_over(t))
        return 0;
    unsigned long state = fa_tensor_flush_subnormals(); /* threads inherit it */
    bool ready = t->options.threads < 2 || t->pool || (t->pool = fa_pool_new(t->options.threads, err));
    int got = ready ? run_epoch(t, epoch, err) : -1;
    if (trainer_is_over(t)) { /* others may be waiting */
        fa_pool_free(t->pool);
        t->pool = NULL;
    }
    fa_tensor_restore(state);
    return got;
}
