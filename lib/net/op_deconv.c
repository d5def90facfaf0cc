/* ConvTranspose of 1-D, 2-D and 3-D images: each pixel's product with the weights is added to the window of the output that the
 * convolution would have read. */
#include "op.h"

#include <string.h>

enum { AXES = 3, LARGEST = 1 << 16 }; /* axes that an image has less than three of come first and are 1 */

struct deconv {
    size_t stride[AXES], dilation[AXES], more[AXES], pad[2 * AXES], want[AXES]; /* more: output_padding; want: output_shape, or 0 */
    size_t kernel[AXES], axes; /* kernel_shape, or 0 */
    size_t group;
    enum { GIVEN, VALID, SAME_UPPER, SAME_LOWER } pad_kind;
};

struct deconv_state {
    const struct deconv *deconv;
    size_t in[AXES], out[AXES], kernel[AXES], begin[AXES];
    size_t images, channels, outputs; /* outputs: of a group */
};

/* The values of a list end with the innermost axis; of pads, which have two sides, those of one side follow the other's. */
static void read_list(struct net_reading *r, const char *name, int64_t least, size_t sides, size_t *to)
{
    size_t n, axes;
    const int64_t *value = net_attr_ints(r, name, &n);
    axes = n / sides;
    if (value && (n % sides != 0 || axes < 1 || axes > AXES))
        net_attr_refuse(r, "unsupported attribute %s: %zu values", name, n);
    else
        for (size_t i = 0; value && i < n; i++) {
            if (value[i] < least || value[i] > LARGEST)
                net_attr_refuse(r, "unsupported attribute %s: value %lld", name, (long long)value[i]);
            to[i / axes * AXES + i % axes + AXES - axes] = (size_t)value[i];
        }
}

