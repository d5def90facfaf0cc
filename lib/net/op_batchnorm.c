/* BatchNormalization with fixed statistics: y = x * scale + shift for each channel. Mostly folded into a convolution. */
#include "op.h"

#include "batchnorm.h"

#include <math.h>

struct batchnorm {
    float epsilon;
};

struct batchnorm_state {
    struct net_view scale, shift; /* of the shape of the input; channels apart, else broadcast */
};

static int read(struct net_reading *r)
{
    struct batchnorm *norm = fa_arena_alloc(&r->graph->arena, sizeof *norm, r->err);
    r->node->params = norm;
    if (!norm)
        return -1;
    norm->epsilon = net_attr_float(r, "epsilon", 1e-5f);
    net_attr_float(r, "momentum", 0);
    net_attr_int(r, "is_test", 1);
    if (net_attr_int(r, "spatial", 1) != 1)
        net_attr_refuse(r, "unsupported attribute spatial=0");
    if (net_attr_int(r, "training_mode", 0) != 0)
        net_attr_refuse(r, "unsupported attribute training_mode=1");
    return net_attr_done(r);
}

void net_batchnorm_affine(const struct net_node *node, const float *const parameter[4], size_t n, float *scale, float *shift)
{
    const struct batchnorm *norm = node->params;
    for (size_t c = 0; c < n; c++) {
        scale[c] = parameter[0][c] / sqrtf(parameter[3][c] + norm->epsilon);
        shift[c] = parameter[1][c] - parameter[2][c] * scale[c];
    }
}

static int plan_norm(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct net_view *in = &step->in[0];
    const float *parameter[4];
    if (in->dtype != NET_F32 || in->rank < 2)
        return net_plan_error(plan, step, err, "wants float32 of at least 2 dimensions");
    size_t axis = step->node->channels_last ? in->rank - 1 : 1, n = in->dim[axis];
    for (size_t k = 0; k < 4; k++) {
        const struct net_view *p = &step->in[k + 1];
        if (!p->present || !p->content || p->dtype != NET_F32 || p->rank != 1 || p->dim[0] != n || !net_is_dense(p, NULL))
            return net_plan_error(plan, step, err, "parameters must be %zu constants", n);
        parameter[k] = (const float *)p->content + p->offset;
    }
    struct batchnorm_state *state = net_plan_alloc(plan, sizeof *state, err);
    float *scale = net_plan_alloc(plan, 2 * n * sizeof *scale, err);
    if (!state || !scale)
        return -1;
    net_batchnorm_affine(step->node, parameter, n, scale, scale + n);
    state->scale = state->shift = *in;
    for (size_t i = 0; i < in->rank; i++)
        state->scale.stride[i] = state->shift.stride[i] = i == axis;
    state->scale.data = scale;
    state->shift.data = scale + n;
    step->state = state;
    return net_out_like(plan, step, 0, in, in->rank, in->dim, err);
}

static void run(const struct net_step *step, float *scratch)
{
    const struct batchnorm_state *s = step->state;
    const struct net_view *x = &step->in[0], *y = &step->out[0];
    struct net_walk walk;
    (void)scratch;
    net_walk_start(&walk, (const struct net_view *[]){y, x, &s->scale}, 3);
    do {
        float *to = (float *)y->data + walk.offset[0];
        fa_tensor_binary(FA_MUL, walk.n, (const float *)x->data + walk.offset[1], walk.step[1],
                         (const float *)s->scale.data + walk.offset[2], walk.step[2], to);
        fa_tensor_binary(FA_ADD, walk.n, to, 1, (const float *)s->shift.data + walk.offset[2], walk.step[2], to);
    } while (net_walk_next(&walk));
}

const struct net_op net_op_batchnorm = {
    .name = "BatchNormalization", .min_in = 5, .max_in = 5, .max_out = 1, .read = read, .plan = plan_norm, .run = run};
