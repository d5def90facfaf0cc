/* RFB-320, which tells all faces of a window of 320x240 pixels at once, and a network that finds 68 landmarks in each. */
#include <math.h>
#include <string.h>

#include "views.h"

enum { DETECT, LANDMARK };
enum { SCORES, BOXES, POINTS = 0 };
enum { WIDTH = 320, HEIGHT = 240, NINPUT = 3 * WIDTH * HEIGHT, SIDE = PATCH_SIDE, LANDMARKS = 68 };
enum { BATCH = NINPUT / (3 * SIDE * SIDE) };

static int check(struct fa_detector *detector, struct fa_err *err)
{
    return fa_detector_output(detector, DETECT, SCORES, NULL, 2, err) ||
                   fa_detector_output(detector, DETECT, BOXES, NULL, 4, err) ||
                   fa_detector_output(detector, LANDMARK, POINTS, NULL, 2 * LANDMARKS, err)
               ? -1
               : 0;
}

/* ---- faces ---- */

/* Boxes come decoded: left, top, right, bottom, each as a part of the window. */
static int look(struct fa_scan *scan, const struct view *view, struct fa_err *err)
{
    const struct fa_detector *detector = scan->detector;
    struct fa_tensor input = {scan->input, 4, {1, 3, HEIGHT, WIDTH}}, output[DETECTOR_OUTPUTS];
    const float *score, *box;
    fa_view_planes(scan, view, false);
    if (fa_exec_run(scan->exec[DETECT], &input, output, err))
        return -1;
    const struct fa_tensor *scores = &output[detector->output[DETECT][SCORES]];
    size_t n = scores->rank > 1 ? scores->dim[scores->rank - 2] : 0;
    if (fa_scan_numbers(scan, DETECT, output, SCORES, 2 * n, &score, err) ||
        fa_scan_numbers(scan, DETECT, output, BOXES, 4 * n, &box, err))
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (!((double)score[2 * i + 1] >= detector->options.threshold[0]))
            continue;
        struct candidate *candidate = fa_candidates_add(&scan->list, err);
        if (!candidate)
            return -1;
        candidate->score = (double)score[2 * i + 1];
        for (size_t k = 0; k < 4; k++)
            candidate->box[k] = (double)box[4 * i + k] * (k % 2 ? HEIGHT : WIDTH);
    }
    return 0;
}

/* ---- landmarks ---- */

static struct fa_region square(double x, double y, double side)
{
    size_t pixels = (size_t)fmax(1, rint(side));
    return (struct fa_region){lrint(x - 0.5 * side), lrint(y - 0.5 * side), pixels, pixels};
}

/* The square that is shown to the landmark network first: as long as the longer side of the box, and an eighth of that
 * lower. So its points lie nearest to mtcnn's, and move least where the box does. */
static struct fa_region first_region(const double box[4])
{
    double side = fmin(fmax(box[2] - box[0], box[3] - box[1]), 1e6);
    return square(0.5 * (box[0] + box[2]), 0.5 * (box[1] + box[3]) + 0.12 * side, side);
}

/* And the second time: 1.2 times the square about the landmarks. Where the box is moved, the points that this gives move a
 * third as far as those of the first time (0.006 of the distance of the eyes, for boxes moved by 4 %). */
static struct fa_region second_region(struct fa_region region, const float *landmark)
{
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY}, side = (double)region.width;
    for (size_t i = 0; i < LANDMARKS; i++)
        for (size_t axis = 0; axis < 2; axis++) {
            low[axis] = fmin(low[axis], (double)landmark[2 * i + axis]);
            high[axis] = fmax(high[axis], (double)landmark[2 * i + axis]);
        }
    double extent = fmax(high[0] - low[0], high[1] - low[1]) * 1.2 * side;
    if (!(extent >= 0.25 * side && extent <= 4 * side && fabs(low[0] + high[0]) < 4 && fabs(low[1] + high[1]) < 4))
        return region; /* no face */
    return square((double)region.x + 0.5 * (low[0] + high[0]) * side, (double)region.y + 0.5 * (low[1] + high[1]) * side, extent);
}

