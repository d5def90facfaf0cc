/* Second looks: at copies of the picture where nothing was found in it, and at faces whose points are to be found anew. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "detector.h"

/* Copies of more pixels are made smaller, so that neither time nor memory go out of bounds for pictures without faces. */
static const double most_pixels = 1 << 22;

/* Of the copies of a step the one with the best face counts. */
struct step {
    bool quarters; /* only where the options say upright */
    double border; /* on each side, in sides of the picture */
    size_t n;
    double turn[4]; /* degrees, clockwise */
};

/* The detectors find faces that lean by up to some 30 degrees. */
static const struct step steps[] = {{false, 0.25, 1, {0}}, {true, 0.25, 3, {90, -90, 180}}, {false, 0.25, 4, {30, -30, 50, -50}}};
enum { NSTEPS = sizeof steps / sizeof *steps };

struct copy {
    struct fa_image image;
    double m[6]; /* from its pixels to those of the picture, as fa_image_warp() has it */
    double turn, scale;
};

/* Beyond the picture detectors do best with grey: of 47 FairFace crops of the small margin in which mtcnn found no face, it
 * found one in 35 with a border of grey, 26 with a mirrored one, 28 with the pixels of the edge drawn out, 16 with black. */
static void make_grey(struct copy *copy, const struct fa_image *image)
{
    const double *m = copy->m, right = (double)image->width - 0.5, bottom = (double)image->height - 0.5;
    for (size_t v = 0; v < copy->image.height; v++)
        for (size_t u = 0; u < copy->image.width; u++) {
            double x = m[0] * (double)u + m[1] * (double)v + m[2], y = m[3] * (double)u + m[4] * (double)v + m[5];
            if (x < -0.5 || x > right || y < -0.5 || y > bottom)
                memset(copy->image.pixel + 3 * (v * copy->image.width + u), 127, 3);
        }
}

static int make_copy(struct copy *copy, const struct fa_image *image, double border, double turn, struct fa_err *err)
{
    double across = cos(turn * 3.14159265358979323846 / 180), along = sin(turn * 3.14159265358979323846 / 180);
    double grown = 1 + 2 * border, side[2] = {(double)image->width, (double)image->height};
    double width = grown * (fabs(across) * side[0] + fabs(along) * side[1]);
    double height = grown * (fabs(along) * side[0] + fabs(across) * side[1]);
    *copy = (struct copy){.turn = turn, .scale = fmin(1, sqrt(most_pixels / (width * height)))};
    if (fa_image_new(&copy->image, (size_t)ceil(width * copy->scale), (size_t)ceil(height * copy->scale), err))
        return -1;
    double *m = copy->m, middle[2] = {0.5 * (double)(copy->image.width - 1), 0.5 * (double)(copy->image.height - 1)};
    m[0] = m[4] = across / copy->scale;
    m[1] = along / copy->scale;
    m[3] = -m[1];
    for (int axis = 0; axis < 2; axis++)
        m[3 * axis + 2] = 0.5 * (side[axis] - 1) - m[3 * axis] * middle[0] - m[3 * axis + 1] * middle[1];
    if (fa_image_warp(image, m, FA_BORDER_REPLICATE, &copy->image, err))
        return -1;
    make_grey(copy, image);
    return 0;
}

static void map_point(const double m[6], const double from[2], double to[2])
{
    for (int axis = 0; axis < 2; axis++)
        to[axis] = m[3 * axis] * from[0] + m[3 * axis + 1] * from[1] + m[3 * axis + 2];
}

static void map_points(const double m[6], float point[FA_FACE_POINTS][2])
{
    for (int i = 0; i < FA_FACE_POINTS; i++) {
        const double from[2] = {(double)point[i][0], (double)point[i][1]};
        double to[2];
        map_point(m, from, to);
        point[i][0] = (float)to[0];
        point[i][1] = (float)to[1];
    }
}

/* Brings a face of the copy into the picture: its box keeps its middle; its sides change places as it is turned by quarters
 * and are between the two before. False if its middle is beyond the picture. */
