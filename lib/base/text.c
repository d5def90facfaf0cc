#include "fa/text.h"

#include <stdio.h>
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
