/* What the drawings share. A drawing has its size in pixels; its colours are classes, see style.c. */
#ifndef FA_REPORT_SVG_H
#define FA_REPORT_SVG_H

#include <stdbool.h>
#include <stdio.h>

#include "fa/report.h"

/* alone: with name space and colours, for a file of its own. name and of make its accessible name. */
void svg_begin(FILE *file, double width, double height, bool alone, const char *name, const char *of);
void svg_end(FILE *file);

enum svg_anchor { SVG_START, SVG_MIDDLE, SVG_END };

/* At most limit characters of text, the baseline at (x, y). class: see style.c. */
void svg_text(FILE *file, double x, double y, enum svg_anchor anchor, const char *class, const char *text, size_t limit);

void svg_printf(FILE *file, double x, double y, enum svg_anchor anchor, const char *class, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

void svg_rect(FILE *file, double x, double y, double width, double height, const char *class, double opacity);
void svg_line(FILE *file, double x1, double y1, double x2, double y2, const char *class);

/* The plane of a diagram: values x0..x1 and y0..y1 in a box of the drawing. */
struct svg_plane {
    double left, top, width, height;
    double x0, x1, y0, y1;
};
double svg_x(const struct svg_plane *plane, double x);
double svg_y(const struct svg_plane *plane, double y);

/* A frame, with marks at round values and their numbers at its left and below. */
void svg_axes(FILE *file, const struct svg_plane *plane, const char *x_name, const char *y_name);

/* A curve of n points, of which those that are not finite are left out. */
void svg_curve(FILE *file, const struct svg_plane *plane, const double *x, const double *y, size_t n, const char *class);

#endif
