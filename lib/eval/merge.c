#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fa/eval.h"
#include "fa/mem.h"

struct fa_merge {
    const struct fa_head *from; /* nheads, as in the stream */
    struct fa_head *head;       /* after merging */
    size_t nheads;
    size_t **to;                  /* a head's classes: to which of the merged ones */
    struct fa_vocabulary *class; /* of the stream's heads */
    struct fa_arena arena;
};

/* ---- heads as they come ---- */

static int copy_head(struct fa_merge *merge, size_t h, struct fa_head *to, const struct fa_head *from, struct fa_err *err)
{
    const char **class = fa_arena_alloc(&merge->arena, from->nclasses * sizeof *class, err);
    size_t index;
    to->name = fa_arena_strdup(&merge->arena, from->name, err);
    if (!class || !to->name || !(merge->to[h] = fa_arena_alloc(&merge->arena, from->nclasses * sizeof **merge->to, err)))
        return -1;
    for (size_t i = 0; i < from->nclasses; i++) {
        if (fa_vocabulary_find(&merge->class[h], from->class[i], &index))
            return fa_err_set(err, "head %s: class \"%s\" stands twice", from->name, from->class[i]);
        if (fa_vocabulary_add(&merge->class[h], from->class[i], err))
            return -1;
        class[i] = merge->class[h].name[i];
        merge->to[h][i] = i;
    }
    to->class = class;
    to->nclasses = from->nclasses;
    to->offset = from->offset;
    return 0;
}

static int copy_heads(struct fa_merge *merge, const struct fa_head *head, struct fa_err *err)
{
    struct fa_head *from = fa_arena_alloc(&merge->arena, merge->nheads * sizeof *from, err);
    merge->head = fa_arena_alloc(&merge->arena, merge->nheads * sizeof *merge->head, err);
    merge->to = fa_arena_alloc(&merge->arena, merge->nheads * sizeof *merge->to, err);
    merge->class = fa_arena_alloc(&merge->arena, merge->nheads * sizeof *merge->class, err);
    if (!from || !merge->head || !merge->to || !merge->class)
        return -1;
    for (size_t h = 0; h < merge->nheads; h++) {
        if (copy_head(merge, h, &from[h], &head[h], err))
            return -1;
        merge->head[h] = from[h];
    }
    merge->from = from;
    return 0;
}

/* ---- specs ---- */

/* A spec cut up: `HEAD:NAME=CLASS|CLASS`, of which a head's or class's name may hold any of these signs but the next. */
struct cut {
    char *head, *name, *members;
};

static int cut_spec(struct cut *cut, struct fa_merge *merge, const char *spec, struct fa_err *err)
{
    char *text = fa_arena_strdup(&merge->arena, spec, err), *equals;
    if (!text)
        return -1;
    cut->head = text;
    cut->name = strchr(text, ':');
    equals = cut->name ? strchr(cut->name, '=') : NULL;
    if (!equals || cut->name == text || equals == cut->name + 1 || !equals[1])
        return fa_err_set(err, "'%s' is no merge, want HEAD:NAME=CLASS|CLASS", spec);
    *cut->name++ = '\0';
    *equals = '\0';
    cut->members = equals + 1;
    return 0;
}

