/* Gemm and MatMul. With constant weights they are laid once, and an activation behind is done along. */
#include "op.h"

#include <stdlib.h>
#include <string.h>

/* Rows of A that are packed and multiplied before the next: panels of them. */
enum { BLOCK_PANELS = 16 };

struct gemm {
    bool trans_a, trans_b, bias_by_row; /* bias_by_row: C is no constant row and is added by a copy */
    float alpha, beta;
    struct net_weights weights; /* laid: panels of n columns, k deep, if B is constant */
    struct fa_panels panels;
};

struct gemm_state {
    size_t m, n, k, matrices;
    size_t lda, ldb;
    bool trans_a, trans_b;
    const struct gemm *laid; /* whose weights are B */
    struct net_view a, b; /* one number for each matrix: where it begins */
    float alpha, beta;
};

static int read_gemm(struct net_reading *r)
{
    struct gemm *gemm = fa_arena_alloc(&r->graph->arena, sizeof *gemm, r->err);
    if (!gemm)
        return -1;
    r->node->params = gemm;
    gemm->trans_a = net_attr_int(r, "transA", 0) != 0;
    gemm->trans_b = net_attr_int(r, "transB", 0) != 0;
    gemm->alpha = net_attr_float(r, "alpha", 1);
    gemm->beta = net_attr_float(r, "beta", 1);
    return net_attr_done(r);
}

static int read_matmul(struct net_reading *r)
{
    struct gemm *gemm = fa_arena_alloc(&r->graph->arena, sizeof *gemm, r->err);
    r->node->params = gemm;
    if (gemm)
        gemm->alpha = gemm->beta = 1;
    return gemm ? net_attr_done(r) : -1;
}

/* A constant C of one value, or of one for each column, is the bias. */
static int load_bias(struct net_graph *graph, struct net_node *node, struct gemm *gemm, struct fa_err *err)
{
    size_t n = gemm->weights.n;
    if (node->ninputs < 3 || node->in[2] == NET_NONE)
        return 0;
    struct net_constant *c = graph->value[node->in[2]].constant;
    gemm->bias_by_row = !c || c->dtype != NET_F32 || c->rank > 2 || (c->n != 1 && (c->n != n || c->dim[c->rank - 1] != n));
    if (gemm->bias_by_row)
        return 0;
    if (net_constant_decode(c, err))
        return -1;
    for (size_t i = 0; i < n; i++)
        gemm->weights.bias[i] = gemm->beta * ((const float *)c->data)[c->n == 1 ? 0 : i];
    node->in[2] = NET_NONE;
    return 0;
}

/* 1: B is constant and its weights are made; 0: it is not. */
static int load(struct net_graph *graph, struct net_node *node, struct fa_err *err)
{
    struct gemm *gemm = node->params;
    const struct net_constant *b = node->in[1] == NET_NONE ? NULL : graph->value[node->in[1]].constant;
    if (gemm->weights.fixed)
        return 1;
    if (!b || b->rank != 2 || b->dtype != NET_F32 || b->n == 0)
        return 0;
    if (net_weights_new(&gemm->weights, b->dim[gemm->trans_b], b->dim[!gemm->trans_b], err) ||
        load_bias(graph, node, gemm, err))
        return -1;
    for (size_t i = 0; i < gemm->weights.n; i++)
        gemm->weights.scale[i] = gemm->alpha;
    return 1;
}

static int affine(struct net_graph *graph, struct net_node *node, const float *scale, const float *shift, size_t n,
                  struct fa_err *err)
{
    struct gemm *gemm = node->params;
    int loaded = load(graph, node, err);
    return loaded < 1 || gemm->bias_by_row ? (loaded < 0 ? -1 : 0) : net_weights_affine(&gemm->weights, scale, shift, n);
}

