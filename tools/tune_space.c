#include <stdlib.h>
#include <string.h>

#include "tune.h"

/* The options that can be tuned are fa-train's own, and the text of those that have one is a template. */

static size_t find(const struct cli_option *row, size_t n, const char *name)
{
    size_t i = 0;
    while (i < n && strcmp(row[i].name, name) != 0)
        i++;
    return i;
}

/* ---- from the command line into the space ---- */

static char *print_line(const struct cli_option *row)
{
    char *line = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&line, &size);
    if (!file)
        cli_fail_text("out of memory");
    fprintf(file, "%s = fixed ", row->name);
    if (row->kind == CLI_TEXT)
        fputs(*(const char **)row->to, file);
    else if (row->kind == CLI_COUNT)
        fprintf(file, "%ld", *(long *)row->to);
    else
        fprintf(file, "%.15g", *(double *)row->to);
    if (fclose(file))
        cli_fail_text("out of memory");
    return line;
}

static bool differs(const struct cli_option *a, const struct cli_option *b)
{
    if (a->kind == CLI_TEXT) {
        const char *x = *(const char **)a->to, *y = *(const char **)b->to;
        return x != y && (!x || !y || strcmp(x, y) != 0);
    }
    if (a->kind == CLI_COUNT)
        return *(long *)a->to != *(long *)b->to;
    return a->kind == CLI_REAL && *(double *)a->to != *(double *)b->to;
}

void tune_options_to_space(const struct train_options *given, struct cli_list *set)
{
    struct train_options mine = *given, none = train_options_defaults();
    const struct cli_option row[] = {TRAIN_OPTIONS(&mine)}, other[] = {TRAIN_OPTIONS(&none)}, to = {.name = "set", .kind = CLI_LIST, .to = set};
    struct fa_err err;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (differs(&row[i], &other[i]) && cli_set(&to, 1, "set", print_line(&row[i]), &err))
            cli_fail(&err);
}

/* ---- whether the space is one of fa-train's options ---- */

static bool stands_in(const char *text, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = text; at && (at = strchr(at, '{')); at++)
        if (strncmp(at + 1, name, length) == 0 && at[1 + length] == '}')
            return true;
    return false;
}

/* In a template, or in a condition. */
static bool is_used(const struct tune *t, size_t i)
{
    const char *name = t->space->param[i].name;
    for (size_t k = 0; k < t->space->n; k++) {
        const struct fa_param *p = &t->space->param[k];
        if (p->other == i)
            return true;
        for (size_t c = 0; p->kind >= FA_PARAM_CHOICE && c < p->n; c++)
            if (stands_in(p->choice[c], name))
                return true;
    }
    for (size_t k = 0; k < t->base.recipe.head_weight.n; k++)
        if (stands_in(t->base.recipe.head_weight.text[k], name))
            return true;
    return stands_in(t->base.arch, name);
}

/* Whether fa-train would take the value. */
static void check_value(const struct fa_param *p, const char *value)
{
    struct train_options o = train_options_defaults();
    const struct cli_option row[] = {TRAIN_OPTIONS(&o)};
    struct fa_fit_options fit;
    struct fa_err err;
    bool later = strpbrk(value, "{[") != NULL; /* a template */
    if (!later && (cli_set(row, sizeof row / sizeof *row, p->name, value, &err) || train_options_fit(&o, &fit, &err)))
        cli_usage("parameter %s: %s", p->name, err.text);
    free(o.recipe.head_weight.text);
}

static void check_values(const struct fa_param *p, struct fa_arena *arena)
{
    if (p->kind >= FA_PARAM_CHOICE)
        for (size_t i = 0; i < p->n; i++)
            check_value(p, p->choice[i]);
    else
        for (int end = 0; end < 2; end++) {
            const char *value = fa_param_value(p, end && p->n ? p->n - 1 : 0, end ? 1 : 0, arena, NULL);
            if (!value)
                cli_fail_text("out of memory");
            check_value(p, value);
        }
}

