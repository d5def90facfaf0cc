/* Transpose: the same memory, axes told in another order. */
#include "op.h"

struct transpose {
    const int64_t *perm; /* NULL: reversed */
    size_t n;
};

static int read(struct net_reading *r)
{
    struct transpose *p = r->node->params = fa_arena_alloc(&r->graph->arena, sizeof *p, r->err);
    if (!p)
        return -1;
    p->perm = net_attr_ints(r, "perm", &p->n);
    return net_attr_done(r);
}

static int plan_transpose(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct transpose *p = step->node->params;
    const struct net_view *in = &step->in[0];
    struct net_view *out = &step->out[0];
    bool seen[FA_NET_RANK] = {false};
    if (p->perm && p->n != in->rank)
        return net_plan_error(plan, step, err, "perm has %zu axes, the input %zu", p->n, in->rank);
    *out = *in;
    for (size_t i = 0; i < in->rank; i++) {
        int64_t from = p->perm ? p->perm[i] : (int64_t)(in->rank - 1 - i);
        if (from < 0 || from >= (int64_t)in->rank || seen[from])
            return net_plan_error(plan, step, err, "perm is no permutation");
        seen[from] = true;
        out->dim[i] = in->dim[from];
        out->stride[i] = in->stride[from];
    }
    if (net_plan_batch(plan) != 1 && in->rank > 1 && !in->content && (!p->perm || p->perm[0] != 0))
        return net_plan_error(plan, step, err, "works on one image only");
    return 0;
}

const struct net_op net_op_transpose = {
    .name = "Transpose", .min_in = 1, .max_in = 1, .max_out = 1, .read = read, .plan = plan_transpose};
