/* Conv: a matrix product of image patches and weights, or, one channel a group, a direct sum over the window. */
#include "op.h"

#include <string.h>

/* Patches are laid out for so many floats at a time (about 1 MiB, what a second-level cache holds), but not for so few
 * pixels that packing the weights again for each block would tell. */
enum { BLOCK_FLOATS = 1 << 18, BLOCK_PIXELS = 192 };

enum layout { OIHW, HWIO, HWCM }; /* ONNX; TensorFlow's Conv2D and DepthwiseConv2dNative */

struct conv {
    struct net_window window;
    size_t group, in, out; /* channels of input and output; in is that of one group */
    enum layout layout;
    struct net_weights weights; /* laid: for each group, in * kernel rows (y, x, channel) of out / group */
};

struct conv_state {
    const struct conv *conv;
    struct net_geometry g;
    size_t images, block;
    ptrdiff_t pitch; /* between pixels of the input if they lie evenly and the patch is one pixel, else 0 */
};

static bool is_depthwise(const struct conv *conv)
{
    return conv->group > 1 && conv->in == 1 && conv->out == conv->group;
}

static int read(struct net_reading *r)
{
    struct conv *conv = fa_arena_alloc(&r->graph->arena, sizeof *conv, r->err);
    if (!conv)
        return -1;
    r->node->params = conv;
    net_window_read(r, &conv->window);
    int64_t group = net_attr_int(r, "group", 1);
    const char *layout = r->node->channels_last ? net_attr_string(r, "layout", "HWIO") : "OIHW";
    conv->layout = strcmp(layout, "HWIO") == 0 ? HWIO : strcmp(layout, "HWCM") == 0 ? HWCM : OIHW;
    if (group < 1 || group > 1 << 20)
        net_attr_refuse(r, "unsupported attribute group=%lld", (long long)group);
    conv->group = (size_t)group;
    return net_attr_done(r);
}

/* Sizes by the shape of the weights, which must agree with the attributes. */
static int size_weights(struct net_graph *graph, struct net_node *node, const struct net_constant *w, struct fa_err *err)
{
    struct conv *conv = node->params;
    const size_t *d = w->dim;
    if (w->dtype != NET_F32 || w->rank != 4 || w->n == 0)
        return net_node_error(graph, node, err,
                              "weights of %zu dimensions, want 4 of float32 (only 2-D images are supported)", w->rank);
    size_t spatial = conv->layout == OIHW ? 2 : 0, kernel[2] = {d[spatial], d[spatial + 1]};
    if (conv->layout == HWCM)
        conv->group = d[2];
    conv->in = conv->layout == OIHW ? d[1] : conv->layout == HWIO ? d[2] : 1;
    conv->out = conv->layout == OIHW ? d[0] : conv->layout == HWIO ? d[3] : d[2] * d[3];
    if ((conv->window.kernel[0] && (conv->window.kernel[0] != kernel[0] || conv->window.kernel[1] != kernel[1])) ||
        conv->out % conv->group != 0 || kernel[0] > 1 << 16 || kernel[1] > 1 << 16)
        return net_node_error(graph, node, err, "weights of %zux%zux%zux%zu do not fit kernel_shape and group", d[0], d[1],
                              d[2], d[3]);
    conv->window.kernel[0] = kernel[0];
    conv->window.kernel[1] = kernel[1];
    return net_weights_new(&conv->weights, conv->in * kernel[0] * kernel[1], conv->out, err);
}

static int load(struct net_graph *graph, struct net_node *node, struct fa_err *err)
{
    struct conv *conv = node->params;
    size_t bias = node->ninputs > 2 ? node->in[2] : NET_NONE;
    if (conv->weights.fixed)
        return 0;
    if (node->in[0] == NET_NONE || node->in[1] == NET_NONE || !graph->value[node->in[1]].constant ||
        (bias != NET_NONE && !graph->value[bias].constant))
        return net_node_error(graph, node, err, "weights that are not constant are not supported");
    if (size_weights(graph, node, graph->value[node->in[1]].constant, err))
        return -1;
    if (bias == NET_NONE)
        return 0;
    struct net_constant *b = graph->value[bias].constant;
    if (b->dtype != NET_F32 || b->n != conv->out)
        return net_node_error(graph, node, err, "bias of %zu values for %zu channels", b->n, conv->out);
    if (net_constant_decode(b, err))
        return -1;
    memcpy(conv->weights.bias, b->data, b->n * sizeof(float));
    return 0;
}

static int affine(struct net_graph *graph, struct net_node *node, const float *scale, const float *shift, size_t n,
                  struct fa_err *err)
{
    struct conv *conv = node->params;
    return load(graph, node, err) ? -1 : net_weights_affine(&conv->weights, scale, shift, n);
}