size_t tune_check_space(struct tune *t)
{
    const struct cli_option row[] = {TRAIN_OPTIONS(&t->base)};
    size_t n = sizeof row / sizeof *row, batch = (size_t)t->base.batch;
    for (size_t i = 0; i < t->space->n; i++) {
        const struct fa_param *p = &t->space->param[i];
        if (strcmp(p->name, "map") == 0 || (strcmp(p->name, "validation-split") == 0 && p->kind != FA_PARAM_FIXED))
            cli_usage("parameter %s: what trials are scored on must be the same for all", p->name);
        if (find(row, n, p->name) < n)
            check_values(p, &t->arena);
        else if (!is_used(t, i))
            cli_usage("parameter %s: neither an option of fa-train nor used in a template as {%s}", p->name, p->name);
        if (strcmp(p->name, "batch") == 0) {
            batch = p->kind <= FA_PARAM_FLOAT ? (size_t)p->max : 0;
            for (size_t k = 0; p->kind >= FA_PARAM_CHOICE && k < p->n; k++) {
                size_t value = strtoul(p->choice[k], NULL, 10);
                batch = value > batch ? value : batch;
            }
        }
    }
    return batch;
}

/* ---- a configuration ---- */

static int fill(const struct tune *t, const char *const *value, const char **text, const char *option, struct fa_arena *arena,
                struct fa_err *err)
{
    struct fa_err why;
    if (!*text || !strpbrk(*text, "{[]}"))
        return 0;
    *text = fa_space_fill(t->space, value, *text, arena, &why);
    return *text ? 0 : fa_err_set(err, "--%s: %s", option, why.text);
}

static int fill_texts(const struct tune *t, const char *const *value, const struct cli_option *row, size_t n, struct fa_arena *arena,
                      struct fa_err *err)
{
    int failed = 0;
    for (size_t i = 0; i < n && !failed; i++) {
        struct cli_list *list = row[i].to;
        if (row[i].kind == CLI_TEXT)
            failed = fill(t, value, row[i].to, row[i].name, arena, err);
        for (size_t k = 0; strcmp(row[i].name, "head-weight") == 0 && k < list->n && !failed; k++)
            failed = fill(t, value, &list->text[k], row[i].name, arena, err);
    }
    return failed;
}

int tune_configure(const struct tune *t, const char *const *value, struct train_options *o, struct fa_fit_options *fit,
                   struct fa_arena *arena, struct fa_err *err)
{
    *o = t->base;
    struct cli_list *weights = &o->recipe.head_weight;
    const struct cli_option row[] = {TRAIN_OPTIONS(o)};
    size_t n = sizeof row / sizeof *row, nweights = weights->n;
    if (!(weights->text = fa_mem_array(nweights, sizeof *weights->text, err)))
        return -1;
    for (size_t i = 0; i < nweights; i++)
        weights->text[i] = t->base.recipe.head_weight.text[i];
    for (size_t i = 0; i < t->space->n; i++)
        if (value[i] && find(row, n, t->space->param[i].name) < n && cli_set(row, n, t->space->param[i].name, value[i], err))
            return -1;
    if (fill_texts(t, value, row, n, arena, err) || train_options_fit(o, fit, err))
        return -1;
    return train_recipe_weigh(&o->recipe, t->data, fit, arena, err) ? -1 : 0;
}

size_t tune_parameters(const struct fa_arch *arch, const struct fa_dataset *data)
{
    size_t nlogits = 0;
    for (size_t h = 0; h < data->nheads; h++)
        nlogits += data->head[h].nclasses;
    return fa_arch_parameters(arch, data->dim, nlogits);
}

bool tune_accepts(void *arg, const char *const *value)
{
    const struct tune *t = arg;
    struct fa_arena arena = {0};
    struct train_options o;
    struct fa_fit_options fit;
    struct fa_err err;
    bool few = tune_configure(t, value, &o, &fit, &arena, &err) || tune_parameters(&fit.arch, t->data) <= t->most_parameters;
    free(o.recipe.head_weight.text);
    fa_arena_free(&arena);
    return few;
}
