/* Small text files. */
#ifndef FA_TEXT_H
#define FA_TEXT_H

#include <stddef.h>

#include "fa/err.h"

/* Reads the whole file at path into text[0..size-1], with a NUL behind it. what names in messages what it ought to be ("card").
 * Errors: cannot be read; too long; bytes of 0. */
int fa_text_read(char *text, size_t size, const char *path, const char *what, struct fa_err *err);

#endif
