/* Arithmetic of two or more values, element by element, with numpy's broadcasting. */
#include "op.h"

#include <math.h>
#include <string.h>

static int plan_binary(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct net_view *largest = NULL;
    size_t rank, dim[FA_NET_RANK];
    for (size_t k = 0; k < step->nin; k++)
        if (!step->in[k].present || step->in[k].dtype != step->in[0].dtype)
            return net_plan_error(plan, step, err, "inputs of different types");
    if (!net_broadcast_shape(step->in, step->nin, &rank, dim))
        return net_plan_error(plan, step, err, "inputs whose shapes do not fit each other");
    for (size_t k = 0; k < step->nin && !largest; k++)
        if (step->in[k].rank == rank && memcmp(step->in[k].dim, dim, rank * sizeof *dim) == 0)
            largest = &step->in[k];
    step->work = net_count(rank, dim, NET_MAX_ELEMENTS) * NET_TAP;
    if (largest)
        return net_out_like(plan, step, 0, largest, rank, dim, err);
    return net_out(plan, step, 0, step->in[0].dtype, rank, dim, NULL, err);
}

/* Shape arithmetic stays within int64 as it comes from a file: what would overflow wraps. */
static int64_t of_integers(enum fa_binary op, int64_t a, int64_t b)
{
    switch (op) {
    case FA_ADD:
        return (int64_t)((uint64_t)a + (uint64_t)b);
    case FA_SUB:
        return (int64_t)((uint64_t)a - (uint64_t)b);
    case FA_MUL:
        return (int64_t)((uint64_t)a * (uint64_t)b);
    case FA_DIV:
        return b == 0 || (b == -1 && a == INT64_MIN) ? 0 : a / b;
    case FA_MAX:
        return a > b ? a : b;
    case FA_MIN:
        return a < b ? a : b;
    case FA_NEGATIVE_SLOPE:
        return a < 0 ? of_integers(FA_MUL, a, b) : a;
    }
    return 0;
}

/* y = a op b over views of the shape of y. */
static void apply(enum fa_binary op, const struct net_view *y, const struct net_view *a, const struct net_view *b)
{
    struct net_walk walk;
    net_walk_start(&walk, (const struct net_view *[]){y, a, b}, 3);
    do {
        if (y->dtype == NET_F32) {
            fa_tensor_binary(op, walk.n, (const float *)a->data + walk.offset[1], walk.step[1],
                             (const float *)b->data + walk.offset[2], walk.step[2], (float *)y->data + walk.offset[0]);
            continue;
        }
        const int64_t *p = (const int64_t *)a->data + walk.offset[1], *q = (const int64_t *)b->data + walk.offset[2];
        for (size_t i = 0; i < walk.n; i++)
            ((int64_t *)y->data)[walk.offset[0] + (ptrdiff_t)i] =
                of_integers(op, p[(ptrdiff_t)i * walk.step[1]], q[(ptrdiff_t)i * walk.step[2]]);
    } while (net_walk_next(&walk));
}

static void run_all(const struct net_step *step, enum fa_binary op, struct net_part part)
{
    const struct net_view *whole = &step->out[0];
    struct net_view y = *whole, a, b;
    net_broadcast(&step->in[0], y.rank, y.dim, &a);
    net_part_cut(part, (struct net_view *[]){&y, &a}, 2);
    if (net_view_count(&y) == 0)
        return;
    if (step->nin == 1)
        net_copy(&y, &a);
    for (size_t k = 1; k < step->nin; k++) {
        struct net_view again = *whole;
        net_broadcast(&step->in[k], whole->rank, whole->dim, &b);
        net_part_cut(part, (struct net_view *[]){&again, &b}, 2);
        apply(op, &y, k == 1 ? &a : &y, &b);
    }
}

static void run_mean(const struct net_step *step, float *scratch)
{
    const struct net_view *y = &step->out[0];
    float n = (float)step->nin;
    (void)scratch;
    run_all(step, FA_ADD, (struct net_part){0, 1});
    fa_tensor_binary(FA_DIV, net_view_count(y), y->data, 1, &n, 0, y->data);
}

static int plan_mean(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    if (step->in[0].dtype != NET_F32)
        return net_plan_error(plan, step, err, "wants float32");
    return plan_binary(plan, step, err);
}

static void run_pow(const struct net_step *step, float *scratch)
{
    const struct net_view *y = &step->out[0];
    struct net_view a, b;
    struct net_walk walk;
    (void)scratch;
    if (net_view_count(y) == 0)
        return;
    net_broadcast(&step->in[0], y->rank, y->dim, &a);
    net_broadcast(&step->in[1], y->rank, y->dim, &b);
    net_walk_start(&walk, (const struct net_view *[]){y, &a, &b}, 3);
    do
        for (size_t i = 0; i < walk.n; i++)
            ((float *)y->data)[walk.offset[0] + (ptrdiff_t)i] =
                powf(((const float *)a.data)[walk.offset[1] + (ptrdiff_t)i * walk.step[1]],
                     ((const float *)b.data)[walk.offset[2] + (ptrdiff_t)i * walk.step[2]]);
    while (net_walk_next(&walk));
}

