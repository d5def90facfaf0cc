#include <string.h>

#include "fa/head.h"

static size_t find_class(const struct fa_head *head, const char *name, struct fa_arena *arena, struct fa_err *err)
{
    const char *list = "";
    for (size_t i = 0; i < head->nclasses; i++)
        if (strcmp(name, head->class[i]) == 0)
            return i;
    for (size_t i = 0; list && i < head->nclasses; i++)
        list = fa_arena_printf(arena, err, "%s%s%s", list, i ? ", " : "", head->class[i]);
    if (list)
        fa_err_set(err, "label '%s' has no class '%s' (there are: %s)", head->name, name, list);
    return head->nclasses;
}

/* Marks the n classes in has (nclasses, all 0). */
static int mark(uint8_t *has, const struct fa_head *head, size_t from, const char *const *class, size_t n,
                struct fa_arena *arena, struct fa_err *err)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = find_class(head, class[i], arena, err);
        if (at == head->nclasses)
            return -1;
        if (at == from)
            return fa_err_set(err, "label '%s': '%s' cannot stand for itself", head->name, class[i]);
        has[at] = 1;
    }
    return 0;
}

/* has (n, classes) without the column of class `from`. A coarse label that stood for it does so no more. */
static void drop_column(uint8_t *to, const uint8_t *has, size_t n, size_t classes, size_t from)
{
    for (size_t i = 0; i < n * classes; i++)
        if (i % classes != from)
            *to++ = has[i];
}

/* The labels of head h, `from` becoming the last of the coarse ones: classes above it and coarse labels go down by one. */
static void relabel(int32_t *to, const struct fa_dataset *data, size_t h, size_t from, size_t last)
{
    size_t nheads = data->nheads;
    memcpy(to, data->label, data->rows * nheads * sizeof *to);
    for (size_t i = h; i < data->rows * nheads; i += nheads)
        if (to[i] >= (int32_t)from)
            to[i] = to[i] == (int32_t)from ? (int32_t)last : to[i] - 1;
}

/* The heads, h without class `from`. */
static void drop_class(struct fa_head *head, const char **class, const struct fa_dataset *data, size_t h, size_t from)
{
    memcpy(head, data->head, data->nheads * sizeof *head);
    size_t rest = --head[h].nclasses - from;
    memcpy(class, data->head[h].class, from * sizeof *class);
    memcpy(class + from, data->head[h].class + from + 1, rest * sizeof *class);
    head[h].class = class;
    for (size_t i = h + 1; i < data->nheads; i++)
        head[i].offset--;
}

static int map_class(struct fa_dataset *data, size_t h, size_t from, const char *const *class, size_t n, struct fa_err *err)
{
    struct fa_arena *arena = &data->arena;
    const struct fa_head *old = &data->head[h];
    size_t classes = old->nclasses, coarse = data->coarse[h].n;
    uint8_t *has = fa_arena_alloc(arena, (coarse + 1) * classes, err);
    uint8_t *rest = fa_arena_alloc(arena, (coarse + 1) * (classes - 1), err);
    struct fa_coarse *all = fa_arena_alloc(arena, data->nheads * sizeof *all, err);
    struct fa_head *head = fa_arena_alloc(arena, data->nheads * sizeof *head, err);
    const char **name = fa_arena_alloc(arena, classes * sizeof *name, err);
    const char **label_name = fa_arena_alloc(arena, (coarse + 1) * sizeof *label_name, err);
    int32_t *label = fa_arena_alloc(arena, data->rows * data->nheads * sizeof *label, err);
    if (!has || !rest || !all || !head || !name || !label_name || !label ||
        mark(has + coarse * classes, old, from, class, n, arena, err))
        return -1;
    if (classes < 3)
        return fa_err_set(err, "label '%s' has a single class left without '%s', want at least two", old->name,
                          old->class[from]);
    if (coarse) {
        memcpy(has, data->coarse[h].has, coarse * classes);
        memcpy(label_name, data->coarse[h].name, coarse * sizeof *label_name);
    }
    label_name[coarse] = old->class[from];
    drop_column(rest, has, coarse + 1, classes, from);
    relabel(label, data, h, from, classes - 1 + coarse);
    drop_class(head, name, data, h, from);
    memcpy(all, data->coarse, data->nheads * sizeof *all);
    all[h] = (struct fa_coarse){coarse + 1, rest, label_name};
    data->head = head;
    data->label = label;
    data->coarse = all;
    return 0;
}

int fa_dataset_map(struct fa_dataset *data, const char *head, const char *label, const char *const *class, size_t n,
                   struct fa_err *err)
{
    const char *list = "";
    for (size_t h = 0; h < data->nheads; h++) {
        if (strcmp(head, data->head[h].name) != 0)
            continue;
        size_t from = find_class(&data->head[h], label, &data->arena, err);
        return from == data->head[h].nclasses ? -1 : map_class(data, h, from, class, n, err);
    }
    for (size_t h = 0; list && h < data->nheads; h++)
        list = fa_arena_printf(&data->arena, err, "%s%s%s", list, h ? ", " : "", data->head[h].name);
    return list ? fa_err_set(err, "label '%s' is not among those learned (%s)", head, list) : -1;
}
