/* Comparisons and logic, whose truth values are the integers 0 and 1, and Where: graphs decide with them how their shapes
 * go on. */
#include "op.h"

#include <math.h>

enum relation { EQUAL, LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL, AND, OR, XOR };

static int plan_relation(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    size_t rank, dim[FA_NET_RANK];
    if (step->in[0].dtype != step->in[1].dtype || !net_broadcast_shape(step->in, 2, &rank, dim))
        return net_plan_error(plan, step, err, "inputs of different types, or whose shapes do not fit each other");
    return net_out(plan, step, 0, NET_I64, rank, dim, NULL, err);
}

static int plan_not(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct net_view *in = &step->in[0];
    if (in->dtype != NET_I64)
        return net_plan_error(plan, step, err, "wants truth values");
    return net_out(plan, step, 0, NET_I64, in->rank, in->dim, NULL, err);
}

/* a and b by their order: -1, 0, 1, or 2 where there is none. */
static bool holds(enum relation relation, int order, bool a, bool b)
{
    switch (relation) {
    case EQUAL:
        return order == 0;
    case LESS:
        return order == -1;
    case LESS_OR_EQUAL:
        return order == -1 || order == 0;
    case GREATER:
        return order == 1;
    case GREATER_OR_EQUAL:
        return order == 1 || order == 0;
    case AND:
        return a && b;
    case OR:
        return a || b;
    case XOR:
        return a != b;
    }
    return false;
}

static bool compare(enum relation relation, const struct net_view *x, ptrdiff_t i, const struct net_view *y, ptrdiff_t j)
{
    if (x->dtype == NET_I64) {
        int64_t a = ((const int64_t *)x->data)[i], b = ((const int64_t *)y->data)[j];
        return holds(relation, (a > b) - (a < b), a != 0, b != 0);
    }
    float a = ((const float *)x->data)[i], b = ((const float *)y->data)[j];
    return holds(relation, a > b ? 1 : a < b ? -1 : a == b ? 0 : 2, a != 0, b != 0);
}

static void run_relation(const struct net_step *step, enum relation relation)
{
    const struct net_view *y = &step->out[0];
    struct net_view a, b;
    struct net_walk walk;
    if (net_view_count(y) == 0)
        return;
    net_broadcast(&step->in[0], y->rank, y->dim, &a);
    net_broadcast(&step->in[1], y->rank, y->dim, &b);
    net_walk_start(&walk, (const struct net_view *[]){y, &a, &b}, 3);
    do
        for (ptrdiff_t i = 0; i < (ptrdiff_t)walk.n; i++)
            ((int64_t *)y->data)[walk.offset[0] + i * walk.step[0]] =
                compare(relation, &a, walk.offset[1] + i * walk.step[1], &b, walk.offset[2] + i * walk.step[2]);
    while (net_walk_next(&walk));
}

#define RUN(name, relation)                                                                                                    \
    static void name(const struct net_step *step, float *scratch)                                                              \
    {                                                                                                                          \
        (void)scratch;                                                                                                         \
        run_relation(step, relation);                                                                                          \
    }
RUN(run_equal, EQUAL)
RUN(run_less, LESS)
RUN(run_less_or_equal, LESS_OR_EQUAL)
RUN(run_greater, GREATER)
RUN(run_greater_or_equal, GREATER_OR_EQUAL)
RUN(run_and, AND)
RUN(run_or, OR)
RUN(run_xor, XOR)

static void run_not(const struct net_step *step, float *scratch)
{
    struct net_view y = step->out[0];
    (void)scratch;
    net_copy(&y, &step->in[0]);
    for (size_t i = 0, n = net_view_count(&y); i < n; i++)
        ((int64_t *)y.data)[i] = !((int64_t *)y.data)[i];
}

/* Bits of what counts: below, above 0, no number. */
enum { NEGATIVE = 1, POSITIVE = 2, NAN_ITSELF = 4 };

