/* Softmax and LogSoftmax. Before opset 13 the input is a matrix, all axes from axis on being one; from then on it goes
 * along one axis. */
#include "op.h"

#include <math.h>

struct softmax {
    int64_t axis;
    bool matrix, log;
};

struct softmax_state {
    size_t outer, n, inner;
    bool log;
};

static int read_softmax(struct net_reading *r, bool log)
{
    struct softmax *softmax = fa_arena_alloc(&r->graph->arena, sizeof *softmax, r->err);
    r->node->params = softmax;
    if (!softmax)
        return -1;
    softmax->log = log;
    softmax->matrix = r->node->opset < 13;
    softmax->axis = net_attr_int(r, "axis", softmax->matrix ? 1 : -1);
    return net_attr_done(r);
}

static int read_plain(struct net_reading *r)
{
    return read_softmax(r, false);
}

static int read_log(struct net_reading *r)
{
    return read_softmax(r, true);
}

static int plan_softmax(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct softmax *softmax = step->node->params;
    struct softmax_state *s = net_plan_alloc(plan, sizeof *s, err);
    const struct net_view *in = &step->in[0];
    size_t axis;
    if (!s || net_axis(plan, step, softmax->axis, in->rank, &axis, err) || net_need(plan, step, 0, NULL, err))
        return -1;
    if (in->dtype != NET_F32)
        return net_plan_error(plan, step, err, "wants float32");
    if (axis == 0 && net_plan_batch(plan) != 1)
        return net_plan_error(plan, step, err, "works on one image only");
    *s = (struct softmax_state){.outer = 1, .n = 1, .inner = 1, .log = softmax->log};
    for (size_t i = 0; i < in->rank; i++)
        *(i < axis ? &s->outer : i == axis || softmax->matrix ? &s->n : &s->inner) *= in->dim[i];
    step->state = s;
    return net_out(plan, step, 0, NET_F32, in->rank, in->dim, NULL, err);
}

/* n elements, stride apart; the largest is taken off first, so that nothing overflows. */
static void softmax_line(const struct softmax_state *s, const float *x, float *y)
{
    float largest = -INFINITY, sum = 0;
    for (size_t i = 0; i < s->n; i++)
        largest = fmaxf(largest, x[i * s->inner]);
    for (size_t i = 0; i < s->n; i++)
        sum += y[i * s->inner] = expf(x[i * s->inner] - largest);
    for (size_t i = 0; i < s->n; i++)
        y[i * s->inner] = s->log ? x[i * s->inner] - largest - logf(sum) : y[i * s->inner] / sum;
}

static void run(const struct net_step *step, float *scratch)
{
    const struct softmax_state *s = step->state;
    (void)scratch;
    for (size_t outer = 0; outer < s->outer; outer++)
        for (size_t inner = 0; inner < s->inner; inner++) {
            size_t at = outer * s->n * s->inner + inner;
            softmax_line(s, (const float *)step->in[0].data + at, (float *)step->out[0].data + at);
        }
}

const struct net_op net_op_softmax = {
    .name = "Softmax", .min_in = 1, .max_in = 1, .max_out = 1, .read = read_plain, .plan = plan_softmax, .run = run};
const struct net_op net_op_log_softmax = {
    .name = "LogSoftmax", .min_in = 1, .max_in = 1, .max_out = 1, .read = read_log, .plan = plan_softmax, .run = run};
