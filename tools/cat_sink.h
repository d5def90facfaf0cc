/* Where fa-cat's records go: a stream, another format, or pictures. */
#ifndef FA_TOOLS_CAT_SINK_H
#define FA_TOOLS_CAT_SINK_H

#include <stdbool.h>

#include "cli.h"
#include "fa/export.h"

/* As asked for: a stream if format is NULL, its numbers stored as dtype if that is not. */
struct cat_form {
    const struct fa_export_format *format;
    const char *dtype, *output;
    const char *folder;      /* for crops as pictures; or NULL */
    const char *sheet, *by; /* for a sheet of crops; or NULL */
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
    struct cat_pictures *pictures;
    struct cat_sheet *sheet;
};

/* Each of these ends the process where it fails. header is that of the records to come, all: none of them is left out; what
 * goes out may then promise as many as came in. */
void cat_sink_open(struct cat_sink *sink, const struct cat_form *form, const struct fa_header *header, bool all);
void cat_sink_put(struct cat_sink *sink, struct fa_record *record);
void cat_sink_close(struct cat_sink *sink);

/* Crops as pictures in a folder, labels.csv beside them. */
struct cat_pictures;

struct cat_pictures *cat_pictures_open(const char *folder, const struct fa_header *header);
void cat_pictures_put(struct cat_pictures *pictures, const struct fa_record *record);
void cat_pictures_close(struct cat_pictures *pictures);

/* Crops on one picture. */
struct cat_sheet;

/* Checks what was asked for, and sets the number of crops where that was not. */
void cat_check_sheet(const struct cat_form *form, long *limit);
struct cat_sheet *cat_sheet_open(const struct cat_form *form, const struct fa_header *header);
void cat_sheet_put(struct cat_sheet *sheet, const struct fa_record *record);
void cat_sheet_close(struct cat_sheet *sheet);

/* Whether the file is a head model: only a file can be looked into and read again. */
bool cat_is_model(const char *path);
void cat_describe_models(char **paths, int n, bool only_check, const char *to);

bool cat_ends_in(const char *text, const char *suffix);

#endif
