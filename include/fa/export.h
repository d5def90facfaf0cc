/* Streams in other formats: JSON, CSV, NumPy's npy; and the choice of records. */
#ifndef FA_EXPORT_H
#define FA_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "fa/err.h"
#include "fa/eval.h"
#include "fa/stream.h"

/* ---- choosing records ---- */

/* A condition `KEY=PATTERN` or `KEY!=PATTERN`, or `KEY<NUMBER`, `KEY<=NUMBER`, `KEY>NUMBER` or `KEY>=NUMBER`. KEY is `id`, else
 * a label, else an entry of about. As a text, which a pattern looks at, what is true or false is `true` or `false`, a number, a
 * list, and what a record does not have are empty. PATTERN is a glob as sh(1) has them, where `*` matches slashes too. What is
 * no number (nor a text that is one) is neither below nor above any. */
struct fa_condition {
    const char *text; /* as parsed; must live as long */
    size_t key_length;
    bool negated;
    char sign;  /* '=', '<' or '>' */
    bool equal; /* <= or >= */
    const char *pattern;
    double bound;
};

/* Error: none of these signs, nothing before it, no number behind one that wants it. */
int fa_condition_parse(struct fa_condition *condition, const char *text, struct fa_err *err);
bool fa_condition_holds(const struct fa_condition *condition, const struct fa_record *record);

/* ---- JSON ---- */

/* Bytes that are not UTF-8 become U+FFFD. */
void fa_json_write_string(FILE *file, const char *text);

/* The shortest decimal that reads back as the same float (if value is one) or double. Numbers that are not finite, which
 * JSON cannot say, become null. */
void fa_json_write_number(FILE *file, double value);

/* indent 0: in one line without blanks; -1: in one line; > 0: an array or map that holds others is broken into lines, the
 * last of them indent blanks deep. */
void fa_json_write_value(FILE *file, const struct fa_value *value, int indent);

/* A header with its provenance as JSON for people to read: kind, and the header's map as it is. */
void fa_export_header(FILE *file, const struct fa_header *header);

/* An evaluation as JSON lines: for everyone and each group, for each head and (head null) all together, an object with its
 * counts, metrics and bins of the reliability diagram; behind the groups of a grouping one with the gaps. */
void fa_export_evaluation(FILE *file, const struct fa_evaluation *evaluation, const struct fa_scores *scores);

/* ---- labels as CSV ---- */

/* A table whose last columns are the labels of records, in the order in which they are met; its rows wait in a temporary
 * file, so that memory stays flat. exact: fa_table_put_exact() in place of fa_table_put(). */
struct fa_label_table;

struct fa_label_table *fa_label_table_new(bool exact, struct fa_err *err);
void fa_label_table_free(struct fa_label_table *table);

/* A row: the n first cells, then the labels. Errors: out of memory; the temporary file. */
int fa_label_table_add(struct fa_label_table *table, const char *const *cell, size_t n, const struct fa_map *labels,
                       struct fa_err *err);

/* Writes the table; names are those of the first columns, with commas between them. Error: I/O. */
int fa_label_table_write(struct fa_label_table *table, FILE *file, const char *names, struct fa_err *err);

/* ---- records in other formats ---- */

struct fa_npy;

/* One stream on its way into another format. Errors of the files are seen in ferror(); they stay open. */
struct fa_export {
    FILE *file;
    FILE *table; /* npy: the CSV beside it */
    const struct fa_header *header;
    bool pixels;        /* JSON has the values of crops too */
    struct fa_npy *npy; /* begin() makes it, fa_export_close() frees it */
};

struct fa_export_format {
    const char *name;
    bool wants_table; /* and a file that can seek: the count of records is written before them at the end */
    /* What stands before the first record. Error: the format does not fit the stream. */
    int (*begin)(struct fa_export *export, struct fa_err *err);
    /* One record, whose arena it may use. Errors: out of memory; I/O. */
    int (*put)(struct fa_export *export, struct fa_record *record, struct fa_err *err);
    /* What stands after the last. */
    int (*end)(struct fa_export *export, struct fa_err *err);
};

/* json: one object a line: id, labels, about; for logits `predicted` (head to class) and `values` (head to class to
 *   probability); for embeddings `values`, the vector; for crops `values` on request, rows of pixels flattened. null for
 *   rejects.
 * csv: file, face, x, y, w, h, score; for logits of each head the columns HEAD (class), HEAD_p (its probability) and `HEAD
 *   CLASS` (probability) of each class; for embeddings v0, v1 ...; reject. A reject has its reason in the last, and in the
 *   cells before it what is known.
 * npy: an array of NumPy (format 1.0), one row a record, `<f4`, or `|u1` for crops; a reject is a row of NaN, of 0 for
 *   crops. The table beside it is a CSV: id, reject, then a column a label, in the order in which labels are met.
 * fairface: as FairFace's predict.py; wants its classes. Its second network's race4 is replaced by sums of race: White,
 *   Latino_Hispanic and Middle Eastern are White, the two Asian classes are Asian.
 * NULL if there is no such format. */
const struct fa_export_format *fa_export_find(const char *name);

/* FairFace's n classes of an attribute, `age`, `gender` or `race`; NULL for another. */
const char *const *fa_fairface_classes(const char *attribute, size_t *n);

/* Frees what begin() made. */
void fa_export_close(struct fa_export *export);

#endif
