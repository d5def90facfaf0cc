#include "fa/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void write_text(struct fa_err *err, const char *format, va_list args)
{
    if (err)
        vsnprintf(err->text, sizeof err->text, format, args);
}

int fa_err_set(struct fa_err *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_text(err, format, args);
    va_end(args);
    return -1;
}

int fa_err_sys(struct fa_err *err, const char *format, ...)
{
    int cause = errno;
    va_list args;
    va_start(args, format);
    write_text(err, format, args);
    va_end(args);
    if (err) {
        size_t used = strlen(err->text);
        snprintf(err->text + used, sizeof err->text - used, ": %s", strerror(cause));
    }
    return -1;
}

int fa_err_memory(struct fa_err *err, size_t bytes)
{
    return fa_err_set(err, "out of memory (want %zu bytes)", bytes);
}