/* Where the file has the weight of output o (of all) and input i (of its group) at (y, x). */
static size_t stored_at(const struct conv *conv, size_t o, size_t i, size_t y, size_t x)
{
    size_t kh = conv->window.kernel[0], kw = conv->window.kernel[1];
    if (conv->layout == OIHW)
        return ((o * conv->in + i) * kh + y) * kw + x;
    return ((y * kw + x) * conv->in + i) * conv->out + o; /* HWCM has one input a group, so o counts C and M */
}

static void lay(struct conv *conv, const float *stored)
{
    struct net_weights *w = &conv->weights;
    size_t per_group = conv->out / conv->group;
    for (size_t o = 0; o < conv->out; o++)
        for (size_t y = 0, row = 0; y < conv->window.kernel[0]; y++)
            for (size_t x = 0; x < conv->window.kernel[1]; x++)
                for (size_t i = 0; i < conv->in; i++, row++) {
                    float value = stored[stored_at(conv, o, i, y, x)] * w->scale[o];
                    if (is_depthwise(conv))
                        w->laid[row * conv->out + o] = value;
                    else
                        w->laid[(o / per_group * w->k + row) * per_group + o % per_group] = value;
                }
}

static int prepare(struct net_graph *graph, struct net_node *node, struct fa_err *err)
{
    struct conv *conv = node->params;
    if (load(graph, node, err))
        return -1;
    struct net_constant *stored = graph->value[node->in[1]].constant;
    conv->weights.laid = fa_mem_aligned(conv->weights.k * conv->weights.n, sizeof(float), err);
    if (!conv->weights.laid || net_constant_decode(stored, err))
        return -1;
    lay(conv, stored->data);
    node->ninputs = 1;
    return 0;
}

static void release(struct net_node *node)
{
    struct conv *conv = node->params;
    if (conv)
        net_weights_free(&conv->weights);
}

/* The distance between pixels if all of them, over rows and images, lie evenly; else 0. */
static ptrdiff_t even_pitch(const struct net_geometry *g, size_t images)
{
    if (g->in[1] > 1)
        return (g->in[0] == 1 || g->row == (ptrdiff_t)g->in[1] * g->pixel) &&
                       (images == 1 || g->image == (ptrdiff_t)(g->in[0] * g->in[1]) * g->pixel)
                   ? g->pixel
                   : 0;
    if (g->in[0] > 1)
        return images == 1 || g->image == (ptrdiff_t)g->in[0] * g->row ? g->row : 0;
    return images > 1 ? g->image : (ptrdiff_t)g->channels;
}

static bool one_pixel(const struct conv *conv, const struct net_geometry *g)
{
    const struct net_window *w = &conv->window;
    return w->kernel[0] * w->kernel[1] * w->stride[0] * w->stride[1] == 1 &&
           g->begin[0] + g->begin[1] + g->end[0] + g->end[1] == 0;
}

static int plan_conv(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct conv *conv = step->node->params;
    struct conv_state *state = net_plan_alloc(plan, sizeof *state, err);
    if (!state || net_window_plan(plan, step, &conv->window, &state->g, err))
        return -1;
    if (state->g.channels != conv->in * conv->group)
        return net_plan_error(plan, step, err, "image of %zu channels, want %zu", state->g.channels, conv->in * conv->group);
    if (net_window_out(plan, step, &state->g, conv->out, err))
        return -1;
    state->conv = conv;
    state->images = step->in[0].dim[0];
    size_t pixels = state->images * state->g.out[0] * state->g.out[1], k = conv->weights.k;
    if (!is_depthwise(conv)) {
        state->pitch = one_pixel(conv, &state->g) ? even_pitch(&state->g, state->images) : 0;
        state->block = BLOCK_FLOATS / (state->pitch ? k + conv->out : k);
        state->block = state->block < BLOCK_PIXELS ? BLOCK_PIXELS : state->block;
        state->block = state->block > pixels ? pixels : state->block;
        step->scratch = state->pitch ? 0 : state->block * k;
    }
    step->channels = conv->out;
    step->epilogue.bias = conv->weights.bias;
    step->state = state;
    return 0;
}

/* Taps first..first+n-1 of the window lie in the image when it begins at from (which may be in the padding). */
static void clip_taps(ptrdiff_t from, size_t kernel, size_t dilation, size_t in, size_t *first, size_t *n)
{
    ptrdiff_t d = (ptrdiff_t)dilation, begin = from < 0 ? (-from + d - 1) / d : 0;
    ptrdiff_t end = from >= (ptrdiff_t)in ? 0 : ((ptrdiff_t)in - 1 - from) / d + 1;
    end = end > (ptrdiff_t)kernel ? (ptrdiff_t)kernel : end;
    *first = begin < end ? (size_t)begin : 0;
    *n = begin < end ? (size_t)(end - begin) : 0;
}

