#include "direct.h"

enum { FINISH_FLOATS = 1 << 12 };

struct run {
    const struct net_direct *direct;
    const struct net_geometry *g;
};

/* The outputs ox..ox+n-1 of one row, whose windows have taps y..y+rows-1 by x..x+cols-1 in the image. */
static void direct_span(const struct run *s, const float *row, size_t ox, size_t n, size_t y, size_t rows, size_t x,
                        size_t cols, float *out)
{
    const struct net_window *w = s->direct->window;
    struct fa_window window = {.channels = s->g->channels,
                               .rows = rows,
                               .cols = cols,
                               .row = (ptrdiff_t)w->dilation[0] * s->g->row,
                               .col = (ptrdiff_t)w->dilation[1] * s->g->pixel,
                               .step = (ptrdiff_t)w->stride[1] * s->g->pixel,
                               .width = w->kernel[1]};
    ptrdiff_t x0 = (ptrdiff_t)(ox * w->stride[1] + x * w->dilation[1]) - (ptrdiff_t)s->g->begin[1];
    const float *taps = s->direct->weights + (y * w->kernel[1] + x) * s->direct->in * s->direct->out;
    if (s->direct->depthwise)
        fa_tensor_depthwise(&window, n, row + x0 * s->g->pixel, taps, out + ox * s->direct->out);
    else
        fa_tensor_narrow(&window, n, s->direct->out, row + x0 * s->g->pixel, taps, out + ox * s->direct->out);
}

static void direct_row(const struct run *s, const float *image, size_t oy, float *out)
{
    const struct net_window *w = s->direct->window;
    size_t y, rows, x, cols, whole;
    ptrdiff_t y0 = (ptrdiff_t)(oy * w->stride[0]) - (ptrdiff_t)s->g->begin[0];
    net_window_taps(y0, w->kernel[0], w->dilation[0], s->g->in[0], &y, &rows);
    const float *row = image + (y0 + (ptrdiff_t)(y * w->dilation[0])) * s->g->row;
    for (size_t ox = 0; ox < s->g->out[1]; ox += whole) {
        ptrdiff_t x0 = (ptrdiff_t)(ox * w->stride[1]) - (ptrdiff_t)s->g->begin[1];
        net_window_taps(x0, w->kernel[1], w->dilation[1], s->g->in[1], &x, &cols);
        /* where the last whole window begins */
        ptrdiff_t last = (ptrdiff_t)s->g->in[1] - 1 - (ptrdiff_t)((w->kernel[1] - 1) * w->dilation[1]);
        whole = 1;
        if (cols == w->kernel[1]) {
            whole = (size_t)(last - x0) / w->stride[1] + 1;
            whole = whole > s->g->out[1] - ox ? s->g->out[1] - ox : whole;
        }
        direct_span(s, row, ox, whole, y, rows, x, cols, out);
    }
}

/* Some lines are finished together, since a few pixels of few channels are finished slowly. */
void net_direct_run(const struct net_direct *direct, const struct net_step *step, const struct net_geometry *g, size_t images,
                    struct net_part part)
{
    const struct run run = {direct, g};
    size_t lines = images * g->out[0], width = g->out[1], out = direct->out, end = net_part_end(part, lines), n;
    size_t most = width * out < FINISH_FLOATS ? FINISH_FLOATS / (width * out) : 1;
    for (size_t begin = net_part_begin(part, lines); begin < end; begin += n) {
        n = end - begin < most ? end - begin : most;
        for (size_t line = begin; line < begin + n; line++)
            direct_row(&run, (const float *)step->in[0].data + (ptrdiff_t)(line / g->out[0]) * g->image, line % g->out[0],
                       (float *)step->out[0].data + line * width * out);
        net_finish(step, begin * width, n * width, 0, out);
    }
}
