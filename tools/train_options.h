/* The options of fa-train that say what is trained and how, for all who train. */
#ifndef FA_TRAIN_OPTIONS_H
#define FA_TRAIN_OPTIONS_H

#include "train_recipe.h"

struct train_options {
    const char *arch, *optimizer, *schedule, *monitor;
    long batch, patience;
    double rate, weight_decay, validation;
    struct train_recipe recipe;
};

#define TRAIN_OPTIONS(o) \
    {0, "arch", "LINE", CLI_TEXT, &(o)->arch, "layers", 0, 0}, \
    {'b', "batch", "N", CLI_COUNT, &(o)->batch, "faces a step", 1, 65536}, \
    {0, "optimizer", "NAME", CLI_TEXT, &(o)->optimizer, "adamw, adam or sgd", 0, 0}, \
    {0, "lr", "RATE", CLI_REAL, &(o)->rate, "learning rate at the start", 1e-9, 100}, \
    {0, "schedule", "NAME", CLI_TEXT, &(o)->schedule, "cosine (to 0 at the last epoch), constant, step or plateau", 0, 0}, \
    TRAIN_RECIPE(&(o)->recipe), \
    {0, "weight-decay", "X", CLI_REAL, &(o)->weight_decay, "of kernels (default: 0.01 for adamw, else 0)", 0, 100}, \
    {0, "validation-split", "SHARE", CLI_REAL, &(o)->validation, "share of the pictures held out; 0 for none", 0, 0.9}, \
    {0, "patience", "N", CLI_COUNT, &(o)->patience, "epochs without a better --monitor before it stops; 0: off", 0, 100000}, \
    {0, "monitor", "METRIC", CLI_TEXT, &(o)->monitor, "of all heads, or HEAD:METRIC (default: loss)", 0, 0}

/* The index of text among the n names, or -1: the message lists them. */
int train_choose(const char *option, const char *text, const char *const *name, size_t n, struct fa_err *err);

struct train_options train_options_defaults(void);

/* All but what needs the data, into fit; the rest of fit are fa_fit_defaults(). Errors name the option. */
int train_options_fit(const struct train_options *o, struct fa_fit_options *fit, struct fa_err *err);

#endif
