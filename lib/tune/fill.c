#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fa/tune.h"

/* A piece of text on its way into file. */
struct filling {
    const struct fa_space *space;
    const char *const *value;
    FILE *file;
    struct fa_err *err;
};

static int put_value(struct filling *f, const char *name, size_t length, bool *missing)
{
    for (size_t i = 0; i < f->space->n; i++) {
        if (strlen(f->space->param[i].name) != length || memcmp(f->space->param[i].name, name, length) != 0)
            continue;
        *missing = *missing || !f->value[i];
        fputs(f->value[i] ? f->value[i] : "", f->file);
        return 0;
    }
    return fa_err_set(f->err, "{%.*s}: no such parameter", (int)length, name);
}

/* n bytes without brackets; *missing becomes true if a parameter has no value. */
static int put_piece(struct filling *f, const char *text, size_t n, bool *missing)
{
    for (const char *end = text + n; text < end;) {
        const char *close = *text == '{' ? memchr(text, '}', (size_t)(end - text)) : NULL;
        if (*text == '}' || (*text == '{' && !close))
            return fa_err_set(f->err, "a %c without the other", *text);
        if (!close) {
            fputc(*text++, f->file);
            continue;
        }
        if (put_value(f, text + 1, (size_t)(close - text - 1), missing))
            return -1;
        text = close + 1;
    }
    return 0;
}

static int put_optional(struct filling *f, const char *text, size_t n)
{
    bool missing = false;
    long begin = ftell(f->file);
    if (memchr(text, '[', n))
        return fa_err_set(f->err, "a [ within another");
    if (put_piece(f, text, n, &missing))
        return -1;
    return missing && fseek(f->file, begin, SEEK_SET) ? fa_err_sys(f->err, "seek") : 0;
}

static int put_all(struct filling *f, const char *text)
{
    bool missing = false;
    while (*text) {
        size_t n = strcspn(text, "[]");
        if (put_piece(f, text, n, &missing))
            return -1;
        if (missing)
            return fa_err_set(f->err, "'%.*s' holds a parameter without a value, want it in [ ]", (int)n, text);
        text += n;
        if (!*text)
            return 0;
        const char *close = *text == '[' ? strchr(text, ']') : NULL;
        if (!close)
            return fa_err_set(f->err, "a %c without the other", *text);
        if (put_optional(f, text + 1, (size_t)(close - text - 1)))
            return -1;
        text = close + 1;
    }
    return 0;
}

const char *fa_space_fill(const struct fa_space *space, const char *const *value, const char *text, struct fa_arena *arena,
                          struct fa_err *err)
{
    char *filled = NULL;
    size_t size = 0;
    struct filling f = {space, value, open_memstream(&filled, &size), err};
    if (!f.file) {
        fa_err_sys(err, "open_memstream");
        return NULL;
    }
    int failed = put_all(&f, text);
    long end = ftell(f.file);
    if (fclose(f.file) && !failed)
        failed = fa_err_memory(err, size);
    const char *copy = failed ? NULL : fa_arena_strndup(arena, filled, (size_t)end, err);
    free(filled);
    return copy;
}
