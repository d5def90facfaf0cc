#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fa/face.h"

/* Eyes, nose and mouth corners of the ArcFace template (Deng et al. 2019) in 112x112 pixels, from whose edges they count half
 * a pixel more. */
static const double arcface[FA_FACE_POINTS][2] = {
    {38.2946, 51.6963}, {73.5318, 51.5014}, {56.0252, 71.7366}, {41.5493, 92.3655}, {70.7299, 92.2041}};
static const double arcface_side = 112;

/* The same points of the mean face by which dlib cuts chips (Davis King, dlib, Boost licence), the side of a chip without
 * padding being 1: an eye is the mean of its six landmarks. */
static const double chip[FA_FACE_POINTS][2] = {
    {0.225492, 0.215990}, {0.754761, 0.215990}, {0.490127, 0.515625}, {0.254149, 0.780233}, {0.726104, 0.780233}};

/* Where the eyes lie in mtcnn's squared box, whose side is 1: the medians over the 621 faces of FairFace's padding 1.25. */
static const double eyes_distance = 0.342, eyes_height = 0.385;

static const struct form {
    const char *prefix, *what;
    double least;
    enum fa_template_kind kind;
} forms[] = {{"box-", "margin", 0.1, FA_TEMPLATE_BOX},
             {"eyes-", "margin", 0.1, FA_TEMPLATE_EYES},
             {"chip-", "padding", 0, FA_TEMPLATE_CHIP}};

static int parse_form(struct fa_template *crop, const struct form *form, const char *text, struct fa_err *err)
{
    const char *number = text + strlen(form->prefix);
    char *end = NULL;
    *crop = (struct fa_template){form->kind, strtod(number, &end)};
    if (*number < '0' || *number > '9' || *end || !(crop->margin >= form->least && crop->margin <= 10))
        return fa_err_set(err, "crop template '%s': the %s must be a number from %g to 10", text, form->what, form->least);
    return 0;
}

int fa_template_parse(struct fa_template *crop, const char *text, struct fa_err *err)
{
    *crop = (struct fa_template){0};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (!strncmp(text, forms[i].prefix, strlen(forms[i].prefix)))
            return parse_form(crop, &forms[i], text, err);
    if (!strcmp(text, "arcface"))
        crop->kind = FA_TEMPLATE_ARCFACE;
    else if (!strcmp(text, "whole"))
        crop->kind = FA_TEMPLATE_WHOLE;
    else
        return fa_err_set(err, "unknown crop template '%s' (want box-MARGIN, eyes-MARGIN, chip-PADDING, arcface or whole)", text);
    return 0;
}

/* With p' = (a + ib) p as complex numbers about the two means, sum |q - (a + ib) p|^2 is least at
 * a + ib = sum conj(p) q / sum |p|^2: Umeyama's c R, det R = 1, for m = 2. */
int fa_umeyama(const double *from, const double *to, size_t n, double m[6], struct fa_err *err)
{
    double mean_from[2] = {0}, mean_to[2] = {0}, a = 0, b = 0, spread = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < 2; k++) {
            mean_from[k] += from[2 * i + k] / (double)n;
            mean_to[k] += to[2 * i + k] / (double)n;
        }
    for (size_t i = 0; i < n; i++) {
        double px = from[2 * i] - mean_from[0], py = from[2 * i + 1] - mean_from[1];
        double qx = to[2 * i] - mean_to[0], qy = to[2 * i + 1] - mean_to[1];
        a += px * qx + py * qy;
        b += px * qy - py * qx;
        spread += px * px + py * py;
    }
    a /= spread;
    b /= spread;
    if (n < 2 || !(hypot(a, b) > 1e-9) || !isfinite(hypot(a, b)))
        return fa_err_set(err, "no similarity transform fits the points");
    m[0] = m[4] = a;
    m[1] = -b;
    m[3] = b;
    m[2] = mean_to[0] - a * mean_from[0] + b * mean_from[1];
    m[5] = mean_to[1] - b * mean_from[0] - a * mean_from[1];
    return 0;
}

/* Crop pixel u covers u..u+1 of the crop; its centre is at u + 1/2 in edges and at u in centres, and the same holds in the
 * picture. */
static void stretch(double m[6], double left, double top, double step_x, double step_y)
{
    const double transform[6] = {step_x, 0, left + 0.5 * step_x - 0.5, 0, step_y, top + 0.5 * step_y - 0.5};
    memcpy(m, transform, sizeof transform);
}

