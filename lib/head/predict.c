#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlp.h"

struct fa_predictor {
    const struct fa_model *model;
    float *x, *buffer[2], *memory;
    double *sum; /* (FA_PREDICT_ROWS, nlogits): of the members' probabilities */
};

struct fa_predictor *fa_predictor_new(const struct fa_model *model, struct fa_err *err)
{
    struct fa_predictor *p = fa_mem_array(1, sizeof *p, err);
    if (!p)
        return NULL;
    size_t wide = (model->mlp->widest + 15) / 16 * 16;
    p->model = model;
    p->memory = fa_mem_aligned(3 * FA_PREDICT_ROWS * wide, sizeof *p->memory, err);
    p->sum = fa_mem_array(FA_PREDICT_ROWS * model->nlogits, sizeof *p->sum, err);
    if (!p->memory || !p->sum) {
        fa_predictor_free(p);
        return NULL;
    }
    p->x = p->memory;
    p->buffer[0] = p->x + FA_PREDICT_ROWS * wide;
    p->buffer[1] = p->buffer[0] + FA_PREDICT_ROWS * wide;
    return p;
}

void fa_predictor_free(struct fa_predictor *predictor)
{
    if (!predictor)
        return;
    free(predictor->memory);
    free(predictor->sum);
    free(predictor);
}

/* Logits of one member, divided by the temperatures. */
static void run_member(struct fa_predictor *p, const struct fa_member *member, const float *const *x, size_t n, float *logits)
{
    const struct fa_model *model = p->model;
    for (size_t row = 0; row < n; row++)
        memcpy(p->x + row * model->mlp->dim, x[row], model->mlp->dim * sizeof *p->x);
    mlp_normalize(model->mlp, p->x, n, member->center, member->scale);
    const float *raw = mlp_infer(model->mlp, member->param, p->x, p->buffer);
    for (size_t row = 0; row < n; row++)
        for (size_t h = 0; h < model->nheads; h++)
            for (size_t i = 0; i < model->head[h].nclasses; i++) {
                size_t at = row * model->nlogits + model->head[h].offset + i;
                logits[at] = raw[at] / model->temperature[h];
            }
}

/* sum += softmax(logits), one head of one row. */
static void add_softmax(double *sum, const float *logits, size_t classes)
{
    double max = (double)logits[0], total = 0;
    for (size_t i = 1; i < classes; i++)
        max = (double)logits[i] > max ? (double)logits[i] : max;
    for (size_t i = 0; i < classes; i++)
        total += exp((double)logits[i] - max);
    for (size_t i = 0; i < classes; i++)
        sum[i] += exp((double)logits[i] - max) / total;
}

void fa_predictor_run(struct fa_predictor *p, const float *const *x, size_t n, float *logits)
{
    const struct fa_model *model = p->model;
    if (model->nmembers == 1) {
        run_member(p, &model->member[0], x, n, logits);
        return;
    }
    memset(p->sum, 0, n * model->nlogits * sizeof *p->sum);
    for (size_t m = 0; m < model->nmembers; m++) {
        run_member(p, &model->member[m], x, n, logits);
        for (size_t row = 0; row < n; row++)
            for (size_t h = 0; h < model->nheads; h++)
                add_softmax(p->sum + row * model->nlogits + model->head[h].offset,
                            logits + row * model->nlogits + model->head[h].offset, model->head[h].nclasses);
    }
    for (size_t i = 0; i < n * model->nlogits; i++) /* no probability of a float's softmax comes out as 0 but by underflow */
        logits[i] = (float)log(p->sum[i] / (double)model->nmembers + 1e-300);
}
