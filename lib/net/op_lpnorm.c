/* LpNormalization: along one axis, divided by the sum of magnitudes (p = 1) or the root of the sum of squares (p = 2). */
#include "op.h"

#include <math.h>

struct lpnorm {
    int64_t axis, p;
};

struct lpnorm_state {
    size_t n, axis;
    int64_t p;
};

static int read(struct net_reading *r)
{
    struct lpnorm *norm = r->node->params = fa_arena_alloc(&r->graph->arena, sizeof *norm, r->err);
    if (!norm)
        return -1;
    norm->axis = net_attr_int(r, "axis", -1);
    norm->p = net_attr_int(r, "p", 2);
    if (norm->p != 1 && norm->p != 2)
        net_attr_refuse(r, "unsupported attribute p=%lld", (long long)norm->p);
    return net_attr_done(r);
}

static int plan_lpnorm(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct lpnorm *norm = step->node->params;
    struct lpnorm_state *s = net_plan_alloc(plan, sizeof *s, err);
    const struct net_view *in = &step->in[0];
    if (!s || net_axis(plan, step, norm->axis, in->rank, &s->axis, err))
        return -1;
    if (in->dtype != NET_F32 || (s->axis == 0 && net_plan_batch(plan) != 1))
        return net_plan_error(plan, step, err, in->dtype != NET_F32 ? "wants float32" : "works on one image only");
    s->n = in->dim[s->axis];
    s->p = norm->p;
    step->state = s;
    return net_out_like(plan, step, 0, in, in->rank, in->dim, err);
}

static void run(const struct net_step *step, float *scratch)
{
    const struct lpnorm_state *s = step->state;
    struct net_view x = step->in[0], y = step->out[0];
    ptrdiff_t dx = x.stride[s->axis], dy = y.stride[s->axis];
    struct net_walk walk;
    (void)scratch;
    x.dim[s->axis] = y.dim[s->axis] = 1;
    net_walk_start(&walk, (const struct net_view *[]){&y, &x}, 2);
    do
        for (size_t i = 0; i < walk.n; i++) {
            const float *from = (const float *)x.data + walk.offset[1] + (ptrdiff_t)i * walk.step[1];
            float *to = (float *)y.data + walk.offset[0] + (ptrdiff_t)i * walk.step[0];
            double sum = 0;
            for (size_t k = 0; k < s->n; k++) {
                double value = from[(ptrdiff_t)k * dx];
                sum += s->p == 1 ? fabs(value) : value * value;
            }
            double norm = s->p == 1 ? sum : sqrt(sum);
            for (size_t k = 0; k < s->n; k++)
                to[(ptrdiff_t)k * dy] = norm > 0 ? (float)(from[(ptrdiff_t)k * dx] / norm) : 0;
        }
    while (net_walk_next(&walk));
}

const struct net_op net_op_lpnorm = {
    .name = "LpNormalization", .min_in = 1, .max_in = 1, .max_out = 1, .read = read, .plan = plan_lpnorm, .run = run};
