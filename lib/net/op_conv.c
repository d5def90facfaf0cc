/* Conv: a matrix product of image patches and weights, or, one channel a group or few outputs, a direct sum over the window. */
#include "direct.h"
#include "winograd.h"

#include <stdlib.h>
#include <string.h>

/* Input panels of so many floats (512 KiB, what a second-level cache has room for beside the weights) go through all weights
 * before the next. */
enum { BLOCK_FLOATS = 1 << 17 };

enum layout { OIHW, HWIO, HWCM }; /* ONNX; TensorFlow's Conv2D and DepthwiseConv2dNative */

struct conv {
    struct net_window window;
    size_t group, in, out; /* channels of input and output; in is that of one group */
    enum layout layout;
    struct net_weights weights; /* laid: for each group, panels of k = kernel (y, x), in rows and out / group columns */
    struct fa_panels panels;
    struct net_winograd *winograd; /* NULL: only the product of windows and weights */
};

struct conv_state {
    const struct conv *conv;
    bool winograd;
    struct net_geometry g;
    size_t images, block; /* pixels of the output in a block */
};

static bool is_depthwise(const struct conv *conv)
{
    return conv->group > 1 && conv->in == 1 && conv->out == conv->group;
}

/* Outputs that would fill no more than half of a panel, or no more than one where inputs are so few that to lay their windows in
 * panels takes longer. */
static bool is_narrow(const struct conv *conv)
{
    size_t most = conv->in <= 4 ? conv->panels.cols : conv->panels.cols / 2;
    return conv->group == 1 && conv->panels.tiles && conv->out <= most;
}

static bool is_direct(const struct conv *conv)
{
    return is_depthwise(conv) || is_narrow(conv);
}

