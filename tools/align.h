/* What fa-align sets up before it runs. */
#ifndef FA_TOOLS_ALIGN_H
#define FA_TOOLS_ALIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "cli.h"
#include "fa/align.h"
#include "fa/pictures.h"
#include "fa/table.h"

struct options {
    const char *labels, *column, *folder, *detector, *weights, *model, *template, *size, *border, *fallback, *augment, *thresholds, *output;
    const char *counted, *format; /* of a check */
    const char *draw;             /* folder for drawn pictures */
    struct cli_list classes;
    bool nul, all, one, check, mend;
    long copies, max_pixels, max_size, seed, threads;
    struct fa_detector_options detection;
};

/* The pictures, and the table they come from, if they do. */
struct sources {
    struct fa_table *table;
    size_t column; /* of the paths */
    struct fa_pictures *pictures;
};

/* Each of these ends the process where it fails. */

/* What relative paths in the CSV o->labels are relative to. */
const char *align_folder(const struct options *o);

/* Checks the CSV instead of aligning: its name is o->labels or the one operand. Returns the exit status. */
int align_check(const struct options *o, char **operands, size_t n);

void align_list_pictures(struct sources *sources, const struct options *o, char **paths, size_t n);

/* What has a fixed set of words, and what excludes each other. */
void align_take_words(struct fa_align *align, const struct options *o);

/* Template, size and card, also in the header's map; template and size from the card where no option says otherwise. */
void align_choose_template(struct fa_align *align, const struct options *o, struct fa_header *header, struct fa_arena *arena);

/* What copies are made of each face. */
void align_choose_copies(struct fa_align *align, const struct options *o);

/* By how much pictures are reduced when they are decoded; after template and size are known. Where that is a matter of the
 * smallest face, its size is told in the pixels of reduced pictures from here on. */
void align_choose_reduction(struct fa_align *align, struct options *o);

void align_open_detector(struct fa_align *align, const struct options *o);

/* Draws the picture of which worker has just made records, the first of them record, as a JPEG. */
int align_draw(const struct fa_align_worker *worker, const struct fa_record *record, unsigned char **jpeg, size_t *size,
               struct fa_err *err);

/* Writes it into the folder, by the id of its picture. */
void align_write_drawn(const char *folder, const char *id, const unsigned char *jpeg, size_t size);

#endif
