/* Drawings of what was counted: heat map, reliability, groups. */
#include <inttypes.h>
#include <math.h>

#include "draw.h"
#include "html.h"
#include "svg.h"

static double at_most(double x, double limit)
{
    return x < limit ? x : limit;
}

/* ---- heat map ---- */

enum { CELL_WIDTH = 60, CELL_HEIGHT = 40, NAME_MAX = 24 };
static const double character = 6.6; /* pixels of one, about */

/* What the longest of the labels takes. */
static double names_width(const struct fa_confusion *confusion)
{
    size_t most = 0;
    for (size_t i = 0; i < confusion->label.n; i++) {
        size_t n = html_length(fa_confusion_label(confusion, i)) + (i >= confusion->classes ? 2 : 0);
        most = n > most ? n : most;
    }
    return at_most((double)most, NAME_MAX) * character;
}

/* The deeper the colour, the larger the share of the row; it stays so light that text has a contrast of 4.5 on it. */
static void draw_cell(FILE *file, double x, double y, uint64_t count, double share, bool diagonal)
{
    const char *class = diagonal ? "bold" : "ink";
    if (share > 0)
        svg_rect(file, x, y, CELL_WIDTH, CELL_HEIGHT, "cell", 0.75 * share);
    svg_rect(file, x + 1, y + 1, CELL_WIDTH - 2, CELL_HEIGHT - 2, diagonal ? "mark" : "frame", 1);
    if (!count)
        return;
    svg_printf(file, x + CELL_WIDTH / 2.0, y + 17, SVG_MIDDLE, class, "%" PRIu64, count);
    svg_printf(file, x + CELL_WIDTH / 2.0, y + 32, SVG_MIDDLE, class, "%.1f %%", 100 * share);
}

static void draw_row(FILE *file, const struct fa_confusion *confusion, size_t row, double left, double y)
{
    const uint64_t *count = fa_confusion_row(confusion, row);
    uint64_t support = fa_confusion_support(confusion, row);
    double baseline = y + CELL_HEIGHT / 2.0 + 4;
    svg_text(file, left - 8, baseline, SVG_END, "ink", fa_confusion_label(confusion, row), NAME_MAX);
    for (size_t i = 0; i < confusion->classes; i++)
        draw_cell(file, left + (double)i * CELL_WIDTH, y, count[i], support ? (double)count[i] / (double)support : 0, i == row);
    svg_printf(file, left + (double)confusion->classes * CELL_WIDTH + 60, baseline, SVG_END, "soft", "%" PRIu64 "%s", support,
               row >= confusion->classes ? " *" : "");
}

/* The names over the columns, aslant. */
static void draw_columns(FILE *file, const struct fa_confusion *confusion, double left, double top)
{
    for (size_t i = 0; i < confusion->classes; i++) {
        fprintf(file, "<g transform=\"translate(%.1f %.1f) rotate(-40)\">", left + ((double)i + 0.45) * CELL_WIDTH, top - 8);
        svg_text(file, 0, 0, SVG_START, "ink", fa_confusion_label(confusion, i), NAME_MAX);
        fputs("</g>\n", file);
    }
    svg_text(file, left + (double)confusion->classes * CELL_WIDTH + 60, top - 8, SVG_END, "soft", "faces", 8);
}

int draw_heat(FILE *file, const struct fa_drawing *drawing, bool alone, struct fa_err *err)
{
    const struct fa_confusion *confusion = &drawing->report->evaluation->everyone.sums[drawing->head].confusion;
    double names = names_width(confusion), left = names + 30, top = 0.65 * names + 44, rows = (double)confusion->label.n;
    double width = left + (double)confusion->classes * CELL_WIDTH, bottom = top + rows * CELL_HEIGHT;
    (void)err;
    svg_begin(file, fmax(width + 0.5 * names + 70, left + 300), bottom + 30, alone, "Confusion, rows true, columns predicted",
              confusion->head);
    svg_text(file, left, 16, SVG_START, "bold", "predicted \xe2\x86\x92", 16);
    svg_text(file, left - 8, top - 8, SVG_END, "bold", "true \xe2\x86\x93", 16);
    draw_columns(file, confusion, left, top);
    for (size_t i = 0; i < confusion->label.n; i++)
        draw_row(file, confusion, i, left, top + (double)i * CELL_HEIGHT);
    svg_text(file, left, bottom + 20, SVG_START, "soft",
             confusion->label.n > confusion->classes ? "count and share of the row; framed: right; *: no class of the model"
                                                     : "count and share of the row; framed: right", 80);
    svg_end(file);
    return 0;
}

/* ---- reliability ---- */

