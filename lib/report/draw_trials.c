/* fa-tune's trials as parallel coordinates: an axis a parameter and one for the score, a line a trial. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "fa/mem.h"
#include "html.h"
#include "svg.h"

enum { AXES_MAX = 24, AXIS_STEP = 130, TOP = 50, HEIGHT = 260 };

struct axis {
    size_t column;
    bool numbers, logarithmic;
    double low, high;
    struct fa_vocabulary value; /* where not all are numbers */
};

struct axes {
    const struct fa_table *table;
    struct axis axis[AXES_MAX]; /* the last is the score */
    size_t n, score;
};

/* ---- axes ---- */

/* Over the trials that have a score. */
static int measure(struct axes *axes, struct axis *axis, struct fa_err *err)
{
    axis->numbers = true;
    axis->low = INFINITY;
    axis->high = -INFINITY;
    for (size_t row = 0; row < fa_table_rows(axes->table); row++) {
        double number = draw_number(axes->table, row, axis->column);
        const char *text = fa_table_cell(axes->table, row, axis->column);
        if (!text[0] || !isfinite(draw_number(axes->table, row, axes->score)))
            continue;
        axis->numbers &= isfinite(number);
        axis->low = fmin(axis->low, number);
        axis->high = fmax(axis->high, number);
        if (fa_vocabulary_add(&axis->value, text, err))
            return -1;
    }
    fa_vocabulary_sort(&axis->value);
    axis->logarithmic = axis->numbers && axis->low > 0 && axis->high > 50 * axis->low;
    return 0;
}

static void close_axes(struct axes *axes)
{
    for (size_t i = 0; i < axes->n; i++)
        fa_vocabulary_free(&axes->axis[i].value);
}

/* Parameters stand behind the column `parameters`; their names have no blank, those of heads' metrics have. One that never
 * varies is left out. */
static int open_axes(struct axes *axes, const struct fa_table *table, struct fa_err *err)
{
    size_t parameters;
    *axes = (struct axes){.table = table};
    if (fa_table_find(table, "score", &axes->score, err) || fa_table_find(table, "parameters", &parameters, err))
        return -1;
    for (size_t i = parameters + 1; i < fa_table_columns(table) && axes->n + 1 < AXES_MAX; i++) {
        const char *name = fa_table_name(table, i);
        if (strchr(name, ' ') || !strcmp(name, "failure"))
            continue;
        struct axis *axis = &axes->axis[axes->n++];
        axis->column = i;
        if (measure(axes, axis, err))
            return -1;
        if (axis->value.n < 2)
            fa_vocabulary_free(&axes->axis[--axes->n].value);
    }
    axes->axis[axes->n].column = axes->score;
    return measure(axes, &axes->axis[axes->n++], err);
}

/* From 0 at the bottom to 1; not a number for an empty cell. */
static double place(const struct axes *axes, size_t i, size_t row)
{
    const struct axis *axis = &axes->axis[i];
    const char *text = fa_table_cell(axes->table, row, axis->column);
    double number = draw_number(axes->table, row, axis->column), low = axis->low, high = axis->high;
    size_t index;
    if (!axis->numbers)
        return fa_vocabulary_find(&axis->value, text, &index) ? (double)index / (double)(axis->value.n - 1) : (double)NAN;
    if (axis->logarithmic) {
        number = log(number);
        low = log(low);
        high = log(high);
    }
    return high > low ? (number - low) / (high - low) : isnan(number) ? number : 0.5;
}

/* ---- drawing ---- */

static double axis_x(size_t i)
{
    return 60 + (double)i * AXIS_STEP;
}

static double place_y(double place)
{
    return TOP + HEIGHT * (1 - place);
}

static void draw_axis(FILE *file, const struct axes *axes, size_t i)
{
    const struct axis *axis = &axes->axis[i];
    double x = axis_x(i);
    svg_line(file, x, TOP, x, TOP + HEIGHT, "axis");
    svg_text(file, x, i % 2 ? TOP - 28 : TOP - 12, SVG_MIDDLE, i + 1 < axes->n ? "ink" : "bold",
             fa_table_name(axes->table, axis->column), 24);
    if (axis->numbers && isfinite(axis->low)) {
        svg_printf(file, x, place_y(0) + 16, SVG_MIDDLE, "soft halo", "%.4g", axis->low);
        svg_printf(file, x + 5, place_y(1) + 4, SVG_START, "soft halo", "%.4g%s", axis->high,
                   axis->logarithmic ? " (log)" : "");
    }
    for (size_t k = 0; k < axis->value.n && !axis->numbers; k++)
        svg_text(file, x + 5, place_y((double)k / (double)(axis->value.n - 1)) + 4, SVG_START, "soft halo",
                 axis->value.name[k], 14);
}

static void draw_trial(FILE *file, const struct axes *axes, size_t row, const char *class)
{
    const struct svg_plane plane = {0, TOP, 1, HEIGHT, 0, 1, 0, 1};
    double x[AXES_MAX], y[AXES_MAX];
    for (size_t i = 0; i < axes->n; i++) {
        x[i] = axis_x(i);
        y[i] = place(axes, i, row);
    }
    svg_curve(file, &plane, x, y, axes->n, class);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The scores that a quarter of the trials are below and above. Returns how many trials have one. */
static size_t quartiles(const struct axes *axes, double *score, double *low, double *high)
{
    size_t n = 0;
    for (size_t row = 0; row < fa_table_rows(axes->table); row++) {
        double value = draw_number(axes->table, row, axes->score);
        if (isfinite(value))
            score[n++] = value;
    }
    qsort(score, n, sizeof *score, ascending);
    *low = n ? score[n / 4] : 0;
    *high = n ? score[n - 1 - n / 4] : 0;
    return n;
}

static void draw_lines(FILE *file, const struct axes *axes, double low, double high)
{
    static const char *const class[] = {"c5", "c1 dash", "c0"};
    for (int pass = 0; pass < 3; pass++) /* those that matter on top */
        for (size_t row = 0; row < fa_table_rows(axes->table); row++) {
            double score = draw_number(axes->table, row, axes->score);
            if (isfinite(score) && pass == (score >= high ? 2 : score <= low ? 1 : 0))
                draw_trial(file, axes, row, class[pass]);
        }
}

int draw_trials(FILE *file, const struct fa_drawing *drawing, bool alone, struct fa_err *err)
{
    struct axes axes;
    double low, high, *score = fa_mem_array(fa_table_rows(drawing->report->trials), sizeof *score, err);
    int rc = -1;
    if (!score)
        return -1;
    if (open_axes(&axes, drawing->report->trials, err))
        goto out;
    size_t n = quartiles(&axes, score, &low, &high);
    svg_begin(file, axis_x(axes.n - 1) + 110, TOP + HEIGHT + 56, alone,
              "Trials of the search, a line each, from parameters to score", "");
    draw_lines(file, &axes, low, high);
    for (size_t i = 0; i < axes.n; i++)
        draw_axis(file, &axes, i);
    svg_line(file, 20, TOP + HEIGHT + 38, 50, TOP + HEIGHT + 38, "c0");
    svg_text(file, 56, TOP + HEIGHT + 42, SVG_START, "soft", "highest quarter of the scores", 40);
    svg_line(file, 240, TOP + HEIGHT + 38, 270, TOP + HEIGHT + 38, "c1 dash");
    svg_printf(file, 276, TOP + HEIGHT + 42, SVG_START, "soft", "lowest quarter; %zu trials", n);
    svg_end(file);
    rc = 0;
out:
    close_axes(&axes);
    free(score);
    return rc;
}