static int read(struct net_reading *r)
{
    struct conv *conv = fa_arena_alloc(&r->graph->arena, sizeof *conv, r->err);
    if (!conv)
        return -1;
    r->node->params = conv;
    net_window_read(r, &conv->window, NULL);
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

/* The weights of a group as a matrix (k, n) of what the file has times scale. */
static void lay_matrix(const struct conv *conv, const float *stored, size_t first, size_t n, float *to)
{
    for (size_t y = 0; y < conv->window.kernel[0]; y++)
        for (size_t x = 0; x < conv->window.kernel[1]; x++)
            for (size_t i = 0; i < conv->in; i++, to += n)
                for (size_t o = 0; o < n; o++)
                    to[o] = stored[stored_at(conv, first + o, i, y, x)] * conv->weights.scale[first + o];
}

static size_t panel_floats(const struct conv *conv)
{
    size_t per_group = conv->out / conv->group, cols = conv->panels.cols;
    return (per_group + cols - 1) / cols * cols * conv->weights.k;
}

static int lay(struct net_graph *graph, struct conv *conv, const float *stored, struct fa_err *err)
{
    struct net_weights *w = &conv->weights;
    size_t n = conv->out / conv->group;
    float *matrix = fa_mem_array(w->k * n, sizeof *matrix, err);
    w->floats = conv->group * panel_floats(conv);
    w->laid = net_weights_alloc(graph, w->floats, err);
    for (size_t group = 0; matrix && w->laid && group < conv->group; group++) {
        lay_matrix(conv, stored, group * n, n, matrix);
        fa_tensor_pack_columns(&conv->panels, w->k, n, matrix, n, w->laid + group * panel_floats(conv));
    }
    free(matrix);
    return w->laid && matrix ? 0 : -1;
}

/* Besides the weights of the product, which small maps are better off with. */
static int lay_winograd(struct net_graph *graph, struct conv *conv, const float *stored, struct fa_err *err)
{
    const size_t *kernel = conv->window.kernel;
    float *matrix = fa_mem_array(conv->weights.k * conv->out, sizeof *matrix, err);
    if (!matrix)
        return -1;
    lay_matrix(conv, stored, 0, conv->out, matrix);
    *conv->winograd = (struct net_winograd){.kernel = {kernel[0], kernel[1]}, .in = conv->in, .out = conv->out, .panels = conv->panels};
    int failed = net_winograd_prepare(graph, conv->winograd, matrix, err);
    free(matrix);
    conv->weights.floats += conv->winograd->factors[0] * conv->winograd->factors[1] * conv->winograd->panel_floats;
    return failed;
}

static int lay_direct(struct net_graph *graph, struct conv *conv, const float *stored, struct fa_err *err)
{
    conv->weights.floats = conv->weights.k * conv->out + FA_TAPS_PAD;
    conv->weights.laid = net_weights_alloc(graph, conv->weights.floats, err);
    if (!conv->weights.laid)
        return -1;
    lay_matrix(conv, stored, 0, conv->out, conv->weights.laid);
    memset(conv->weights.laid + conv->weights.k * conv->out, 0, FA_TAPS_PAD * sizeof(float));
    return 0;
}

static int prepare(struct net_graph *graph, struct net_node *node, struct fa_err *err)
{
    struct conv *conv = node->params;
    if (load(graph, node, err))
        return -1;
    struct net_constant *stored = graph->value[node->in[1]].constant;
    conv->panels = fa_tensor_panels(!(graph->flags & FA_NET_PLAIN));
    if (!(graph->flags & FA_NET_EXACT) && net_winograd_suits(&conv->window, conv->group, conv->in, conv->out) &&
        !(conv->winograd = fa_arena_alloc(&graph->arena, sizeof *conv->winograd, err)))
        return -1;
    if (net_constant_decode(stored, err) ||
        (is_direct(conv) ? lay_direct : lay)(graph, conv, stored->data, err) ||
        (conv->winograd && lay_winograd(graph, conv, stored->data, err)))
        return -1;
    node->ninputs = 1;
    return 0;
}

static const struct net_weights *weights_of(const struct net_node *node)
{
    const struct conv *conv = node->params;
    return conv && conv->weights.laid ? &conv->weights : NULL;
}

static void release(struct net_node *node)
{
    struct conv *conv = node->params;
    if (conv)
        net_weights_free(&conv->weights);
}

static int plan_conv(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct conv *conv = step->node->params;
    struct conv_state *state = net_plan_alloc(plan, sizeof *state, err);
    if (!state || net_window_plan(plan, step, &conv->window, &state->g, err))
        return -1;
    if (state->g.channels != conv->in * conv->group)
        return net_plan_error(plan, step, err, "image of %zu channels, want %zu", state->g.channels, conv->in * conv->group);
    if (net_window_out(plan, step, &conv->window, &state->g, conv->out, err))
        return -1;
    state->conv = conv;
    state->images = step->in[0].dim[0];
    state->winograd = conv->winograd && net_winograd_pays(conv->winograd, &state->g, state->images);
    if (state->winograd) {
        step->scratch = net_winograd_scratch(conv->winograd);
    } else if (!is_direct(conv)) {
        size_t panels = BLOCK_FLOATS / (conv->panels.rows * conv->weights.k);
        state->block = (panels < 4 ? 4 : panels > 16 ? 16 : panels) * conv->panels.rows;
        step->scratch = conv->in + state->block * conv->weights.k;
    }
    step->how = is_depthwise(conv) ? "depthwise" : is_narrow(conv) ? "narrow" : state->winograd ? "winograd" : "product";
    step->channels = conv->out;
    size_t pixels = state->images * state->g.out[0] * state->g.out[1], k = conv->weights.k;
    step->work = net_product_work(&conv->panels, pixels, conv->out, k) * (is_depthwise(conv) ? NET_TAP : 1);
    step->epilogue.bias = conv->weights.bias;
    step->state = state;
    return 0;
}

/* Where the window of an output pixel begins, which may be in the padding. */
struct place {
    ptrdiff_t y, x;
    const float *at;
};

static struct place place_of(const struct conv_state *s, const float *x, size_t pixel)
{
    const struct net_window *w = &s->conv->window;
    const struct net_geometry *g = &s->g;
    size_t line = pixel / g->out[1];
    struct place place = {.y = (ptrdiff_t)(line % g->out[0] * w->stride[0]) - (ptrdiff_t)g->begin[0],
                          .x = (ptrdiff_t)(pixel % g->out[1] * w->stride[1]) - (ptrdiff_t)g->begin[1]};
    place.at = x + (ptrdiff_t)(line / g->out[0]) * g->image + place.y * g->row + place.x * g->pixel;
    return place;
}

static bool in_image(const struct conv_state *s, ptrdiff_t y, ptrdiff_t x)
{
    return y >= 0 && y < (ptrdiff_t)s->g.in[0] && x >= 0 && x < (ptrdiff_t)s->g.in[1];
}

static bool is_whole(const struct conv_state *s, const struct place *place)
{
    const struct net_window *w = &s->conv->window;
    return in_image(s, place->y, place->x) && in_image(s, place->y + (ptrdiff_t)((w->kernel[0] - 1) * w->dilation[0]),
                                                       place->x + (ptrdiff_t)((w->kernel[1] - 1) * w->dilation[1]));
}

/* The windows of up to a panel's rows of output pixels from number begin on (counted over lines and images): k x rows
 * floats. zeros: as many as the input has channels. */
static void lay_panel(const struct conv_state *s, const float *x, size_t begin, size_t n, const float *zeros, float *to)
{
    const struct conv *conv = s->conv;
    const struct net_window *w = &conv->window;
    size_t rows = conv->panels.rows, line = conv->in;
    struct place place[FA_PANEL_ROWS];
    const float *row[FA_PANEL_ROWS];
    bool whole = w->kernel[1] == 1 || (w->dilation[1] == 1 && s->g.pixel == (ptrdiff_t)conv->in);
    for (size_t r = 0; r < rows; r++) {
        place[r] = place_of(s, x, begin + (r < n ? r : n - 1));
        whole = whole && is_whole(s, &place[r]);
    }
    line *= whole ? w->kernel[1] : 1; /* columns of the window lie together */
    for (size_t ky = 0; ky < w->kernel[0]; ky++)
        for (size_t kx = 0; kx < (whole ? 1 : w->kernel[1]); kx++, to += line * rows) {
            ptrdiff_t dy = (ptrdiff_t)(ky * w->dilation[0]), dx = (ptrdiff_t)(kx * w->dilation[1]);
            for (size_t r = 0; r < rows; r++)
                row[r] = whole || in_image(s, place[r].y + dy, place[r].x + dx)
                             ? place[r].at + dy * s->g.row + dx * s->g.pixel
                             : zeros;
            fa_tensor_pack_rows(&conv->panels, row, line, to);
        }
}

/* Groups are not divided. */
static struct net_tile tile_of(const struct conv_state *s, struct net_part part)
{
    const struct conv *conv = s->conv;
    struct fa_panels panels = conv->panels;
    panels.cols = conv->group == 1 ? panels.cols : conv->out;
    return net_part_product(part, &panels, s->images * s->g.out[0] * s->g.out[1], conv->out);
}

static void run_product(const struct net_step *step, const struct conv_state *s, struct net_part part, float *scratch)
{
    const struct conv *conv = s->conv;
    struct net_tile tile = tile_of(s, part);
    float *y = (float *)step->out[0].data + tile.col, *input = scratch + conv->in;
    size_t k = conv->weights.k, out = tile.cols / conv->group, n;
    memset(scratch, 0, conv->in * sizeof *scratch);
    for (size_t begin = tile.row, end = tile.row + tile.rows; begin < end && out; begin += n) {
        n = end - begin < s->block ? end - begin : s->block;
        for (size_t group = 0; group < conv->group; group++) {
            const float *x = (const float *)step->in[0].data + group * conv->in;
            for (size_t i = 0; i < n; i += conv->panels.rows)
                lay_panel(s, x, begin + i, n - i, scratch, input + i * k);
            fa_tensor_multiply_panels(&conv->panels, n, out, k, input,
                                      conv->weights.laid + group * panel_floats(conv) + tile.col * k,
                                      y + begin * conv->out + group * out, conv->out);
        }
        net_finish(step, begin, n, tile.col, tile.cols);
    }
}

static void run_part(const struct net_step *step, struct net_part part, float *scratch)
{
    const struct conv_state *s = step->state;
    const struct conv *conv = s->conv;
    struct net_direct direct = {&conv->window, is_depthwise(conv), conv->in, conv->out, conv->weights.laid};
    if (is_direct(conv))
        net_direct_run(&direct, step, &s->g, s->images, part);
    else if (s->winograd)
        net_winograd_run(conv->winograd, step, &s->g, s->images, part, scratch);
    else
        run_product(step, s, part, scratch);
}

const struct net_op net_op_conv = {
    .name = "Conv",
    .min_in = 2,
    .max_in = 3,
    .max_out = 1,
    .read = read,
    .plan = plan_conv,
    .part = run_part,
    .affine = affine,
    .prepare = prepare,
    .release = release,
    .weights = weights_of,
    .channel_rank = 4,
};
