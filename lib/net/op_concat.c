#include "op.h"

#include <string.h>

static int read(struct net_reading *r)
{
    int64_t *axis = r->node->params = fa_arena_alloc(&r->graph->arena, sizeof *axis, r->err);
    if (!axis)
        return -1;
    *axis = net_attr_int(r, "axis", 1);
    return net_attr_done(r);
}

static int plan_concat(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct net_view *first = &step->in[0];
    size_t *axis = net_plan_alloc(plan, sizeof *axis, err), dim[FA_NET_RANK];
    if (!axis || net_axis(plan, step, *(const int64_t *)step->node->params, first->rank, axis, err))
        return -1;
    memcpy(dim, first->dim, sizeof dim);
    dim[*axis] = 0;
    for (size_t k = 0; k < step->nin; k++) {
        const struct net_view *in = &step->in[k];
        bool fits = in->present && in->dtype == first->dtype && in->rank == first->rank;
        for (size_t i = 0; fits && i < in->rank; i++)
            fits = i == *axis || in->dim[i] == dim[i];
        if (!fits)
            return net_plan_error(plan, step, err, "input %zu does not fit the first", k);
        dim[*axis] += in->dim[*axis];
    }
    step->state = axis;
    return net_out_like(plan, step, 0, first, first->rank, dim, err);
}

static void run(const struct net_step *step, float *scratch)
{
    size_t axis = *(const size_t *)step->state;
    struct net_view part = step->out[0];
    (void)scratch;
    for (size_t k = 0; k < step->nin; k++) {
        ptrdiff_t n = (ptrdiff_t)step->in[k].dim[axis] * part.stride[axis];
        part.dim[axis] = step->in[k].dim[axis];
        net_copy(&part, &step->in[k]);
        part.data = part.dtype == NET_F32 ? (void *)((float *)part.data + n) : (void *)((int64_t *)part.data + n);
    }
}

const struct net_op net_op_concat = {
    .name = "Concat", .min_in = 1, .max_in = 1024, .max_out = 1, .read = read, .plan = plan_concat, .run = run};