static bool map_face(const struct copy *copy, const struct fa_image *image, struct fa_face *face)
{
    float *box = face->box;
    const double from[2] = {0.5 * ((double)box[0] + (double)box[2] - 1), 0.5 * ((double)box[1] + (double)box[3] - 1)};
    double width = (double)box[2] - (double)box[0], height = (double)box[3] - (double)box[1], middle[2];
    double side[2] = {hypot(copy->m[0] * width, copy->m[1] * height), hypot(copy->m[3] * width, copy->m[4] * height)};
    map_point(copy->m, from, middle);
    for (int axis = 0; axis < 2; axis++) {
        box[axis] = (float)(middle[axis] + 0.5 - 0.5 * side[axis]);
        box[axis + 2] = (float)(middle[axis] + 0.5 + 0.5 * side[axis]);
    }
    map_points(copy->m, face->point);
    face->turn = (float)copy->turn;
    return middle[0] > 0 && middle[0] < (double)image->width && middle[1] > 0 && middle[1] < (double)image->height;
}

static int scan_copy(struct fa_scan *scan, const struct fa_image *image, double border, double turn, struct fa_faces *faces,
                     struct fa_err *err)
{
    struct copy copy;
    size_t kept = 0;
    int failed = make_copy(&copy, image, border, turn, err) || fa_scan_once(scan, &copy.image, faces, err);
    for (size_t i = 0; i < faces->n && !failed; i++)
        if (map_face(&copy, image, &faces->face[i]))
            faces->face[kept++] = faces->face[i];
    faces->n = kept;
    fa_image_free(&copy.image);
    return failed ? -1 : 0;
}

static bool is_settled(const struct fa_scan *scan, const struct fa_faces *faces)
{
    const struct fa_detector *detector = scan->detector;
    return faces->n && (!detector->options.upright || (double)faces->face[0].score >= detector->class->sure);
}

int fa_scan_again(struct fa_scan *scan, const struct fa_image *image, struct fa_faces *faces, struct fa_err *err)
{
    struct fa_faces found = {0};
    int failed = 0;
    for (size_t k = 0; k < NSTEPS && !failed && !is_settled(scan, faces); k++) {
        size_t n = steps[k].quarters && !scan->detector->options.upright ? 0 : steps[k].n;
        for (size_t i = 0; i < n && !failed; i++) {
            failed = scan_copy(scan, image, steps[k].border, steps[k].turn[i], &found, err);
            if (!failed && found.n && (!faces->n || found.face[0].score > faces->face[0].score)) {
                struct fa_faces better = found;
                found = *faces;
                *faces = better;
            }
        }
    }
    fa_faces_free(&found);
    return failed;
}

/* ---- points ---- */

int fa_scan_refine(struct fa_scan *scan, const struct fa_image *image, struct fa_faces *faces, struct fa_err *err)
{
    const struct fa_template arcface = {FA_TEMPLATE_ARCFACE, 0};
    struct fa_image crop;
    int failed = fa_image_new(&crop, REFINE_SIDE, REFINE_SIDE, err);
    for (size_t i = 0; i < faces->n && !failed; i++) {
        float point[FA_FACE_POINTS][2];
        struct fa_err ignored; /* points that fit no transform stay as they are */
        bool found = false;
        double m[6], border = -0.25 * REFINE_SIDE;
        if (fa_template_transform(&arcface, &faces->face[i], REFINE_SIDE / 2, REFINE_SIDE / 2, m, &ignored))
            continue;
        for (int axis = 0; axis < 2; axis++)
            m[3 * axis + 2] += border * (m[3 * axis] + m[3 * axis + 1]);
        if (fa_image_warp(image, m, FA_BORDER_REPLICATE, &crop, &ignored))
            continue;
        failed = scan->detector->class->refine(scan, &crop, point, &found, err);
        if (found && !failed) {
            map_points(m, point);
            memcpy(faces->face[i].point, point, sizeof point);
        }
    }
    fa_image_free(&crop);
    return failed;
}
