/* Tile: the input so many times along each axis. Range: numbers from start to limit by delta. */
#include "op.h"

#include <math.h>

static int plan_tile(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct net_view *in = &step->in[0];
    int64_t repeats[FA_NET_RANK];
    size_t n, dim[FA_NET_RANK];
    if (net_known_ints(plan, step, 1, FA_NET_RANK, repeats, &n, err))
        return -1;
    if (n != in->rank)
        return net_plan_error(plan, step, err, "%zu repeats for %zu dimensions", n, in->rank);
    for (size_t i = 0; i < n; i++) {
        if (repeats[i] < 0 || (uint64_t)repeats[i] > NET_MAX_ELEMENTS)
            return net_plan_error(plan, step, err, "%lld repeats", (long long)repeats[i]);
        dim[i] = in->dim[i] * (size_t)repeats[i];
    }
    return net_out_like(plan, step, 0, in, n, dim, err);
}

/* The output seen with each axis as two: tiles, and elements within one. */
static void run_tile(const struct net_step *step, float *scratch)
{
    const struct net_view *in = &step->in[0], *out = &step->out[0];
    struct net_view tiles = *out, tile = *out;
    struct net_walk walk;
    (void)scratch;
    for (size_t i = 0; i < in->rank; i++) {
        tiles.dim[i] = out->dim[i] / in->dim[i];
        tiles.stride[i] *= (ptrdiff_t)in->dim[i];
        tile.dim[i] = in->dim[i];
    }
    net_walk_start(&walk, (const struct net_view *[]){&tiles}, 1);
    do
        for (ptrdiff_t i = 0; i < (ptrdiff_t)walk.n; i++) {
            ptrdiff_t at = walk.offset[0] + i * walk.step[0];
            tile.data = out->dtype == NET_F32 ? (void *)((float *)out->data + at) : (void *)((int64_t *)out->data + at);
            net_copy(&tile, in);
        }
    while (net_walk_next(&walk));
}

static int plan_range(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    double value[3];
    for (size_t k = 0; k < 3; k++) {
        const struct net_view *in = &step->in[k];
        if (!in->content || net_view_count(in) != 1 || in->dtype != step->in[0].dtype)
            return net_plan_error(plan, step, err, "wants constant numbers of one type");
        value[k] = in->dtype == NET_F32 ? (double)((const float *)in->content)[in->offset]
                                        : (double)((const int64_t *)in->content)[in->offset];
    }
    double n = ceil((value[1] - value[0]) / value[2]);
    if (value[2] == 0 || !(n <= (double)NET_MAX_KNOWN))
        return net_plan_error(plan, step, err, "from %g to %g by %g", value[0], value[1], value[2]);
    return net_out(plan, step, 0, step->in[0].dtype, 1, (const size_t[]){n > 0 ? (size_t)n : 0}, NULL, err);
}

static void run_range(const struct net_step *step, float *scratch)
{
    const struct net_view *out = &step->out[0];
    (void)scratch;
    for (size_t i = 0; i < out->dim[0]; i++)
        if (out->dtype == NET_F32)
            ((float *)out->data)[i] = *(const float *)step->in[0].data + (float)i * *(const float *)step->in[2].data;
        else
            ((int64_t *)out->data)[i] = (int64_t)((uint64_t)*(const int64_t *)step->in[0].data +
                                                  (uint64_t)i * (uint64_t)*(const int64_t *)step->in[2].data);
}

const struct net_op net_ops_repeat[] = {
    {.name = "Tile", .min_in = 2, .max_in = 2, .max_out = 1, .plan = plan_tile, .run = run_tile},
    {.name = "Range", .min_in = 3, .max_in = 3, .max_out = 1, .plan = plan_range, .run = run_range},
    {0},
};
