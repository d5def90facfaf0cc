#include <string.h>

#include "train.h"

/* Fills in what is held out; returns the inputs to read: path[*n], or standard input for none, and the stream held out. */
static const char *const *set_split(const struct train_source *source, struct fa_dataset_options *want,
                                    const char *const *path, size_t *n, struct fa_arena *arena)
{
    const char *split = source->split_by, *held = source->validation, *equals = split ? strchr(split, '=') : NULL;
    if (split && held)
        cli_usage("--split-by and --validation exclude each other");
    if (source->folds == 1)
        cli_usage("--folds: want at least 2");
    if (source->folds && (held || split))
        cli_usage("--folds and --%s exclude each other", split ? "split-by" : "validation");
    if (split && (!equals || equals == split))
        cli_usage("--split-by: '%s' is not LABEL=VALUE", split);
    if (split && !(want->split_by = fa_arena_strndup(arena, split, (size_t)(equals - split), NULL)))
        cli_fail_text("out of memory");
    want->split_value = split ? equals + 1 : NULL;
    if (!held)
        return path;
    const char **all = fa_arena_alloc(arena, (*n + 2) * sizeof *all, NULL);
    if (!all)
        cli_fail_text("out of memory");
    all[0] = "-";
    for (size_t i = 0; i < *n; i++)
        all[i] = path[i];
    want->held_from = *n ? *n : 1;
    *n = want->held_from + 1;
    all[want->held_from] = held;
    return all;
}

struct fa_dataset *train_read(const struct train_source *source, const char *const *path, size_t n)
{
    struct fa_err err;
    struct fa_arena arena = {0};
    size_t nlabels;
    const char **label = cli_split("--labels", source->labels, ',', &nlabels, &arena);
    struct fa_dataset_options want = {label, nlabels, .group_by = source->group_by, .passengers = source->folds > 0};
    path = set_split(source, &want, path, &n, &arena);
    struct fa_reader *reader = fa_reader_open(path, n, FA_EMBEDDING, FA_READER_UNIQUE | FA_READER_MAP, &err);
    if (!reader)
        cli_fail(&err);
    struct fa_dataset *data = fa_dataset_read_with(reader, &want, &err);
    if (!data)
        cli_fail(&err);
    fa_reader_close(reader);
    fa_arena_free(&arena);
    cli_add_prog(&data->header, &data->arena);
    return data;
}
