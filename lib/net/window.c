#include "op.h"

#include <string.h>

/* Far above any network, far below overflow. */
enum { LARGEST = 1 << 16 };

/* sides: values an axis has. A line is an image of one row; what a third axis has goes to deep, if that is not NULL. */
static void read_sizes(struct net_reading *r, const char *name, int64_t least, size_t sides, size_t *sizes, size_t *deep)
{
    size_t n;
    const int64_t *values = net_attr_ints(r, name, &n);
    size_t axes = n / sides;
    if (!values)
        return;
    if (n % sides != 0 || axes < 1 || axes > (deep ? 3 : 2)) {
        net_attr_refuse(r, "unsupported attribute %s: %zu values, only 1-D and 2-D images are supported", name, n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        size_t axis = i % axes + 3 - axes, end = i / axes;
        if (values[i] < least || values[i] > LARGEST) {
            net_attr_refuse(r, "unsupported attribute %s: value %lld", name, (long long)values[i]);
            return;
        }
        *(axis ? &sizes[axis - 1 + 2 * end] : &deep[2 * end]) = (size_t)values[i];
    }
}

void net_window_read(struct net_reading *r, struct net_window *window, struct net_window *deep)
{
    static const char *const kinds[] = {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"};
    const char *kind = net_attr_string(r, "auto_pad", "NOTSET");
    *window = (struct net_window){.stride = {1, 1}, .dilation = {1, 1}};
    if (deep)
        *deep = (struct net_window){.kernel = {0, 1}, .stride = {1, 1}, .dilation = {1, 1}};
    read_sizes(r, "kernel_shape", 1, 1, window->kernel, deep ? deep->kernel : NULL);
    window->line = window->kernel[1] && !window->kernel[0];
    window->kernel[0] = window->line ? 1 : window->kernel[0];
    read_sizes(r, "strides", 1, 1, window->stride, deep ? deep->stride : NULL);
    read_sizes(r, "dilations", 1, 1, window->dilation, deep ? deep->dilation : NULL);
    read_sizes(r, "pads", 0, 2, window->pad, deep ? deep->pad : NULL);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i]) == 0) {
            window->pad_kind = (unsigned)i;
            if (deep)
                deep->pad_kind = (unsigned)i;
            return;
        }
    net_attr_refuse(r, "unsupported attribute auto_pad=%.40s", kind);
}

const struct net_axes *net_image_axes(const struct net_node *node)
{
    static const struct net_axes first = {0, 1, 2, 3, {0, 2, 3, 1}}, last = {0, 3, 1, 2, {0, 1, 2, 3}};
    return node->channels_last ? &last : &first;
}

/* Output size and padding along one axis: the formulas of ONNX's Conv and MaxPool. */
static void plan_axis(const struct net_window *window, size_t axis, struct net_geometry *g)
{
    size_t in = g->in[axis], stride = window->stride[axis], extent = window->dilation[axis] * (window->kernel[axis] - 1) + 1;
    size_t before = window->pad[axis], after = window->pad[axis + 2];
    if (window->pad_kind == NET_PAD_SAME_UPPER || window->pad_kind == NET_PAD_SAME_LOWER) {
        size_t out = (in + stride - 1) / stride, span = (out - 1) * stride + extent, total = span > in ? span - in : 0;
        before = window->pad_kind == NET_PAD_SAME_UPPER ? total / 2 : total - total / 2;
        after = total - before;
    } else if (window->pad_kind == NET_PAD_VALID) {
        before = after = 0;
    }
    size_t whole = in + before + after;
    g->begin[axis] = before;
    g->end[axis] = after;
    g->out[axis] = whole < extent ? 0 : (whole - extent + (window->ceil ? stride - 1 : 0)) / stride + 1;
    /* with ceil, a window that would begin in the padding after the image is left out */
    if (window->ceil && g->out[axis] && (g->out[axis] - 1) * stride >= in + before)
        g->out[axis]--;
}

/* N,C,W as N,C,1,W. */
static void stand_up(struct net_view *line)
{
    line->rank = 4;
    line->dim[3] = line->dim[2];
    line->stride[3] = line->stride[2];
    line->dim[2] = 1;
    line->stride[2] = 0;
}

static void lie_down(struct net_view *image)
{
    image->rank = 3;
    image->dim[2] = image->dim[3];
    image->stride[2] = image->stride[3];
}

int net_window_plan(struct net_plan *plan, struct net_step *step, const struct net_window *window,
                    struct net_geometry *geometry, struct fa_err *err)
{
    const struct net_axes *axes = net_image_axes(step->node);
    const struct net_view *in = &step->in[0];
    size_t rank = window->line ? 3 : 4;
    if (in->rank != rank || in->dtype != NET_F32)
        return net_plan_error(plan, step, err, "wants float32 of %zu dimensions, has %s of %zu", rank,
                              in->dtype == NET_F32 ? "float32" : "integers", in->rank);
    if (window->line)
        stand_up(&step->in[0]);
    if (net_need_channels(plan, step, 0, axes->order, err))
        return -1;
    *geometry = (struct net_geometry){.channels = in->dim[axes->c], .in = {in->dim[axes->h], in->dim[axes->w]}};
    geometry->image = in->stride[axes->n];
    geometry->row = in->stride[axes->h];
    geometry->pixel = in->stride[axes->w];
    for (size_t axis = 0; axis < 2; axis++) {
        plan_axis(window, axis, geometry);
        if (geometry->out[axis] == 0)
            return net_plan_error(plan, step, err, "image of %zu x %zu is smaller than the window", geometry->in[0],
                                  geometry->in[1]);
    }
    return 0;
}

int net_window_out(struct net_plan *plan, struct net_step *step, const struct net_window *window,
                   const struct net_geometry *geometry, size_t channels, struct fa_err *err)
{
    const struct net_axes *axes = net_image_axes(step->node);
    size_t dim[4];
    dim[axes->n] = step->in[0].dim[axes->n];
    dim[axes->c] = channels;
    dim[axes->h] = geometry->out[0];
    dim[axes->w] = geometry->out[1];
    if (net_out(plan, step, 0, NET_F32, 4, dim, axes->order, err))
        return -1;
    if (window->line)
        lie_down(&step->out[0]);
    return 0;
}

void net_window_taps(ptrdiff_t from, size_t kernel, size_t dilation, size_t in, size_t *first, size_t *n)
{
    ptrdiff_t d = (ptrdiff_t)dilation, begin = from < 0 ? (-from + d - 1) / d : 0;
    ptrdiff_t end = from >= (ptrdiff_t)in ? 0 : ((ptrdiff_t)in - 1 - from) / d + 1;
    end = end > (ptrdiff_t)kernel ? (ptrdiff_t)kernel : end;
    *first = begin < end ? (size_t)begin : 0;
    *n = begin < end ? (size_t)(end - begin) : 0;
}
