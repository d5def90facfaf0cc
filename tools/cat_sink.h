/* Where fa-cat's records go: a stream, or another format. */
#ifndef FA_TOOLS_CAT_SINK_H
#define FA_TOOLS_CAT_SINK_H

#include <stdbool.h>

#include "cli.h"
#include "fa/export.h"

/* As asked for: a stream if format is NULL, its numbers stored as dtype if that is not. */
struct cat_form {
    const struct fa_export_format *format;
    const char *dtype, *output;
    bool pixels;
};

/* All zero: records are dropped (to check a stream). */
struct cat_sink {
    struct cli_output output, table;
    struct fa_writer *writer;
    struct fa_header header; /* as passed on */
    struct fa_arena arena;   /* owns it */
    const struct fa_export_format *format;
    struct fa_export export;
};

/* Each of these ends the process where it fails. header is that of the records to come, all: none of them is left out; what
 * goes out may then promise as many as came in. */
void cat_sink_open(struct cat_sink *sink, const struct cat_form *form, const struct fa_header *header, bool all);
void cat_sink_put(struct cat_sink *sink, struct fa_record *record);
void cat_sink_close(struct cat_sink *sink);

#endif
