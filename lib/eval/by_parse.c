#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "by.h"

/* The list as it is read. */
struct scan {
    const char *text, *at;
    struct fa_arena *arena;
    struct fa_err *err;
};

static int malformed(const struct scan *scan)
{
    return fa_err_set(scan->err, "'%s' is no list of groups, want KEY,KEY+KEY,KEY:EDGE,EDGE...", scan->text);
}

/* The number at `at`, up to what ends one; NULL if there is none. */
static const char *number(const char *at, double *value)
{
    char *end;
    *value = strtod(at, &end);
    return end != at && (*end == ',' || *end == '+' || !*end) && isfinite(*value) ? end : NULL;
}

static int name_bins(struct scan *scan, struct fa_by_key *key)
{
    size_t n = key->nedges;
    const char **bin = fa_arena_alloc(scan->arena, (n + 1) * sizeof *bin, scan->err);
    if (!bin)
        return -1;
    for (size_t i = 0; i <= n; i++) {
        bin[i] = i == 0  ? fa_arena_printf(scan->arena, scan->err, "below %.10g", key->edge[0])
                 : i < n ? fa_arena_printf(scan->arena, scan->err, "%.10g to %.10g", key->edge[i - 1], key->edge[i])
                         : fa_arena_printf(scan->arena, scan->err, "%.10g and more", key->edge[n - 1]);
        if (!bin[i])
            return -1;
    }
    key->bin = bin;
    return 0;
}

/* The edges behind a colon: numbers parted by commas, as many as there are. */
static int read_edges(struct scan *scan, struct fa_by_key *key)
{
    double *edge = fa_arena_alloc(scan->arena, (strlen(scan->at) + 1) * sizeof *edge, scan->err), value;
    const char *end = number(scan->at, &value);
    if (!edge)
        return -1;
    if (!end)
        return malformed(scan);
    for (; end; end = *end == ',' ? number(end + 1, &value) : NULL) {
        if (key->nedges && !(value > edge[key->nedges - 1]))
            return fa_err_set(scan->err, "edges of %s do not ascend", key->name);
        edge[key->nedges++] = value;
        scan->at = end;
    }
    key->edge = edge;
    return name_bins(scan, key);
}

static int read_key(struct scan *scan, struct fa_by_key *key, const struct fa_evaluation *evaluation)
{
    size_t n = strcspn(scan->at, ",+:");
    if (!n)
        return malformed(scan);
    if (!(key->name = fa_arena_strndup(scan->arena, scan->at, n, scan->err)))
        return -1;
    scan->at += n;
    while (key->head < evaluation->nheads && strcmp(evaluation->head[key->head].name, key->name) != 0)
        key->head++;
    if (*scan->at != ':')
        return 0;
    scan->at++;
    return read_edges(scan, key);
}

/* Keys joined by +. */
static int read_by(struct scan *scan, struct fa_by *by, const struct fa_evaluation *evaluation)
{
    const char *begin = scan->at;
    by->key = fa_arena_alloc(scan->arena, BY_KEYS_MAX * sizeof *by->key, scan->err);
    if (!by->key)
        return -1;
    do {
        if (by->nkeys == BY_KEYS_MAX)
            return fa_err_set(scan->err, "more than %d keys in '%s'", BY_KEYS_MAX, scan->text);
        if (by->nkeys)
            scan->at++;
        if (read_key(scan, &by->key[by->nkeys++], evaluation))
            return -1;
    } while (*scan->at == '+');
    by->text = fa_arena_strndup(scan->arena, begin, (size_t)(scan->at - begin), scan->err);
    return by->text ? 0 : -1;
}

int by_parse(struct fa_evaluation *evaluation, const char *text, struct fa_err *err)
{
    struct scan scan = {text, text, &evaluation->arena, err};
    evaluation->by = fa_arena_alloc(&evaluation->arena, (strlen(text) + 1) * sizeof *evaluation->by, err);
    if (!evaluation->by)
        return -1;
    for (;; scan.at++) {
        struct fa_by *by = &evaluation->by[evaluation->nby];
        if (read_by(&scan, by, evaluation))
            return -1;
        for (size_t i = 0; i < evaluation->nby; i++)
            if (!strcmp(evaluation->by[i].text, by->text))
                return fa_err_set(err, "'%s' stands twice among the groups", by->text);
        evaluation->nby++;
        if (!*scan.at)
            return 0;
        if (*scan.at != ',')
            return malformed(&scan);
    }
}
