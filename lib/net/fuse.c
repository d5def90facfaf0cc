/* A sum and an activation behind a convolution or product are done along with it, while its output is hot. */
#include "plan.h"

#include <string.h>

static bool same_shape(const struct net_view *a, const struct net_view *b)
{
    return a->rank == b->rank && memcmp(a->dim, b->dim, a->rank * sizeof *a->dim) == 0;
}

/* The other operand of a sum can be added on the way out if it is there already, has the same shape and lies the same
 * way, pixels at one distance from each other. */
static bool take_residual(struct net_plan *plan, const struct net_node *add, size_t value, struct net_step *step)
{
    const struct net_view *out = &step->out[0];
    const struct net_view *other = &plan->value[add->in[add->in[0] == value]];
    uint8_t order[FA_NET_RANK];
    if (add->in[0] == add->in[1] || !other->present || other->content || other->dtype != NET_F32 || !same_shape(other, out))
        return false;
    net_order_of(out, order);
    if (!net_is_dense(other, order))
        return false;
    step->residual = *other;
    return true;
}

/* A slope of one value for each channel, or one for all. */
static bool take_slope(struct net_plan *plan, const struct net_node *node, struct net_step *step, struct fa_err *err)
{
    const struct net_view *out = &step->out[0];
    size_t axis = net_channel_axis(step->node, out->rank), n = out->dim[axis];
    struct net_constant *constant = plan->graph->value[node->in[1]].constant;
    if (!constant || !constant->data || constant->rank > out->rank || n != step->channels ||
        (constant->n != 1 && constant->n != n))
        return false;
    for (size_t i = 0; i < constant->rank; i++)
        if (constant->dim[i] != 1 && i + out->rank - constant->rank != axis)
            return false;
    float *slope = net_plan_alloc(plan, n * sizeof *slope, err);
    if (!slope)
        return false;
    for (size_t c = 0; c < n; c++)
        slope[c] = ((const float *)constant->data)[constant->n == 1 ? 0 : c];
    step->epilogue.slope = slope;
    return true;
}

/* Follows the only reader of the output, and the reader of that, as long as it goes. */
size_t net_plan_fuse(struct net_plan *plan, struct net_step *step, size_t value, struct fa_err *err)
{
    const struct net_graph *graph = plan->graph;
    while (step->epilogue.activation == FA_TENSOR_LINEAR && graph->value[value].uses == 1 && !graph->value[value].wanted) {
        size_t user = graph->value[value].user;
        const struct net_node *node = &graph->node[user];
        struct fa_epilogue with = step->epilogue;
        bool sum = strcmp(node->op->name, "Add") == 0;
        if (sum ? step->residual.present || !take_residual(plan, node, value, step)
                : !node->op->activation || !node->op->activation(graph, node, &with) || node->in[0] != value ||
                      (with.activation == FA_TENSOR_PRELU && !take_slope(plan, node, step, err)))
            break;
        const char *types = fa_arena_printf(&plan->arena, err, "%s+%s", step->with ? step->with : "", node->type);
        const char *names = fa_arena_printf(&plan->arena, err, "%s %s", step->within ? step->within : "", graph->value[value].name);
        if (!types || !names)
            break;
        step->with = types;
        step->within = names;
        with.slope = step->epilogue.slope;
        step->epilogue = with;
        plan->absorbed[user] = true;
        value = node->out[0];
    }
    return value;
}
