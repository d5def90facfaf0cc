/* YuNet: at each place of three grids it tells whether there is a face, where its box lies and where its five points. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "views.h"

enum { CLASS, OBJECT, BOX, POINTS, KINDS };
/* It was trained on pictures of 640 pixels, but windows may be larger: what two of them share is looked at twice. */
enum { GRIDS = 3, COARSEST = 32, REACH = 640, SIDE = 1024, NINPUT = 3 * SIDE * SIDE };

static int check(struct fa_detector *detector, struct fa_err *err)
{
    static const char *const kind[KINDS] = {"cls", "obj", "bbox", "kps"};
    static const size_t length[KINDS] = {1, 1, 4, 2 * FA_FACE_POINTS};
    for (size_t k = 0; k < KINDS; k++)
        for (size_t grid = 0; grid < GRIDS; grid++) {
            char name[16];
            snprintf(name, sizeof name, "%s_%d", kind[k], 8 << grid);
            if (fa_detector_output(detector, 0, GRIDS * k + grid, name, length[k], err))
                return -1;
        }
    return 0;
}

/* Numbers count in steps of the grid: of the box its middle, as seen from the place, and the logarithms of its sides; of the
 * points their distance from the place. */
static void decode(struct candidate *candidate, size_t column, size_t row, double step, const float *box, const float *point)
{
    double x = ((double)column + (double)box[0]) * step, y = ((double)row + (double)box[1]) * step;
    double width = exp((double)box[2]) * step, height = exp((double)box[3]) * step;
    const double edges[4] = {x - 0.5 * width, y - 0.5 * height, x + 0.5 * width, y + 0.5 * height};
    memcpy(candidate->box, edges, sizeof edges);
    for (size_t i = 0; i < FA_FACE_POINTS; i++) {
        candidate->point[i][0] = (float)(((double)column + (double)point[2 * i]) * step - 0.5);
        candidate->point[i][1] = (float)(((double)row + (double)point[2 * i + 1]) * step - 0.5);
    }
}

static double clip(float part)
{
    return fmin(fmax((double)part, 0), 1);
}

static int read_grid(struct fa_scan *scan, const struct fa_tensor *output, size_t grid, const struct view *view, struct fa_err *err)
{
    static const size_t length[KINDS] = {1, 1, 4, 2 * FA_FACE_POINTS};
    const float *number[KINDS];
    size_t step = (size_t)8 << grid, columns = view->width / step, n = columns * (view->height / step);
    for (size_t k = 0; k < KINDS; k++)
        if (fa_scan_numbers(scan, 0, output, GRIDS * k + grid, n * length[k], &number[k], err))
            return -1;
    for (size_t i = 0; i < n; i++) {
        double score = sqrt(clip(number[CLASS][i]) * clip(number[OBJECT][i]));
        if (!(score >= scan->detector->options.threshold[0]))
            continue;
        struct candidate *candidate = fa_candidates_add(&scan->list, err);
        if (!candidate)
            return -1;
        candidate->score = score;
        decode(candidate, i % columns, i / columns, (double)step, number[BOX] + 4 * i, number[POINTS] + 2 * FA_FACE_POINTS * i);
    }
    return 0;
}

static int look(struct fa_scan *scan, const struct view *view, struct fa_err *err)
{
    struct fa_tensor input = {scan->input, 4, {1, 3, view->height, view->width}}, output[DETECTOR_OUTPUTS];
    fa_view_planes(scan, view, true);
    if (fa_exec_run(scan->exec[0], &input, output, err))
        return -1;
    for (size_t grid = 0; grid < GRIDS; grid++)
        if (read_grid(scan, output, grid, view, err))
            return -1;
    return 0;
}

static int run(struct fa_scan *scan, const struct fa_image *image, struct fa_err *err)
{
    static const struct viewer viewer = {SIDE, SIDE, COARSEST, 20, 160, REACH, 0.3, look};
    return fa_view_all(scan, image, &viewer, err);
}

/* The face of the best score whose box has the crop's middle in it. */
static int refine(struct fa_scan *scan, const struct fa_image *crop, float point[FA_FACE_POINTS][2], bool *found,
                  struct fa_err *err)
{
    const struct view view = {crop, 0, 0, REFINE_SIDE, REFINE_SIDE};
    double best = 0, middle = 0.5 * REFINE_SIDE;
    scan->list.n = 0;
    if (look(scan, &view, err))
        return -1;
    for (size_t i = 0; i < scan->list.n; i++) {
        const struct candidate *candidate = &scan->list.item[i];
        const double *box = candidate->box;
        if (candidate->score > best && box[0] < middle && box[1] < middle && box[2] > middle && box[3] > middle) {
            best = candidate->score;
            memcpy(point, candidate->point, sizeof candidate->point);
            *found = true;
        }
    }
    return 0;
}

const struct detector_class fa_detector_yunet = {
    .name = "yunet",
    .nnets = 1,
    .flags = FA_NET_ANY_SIZE,
    .own = {.min_face = 40, .nthresholds = 1, .threshold = {0.7}},
    .sure = 0.9,
    .ninput = NINPUT,
    .check = check,
    .run = run,
    .refine = refine,
};
