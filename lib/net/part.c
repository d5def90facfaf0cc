/* Steps that several threads do at once, each a part of it. */
#include "plan.h"

/* A step takes so many multiplications, some 10 microseconds, before it is worth dividing. */
enum { LEAST_WORK = 1 << 19 };

static size_t parts(size_t units, size_t n)
{
    return (units + n - 1) / n;
}

/* By rows, each part reads all weights; by columns, it packs all rows. One or the other is small, or does not divide well: counted
 * in tiles, of which reading or packing a panel is worth half of one. */
struct net_tile net_part_product(struct net_part part, const struct fa_panels *panels, size_t m, size_t n)
{
    size_t rows = parts(m, panels->rows), cols = parts(n, panels->cols);
    size_t by_rows = 2 * parts(rows, part.n) * cols + cols, by_cols = 2 * parts(cols, part.n) * rows + rows;
    size_t units = by_rows <= by_cols ? rows : cols, panel = by_rows <= by_cols ? panels->rows : panels->cols;
    size_t most = by_rows <= by_cols ? m : n, begin = net_part_begin(part, units) * panel, end = net_part_end(part, units) * panel;
    end = end < most ? end : most;
    size_t length = begin < end ? end - begin : 0;
    return by_rows <= by_cols ? (struct net_tile){begin, length, 0, n} : (struct net_tile){0, m, begin, length};
}

uint64_t net_product_work(const struct fa_panels *panels, size_t m, size_t n, size_t k)
{
    return (uint64_t)m * parts(n, panels->cols) * panels->cols * k;
}

void net_part_cut(struct net_part part, struct net_view *const *views, size_t n)
{
    uint8_t order[FA_NET_RANK];
    size_t outer = 0;
    net_order_of(views[0], order);
    while (outer < views[0]->rank && views[0]->dim[order[outer]] == 1)
        outer++;
    if (outer == views[0]->rank) { /* a single element */
        for (size_t k = 0; k < n && part.i > 0 && views[0]->rank; k++)
            views[k]->dim[0] = 0;
        return;
    }
    size_t axis = order[outer], begin = net_part_begin(part, views[0]->dim[axis]), end = net_part_end(part, views[0]->dim[axis]);
    for (size_t k = 0; k < n; k++) {
        views[k]->data = (char *)views[k]->data + (ptrdiff_t)begin * views[k]->stride[axis] * (ptrdiff_t)net_element(views[k]->dtype);
        views[k]->dim[axis] = end - begin;
    }
}

void net_finish(const struct net_step *step, size_t row, size_t rows, size_t col, size_t cols)
{
    size_t at = row * step->channels + col;
    const float *residual = step->residual.present ? (const float *)step->residual.data + at : NULL;
    struct fa_epilogue epilogue = step->epilogue;
    epilogue.bias += epilogue.bias ? col : 0;
    epilogue.slope += epilogue.slope ? col : 0;
    fa_tensor_epilogue(&epilogue, rows, cols, (float *)step->out[0].data + at, step->channels, residual, step->channels);
}

struct shared {
    const struct net_step *step;
    size_t n, stride;
    float *scratch;
};

/* Helpers have not set their processors as the caller has. */
static void run_part(void *arg, size_t i, unsigned worker)
{
    const struct shared *s = arg;
    unsigned long state = fa_tensor_flush_subnormals();
    s->step->op->part(s->step, (struct net_part){i, s->n}, s->scratch + worker * s->stride);
    fa_tensor_restore(state);
}

void net_step_run(const struct net_step *step, struct fa_pool *pool, float *scratch, size_t stride)
{
    struct shared s = {step, fa_pool_present(pool), stride, scratch};
    if (!step->op->part)
        step->op->run(step, scratch);
    else if (s.n == 1 || step->work < LEAST_WORK)
        step->op->part(step, (struct net_part){0, 1}, scratch);
    else
        fa_pool_for(pool, s.n, run_part, &s);
}
