#include <stdlib.h>
#include <string.h>

#include "../stream/wire.h"
#include "fa/head.h"
#include "fa/table.h"

/* Never service_test, which only says how FairFace was split, nor age_years, whose every year would be a class. */
static const char *const usual[] = {"age", "gender", "race"};

/* What is gathered while the stream is read: rows in its order, classes in the order they were met. */
struct gathering {
    const char *const *name; /* of the n labels looked for */
    size_t n, dim, rows;
    struct fa_vocabulary *class; /* of each */
    struct fa_vocabulary met;    /* names of all labels in the stream */
    const struct fa_dataset_options *options;
    const char **id, **group;
    uint8_t *held;
    struct fa_passenger *passenger;
    size_t npassengers, nheld, ngrouped;
    struct fa_stored *x;
    int32_t *label; /* (rows, n) */
    size_t id_capacity, x_capacity, label_capacity, group_capacity, held_capacity, passenger_capacity;
};

static void drop_gathering(struct gathering *g)
{
    for (size_t h = 0; g->class && h < g->n; h++)
        fa_vocabulary_free(&g->class[h]);
    free(g->class);
    fa_vocabulary_free(&g->met);
    free(g->id);
    free(g->group);
    free(g->held);
    free(g->passenger);
    free(g->x);
    free(g->label);
}

/* Fills the labels of the row to come. 1: it has one; 0: it has none; -1. */
static int take_labels(struct gathering *g, const struct fa_record *record, struct fa_err *err)
{
    int32_t *label = g->label + g->rows * g->n;
    int any = 0;
    for (size_t i = 0; i < record->labels.n; i++)
        if (fa_vocabulary_add(&g->met, record->labels.pair[i].key, err))
            return -1;
    for (size_t h = 0; h < g->n; h++) {
        const char *class = fa_map_string(&record->labels, g->name[h], NULL);
        size_t index;
        label[h] = -1;
        if (!class)
            continue;
        if (fa_vocabulary_add(&g->class[h], class, err))
            return -1;
        fa_vocabulary_find(&g->class[h], class, &index);
        label[h] = (int32_t)index;
        any = 1;
    }
    return any;
}

static int take_passenger(struct gathering *g, struct fa_dataset *data, const struct fa_record *record, size_t row,
                          struct fa_err *err)
{
    if (!g->options->passengers)
        return 0;
    if (fa_mem_grow(&g->passenger, &g->passenger_capacity, g->npassengers + 1, sizeof *g->passenger, err))
        return -1;
    struct fa_passenger *passenger = &g->passenger[g->npassengers++];
    *passenger = (struct fa_passenger){.id = fa_arena_strdup(&data->arena, record->id, err), .row = row};
    return !passenger->id || map_copy(&passenger->labels, &data->arena, &record->labels, err) ||
                   map_copy(&passenger->about, &data->arena, &record->about, err)
               ? -1
               : 0;
}

/* What the splits go by. */
static int take_side(struct gathering *g, struct fa_dataset *data, const struct fa_record *record, size_t input,
                     struct fa_err *err)
{
    const struct fa_dataset_options *o = g->options;
    if (fa_mem_grow(&g->group, &g->group_capacity, g->rows + 1, sizeof *g->group, err) ||
        fa_mem_grow(&g->held, &g->held_capacity, g->rows + 1, sizeof *g->held, err))
        return -1;
    const char *group = o->group_by ? fa_map_string(&record->labels, o->group_by, NULL) : NULL;
    g->held[g->rows] = o->split_by ? strcmp(fa_map_string(&record->labels, o->split_by, ""), o->split_value) == 0
                                   : o->held_from && input >= o->held_from;
    g->nheld += g->held[g->rows];
    g->ngrouped += group != NULL;
    g->group[g->rows] = group ? fa_arena_strdup(&data->arena, group, err)
                              : fa_arena_strndup(&data->arena, record->id, fa_id_base(record->id), err);
    return g->group[g->rows] ? 0 : -1;
}

/* The embedding as stored: where it is mapped, or a copy. */
static int take_embedding(struct gathering *g, struct fa_dataset *data, struct fa_stored stored, struct fa_err *err)
{
    if (!stored.mapped) {
        size_t bytes = g->dim * (stored.dtype == FA_F16 ? 2 : sizeof(float));
        void *copy = fa_arena_alloc(&data->arena, bytes, err);
        if (!copy)
            return -1;
        stored.bytes = memcpy(copy, stored.bytes, bytes);
    }
    g->x[g->rows] = stored;
    return 0;
}

static int gather(struct gathering *g, struct fa_dataset *data, const struct fa_record *record, struct fa_reader *reader,
                  struct fa_err *err)
{
    if (!record->data) {
        data->rejected++;
        return take_passenger(g, data, record, SIZE_MAX, err);
    }
    if (g->rows == INT32_MAX)
        return fa_err_set(err, "more than %d records", INT32_MAX);
    if (fa_mem_grow(&g->id, &g->id_capacity, g->rows + 1, sizeof *g->id, err) ||
        fa_mem_grow(&g->x, &g->x_capacity, g->rows + 1, sizeof *g->x, err) ||
        fa_mem_grow(&g->label, &g->label_capacity, (g->rows + 1) * g->n, sizeof *g->label, err))
        return -1;
    int any = take_labels(g, record, err);
    data->unlabelled += any == 0;
    if (any <= 0)
        return any;
    if (!(g->id[g->rows] = fa_arena_strdup(&data->arena, record->id, err)) || take_side(g, data, record, fa_reader_input(reader), err) ||
        take_passenger(g, data, record, g->rows, err) || take_embedding(g, data, fa_reader_stored(reader), err))
        return -1;
    g->rows++;
    return 0;
}

