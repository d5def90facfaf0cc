/* Errors. Every fallible function of libfa returns 0 or -1 (a pointer or NULL) and takes a struct fa_err * last. Whoever
 * detects an error writes its message, cause last, lower case, without a full stop; callers pass it on untouched. */
#ifndef FA_ERR_H
#define FA_ERR_H

#include <stddef.h>

struct fa_err {
    char text[1024];
};

/* Writes the message and returns -1, so that `return fa_err_set(err, ...)` reads as one step. err may be NULL. */
int fa_err_set(struct fa_err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As fa_err_set(), with ": " and strerror(errno) behind it. */
int fa_err_sys(struct fa_err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "out of memory (want N bytes)"; returns -1. */
int fa_err_memory(struct fa_err *err, size_t bytes);

#endif
