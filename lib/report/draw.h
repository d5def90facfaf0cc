/* The drawings of a report. Those of counts always succeed; those of tables can lack columns. */
#ifndef FA_REPORT_DRAW_H
#define FA_REPORT_DRAW_H

#include "fa/report.h"

int draw_heat(FILE *file, const struct fa_drawing *drawing, bool alone, struct fa_err *err);
int draw_reliability(FILE *file, const struct fa_drawing *drawing, bool alone, struct fa_err *err);
int draw_groups(FILE *file, const struct fa_drawing *drawing, bool alone, struct fa_err *err);
int draw_loss(FILE *file, const struct fa_drawing *drawing, bool alone, struct fa_err *err);
int draw_accuracy(FILE *file, const struct fa_drawing *drawing, bool alone, struct fa_err *err);
int draw_epochs(FILE *file, const struct fa_drawing *drawing, bool alone, struct fa_err *err);
int draw_trials(FILE *file, const struct fa_drawing *drawing, bool alone, struct fa_err *err);

/* The cell's number; not a number where it is none. */
double draw_number(const struct fa_table *table, size_t row, size_t column);

#endif
