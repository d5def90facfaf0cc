/* Labelled pictures looked through before any of them is decoded: what there is of each class, and what is wrong. */
#ifndef FA_CHECK_H
#define FA_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "fa/err.h"
#include "fa/image.h"
#include "fa/mem.h"
#include "fa/table.h"

/* ---- labels ---- */

enum { FA_LABEL_MAX = 16 }; /* of a restored label, with its NUL */

/* Whether text is what a spreadsheet makes of a label of two numbers, such as `3-9`, that it took for a date, and which label
 * that was: 9-Mar, Mar-09, 9. März, 10/19/2026, 19.10.2026, 2026-10-19 (each also with a time behind it), 3/9, or the number
 * of days since the end of 1899 for the years 2000 to 2049. Names of months are those of English, German, French, Spanish,
 * Italian, Portuguese and Dutch. Of the labels that the date may come from one in known is taken, else the one whose first
 * number is smaller; with strict only one in known. */
bool fa_label_restore(const char *text, const struct fa_vocabulary *known, bool strict, char label[FA_LABEL_MAX]);

/* What spellings of one label have in common: lower case without blanks, `_` and quotes, with `-` for every dash. Letters
 * beyond ASCII stay as they are. NULL where memory is out; free with free(). */
char *fa_label_fold(const char *label, struct fa_err *err);

/* ---- the check ---- */

/* The classes that a column may have. */
struct fa_known {
    const char *column;
    const char *const *class;
    size_t n;
};

struct fa_check_order {
    const struct fa_table *table; /* must outlive the check */
    const char *name;             /* of the table, for people */
    size_t column;                /* of the paths, relative to folder */
    const char *folder;
    const char *const *label; /* columns to count; NULL: all that have at most FA_CHECK_CLASSES classes */
    size_t nlabels;
    const struct fa_known *known;
    size_t nknown;
    struct fa_decoder *decoder;
    uint64_t max_pixels; /* as fa_image_decode() has it */
    size_t tiny;         /* pictures whose shorter side is less are tiny */
    unsigned threads;
    void (*progress)(void *arg, size_t done, size_t of); /* NULL: none */
    void *arg;
};

enum { FA_CHECK_CLASSES = 32 };

/* What may be wrong with a class, or with the file of a row. */
enum fa_fault {
    FA_FINE,
    FA_NO_PATH,
    FA_MISSING,       /* no such file */
    FA_UNREADABLE,    /* by its header */
    FA_TINY,
    FA_DUPLICATE,     /* byte for byte the file of an earlier row */
    FA_CONTRADICTION, /* and with another label */
    FA_SPREADSHEET,   /* a label that became a date */
    FA_SPELLING,      /* a label that differs from another in case, blanks or dashes only */
    FA_UNKNOWN,       /* a label that is none of the column's classes */
    FA_FAULTS
};

/* `missing`, `duplicate` and so on. */
const char *fa_fault_name(enum fa_fault fault);

/* A column of labels. */
struct fa_census {
    const char *name;
    size_t column;
    struct fa_vocabulary class; /* in natural order: what stands in the column, and the known classes */
    uint64_t *count;            /* one a class */
    enum fa_fault *fault;       /* of each class */
    const char **likely;        /* what a class at fault ought to be; NULL if that is not known */
    uint32_t *code;             /* one a row: its class, FA_NO_LABEL where the cell is empty */
    uint64_t unlabelled;
};
#define FA_NO_LABEL UINT32_MAX

/* Something wrong with the file of a row. */
struct fa_finding {
    enum fa_fault fault;
    size_t row;
    const char *note; /* why, or of which row; NULL where the fault says all */
};

struct fa_check {
    struct fa_check_order order;
    struct fa_census *census;
    size_t ncensus;
    const char **passed_over; /* columns that have too many classes */
    size_t npassed_over;
    struct fa_finding *finding; /* by fault, then by row */
    size_t nfindings, capacity;
    size_t readable;
    uint32_t width[3], height[3]; /* least, median and most of the readable pictures */
    struct fa_arena arena;
};

/* Reads every file's size and header, and all bytes of those that are as long as another. Findings and counts do not depend
 * on the number of threads. Takes about 40 bytes a row, and 4 for each column counted.
 * Errors: a column that is not there or stands twice; out of memory. */
struct fa_check *fa_check_run(const struct fa_check_order *order, struct fa_err *err);
void fa_check_free(struct fa_check *check);

/* Rows at fault; mended: without those that fa_check_mend() sets right. */
size_t fa_check_faults(const struct fa_check *check, enum fa_fault fault);
size_t fa_check_total(const struct fa_check *check, bool mended);

/* Rows of each combination of classes of n columns that occurs, in order of the first, the second, ...; rows without one of
 * the labels do not count. */
struct fa_crossing {
    const struct fa_census **census; /* n */
    size_t n, ncells;
    uint64_t *cell; /* ncells, ascending: ((class of the first) * classes of the second + class of the second) ... */
    uint64_t *count;
    uint64_t possible; /* combinations; 0: more than 2^63, then nothing was counted */
};
int fa_check_cross(struct fa_crossing *crossing, const struct fa_check *check, const struct fa_census *const *census,
                   size_t n, struct fa_err *err);
void fa_crossing_free(struct fa_crossing *crossing);

/* The class of column i of a cell. */
const char *fa_crossing_class(const struct fa_crossing *crossing, size_t cell, size_t i);

/* For people; of each fault the first few rows, or all. Errors: out of memory. Those of the file are seen in ferror(). */
int fa_check_write_text(FILE *file, const struct fa_check *check, bool all, struct fa_err *err);

/* A CSV with the columns what,line,file,label,likely,count,note. A label stands behind its column's name (`age 3-9`), so that
 * no spreadsheet takes it for a date. */
int fa_check_write_csv(FILE *file, const struct fa_check *check, struct fa_err *err);

/* One JSON object. */
int fa_check_write_json(FILE *file, const struct fa_check *check, struct fa_err *err);

/* The table as CSV with the likely label in place of each FA_SPREADSHEET and FA_SPELLING; all else as it was. */
void fa_check_mend(FILE *file, const struct fa_check *check);

#endif
