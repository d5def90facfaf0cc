#include <string.h>

#include "model.h"

static const char *const activation[] = {"", " relu", " sigmoid", " tanh", " gelu", " leaky_relu"};

static void print_step(const struct mlp_step *step, const struct fa_mlp *mlp, FILE *file)
{
    char what[64];
    size_t floats = 0;
    for (size_t i = 0; i < step->ntensors; i++)
        floats += mlp->tensor[step->tensor + i].rows * mlp->tensor[step->tensor + i].cols;
    if (step->layer.kind == FA_DROPOUT)
        snprintf(what, sizeof what, "%s (%g)", step->name, (double)step->layer.rate);
    else
        snprintf(what, sizeof what, "%s%s", step->name, activation[step->layer.activation]);
    fprintf(file, "%-28s %10zu %12zu\n", what, step->out, floats);
}

static void print_layers(const struct fa_model *model, FILE *file)
{
    static const char *const input[] = {"input", "input (standardized)", "input (l2)"};
    const struct fa_mlp *mlp = model->mlp;
    size_t trained = 0, fixed = model->arch.input == FA_INPUT_STANDARDIZE ? 2 * model->dim : 0;
    for (size_t i = 0; i < mlp->ntensors; i++)
        *(mlp->tensor[i].trained ? &trained : &fixed) += mlp->tensor[i].rows * mlp->tensor[i].cols;
    fprintf(file, "%-28s %10s %12s\n", "layer", "output", "parameters");
    fprintf(file, "%-28s %10zu %12zu\n", input[model->arch.input], model->dim,
            model->arch.input == FA_INPUT_STANDARDIZE ? 2 * model->dim : 0);
    for (size_t i = 0; i < mlp->nsteps; i++)
        print_step(&mlp->step[i], mlp, file);
    fprintf(file, "%-28s %10s %12zu (%zu trained, %zu measured)\n\n", "total", "", trained + fixed, trained, fixed);
}

static void print_heads(const struct fa_model *model, FILE *file)
{
    for (size_t h = 0; h < model->nheads; h++) {
        const struct fa_head *head = &model->head[h];
        fprintf(file, "%s (%zu):", head->name, head->nclasses);
        for (size_t i = 0; i < head->nclasses; i++)
            fprintf(file, "%s %s", i ? "," : "", head->class[i]);
        if (model->temperature[h] < 1 || model->temperature[h] > 1)
            fprintf(file, "; temperature %.4g", (double)model->temperature[h]);
        fputc('\n', file);
    }
    fputc('\n', file);
}

static double best_of(const struct fa_map *history, const char *key, size_t best)
{
    const struct fa_value *series = fa_map_get(history, key);
    if (!series || series->type != FA_ARRAY || best < 1 || best > series->array.n)
        return -1;
    const struct fa_value *value = &series->array.item[best - 1];
    return value->type == FA_REAL ? value->real : value->type == FA_INT ? (double)value->integer : -1;
}

static void print_member(const struct fa_model *model, size_t m, FILE *file)
{
    const struct fa_map *map = &model->member[m].map;
    const struct fa_value *history = fa_map_get(map, "history");
    double best = fa_map_number(map, "best_epoch", 0);
    fprintf(file, "member %zu: seed %.0f, %.0f faces, %.0f held out, %s %g, batch %.0f, epoch %.0f of %.0f\n", m + 1,
            fa_map_number(map, "seed", 0), fa_map_number(map, "rows", 0), fa_map_number(map, "validation_rows", 0),
            fa_map_string(map, "optimizer", "?"), fa_map_number(map, "rate", 0), fa_map_number(map, "batch", 0), best,
            fa_map_number(map, "epochs", 0));
    for (size_t h = 0; h < model->nheads && history && history->type == FA_MAP; h++) {
        const struct fa_value *one = fa_map_get(&history->map, model->head[h].name);
        double accuracy = one && one->type == FA_MAP ? best_of(&one->map, "val_accuracy", (size_t)best) : -1;
        if (accuracy >= 0)
            fprintf(file, "  %s: validation loss %.3f, accuracy %.1f %%\n", model->head[h].name,
                    best_of(&one->map, "val_loss", (size_t)best), 100 * accuracy);
    }
}

void fa_model_describe(const struct fa_model *model, FILE *file)
{
    fprintf(file, "head model, %zu member%s, for %s (weights %s)\n", model->nmembers, model->nmembers == 1 ? "" : "s",
            fa_map_string(&model->map, "card", "embeddings of no card"), fa_map_string(&model->map, "digest", "not stated"));
    fprintf(file, "%s\n\n", fa_map_string(&model->map, "arch", ""));
    print_layers(model, file);
    print_heads(model, file);
    for (size_t m = 0; m < model->nmembers; m++)
        print_member(model, m, file);
}
