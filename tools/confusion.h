/* fa-confusion's tables: what there is to write, and writing it. */
#ifndef FA_TOOLS_CONFUSION_H
#define FA_TOOLS_CONFUSION_H

#include <stdbool.h>

#include "cli.h"
#include "fa/eval.h"

/* What is read, and how. */
struct confusion_source {
    const char *head; /* NULL: all */
    bool files;       /* heads' names become those of files */
    bool add;         /* of files of counts */
    struct cli_list merge;
    const char *by, *ordered, *compare; /* NULL: none */
    long worst;
};

/* All that tables are made of. */
struct confusion {
    struct fa_merge *merge;
    struct fa_evaluation evaluation;
    struct fa_bootstrap *bootstrap;
    struct fa_scores scores;
    size_t head;                /* the one of a table that has only one */
    struct fa_shortlist *worst; /* one a head; NULL: not asked for, as those below */
    struct fa_compare *compare;
    char *changed; /* table of the answers that differ, nchanged bytes */
    size_t nchanged;
    struct fa_sheet sheet; /* how CSV is written */
    enum fa_rates rates;
    uint64_t small;
    uint64_t count, rejected; /* records read */
};

/* Fills all that comes from what is read; sheet and bootstrap are there already. Ends the process where it fails. */
void confusion_read(struct confusion *confusion, const struct confusion_source *source, const char *const *path, size_t n);
void confusion_free(struct confusion *confusion);

struct confusion_table {
    const char *name;   /* as -F has it */
    const char *file;   /* in a folder; NULL: not there */
    const char *option; /* without which there is none; NULL: always */
    void (*write)(struct confusion *confusion, FILE *file);
};

/* NULL if there is none of that name. */
const struct confusion_table *confusion_table(const char *name);

/* Whether what it is made of was asked for. */
bool confusion_has(const struct confusion *confusion, const struct confusion_table *table);

/* Into the output at path, or standard output; and every table that there is into a folder. These end the process where they
 * fail. */
void confusion_print(struct confusion *confusion, const struct confusion_table *table, const char *path);
void confusion_write_folder(struct confusion *confusion, const char *folder);

#endif
