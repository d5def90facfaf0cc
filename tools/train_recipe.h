/* The options of fa-train that say how the loss is made up and how it goes down. */
#ifndef FA_TRAIN_RECIPE_H
#define FA_TRAIN_RECIPE_H

#include "cli.h"
#include "fa/head.h"

struct train_recipe {
    double momentum, clip, decay_factor, label_smoothing, class_beta;
    long warmup, decay_epochs;
    const char *class_weight;
    struct cli_list head_weight, map;
};

#define TRAIN_RECIPE(r) \
    {0, "momentum", "X", CLI_REAL, &(r)->momentum, "of sgd", 0, 0.9999}, \
    {0, "clip", "NORM", CLI_REAL, &(r)->clip, "scale longer gradients to this length; 0: off", 0, 1e9}, \
    {0, "warmup", "N", CLI_COUNT, &(r)->warmup, "epochs in which the learning rate grows from 0", 0, 100000}, \
    {0, "decay-epochs", "N", CLI_COUNT, &(r)->decay_epochs, "epochs of a step, or without gain on a plateau", 1, 100000}, \
    {0, "decay-factor", "X", CLI_REAL, &(r)->decay_factor, "what the learning rate is multiplied by then", 0, 1}, \
    {0, "head-weight", "HEAD=W", CLI_LIST, &(r)->head_weight, "weight of a head in the loss; 0 does not train it", 0, 0}, \
    {0, "label-smoothing", "E", CLI_REAL, &(r)->label_smoothing, "share of each target spread over all classes", 0, 0.99}, \
    {0, "class-weight", "HOW", CLI_TEXT, &(r)->class_weight, "none, inverse, effective, or a CSV file", 0, 0}, \
    {0, "class-beta", "B", CLI_REAL, &(r)->class_beta, "of effective", 0, 0.9999999}, \
    {0, "map", "HEAD:LABEL=CLASSES", CLI_LIST, &(r)->map, "a label that stands for any of CLASSES, parted by |", 0, 0}

struct train_recipe train_recipe_defaults(void);

/* All options but those that need the data, into fit. */
void train_recipe_set(const struct train_recipe *r, struct fa_fit_options *fit);

/* Maps the labels of data; ends the process where it fails. */
void train_recipe_map(const struct train_recipe *r, struct fa_dataset *data);

/* Weights of heads and classes into fit, owned by the arena; once the labels are mapped. Returns 0, -1, or 1 for wrong usage. */
int train_recipe_weigh(const struct train_recipe *r, const struct fa_dataset *data, struct fa_fit_options *fit, struct fa_arena *arena,
                       struct fa_err *err);

#endif
