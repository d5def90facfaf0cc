#include <string.h>

#include "train.h"

const char *const *train_split(const char *split_by, const char *held, struct fa_dataset_options *want,
                               const char *const *path, size_t *n, struct fa_arena *arena)
{
    const char *equals = split_by ? strchr(split_by, '=') : NULL;
    if (split_by && held)
        cli_usage("--split-by and --validation exclude each other");
    if (split_by && (!equals || equals == split_by))
        cli_usage("--split-by: '%s' is not LABEL=VALUE", split_by);
    if (split_by && !(want->split_by = fa_arena_strndup(arena, split_by, (size_t)(equals - split_by), NULL)))
        cli_fail_text("out of memory");
    want->split_value = split_by ? equals + 1 : NULL;
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