static int prepare(struct net_graph *graph, struct net_node *node, struct fa_err *err)
{
    struct gemm *gemm = node->params;
    struct net_weights *w = &gemm->weights;
    int loaded = load(graph, node, err);
    if (loaded < 1)
        return loaded;
    struct net_constant *stored = graph->value[node->in[1]].constant;
    float *matrix = fa_mem_array(w->k * w->n, sizeof *matrix, err);
    gemm->panels = fa_tensor_panels(!(graph->flags & FA_NET_PLAIN));
    w->floats = (w->n + gemm->panels.cols - 1) / gemm->panels.cols * gemm->panels.cols * w->k;
    w->laid = matrix ? net_weights_alloc(graph, w->floats, err) : NULL;
    if (!w->laid || net_constant_decode(stored, err)) {
        free(matrix);
        return -1;
    }
    const float *b = stored->data;
    for (size_t k = 0; k < w->k; k++)
        for (size_t n = 0; n < w->n; n++)
            matrix[k * w->n + n] = w->scale[n] * (gemm->trans_b ? b[n * w->k + k] : b[k * w->n + n]);
    fa_tensor_pack_columns(&gemm->panels, w->k, w->n, matrix, w->n, w->laid);
    free(matrix);
    node->in[1] = NET_NONE;
    return 0;
}

static const struct net_weights *weights_of(const struct net_node *node)
{
    const struct gemm *gemm = node->params;
    return gemm && gemm->weights.laid ? &gemm->weights : NULL;
}

static void release(struct net_node *node)
{
    struct gemm *gemm = node->params;
    if (gemm)
        net_weights_free(&gemm->weights);
}

/* The sizes of one product: A is m x k, B is k x n. */
static int check_product(struct net_plan *plan, struct net_step *step, struct gemm_state *s, const size_t a[2],
                         const size_t b[2], struct fa_err *err)
{
    s->m = a[s->trans_a];
    s->k = a[!s->trans_a];
    s->n = b[!s->trans_b];
    if (s->k != b[s->trans_b])
        return net_plan_error(plan, step, err, "product of %zux%zu and %zux%zu", s->m, s->k, b[s->trans_b], s->n);
    s->lda = a[1];
    s->ldb = b[1];
    return 0;
}

static struct gemm_state *start(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct gemm *gemm = step->node->params;
    struct gemm_state *s = net_plan_alloc(plan, sizeof *s, err);
    if (!s)
        return NULL;
    bool fixed = gemm->weights.laid;
    if (step->in[0].dtype != NET_F32 || (!fixed && (!step->in[1].present || step->in[1].dtype != NET_F32))) {
        net_plan_error(plan, step, err, "wants float32 matrices");
        return NULL;
    }
    *s = (struct gemm_state){.matrices = 1, .trans_a = gemm->trans_a, .trans_b = !fixed && gemm->trans_b, .laid = fixed ? gemm : NULL};
    s->alpha = fixed ? 1 : gemm->alpha;
    s->beta = gemm->beta;
    step->epilogue.bias = fixed ? gemm->weights.bias : NULL;
    step->how = fixed ? "product" : NULL;
    step->scratch = fixed ? BLOCK_PANELS * gemm->panels.rows * gemm->weights.k : 0;
    step->state = s;
    const uint8_t turned[FA_NET_RANK] = {1, 0};
    if (net_need(plan, step, 0, fixed && s->trans_a && step->in[0].rank == 2 ? turned : NULL, err))
        return NULL;
    return fixed || !net_need(plan, step, 1, NULL, err) ? s : NULL;
}

