/* The parts of the page. Each writes its section; nothing where the report has nothing for it. */
#ifndef FA_REPORT_PAGE_H
#define FA_REPORT_PAGE_H

#include "draw.h"
#include "fa/report.h"

int page_head(FILE *file, const struct fa_report *report, size_t h, struct fa_err *err);
int page_groups(FILE *file, const struct fa_report *report, struct fa_err *err);
void page_gallery(FILE *file, const struct fa_report *report);
int page_training(FILE *file, const struct fa_report *report, struct fa_err *err);
void page_provenance(FILE *file, const struct fa_report *report);
void page_model_card(FILE *file, const struct fa_report *report);

/* A drawing in a box that scrolls where it is wider than the page; name tells what can be scrolled. */
int page_drawing(FILE *file, const struct fa_drawing *drawing, struct fa_err *err);

/* The same for a table of figures or words (its class): begin, rows by the caller, end. */
void page_table_begin(FILE *file, const char *class, const char *caption, const char *of);
void page_table_end(FILE *file);

/* <td> of text; <th scope> of a row or column. */
void page_cell(FILE *file, const char *text);
void page_name(FILE *file, const char *scope, const char *text);

#endif
