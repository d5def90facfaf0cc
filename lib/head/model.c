#include "model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const model_key[MODEL_KEYS] = {"card", "digest", "features", "template"};

/* ---- layout ---- */

static int set_heads(struct fa_model *model, struct fa_err *err)
{
    struct fa_header as_stream = {.kind = FA_LOGIT, .rank = 1, .map = model->map}, copy; /* heads stand as in a logit stream */
    as_stream.dim[0] = (size_t)fa_map_number(&model->map, "logits", 0);
    if (fa_header_copy(&copy, &model->arena, &as_stream, err))
        return -1;
    model->map = copy.map;
    model->head = copy.head;
    model->nheads = copy.nheads;
    model->nlogits = copy.dim[0];
    return 0;
}

static int set_temperature(struct fa_model *model, struct fa_err *err)
{
    const struct fa_value *value = fa_map_get(&model->map, "temperature");
    float *temperature = fa_arena_alloc(&model->arena, model->nheads * sizeof *temperature, err);
    if (!temperature)
        return -1;
    if (!value || value->type != FA_ARRAY || value->array.n != model->nheads)
        return fa_err_set(err, "malformed header (want a temperature for each head)");
    for (size_t h = 0; h < model->nheads; h++) {
        const struct fa_value *item = &value->array.item[h];
        double number = item->type == FA_REAL ? item->real : item->type == FA_INT ? (double)item->integer : 0;
        if (!(number > 1e-6 && number < 1e6))
            return fa_err_set(err, "malformed header (temperature of head %s)", model->head[h].name);
        temperature[h] = (float)number;
    }
    model->temperature = temperature;
    return 0;
}

static size_t member_floats(const struct fa_model *model)
{
    return model->mlp->floats + (model->arch.input == FA_INPUT_STANDARDIZE ? 2 * ((model->dim + 15) / 16 * 16) : 0);
}

int model_set_up(struct fa_model *model, size_t n, size_t most, struct fa_err *err)
{
    struct fa_member *member = fa_arena_alloc(&model->arena, n * sizeof *member, err);
    model->mlp = fa_arena_alloc(&model->arena, sizeof *model->mlp, err);
    if (!member || !model->mlp || set_heads(model, err) || set_temperature(model, err))
        return -1;
    mlp_plan(model->mlp, &model->arch, model->dim, model->head, model->nheads);
    if (n * member_floats(model) > most)
        return fa_err_set(err, "cut short or malformed (%zu bytes do not hold the weights of '%s' on %zu numbers)", most,
                          fa_map_string(&model->map, "arch", ""), model->dim);
    model->memory = fa_mem_aligned(n * member_floats(model), sizeof *model->memory, err);
    if (!model->memory)
        return -1;
    for (size_t i = 0; i < n; i++) {
        member[i].param = model->memory + i * member_floats(model);
        if (model->arch.input == FA_INPUT_STANDARDIZE) {
            member[i].center = member[i].param + model->mlp->floats;
            member[i].scale = member[i].center + (model->dim + 15) / 16 * 16;
        }
    }
    model->member = member;
    model->nmembers = n;
    return 0;
}

bool model_array(const struct fa_model *model, size_t member, size_t i, struct model_array *array)
{
    const struct fa_member *m = &model->member[member];
    float *param = model->memory + member * member_floats(model);
    if (m->center && i < 2) {
        const float *data = i ? m->scale : m->center;
        *array = (struct model_array){i ? "input/scale" : "input/center", false, 1, model->dim, param + (data - m->param)};
        return true;
    }
    i -= m->center ? 2 : 0;
    if (i >= model->mlp->ntensors)
        return false;
    const struct mlp_tensor *tensor = &model->mlp->tensor[i];
    *array = (struct model_array){tensor->name, tensor->matrix, tensor->rows, tensor->cols, param + tensor->offset};
    return true;
}

void fa_model_free(struct fa_model *model)
{
    if (!model)
        return;
    free(model->memory);
    fa_arena_free(&model->arena);
    free(model);
}

/* ---- use ---- */

void fa_model_uncalibrate(struct fa_model *model)
{
    for (size_t h = 0; h < model->nheads; h++)
        model->temperature[h] = 1;
}

const char *model_describe_value(const struct fa_value *value, struct fa_arena *arena)
{
    const char *text = "";
    if (!value)
        return "none";
    switch (value->type) {
    case FA_STRING:
        return value->string;
    case FA_INT:
        return fa_arena_printf(arena, NULL, "%lld", (long long)value->integer);
    case FA_REAL:
        return fa_arena_printf(arena, NULL, "%.9g", value->real);
    case FA_ARRAY:
        for (size_t i = 0; text && i < value->array.n; i++)
            text = fa_arena_printf(arena, NULL, "%s%s%s", text, i ? ", " : "",
                                   model_describe_value(&value->array.item[i], arena));
        return text ? text : "...";
    case FA_MAP:
        for (size_t i = 0; text && i < value->map.n; i++)
            text = fa_arena_printf(arena, NULL, "%s%s%s %s", text, i ? " " : "", value->map.pair[i].key,
                                   model_describe_value(&value->map.pair[i].value, arena));
        return text ? text : "...";
    case FA_NIL:
    case FA_BOOL:
        break;
    }
    return value->type == FA_NIL ? "none" : value->boolean ? "true" : "false";
}

int fa_model_fits(const struct fa_model *model, const struct fa_header *header, struct fa_err *err)
{
    static const char *const what[MODEL_KEYS] = {"card", "weights digest", "features", "crop template"};
    struct fa_arena arena = {0};
    int failed = 0;
    for (int i = 0; i < MODEL_KEYS && !failed; i++) {
        const char *want = model_describe_value(fa_map_get(&model->map, model_key[i]), &arena);
        const char *have = model_describe_value(fa_map_get(&header->map, model_key[i]), &arena);
        if (!want || !have)
            failed = fa_err_memory(err, 1);
        else if (strcmp(want, have) != 0)
            failed = fa_err_set(err, "embeddings of %s %s, model learned from %s %s", what[i], have, what[i], want);
    }
    size_t dim = fa_header_elements(header);
    if (!failed && dim != model->dim)
        failed = fa_err_set(err, "embeddings of dimension %zu, model learned from dimension %zu", dim, model->dim);
    fa_arena_free(&arena);
    return failed;
}
