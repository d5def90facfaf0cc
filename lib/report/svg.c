#include "svg.h"

#include <math.h>
#include <stdarg.h>

#include "html.h"
#include "style.h"

void svg_begin(FILE *file, double width, double height, bool alone, const char *name, const char *of)
{
    fprintf(file, "<svg%s viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" role=\"img\" aria-label=\"",
            alone ? " xmlns=\"http://www.w3.org/2000/svg\"" : "", width, height, width, height);
    html_text(file, name);
    fputs(of[0] ? ": " : "", file);
    html_text(file, of);
    fputs("\">\n", file);
    if (alone) {
        fputs("<style>", file);
        style_drawing(file, true);
        fputs("</style>\n", file);
        svg_rect(file, 0, 0, width, height, "paper", 1);
    }
}

void svg_end(FILE *file)
{
    fputs("</svg>\n", file);
}

static void begin_text(FILE *file, double x, double y, enum svg_anchor anchor, const char *class)
{
    static const char *const name[] = {"", " text-anchor=\"middle\"", " text-anchor=\"end\""};
    fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\"%s>", x, y, class, name[anchor]);
}

void svg_text(FILE *file, double x, double y, enum svg_anchor anchor, const char *class, const char *text, size_t limit)
{
    begin_text(file, x, y, anchor, class);
    html_short(file, text, limit);
    fputs("</text>\n", file);
}

void svg_printf(FILE *file, double x, double y, enum svg_anchor anchor, const char *class, const char *format, ...)
{
    char text[64];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    svg_text(file, x, y, anchor, class, text, sizeof text);
}

void svg_rect(FILE *file, double x, double y, double width, double height, const char *class, double opacity)
{
    fprintf(file, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"%s\"", x, y, width, height, class);
    if (opacity < 1)
        fprintf(file, " fill-opacity=\"%.3f\"", opacity);
    fputs("/>\n", file);
}

void svg_line(FILE *file, double x1, double y1, double x2, double y2, const char *class)
{
    fprintf(file, "<path class=\"%s\" d=\"M%.1f %.1fL%.1f %.1f\"/>\n", class, x1, y1, x2, y2);
}

/* ---- diagrams ---- */

double svg_x(const struct svg_plane *plane, double x)
{
    return plane->left + plane->width * (x - plane->x0) / (plane->x1 - plane->x0);
}

double svg_y(const struct svg_plane *plane, double y)
{
    return plane->top + plane->height * (plane->y1 - y) / (plane->y1 - plane->y0);
}

/* 1, 2 or 5 times a power of ten, so that about five of them fill the span. */
static double round_step(double span)
{
    double step = pow(10, floor(log10(span / 4)));
    double times = span / 4 / step;
    return times >= 5 ? 5 * step : times >= 2 ? 2 * step : step;
}

void svg_axes(FILE *file, const struct svg_plane *plane, const char *x_name, const char *y_name)
{
    double below = plane->top + plane->height, step = round_step(plane->x1 - plane->x0);
    svg_rect(file, plane->left, plane->top, plane->width, plane->height, "frame", 1);
    for (double i = ceil(plane->x0 / step - 1e-9); i * step <= plane->x1 + 1e-9 * step; i++)
        svg_printf(file, svg_x(plane, i * step), below + 16, SVG_MIDDLE, "soft", "%.6g", i * step + 0.0); /* no -0 */
    step = round_step(plane->y1 - plane->y0);
    for (double i = ceil(plane->y0 / step - 1e-9); i * step <= plane->y1 + 1e-9 * step; i++) {
        double y = svg_y(plane, i * step);
        svg_line(file, plane->left, y, plane->left + plane->width, y, "grid");
        svg_printf(file, plane->left - 6, y + 4, SVG_END, "soft", "%.6g", i * step + 0.0);
    }
    svg_text(file, plane->left + plane->width / 2, below + 34, SVG_MIDDLE, "ink", x_name, 60);
    svg_text(file, plane->left, plane->top - 8, SVG_START, "ink", y_name, 60);
}

void svg_curve(FILE *file, const struct svg_plane *plane, const double *x, const double *y, size_t n, const char *class)
{
    bool first = true;
    fprintf(file, "<path class=\"%s\" d=\"", class);
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i]) && isfinite(y[i])) {
            fprintf(file, "%c%.1f %.1f", first ? 'M' : 'L', svg_x(plane, x[i]), svg_y(plane, y[i]));
            first = false;
        }
    fputs("\"/>\n", file);
}