/* Luma (ITU-R BT.601) of a region, as input number k. */
static int fill_grey(struct fa_scan *scan, const struct fa_image *image, struct fa_region region, size_t k, struct fa_err *err)
{
    float *to = scan->input + k * SIDE * SIDE;
    if (fa_image_resize_area(image, region, SIDE, SIDE, scan->patch, err))
        return -1;
    for (size_t i = 0; i < SIDE * SIDE; i++)
        to[i] = (0.299f * scan->patch[3 * i] + 0.587f * scan->patch[3 * i + 1] + 0.114f * scan->patch[3 * i + 2]) / 256;
    return 0;
}

/* The five points in the landmarks' numbering: eyes (their mean), tip of the nose, corners of the mouth. */
static void place_points(struct fa_region region, const float *landmark, float point[FA_FACE_POINTS][2])
{
    static const size_t first[FA_FACE_POINTS] = {36, 42, 30, 48, 54}, n[FA_FACE_POINTS] = {6, 6, 1, 1, 1};
    for (size_t i = 0; i < FA_FACE_POINTS; i++) {
        float x = 0, y = 0;
        for (size_t k = first[i]; k < first[i] + n[i]; k++) {
            x += landmark[2 * k] / (float)n[i];
            y += landmark[2 * k + 1] / (float)n[i];
        }
        point[i][0] = (float)region.x + x * (float)region.width - 0.5f;
        point[i][1] = (float)region.y + y * (float)region.height - 0.5f;
    }
}

/* Landmarks in n regions of a picture, as parts of the regions. */
static int run_landmarks(struct fa_scan *scan, const struct fa_image *image, const struct fa_region *region, size_t n,
                         const float **landmark, struct fa_err *err)
{
    struct fa_tensor input = {scan->input, 4, {n, 1, SIDE, SIDE}}, output[DETECTOR_OUTPUTS];
    for (size_t i = 0; i < n; i++)
        if (fill_grey(scan, image, region[i], i, err))
            return -1;
    return fa_exec_run(scan->exec[LANDMARK], &input, output, err) ||
                   fa_scan_numbers(scan, LANDMARK, output, POINTS, n * 2 * LANDMARKS, landmark, err)
               ? -1
               : 0;
}

/* Twice, the second time where the first one found them. */
static int find_landmarks(struct fa_scan *scan, const struct fa_image *image, struct fa_region *region, size_t n,
                          const float **landmark, struct fa_err *err)
{
    if (run_landmarks(scan, image, region, n, landmark, err))
        return -1;
    for (size_t i = 0; i < n; i++)
        region[i] = second_region(region[i], *landmark + 2 * LANDMARKS * i);
    return run_landmarks(scan, image, region, n, landmark, err);
}

static int find_points(struct fa_scan *scan, const struct fa_image *image, struct candidate *candidate, size_t n,
                       struct fa_err *err)
{
    struct fa_region region[BATCH];
    const float *landmark;
    for (size_t i = 0; i < n; i++)
        region[i] = first_region(candidate[i].box);
    if (find_landmarks(scan, image, region, n, &landmark, err))
        return -1;
    for (size_t i = 0; i < n; i++)
        place_points(region[i], landmark + 2 * LANDMARKS * i, candidate[i].point);
    return 0;
}

static int run(struct fa_scan *scan, const struct fa_image *image, struct fa_err *err)
{
    static const struct viewer viewer = {WIDTH, HEIGHT, 0, 16, 64, 0, 0.4, look};
    struct candidates *list = &scan->list;
    if (fa_view_all(scan, image, &viewer, err))
        return -1;
    for (size_t i = 0; i < list->n; i += BATCH)
        if (find_points(scan, image, list->item + i, list->n - i < BATCH ? list->n - i : BATCH, err))
            return -1;
    return 0;
}

/* In a crop the face's square is known: that of the template's points. */
static int refine(struct fa_scan *scan, const struct fa_image *crop, float point[FA_FACE_POINTS][2], bool *found,
                  struct fa_err *err)
{
    struct fa_region region = {54, 69, 84, 84};
    const float *landmark;
    if (find_landmarks(scan, crop, &region, 1, &landmark, err))
        return -1;
    place_points(region, landmark, point);
    *found = true;
    return 0;
}

const struct detector_class fa_detector_rfb = {
    .name = "rfb",
    .nnets = 2,
    .own = {.min_face = 40, .nthresholds = 1, .threshold = {0.7}},
    .sure = 0.9995,
    .ninput = NINPUT,
    .check = check,
    .run = run,
    .refine = refine,
};