/* One row of a patch: kernel columns of the channels of a group, zero outside the image. */
static void lay_patch_row(const struct conv_state *s, const float *row, ptrdiff_t x0, float *patch)
{
    const struct conv *conv = s->conv;
    size_t first, n, kw = conv->window.kernel[1], in = conv->in;
    ptrdiff_t tap = (ptrdiff_t)conv->window.dilation[1] * s->g.pixel;
    clip_taps(x0, kw, conv->window.dilation[1], s->g.in[1], &first, &n);
    memset(patch, 0, first * in * sizeof *patch);
    const float *from = row + x0 * s->g.pixel + (ptrdiff_t)first * tap;
    if (tap == (ptrdiff_t)in)
        memcpy(patch + first * in, from, n * in * sizeof *patch);
    else
        for (size_t x = 0; x < n; x++)
            memcpy(patch + (first + x) * in, from + (ptrdiff_t)x * tap, in * sizeof *patch);
    memset(patch + (first + n) * in, 0, (kw - first - n) * in * sizeof *patch);
}

/* The patch of one output pixel, whose window begins at (y0, x0), which may be in the padding. */
static void lay_patch(const struct conv_state *s, const float *image, ptrdiff_t y0, ptrdiff_t x0, float *patch)
{
    const struct net_window *w = &s->conv->window;
    size_t line = s->conv->in * w->kernel[1];
    for (size_t ky = 0; ky < w->kernel[0]; ky++, patch += line) {
        ptrdiff_t y = y0 + (ptrdiff_t)(ky * w->dilation[0]);
        if (y < 0 || y >= (ptrdiff_t)s->g.in[0])
            memset(patch, 0, line * sizeof *patch);
        else
            lay_patch_row(s, image + y * s->g.row, x0, patch);
    }
}

/* How many outputs from one on, at most n, have their whole window in the image, its columns lying together. */
static size_t whole_windows(const struct conv_state *s, ptrdiff_t y0, ptrdiff_t x0, size_t n)
{
    const struct net_window *w = &s->conv->window;
    ptrdiff_t height = (ptrdiff_t)((w->kernel[0] - 1) * w->dilation[0]) + 1;
    ptrdiff_t room = (ptrdiff_t)s->g.in[1] - (ptrdiff_t)((w->kernel[1] - 1) * w->dilation[1]) - 1 - x0;
    bool together = w->kernel[1] == 1 || (w->dilation[1] == 1 && s->g.pixel == (ptrdiff_t)s->conv->in);
    if (!together || y0 < 0 || y0 + height > (ptrdiff_t)s->g.in[0] || x0 < 0 || room < 0)
        return 0;
    size_t whole = (size_t)room / w->stride[1] + 1;
    return whole < n ? whole : n;
}

/* Patches of n output pixels from number begin on (counted over rows and images), each a row of k floats. */
static void lay_patches(const struct conv_state *s, const float *x, size_t begin, size_t n, float *patches)
{
    const struct net_window *w = &s->conv->window;
    const struct net_geometry *g = &s->g;
    size_t k = s->conv->weights.k, some;
    for (size_t p = begin; p < begin + n; p += some, patches += some * k) {
        size_t ox = p % g->out[1], oy = p / g->out[1] % g->out[0], left = begin + n - p;
        const float *image = x + (ptrdiff_t)(p / g->out[1] / g->out[0]) * g->image;
        ptrdiff_t x0 = (ptrdiff_t)(ox * w->stride[1]) - (ptrdiff_t)g->begin[1];
        ptrdiff_t y0 = (ptrdiff_t)(oy * w->stride[0]) - (ptrdiff_t)g->begin[0];
        some = whole_windows(s, y0, x0, left < g->out[1] - ox ? left : g->out[1] - ox);
        if (some) {
            fa_tensor_patches(some, w->kernel[0], s->conv->in * w->kernel[1], image + y0 * g->row + x0 * g->pixel,
                              (ptrdiff_t)w->stride[1] * g->pixel, (ptrdiff_t)w->dilation[0] * g->row, patches, k);
        } else {
            lay_patch(s, image, y0, x0, patches);
            some = 1;
        }
    }
}

static void finish_rows(const struct net_step *step, size_t begin, size_t n, float *y, size_t channels)
{
    const float *residual = step->residual.present ? (const float *)step->residual.data + begin * channels : NULL;
    fa_tensor_epilogue(&step->epilogue, n, channels, y + begin * channels, channels, residual, channels);
}

