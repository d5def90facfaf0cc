#include "fa/text.h"

#include <stdbool.h>
#include <string.h>

int fa_text_read(char *text, size_t size, const char *path, const char *what, struct fa_err *err)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return fa_err_sys(err, "%s", path);
    size_t n = fread(text, 1, size - 1, file);
    int failed = ferror(file) ? fa_err_sys(err, "%s: read", path) : 0;
    if (!failed && (n == size - 1 || memchr(text, 0, n)))
        failed = fa_err_set(err, "%s: no %s (a %s is a text of less than %zu bytes)", path, what, what, size);
    fclose(file);
    text[n] = '\0';
    return failed;
}

static bool begins_character(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

size_t fa_text_characters(const char *text, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += begins_character(text[i]);
    return count;
}

size_t fa_text_put(FILE *file, const char *text, size_t n, size_t width)
{
    size_t shown = 0;
    for (size_t i = 0; i < n; i++) {
        shown += begins_character(text[i]);
        if (shown > width)
            return width;
        putc((unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i], file);
    }
    return shown;
}