static int read_deconv(struct net_reading *r)
{
    static const char *const kinds[] = {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"};
    struct deconv *d = r->node->params = fa_arena_alloc(&r->graph->arena, sizeof *d, r->err);
    if (!d)
        return -1;
    *d = (struct deconv){.stride = {1, 1, 1}, .dilation = {1, 1, 1}};
    read_list(r, "strides", 1, 1, d->stride);
    read_list(r, "dilations", 1, 1, d->dilation);
    read_list(r, "output_padding", 0, 1, d->more);
    read_list(r, "output_shape", 1, 1, d->want);
    read_list(r, "kernel_shape", 1, 1, d->kernel);
    read_list(r, "pads", 0, 2, d->pad);
    int64_t group = net_attr_int(r, "group", 1);
    d->group = group < 1 || group > LARGEST ? 0 : (size_t)group;
    const char *kind = net_attr_string(r, "auto_pad", kinds[0]);
    size_t k = 0;
    while (k < 4 && strcmp(kinds[k], kind) != 0)
        k++;
    if (k == 4 || d->group == 0)
        return net_attr_refuse(r, "unsupported attribute auto_pad=%.40s or group=%lld", kind, (long long)group);
    d->pad_kind = (unsigned)k;
    return net_attr_done(r);
}

/* ONNX's formulas. */
static void size_axis(struct deconv_state *s, size_t axis)
{
    const struct deconv *d = s->deconv;
    size_t whole = d->stride[axis] * (s->in[axis] - 1) + d->more[axis] + (s->kernel[axis] - 1) * d->dilation[axis] + 1;
    size_t want = d->want[axis], before = d->pad[axis], after = d->pad[AXES + axis];
    if (want == 0 && (d->pad_kind == SAME_UPPER || d->pad_kind == SAME_LOWER))
        want = s->in[axis] * d->stride[axis];
    if (want) {
        size_t total = whole > want ? whole - want : 0;
        s->begin[axis] = d->pad_kind == SAME_UPPER ? total / 2 : total - total / 2;
        s->out[axis] = want;
        return;
    }
    before = d->pad_kind == VALID ? 0 : before;
    after = d->pad_kind == VALID ? 0 : after;
    s->begin[axis] = before;
    s->out[axis] = whole > before + after ? whole - before - after : 0;
}

static int plan_sizes(struct net_plan *plan, struct net_step *step, struct deconv_state *s, struct fa_err *err)
{
    const struct net_view *x = &step->in[0], *w = &step->in[1];
    const struct deconv *d = s->deconv;
    size_t axes = x->rank - 2;
    s->images = x->dim[0];
    s->channels = x->dim[1];
    s->outputs = w->dim[1];
    if (w->dim[0] != s->channels || s->channels % d->group != 0)
        return net_plan_error(plan, step, err, "weights of %zu channels for %zu, in %zu groups", w->dim[0], s->channels, d->group);
    for (size_t axis = 0; axis < AXES; axis++) {
        bool there = axis + axes >= AXES;
        s->in[axis] = there ? x->dim[2 + axis + axes - AXES] : 1;
        s->kernel[axis] = there ? w->dim[2 + axis + axes - AXES] : 1;
        if (s->in[axis] == 0 || s->kernel[axis] == 0 || s->kernel[axis] > LARGEST || (d->kernel[axis] && d->kernel[axis] != s->kernel[axis]))
            return net_plan_error(plan, step, err, "weights do not fit kernel_shape, or nothing to convolve");
        size_axis(s, axis);
    }
    return 0;
}

static int plan_deconv(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct net_view *x = &step->in[0], *w = &step->in[1], *bias = step->nin > 2 && step->in[2].present ? &step->in[2] : NULL;
    struct deconv_state *s = net_plan_alloc(plan, sizeof *s, err);
    size_t dim[2 + AXES];
    uint8_t order[FA_NET_RANK] = {0};
    if (!s)
        return -1;
    s->deconv = step->node->params;
    if (x->rank < 3 || x->rank > 2 + AXES || w->rank != x->rank || x->dtype != NET_F32 || w->dtype != NET_F32)
        return net_plan_error(plan, step, err, "wants images and weights of float32 and 3 to 5 dimensions");
    if (plan_sizes(plan, step, s, err))
        return -1;
    dim[0] = s->images;
    dim[1] = s->outputs * s->deconv->group;
    for (size_t i = 2; i < x->rank; i++) {
        dim[i] = s->out[i - 2 + AXES + 2 - x->rank];
        order[i - 1] = (uint8_t)i;
    }
    order[x->rank - 1] = 1;
    if (bias && (bias->dtype != NET_F32 || bias->rank != 1 || bias->dim[0] != dim[1]))
        return net_plan_error(plan, step, err, "bias does not fit");
    if (net_need(plan, step, 0, order, err) || net_need(plan, step, 1, NULL, err) || (bias && net_need(plan, step, 2, NULL, err)))
        return -1;
    step->scratch = net_count(5, (const size_t[]){s->in[2], s->outputs, s->kernel[0], s->kernel[1], s->kernel[2]}, NET_MAX_ELEMENTS);
    if (step->scratch == NET_NONE)
        return net_plan_error(plan, step, err, "weights are too large");
    step->state = s;
    return net_out(plan, step, 0, NET_F32, x->rank, dim, order, err);
}

/* Where along an axis the tap of a pixel's window lies in the output; false: in what padding cuts off. */
static bool place(const struct deconv_state *s, size_t axis, size_t pixel, size_t tap, size_t *at)
{
    size_t whole = pixel * s->deconv->stride[axis] + tap * s->deconv->dilation[axis];
    *at = whole - s->begin[axis];
    return whole >= s->begin[axis] && *at < s->out[axis];
}

/* Adds the products of a row of pixels, (pixel, output, tap), to the image y. */
static void add_row(const struct deconv_state *s, size_t plane, size_t row, const float *product, float *y, size_t stride)
{
    size_t taps = s->kernel[0] * s->kernel[1] * s->kernel[2], at[AXES];
    for (size_t tap = 0; tap < taps; tap++) {
        if (!place(s, 0, plane, tap / s->kernel[2] / s->kernel[1], &at[0]) || !place(s, 1, row, tap / s->kernel[2] % s->kernel[1], &at[1]))
            continue;
        for (size_t x = 0; x < s->in[2]; x++) {
            if (!place(s, 2, x, tap % s->kernel[2], &at[2]))
                continue;
            float *to = y + ((at[0] * s->out[1] + at[1]) * s->out[2] + at[2]) * stride;
            const float *from = product + x * s->outputs * taps + tap;
            for (size_t o = 0; o < s->outputs; o++)
                to[o] += from[o * taps];
        }
    }
}

static void run_deconv(const struct net_step *step, float *scratch)
{
    const struct deconv_state *s = step->state;
    size_t groups = s->deconv->group, inputs = s->channels / groups, all = s->outputs * groups;
    size_t columns = s->outputs * s->kernel[0] * s->kernel[1] * s->kernel[2], size = s->out[0] * s->out[1] * s->out[2] * all;
    const float *x = step->in[0].data, *bias = step->nin > 2 && step->in[2].present ? step->in[2].data : NULL;
    float *y = step->out[0].data;
    for (size_t i = 0; i < s->images * size; i++)
        y[i] = bias ? bias[i % all] : 0;
    for (size_t line = 0; line < s->images * s->in[0] * s->in[1]; line++, x += s->in[2] * s->channels)
        for (size_t g = 0; g < groups; g++) {
            const float *weights = (const float *)step->in[1].data + g * inputs * columns;
            fa_tensor_gemm(FA_AS_IS, FA_AS_IS, s->in[2], columns, inputs, 1, x + g * inputs, s->channels, weights, columns, 0, scratch,
                           columns);
            add_row(s, line / s->in[1] % s->in[0], line % s->in[1], scratch,
                    y + line / s->in[1] / s->in[0] * size + g * s->outputs, all);
        }
}

const struct net_op net_op_deconv = {
    .name = "ConvTranspose", .min_in = 2, .max_in = 3, .max_out = 1, .read = read_deconv, .plan = plan_deconv, .run = run_deconv};
