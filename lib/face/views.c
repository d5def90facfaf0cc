#include "views.h"

#include <math.h>

/* A picture at one scale. */
struct level {
    const struct viewer *viewer;
    struct fa_image image;
    double scale[2]; /* its pixels over those of the picture */
    bool last;       /* no smaller one follows */
};

void fa_view_planes(struct fa_scan *scan, const struct view *view, bool bgr)
{
    const struct fa_detector *detector = scan->detector;
    const struct fa_image *level = view->level;
    for (size_t plane = 0; plane < 3; plane++)
        for (size_t y = 0; y < view->height; y++) {
            float *to = scan->input + (plane * view->height + y) * view->width;
            float mean = detector->mean[plane], scale = detector->scale[plane];
            size_t inside = view->y + y < level->height ? level->width - view->x : 0, x = 0;
            const unsigned char *from = level->pixel + 3 * ((view->y + y) * level->width + view->x) + (bgr ? 2 - plane : plane);
            for (; x < inside && x < view->width; x++)
                to[x] = ((float)from[3 * x] - mean) * scale;
            for (; x < view->width; x++)
                to[x] = 0;
        }
}

/* Whether a box ends at an edge of its window that is none of the picture: a window beside it shows the whole face. */
static bool is_cut(const struct level *level, const struct view *view, const double box[4])
{
    const double near = 1;
    return (view->x && box[0] < near) || (view->y && box[1] < near) ||
           (view->x + view->width < level->image.width && box[2] > (double)view->width - near) ||
           (view->y + view->height < level->image.height && box[3] > (double)view->height - near);
}

/* From the window to the picture. */
static void place(struct candidate *candidate, const struct level *level, const struct view *view)
{
    const double begin[2] = {(double)view->x, (double)view->y};
    for (int i = 0; i < 4; i++)
        candidate->box[i] = (candidate->box[i] + begin[i % 2]) / level->scale[i % 2];
    for (int i = 0; i < FA_FACE_POINTS; i++)
        for (int axis = 0; axis < 2; axis++)
            candidate->point[i][axis] = (float)(((double)candidate->point[i][axis] + begin[axis] + 0.5) / level->scale[axis] - 0.5);
}

/* Not where the network's numbers ran wild. */
static bool is_box(const double box[4])
{
    for (int i = 0; i < 4; i++)
        if (!(fabs(box[i]) < 1e5))
            return false;
    return box[2] > box[0] && box[3] > box[1];
}

static double longer_side(const double box[4])
{
    return fmax(box[2] - box[0], box[3] - box[1]);
}

static int look(struct fa_scan *scan, const struct level *level, const struct view *view, struct fa_err *err)
{
    struct candidates *list = &scan->list;
    size_t first = list->n, kept = list->n;
    if (level->viewer->look(scan, view, err))
        return -1;
    for (size_t i = first; i < list->n; i++) {
        struct candidate *candidate = &list->item[i];
        bool large = !level->last && longer_side(candidate->box) > 2 * level->viewer->most;
        if (is_box(candidate->box) && !large && !is_cut(level, view, candidate->box)) {
            place(candidate, level, view);
            list->item[kept++] = *candidate;
        }
    }
    list->n = kept;
    return 0;
}

/* Windows of a side: as many as let neighbours share `shared` pixels. */
static size_t count_windows(size_t side, size_t window, size_t shared)
{
    return side <= window ? 1 : 1 + (side - window + window - shared - 1) / (window - shared);
}

/* The least side of n windows that cover a side and share as many pixels. */
static size_t window_side(const struct viewer *viewer, size_t most, size_t side, size_t n, size_t shared)
{
    size_t least = (side + (n - 1) * shared + n - 1) / n;
    size_t steps = viewer->step ? (least + viewer->step - 1) / viewer->step * viewer->step : most;
    return steps < most ? steps : most;
}

static int scan_level(struct fa_scan *scan, const struct level *level, struct fa_err *err)
{
    const struct viewer *viewer = level->viewer;
    size_t width = level->image.width, height = level->image.height, shared = (size_t)viewer->most;
    size_t nx = count_windows(width, viewer->width, shared), ny = count_windows(height, viewer->height, shared);
    struct view view = {.level = &level->image,
                        .width = window_side(viewer, viewer->width, width, nx, shared),
                        .height = window_side(viewer, viewer->height, height, ny, shared)};
    for (size_t j = 0; j < ny; j++)
        for (size_t i = 0; i < nx; i++) {
            view.x = nx > 1 ? i * (width - view.width) / (nx - 1) : 0;
            view.y = ny > 1 ? j * (height - view.height) / (ny - 1) : 0;
            if (look(scan, level, &view, err))
                return -1;
        }
    return 0;
}

static size_t scaled(size_t side, double scale)
{
    return (size_t)fmax(1, rint((double)side * scale));
}

static int scan_scale(struct fa_scan *scan, const struct fa_image *image, const struct viewer *viewer, double scale, bool last,
                      struct fa_err *err)
{
    struct level level = {.viewer = viewer, .last = last};
    size_t first = scan->list.n;
    if (fa_image_new(&level.image, scaled(image->width, scale), scaled(image->height, scale), err))
        return -1;
    level.scale[0] = (double)level.image.width / (double)image->width;
    level.scale[1] = (double)level.image.height / (double)image->height;
    int failed = fa_image_resize(image, &level.image, err) || scan_level(scan, &level, err);
    fa_image_free(&level.image);
    if (!failed)
        fa_candidates_suppress(&scan->list, first, OVERLAP_UNION, viewer->overlap, 0);
    return failed ? -1 : 0;
}

int fa_view_all(struct fa_scan *scan, const struct fa_image *image, const struct viewer *viewer, struct fa_err *err)
{
    double scale = viewer->least / scan->detector->options.min_face;
    bool reach = viewer->reach > 0;
    double whole = fmin((reach ? viewer->reach : (double)viewer->width) / (double)image->width,
                        (reach ? viewer->reach : (double)viewer->height) / (double)image->height);
    for (; scale > whole; scale *= viewer->least / viewer->most)
        if (scan_scale(scan, image, viewer, scale, false, err))
            return -1;
    if (scan_scale(scan, image, viewer, viewer->step ? fmin(scale, whole) : whole, true, err))
        return -1;
    fa_candidates_suppress(&scan->list, 0, OVERLAP_UNION, viewer->overlap, 0);
    fa_candidates_suppress(&scan->list, 0, OVERLAP_MIN, 0.7, 0);
    return 0;
}