static void run_product(const struct net_step *step, const struct conv_state *s, float *patches)
{
    const struct conv *conv = s->conv;
    const float *x = step->in[0].data;
    float *y = step->out[0].data;
    size_t pixels = s->images * s->g.out[0] * s->g.out[1], k = conv->weights.k, out = conv->out / conv->group;
    for (size_t begin = 0; begin < pixels; begin += s->block) {
        size_t n = pixels - begin < s->block ? pixels - begin : s->block;
        for (size_t group = 0; group < conv->group; group++) {
            const float *image = x + group * conv->in;
            if (!s->pitch)
                lay_patches(s, image, begin, n, patches);
            fa_tensor_gemm(FA_AS_IS, FA_AS_IS, n, out, k, 1, s->pitch ? image + (ptrdiff_t)begin * s->pitch : patches,
                           s->pitch ? (size_t)s->pitch : k, conv->weights.laid + group * k * out, out, 0,
                           y + begin * conv->out + group * out, conv->out);
        }
        finish_rows(step, begin, n, y, conv->out);
    }
}

/* The outputs x0..x1-1 of one row, whose windows have taps y..y+rows-1 by x..x+cols-1 in the image. */
static void depthwise_span(const struct conv_state *s, const float *row, size_t ox, size_t n, size_t y, size_t rows, size_t x,
                           size_t cols, float *out)
{
    const struct net_window *w = &s->conv->window;
    struct fa_window window = {.channels = s->conv->out,
                               .rows = rows,
                               .cols = cols,
                               .row = (ptrdiff_t)w->dilation[0] * s->g.row,
                               .col = (ptrdiff_t)w->dilation[1] * s->g.pixel,
                               .step = (ptrdiff_t)w->stride[1] * s->g.pixel,
                               .width = w->kernel[1]};
    ptrdiff_t x0 = (ptrdiff_t)(ox * w->stride[1] + x * w->dilation[1]) - (ptrdiff_t)s->g.begin[1];
    const float *taps = s->conv->weights.laid + (y * w->kernel[1] + x) * s->conv->out;
    fa_tensor_depthwise(&window, n, row + x0 * s->g.pixel, taps, out + ox * s->conv->out);
}

static void depthwise_row(const struct conv_state *s, const float *image, size_t oy, float *out)
{
    const struct net_window *w = &s->conv->window;
    size_t y, rows, x, cols, whole;
    ptrdiff_t y0 = (ptrdiff_t)(oy * w->stride[0]) - (ptrdiff_t)s->g.begin[0];
    clip_taps(y0, w->kernel[0], w->dilation[0], s->g.in[0], &y, &rows);
    const float *row = image + (y0 + (ptrdiff_t)(y * w->dilation[0])) * s->g.row;
    for (size_t ox = 0; ox < s->g.out[1]; ox += whole) {
        ptrdiff_t x0 = (ptrdiff_t)(ox * w->stride[1]) - (ptrdiff_t)s->g.begin[1];
        clip_taps(x0, w->kernel[1], w->dilation[1], s->g.in[1], &x, &cols);
        /* where the last whole window begins */
        ptrdiff_t last = (ptrdiff_t)s->g.in[1] - 1 - (ptrdiff_t)((w->kernel[1] - 1) * w->dilation[1]);
        whole = 1;
        if (cols == w->kernel[1]) {
            whole = (size_t)(last - x0) / w->stride[1] + 1;
            whole = whole > s->g.out[1] - ox ? s->g.out[1] - ox : whole;
        }
        depthwise_span(s, row, ox, whole, y, rows, x, cols, out);
    }
}

static void run_depthwise(const struct net_step *step, const struct conv_state *s)
{
    float *y = step->out[0].data;
    for (size_t image = 0; image < s->images; image++)
        for (size_t oy = 0; oy < s->g.out[0]; oy++) {
            size_t begin = (image * s->g.out[0] + oy) * s->g.out[1];
            depthwise_row(s, (const float *)step->in[0].data + (ptrdiff_t)image * s->g.image, oy, y + begin * s->conv->out);
            finish_rows(step, begin, s->g.out[1], y, s->conv->out);
        }
}

static void run(const struct net_step *step, float *scratch)
{
    const struct conv_state *s = step->state;
    if (is_depthwise(s->conv))
        run_depthwise(step, s);
    else
        run_product(step, s, scratch);
}

const struct net_op net_op_conv = {
    .name = "Conv",
    .min_in = 2,
    .max_in = 3,
    .max_out = 1,
    .read = read,
    .plan = plan_conv,
    .run = run,
    .affine = affine,
    .prepare = prepare,
    .release = release,
    .channel_rank = 4,
};
