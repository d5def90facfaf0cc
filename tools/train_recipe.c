#include "train_recipe.h"

#include <stdlib.h>
#include <string.h>

struct train_recipe train_recipe_defaults(void)
{
    struct fa_fit_options o = fa_fit_defaults();
    return (struct train_recipe){.momentum = o.momentum,
                                 .decay_factor = o.decay_factor,
                                 .decay_epochs = (long)o.decay_epochs,
                                 .class_weight = "none",
                                 .class_beta = o.class_beta};
}

/* Anything but the three names is a file, which waits for the data. */
static enum fa_class_weight class_weight(const struct train_recipe *r)
{
    static const char *const name[] = {"none", "inverse", "effective"};
    for (int i = FA_CLASS_NONE; i <= FA_CLASS_EFFECTIVE; i++)
        if (strcmp(r->class_weight, name[i]) == 0)
            return (enum fa_class_weight)i;
    return FA_CLASS_GIVEN;
}

void train_recipe_set(const struct train_recipe *r, struct fa_fit_options *fit)
{
    fit->momentum = r->momentum;
    fit->clip = r->clip;
    fit->warmup = (size_t)r->warmup;
    fit->decay_epochs = (size_t)r->decay_epochs;
    fit->decay_factor = r->decay_factor;
    fit->label_smoothing = r->label_smoothing;
    fit->class_weight = class_weight(r);
    fit->class_beta = r->class_beta;
}

static char *copy(struct fa_arena *arena, const char *text, size_t n)
{
    char *to = fa_arena_strndup(arena, text, n, NULL);
    if (!to)
        cli_fail_text("out of memory");
    return to;
}

/* HEAD:LABEL=CLASS|CLASS..., the label reaching up to the first = */
static void map_label(const char *text, struct fa_dataset *data)
{
    struct fa_err err;
    const char *colon = strchr(text, ':'), *equals = colon ? strchr(colon, '=') : NULL;
    if (!equals || colon == text || equals == colon + 1)
        cli_usage("--map: '%s' is not of the form HEAD:LABEL=CLASS|CLASS...", text);
    const char *head = copy(&data->arena, text, (size_t)(colon - text));
    const char *label = copy(&data->arena, colon + 1, (size_t)(equals - colon - 1));
    const char **class = fa_arena_alloc(&data->arena, (strlen(equals) + 1) * sizeof *class, NULL);
    size_t n = 0;
    if (!class)
        cli_fail_text("out of memory");
    for (const char *at = equals; *at;) {
        size_t length = strcspn(++at, "|");
        if (!length)
            cli_usage("--map: '%s' has an empty class", text);
        class[n++] = copy(&data->arena, at, length);
        at += length;
    }
    if (fa_dataset_map(data, head, label, class, n, &err))
        cli_fail_text("--map: %s", err.text);
}

void train_recipe_map(const struct train_recipe *r, struct fa_dataset *data)
{
    for (size_t i = 0; i < r->map.n; i++)
        map_label(r->map.text[i], data);
}

static int weigh_head(double *weight, const char *text, const struct fa_dataset *data, struct fa_err *err)
{
    const char *equals = strrchr(text, '=');
    size_t length = equals ? (size_t)(equals - text) : 0;
    char *end = NULL;
    double value = equals ? strtod(equals + 1, &end) : 0;
    if (!equals || end == equals + 1 || *end || !(value >= 0 && value <= 1e6)) {
        fa_err_set(err, "--head-weight: '%s' is not of the form HEAD=W, with W a number from 0 to 1e6", text);
        return 1;
    }
    for (size_t h = 0; h < data->nheads; h++)
        if (strlen(data->head[h].name) == length && memcmp(text, data->head[h].name, length) == 0) {
            weight[h] = value;
            return 0;
        }
    return fa_err_set(err, "--head-weight: label '%.*s' is not among those learned", (int)length, text);
}

int train_recipe_weigh(const struct train_recipe *r, const struct fa_dataset *data, struct fa_fit_options *fit, struct fa_arena *arena,
                       struct fa_err *err)
{
    double *weight = fa_arena_alloc(arena, data->nheads * sizeof *weight, err), sum = 0;
    int failed = weight ? 0 : -1;
    for (size_t h = 0; h < data->nheads && !failed; h++)
        weight[h] = 1;
    for (size_t i = 0; i < r->head_weight.n && !failed; i++)
        failed = weigh_head(weight, r->head_weight.text[i], data, err);
    for (size_t h = 0; h < data->nheads && !failed; h++)
        sum += weight[h];
    if (failed)
        return failed;
    if (!(sum > 0)) {
        fa_err_set(err, "--head-weight: no head is left to train");
        return 1;
    }
    fit->head_weight = weight;
    if (fit->class_weight == FA_CLASS_GIVEN)
        fit->class_weights = fa_class_weights_read(r->class_weight, data, arena, err);
    return fit->class_weight == FA_CLASS_GIVEN && !fit->class_weights ? -1 : 0;
}
