#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fa/face.h"

/* Eyes, nose and mouth corners of the ArcFace template (Deng et al. 2019) in 112x112 pixels. */
static const double arcface[FA_FACE_POINTS][2] = {
    {38.2946, 51.6963}, {73.5318, 51.5014}, {56.0252, 71.7366}, {41.5493, 92.3655}, {70.7299, 92.2041}};
static const double arcface_side = 112;

int fa_template_parse(struct fa_template *crop, const char *text, struct fa_err *err)
{
    char *end = NULL;
    *crop = (struct fa_template){0};
    if (!strcmp(text, "arcface"))
        crop->kind = FA_TEMPLATE_ARCFACE;
    else if (!strcmp(text, "whole"))
        crop->kind = FA_TEMPLATE_WHOLE;
    else if (!strncmp(text, "box-", 4) && text[4] >= '0' && text[4] <= '9') {
        crop->kind = FA_TEMPLATE_BOX;
        crop->margin = strtod(text + 4, &end);
        if (*end || !(crop->margin >= 0.1 && crop->margin <= 10))
            return fa_err_set(err, "crop template '%s': the margin must be a number from 0.1 to 10", text);
    } else
        return fa_err_set(err, "unknown crop template '%s' (want box-MARGIN, arcface or whole)", text);
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

static int fit_arcface(const struct fa_face *face, size_t width, size_t height, double m[6], struct fa_err *err)
{
    double from[FA_FACE_POINTS][2], to[FA_FACE_POINTS][2];
    double side = (double)(width < height ? width : height), scale = side / arcface_side;
    if (!face->has_points)
        return fa_err_set(err, "crop template 'arcface' wants a detector that finds points");
    for (size_t i = 0; i < FA_FACE_POINTS; i++) {
        from[i][0] = (arcface[i][0] + 0.5) * scale - 0.5 + 0.5 * ((double)width - side);
        from[i][1] = (arcface[i][1] + 0.5) * scale - 0.5 + 0.5 * ((double)height - side);
        to[i][0] = (double)face->point[i][0];
        to[i][1] = (double)face->point[i][1];
    }
    return fa_umeyama(&from[0][0], &to[0][0], FA_FACE_POINTS, m, err);
}

int fa_template_transform(const struct fa_template *crop, const struct fa_face *face, size_t width, size_t height, double m[6],
                          struct fa_err *err)
{
    const float *box = face->box;
    double box_width = (double)box[2] - (double)box[0], box_height = (double)box[3] - (double)box[1];
    if (crop->kind == FA_TEMPLATE_ARCFACE)
        return fit_arcface(face, width, height, m, err);
    if (!(box_width > 0) || !(box_height > 0))
        return fa_err_set(err, "the face's box is empty");
    if (crop->kind == FA_TEMPLATE_WHOLE) {
        stretch(m, (double)box[0], (double)box[1], box_width / (double)width, box_height / (double)height);
        return 0;
    }
    fit_box(face, crop->margin, width, height, m);
    return 0;
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
