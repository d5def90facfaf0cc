#include <stdlib.h>
#include <string.h>

#include "calibrate.h"
#include "model.h"

/* Adds to a map what the caller has at hand; the first failure sticks. */
struct adder {
    struct fa_map *map;
    struct fa_arena *arena;
    int failed;
    struct fa_err *err;
};

static void add(struct adder *a, const char *key, struct fa_value value)
{
    if (!a->failed)
        a->failed = fa_map_set(a->map, a->arena, key, value, a->err);
}

static struct fa_value map_of(struct adder *a)
{
    return (struct fa_value){.type = FA_MAP, .map = *a->map};
}

/* An empty array of n values to be filled. */
static struct fa_value array_of(struct adder *a, size_t n)
{
    struct fa_value value = {.type = FA_ARRAY, .array = {NULL, n}};
    if (!a->failed && !(value.array.item = fa_arena_alloc(a->arena, n * sizeof *value.array.item, a->err)))
        a->failed = -1;
    return value;
}

/* ---- what a member was trained like ---- */

static struct fa_value class_counts(struct adder *a, const struct fa_trainer *t, size_t h)
{
    struct fa_value counts = array_of(a, t->mlp.head[h].nclasses);
    for (size_t i = 0; i < counts.array.n && !a->failed; i++)
        counts.array.item[i] = fa_value_int(0);
    for (size_t i = 0; i < t->ntrain && !a->failed; i++) {
        int32_t class = t->data->label[t->train[i] * t->mlp.nheads + h];
        if (class >= 0 && (size_t)class < counts.array.n)
            counts.array.item[class].integer++;
    }
    return counts;
}

enum series { RATE, TRAIN_LOSS, TRAIN_ACCURACY, VALID_LOSS, VALID_ACCURACY };

static double point(const struct fa_epoch *epoch, enum series series, size_t h)
{
    switch (series) {
    case RATE:
        break;
    case TRAIN_LOSS:
        return epoch->train[h].loss;
    case TRAIN_ACCURACY:
        return epoch->train[h].accuracy;
    case VALID_LOSS:
        return epoch->valid[h].loss;
    case VALID_ACCURACY:
        return epoch->valid[h].accuracy;
    }
    return epoch->rate;
}

static struct fa_value series_of(struct adder *a, const struct fa_trainer *t, enum series series, size_t h)
{
    struct fa_value values = array_of(a, t->epochs);
    for (size_t i = 0; i < t->epochs && !a->failed; i++)
        values.array.item[i] = fa_value_real(point(&t->history[i], series, h));
    return values;
}

static struct fa_value history_of(struct adder *parent, const struct fa_trainer *t)
{
    struct fa_map map = {0};
    struct adder a = {&map, parent->arena, parent->failed, parent->err};
    add(&a, "rate", series_of(&a, t, RATE, 0));
    for (size_t h = 0; h < t->mlp.nheads; h++) {
        struct fa_map one = {0};
        struct adder head = {&one, a.arena, a.failed, a.err};
        add(&head, "loss", series_of(&head, t, TRAIN_LOSS, h));
        add(&head, "accuracy", series_of(&head, t, TRAIN_ACCURACY, h));
        if (t->nvalid) {
            add(&head, "val_loss", series_of(&head, t, VALID_LOSS, h));
            add(&head, "val_accuracy", series_of(&head, t, VALID_ACCURACY, h));
        }
        a.failed = head.failed;
        const char *name = a.failed ? NULL : fa_arena_strdup(a.arena, t->mlp.head[h].name, a.err);
        a.failed = name ? 0 : -1;
        add(&a, name, map_of(&head));
    }
    parent->failed = a.failed;
    return map_of(&a);
}

static struct fa_value counts_of(struct adder *parent, const struct fa_trainer *t)
{
    struct fa_map map = {0};
    struct adder a = {&map, parent->arena, parent->failed, parent->err};
    for (size_t h = 0; h < t->mlp.nheads; h++) {
        const char *name = fa_arena_strdup(a.arena, t->mlp.head[h].name, a.err);
        a.failed = a.failed || !name ? -1 : 0;
        add(&a, name, class_counts(&a, t, h));
    }
    parent->failed = a.failed;
    return map_of(&a);
}

