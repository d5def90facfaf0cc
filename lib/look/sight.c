#include <math.h>
#include <stdio.h>

#include "fa/look.h"

/* The longer side of what is drawn, in pixels: so large that it can be read, so small that it fits a screen. */
enum { LEAST = 640, MOST = 2048 };

static const struct fa_colour taken = {{70, 180, 255}}, other = {{255, 150, 20}};
static const struct fa_colour dark = {{15, 15, 15}}, light = {{250, 250, 250}}, blank = {{222, 222, 222}};

struct drawing {
    struct fa_image *on;
    double scale; /* from the photograph */
    size_t line, text;
    struct fa_err *err;
};

static int copy_scaled(struct drawing *drawing, const struct fa_image *from)
{
    double most = (double)(from->width > from->height ? from->width : from->height);
    drawing->scale = most < LEAST ? LEAST / most : most > MOST ? MOST / most : 1;
    double width = fmax(1, round((double)from->width * drawing->scale));
    double height = fmax(1, round((double)from->height * drawing->scale));
    if (fa_image_new(drawing->on, (size_t)width, (size_t)height, drawing->err))
        return -1;
    return fa_image_resize(from, drawing->on, drawing->err);
}

static int make_blank(struct drawing *drawing)
{
    const struct fa_region all = {0, 0, LEAST, LEAST / 2};
    drawing->scale = 1;
    return fa_image_new(drawing->on, all.width, all.height, drawing->err) ||
                   fa_image_fill(drawing->on, all, blank, drawing->err)
               ? -1
               : 0;
}

/* Detectors may give boxes far outside; a picture is never as large as this. */
static long place(double at)
{
    return lround(fmin(fmax(at, -1e5), 1e5));
}

/* ---- faces ---- */

static struct fa_region frame_of(const struct drawing *drawing, const struct fa_face *face)
{
    long edge[4];
    for (int i = 0; i < 4; i++)
        edge[i] = place((double)face->box[i] * drawing->scale);
    return (struct fa_region){edge[0], edge[1], edge[2] > edge[0] ? (size_t)(edge[2] - edge[0]) : 1,
                              edge[3] > edge[1] ? (size_t)(edge[3] - edge[1]) : 1};
}

/* With a dark rim, to be seen on any ground. */
static int draw_frame(const struct drawing *drawing, struct fa_region box, size_t line, struct fa_colour colour)
{
    const struct fa_region rim = {box.x - 1, box.y - 1, box.width + 2, box.height + 2};
    return fa_image_frame(drawing->on, rim, line + 2, dark, drawing->err) ||
                   fa_image_frame(drawing->on, box, line, colour, drawing->err)
               ? -1
               : 0;
}

static int draw_points(const struct drawing *drawing, const struct fa_face *face, size_t line, struct fa_colour colour)
{
    for (int i = 0; i < FA_FACE_POINTS; i++) {
        long x = place(((double)face->point[i][0] + 0.5) * drawing->scale);
        long y = place(((double)face->point[i][1] + 0.5) * drawing->scale);
        if (fa_image_disc(drawing->on, x, y, line + 2, dark, drawing->err) ||
            fa_image_disc(drawing->on, x, y, line + 1, colour, drawing->err))
            return -1;
    }
    return 0;
}

/* A tab upon the box, or within it where there is no room above. */
static int draw_score(const struct drawing *drawing, const char *score, struct fa_region box, struct fa_colour colour)
{
    struct fa_writing writing;
    if (fa_writing_new(&writing, score, drawing->text, 0, drawing->err))
        return -1;
    size_t width = writing.width + drawing->text / 2, height = drawing->text * 5 / 4;
    long right = (long)drawing->on->width - (long)width, x = box.x < right ? box.x : right;
    x = x > 0 ? x : 0;
    long above = box.y - (long)height, y = above >= 0 ? above : box.y > 0 ? box.y : 0;
    int failed = fa_image_fill(drawing->on, (struct fa_region){x, y, width, height}, colour, drawing->err);
    fa_image_write(drawing->on, &writing, x + (long)drawing->text / 4 - writing.left, y, dark);
    fa_writing_free(&writing);
    return failed;
}

static int draw_face(const struct drawing *drawing, const struct fa_sight *sight, size_t i)
{
    const struct fa_face *face = &sight->face[i];
    bool is_taken = i < sight->taken;
    struct fa_colour colour = is_taken ? taken : other;
    size_t line = is_taken ? drawing->line : (drawing->line + 1) / 2;
    struct fa_region box = frame_of(drawing, face);
    char score[48] = "";
    if (draw_frame(drawing, box, line, colour))
        return -1;
    if (!face->has_points)
        return 0;
    if (is_taken && sight->taken > 1)
        snprintf(score, sizeof score, "#%zu %.3f", i + 1, (double)face->score);
    else
        snprintf(score, sizeof score, "%.3f", (double)face->score);
    return draw_points(drawing, face, line, colour) || draw_score(drawing, score, box, colour) ? -1 : 0;
}

/* ---- the whole ---- */

static int draw_note(const struct drawing *drawing, const char *note)
{
    size_t width = drawing->on->width, pad = drawing->text / 2;
    struct fa_writing writing;
    if (fa_writing_new(&writing, note, drawing->text, width > 4 * pad ? width - 2 * pad : width, drawing->err))
        return -1;
    size_t height = writing.height + 2 * pad;
    long y = (long)drawing->on->height - (long)height;
    int failed = fa_image_fill(drawing->on, (struct fa_region){0, y, width, height}, dark, drawing->err);
    fa_image_write(drawing->on, &writing, (long)pad - writing.left, y + (long)pad - writing.top, light);
    fa_writing_free(&writing);
    return failed;
}

static int draw_all(struct drawing *drawing, const struct fa_sight *sight, const char *note)
{
    size_t longer = drawing->on->width > drawing->on->height ? drawing->on->width : drawing->on->height;
    drawing->line = longer / 400 + 2;
    drawing->text = longer / 60 + 8;
    for (size_t i = sight->n; i--;) /* those that were taken last, so that they lie on top */
        if (draw_face(drawing, sight, i))
            return -1;
    return note ? draw_note(drawing, note) : 0;
}

int fa_look_draw(const struct fa_sight *sight, const char *note, struct fa_image *drawn, struct fa_err *err)
{
    struct drawing drawing = {.on = drawn, .err = err};
    *drawn = (struct fa_image){0};
    if ((sight->image->pixel ? copy_scaled(&drawing, sight->image) : make_blank(&drawing)) || draw_all(&drawing, sight, note)) {
        fa_image_free(drawn);
        return -1;
    }
    return 0;
}
