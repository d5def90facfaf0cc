/* MTCNN (Zhang et al. 2016): a small convolutional network over a pyramid of the picture proposes boxes (P-Net); two more
 * look at each proposal, at 24 and at 48 pixels, throw out what is no face and correct the rest (R-Net, O-Net). All three
 * were trained in MATLAB: their pictures are transposed (x before y) and their boxes count pixels from 1, the right and
 * bottom one included. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "detector.h"
#include "fa/mem.h"

enum { PNET, RNET, ONET };
enum { SCORES, SHIFTS, POINTS };
enum {
    CELL = 12,    /* P-Net's field of view, in pixels of a pyramid level */
    STRIDE = 2,   /* and the distance of its neighbours */
    TILE = 131,   /* positions of P-Net along each side that one run takes, so that no picture is too large for memory */
    VIEW = STRIDE * TILE + CELL - STRIDE, /* pixels that these see */
    NINPUT = 3 * VIEW * VIEW,
    BATCH = 8, /* candidates at once, of which R-Net's and O-Net's layers stay in the cache */
};
static const double unit = 1; /* boxes include their last pixel */

static int check(struct fa_detector *detector, struct fa_err *err)
{
    for (size_t net = PNET; net <= ONET; net++) {
        size_t noutputs = net == ONET ? 3 : 2;
        if (fa_net_ninputs(detector->net[net]) != 1 || fa_net_noutputs(detector->net[net]) != noutputs)
            return fa_err_set(err, "mtcnn: network %zu does not have one input and %zu outputs", net + 1, noutputs);
        if (fa_detector_output(detector, net, SCORES, NULL, 2, err) || fa_detector_output(detector, net, SHIFTS, NULL, 4, err))
            return -1;
    }
    return fa_detector_output(detector, ONET, POINTS, NULL, 2 * FA_FACE_POINTS, err);
}

/* Runs a net on n inputs of width x height pixels; every output must hold n * positions rows of its kind. */
static int run_net(struct fa_scan *scan, size_t net, size_t n, size_t width, size_t height, size_t positions,
                   const float *result[3], struct fa_err *err)
{
    static const size_t length[] = {2, 4, 2 * FA_FACE_POINTS};
    struct fa_tensor input = {scan->input, 4, {n, width, height, 3}}, output[DETECTOR_OUTPUTS];
    if (fa_exec_run(scan->exec[net], &input, output, err))
        return -1;
    for (size_t role = SCORES; role <= (net == ONET ? POINTS : SHIFTS); role++)
        if (fa_scan_numbers(scan, net, output, role, n * positions * length[role], &result[role], err))
            return -1;
    return 0;
}

/* ---- boxes ---- */

static void make_square(double box[4])
{
    double width = box[2] - box[0], height = box[3] - box[1], side = fmax(width, height);
    box[0] += 0.5 * width - 0.5 * side;
    box[1] += 0.5 * height - 0.5 * side;
    box[2] = box[0] + side;
    box[3] = box[1] + side;
}

static void shift_edges(struct candidate *candidate, double extra)
{
    double *box = candidate->box, width = box[2] - box[0] + extra, height = box[3] - box[1] + extra;
    for (int i = 0; i < 4; i++)
        box[i] += (double)candidate->shift[i] * (i % 2 ? height : width);
}

static void cut_fractions(double box[4])
{
    for (int i = 0; i < 4; i++)
        box[i] = trunc(box[i]);
}

/* The pixels of a box, counted from 0. False where it has none, or the network's numbers ran wild. */
static bool box_region(const double box[4], struct fa_region *region)
{
    double width = box[2] - box[0] + unit, height = box[3] - box[1] + unit, far = 1e6;
    if (!(width >= 1 && width < far && height >= 1 && height < far && fabs(box[0]) < far && fabs(box[1]) < far))
        return false;
    *region = (struct fa_region){(long)box[0] - 1, (long)box[1] - 1, (size_t)width, (size_t)height};
    return true;
}

/* ---- P-Net ---- */

/* Positions of P-Net along n pixels: 3x3, pool 2 (the last one may hang over), 3x3, 3x3. */
static size_t positions(size_t n)
{
    return (n - 1) / 2 - 4;
}

/* Columns x.. and rows y.. of a level, transposed, into the network's input. */
static void fill_tile(struct fa_scan *scan, const struct fa_image *level, size_t x, size_t y, size_t width, size_t height)
{
    const struct fa_detector *detector = scan->detector;
    for (size_t j = 0; j < height; j++) {
        const unsigned char *row = level->pixel + 3 * ((y + j) * level->width + x);
        for (size_t i = 0; i < width; i++)
            for (size_t c = 0; c < 3; c++)
                scan->input[3 * (i * height + j) + c] = ((float)row[3 * i + c] - detector->mean[c]) * detector->scale[c];
    }
}