/* For each head its weight, or the weights of its classes and coarse labels. */
static struct fa_value weights_of(struct adder *parent, const struct fa_trainer *t, bool classes)
{
    struct fa_map map = {0};
    struct adder a = {&map, parent->arena, parent->failed, parent->err};
    for (size_t h = 0; h < t->mlp.nheads; h++) {
        const struct layer_loss *loss = &t->loss[h];
        const char *name = a.failed ? NULL : fa_arena_strdup(a.arena, t->mlp.head[h].name, a.err);
        struct fa_value weight = fa_value_real((double)loss->weight);
        if (!name || (classes && fa_value_reals(&weight, a.arena, loss->class_weight, loss->classes + loss->coarse->n, a.err)))
            a.failed = -1;
        add(&a, name, weight);
    }
    parent->failed = a.failed;
    return map_of(&a);
}

int trainer_describe(struct fa_map *map, struct fa_arena *arena, const struct fa_trainer *t, struct fa_err *err)
{
    static const char *const optimizer[] = {"adam", "adamw", "sgd"};
    static const char *const schedule[] = {"constant", "cosine", "step", "plateau"};
    struct adder a = {map, arena, 0, err};
    const struct fa_fit_options *o = &t->options;
    const char *monitor = fa_arena_strdup(arena, o->monitor ? o->monitor : "loss", err);
    const char *validation = fa_arena_strdup(arena, t->data->validation, err);
    if (!monitor || !validation)
        return -1;
    add(&a, "seed", fa_value_int((int64_t)o->seed));
    add(&a, "rows", fa_value_int((int64_t)t->ntrain));
    add(&a, "validation_rows", fa_value_int((int64_t)t->nvalid));
    add(&a, "optimizer", fa_value_string(optimizer[o->optimizer]));
    add(&a, "schedule", fa_value_string(schedule[o->schedule]));
    add(&a, "rate", fa_value_real(o->rate));
    add(&a, "weight_decay", fa_value_real(o->weight_decay));
    if (o->optimizer == FA_SGD)
        add(&a, "momentum", fa_value_real(o->momentum));
    if (o->schedule == FA_STEP || o->schedule == FA_PLATEAU) {
        add(&a, "decay_epochs", fa_value_int((int64_t)o->decay_epochs));
        add(&a, "decay_factor", fa_value_real(o->decay_factor));
    }
    add(&a, "head_weights", weights_of(&a, t, false));
    if (o->class_weight != FA_CLASS_NONE)
        add(&a, "class_weights", weights_of(&a, t, true));
    add(&a, "label_smoothing", fa_value_real(o->label_smoothing));
    add(&a, "clip", fa_value_real(o->clip));
    add(&a, "warmup", fa_value_int((int64_t)o->warmup));
    add(&a, "batch", fa_value_int((int64_t)o->batch));
    add(&a, "max_epochs", fa_value_int((int64_t)o->epochs));
    if (o->folds) {
        add(&a, "folds", fa_value_int((int64_t)o->folds));
        add(&a, "fold", fa_value_int((int64_t)o->fold + 1));
    }
    add(&a, "patience", fa_value_int((int64_t)o->patience));
    add(&a, "monitor", fa_value_string(monitor));
    add(&a, "validation", fa_value_string(validation));
    add(&a, "validation_split", fa_value_real(t->data->held ? 0 : o->validation));
    return a.failed;
}

static int fill_member(struct fa_map *map, struct fa_arena *arena, const struct fa_trainer *t, struct fa_err *err)
{
    struct adder a = {map, arena, trainer_describe(map, arena, t, err), err};
    add(&a, "counts", counts_of(&a, t));
    add(&a, "epochs", fa_value_int((int64_t)t->epochs));
    add(&a, "best_epoch", fa_value_int((int64_t)t->best_epoch));
    add(&a, "steps", fa_value_int((int64_t)t->steps));
    add(&a, "history", history_of(&a, t));
    return a.failed;
}

/* ---- the model ---- */

/* The names of the classes that a coarse label stands for. */
static struct fa_value covered(struct adder *a, const struct fa_head *head, const uint8_t *has)
{
    struct fa_value names = array_of(a, head->nclasses);
    size_t n = 0;
    for (size_t i = 0; i < head->nclasses && !a->failed; i++)
        if (has[i]) {
            const char *name = fa_arena_strdup(a->arena, head->class[i], a->err);
            a->failed = name ? 0 : -1;
            names.array.item[n++] = fa_value_string(name);
        }
    names.array.n = n;
    return names;
}

