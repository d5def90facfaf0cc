#include <string.h>

#include "cli.h"

const char **cli_split(const char *option, const char *list, char mark, size_t *n, struct fa_arena *arena)
{
    const char **name = fa_arena_alloc(arena, ((list ? strlen(list) : 0) / 2 + 1) * sizeof *name, NULL), marks[] = {mark, '\0'};
    *n = 0;
    for (const char *at = list; at; at += *at == mark) {
        size_t length = strcspn(at, marks);
        if (!length)
            cli_usage("%s: '%s' has an empty name", option, list);
        if (!name || !(name[(*n)++] = fa_arena_strndup(arena, at, length, NULL)))
            cli_fail_text("out of memory");
        at += length;
        if (!*at)
            break;
    }
    return name;
}
