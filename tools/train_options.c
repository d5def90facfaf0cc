#include "train_options.h"

#include <string.h>

struct train_options train_options_defaults(void)
{
    struct fa_fit_options o = fa_fit_defaults();
    return (struct train_options){.arch = FA_ARCH_DEFAULT,
                                  .optimizer = "adamw",
                                  .schedule = "cosine",
                                  .batch = (long)o.batch,
                                  .patience = (long)o.patience,
                                  .rate = o.rate,
                                  .weight_decay = -1,
                                  .validation = o.validation,
                                  .recipe = train_recipe_defaults()};
}

int train_choose(const char *option, const char *text, const char *const *name, size_t n, struct fa_err *err)
{
    char list[128] = "";
    for (size_t i = 0, used = 0; i < n && used < sizeof list; i++) {
        if (strcmp(text, name[i]) == 0)
            return (int)i;
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", name[i]);
    }
    return fa_err_set(err, "--%s: '%s' is none of %s", option, text, list);
}

int train_options_fit(const struct train_options *o, struct fa_fit_options *fit, struct fa_err *err)
{
    static const char *const optimizers[] = {[FA_ADAM] = "adam", [FA_ADAMW] = "adamw", [FA_SGD] = "sgd"};
    static const char *const schedules[] = {[FA_CONSTANT] = "constant", [FA_COSINE] = "cosine", [FA_STEP] = "step",
                                            [FA_PLATEAU] = "plateau"};
    struct fa_err why;
    *fit = fa_fit_defaults();
    if (fa_arch_parse(&fit->arch, o->arch, &why))
        return fa_err_set(err, "--arch: %s", why.text);
    int optimizer = train_choose("optimizer", o->optimizer, optimizers, 3, err);
    int schedule = optimizer < 0 ? -1 : train_choose("schedule", o->schedule, schedules, 4, err);
    if (schedule < 0)
        return -1;
    fit->optimizer = (enum fa_optimizer)optimizer;
    fit->schedule = (enum fa_schedule)schedule;
    train_recipe_set(&o->recipe, fit);
    fit->batch = (size_t)o->batch;
    fit->rate = o->rate;
    fit->weight_decay = o->weight_decay >= 0 ? o->weight_decay : fit->optimizer == FA_ADAMW ? fit->weight_decay : 0;
    fit->validation = o->validation;
    fit->patience = (size_t)o->patience;
    fit->monitor = o->monitor;
    return 0;
}
