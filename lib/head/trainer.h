/* A training run, as the files of this room see it. */
#ifndef FA_HEAD_TRAINER_H
#define FA_HEAD_TRAINER_H

#include "mlp.h"
#include "monitor.h"
#include "tally.h"

struct fa_trainer {
    const struct fa_dataset *data;
    struct fa_fit_options options;
    struct fa_mlp mlp;
    struct fa_pool *pool;
    uint32_t *train, *valid, *out, *order; /* rows of data; out: of the fold left out; order: train, shuffled anew each epoch */
    size_t ntrain, nvalid, nout;
    float *param, *grad, *m, *v, *best; /* each mlp.floats long, in one allocation with all that follows */
    float *center, *scale;              /* dim each */
    float *x, *buffer[2];               /* of inference */
    float *memory;
    int32_t *batch_label; /* of one batch (training or inference) */
    struct mlp_tape tape;
    struct layer_loss *loss;   /* nheads */
    struct layer_score *score; /* nheads, running sums */
    struct tally *tally;       /* nheads, as well */
    uint64_t steps;            /* taken so far */
    double rate;               /* of the last one */
    size_t at;                 /* faces of the epoch under way that are done */
    size_t epochs, best_epoch;
    struct monitor monitor;
    double best_value;
    uint64_t digest;           /* of data, if digested */
    bool digested;
    struct fa_epoch *history;
    struct fa_arena arena; /* owns the small arrays */
};

/* Fills t->loss by the options and the numbers of the classes among the rows trained on. Error: all weights of a head 0. */
int trainer_set_loss(struct fa_trainer *t, struct fa_err *err);

/* The learning rate of the step to come. It follows from steps, options and history alone. */
double trainer_rate(const struct fa_trainer *t);

/* Those rows of the data, as the first layer takes them, to x (n, dim). */
void trainer_load(const struct fa_trainer *t, float *x, const uint32_t *row, size_t n);

bool trainer_is_over(const struct fa_trainer *t);

/* The options, and what came of the split, as a map of a model's member has them. */
int trainer_describe(struct fa_map *map, struct fa_arena *arena, const struct fa_trainer *t, struct fa_err *err);

#endif
