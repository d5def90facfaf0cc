/* Inside room check only. */
#ifndef FA_CHECK_ROOM_H
#define FA_CHECK_ROOM_H

#include "fa/check.h"

/* Counts the columns of labels and looks for classes at fault. */
int fa_check_count(struct fa_check *check, struct fa_err *err);

/* Looks at the files of all rows. */
int fa_check_files(struct fa_check *check, struct fa_err *err);

/* What is known of the file of a row. */
struct file {
    uint64_t size;
    uint32_t width, height; /* 0 where it is not readable */
    enum fa_fault fault;
    char *note; /* owned */
};

struct files {
    struct fa_check *check;
    struct file *file; /* one a row */
};

/* Finds those with the same bytes among the readable. */
int fa_check_twins(struct files *files, struct fa_err *err);

/* n items of size bytes, worked on by all threads. */
struct batch {
    void *item;
    size_t size, n, next, done;
    int (*each)(void *arg, void *item, struct fa_err *err);
    void *arg;
    const struct fa_check_order *order;
};
int fa_check_each(struct fa_check *check, struct batch *batch, struct fa_err *err);

int fa_check_add(struct fa_check *check, struct fa_finding finding, struct fa_err *err);

const char *fa_check_file(const struct fa_check *check, size_t row); /* its path as given */

/* One row's fault, by its file (column is NULL, note may be) or by a label (likely may be NULL). */
struct problem {
    enum fa_fault fault;
    size_t row;
    const char *column, *label, *likely, *note;
};

/* Files by fault and row, then labels by column and row. */
void fa_check_visit(const struct fa_check *check, void (*see)(void *arg, const struct problem *problem), void *arg);

/* Each pair of columns (the one with more classes first), then all of them if there are more than two. */
int fa_check_cross_all(const struct fa_check *check, void (*see)(void *arg, const struct fa_crossing *crossing), void *arg,
                       struct fa_err *err);

#endif
