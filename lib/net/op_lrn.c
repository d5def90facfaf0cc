/* LRN: across neighbouring channels, y = x / (bias + alpha / size * (sum of squares)) ^ beta (Krizhevsky et al. 2012, section
 * 3.3, as ONNX has it). */
#include "op.h"

#include <math.h>

struct lrn {
    float alpha, beta, bias;
    int64_t size;
};

static int read(struct net_reading *r)
{
    struct lrn *lrn = r->node->params = fa_arena_alloc(&r->graph->arena, sizeof *lrn, r->err);
    if (!lrn)
        return -1;
    lrn->alpha = net_attr_float(r, "alpha", 1e-4f);
    lrn->beta = net_attr_float(r, "beta", 0.75f);
    lrn->bias = net_attr_float(r, "bias", 1);
    lrn->size = net_attr_int(r, "size", 0);
    if (lrn->size < 1 || lrn->size > INT16_MAX)
        net_attr_refuse(r, "unsupported attribute size=%lld", (long long)lrn->size);
    return net_attr_done(r);
}

static int plan_lrn(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct net_view *in = &step->in[0];
    if (in->dtype != NET_F32 || in->rank < 2)
        return net_plan_error(plan, step, err, "wants float32 of at least 2 dimensions");
    step->state = step->node->params;
    return net_out_like(plan, step, 0, in, in->rank, in->dim, err);
}

/* One pixel: n channels, dx and dy apart. */
static void normalise(const struct lrn *lrn, size_t n, const float *x, ptrdiff_t dx, float *y, ptrdiff_t dy)
{
    ptrdiff_t before = (lrn->size - 1) / 2, after = lrn->size - 1 - before;
    for (ptrdiff_t c = 0; c < (ptrdiff_t)n; c++) {
        double sum = 0;
        for (ptrdiff_t k = c < before ? 0 : c - before; k <= c + after && k < (ptrdiff_t)n; k++)
            sum += (double)x[k * dx] * (double)x[k * dx];
        y[c * dy] = x[c * dx] / powf(lrn->bias + lrn->alpha / (float)lrn->size * (float)sum, lrn->beta);
    }
}

static void run(const struct net_step *step, float *scratch)
{
    struct net_view x = step->in[0], y = step->out[0];
    size_t axis = step->node->channels_last ? x.rank - 1 : 1, n = x.dim[axis];
    struct net_walk walk;
    (void)scratch;
    x.dim[axis] = y.dim[axis] = 1;
    net_walk_start(&walk, (const struct net_view *[]){&y, &x}, 2);
    do
        for (ptrdiff_t i = 0; i < (ptrdiff_t)walk.n; i++)
            normalise(step->state, n, (const float *)x.data + walk.offset[1] + i * walk.step[1], x.stride[axis],
                      (float *)y.data + walk.offset[0] + i * walk.step[0], y.stride[axis]);
    while (net_walk_next(&walk));
}

const struct net_op net_op_lrn = {.name = "LRN", .min_in = 1, .max_in = 1, .max_out = 1, .read = read, .plan = plan_lrn,
                                  .run = run};
