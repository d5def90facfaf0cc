#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "embed.h"

void embed_check_crops(const struct fa_header *crops, const struct fa_card *card)
{
    const char *template = fa_map_string(&crops->map, "template", "unknown"), *order = fa_map_string(&crops->map, "order", "rgb");
    const char *other = fa_map_string(&crops->map, "card", NULL);
    if (strcmp(order, "rgb") != 0 || crops->dim[2] != 3)
        cli_fail_text("crops of pixel order %s and %zu channels, want rgb", order, crops->dim[2]);
    if (strcmp(template, card->crop) != 0 || crops->dim[0] != card->height || crops->dim[1] != card->width)
        cli_fail_text("crops cut by template %s to %zux%zu%s%s, but %s wants %s and %zux%zu (fa-align -m %s)", template, crops->dim[1],
                      crops->dim[0], other ? " for " : "", other ? other : "", card->name, card->crop, card->width, card->height,
                      card->name);
}

static int list_features(struct fa_header *header, struct fa_arena *arena, const struct fa_card *card,
                         const struct fa_embedder *embedder, struct fa_err *err)
{
    static const char *const pool[] = {"none", "l2", "mean", "log"};
    struct fa_value *item = fa_arena_alloc(arena, card->nfeatures * sizeof *item, err);
    if (!item)
        return -1;
    for (size_t f = 0; f < card->nfeatures; f++) {
        const struct fa_card_feature *feature = &card->feature[f];
        struct fa_map *map = &item[f].map;
        item[f].type = FA_MAP;
        if (fa_map_set(map, arena, "value", fa_value_string(feature->value ? feature->value : "output"), err) ||
            fa_map_set(map, arena, "pool", fa_value_string(pool[feature->pool]), err) ||
            fa_map_set(map, arena, "scale", fa_value_real((double)feature->scale), err) ||
            fa_map_set(map, arena, "length", fa_value_int((int64_t)fa_embedder_feature(embedder, f)), err))
            return -1;
    }
    struct fa_value features = {.type = FA_ARRAY, .array = {item, card->nfeatures}};
    return fa_map_set(&header->map, arena, "features", features, err);
}

/* A network that tells attributes makes logits. */
static int set_heads(struct fa_header *header, struct fa_arena *arena, const struct fa_card *card, const char *digest,
                     struct fa_err *err)
{
    struct fa_head *head = fa_arena_alloc(arena, card->nheads * sizeof *head, err);
    if (!head)
        return -1;
    for (size_t h = 0; h < card->nheads; h++)
        head[h] = (struct fa_head){.name = card->head[h].name, .class = card->head[h].class, .nclasses = card->head[h].nclasses};
    header->kind = FA_LOGIT;
    return fa_map_set(&header->map, arena, "model", fa_value_string(digest), err) ||
                   fa_header_set_heads(header, arena, head, card->nheads, err)
               ? -1
               : 0;
}

void embed_make_header(struct fa_header *header, struct fa_arena *arena, const struct fa_header *crops, const struct fa_card *card,
                        const struct fa_embedder *embedder)
{
    struct fa_err err;
    char *digest = fa_arena_printf(arena, &err, "%016llx", (unsigned long long)fa_embedder_digest(embedder));
    if (!digest || fa_header_copy(header, arena, crops, &err))
        cli_fail(&err);
    header->kind = FA_EMBEDDING;
    header->dtype = FA_F32;
    header->rank = 1;
    header->dim[0] = fa_embedder_length(embedder);
    if (fa_map_set(&header->map, arena, "card", fa_value_string(card->name), &err) ||
        fa_map_set(&header->map, arena, "digest", fa_value_string(digest), &err) ||
        list_features(header, arena, card, embedder, &err) ||
        (card->nheads && set_heads(header, arena, card, digest, &err)))
        cli_fail(&err);
    cli_add_prog(header, arena);
}

void embed_print_files(const struct fa_card *card, const char *model, const char *weights)
{
    char *path = cli_card_path(model);
    if (path)
        puts(path);
    free(path);
    for (size_t i = 0; i < card->nweights; i++) {
        path = cli_weights(card, i, i == 0 ? weights : NULL);
        puts(path);
        free(path);
    }
    struct cli_output output = cli_output_open(NULL, false);
    cli_output_close(&output);
}