static int no_such_class(const struct fa_head *head, const char *class, struct fa_err *err)
{
    char list[512] = "";
    for (size_t i = 0, used = 0; i < head->nclasses && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", head->class[i]);
    return fa_err_set(err, "head %s has no class \"%s\" (it has: %s)", head->name, class, list);
}

/* Marks the members in `into`, class by class: the merged name. */
static int mark_members(const struct fa_merge *merge, size_t h, struct cut *cut, const char **into, struct fa_err *err)
{
    for (char *member = cut->members, *next; member; member = next) {
        size_t index;
        next = strchr(member, '|');
        if (next)
            *next++ = '\0';
        if (!fa_vocabulary_find(&merge->class[h], member, &index))
            return no_such_class(&merge->from[h], member, err);
        if (into[index])
            return fa_err_set(err, "class \"%s\" of head %s is merged twice", member, cut->head);
        into[index] = cut->name;
    }
    return 0;
}

/* Gives head h the classes that `into` says, each where its first member stood. */
static int merge_classes(struct fa_merge *merge, size_t h, const char **into, struct fa_err *err)
{
    const struct fa_head *from = &merge->from[h];
    const char **class = fa_arena_alloc(&merge->arena, from->nclasses * sizeof *class, err);
    size_t n = 0;
    if (!class)
        return -1;
    for (size_t i = 0; i < from->nclasses; i++) {
        const char *name = into[i] ? into[i] : from->class[i];
        size_t at = 0;
        while (at < n && strcmp(class[at], name) != 0)
            at++;
        class[at] = name;
        n += at == n;
        merge->to[h][i] = at;
    }
    merge->head[h].class = class;
    merge->head[h].nclasses = n;
    return 0;
}

/* No merged class may have the name of one that stays as it is. */
static int check_names(const struct fa_merge *merge, size_t h, const char **into, struct fa_err *err)
{
    size_t index;
    for (size_t i = 0; i < merge->from[h].nclasses; i++)
        if (into[i] && fa_vocabulary_find(&merge->class[h], into[i], &index) && !into[index])
            return fa_err_set(err, "head %s: class \"%s\" stands twice", merge->from[h].name, into[i]);
    return 0;
}

static int merge_head(struct fa_merge *merge, size_t h, const char *const *spec, size_t nspecs, bool *used, struct fa_err *err)
{
    const char **into = fa_arena_alloc(&merge->arena, merge->from[h].nclasses * sizeof *into, err);
    struct cut cut;
    if (!into)
        return -1;
    for (size_t i = 0; i < nspecs; i++) {
        if (cut_spec(&cut, merge, spec[i], err))
            return -1;
        if (strcmp(cut.head, merge->from[h].name) != 0)
            continue;
        used[i] = true;
        if (mark_members(merge, h, &cut, into, err))
            return -1;
    }
    return check_names(merge, h, into, err) || merge_classes(merge, h, into, err) ? -1 : 0;
}

static int merge_heads(struct fa_merge *merge, const char *const *spec, size_t nspecs, struct fa_err *err)
{
    bool *used = fa_arena_alloc(&merge->arena, nspecs * sizeof *used, err);
    struct cut cut;
    if (!used)
        return -1;
    for (size_t h = 0; h < merge->nheads; h++)
        if (merge_head(merge, h, spec, nspecs, used, err))
            return -1;
    for (size_t i = 0; i < nspecs; i++)
        if (!used[i] && !cut_spec(&cut, merge, spec[i], err))
            return fa_err_set(err, "no head \"%s\" to merge classes of", cut.head);
    return 0;
}

struct fa_merge *fa_merge_new(const struct fa_head *head, size_t nheads, const char *const *spec, size_t nspecs,
                              struct fa_err *err)
{
    struct fa_merge *merge = fa_mem_array(1, sizeof *merge, err);
    if (!merge)
        return NULL;
    merge->nheads = nheads;
    if (copy_heads(merge, head, err) || (nspecs && merge_heads(merge, spec, nspecs, err))) {
        fa_merge_free(merge);
        return NULL;
    }
    return merge;
}

void fa_merge_free(struct fa_merge *merge)
{
    if (!merge)
        return;
    for (size_t h = 0; merge->class && h < merge->nheads; h++)
        fa_vocabulary_free(&merge->class[h]);
    fa_arena_free(&merge->arena);
    free(merge);
}

/* ---- use ---- */

const struct fa_head *fa_merge_heads(const struct fa_merge *merge, size_t *nheads)
{
    *nheads = merge->nheads;
    return merge->head;
}

size_t fa_merge_class(const struct fa_merge *merge, size_t h, const char *label)
{
    const struct fa_head *head = &merge->head[h];
    size_t index, merged = 0;
    if (fa_vocabulary_find(&merge->class[h], label, &index))
        return merge->to[h][index];
    while (merged < head->nclasses && strcmp(head->class[merged], label) != 0)
        merged++;
    return merged;
}

const char *fa_merge_label(const struct fa_merge *merge, size_t h, const char *label)
{
    size_t class = fa_merge_class(merge, h, label);
    return class < merge->head[h].nclasses ? merge->head[h].class[class] : label;
}

void fa_merge_logits(const struct fa_merge *merge, size_t h, const float *data, double *logit)
{
    const struct fa_head *from = &merge->from[h];
    const size_t *to = merge->to[h];
    for (size_t i = 0; i < merge->head[h].nclasses; i++)
        logit[i] = -INFINITY;
    for (size_t i = 0; i < from->nclasses; i++) {
        double more = (double)data[from->offset + i], *sum = &logit[to[i]];
        double high = more > *sum ? more : *sum, low = more > *sum ? *sum : more;
        *sum = isinf(low) ? high : high + log1p(exp(low - high));
    }
}