/* For each head that has coarse labels, these, each with the names of its classes. */
static void add_coarse(struct adder *parent, const struct fa_dataset *data)
{
    struct fa_map map = {0};
    struct adder a = {&map, parent->arena, parent->failed, parent->err};
    for (size_t h = 0; h < data->nheads; h++) {
        const struct fa_coarse *coarse = &data->coarse[h];
        struct fa_map labels = {0};
        struct adder one = {&labels, a.arena, a.failed, a.err};
        for (size_t i = 0; i < coarse->n && !one.failed; i++) {
            const char *name = fa_arena_strdup(one.arena, coarse->name[i], one.err);
            one.failed = name ? 0 : -1;
            add(&one, name, covered(&one, &data->head[h], coarse->has + i * data->head[h].nclasses));
        }
        const char *head = one.failed ? NULL : fa_arena_strdup(a.arena, data->head[h].name, a.err);
        a.failed = head ? 0 : -1;
        if (coarse->n)
            add(&a, head, map_of(&one));
    }
    parent->failed = a.failed;
    if (map.n)
        add(parent, "coarse", map_of(&a));
}

static int add_temperature(struct adder *a, struct fa_trainer *const *trainer, size_t members)
{
    size_t nheads = trainer[0]->data->nheads;
    struct fa_value value = {.type = FA_ARRAY};
    float *temperature = fa_arena_alloc(a->arena, nheads * sizeof *temperature, a->err);
    if (!temperature || calibrate(trainer, members, temperature, a->err) ||
        fa_value_reals(&value, a->arena, temperature, nheads, a->err))
        return -1;
    add(a, "temperature", value);
    return a->failed;
}

static int fill_header(struct fa_model *model, struct fa_trainer *const *trainer, size_t members, struct fa_err *err)
{
    const struct fa_dataset *data = trainer[0]->data;
    struct adder a = {&model->map, &model->arena, 0, err};
    struct fa_header header, heads = {.kind = FA_LOGIT};
    if (fa_header_copy(&header, &model->arena, &data->header, err) ||
        fa_header_set_heads(&heads, &model->arena, data->head, data->nheads, err))
        return -1;
    const char *arch = fa_arch_print(&model->arch, &model->arena, err);
    if (!arch)
        return -1;
    for (int i = 0; i < MODEL_KEYS; i++)
        if (fa_map_get(&header.map, model_key[i]))
            add(&a, model_key[i], *fa_map_get(&header.map, model_key[i]));
    add(&a, "dim", fa_value_int((int64_t)data->dim));
    add(&a, "arch", fa_value_string(arch));
    add(&a, "heads", *fa_map_get(&heads.map, "heads"));
    add_coarse(&a, data);
    add(&a, "logits", fa_value_int((int64_t)heads.dim[0]));
    if (a.failed || add_temperature(&a, trainer, members))
        return -1;
    add(&a, "members", fa_value_int((int64_t)members));
    add(&a, "rejected", fa_value_int((int64_t)data->rejected));
    add(&a, "unlabelled", fa_value_int((int64_t)data->unlabelled));
    if (fa_map_get(&header.map, "prog"))
        add(&a, "prog", *fa_map_get(&header.map, "prog"));
    return a.failed;
}

static void copy_weights(struct fa_model *model, size_t member, const struct fa_trainer *t)
{
    struct model_array array;
    for (size_t i = 0; model_array(model, member, i, &array); i++) {
        const float *from = array.data == model->member[member].center  ? t->center
                            : array.data == model->member[member].scale ? t->scale
                                                                        : t->best + (array.data - model->member[member].param);
        memcpy(array.data, from, array.rows * array.cols * sizeof *from);
    }
}

struct fa_model *fa_model_make(struct fa_trainer *const *trainer, size_t n, struct fa_err *err)
{
    struct fa_model *model = fa_mem_array(1, sizeof *model, err);
    if (!model)
        return NULL;
    model->arch = trainer[0]->options.arch;
    model->dim = trainer[0]->data->dim;
    int failed = fill_header(model, trainer, n, err) || model_set_up(model, n, SIZE_MAX, err);
    for (size_t i = 0; i < n && !failed; i++) {
        failed = fill_member(&model->member[i].map, &model->arena, trainer[i], err);
        copy_weights(model, i, trainer[i]);
    }
    if (failed) {
        fa_model_free(model);
        return NULL;
    }
    return model;
}
