#define _DEFAULT_SOURCE /* madvise() */
#include "op.h"

#include <stdlib.h>
#include <sys/mman.h>

/* Weights are read from end to end in each run. Together in large pages, of this size, they come faster: a processor looks ahead
 * within a page only, and keeps track of few pages at a time. */
enum { PAGE = 2 << 20 };

struct net_store {
    struct net_store *older;
    char *at;
    size_t used, size;
};

static struct net_store *add_store(struct net_graph *graph, size_t bytes, struct fa_err *err)
{
    size_t size = graph->store ? 2 * graph->store->size : PAGE;
    size = size > bytes ? size : (bytes + PAGE - 1) / PAGE * PAGE;
    struct net_store *store = fa_mem_array(1, sizeof *store, err);
    if (!store)
        return NULL;
    *store = (struct net_store){.older = graph->store, .size = size, .at = aligned_alloc(PAGE, size)};
    if (!store->at) {
        free(store);
        fa_err_memory(err, size);
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    madvise(store->at, size, MADV_HUGEPAGE); /* where there are none it does without */
#endif
    return graph->store = store;
}

float *net_weights_alloc(struct net_graph *graph, size_t floats, struct fa_err *err)
{
    struct net_store *store = graph->store;
    if (floats > SIZE_MAX / sizeof(float) / 4) {
        fa_err_memory(err, SIZE_MAX);
        return NULL;
    }
    size_t bytes = (floats * sizeof(float) + 63) / 64 * 64;
    if ((!store || store->size - store->used < bytes) && !(store = add_store(graph, bytes, err)))
        return NULL;
    store->used += bytes;
    return (float *)(void *)(store->at + store->used - bytes);
}

void net_weights_release(struct net_graph *graph)
{
    while (graph->store) {
        struct net_store *older = graph->store->older;
        free(graph->store->at);
        free(graph->store);
        graph->store = older;
    }
}

int net_weights_new(struct net_weights *weights, size_t k, size_t n, struct fa_err *err)
{
    *weights = (struct net_weights){.k = k, .n = n, .fixed = true};
    weights->scale = fa_mem_array(n, sizeof(float), err);
    weights->bias = fa_mem_aligned(n, sizeof(float), err);
    if (!weights->scale || !weights->bias) {
        net_weights_free(weights);
        return -1;
    }
    for (size_t c = 0; c < n; c++)
        weights->scale[c] = 1;
    return 0;
}

int net_weights_affine(struct net_weights *weights, const float *scale, const float *shift, size_t n)
{
    if (!weights->fixed || (n != 1 && n != weights->n))
        return 0;
    for (size_t c = 0; c < weights->n; c++) {
        weights->scale[c] *= scale[n == 1 ? 0 : c];
        weights->bias[c] = weights->bias[c] * scale[n == 1 ? 0 : c] + shift[n == 1 ? 0 : c];
    }
    return 1;
}

void net_weights_free(struct net_weights *weights)
{
    free(weights->scale);
    free(weights->bias);
    *weights = (struct net_weights){0};
}
