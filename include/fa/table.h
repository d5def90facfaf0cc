/* CSV with named columns, and the order of class names. The only room that knows libcsv. */
#ifndef FA_TABLE_H
#define FA_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "fa/err.h"

/* ---- reading ---- */

struct fa_table;

/* Reads a whole CSV whose first row names the columns; path "-" is standard input. The delimiter (comma, semicolon, tab)
 * is taken from the header row, a UTF-8 byte order mark removed, blanks kept, rows of nothing but empty cells left out.
 * Errors, each with path and line: cannot open; no header; a name that stands twice; a row with more or fewer cells than
 * the header; a stray or unclosed quote; a NUL byte. */
struct fa_table *fa_table_read(const char *path, struct fa_err *err);
void fa_table_free(struct fa_table *table);

size_t fa_table_rows(const struct fa_table *table);
size_t fa_table_columns(const struct fa_table *table);
const char *fa_table_name(const struct fa_table *table, size_t column);
const char *fa_table_cell(const struct fa_table *table, size_t row, size_t column); /* "" where empty */
size_t fa_table_line(const struct fa_table *table, size_t row);                     /* in the file, from 1 */

/* The column of that name. Error: there is none (the message lists those there are). */
int fa_table_find(const struct fa_table *table, const char *name, size_t *column, struct fa_err *err);

/* ---- writing (RFC 4180, lines end in CR LF only inside quoted cells as given; rows end in LF) ---- */

/* A text cell: quoted where needed; one that begins with = + - @ tab or CR, which a spreadsheet would run as a formula,
 * gets an apostrophe before it. Cells are parted by commas, but one with another delimiter in it is quoted too, for readers
 * that guess. Numbers are written with fprintf(), not through this. */
void fa_table_put(FILE *file, const char *text);

/* The same without the apostrophe: for files that fa_table_read() is to read again as they were. */
void fa_table_put_exact(FILE *file, const char *text);

/* One text cell: first, joint and second in a row. */
void fa_table_put_joined(FILE *file, const char *first, const char *joint, const char *second);

/* ---- class names ---- */

/* Natural order, as strcmp(): labels that begin with a number come by that number (`0-2` before `3-9` before `10-19`),
 * `more than N` after every label that begins with a number up to N, all others bytewise after those. A total order. */
int fa_label_compare(const char *a, const char *b);

/* A set of strings that becomes a list of classes. All zero is empty. */
struct fa_vocabulary {
    const char **name; /* n names, owned, in the order added, or sorted once fa_vocabulary_sort() has run */
    size_t n, capacity;
    size_t *slot, nslots; /* hash table of index + 1 */
};

int fa_vocabulary_add(struct fa_vocabulary *vocabulary, const char *name, struct fa_err *err); /* no-op if it is there */
void fa_vocabulary_sort(struct fa_vocabulary *vocabulary);                                  /* by fa_label_compare() */
bool fa_vocabulary_find(const struct fa_vocabulary *vocabulary, const char *name, size_t *index);
void fa_vocabulary_free(struct fa_vocabulary *vocabulary);

#endif