static int read_is(struct net_reading *r, int what)
{
    int *counts = r->node->params = fa_arena_alloc(&r->graph->arena, sizeof *counts, r->err);
    if (!counts)
        return -1;
    *counts = what;
    if (what != NAN_ITSELF)
        *counts = (net_attr_int(r, "detect_negative", 1) ? NEGATIVE : 0) | (net_attr_int(r, "detect_positive", 1) ? POSITIVE : 0);
    return net_attr_done(r);
}

static int read_is_nan(struct net_reading *r)
{
    return read_is(r, NAN_ITSELF);
}

static int read_is_inf(struct net_reading *r)
{
    return read_is(r, NEGATIVE | POSITIVE);
}

static int plan_is(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct net_view *in = &step->in[0];
    if (in->dtype != NET_F32)
        return net_plan_error(plan, step, err, "wants float32");
    return net_need(plan, step, 0, NULL, err) ? -1 : net_out(plan, step, 0, NET_I64, in->rank, in->dim, NULL, err);
}

static void run_is(const struct net_step *step, float *scratch)
{
    const float *x = step->in[0].data;
    int counts = *(const int *)step->node->params;
    (void)scratch;
    for (size_t i = 0, n = net_view_count(&step->out[0]); i < n; i++) {
        int is = isnan(x[i]) ? NAN_ITSELF : !isinf(x[i]) ? 0 : x[i] < 0 ? NEGATIVE : POSITIVE;
        ((int64_t *)step->out[0].data)[i] = (is & counts) != 0;
    }
}

static int plan_where(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    size_t rank, dim[FA_NET_RANK];
    if (step->in[0].dtype != NET_I64 || step->in[1].dtype != step->in[2].dtype ||
        !net_broadcast_shape(step->in, 3, &rank, dim))
        return net_plan_error(plan, step, err, "inputs of wrong types, or whose shapes do not fit each other");
    return net_out(plan, step, 0, step->in[1].dtype, rank, dim, NULL, err);
}

static void run_where(const struct net_step *step, float *scratch)
{
    const struct net_view *y = &step->out[0];
    struct net_view from[3];
    struct net_walk walk;
    (void)scratch;
    for (size_t k = 0; k < 3; k++)
        net_broadcast(&step->in[k], y->rank, y->dim, &from[k]);
    net_walk_start(&walk, (const struct net_view *[]){y, &from[0], &from[1], &from[2]}, 4);
    do
        for (ptrdiff_t i = 0; i < (ptrdiff_t)walk.n; i++) {
            size_t k = ((const int64_t *)from[0].data)[walk.offset[1] + i * walk.step[1]] ? 1 : 2;
            ptrdiff_t to = walk.offset[0] + i * walk.step[0], at = walk.offset[k + 1] + i * walk.step[k + 1];
            if (y->dtype == NET_F32)
                ((float *)y->data)[to] = ((const float *)from[k].data)[at];
            else
                ((int64_t *)y->data)[to] = ((const int64_t *)from[k].data)[at];
        }
    while (net_walk_next(&walk));
}

#define RELATION(onnx, runner)                                                                                                 \
    {                                                                                                                          \
        .name = onnx, .min_in = 2, .max_in = 2, .max_out = 1, .plan = plan_relation, .run = runner                             \
    }

const struct net_op net_ops_compare[] = {
    RELATION("Equal", run_equal),
    RELATION("Less", run_less),
    RELATION("LessOrEqual", run_less_or_equal),
    RELATION("Greater", run_greater),
    RELATION("GreaterOrEqual", run_greater_or_equal),
    RELATION("And", run_and),
    RELATION("Or", run_or),
    RELATION("Xor", run_xor),
    {.name = "Not", .min_in = 1, .max_in = 1, .max_out = 1, .plan = plan_not, .run = run_not},
    {.name = "IsNaN", .min_in = 1, .max_in = 1, .max_out = 1, .read = read_is_nan, .plan = plan_is, .run = run_is},
    {.name = "IsInf", .min_in = 1, .max_in = 1, .max_out = 1, .read = read_is_inf, .plan = plan_is, .run = run_is},
    {.name = "Where", .min_in = 3, .max_in = 3, .max_out = 1, .plan = plan_where, .run = run_where},
    {0},
};