static int plan_gemm(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct gemm *gemm = step->node->params;
    const size_t fixed[2] = {gemm->weights.k, gemm->weights.n};
    struct gemm_state *s = start(plan, step, err);
    if (!s)
        return -1;
    if (step->in[0].rank != 2 || (!s->laid && step->in[1].rank != 2))
        return net_plan_error(plan, step, err, "wants matrices of 2 dimensions");
    if (check_product(plan, step, s, step->in[0].dim, s->laid ? fixed : step->in[1].dim, err))
        return -1;
    const size_t dim[2] = {s->m, s->n};
    struct net_view c;
    if (step->nin > 2 && step->in[2].present && (step->in[2].dtype != NET_F32 || !net_broadcast(&step->in[2], 2, dim, &c)))
        return net_plan_error(plan, step, err, "C does not fit the product");
    step->channels = s->n;
    step->work = s->laid && !(step->nin > 2 && step->in[2].present) ? net_product_work(&gemm->panels, s->m, s->n, s->k) : 0;
    return net_out(plan, step, 0, NET_F32, 2, dim, NULL, err);
}

/* By weights in panels: rows of A, k apart. */
static struct net_tile multiply_laid(const struct net_step *step, const struct gemm_state *s, struct net_part part, float *scratch)
{
    const struct fa_panels *panels = &s->laid->panels;
    const float *a = step->in[0].data, *row[FA_PANEL_ROWS];
    float *y = step->out[0].data;
    size_t rows = panels->rows;
    struct net_tile tile = net_part_product(part, panels, s->m, s->n);
    for (size_t begin = tile.row, end = tile.cols ? begin + tile.rows : 0, n; begin < end; begin += n) {
        n = end - begin < BLOCK_PANELS * rows ? end - begin : BLOCK_PANELS * rows;
        for (size_t i = 0; i < n; i += rows) {
            for (size_t r = 0; r < rows; r++)
                row[r] = a + (begin + (i + r < n ? i + r : n - 1)) * s->k;
            fa_tensor_pack_rows(panels, row, s->k, scratch + i * s->k);
        }
        fa_tensor_multiply_panels(panels, n, tile.cols, s->k, scratch, s->laid->weights.laid + tile.col * s->k,
                                  y + begin * s->n + tile.col, s->n);
    }
    return tile;
}

/* y += beta * C. */
static void add_c(const struct net_step *step, const struct gemm_state *s)
{
    struct net_view c;
    struct net_walk walk;
    float *y = step->out[0].data;
    net_broadcast(&step->in[2], 2, step->out[0].dim, &c);
    net_walk_start(&walk, (const struct net_view *[]){&step->out[0], &c}, 2);
    do
        for (size_t i = 0; i < walk.n; i++)
            y[walk.offset[0] + (ptrdiff_t)i * walk.step[0]] +=
                s->beta * ((const float *)step->in[2].data)[walk.offset[1] + (ptrdiff_t)i * walk.step[1]];
    while (net_walk_next(&walk));
}

static void run_gemm(const struct net_step *step, struct net_part part, float *scratch)
{
    const struct gemm_state *s = step->state;
    struct net_tile tile = {0, s->m, 0, s->n};
    if (s->laid)
        tile = multiply_laid(step, s, part, scratch);
    else
        fa_tensor_gemm(s->trans_a ? FA_TRANSPOSED : FA_AS_IS, s->trans_b ? FA_TRANSPOSED : FA_AS_IS, s->m, s->n, s->k, s->alpha,
                       step->in[0].data, s->lda, step->in[1].data, s->ldb, 0, step->out[0].data, s->n);
    if (step->nin > 2 && step->in[2].present)
        add_c(step, s);
    net_finish(step, tile.row, tile.rows, tile.col, tile.cols);
}

/* numpy.matmul: a vector on the left is a row, on the right a column, and its axis is dropped from the output; leading
 * axes count matrices and are broadcast. */
