/* Drawings of training: fa-train's history, fa-tune's epochs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "fa/mem.h"
#include "html.h"
#include "svg.h"

double draw_number(const struct fa_table *table, size_t row, size_t column)
{
    const char *text = fa_table_cell(table, row, column);
    char *end;
    double number = strtod(text, &end);
    return end != text && !*end ? number : (double)NAN;
}

/* Columns of a table of epochs that are drawn together, over the column `epoch`; those before it say which run a row is of. */
enum { LINES_MAX = 12 };
struct curves {
    const struct fa_table *table;
    size_t epoch;
    size_t column[LINES_MAX], n;
    const char *class[LINES_MAX], *name[LINES_MAX];
    double *x, *y; /* of one run: rows */
};

static bool same_run(const struct curves *curves, size_t a, size_t b)
{
    for (size_t i = 0; i < curves->epoch; i++)
        if (strcmp(fa_table_cell(curves->table, a, i), fa_table_cell(curves->table, b, i)) != 0)
            return false;
    return true;
}

/* ---- the plane that holds all of them ---- */

static void widen(double *low, double *high, double value)
{
    if (!isfinite(value))
        return;
    *low = fmin(*low, value);
    *high = fmax(*high, value);
}

static struct svg_plane plane_of(const struct curves *curves)
{
    struct svg_plane plane = {60, 34, 480, 260, INFINITY, -INFINITY, INFINITY, -INFINITY};
    for (size_t row = 0; row < fa_table_rows(curves->table); row++) {
        widen(&plane.x0, &plane.x1, draw_number(curves->table, row, curves->epoch));
        for (size_t i = 0; i < curves->n; i++)
            widen(&plane.y0, &plane.y1, draw_number(curves->table, row, curves->column[i]));
    }
    if (!(plane.x0 < plane.x1))
        plane.x1 = (plane.x0 = isfinite(plane.x0) ? plane.x0 : 0) + 1;
    if (!(plane.y0 < plane.y1))
        plane.y1 = (plane.y0 = isfinite(plane.y0) ? plane.y0 : 0) + 1;
    return plane;
}

/* ---- drawing ---- */

static void draw_run(FILE *file, const struct curves *curves, const struct svg_plane *plane, size_t first, size_t n)
{
    for (size_t i = 0; i < curves->n; i++) {
        for (size_t k = 0; k < n; k++) {
            curves->x[k] = draw_number(curves->table, first + k, curves->epoch);
            curves->y[k] = draw_number(curves->table, first + k, curves->column[i]);
        }
        svg_curve(file, plane, curves->x, curves->y, n, curves->class[i]);
    }
}

static void draw_all(FILE *file, const struct curves *curves, const char *name, const char *y_name, bool alone)
{
    struct svg_plane plane = plane_of(curves);
    size_t rows = fa_table_rows(curves->table);
    svg_begin(file, 760, 350, alone, name, "");
    svg_axes(file, &plane, "epoch", y_name);
    for (size_t first = 0, next; first < rows; first = next) {
        for (next = first + 1; next < rows && same_run(curves, first, next); next++)
            ;
        draw_run(file, curves, &plane, first, next - first);
    }
    for (size_t i = 0; i < curves->n; i++) {
        double y = 44 + 20 * (double)i;
        svg_line(file, 556, y, 586, y, curves->class[i]);
        svg_text(file, 592, y + 4, SVG_START, "ink", curves->name[i], 26);
    }
    svg_end(file);
}

static void add(struct curves *curves, size_t column, const char *class)
{
    if (curves->n == LINES_MAX)
        return;
    curves->column[curves->n] = column;
    curves->class[curves->n] = class;
    curves->name[curves->n++] = fa_table_name(curves->table, column);
}

static int begin(struct curves *curves, const struct fa_table *table, struct fa_err *err)
{
    *curves = (struct curves){.table = table};
    if (fa_table_find(table, "epoch", &curves->epoch, err) ||
        !(curves->x = fa_mem_array(2 * fa_table_rows(table), sizeof(double), err)))
        return -1;
    curves->y = curves->x + fa_table_rows(table);
    return 0;
}

int draw_loss(FILE *file, const struct fa_drawing *drawing, bool alone, struct fa_err *err)
{
    const struct fa_table *table = drawing->report->history;
    struct curves curves;
    size_t loss, valid;
    if (fa_table_find(table, "loss", &loss, err) || fa_table_find(table, "val_loss", &valid, err) || begin(&curves, table, err))
        return -1;
    add(&curves, loss, "c1 dash");
    add(&curves, valid, "c0");
    draw_all(file, &curves, "Loss by epoch", "sum of the heads' losses", alone);
    free(curves.x);
    return 0;
}

/* Every column `HEAD accuracy`, dashed, and `HEAD val_accuracy`, in one colour. */
int draw_accuracy(FILE *file, const struct fa_drawing *drawing, bool alone, struct fa_err *err)
{
    static const char *const class[][2] = {{"c0 dash", "c0"}, {"c1 dash", "c1"}, {"c2 dash", "c2"}, {"c3 dash", "c3"},
                                           {"c4 dash", "c4"}};
    const struct fa_table *table = drawing->report->history;
    struct curves curves;
    if (begin(&curves, table, err))
        return -1;
    for (size_t i = 0, head = 0; i < fa_table_columns(table); i++) {
        const char *last = strrchr(fa_table_name(table, i), ' ');
        if (!last || (strcmp(last, " accuracy") != 0 && strcmp(last, " val_accuracy") != 0))
            continue;
        add(&curves, i, class[head % 5][last[1] == 'v']);
        head += last[1] == 'v';
    }
    draw_all(file, &curves, "Accuracy by epoch", "accuracy", alone);
    free(curves.x);
    return 0;
}

int draw_epochs(FILE *file, const struct fa_drawing *drawing, bool alone, struct fa_err *err)
{
    struct curves curves;
    size_t valid;
    if (fa_table_find(drawing->report->epochs, "val_loss", &valid, err) || begin(&curves, drawing->report->epochs, err))
        return -1;
    add(&curves, valid, "c5");
    draw_all(file, &curves, "Validation loss of every trial by epoch", "validation loss", alone);
    free(curves.x);
    return 0;
}
