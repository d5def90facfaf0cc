#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fa/image.h"
#include "fa/mem.h"

/* The pixels along one axis that reach a point, and their weights. */
struct window {
    double at; /* the point that first, n and weight are for */
    long first;
    size_t n;
    float *weight;
};

struct warp {
    const struct fa_image *from;
    enum fa_border border;
    double wide[2];          /* the kernel's width in x and y, at least 1 */
    struct window window[2]; /* in x, in y */
    float *sum;              /* a row of pixels, summed in y */
    unsigned char *row;      /* pixels of a row that reaches beyond the edge */
};

static float cubic(float x)
{
    x = fabsf(x);
    if (x < 1)
        return (1.5f * x - 2.5f) * x * x + 1;
    return x < 2 ? ((-0.5f * x + 2.5f) * x - 4) * x + 2 : 0;
}

static void place_window(struct window *window, double at, double wide)
{
    double first = ceil(at - 2 * wide);
    if (window->n && window->at == at) /* along a row of a crop that is not turned */
        return;
    float total = 0, step = (float)(1 / wide), x = (float)((first - at) / wide);
    window->at = at;
    window->first = (long)first;
    window->n = (size_t)(floor(at + 2 * wide) - first) + 1;
    for (size_t i = 0; i < window->n; i++)
        total += window->weight[i] = cubic(x + (float)i * step);
    for (size_t i = 0; i < window->n; i++)
        window->weight[i] /= total;
}

static long clamp(long x, size_t length)
{
    return x < 0 ? 0 : x < (long)length ? x : (long)length - 1;
}

/* The bytes of row y under the window in x. */
static const unsigned char *find_row(struct warp *warp, long y)
{
    const struct fa_image *from = warp->from;
    const struct window *window = &warp->window[0];
    const unsigned char *row = from->pixel + 3 * from->width * (size_t)clamp(y, from->height);
    if (window->first >= 0 && window->first + (long)window->n <= (long)from->width)
        return row + 3 * window->first;
    for (size_t i = 0; i < window->n; i++) {
        long x = window->first + (long)i, inside = clamp(x, from->width);
        if (warp->border == FA_BORDER_BLACK && x != inside)
            memset(warp->row + 3 * i, 0, 3);
        else
            memcpy(warp->row + 3 * i, row + 3 * inside, 3);
    }
    return warp->row;
}

static void sample(struct warp *warp, double x, double y, unsigned char out[3])
{
    const struct window *across = &warp->window[0], *down = &warp->window[1];
    float total[3] = {0};
    place_window(&warp->window[0], x, warp->wide[0]);
    place_window(&warp->window[1], y, warp->wide[1]);
    memset(warp->sum, 0, 3 * across->n * sizeof *warp->sum);
    for (size_t k = 0; k < down->n; k++) {
        long row_y = down->first + (long)k;
        if (warp->border == FA_BORDER_BLACK && row_y != clamp(row_y, warp->from->height))
            continue;
        const unsigned char *row = find_row(warp, row_y);
        for (size_t i = 0; i < 3 * across->n; i++)
            warp->sum[i] += down->weight[k] * (float)row[i];
    }
    for (size_t i = 0; i < across->n; i++)
        for (size_t c = 0; c < 3; c++)
            total[c] += across->weight[i] * warp->sum[3 * i + c];
    for (size_t c = 0; c < 3; c++)
        out[c] = (unsigned char)lrintf(fminf(fmaxf(total[c], 0), 255));
}

/* All corners must be near enough for their coordinates to be exact in float weights and to fit a long. */
static int check_transform(const double m[6], const struct fa_image *to, const double wide[2], struct fa_err *err)
{
    for (int axis = 0; axis < 2; axis++) {
        const double *row = m + 3 * axis;
        double reach = fabs(row[0]) * (double)to->width + fabs(row[1]) * (double)to->height + fabs(row[2]);
        if (!(reach <= 1e6) || !(wide[axis] <= 1e4))
            return fa_err_set(err, "transform out of range: (%g %g %g, %g %g %g)", m[0], m[1], m[2], m[3], m[4], m[5]);
    }
    return 0;
}

static int open_warp(struct warp *warp, struct fa_err *err)
{
    size_t most[2];
    for (int axis = 0; axis < 2; axis++) {
        most[axis] = (size_t)(4 * warp->wide[axis]) + 2;
        warp->window[axis].weight = fa_mem_array(most[axis], sizeof(float), err);
        if (!warp->window[axis].weight)
            return -1;
    }
    warp->sum = fa_mem_array(most[0], 3 * sizeof *warp->sum, err);
    warp->row = warp->sum ? fa_mem_array(most[0], 3, err) : NULL;
    return warp->row ? 0 : -1;
}

int fa_image_warp(const struct fa_image *from, const double m[6], enum fa_border border, struct fa_image *to,
                  struct fa_err *err)
{
    struct warp warp = {.from = from, .border = border};
    warp.wide[0] = fmax(1, hypot(m[0], m[1]));
    warp.wide[1] = fmax(1, hypot(m[3], m[4]));
    if (check_transform(m, to, warp.wide, err))
        return -1;
    int failed = open_warp(&warp, err);
    for (size_t v = 0; v < to->height && !failed; v++)
        for (size_t u = 0; u < to->width; u++) {
            double x = m[0] * (double)u + m[1] * (double)v + m[2], y = m[3] * (double)u + m[4] * (double)v + m[5];
            sample(&warp, x, y, to->pixel + 3 * (v * to->width + u));
        }
    free(warp.window[0].weight);
    free(warp.window[1].weight);
    free(warp.sum);
    free(warp.row);
    return failed ? -1 : 0;
}
