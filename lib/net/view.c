#include "op.h"

#include <string.h>

size_t net_view_count(const struct net_view *view)
{
    size_t n = 1;
    for (size_t i = 0; i < view->rank; i++)
        n *= view->dim[i];
    return n;
}

size_t net_element(enum net_dtype dtype)
{
    return dtype == NET_F32 ? sizeof(float) : sizeof(int64_t);
}

void net_dense(struct net_view *view, const uint8_t *order)
{
    size_t step = 1;
    for (size_t i = view->rank; i-- > 0;) {
        size_t axis = order ? order[i] : i;
        view->stride[axis] = (ptrdiff_t)step;
        step *= view->dim[axis];
    }
}

bool net_is_dense(const struct net_view *view, const uint8_t *order)
{
    size_t step = 1;
    for (size_t i = view->rank; i-- > 0;) {
        size_t axis = order ? order[i] : i;
        if (view->dim[axis] != 1 && view->stride[axis] != (ptrdiff_t)step)
            return false;
        step *= view->dim[axis];
    }
    return true;
}

static size_t distance(ptrdiff_t stride)
{
    return (size_t)(stride < 0 ? -stride : stride);
}

/* Insertion sort by falling stride; axes of one element stay where they are told nothing by their stride. */
void net_order_of(const struct net_view *view, uint8_t order[FA_NET_RANK])
{
    for (size_t i = 0; i < view->rank; i++) {
        size_t at = i;
        for (; at > 0; at--) {
            size_t before = order[at - 1];
            if (distance(view->stride[before]) > distance(view->stride[i]) ||
                (distance(view->stride[before]) == distance(view->stride[i]) && view->dim[before] >= view->dim[i]))
                break;
            order[at] = order[at - 1];
        }
        order[at] = (uint8_t)i;
    }
}

bool net_broadcast(const struct net_view *view, size_t rank, const size_t *dim, struct net_view *out)
{
    if (view->rank > rank)
        return false;
    size_t lead = rank - view->rank;
    *out = *view;
    out->rank = rank;
    for (size_t i = 0; i < rank; i++) {
        size_t have = i < lead ? 1 : view->dim[i - lead];
        if (have != dim[i] && have != 1)
            return false;
        out->dim[i] = dim[i];
        out->stride[i] = have == 1 ? 0 : view->stride[i - lead];
    }
    return true;
}

bool net_broadcast_shape(const struct net_view *views, size_t n, size_t *rank, size_t *dim)
{
    struct net_view any;
    *rank = 0;
    for (size_t k = 0; k < n; k++)
        *rank = views[k].rank > *rank ? views[k].rank : *rank;
    for (size_t i = 0; i < *rank; i++)
        dim[i] = 1;
    for (size_t k = 0; k < n; k++)
        for (size_t i = *rank - views[k].rank, j = 0; i < *rank; i++, j++)
            dim[i] = views[k].dim[j] != 1 ? views[k].dim[j] : dim[i];
    for (size_t k = 0; k < n; k++)
        if (!net_broadcast(&views[k], *rank, dim, &any))
            return false;
    return true;
}

/* Axes of the walk, outermost first as they lie in views[0]; those of one element are left out, and neighbours that
 * every view can take as one are joined. */
void net_walk_start(struct net_walk *walk, const struct net_view *const *views, size_t nviews)
{
    uint8_t order[FA_NET_RANK];
    *walk = (struct net_walk){.nviews = nviews, .n = 1};
    net_order_of(views[0], order);
    for (size_t i = 0; i < views[0]->rank; i++) {
        size_t axis = order[i], dim = views[0]->dim[axis], last = walk->rank - 1;
        bool join = walk->rank > 0;
        if (dim == 1)
            continue;
        for (size_t k = 0; k < nviews && join; k++)
            join = walk->stride[k][last] == (ptrdiff_t)dim * views[k]->stride[axis];
        if (!join)
            last = walk->rank++;
        walk->dim[last] = join ? walk->dim[last] * dim : dim;
        for (size_t k = 0; k < nviews; k++)
            walk->stride[k][last] = views[k]->stride[axis];
    }
    if (walk->rank) {
        walk->n = walk->dim[--walk->rank];
        for (size_t k = 0; k < nviews; k++)
            walk->step[k] = walk->stride[k][walk->rank];
    }
}

bool net_walk_next(struct net_walk *walk)
{
    for (size_t i = walk->rank; i-- > 0;) {
        for (size_t k = 0; k < walk->nviews; k++)
            walk->offset[k] += walk->stride[k][i];
        if (++walk->at[i] < walk->dim[i])
            return true;
        walk->at[i] = 0;
        for (size_t k = 0; k < walk->nviews; k++)
            walk->offset[k] -= walk->stride[k][i] * (ptrdiff_t)walk->dim[i];
    }
    return false;
}

/* Planes of red, green and blue to pixels: how pictures come in, and several times as fast as row by row of three. */
static bool copy_planes(const struct net_view *dst, const struct net_view *src, struct net_walk walk)
{
    size_t last = walk.rank - 1;
    if (dst->dtype != NET_F32 || src->dtype != NET_F32 || walk.rank == 0 || walk.n != 3 || walk.step[0] != 1 ||
        walk.stride[0][last] != 3 || walk.stride[1][last] != 1)
        return false;
    walk.rank--;
    do {
        float *to = (float *)dst->data + walk.offset[0];
        const float *red = (const float *)src->data + walk.offset[1], *green = red + walk.step[1], *blue = green + walk.step[1];
        for (size_t i = 0; i < walk.dim[last]; i++) {
            to[3 * i] = red[i];
            to[3 * i + 1] = green[i];
            to[3 * i + 2] = blue[i];
        }
    } while (net_walk_next(&walk));
    return true;
}

void net_copy(const struct net_view *dst, const struct net_view *src)
{
    struct net_walk walk;
    if (net_view_count(dst) == 0)
        return;
    net_walk_start(&walk, (const struct net_view *[]){dst, src}, 2);
    if (copy_planes(dst, src, walk))
        return;
    do {
        if (dst->dtype != src->dtype) {
            float *to = (float *)dst->data + walk.offset[0];
            const int64_t *from = (const int64_t *)src->data + walk.offset[1];
            for (size_t i = 0; i < walk.n; i++)
                to[(ptrdiff_t)i * walk.step[0]] = (float)from[(ptrdiff_t)i * walk.step[1]];
        } else if (dst->dtype == NET_I64) {
            int64_t *to = (int64_t *)dst->data + walk.offset[0];
            const int64_t *from = (const int64_t *)src->data + walk.offset[1];
            for (size_t i = 0; i < walk.n; i++)
                to[(ptrdiff_t)i * walk.step[0]] = from[(ptrdiff_t)i * walk.step[1]];
        } else {
            float *to = (float *)dst->data + walk.offset[0];
            const float *from = (const float *)src->data + walk.offset[1];
            if (walk.n == 1 || (walk.step[0] == 1 && walk.step[1] == 1))
                memcpy(to, from, walk.n * sizeof *to);
            else
                for (size_t i = 0; i < walk.n; i++)
                    to[(ptrdiff_t)i * walk.step[0]] = from[(ptrdiff_t)i * walk.step[1]];
        }
    } while (net_walk_next(&walk));
}
