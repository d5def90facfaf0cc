#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tune.h"

/* The journal's records: "search", what is searched; "begin", a trial and its configuration; "end", what came of it. Numbers of
 * trials count from 1 there. */

enum { MOST_FIELDS = 64 };

struct fields {
    const char **field;
    size_t n, most;
    struct fa_arena *arena;
    bool failed;
};

static void add(struct fields *f, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void add(struct fields *f, const char *key, const char *format, ...)
{
    char *text = NULL;
    size_t size = 0;
    va_list args;
    FILE *file = f->n < f->most ? open_memstream(&text, &size) : NULL;
    if (!file) {
        f->failed = true;
        return;
    }
    va_start(args, format);
    vfprintf(file, format, args);
    va_end(args);
    f->field[2 * f->n] = key;
    f->field[2 * f->n + 1] = fclose(file) ? NULL : fa_arena_strndup(f->arena, text, size, NULL);
    f->failed = f->failed || !f->field[2 * f->n + 1];
    f->n++;
    free(text);
}

static struct fields fields_new(struct fa_arena *arena, size_t most)
{
    struct fields f = {fa_arena_alloc(arena, 2 * most * sizeof *f.field, NULL), 0, most, arena, false};
    f.failed = !f.field;
    f.most = f.field ? most : 0;
    return f;
}

static int append(struct tune *t, const char *kind, const struct fields *f, struct fa_err *err)
{
    return f->failed ? fa_err_memory(err, 1) : fa_journal_append(t->journal, &(struct fa_entry){kind, f->field, f->n}, err);
}

/* ---- what is searched ---- */

static void add_heads(struct fields *f, const struct fa_dataset *data)
{
    for (size_t h = 0; h < data->nheads; h++) {
        const char *text = data->head[h].name;
        for (size_t i = 0; text && i < data->head[h].nclasses; i++)
            text = fa_arena_printf(f->arena, NULL, "%s%s %s", text, i ? "," : ":", data->head[h].class[i]);
        add(f, "head", "%s", text ? text : "");
    }
}

static void add_space(struct fields *f, const char *text)
{
    for (size_t n; *text; text += n + 1) {
        n = strcspn(text, "\n");
        add(f, "space", "%.*s", (int)n, text);
    }
}

static void add_list(struct fields *f, const char *key, const struct cli_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        add(f, key, "%s", list->text[i]);
}

static void identify(struct tune *t, const char *objective)
{
    static const char *const schedule[] = {"keras", "paper", "asha", "random", "grid"};
    struct fa_err err;
    uint64_t digest;
    size_t most = MOST_FIELDS + t->space->n + t->data->nheads + t->base.recipe.map.n + t->base.recipe.head_weight.n;
    struct fields f = fields_new(&t->arena, most);
    if (fa_dataset_digest(t->data, &digest, &err))
        cli_fail(&err);
    add(&f, "version", "%s", FA_VERSION);
    add(&f, "data", "%zu faces of %zu numbers with digest %016llx", t->data->rows, t->data->dim, (unsigned long long)digest);
    add_heads(&f, t->data);
    add_list(&f, "map", &t->base.recipe.map);
    add(&f, "folds", "%ld", t->source.folds);
    add_space(&f, t->space->text);
    add(&f, "arch", "%s", t->base.arch);
    add(&f, "monitor", "%s", t->base.monitor ? t->base.monitor : "loss");
    add_list(&f, "head-weight", &t->base.recipe.head_weight);
    add(&f, "objective", "%s, %s", objective, t->objective.maximize ? "max" : "min");
    add(&f, "score", "%s epoch", t->last ? "last" : "best");
    add(&f, "promote", "%s epoch", t->rewind ? "best" : "last");
    add(&f, "schedule", "%s", schedule[t->plan->kind]);
    add(&f, "max-epochs", "%zu", t->max_epochs);
    add(&f, "first-epochs", "%zu", t->plan->bracket[0].round[0].to);
    add(&f, "factor", "%zu", t->plan->factor);
    add(&f, "sampler", "%s", fa_search_options(t->search)->sampler == FA_SAMPLER_TPE ? "tpe" : "random");
    add(&f, "seed", "%llu", (unsigned long long)t->seed);
    add(&f, "repeats", "%ld", t->repeats);
    add(&f, "retries", "%zu", fa_search_options(t->search)->retries);
    add(&f, "cap-parameters", "%zu", t->most_parameters);
    if (f.failed)
        cli_fail_text("out of memory");
    if (fa_journal_identify(t->journal, f.field, f.n, &err))
        cli_fail(&err);
}

/* ---- trials ---- */

int tune_journal_begin(struct tune *t, const struct fa_trial *trial, struct fa_err *err)
{
    struct fa_arena arena = {0};
    struct fields f = fields_new(&arena, t->space->n + MOST_FIELDS);
    add(&f, "trial", "%zu", trial->number + 1);
    add(&f, "fill", "%zu", trial->fill);
    add(&f, "attempt", "%zu", trial->attempt);
    add(&f, "parent", "%zu", trial->parent == SIZE_MAX ? 0 : trial->parent + 1);
    add(&f, "bracket", "%zu", trial->bracket);
    add(&f, "round", "%zu", trial->round);
    add(&f, "to", "%zu", trial->to);
    for (size_t i = 0; i < t->space->n; i++)
        if (trial->value[i])
            add(&f, t->space->param[i].name, "%s", trial->value[i]);
    int failed = append(t, "begin", &f, err);
    fa_arena_free(&arena);
    return failed;
}

int tune_journal_end(struct tune *t, const struct fa_trial *trial, const struct tune_result *r, struct fa_err *err)
{
    struct fa_arena arena = {0};
    struct fields f = fields_new(&arena, MOST_FIELDS);
    const char *metrics = "";
    add(&f, "trial", "%zu", trial->number + 1);
    add(&f, "fill", "%zu", trial->fill);
    add(&f, "attempt", "%zu", trial->attempt);
    if (r->failure) {
        add(&f, "failure", "%s", r->failure);
    } else {
        add(&f, "score", "%.17g", r->score);
        add(&f, "best", "%.17g", r->best_epoch);
        add(&f, "epochs", "%zu", r->epochs);
        add(&f, "parameters", "%zu", r->parameters);
        for (size_t i = 0; metrics && i < 4 * t->data->nheads; i++)
            metrics = fa_arena_printf(&arena, NULL, "%s%s%.9g", metrics, i ? " " : "", r->metric[i]);
        add(&f, "metrics", "%s", metrics ? metrics : "");
        add(&f, "history", "%s", r->history);
        add(&f, "seconds", "%.3f", r->seconds);
    }
    int failed = append(t, "end", &f, err);
    fa_arena_free(&arena);
    return failed;
}

/* ---- back from the journal ---- */

/* A whole number of a field, SIZE_MAX if it is none. */
static size_t number(const struct fa_entry *entry, const char *key)
{
    const char *text = fa_entry_get(entry, key);
    char *end = NULL;
    unsigned long long value = text ? strtoull(text, &end, 10) : 0;
    return text && end != text && !*end && value < SIZE_MAX / 2 ? (size_t)value : SIZE_MAX;
}

static double real(const struct fa_entry *entry, const char *key)
{
    const char *text = fa_entry_get(entry, key);
    return text ? strtod(text, NULL) : 0;
}

/* What a "begin" has before the configuration, whose parameters may be called the same. */
enum { BEGIN_FIELDS = 7 };

static int restore_begin(struct tune *t, const struct fa_entry *entry, struct fa_err *err)
{
    const char **value = fa_arena_alloc(&t->arena, t->space->n * sizeof *value, err);
    size_t parent = number(entry, "parent"), nbefore = entry->n < BEGIN_FIELDS ? entry->n : BEGIN_FIELDS;
    struct fa_entry values = {entry->kind, entry->field + 2 * nbefore, entry->n - nbefore};
    if (!value)
        return -1;
    for (size_t i = 0; i < t->space->n; i++)
        value[i] = fa_entry_get(&values, t->space->param[i].name);
    return fa_search_restore(t->search, number(entry, "trial") - 1, parent ? parent - 1 : SIZE_MAX, number(entry, "fill"),
                             number(entry, "attempt"), number(entry, "bracket"), number(entry, "round"), value, err);
}

static struct tune_result *read_result(struct tune *t, const struct fa_entry *entry, struct fa_err *err)
{
    struct tune_result *r = fa_arena_alloc(&t->arena, sizeof *r, err);
    double *metric = fa_arena_alloc(&t->arena, 4 * t->data->nheads * sizeof *metric, err);
    const char *at = fa_entry_get(entry, "metrics"), *history = fa_entry_get(entry, "history");
    if (!r || !metric)
        return NULL;
    *r = (struct tune_result){real(entry, "score"), real(entry, "best"), number(entry, "epochs"), real(entry, "seconds"),
                              number(entry, "parameters"), metric, history ? history : "", fa_entry_get(entry, "failure"), false};
    for (size_t i = 0; at && i < 4 * t->data->nheads; i++) {
        char *end;
        metric[i] = strtod(at, &end);
        at = end;
    }
    return r;
}

static int restore_end(struct tune *t, const struct fa_entry *entry, struct fa_err *err)
{
    size_t i = number(entry, "trial") - 1;
    const struct fa_trial *trial = i < fa_search_trials(t->search) ? fa_search_trial(t->search, i) : NULL;
    if (!trial || !trial->value || trial->status != FA_TRIAL_WAITING)
        return fa_err_set(err, "trial %zu ends without having begun", i + 1);
    struct tune_result *r = read_result(t, entry, err);
    return r ? fa_search_tell(t->search, i, r->failure ? NAN : r->score, r, err) : -1;
}

void tune_open_journal(struct tune *t, const char *objective)
{
    struct fa_err err;
    char *path = fa_arena_printf(&t->arena, &err, "%s/journal", t->folder);
    if (!path || !(t->journal = fa_journal_open(path, &err)))
        cli_fail(&err);
    identify(t, objective);
    for (size_t i = 1; i < fa_journal_size(t->journal); i++) {
        const struct fa_entry *entry = fa_journal_entry(t->journal, i);
        bool begins = strcmp(entry->kind, "begin") == 0, ends = strcmp(entry->kind, "end") == 0;
        if ((begins && restore_begin(t, entry, &err)) || (ends && restore_end(t, entry, &err)))
            cli_fail_text("%s: line %zu: %s", path, i + 1, err.text);
    }
}
