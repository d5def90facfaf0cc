#include "plan.h"

#include <stdlib.h>

/* Buffers begin on cache lines. */
enum { LINE = 64 / sizeof(float) };

static int larger_first(const void *a, const void *b)
{
    const struct net_buffer *x = *(struct net_buffer *const *)a, *y = *(struct net_buffer *const *)b;
    if (x->floats != y->floats)
        return x->floats < y->floats ? 1 : -1;
    return x->first < y->first ? -1 : x->first > y->first;
}

/* The lowest offset where buffer overlaps none of the placed ones (sorted by offset) that live while it does. */
static size_t lowest_gap(struct net_buffer *const *placed, size_t n, const struct net_buffer *buffer)
{
    size_t offset = 0;
    for (size_t i = 0; i < n; i++) {
        const struct net_buffer *other = placed[i];
        if (other->last < buffer->first || buffer->last < other->first)
            continue;
        if (offset + buffer->floats <= other->offset)
            break;
        if (offset < other->offset + other->floats)
            offset = other->offset + other->floats;
    }
    return offset;
}

static void insert_by_offset(struct net_buffer **placed, size_t n, struct net_buffer *buffer)
{
    for (; n > 0 && placed[n - 1]->offset > buffer->offset; n--)
        placed[n] = placed[n - 1];
    placed[n] = buffer;
}

/* Greedy by size (Pisarchyk and Lee 2020, Efficient Memory Management for Deep Neural Net Inference, section 5.2). */
int net_plan_memory(struct net_plan *plan, struct fa_err *err)
{
    size_t n = 0;
    struct net_buffer **buffer = fa_mem_array(2 * plan->nbuffers, sizeof *buffer, err), **placed = buffer;
    if (!buffer)
        return -1;
    placed += plan->nbuffers;
    for (size_t i = 0; i < plan->nbuffers; i++)
        if (plan->buffer[i].input == NET_NONE) {
            plan->buffer[i].floats = (plan->buffer[i].floats + LINE - 1) / LINE * LINE;
            buffer[n++] = &plan->buffer[i];
        }
    qsort(buffer, n, sizeof(*buffer), larger_first);
    for (size_t i = 0; i < n; i++) {
        buffer[i]->offset = lowest_gap(placed, i, buffer[i]);
        insert_by_offset(placed, i, buffer[i]);
        if (plan->floats < buffer[i]->offset + buffer[i]->floats)
            plan->floats = buffer[i]->offset + buffer[i]->floats;
    }
    free(buffer);
    plan->floats += plan->scratch;
    size_t images = plan->graph->ninputs && plan->rank[0] && plan->dim[0][0] ? plan->dim[0][0] : 1, bytes = plan->floats * sizeof(float);
    if (bytes / images > NET_MAX_IMAGE)
        return fa_err_set(err, "%s: a run takes %zu MiB for one image, at most %zu are supported", plan->graph->label,
                          bytes / images >> 20, NET_MAX_IMAGE >> 20);
    return 0;
}
