/* Small text files, and text for terminals. */
#ifndef FA_TEXT_H
#define FA_TEXT_H

#include <stddef.h>
#include <stdio.h>

#include "fa/err.h"

/* Reads the whole file at path into text[0..size-1], with a NUL behind it. what names in messages what it ought to be ("card").
 * Errors: cannot be read; too long; bytes of 0. */
int fa_text_read(char *text, size_t size, const char *path, const char *what, struct fa_err *err);

/* Characters of UTF-8 in the first n bytes of text. */
size_t fa_text_characters(const char *text, size_t n);

/* Writes the first n bytes of text, but at most width characters; what would move the cursor of a terminal becomes a `?`.
 * Returns how many characters it wrote. */
size_t fa_text_put(FILE *file, const char *text, size_t n, size_t width);

#endif