static int gather_all(struct gathering *g, struct fa_dataset *data, struct fa_reader *reader, struct fa_err *err)
{
    struct fa_record record = {0};
    int got, failed = 0;
    while ((got = fa_reader_next(reader, &record, err)) > 0 && !failed)
        failed = gather(g, data, &record, reader, err);
    fa_record_free(&record);
    return got < 0 || failed ? -1 : 0;
}

/* "(there are: age, race)", or what else is to be said of the labels that were met. */
static const char *list_met(const struct gathering *g, struct fa_arena *arena, struct fa_err *err)
{
    const char *text = "";
    for (size_t i = 0; text && i < g->met.n; i++)
        text = fa_arena_printf(arena, err, "%s%s%s", text, i ? ", " : "there are: ", g->met.name[i]);
    return text && !g->met.n ? "the records have no labels" : text;
}

static int check_heads(const struct gathering *g, struct fa_dataset *data, bool asked, struct fa_err *err)
{
    size_t present = 0;
    const char *met = list_met(g, &data->arena, err);
    if (!met)
        return -1;
    if (!g->rows && !data->unlabelled)
        return fa_err_set(err, "nothing to train on (%llu records, all of them rejects)", (unsigned long long)data->rejected);
    for (size_t h = 0; h < g->n; h++) {
        present += g->class[h].n > 0;
        if (asked && g->class[h].n == 0)
            return fa_err_set(err, "no record has a label '%s' (%s)", g->name[h], met);
        if (g->class[h].n == 1)
            return fa_err_set(err, "label '%s' has a single class ('%s'), want at least two", g->name[h], g->class[h].name[0]);
    }
    if (g->options->group_by && !g->ngrouped)
        return fa_err_set(err, "no record has a label '%s' to group by (%s)", g->options->group_by, met);
    if (g->options->split_by && !g->nheld)
        return fa_err_set(err, "no record to hold out has the label %s=%s (%s)", g->options->split_by,
                          g->options->split_value, met);
    return present ? 0 : fa_err_set(err, "no record has a label age, gender or race (%s)", met);
}

/* The head of a vocabulary, which gets sorted; column `from` of the gathered labels becomes the column at label. */
static int make_head(struct fa_head *head, struct gathering *g, size_t from, int32_t *label, size_t stride,
                     struct fa_arena *arena, struct fa_err *err)
{
    struct fa_vocabulary *vocabulary = &g->class[from];
    size_t n = vocabulary->n, index;
    const char **class = fa_arena_alloc(arena, n * sizeof *class, err);
    int32_t *place = fa_arena_alloc(arena, n * sizeof *place, err);
    head->name = fa_arena_strdup(arena, g->name[from], err);
    if (!class || !place || !head->name)
        return -1;
    memcpy(class, vocabulary->name, n * sizeof *class); /* in the order met; sorting moves the pointers only */
    fa_vocabulary_sort(vocabulary);
    for (size_t i = 0; i < n; i++)
        place[i] = fa_vocabulary_find(vocabulary, class[i], &index) ? (int32_t)index : -1;
    for (size_t i = 0; i < n; i++)
        if (!(class[i] = fa_arena_strdup(arena, vocabulary->name[i], err)))
            return -1;
    for (size_t row = 0; row < g->rows; row++) {
        int32_t met = g->label[row * g->n + from];
        label[row * stride] = met < 0 ? -1 : place[met];
    }
    head->class = class;
    head->nclasses = n;
    return 0;
}

/* Heads of the labels that were met, and label (rows, nheads) in the order of the stream. */
static int make_heads(struct fa_dataset *data, struct gathering *g, int32_t **label, struct fa_err *err)
{
    size_t nheads = 0, offset = 0, h = 0;
    for (size_t from = 0; from < g->n; from++)
        nheads += g->class[from].n > 0;
    struct fa_head *head = fa_arena_alloc(&data->arena, nheads * sizeof *head, err);
    *label = fa_mem_array(g->rows * nheads, sizeof **label, err);
    data->coarse = fa_arena_alloc(&data->arena, nheads * sizeof *data->coarse, err);
    if (!head || !*label || !data->coarse)
        return -1;
    for (size_t from = 0; from < g->n; from++) {
        if (g->class[from].n == 0)
            continue;
        if (make_head(&head[h], g, from, *label + h, nheads, &data->arena, err))
            return -1;
        head[h].offset = offset;
        offset += head[h++].nclasses;
    }
    data->head = head;
    data->nheads = nheads;
    return 0;
}

