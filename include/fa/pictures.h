/* Which pictures to read: the rows of a CSV, files and folders, or lines of paths; and what to call each in a stream. */
#ifndef FA_PICTURES_H
#define FA_PICTURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "fa/err.h"
#include "fa/mem.h"
#include "fa/table.h"

struct fa_pictures;

struct fa_picture {
    const char *path; /* to open */
    const char *id;   /* in UTF-8, unique in this list; the path as it was given but for what fa_pictures_next() says */
    size_t row;       /* of the table, if the list is one */
    bool doubled;     /* the path as it was given stood in the list before */
};

/* One picture a row, in the table's order: its path is in column, relative to folder. The table must outlive the list.
 * Errors: a row without a path (named by its line). */
struct fa_pictures *fa_pictures_from_table(const struct fa_table *table, size_t column, const char *folder, struct fa_err *err);

/* The n paths in turn; a folder gives the files in it and in the folders below that end in .jpg, .jpeg, .png, .gif, .webp,
 * .tif, .tiff, .heic, .heif or .avif (in either case) and do not begin with a dot, each folder in bytewise order of names.
 * Links to folders are not followed below the operands. Error: a folder that cannot be read. */
struct fa_pictures *fa_pictures_from_paths(const char *const *paths, size_t n, struct fa_err *err);

/* Paths from file, each ended by delimiter; empty ones are left out. Read as the list is, not at once. */
struct fa_pictures *fa_pictures_from_lines(FILE *file, int delimiter, struct fa_err *err);

/* The path that a cell of such a column stands for. */
const char *fa_picture_path(const char *cell, const char *folder, struct fa_arena *arena, struct fa_err *err);

void fa_pictures_free(struct fa_pictures *pictures);

/* How many there are, 0 if that is not known beforehand. */
size_t fa_pictures_count(const struct fa_pictures *pictures);

/* The next picture, with its strings in the arena: 1, or 0 at the end, or -1. In the id, bytes that are not UTF-8 are
 * written %XX, and a path that stands in the list for the n-th time has @n behind it.
 * Errors: a read error or a NUL in a line; out of memory. */
int fa_pictures_next(struct fa_pictures *pictures, struct fa_picture *picture, struct fa_arena *arena, struct fa_err *err);

#endif
