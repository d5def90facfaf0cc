/* Between the files of fa-report. */
#ifndef FA_TOOLS_REPORT_H
#define FA_TOOLS_REPORT_H

#include "cli.h"
#include "fa/report.h"

/* What is read, and how; NULL: not there. */
struct report_source {
    const char *title, *crops, *model, *history, *trials, *epochs, *by, *ordered;
    struct cli_list merge;
    long faces, side, seed, replicates;
};

/* A report and what belongs to it. */
struct report_run {
    struct fa_report report;
    struct fa_header header; /* of the logits, this run in its provenance */
    struct fa_arena arena;   /* of that */
    struct fa_reader *reader;
    struct fa_merge *merge;
    struct fa_evaluation evaluation;
    struct fa_scores scores;
    struct fa_shortlist *worst, *random; /* one a head */
    struct fa_thumbnails *thumbnails;
    struct fa_table *history, *trials, *epochs;
    char *architecture;
};

/* Reads everything; small alone is left to the caller. Ends the process where it fails. */
void report_read(struct report_run *run, const struct report_source *source, const char *const *path, size_t n);
void report_free(struct report_run *run);

#endif