static int read_mod(struct net_reading *r)
{
    bool *of_dividend = r->node->params = fa_arena_alloc(&r->graph->arena, sizeof *of_dividend, r->err);
    if (!of_dividend)
        return -1;
    *of_dividend = net_attr_int(r, "fmod", 0) != 0;
    return net_attr_done(r);
}

/* The remainder has the sign of the dividend, or of the divisor; of numbers with fractions it is the dividend's. */
static int64_t remainder_of(int64_t a, int64_t b, bool of_dividend)
{
    if (b == 0 || b == -1)
        return 0;
    int64_t rest = a % b;
    return rest != 0 && !of_dividend && (rest < 0) != (b < 0) ? rest + b : rest;
}

static void run_mod(const struct net_step *step, float *scratch)
{
    const struct net_view *y = &step->out[0];
    const bool *of_dividend = step->node->params;
    struct net_view a, b;
    struct net_walk walk;
    (void)scratch;
    net_broadcast(&step->in[0], y->rank, y->dim, &a);
    net_broadcast(&step->in[1], y->rank, y->dim, &b);
    net_walk_start(&walk, (const struct net_view *[]){y, &a, &b}, 3);
    do
        for (ptrdiff_t i = 0; i < (ptrdiff_t)walk.n; i++) {
            ptrdiff_t to = walk.offset[0] + i * walk.step[0], p = walk.offset[1] + i * walk.step[1], q = walk.offset[2] + i * walk.step[2];
            if (y->dtype == NET_F32)
                ((float *)y->data)[to] = fmodf(((const float *)a.data)[p], ((const float *)b.data)[q]);
            else
                ((int64_t *)y->data)[to] = remainder_of(((const int64_t *)a.data)[p], ((const int64_t *)b.data)[q], *of_dividend);
        }
    while (net_walk_next(&walk));
}

/* A constant exponent of integers is taken for float32. */
static int plan_pow(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    struct net_view *exponent = &step->in[1];
    if (exponent->dtype == NET_I64 && exponent->content) {
        if (net_need(plan, step, 1, NULL, err))
            return -1;
        size_t n = net_view_count(exponent);
        float *same = net_plan_alloc(plan, n * sizeof *same, err);
        for (size_t i = 0; same && i < n; i++)
            same[i] = (float)((const int64_t *)exponent->content)[exponent->offset + (ptrdiff_t)i];
        if (!same)
            return -1;
        exponent->content = same;
        exponent->offset = 0;
        exponent->dtype = NET_F32;
    }
    if (step->in[0].dtype != NET_F32 || exponent->dtype != NET_F32)
        return net_plan_error(plan, step, err, "wants float32");
    return plan_binary(plan, step, err);
}

static bool prelu_activation(const struct net_graph *graph, const struct net_node *node, struct fa_epilogue *epilogue)
{
    (void)graph;
    (void)node;
    epilogue->activation = FA_TENSOR_PRELU;
    return true;
}

/* A slope may be broadcast to the input, not the other way round. */
static int plan_prelu(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    struct net_view any;
    if (step->in[0].dtype != NET_F32 || step->in[1].dtype != NET_F32 ||
        !net_broadcast(&step->in[1], step->in[0].rank, step->in[0].dim, &any))
        return net_plan_error(plan, step, err, "slope does not fit the input");
    return plan_binary(plan, step, err);
}

#define RUN(name, op)                                                                                                          \
    static void name(const struct net_step *step, struct net_part part, float *scratch)                                        \
    {                                                                                                                          \
        (void)scratch;                                                                                                         \
        run_all(step, op, part);                                                                                               \
    }
RUN(run_add, FA_ADD)
RUN(run_sub, FA_SUB)
RUN(run_mul, FA_MUL)
RUN(run_div, FA_DIV)
RUN(run_max, FA_MAX)
RUN(run_min, FA_MIN)
RUN(run_prelu, FA_NEGATIVE_SLOPE)

const struct net_op net_ops_binary[] = {
    {.name = "Add", .min_in = 2, .max_in = 2, .max_out = 1, .plan = plan_binary, .part = run_add},
    {.name = "Sub", .min_in = 2, .max_in = 2, .max_out = 1, .plan = plan_binary, .part = run_sub},
    {.name = "Mul", .min_in = 2, .max_in = 2, .max_out = 1, .plan = plan_binary, .part = run_mul},
    {.name = "Div", .min_in = 2, .max_in = 2, .max_out = 1, .plan = plan_binary, .part = run_div},
    {.name = "Sum", .min_in = 1, .max_in = 64, .max_out = 1, .plan = plan_binary, .part = run_add},
    {.name = "Mean", .min_in = 1, .max_in = 64, .max_out = 1, .plan = plan_mean, .run = run_mean},
    {.name = "Max", .min_in = 1, .max_in = 64, .max_out = 1, .plan = plan_binary, .part = run_max},
    {.name = "Min", .min_in = 1, .max_in = 64, .max_out = 1, .plan = plan_binary, .part = run_min},
    {.name = "Pow", .min_in = 2, .max_in = 2, .max_out = 1, .plan = plan_pow, .run = run_pow},
    {.name = "Mod", .min_in = 2, .max_in = 2, .max_out = 1, .read = read_mod, .plan = plan_binary, .run = run_mod},
    {.name = "PRelu", .min_in = 2, .max_in = 2, .max_out = 1, .plan = plan_prelu, .part = run_prelu,
     .activation = prelu_activation},
    {0},
};
