/* Sums, means, extremes and norms over axes; of integers, for shapes, what stays an integer. */
#include "op.h"

#include <math.h>

enum kind { SUM, MEAN, MAX, MIN, PROD, L1, L2, SUM_SQUARE, LOG_SUM, LOG_SUM_EXP };

struct reduce {
    const int64_t *axis; /* NULL: from input 1, or all */
    size_t naxes;
    bool keep, noop_if_none;
    enum kind kind;
};

struct reduce_state {
    enum kind kind;
    struct net_view sums; /* the output in the shape of the input, broadcast over the axes that go */
    float count;
};

static int read_reduce(struct net_reading *r, enum kind kind)
{
    struct reduce *reduce = fa_arena_alloc(&r->graph->arena, sizeof *reduce, r->err);
    r->node->params = reduce;
    if (!reduce)
        return -1;
    reduce->kind = kind;
    reduce->keep = net_attr_int(r, "keepdims", 1) != 0;
    reduce->noop_if_none = net_attr_int(r, "noop_with_empty_axes", 0) != 0;
    reduce->axis = net_attr_ints(r, "axes", &reduce->naxes);
    return net_attr_done(r);
}

/* goes[i]: axis i is reduced. */
static int find_axes(struct net_plan *plan, struct net_step *step, bool goes[FA_NET_RANK], struct fa_err *err)
{
    const struct reduce *reduce = step->node->params;
    size_t rank = step->in[0].rank, n = reduce->naxes, axis;
    int64_t given[FA_NET_RANK];
    const int64_t *axes = reduce->axis;
    if (!axes && step->nin > 1 && step->in[1].present) {
        if (net_known_ints(plan, step, 1, FA_NET_RANK, given, &n, err))
            return -1;
        axes = given;
    }
    for (size_t i = 0; i < rank; i++)
        goes[i] = n == 0 && !reduce->noop_if_none;
    for (size_t i = 0; i < n; i++) {
        if (net_axis(plan, step, axes[i], rank, &axis, err))
            return -1;
        goes[axis] = true;
    }
    return 0;
}

static int plan_reduce(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct reduce *reduce = step->node->params;
    struct reduce_state *s = net_plan_alloc(plan, sizeof *s, err);
    const struct net_view *in = &step->in[0];
    bool goes[FA_NET_RANK];
    size_t rank = 0, dim[FA_NET_RANK];
    if (!s || find_axes(plan, step, goes, err))
        return -1;
    if (in->dtype != NET_F32 && reduce->kind != SUM && reduce->kind != MAX && reduce->kind != MIN && reduce->kind != PROD)
        return net_plan_error(plan, step, err, "wants float32");
    s->kind = reduce->kind;
    s->count = 1;
    for (size_t i = 0; i < in->rank; i++) {
        if (goes[i])
            s->count *= (float)in->dim[i];
        if (!goes[i] || reduce->keep)
            dim[rank++] = goes[i] ? 1 : in->dim[i];
    }
    if (net_out(plan, step, 0, in->dtype, rank, dim, NULL, err))
        return -1;
    s->sums = *in;
    for (size_t i = 0, k = 0; i < in->rank; i++) {
        s->sums.stride[i] = goes[i] ? 0 : step->out[0].stride[k];
        k += !goes[i] || reduce->keep;
    }
    step->state = s;
    return 0;
}

static double join(enum kind kind, double sum, double x)
{
    switch (kind) {
    case SUM:
    case MEAN:
    case LOG_SUM:
        return sum + x;
    case LOG_SUM_EXP: /* sum is that of the logarithms */
        return sum > x ? sum + log1p(exp(x - sum)) : x > -INFINITY ? x + log1p(exp(sum - x)) : sum;
    case PROD:
        return sum * x;
    case MAX:
        return x > sum ? x : sum;
    case MIN:
        return x < sum ? x : sum;
    case L1:
        return sum + fabs(x);
    case L2:
    case SUM_SQUARE:
        return sum + x * x;
    }
    return 0;
}

static int64_t join_integers(enum kind kind, int64_t sum, int64_t x)
{
    if (kind == MAX || kind == MIN)
        return (kind == MAX) == (x > sum) ? x : sum;
    return (int64_t)(kind == PROD ? (uint64_t)sum * (uint64_t)x : (uint64_t)sum + (uint64_t)x);
}

