/* The report on a model: one HTML page that needs nothing but itself, and its drawings as SVG files. */
#ifndef FA_REPORT_H
#define FA_REPORT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "fa/err.h"
#include "fa/eval.h"
#include "fa/stream.h"
#include "fa/table.h"

/* ---- pictures ---- */

/* Thumbnails (JPEG) of the faces asked for, by id. */
struct fa_thumbnails;

struct fa_thumbnails *fa_thumbnails_new(struct fa_err *err);
void fa_thumbnails_free(struct fa_thumbnails *thumbnails);

/* Asks for the face of that id. */
int fa_thumbnails_want(struct fa_thumbnails *thumbnails, const char *id, struct fa_err *err);

/* Reads the crop stream at path to its end and keeps a thumbnail, at most side pixels wide and high, of each face asked for.
 * Errors: those of reading; crops that are no RGB pictures. */
int fa_thumbnails_read(struct fa_thumbnails *thumbnails, const char *path, size_t side, struct fa_err *err);

/* Faces asked for, and those of them that the stream had. */
size_t fa_thumbnails_wanted(const struct fa_thumbnails *thumbnails);
size_t fa_thumbnails_found(const struct fa_thumbnails *thumbnails);

/* The JPEG of a face; NULL if it was not asked for or not there. */
const unsigned char *fa_thumbnails_find(const struct fa_thumbnails *thumbnails, const char *id, size_t *n);

/* ---- the page ---- */

/* All that a report is made of. Nothing is owned; what may be NULL leaves its part out. */
struct fa_report {
    const char *title;
    const struct fa_header *header; /* of the logit stream: provenance */
    const struct fa_evaluation *evaluation;
    const struct fa_scores *scores;
    uint64_t faces, rejected;          /* records read */
    uint64_t small;                    /* groups of fewer faces are marked */
    const struct fa_shortlist *worst;  /* one a head, sorted: mistakes by loss */
    const struct fa_shortlist *random; /* one a head, sorted: faces by chance */
    const struct fa_thumbnails *thumbnails; /* may be NULL: lists without pictures */
    const char *architecture;               /* may be NULL; text of fa_model_describe() */
    const struct fa_table *history;         /* may be NULL; of fa-train --history */
    const struct fa_table *trials, *epochs; /* may be NULL; of fa-tune */
};

/* The key of a face in a list of some by chance: a number from 0 to 1 that depends on seed and id alone. */
double fa_report_chance(uint64_t seed, const char *id);

/* Writes the page. All text from outside is escaped; there is no script, and no reference to anything outside.
 * Errors: a table that lacks the columns it is known by; out of memory. Those of the file are seen in ferror(). */
int fa_report_write(FILE *file, const struct fa_report *report, struct fa_err *err);

/* ---- its drawings ---- */

/* One drawing of a report. */
struct fa_drawing {
    const char *kind;              /* `heat`, `reliability`, `groups`, `loss`, `accuracy`, `trials`, `epochs` */
    const char *of;                /* the head, or the grouping and the head; "" where there is only one */
    const struct fa_report *report;
    size_t head, by;
    int (*draw)(FILE *file, const struct fa_drawing *drawing, bool alone, struct fa_err *err);
};

/* Calls each() for every drawing the report has, until it returns other than 0, which is then returned; -1 with err set
 * where memory is out. */
typedef int fa_drawing_visitor(const struct fa_drawing *drawing, void *arg, struct fa_err *err);
int fa_report_drawings(const struct fa_report *report, fa_drawing_visitor *each, void *arg, struct fa_err *err);

/* Writes a drawing as an SVG file of its own, in the light colours. */
int fa_drawing_write(FILE *file, const struct fa_drawing *drawing, struct fa_err *err);

#endif