static int propose(struct fa_scan *scan, const size_t position[2], double scale, double score, const float shift[4],
                   struct fa_err *err)
{
    struct candidate *candidate = fa_candidates_add(&scan->list, err);
    if (!candidate)
        return -1;
    for (int i = 0; i < 4; i++)
        candidate->box[i] = trunc(((double)(STRIDE * position[i % 2]) + (i < 2 ? 1 : CELL)) / scale);
    candidate->score = score;
    memcpy(candidate->shift, shift, sizeof candidate->shift);
    return 0;
}

/* A level on its way through P-Net. */
struct level {
    struct fa_image image;
    double scale;
    size_t nx, ny;   /* positions */
    size_t last[2];  /* position of the last proposal */
};

/* Runs P-Net for the positions x..x+nx-1, y..y+ny-1. */
static int run_tile(struct fa_scan *scan, const struct level *level, size_t x, size_t y, size_t nx, size_t ny,
                    const float *result[3], struct fa_err *err)
{
    size_t width = level->image.width - STRIDE * x, height = level->image.height - STRIDE * y;
    if (positions(width) > nx)
        width = STRIDE * nx + CELL - STRIDE;
    if (positions(height) > ny)
        height = STRIDE * ny + CELL - STRIDE;
    fill_tile(scan, &level->image, STRIDE * x, STRIDE * y, width, height);
    return run_net(scan, PNET, 1, width, height, nx * ny, result, err);
}

static int scan_tile(struct fa_scan *scan, struct level *level, size_t x, size_t y, struct fa_err *err)
{
    const float *result[3] = {0};
    size_t nx = level->nx - x < TILE ? level->nx - x : TILE, ny = level->ny - y < TILE ? level->ny - y : TILE;
    if (run_tile(scan, level, x, y, nx, ny, result, err))
        return -1;
    for (size_t i = 0; i < nx * ny; i++) {
        double score = (double)result[SCORES][2 * i + 1];
        if (!(score >= scan->detector->options.threshold[PNET]))
            continue;
        level->last[0] = x + i / ny;
        level->last[1] = y + i % ny;
        if (propose(scan, level->last, level->scale, score, result[SHIFTS] + 4 * i, err))
            return -1;
    }
    return 0;
}

/* A level with a single proposal takes its shift from the position mirrored in x. That is a slip of the published Python
 * code (detect_face.py of facenet, a row turned over that MATLAB had to turn), kept because the crops that FaceNet was
 * trained on were made with it. */
static int mirror_shift(struct fa_scan *scan, const struct level *level, struct candidate *single, struct fa_err *err)
{
    const float *result[3] = {0};
    if (run_tile(scan, level, level->nx - 1 - level->last[0], level->last[1], 1, 1, result, err))
        return -1;
    memcpy(single->shift, result[SHIFTS], sizeof single->shift);
    return 0;
}

static int scan_level(struct fa_scan *scan, const struct fa_image *image, double scale, struct fa_err *err)
{
    struct level level = {.scale = scale};
    size_t width = (size_t)ceil((double)image->width * scale), height = (size_t)ceil((double)image->height * scale);
    size_t first = scan->list.n;
    level.nx = positions(width);
    level.ny = positions(height);
    if (fa_image_new(&level.image, width, height, err))
        return -1;
    int failed = fa_image_resize(image, &level.image, err);
    for (size_t x = 0; x < level.nx && !failed; x += TILE)
        for (size_t y = 0; y < level.ny && !failed; y += TILE)
            failed = scan_tile(scan, &level, x, y, err);
    if (!failed && scan->list.n == first + 1)
        failed = mirror_shift(scan, &level, &scan->list.item[first], err);
    fa_image_free(&level.image);
    if (!failed)
        fa_candidates_suppress(&scan->list, first, OVERLAP_UNION, 0.5, unit);
    return failed;
}

static int scan_pyramid(struct fa_scan *scan, const struct fa_image *image, struct fa_err *err)
{
    const struct fa_detector_options *options = &scan->detector->options;
    size_t shorter = image->width < image->height ? image->width : image->height;
    double scale = CELL / options->min_face, side = (double)shorter * scale;
    for (int level = 0; side >= CELL; level++, side *= options->factor)
        if (scan_level(scan, image, scale * pow(options->factor, level), err))
            return -1;
    fa_candidates_suppress(&scan->list, 0, OVERLAP_UNION, 0.7, unit);
    for (size_t i = 0; i < scan->list.n; i++) {
        shift_edges(&scan->list.item[i], 0);
        make_square(scan->list.item[i].box);
    }
    return 0;
}

/* ---- R-Net and O-Net ---- */

