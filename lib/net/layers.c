/* What a network consists of, as it is run: for people who look at it. */
#include "netfile.h"
#include "plan.h"

#include <string.h>

static const struct net_weights *weights_of(const struct net_node *node)
{
    return node->op && node->op->weights ? node->op->weights(node) : NULL;
}

static uint64_t count_parameters(const struct net_graph *graph, const struct net_step *step)
{
    const struct net_weights *w = weights_of(step->node);
    uint64_t n = step->epilogue.slope ? step->channels : 0;
    bool biased = false;
    for (size_t c = 0; w && c < w->n; c++)
        biased = biased || w->bias[c] != 0;
    n += w ? w->k * w->n + (biased ? w->n : 0) : 0;
    for (size_t k = 0; k < step->node->ninputs; k++) {
        size_t v = step->node->in[k];
        if (v != NET_NONE && graph->value[v].constant && graph->value[v].constant->dtype == NET_F32)
            n += graph->value[v].constant->n;
    }
    return n;
}

int net_layer(struct net_plan *plan, const struct net_step *step, struct fa_net_layer *layer, struct fa_err *err)
{
    const struct net_view *out = &step->out[0];
    bool copy = !step->node || step->node->op != step->op; /* one that net_need() or an output wants */
    const struct net_weights *w = copy ? NULL : weights_of(step->node);
    layer->node = step->node ? step->node->name : "";
    layer->type = copy ? "copy" : fa_arena_printf(&plan->arena, err, "%s%s", step->node->type, step->with ? step->with : "");
    layer->output.name = step->value == NET_NONE ? "" : plan->graph->value[step->value].name;
    layer->within = !copy && step->within ? step->within : "";
    layer->output.rank = out->rank;
    memcpy(layer->output.dim, out->dim, sizeof out->dim);
    layer->parameters = copy ? 0 : count_parameters(plan->graph, step);
    layer->kernel = !copy && step->how ? step->how : "";
    layer->seconds = step->seconds;
    layer->macs = w ? (uint64_t)net_view_count(out) * w->k : 0;
    return layer->type ? 0 : -1;
}

size_t fa_net_memory(const struct fa_net *net)
{
    const struct net_graph *graph = &net->graph;
    size_t bytes = 0;
    for (size_t i = 0; i < graph->norder; i++) {
        const struct net_weights *w = weights_of(&graph->node[graph->order[i]]);
        bytes += w ? (w->floats + 2 * w->n) * sizeof(float) : 0;
    }
    for (size_t i = 0; i < graph->nconstants; i++)
        if (graph->constant[i]->data)
            bytes += graph->constant[i]->n * net_element(graph->constant[i]->dtype);
    return bytes;
}