/* The square of the box; where the picture had to be turned for the face to be found, the crop is turned as well. */
static void fit_box(const struct fa_face *face, double margin, size_t width, size_t height, double m[6])
{
    const float *box = face->box;
    double turn = (double)face->turn * 3.14159265358979323846 / 180;
    double side = fmax((double)box[2] - (double)box[0], (double)box[3] - (double)box[1]);
    double step = side * margin / (double)(width < height ? width : height);
    m[0] = m[4] = step * cos(turn);
    m[1] = step * sin(turn);
    m[3] = -m[1];
    for (int axis = 0; axis < 2; axis++)
        m[3 * axis + 2] = 0.5 * ((double)box[axis] + (double)box[axis + 2]) - 0.5 - 0.5 * m[3 * axis] * (double)(width - 1) -
                          0.5 * m[3 * axis + 1] * (double)(height - 1);
}

/* The first of the face's points, and where they belong in a crop whose side is 1. Returns their number. */
static size_t places(const struct fa_template *crop, double place[FA_FACE_POINTS][2])
{
    if (crop->kind == FA_TEMPLATE_EYES) {
        for (int i = 0; i < 2; i++) {
            place[i][0] = 0.5 + (i - 0.5) * eyes_distance / crop->margin;
            place[i][1] = 0.5 + (eyes_height - 0.5) / crop->margin;
        }
        return 2;
    }
    for (size_t i = 0; i < FA_FACE_POINTS; i++)
        for (int k = 0; k < 2; k++)
            place[i][k] = crop->kind == FA_TEMPLATE_CHIP ? (chip[i][k] + crop->margin) / (1 + 2 * crop->margin)
                                                         : (arcface[i][k] + 0.5) / arcface_side;
    return FA_FACE_POINTS;
}

static int fit_points(const struct fa_template *crop, const struct fa_face *face, size_t width, size_t height, double m[6],
                      struct fa_err *err)
{
    double from[FA_FACE_POINTS][2], to[FA_FACE_POINTS][2], side = (double)(width < height ? width : height);
    size_t n = places(crop, from);
    if (!face->has_points)
        return fa_err_set(err, "this crop template wants a detector that finds points");
    for (size_t i = 0; i < n; i++) {
        from[i][0] = (from[i][0] - 0.5) * side + 0.5 * (double)width - 0.5;
        from[i][1] = (from[i][1] - 0.5) * side + 0.5 * (double)height - 0.5;
        to[i][0] = (double)face->point[i][0];
        to[i][1] = (double)face->point[i][1];
    }
    return fa_umeyama(&from[0][0], &to[0][0], n, m, err);
}

int fa_template_transform(const struct fa_template *crop, const struct fa_face *face, size_t width, size_t height, double m[6],
                          struct fa_err *err)
{
    const float *box = face->box;
    double box_width = (double)box[2] - (double)box[0], box_height = (double)box[3] - (double)box[1];
    if (crop->kind == FA_TEMPLATE_ARCFACE || crop->kind == FA_TEMPLATE_EYES || crop->kind == FA_TEMPLATE_CHIP)
        return fit_points(crop, face, width, height, m, err);
    if (!(box_width > 0) || !(box_height > 0))
        return fa_err_set(err, "the face's box is empty");
    if (crop->kind == FA_TEMPLATE_WHOLE) {
        stretch(m, (double)box[0], (double)box[1], box_width / (double)width, box_height / (double)height);
        return 0;
    }
    fit_box(face, crop->margin, width, height, m);
    return 0;
}

double fa_template_reach(const struct fa_template *crop)
{
    double place[FA_FACE_POINTS][2];
    if (crop->kind == FA_TEMPLATE_WHOLE)
        return 0;
    if (crop->kind == FA_TEMPLATE_BOX)
        return crop->margin;
    places(crop, place);
    return eyes_distance / (place[1][0] - place[0][0]);
}

double fa_face_angle(const struct fa_face *face)
{
    const float(*eye)[2] = face->point;
    return atan2((double)(eye[1][1] - eye[0][1]), (double)(eye[1][0] - eye[0][0])) * 57.29577951308232;
}

struct fa_face fa_face_whole(size_t width, size_t height)
{
    return (struct fa_face){.box = {0, 0, (float)width, (float)height}};
}

struct fa_face fa_face_centre(size_t width, size_t height)
{
    float side = 0.75f * (float)(width < height ? width : height);
    float left = 0.5f * ((float)width - side), top = 0.5f * ((float)height - side);
    return (struct fa_face){.box = {left, top, left + side, top + side}};
}