/* The region of a candidate as input number k. */
static int fill_patch(struct fa_scan *scan, const struct fa_image *image, struct fa_region region, size_t side, size_t k,
                      struct fa_err *err)
{
    const struct fa_detector *detector = scan->detector;
    float *input = scan->input + k * 3 * side * side;
    if (fa_image_resize_area(image, region, side, side, scan->patch, err))
        return -1;
    for (size_t j = 0; j < side; j++)
        for (size_t i = 0; i < side; i++)
            for (size_t c = 0; c < 3; c++)
                input[3 * (i * side + j) + c] = (scan->patch[3 * (j * side + i) + c] - detector->mean[c]) * detector->scale[c];
    return 0;
}

/* Points lie in the box, from 0 to 1; x of all five, then y. */
static void place_points(struct candidate *candidate, const float *part)
{
    const double *box = candidate->box;
    for (int i = 0; i < FA_FACE_POINTS; i++) {
        candidate->point[i][0] = (float)((box[2] - box[0] + unit) * (double)part[i] + box[0] - 1);
        candidate->point[i][1] = (float)((box[3] - box[1] + unit) * (double)part[FA_FACE_POINTS + i] + box[1] - 1);
    }
}

/* Takes candidate[0..n-1] through a net and moves those that pass to kept. Returns their number, or -1. */
static long judge_batch(struct fa_scan *scan, size_t net, size_t side, struct candidate *candidate, size_t n,
                        struct candidate *kept, struct fa_err *err)
{
    const float *result[3] = {0};
    long passed = 0;
    if (run_net(scan, net, n, side, side, 1, result, err))
        return -1;
    for (size_t i = 0; i < n; i++) {
        candidate[i].score = (double)result[SCORES][2 * i + 1];
        if (!(candidate[i].score > scan->detector->options.threshold[net]))
            continue;
        memcpy(candidate[i].shift, result[SHIFTS] + 4 * i, sizeof candidate[i].shift);
        if (net == ONET)
            place_points(&candidate[i], result[POINTS] + 2 * FA_FACE_POINTS * i);
        kept[passed++] = candidate[i];
    }
    return passed;
}

/* Leaves the candidates that the net takes for faces. */
static int judge(struct fa_scan *scan, const struct fa_image *image, size_t net, size_t side, struct fa_err *err)
{
    struct candidates *list = &scan->list;
    size_t kept = 0, batch = 0;
    for (size_t i = 0; i < list->n; i++) {
        struct fa_region region;
        struct candidate candidate = list->item[i];
        cut_fractions(candidate.box);
        if (box_region(candidate.box, &region)) {
            if (fill_patch(scan, image, region, side, batch, err))
                return -1;
            list->item[kept + batch++] = candidate; /* at or before i */
        }
        if (batch == BATCH || (batch && i + 1 == list->n)) {
            long passed = judge_batch(scan, net, side, list->item + kept, batch, list->item + kept, err);
            if (passed < 0)
                return -1;
            kept += (size_t)passed;
            batch = 0;
        }
    }
    list->n = kept;
    return 0;
}

static int run(struct fa_scan *scan, const struct fa_image *image, struct fa_err *err)
{
    struct candidates *list = &scan->list;
    if (scan_pyramid(scan, image, err) || judge(scan, image, RNET, 24, err))
        return -1;
    fa_candidates_suppress(list, 0, OVERLAP_UNION, 0.7, unit);
    for (size_t i = 0; i < list->n; i++) {
        shift_edges(&list->item[i], unit);
        make_square(list->item[i].box);
    }
    if (judge(scan, image, ONET, 48, err))
        return -1;
    for (size_t i = 0; i < list->n; i++)
        shift_edges(&list->item[i], unit);
    fa_candidates_suppress(list, 0, OVERLAP_MIN, 0.7, unit);
    return 0;
}

/* O-Net once more: in the crop its square is known, that of the template's points. */
static int refine(struct fa_scan *scan, const struct fa_image *crop, float point[FA_FACE_POINTS][2], bool *found,
                  struct fa_err *err)
{
    const struct fa_region region = {52, 59, 88, 88};
    struct candidate face = {.box = {53, 60, 140, 147}};
    const float *result[3] = {0};
    if (fill_patch(scan, crop, region, 48, 0, err) || run_net(scan, ONET, 1, 48, 48, 1, result, err))
        return -1;
    place_points(&face, result[POINTS]);
    memcpy(point, face.point, sizeof face.point);
    *found = (double)result[SCORES][1] > scan->detector->options.threshold[ONET];
    return 0;
}

const struct detector_class fa_detector_mtcnn = {
    .name = "mtcnn",
    .nnets = 3,
    .own = {.min_face = 40, .factor = 0.709, .nthresholds = 3, .threshold = {0.6, 0.7, 0.7}},
    .sure = 0.99,
    .ninput = NINPUT,
    .check = check,
    .run = run,
    .refine = refine,
};
