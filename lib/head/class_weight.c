#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fa/table.h"
#include "trainer.h"

/* ---- by number ---- */

/* A class's weight up to scale. Inverse: N / (K n), whose N / K the scale swallows. Effective: one by the effective number
 * of n faces, (1 - beta^n) / (1 - beta) (Cui et al. 2019, equation 2). */
static double raw_weight(const struct fa_fit_options *o, double n, size_t logit)
{
    switch (o->class_weight) {
    case FA_CLASS_NONE:
        break;
    case FA_CLASS_INVERSE:
        return 1 / n;
    case FA_CLASS_EFFECTIVE:
        return (1 - o->class_beta) / -expm1(n * log(o->class_beta));
    case FA_CLASS_GIVEN:
        return (double)o->class_weights[logit];
    }
    return 1;
}

/* A coarse label weighs what its classes weigh on average, by their numbers; if there are none of them, 1. */
static float coarse_weight(const uint8_t *has, const float *weight, const double *count, size_t classes)
{
    double sum = 0, n = 0;
    for (size_t i = 0; i < classes; i++) {
        sum += has[i] ? count[i] * (double)weight[i] : 0;
        n += has[i] ? count[i] : 0;
    }
    return n > 0 ? (float)(sum / n) : 1;
}

/* Weights with mean 1 over the n faces, count[class] of each class, that are trained on. Classes without any count for
 * nothing but the sums of a coarse label: they get 1. */
static int weigh(float *weight, const struct fa_trainer *t, size_t h, const double *count, double n, struct fa_err *err)
{
    const struct fa_head *head = &t->mlp.head[h];
    const struct fa_coarse *coarse = &t->data->coarse[h];
    double sum = 0;
    for (size_t i = 0; i < head->nclasses; i++)
        sum += count[i] > 0 ? count[i] * raw_weight(&t->options, count[i], head->offset + i) : 0;
    if (n > 0 && !(sum > 0))
        return fa_err_set(err, "class weights: all that '%s' has faces of weigh 0", head->name);
    for (size_t i = 0; i < head->nclasses; i++)
        weight[i] = count[i] > 0 ? (float)(raw_weight(&t->options, count[i], head->offset + i) * n / sum) : 1;
    for (size_t i = 0; i < coarse->n; i++)
        weight[head->nclasses + i] = coarse_weight(coarse->has + i * head->nclasses, weight, count, head->nclasses);
    return 0;
}

int trainer_set_loss(struct fa_trainer *t, struct fa_err *err)
{
    const struct fa_fit_options *o = &t->options;
    size_t nheads = t->mlp.nheads;
    t->loss = fa_arena_alloc(&t->arena, nheads * sizeof *t->loss, err);
    for (size_t h = 0; t->loss && h < nheads; h++) {
        const struct fa_coarse *coarse = &t->data->coarse[h];
        size_t classes = t->mlp.head[h].nclasses;
        double n = 0, *count = fa_arena_alloc(&t->arena, classes * sizeof *count, err);
        float *weight = fa_arena_alloc(&t->arena, (classes + coarse->n) * sizeof *weight, err);
        if (!count || !weight)
            return -1;
        t->loss[h] = (struct layer_loss){.classes = classes, .coarse = coarse, .smoothing = (float)o->label_smoothing};
        t->loss[h].weight = o->head_weight ? (float)o->head_weight[h] : 1;
        if (o->class_weight == FA_CLASS_NONE)
            continue;
        for (size_t i = 0; i < t->ntrain; i++) {
            int32_t label = t->data->label[t->train[i] * nheads + h];
            if (label >= 0 && (size_t)label < classes) {
                count[label]++;
                n++;
            }
        }
        t->loss[h].class_weight = weight;
        if (weigh(weight, t, h, count, n, err))
            return -1;
    }
    return t->loss ? 0 : -1;
}

/* ---- from a file ---- */

/* Index of a name among the n, or n. */
static size_t find(const char *name, const char *const *list, size_t n)
{
    size_t i = 0;
    while (i < n && strcmp(name, list[i]) != 0)
        i++;
    return i;
}

static int take_row(float *weight, const struct fa_dataset *data, const char *const cell[3], struct fa_err *err)
{
    size_t h = 0;
    while (h < data->nheads && strcmp(cell[0], data->head[h].name) != 0)
        h++;
    if (h == data->nheads)
        return 0;
    const struct fa_head *head = &data->head[h];
    size_t class = find(cell[1], head->class, head->nclasses);
    char *end;
    double value = strtod(cell[2], &end);
    if (class == head->nclasses)
        return fa_err_set(err, "'%s' has no class '%s'", cell[0], cell[1]);
    if (end == cell[2] || *end || !(value >= 0 && value <= 1e9))
        return fa_err_set(err, "'%s' is no weight, want a number of 0 or more", cell[2]);
    if (weight[head->offset + class] >= 0)
        return fa_err_set(err, "'%s' of '%s' is there twice", cell[1], cell[0]);
    weight[head->offset + class] = (float)value;
    return 0;
}

/* A head that is not named at all gets ones. -1 stands for a weight not given. */
static int complete(float *weight, const struct fa_dataset *data, const char *path, struct fa_err *err)
{
    for (const struct fa_head *head = data->head; head < data->head + data->nheads; head++) {
        size_t missing = 0, one = 0;
        for (size_t i = 0; i < head->nclasses; i++)
            if (weight[head->offset + i] < 0) {
                missing++;
                one = i;
            }
        if (missing && missing < head->nclasses)
            return fa_err_set(err, "%s: no weight for '%s' of '%s'", path, head->class[one], head->name);
        for (size_t i = 0; missing && i < head->nclasses; i++)
            weight[head->offset + i] = 1;
    }
    return 0;
}

const float *fa_class_weights_read(const char *path, const struct fa_dataset *data, struct fa_arena *arena, struct fa_err *err)
{
    static const char *const name[] = {"head", "class", "weight"};
    const struct fa_head *last = &data->head[data->nheads - 1];
    size_t n = last->offset + last->nclasses, column[3];
    float *weight = fa_arena_alloc(arena, n * sizeof *weight, err);
    struct fa_table *table = weight ? fa_table_read(path, err) : NULL;
    struct fa_err why;
    int failed = table ? 0 : -1;
    for (size_t i = 0; i < 3 && !failed; i++)
        failed = fa_table_find(table, name[i], &column[i], err);
    for (size_t i = 0; i < n && !failed; i++)
        weight[i] = -1;
    for (size_t row = 0; !failed && row < fa_table_rows(table); row++) {
        const char *cell[3];
        for (size_t i = 0; i < 3; i++)
            cell[i] = fa_table_cell(table, row, column[i]);
        if (take_row(weight, data, cell, &why))
            failed = fa_err_set(err, "%s:%zu: %s", path, fa_table_line(table, row), why.text);
    }
    if (!failed)
        failed = complete(weight, data, path, err);
    fa_table_free(table);
    return failed ? NULL : weight;
}
