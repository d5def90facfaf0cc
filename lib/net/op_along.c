/* Operators that go along one axis: ArgMax, ArgMin, CumSum, TopK. */
#include "op.h"

struct along {
    int64_t axis;
    bool keep, last, smallest;  /* ArgMax, ArgMin, TopK */
    bool exclusive, reverse;    /* CumSum */
};

struct along_state {
    size_t axis, n, k; /* elements along it; of them that TopK gives */
    struct net_view in, out[2]; /* with one element along it: where each line begins */
};

static int read_along(struct net_reading *r, bool smallest)
{
    struct along *along = r->node->params = fa_arena_alloc(&r->graph->arena, sizeof *along, r->err);
    if (!along)
        return -1;
    along->axis = net_attr_int(r, "axis", 0);
    along->keep = net_attr_int(r, "keepdims", 1) != 0;
    along->last = net_attr_int(r, "select_last_index", 0) != 0;
    along->smallest = smallest;
    return net_attr_done(r);
}

static int read_arg_max(struct net_reading *r)
{
    return read_along(r, false);
}

static int read_arg_min(struct net_reading *r)
{
    return read_along(r, true);
}

static int read_cumsum(struct net_reading *r)
{
    struct along *along = r->node->params = fa_arena_alloc(&r->graph->arena, sizeof *along, r->err);
    if (!along)
        return -1;
    along->exclusive = net_attr_int(r, "exclusive", 0) != 0;
    along->reverse = net_attr_int(r, "reverse", 0) != 0;
    return net_attr_done(r);
}

static int read_topk(struct net_reading *r)
{
    struct along *along = r->node->params = fa_arena_alloc(&r->graph->arena, sizeof *along, r->err);
    if (!along)
        return -1;
    along->axis = net_attr_int(r, "axis", -1);
    along->smallest = net_attr_int(r, "largest", 1) == 0;
    net_attr_int(r, "sorted", 1); /* they always are */
    return net_attr_done(r);
}

static struct along_state *start(struct net_plan *plan, struct net_step *step, int64_t axis, struct fa_err *err)
{
    struct along_state *s = net_plan_alloc(plan, sizeof *s, err);
    if (!s || net_axis(plan, step, axis, step->in[0].rank, &s->axis, err))
        return NULL;
    if (s->axis == 0 && net_plan_batch(plan) != 1 && !step->in[0].content) {
        net_plan_error(plan, step, err, "works on one image only");
        return NULL;
    }
    s->in = step->in[0];
    s->n = s->in.dim[s->axis];
    s->in.dim[s->axis] = 1;
    step->state = s;
    return s;
}

static int plan_arg(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct along *along = step->node->params;
    struct along_state *s = start(plan, step, along->axis, err);
    size_t rank = 0, dim[FA_NET_RANK];
    if (!s)
        return -1;
    if (s->n == 0)
        return net_plan_error(plan, step, err, "nothing to choose from");
    for (size_t i = 0; i < s->in.rank; i++)
        if (i != s->axis || along->keep)
            dim[rank++] = s->in.dim[i];
    s->out[0] = s->in;
    net_dense(&s->out[0], NULL);
    return net_out(plan, step, 0, NET_I64, rank, dim, NULL, err);
}

static double number(const struct net_view *view, ptrdiff_t at)
{
    return view->dtype == NET_F32 ? (double)((const float *)view->data)[at] : (double)((const int64_t *)view->data)[at];
}

static void run_arg(const struct net_step *step, float *scratch)
{
    const struct along *along = step->node->params;
    const struct along_state *s = step->state;
    struct net_walk walk;
    (void)scratch;
    net_walk_start(&walk, (const struct net_view *[]){&s->out[0], &s->in}, 2);
    do
        for (ptrdiff_t i = 0; i < (ptrdiff_t)walk.n; i++) {
            ptrdiff_t from = walk.offset[1] + i * walk.step[1];
            int64_t best = 0;
            double most = number(&step->in[0], from);
            for (size_t k = 1; k < s->n; k++) {
                double x = number(&step->in[0], from + (ptrdiff_t)k * s->in.stride[s->axis]);
                if ((along->smallest ? x < most : x > most) || (along->last && x == most)) {
                    most = x;
                    best = (int64_t)k;
                }
            }
            ((int64_t *)step->out[0].data)[walk.offset[0] + i * walk.step[0]] = best;
        }
    while (net_walk_next(&walk));
}

static int plan_cumsum(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    int64_t axis = 0;
    size_t n;
    if (net_known_ints(plan, step, 1, 1, &axis, &n, err))
        return -1;
    struct along_state *s = start(plan, step, axis, err);
    if (!s || net_out(plan, step, 0, step->in[0].dtype, step->in[0].rank, step->in[0].dim, NULL, err))
        return -1;
    s->out[0] = step->out[0];
    s->out[0].dim[s->axis] = 1;
    return 0;
}