/* A bar a bin as high as its answers were right, a mark where its confidence says they should be. */
static void draw_bin(FILE *file, const struct svg_plane *plane, const struct fa_bin bin[2], size_t i)
{
    uint64_t n = bin[0].n + bin[1].n;
    if (!n)
        return;
    struct fa_estimate right = fa_estimate_proportion(bin[1].n, n);
    double confidence = (fa_sum_value(&bin[0].confidence) + fa_sum_value(&bin[1].confidence)) / (double)n;
    double left = svg_x(plane, (double)i / FA_BINS) + 2, width = plane->width / FA_BINS - 4, x = left + width / 2;
    double y = svg_y(plane, right.value);
    svg_rect(file, left, y, width, plane->top + plane->height - y, n < 10 ? "dim" : "bar", 1);
    svg_line(file, x, svg_y(plane, right.low), x, svg_y(plane, right.high), "whisker");
    svg_line(file, left - 2, svg_y(plane, confidence), left + width + 2, svg_y(plane, confidence), "c1");
}

int draw_reliability(FILE *file, const struct fa_drawing *drawing, bool alone, struct fa_err *err)
{
    const struct fa_sums *sums = &drawing->report->evaluation->everyone.sums[drawing->head];
    const struct svg_plane plane = {60, 34, 360, 260, 0, 1, 0, 1};
    (void)err;
    svg_begin(file, 470, 364, alone, "Reliability, how often answers are right by how sure they are", sums->confusion.head);
    svg_axes(file, &plane, "confidence", "share that is right");
    svg_line(file, svg_x(&plane, 0), svg_y(&plane, 0), svg_x(&plane, 1), svg_y(&plane, 1), "ideal");
    for (size_t i = 0; i < FA_BINS; i++)
        draw_bin(file, &plane, sums->bin[i], i);
    svg_rect(file, 60, 346, 10, 10, "bar", 1);
    svg_text(file, 75, 355, SVG_START, "soft", "right, with interval; pale: fewer than 10 faces", 60);
    svg_line(file, 345, 351, 360, 351, "c1");
    svg_text(file, 366, 355, SVG_START, "soft", "confidence", 20);
    svg_end(file);
    return 0;
}

/* ---- groups ---- */

enum { BAR_HEIGHT = 16, BAR_STEP = 24 };

static void draw_group(FILE *file, const struct svg_plane *plane, const struct fa_drawing *drawing, size_t g, double y)
{
    const struct fa_report *report = drawing->report;
    const struct fa_group *group = report->evaluation->by[drawing->by].group[g];
    size_t heads = report->evaluation->nheads + 1;
    const struct fa_group_scores *scores = &report->scores->group[drawing->by * heads + drawing->head];
    struct fa_estimate accuracy = scores->estimate[g * scores->nmetrics + FA_ACCURACY];
    uint64_t n = fa_confusion_n(&group->sums[drawing->head].confusion);
    bool small = n < report->small;
    double middle = y + BAR_HEIGHT / 2.0;
    svg_text(file, plane->left - 8, middle + 4, SVG_END, "ink", group->name, 2 * NAME_MAX);
    svg_printf(file, plane->left + plane->width + 60, middle + 4, SVG_END, "soft", "%" PRIu64 "%s", n, small ? " *" : "");
    if (isnan(accuracy.value))
        return;
    svg_rect(file, plane->left, y, plane->width * accuracy.value, BAR_HEIGHT, small ? "dim" : "bar", 1);
    svg_line(file, svg_x(plane, accuracy.low), middle, svg_x(plane, accuracy.high), middle, "whisker");
    svg_line(file, svg_x(plane, accuracy.low), middle - 4, svg_x(plane, accuracy.low), middle + 4, "whisker");
    svg_line(file, svg_x(plane, accuracy.high), middle - 4, svg_x(plane, accuracy.high), middle + 4, "whisker");
}

int draw_groups(FILE *file, const struct fa_drawing *drawing, bool alone, struct fa_err *err)
{
    const struct fa_by *by = &drawing->report->evaluation->by[drawing->by];
    size_t most = 0;
    for (size_t g = 0; g < by->ngroups; g++)
        most = html_length(by->group[g]->name) > most ? html_length(by->group[g]->name) : most;
    double names = at_most((double)most, 2 * NAME_MAX) * character + 16, height = (double)by->ngroups * BAR_STEP;
    const struct svg_plane plane = {names, 34, 360, height, 0, 1, 0, 1};
    (void)err;
    svg_begin(file, names + 440, height + 74, alone, "Accuracy by group", drawing->of);
    svg_text(file, names, 22, SVG_START, "ink", "accuracy, 95 % interval", 40);
    svg_text(file, names + 420, 22, SVG_END, "soft", "faces", 8);
    for (int i = 0; i <= 4; i++) {
        double x = svg_x(&plane, 0.25 * i);
        svg_line(file, x, plane.top, x, plane.top + height, "grid");
        svg_printf(file, x, plane.top + height + 16, SVG_MIDDLE, "soft", "%d %%", 25 * i);
    }
    for (size_t g = 0; g < by->ngroups; g++)
        draw_group(file, &plane, drawing, g, plane.top + (double)g * BAR_STEP + 4);
    svg_printf(file, names, plane.top + height + 34, SVG_START, "soft", "* pale: fewer than %" PRIu64 " faces",
               drawing->report->small);
    svg_end(file);
    return 0;
}
