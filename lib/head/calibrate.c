#include "calibrate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Logits (members, rows, nlogits) on the validation set. */
struct answers {
    const float *logits;
    size_t members, rows, nlogits;
    const struct fa_trainer *t; /* one of them: they share heads and validation set */
};

/* Of a class, or of all classes that a coarse label stands for. */
static double probability(const float *logits, size_t classes, const struct fa_coarse *coarse, size_t label, double temperature)
{
    double max = (double)logits[0], sum = 0, covered = 0;
    for (size_t i = 1; i < classes; i++)
        max = fmax(max, (double)logits[i]);
    for (size_t i = 0; i < classes; i++) {
        double term = exp(((double)logits[i] - max) / temperature);
        sum += term;
        covered += layer_covers(coarse, classes, label, i) ? term : 0;
    }
    return covered / sum;
}

static int32_t label_of(const struct answers *a, size_t row, size_t h)
{
    return a->t->data->label[a->t->valid[row] * a->t->mlp.nheads + h];
}

/* Negative log-likelihood of head h, summed over the rows that have its label. */
static double loss_at(const struct answers *a, size_t h, double temperature)
{
    const struct fa_head *head = &a->t->mlp.head[h];
    double loss = 0;
    for (size_t row = 0; row < a->rows; row++) {
        int32_t label = label_of(a, row, h);
        double p = 0;
        if (label < 0)
            continue;
        for (size_t m = 0; m < a->members; m++)
            p += probability(a->logits + (m * a->rows + row) * a->nlogits + head->offset, head->nclasses,
                             &a->t->data->coarse[h], (size_t)label, temperature);
        loss -= log(p / (double)a->members + 1e-300);
    }
    return loss;
}

/* Golden section on the logarithm: 40 steps narrow the range to a billionth of itself. */
static double best_temperature(const struct answers *a, size_t h)
{
    const double ratio = 0.61803398874989485;
    double from = log(CALIBRATE_MIN), to = log(CALIBRATE_MAX);
    double low = to - ratio * (to - from), high = from + ratio * (to - from);
    double at_low = loss_at(a, h, exp(low)), at_high = loss_at(a, h, exp(high));
    for (int i = 0; i < 40; i++) {
        if (at_low <= at_high) {
            to = high;
            high = low;
            at_high = at_low;
            low = to - ratio * (to - from);
            at_low = loss_at(a, h, exp(low));
        } else {
            from = low;
            low = high;
            at_low = at_high;
            high = from + ratio * (to - from);
            at_high = loss_at(a, h, exp(high));
        }
    }
    return exp((from + to) / 2);
}

static void infer_all(struct fa_trainer *t, float *logits)
{
    size_t nlogits = mlp_nlogits(&t->mlp);
    for (size_t at = 0, n; at < t->nvalid; at += n) {
        n = t->nvalid - at < FA_PREDICT_ROWS ? t->nvalid - at : FA_PREDICT_ROWS;
        trainer_load(t, t->x, t->valid + at, n);
        memcpy(logits + at * nlogits, mlp_infer(&t->mlp, t->best, t->x, t->buffer), n * nlogits * sizeof *logits);
    }
}

static bool has_label(const struct answers *a, size_t h)
{
    for (size_t row = 0; row < a->rows; row++)
        if (label_of(a, row, h) >= 0)
            return true;
    return false;
}

int calibrate(struct fa_trainer *const *trainer, size_t n, float *temperature, struct fa_err *err)
{
    struct answers a = {.members = n, .rows = trainer[0]->nvalid, .nlogits = mlp_nlogits(&trainer[0]->mlp), .t = trainer[0]};
    float *logits = fa_mem_array(n * a.rows * a.nlogits, sizeof *logits, err);
    if (!logits)
        return -1;
    a.logits = logits;
    for (size_t m = 0; m < n; m++)
        infer_all(trainer[m], logits + m * a.rows * a.nlogits);
    for (size_t h = 0; h < a.t->mlp.nheads; h++)
        temperature[h] = has_label(&a, h) ? (float)best_temperature(&a, h) : 1;
    free(logits);
    return 0;
}
