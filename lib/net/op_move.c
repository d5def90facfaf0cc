/* Operators that move elements: DepthToSpace, SpaceToDepth, Trilu. */
#include "op.h"

#include <string.h>

struct blocks {
    size_t side;
    bool columns_first; /* mode CRD: the block is the inner part of the channel's number */
};

struct blocks_state {
    struct net_view deep, wide; /* both as N, block row, block column, C, H, W: blocks among the channels; in the image */
};

static int read_blocks(struct net_reading *r)
{
    struct blocks *blocks = r->node->params = fa_arena_alloc(&r->graph->arena, sizeof *blocks, r->err);
    if (!blocks)
        return -1;
    int64_t side = net_attr_int(r, "blocksize", 0);
    const char *mode = net_attr_string(r, "mode", "DCR");
    if (side < 1 || side > 1 << 16)
        net_attr_refuse(r, "unsupported attribute blocksize=%lld", (long long)side);
    if (strcmp(mode, "DCR") != 0 && strcmp(mode, "CRD") != 0)
        net_attr_refuse(r, "unsupported attribute mode=%.40s", mode);
    blocks->side = (size_t)side;
    blocks->columns_first = strcmp(mode, "CRD") == 0;
    return net_attr_done(r);
}

/* deep: N x (C * side * side) x H x W; wide: N x C x (H * side) x (W * side). */
static void divide(const struct blocks *blocks, const struct net_view *deep, const struct net_view *wide, struct blocks_state *s)
{
    size_t side = blocks->side, channels = wide->dim[1];
    ptrdiff_t b = (ptrdiff_t)side, block = blocks->columns_first ? 1 : (ptrdiff_t)channels;
    const size_t dim[] = {deep->dim[0], side, side, channels, deep->dim[2], deep->dim[3]};
    const ptrdiff_t in[] = {deep->stride[0], deep->stride[1] * b * block, deep->stride[1] * block,
                            deep->stride[1] * (blocks->columns_first ? b * b : 1), deep->stride[2], deep->stride[3]};
    const ptrdiff_t out[] = {wide->stride[0], wide->stride[2], wide->stride[3], wide->stride[1], wide->stride[2] * b, wide->stride[3] * b};
    s->deep = s->wide = (struct net_view){.present = true, .dtype = deep->dtype, .rank = 6};
    memcpy(s->deep.dim, dim, sizeof dim);
    memcpy(s->wide.dim, dim, sizeof dim);
    memcpy(s->deep.stride, in, sizeof in);
    memcpy(s->wide.stride, out, sizeof out);
}

static int plan_blocks(struct net_plan *plan, struct net_step *step, bool to_space, struct fa_err *err)
{
    const struct blocks *blocks = step->node->params;
    const struct net_view *in = &step->in[0];
    struct blocks_state *s = net_plan_alloc(plan, sizeof *s, err);
    size_t b = blocks->side, dim[4];
    if (!s)
        return -1;
    if (in->rank != 4 || (to_space ? in->dim[1] % (b * b) : in->dim[2] % b + in->dim[3] % b) != 0)
        return net_plan_error(plan, step, err, "image of %zu dimensions that does not divide into blocks of %zu x %zu", in->rank, b, b);
    dim[0] = in->dim[0];
    dim[1] = to_space ? in->dim[1] / (b * b) : in->dim[1] * b * b;
    for (size_t i = 2; i < 4; i++)
        dim[i] = to_space ? in->dim[i] * b : in->dim[i] / b;
    if (net_out(plan, step, 0, in->dtype, 4, dim, net_image_axes(step->node)->order, err))
        return -1;
    divide(blocks, to_space ? in : &step->out[0], to_space ? &step->out[0] : in, s);
    step->state = s;
    return 0;
}

static int plan_to_space(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    return plan_blocks(plan, step, true, err);
}

static int plan_to_depth(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    return plan_blocks(plan, step, false, err);
}

static void run_to_space(const struct net_step *step, float *scratch)
{
    const struct blocks_state *s = step->state;
    struct net_view from = s->deep, to = s->wide;
    (void)scratch;
    from.data = step->in[0].data;
    to.data = step->out[0].data;
    net_copy(&to, &from);
}

static void run_to_depth(const struct net_step *step, float *scratch)
{
    const struct blocks_state *s = step->state;
    struct net_view from = s->wide, to = s->deep;
    (void)scratch;
    from.data = step->in[0].data;
    to.data = step->out[0].data;
    net_copy(&to, &from);
}

static int read_trilu(struct net_reading *r)
{
    bool *upper = r->node->params = fa_arena_alloc(&r->graph->arena, sizeof *upper, r->err);
    if (!upper)
        return -1;
    *upper = net_attr_int(r, "upper", 1) != 0;
    return net_attr_done(r);
}

static int plan_trilu(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct net_view *in = &step->in[0];
    int64_t *diagonal = net_plan_alloc(plan, sizeof *diagonal, err);
    size_t n;
    if (!diagonal || (step->nin > 1 && step->in[1].present && net_known_ints(plan, step, 1, 1, diagonal, &n, err)))
        return -1;
    if (in->rank < 2)
        return net_plan_error(plan, step, err, "wants matrices");
    if (in->rank == 2 && net_plan_batch(plan) != 1 && !in->content)
        return net_plan_error(plan, step, err, "works on one image only");
    step->state = diagonal;
    return net_out(plan, step, 0, in->dtype, in->rank, in->dim, NULL, err);
}

/* The output is in C order: row by row of one matrix after the other. */
static void run_trilu(const struct net_step *step, float *scratch)
{
    const struct net_view *out = &step->out[0];
    const bool *upper = step->node->params;
    int64_t diagonal = *(const int64_t *)step->state;
    size_t rows = out->dim[out->rank - 2], cols = out->dim[out->rank - 1], size = net_element(out->dtype);
    (void)scratch;
    net_copy(out, &step->in[0]);
    for (size_t row = 0, n = net_view_count(out) / cols; row < n; row++) {
        char *at = (char *)out->data + row * cols * size;
        int64_t limit = (int64_t)cols, i = (int64_t)(row % rows);
        int64_t edge = diagonal > limit ? limit : diagonal < -(int64_t)rows ? -(int64_t)rows : diagonal;
        edge += i + !*upper; /* the first that stays above, or goes below */
        edge = edge < 0 ? 0 : edge > limit ? limit : edge;
        if (*upper)
            memset(at, 0, (size_t)edge * size);
        else
            memset(at + (size_t)edge * size, 0, (size_t)(limit - edge) * size);
    }
}

const struct net_op net_ops_move[] = {
    {.name = "DepthToSpace", .min_in = 1, .max_in = 1, .max_out = 1, .read = read_blocks, .plan = plan_to_space, .run = run_to_space},
    {.name = "SpaceToDepth", .min_in = 1, .max_in = 1, .max_out = 1, .read = read_blocks, .plan = plan_to_depth, .run = run_to_depth},
    {.name = "Trilu", .min_in = 1, .max_in = 2, .max_out = 1, .read = read_trilu, .plan = plan_trilu, .run = run_trilu},
    {0},
};