static int plan_matmul(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct gemm *gemm = step->node->params;
    struct gemm_state *s = start(plan, step, err);
    if (!s)
        return -1;
    struct net_view a = step->in[0], b = step->in[1];
    if (s->laid)
        b = (struct net_view){.rank = 2, .dim = {gemm->weights.k, gemm->weights.n}};
    if (a.rank == 0 || b.rank == 0)
        return net_plan_error(plan, step, err, "wants matrices");
    bool row = a.rank == 1, column = b.rank == 1;
    size_t a2[2] = {row ? 1 : a.dim[a.rank - 2], a.dim[a.rank - 1]};
    size_t b2[2] = {column ? b.dim[0] : b.dim[b.rank - 2], column ? 1 : b.dim[b.rank - 1]};
    if (check_product(plan, step, s, a2, b2, err))
        return -1;
    size_t alead = row ? 0 : a.rank - 2, blead = column ? 0 : b.rank - 2, lead = alead > blead ? alead : blead;
    size_t dim[FA_NET_RANK];
    for (size_t i = 0; i < lead; i++) {
        size_t x = i + alead < lead ? 1 : a.dim[i + alead - lead], y = i + blead < lead ? 1 : b.dim[i + blead - lead];
        dim[i] = x == 1 ? y : x;
    }
    a.rank = alead;
    b.rank = blead;
    if (!net_broadcast(&a, lead, dim, &s->a) || !net_broadcast(&b, lead, dim, &s->b))
        return net_plan_error(plan, step, err, "leading dimensions do not fit");
    s->matrices = net_view_count(&s->a);
    size_t rank = lead;
    if (!row)
        dim[rank++] = s->m;
    if (!column)
        dim[rank++] = s->n;
    if (blead == 0 && s->m > 0) { /* one B for all: one tall product */
        s->m *= s->matrices;
        s->matrices = 1;
    }
    step->channels = column ? 0 : s->n;
    step->work = s->laid ? net_product_work(&gemm->panels, s->m, s->n, s->k) : 0;
    return net_out(plan, step, 0, NET_F32, rank, dim, NULL, err);
}

static void run_matmul(const struct net_step *step, struct net_part part, float *scratch)
{
    const struct gemm_state *s = step->state;
    struct net_walk walk;
    const float *a = step->in[0].data, *b;
    float *y = step->out[0].data;
    if (s->laid) {
        struct net_tile tile = multiply_laid(step, s, part, scratch);
        net_finish(step, tile.row, tile.rows, tile.col, tile.cols);
        return;
    }
    b = step->in[1].data;
    if (s->matrices == 1) {
        fa_tensor_gemm(FA_AS_IS, FA_AS_IS, s->m, s->n, s->k, 1, a, s->lda, b, s->ldb, 0, y, s->n);
        net_finish(step, 0, s->m, 0, s->n);
        return;
    }
    struct net_view count = s->a;
    net_dense(&count, NULL);
    net_walk_start(&walk, (const struct net_view *[]){&count, &s->a, &s->b}, 3);
    do
        for (size_t i = 0; i < walk.n; i++, y += s->m * s->n)
            fa_tensor_gemm(FA_AS_IS, FA_AS_IS, s->m, s->n, s->k, 1, a + walk.offset[1] + (ptrdiff_t)i * walk.step[1], s->lda,
                           b + walk.offset[2] + (ptrdiff_t)i * walk.step[2], s->ldb, 0, y, s->n);
    while (net_walk_next(&walk));
    net_finish(step, 0, s->m * s->matrices, 0, s->n);
}

const struct net_op net_op_gemm = {
    .name = "Gemm",
    .min_in = 2,
    .max_in = 3,
    .max_out = 1,
    .read = read_gemm,
    .plan = plan_gemm,
    .part = run_gemm,
    .affine = affine,
    .prepare = prepare,
    .release = release,
    .weights = weights_of,
    .channel_rank = 2,
};

const struct net_op net_op_matmul = {
    .name = "MatMul",
    .min_in = 2,
    .max_in = 2,
    .max_out = 1,
    .read = read_matmul,
    .plan = plan_matmul,
    .part = run_matmul,
    .affine = affine,
    .prepare = prepare,
    .release = release,
    .weights = weights_of,
};