static void run_integers(const struct net_step *step)
{
    const struct reduce_state *s = step->state;
    const struct net_view *in = &step->in[0];
    int64_t *y = step->out[0].data, start = s->kind == MAX ? INT64_MIN : s->kind == MIN ? INT64_MAX : s->kind == PROD;
    struct net_walk walk;
    for (size_t i = 0, n = net_view_count(&step->out[0]); i < n; i++)
        y[i] = start;
    net_walk_start(&walk, (const struct net_view *[]){in, &s->sums}, 2);
    if (net_view_count(in))
        do
            for (ptrdiff_t i = 0; i < (ptrdiff_t)walk.n; i++) {
                int64_t *sum = &y[walk.offset[1] + i * walk.step[1]];
                *sum = join_integers(s->kind, *sum, ((const int64_t *)in->data)[walk.offset[0] + i * walk.step[0]]);
            }
        while (net_walk_next(&walk));
}

static float start_of(enum kind kind)
{
    return kind == MAX || kind == LOG_SUM_EXP ? -INFINITY : kind == MIN ? INFINITY : kind == PROD ? 1 : 0;
}

static float finish(const struct reduce_state *s, float y)
{
    return s->kind == MEAN ? y / s->count : s->kind == L2 ? sqrtf(y) : s->kind == LOG_SUM ? logf(y) : y;
}

static void run(const struct net_step *step, float *scratch)
{
    const struct reduce_state *s = step->state;
    const struct net_view *in = &step->in[0], *out = &step->out[0];
    float *y = out->data, start = start_of(s->kind);
    size_t n = net_view_count(out);
    struct net_walk walk;
    (void)scratch;
    if (in->dtype == NET_I64) {
        run_integers(step);
        return;
    }
    for (size_t i = 0; i < n; i++)
        y[i] = start;
    net_walk_start(&walk, (const struct net_view *[]){in, &s->sums}, 2);
    if (net_view_count(in))
        do {
            const float *x = (const float *)in->data + walk.offset[0];
            float *sums = y + walk.offset[1];
            if (walk.step[1] == 0) {
                double sum = *sums;
                for (size_t i = 0; i < walk.n; i++)
                    sum = join(s->kind, sum, x[(ptrdiff_t)i * walk.step[0]]);
                *sums = (float)sum;
            } else {
                for (size_t i = 0; i < walk.n; i++) {
                    float *sum = &sums[(ptrdiff_t)i * walk.step[1]];
                    *sum = (float)join(s->kind, *sum, x[(ptrdiff_t)i * walk.step[0]]);
                }
            }
        } while (net_walk_next(&walk));
    for (size_t i = 0; i < n; i++)
        y[i] = finish(s, y[i]);
}

#define READ(name, kind)                                                                                                       \
    static int name(struct net_reading *r)                                                                                     \
    {                                                                                                                          \
        return read_reduce(r, kind);                                                                                           \
    }
READ(read_sum, SUM)
READ(read_mean, MEAN)
READ(read_max, MAX)
READ(read_min, MIN)
READ(read_l1, L1)
READ(read_l2, L2)
READ(read_sum_square, SUM_SQUARE)
READ(read_prod, PROD)
READ(read_log_sum, LOG_SUM)
READ(read_log_sum_exp, LOG_SUM_EXP)

#define REDUCE(onnx, reader)                                                                                                   \
    {                                                                                                                          \
        .name = onnx, .min_in = 1, .max_in = 2, .max_out = 1, .read = reader, .plan = plan_reduce, .run = run                  \
    }

const struct net_op net_ops_reduce[] = {
    REDUCE("ReduceSum", read_sum),
    REDUCE("ReduceMean", read_mean),
    REDUCE("ReduceMax", read_max),
    REDUCE("ReduceMin", read_min),
    REDUCE("ReduceL1", read_l1),
    REDUCE("ReduceL2", read_l2),
    REDUCE("ReduceSumSquare", read_sum_square),
    REDUCE("ReduceProd", read_prod),
    REDUCE("ReduceLogSum", read_log_sum),
    REDUCE("ReduceLogSumExp", read_log_sum_exp),
    {0},
};