struct row {
    const char *id;
    struct fa_stored x;
    const int32_t *label;
    size_t from;
};

static int compare_rows(const void *a, const void *b)
{
    return strcmp(((const struct row *)a)->id, ((const struct row *)b)->id);
}

/* Sorts by id: embeddings stay where they are. */
static int sort_rows(struct fa_dataset *data, const struct gathering *g, const int32_t *from, struct fa_err *err)
{
    size_t n = g->rows, nheads = data->nheads;
    struct row *row = fa_mem_array(n, sizeof *row, err);
    struct fa_stored *x = fa_arena_alloc(&data->arena, n * sizeof *x, err);
    const char **id = fa_arena_alloc(&data->arena, n * sizeof *id, err);
    int32_t *label = fa_arena_alloc(&data->arena, n * nheads * sizeof *label, err);
    const char **group = fa_arena_alloc(&data->arena, n * sizeof *group, err);
    uint8_t *held = fa_arena_alloc(&data->arena, n * sizeof *held, err);
    size_t *to = fa_mem_array(n, sizeof *to, err);
    int failed = !row || !x || !id || !label || !group || !held || !to ? -1 : 0;
    for (size_t i = 0; i < n && !failed; i++)
        row[i] = (struct row){g->id[i], g->x[i], from + i * nheads, i};
    if (!failed)
        qsort(row, n, sizeof *row, compare_rows);
    for (size_t i = 0; i < n && !failed; i++) {
        x[i] = row[i].x;
        id[i] = row[i].id;
        group[i] = g->group[row[i].from];
        held[i] = g->held[row[i].from];
        to[row[i].from] = i;
        memcpy(label + i * nheads, row[i].label, nheads * sizeof *label);
    }
    for (size_t i = 0; i < g->npassengers && !failed; i++)
        if (g->passenger[i].row != SIZE_MAX)
            g->passenger[i].row = to[g->passenger[i].row];
    free(row);
    free(to);
    data->rows = n;
    data->group = group;
    data->held = g->options->split_by || g->options->held_from ? held : NULL;
    data->x = x;
    data->id = id;
    data->label = label;
    return failed;
}

void fa_dataset_row(const struct fa_dataset *data, size_t row, float *to)
{
    fa_stored_floats(to, &data->x[row], data->dim);
}

static int check_names(const char *const *name, size_t n, struct fa_err *err)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(name[i], name[k]) == 0)
                return fa_err_set(err, "label '%s' is asked for twice", name[i]);
    return 0;
}

static const char *describe_split(const struct fa_dataset_options *o, struct fa_arena *arena, struct fa_err *err)
{
    if (o->split_by)
        return fa_arena_printf(arena, err, "records with %s=%s", o->split_by, o->split_value);
    if (o->held_from)
        return "a stream of its own";
    return o->group_by ? fa_arena_printf(arena, err, "a share of the values of %s", o->group_by) : "a share of the pictures";
}

static int keep_passengers(struct fa_dataset *data, const struct gathering *g, struct fa_err *err)
{
    struct fa_passenger *passenger = fa_arena_alloc(&data->arena, g->npassengers * sizeof *passenger, err);
    if (!passenger)
        return -1;
    if (g->npassengers)
        memcpy(passenger, g->passenger, g->npassengers * sizeof *passenger);
    data->passenger = passenger;
    data->npassengers = g->npassengers;
    return 0;
}

struct fa_dataset *fa_dataset_read(struct fa_reader *reader, const char *const *heads, size_t nheads, struct fa_err *err)
{
    return fa_dataset_read_with(reader, &(struct fa_dataset_options){.heads = heads, .nheads = nheads}, err);
}

struct fa_dataset *fa_dataset_read_with(struct fa_reader *reader, const struct fa_dataset_options *options, struct fa_err *err)
{
    const char *const *heads = options->heads;
    size_t nheads = options->nheads;
    struct gathering g = {.options = options, .name = nheads ? heads : usual, .n = sizeof usual / sizeof *usual};
    g.n = nheads ? nheads : g.n;
    struct fa_dataset *data = fa_mem_array(1, sizeof *data, err);
    int32_t *label = NULL;
    int failed = -1;
    if (!data || check_names(heads, nheads, err))
        goto out;
    g.dim = data->dim = fa_header_elements(fa_reader_header(reader));
    g.class = fa_mem_array(g.n, sizeof *g.class, err);
    if (!g.class || fa_header_copy(&data->header, &data->arena, fa_reader_header(reader), err))
        goto out;
    failed = gather_all(&g, data, reader, err) || check_heads(&g, data, nheads > 0, err) || make_heads(data, &g, &label, err) ||
             sort_rows(data, &g, label, err) || keep_passengers(data, &g, err) ||
             !(data->validation = describe_split(options, &data->arena, err));
    data->maps = fa_reader_take_maps(reader);
out:
    drop_gathering(&g);
    free(label);
    if (failed) {
        fa_dataset_free(data);
        return NULL;
    }
    return data;
}

void fa_dataset_free(struct fa_dataset *data)
{
    if (!data)
        return;
    fa_arena_free(&data->arena);
    fa_maps_free(&data->maps);
    free(data);
}