static void sum_line(const struct net_step *step, ptrdiff_t to, ptrdiff_t from)
{
    const struct along *along = step->node->params;
    const struct along_state *s = step->state;
    double sum = 0;
    int64_t whole = 0;
    for (size_t i = 0; i < s->n; i++) {
        ptrdiff_t k = (ptrdiff_t)(along->reverse ? s->n - 1 - i : i);
        ptrdiff_t in = from + k * s->in.stride[s->axis], out = to + k * s->out[0].stride[s->axis];
        if (step->in[0].dtype == NET_F32) {
            double x = (double)((const float *)step->in[0].data)[in];
            ((float *)step->out[0].data)[out] = (float)(along->exclusive ? sum : sum + x);
            sum += x;
        } else {
            int64_t next = (int64_t)((uint64_t)whole + (uint64_t)((const int64_t *)step->in[0].data)[in]);
            ((int64_t *)step->out[0].data)[out] = along->exclusive ? whole : next;
            whole = next;
        }
    }
}

static void run_cumsum(const struct net_step *step, float *scratch)
{
    const struct along_state *s = step->state;
    struct net_walk walk;
    (void)scratch;
    net_walk_start(&walk, (const struct net_view *[]){&s->out[0], &s->in}, 2);
    do
        for (ptrdiff_t i = 0; i < (ptrdiff_t)walk.n; i++)
            sum_line(step, walk.offset[0] + i * walk.step[0], walk.offset[1] + i * walk.step[1]);
    while (net_walk_next(&walk));
}

static int plan_topk(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct along *along = step->node->params;
    struct along_state *s = start(plan, step, along->axis, err);
    size_t n, dim[FA_NET_RANK];
    int64_t k = -1;
    if (!s || net_known_ints(plan, step, 1, 1, &k, &n, err))
        return -1;
    if (step->in[0].dtype != NET_F32 || n != 1 || k < 0 || k > (int64_t)s->n)
        return net_plan_error(plan, step, err, "%lld of %zu numbers", (long long)k, s->n);
    for (size_t i = 0; i < s->in.rank; i++)
        dim[i] = i == s->axis ? (size_t)k : s->in.dim[i];
    s->k = (size_t)k;
    for (size_t o = 0; o < step->nout; o++) {
        if (net_out(plan, step, o, o ? NET_I64 : NET_F32, s->in.rank, dim, NULL, err))
            return -1;
        s->out[o] = step->out[o];
        s->out[o].dim[s->axis] = 1;
    }
    return 0;
}

/* Those found so far stay sorted; of equal ones the first comes first. */
static void choose_line(const struct net_step *step, ptrdiff_t to, ptrdiff_t from)
{
    const struct along *along = step->node->params;
    const struct along_state *s = step->state;
    ptrdiff_t in = s->in.stride[s->axis], out = s->out[0].stride[s->axis];
    const float *x = (const float *)step->in[0].data + from;
    float *value = (float *)step->out[0].data + to;
    int64_t *index = step->nout > 1 ? (int64_t *)step->out[1].data + to : NULL;
    for (size_t i = 0, n = 0; i < s->n; i++) {
        float next = x[(ptrdiff_t)i * in];
        size_t at = n;
        while (at > 0 && (along->smallest ? next < value[(ptrdiff_t)(at - 1) * out] : next > value[(ptrdiff_t)(at - 1) * out]))
            at--;
        if (at == s->k)
            continue;
        n += n < s->k;
        for (ptrdiff_t k = (ptrdiff_t)n - 1; k > (ptrdiff_t)at; k--) {
            value[k * out] = value[(k - 1) * out];
            if (index)
                index[k * out] = index[(k - 1) * out];
        }
        value[(ptrdiff_t)at * out] = next;
        if (index)
            index[(ptrdiff_t)at * out] = (int64_t)i;
    }
}

static void run_topk(const struct net_step *step, float *scratch)
{
    const struct along_state *s = step->state;
    struct net_walk walk;
    (void)scratch;
    net_walk_start(&walk, (const struct net_view *[]){&s->out[0], &s->in}, 2);
    do
        for (ptrdiff_t i = 0; i < (ptrdiff_t)walk.n; i++)
            choose_line(step, walk.offset[0] + i * walk.step[0], walk.offset[1] + i * walk.step[1]);
    while (net_walk_next(&walk));
}

const struct net_op net_ops_along[] = {
    {.name = "ArgMax", .min_in = 1, .max_in = 1, .max_out = 1, .read = read_arg_max, .plan = plan_arg, .run = run_arg},
    {.name = "ArgMin", .min_in = 1, .max_in = 1, .max_out = 1, .read = read_arg_min, .plan = plan_arg, .run = run_arg},
    {.name = "CumSum", .min_in = 2, .max_in = 2, .max_out = 1, .read = read_cumsum, .plan = plan_cumsum, .run = run_cumsum},
    {.name = "TopK", .min_in = 2, .max_in = 2, .max_out = 2, .read = read_topk, .plan = plan_topk, .run = run_topk},
    {0},
};
