#include "plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PENDING (NET_NONE - 1) /* buffer of an output that has no memory yet */

int net_plan_error(const struct net_plan *plan, const struct net_step *step, struct fa_err *err, const char *format, ...)
{
    char cause[768];
    va_list args;
    va_start(args, format);
    vsnprintf(cause, sizeof cause, format, args);
    va_end(args);
    return net_node_error(plan->graph, step->node, err, "%s", cause);
}

void *net_plan_alloc(struct net_plan *plan, size_t bytes, struct fa_err *err)
{
    size_t most = plan->graph->plan_bytes;
    if (bytes > most - plan->bytes) {
        fa_err_set(err, "%s: what is computed before a run takes more than %zu MiB", plan->graph->label, most >> 20);
        return NULL;
    }
    plan->bytes += bytes;
    return fa_arena_alloc(&plan->arena, bytes, err);
}

size_t net_plan_batch(const struct net_plan *plan)
{
    return plan->batch;
}

int net_axis(const struct net_plan *plan, const struct net_step *step, int64_t axis, size_t rank, size_t *out,
             struct fa_err *err)
{
    int64_t r = (int64_t)rank;
    if (axis < -r || axis >= r)
        return net_plan_error(plan, step, err, "axis %lld of %zu dimensions", (long long)axis, rank);
    *out = (size_t)(axis < 0 ? axis + r : axis);
    return 0;
}

int net_out(struct net_plan *plan, struct net_step *step, size_t k, enum net_dtype dtype, size_t rank, const size_t *dim,
            const uint8_t *order, struct fa_err *err)
{
    struct net_view *out = &step->out[k];
    if (rank > FA_NET_RANK)
        return net_plan_error(plan, step, err, "%zu dimensions, at most %d are supported", rank, FA_NET_RANK);
    *out = (struct net_view){.present = true, .dtype = dtype, .rank = rank, .buffer = PENDING};
    for (size_t i = 0; i < rank; i++)
        out->dim[i] = dim[i];
    if (net_count(rank, dim, NET_MAX_ELEMENTS) == NET_NONE)
        return net_plan_error(plan, step, err, "its output would be too large");
    net_dense(out, order);
    return 0;
}

int net_out_like(struct net_plan *plan, struct net_step *step, size_t k, const struct net_view *view, size_t rank,
                 const size_t *dim, struct fa_err *err)
{
    uint8_t order[FA_NET_RANK];
    net_order_of(view, order);
    return net_out(plan, step, k, view->dtype, rank, dim, view->rank == rank ? order : NULL, err);
}

static int add_buffer(struct net_plan *plan, struct net_buffer buffer, size_t *id, struct fa_err *err)
{
    if (fa_mem_grow(&plan->buffer, &plan->buffer_capacity, plan->nbuffers + 1, sizeof *plan->buffer, err))
        return -1;
    *id = plan->nbuffers;
    plan->buffer[plan->nbuffers++] = buffer;
    return 0;
}

static void touch(struct net_plan *plan, const struct net_view *view, size_t step)
{
    if (view->present && !view->content && view->buffer < plan->nbuffers)
        plan->buffer[view->buffer].last = step;
}

/* Gives the outputs memory and puts the step into the list. */
static int push_step(struct net_plan *plan, const struct net_step *step, struct fa_err *err)
{
    size_t at = plan->nsteps;
    if (fa_mem_grow(&plan->step, &plan->step_capacity, at + 1, sizeof *plan->step, err))
        return -1;
    for (size_t k = 0; k < step->nout; k++) {
        struct net_view *out = &step->out[k];
        if (out->present && out->buffer == PENDING) {
            size_t floats = net_view_count(out) * net_element(out->dtype) / sizeof(float);
            struct net_buffer buffer = {.floats = floats, .first = at, .input = NET_NONE};
            if (add_buffer(plan, buffer, &out->buffer, err))
                return -1;
        }
        touch(plan, out, at);
    }
    for (size_t k = 0; k < step->nin; k++)
        touch(plan, &step->in[k], at);
    touch(plan, &step->residual, at);
    plan->scratch = step->scratch > plan->scratch ? step->scratch : plan->scratch;
    if (net_view_count(&step->out[0])) /* nothing is computed where there is nothing to compute */
        plan->step[plan->nsteps++] = *step;
    return 0;
}

static void point_at_content(struct net_view *view)
{
    view->data = (char *)(size_t)view->content + view->offset * (ptrdiff_t)net_element(view->dtype);
}

/* Runs a step whose inputs are all known. Its outputs then are, too. */
static int evaluate(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    bool new_memory = false;
    size_t limit = NET_MAX_KNOWN;
    for (size_t k = 0; k < step->nin; k++)
        if (step->in[k].present) {
            size_t elements = net_view_count(&step->in[k]);
            limit = elements > limit ? elements : limit;
            point_at_content(&step->in[k]);
        }
    for (size_t k = 0; k < step->nout; k++) {
        struct net_view *out = &step->out[k];
        if (!out->present || out->content)
            continue;
        size_t n = net_count(out->rank, out->dim, limit);
        if (n == NET_NONE)
            return net_plan_error(plan, step, err, "computes too large a constant");
        out->content = out->data = net_plan_alloc(plan, n * net_element(out->dtype), err);
        if (!out->content)
            return -1;
        new_memory = true;
    }
    if (!new_memory || net_view_count(&step->out[0]) == 0)
        return 0;
    float *scratch = fa_mem_aligned(step->scratch, sizeof *scratch, err);
    if (!scratch)
        return -1;
    net_step_run(step, NULL, scratch, 0);
    free(scratch);
    return 0;
}

static const struct net_op copy_op;

static void run_copy(const struct net_step *step, struct net_part part, float *scratch)
{
    struct net_view to = step->out[0], from = step->in[0];
    (void)scratch;
    net_part_cut(part, (struct net_view *[]){&to, &from}, 2);
    net_copy(&to, &from);
}

static const struct net_op copy_op = {.name = "copy", .part = run_copy};

static struct net_step *new_step(struct net_plan *plan, const struct net_node *node, const struct net_op *op, size_t nin,
                                 size_t nout, struct fa_err *err)
{
    struct net_step *step = net_plan_alloc(plan, sizeof *step, err);
    if (!step)
        return NULL;
    *step = (struct net_step){.node = node, .op = op, .nin = nin, .nout = nout, .value = NET_NONE};
    step->in = net_plan_alloc(plan, nin * sizeof *step->in, err);
    step->out = net_plan_alloc(plan, nout * sizeof *step->out, err);
    return step->in && step->out ? step : NULL;
}

/* A dense copy of *view, of this type and with axes in this order, made before the step that wants it. */
static int add_copy(struct net_plan *plan, const struct net_node *node, struct net_view *view, enum net_dtype dtype,
                    const uint8_t *order, struct fa_err *err)
{
    struct net_step *copy = new_step(plan, node, &copy_op, 1, 1, err);
    if (!copy)
        return -1;
    copy->in[0] = *view;
    if (net_out(plan, copy, 0, dtype, view->rank, view->dim, order, err))
        return -1;
    copy->work = net_view_count(&copy->out[0]) * NET_TAP;
    if (view->content ? evaluate(plan, copy, err) : push_step(plan, copy, err))
        return -1;
    *view = copy->out[0];
    return 0;
}

int net_need(struct net_plan *plan, struct net_step *step, size_t k, const uint8_t *order, struct fa_err *err)
{
    return net_is_dense(&step->in[k], order) ? 0 : add_copy(plan, step->node, &step->in[k], step->in[k].dtype, order, err);
}

int net_need_channels(struct net_plan *plan, struct net_step *step, size_t k, const uint8_t *order, struct fa_err *err)
{
    const struct net_view *view = &step->in[k];
    size_t channel = order[view->rank - 1];
    if (view->dim[channel] == 1 || view->stride[channel] == 1)
        return 0;
    return add_copy(plan, step->node, &step->in[k], step->in[k].dtype, order, err);
}

int net_known_ints(struct net_plan *plan, const struct net_step *step, size_t k, size_t max, int64_t *value, size_t *n,
                   struct fa_err *err)
{
    const struct net_view *view = k < step->nin ? &step->in[k] : NULL;
    if (!view || !view->present)
        return net_plan_error(plan, step, err, "input %zu is missing", k);
    if (!view->content || view->dtype != NET_I64)
        return net_plan_error(plan, step, err, "input %zu must be integers that do not depend on the data", k);
    if (view->rank > 1 || net_view_count(view) > max)
        return net_plan_error(plan, step, err, "input %zu must be a list of at most %zu", k, max);
    *n = net_view_count(view);
    for (size_t i = 0; i < *n; i++)
        value[i] = ((const int64_t *)view->content)[view->offset + (ptrdiff_t)i * (view->rank ? view->stride[0] : 0)];
    return 0;
}

int net_known_float(struct net_plan *plan, const struct net_step *step, size_t k, float *value, struct fa_err *err)
{
    const struct net_view *view = k < step->nin ? &step->in[k] : NULL;
    if (!view || !view->present)
        return 0;
    if (!view->content || view->dtype != NET_F32 || net_view_count(view) != 1)
        return net_plan_error(plan, step, err, "input %zu must be one constant number", k);
    *value = ((const float *)view->content)[view->offset];
    return 0;
}

static int load_inputs(struct net_plan *plan, const struct net_node *node, struct net_step *step, struct fa_err *err)
{
    for (size_t k = 0; k < node->ninputs; k++) {
        size_t v = node->in[k];
        if (v == NET_NONE)
            continue;
        struct net_view *view = &plan->value[v];
        struct net_constant *constant = plan->graph->value[v].constant;
        if (!view->present && constant) {
            if (!constant->data && net_constant_decode(constant, err))
                return -1;
            *view = (struct net_view){.present = true, .dtype = constant->dtype, .rank = constant->rank,
                                      .content = constant->data};
            for (size_t i = 0; i < constant->rank; i++)
                view->dim[i] = constant->dim[i];
            net_dense(view, NULL);
        }
        step->in[k] = *view;
    }
    return 0;
}

static bool all_known(const struct net_step *step)
{
    for (size_t k = 0; k < step->nin; k++)
        if (step->in[k].present && !step->in[k].content)
            return false;
    return true;
}

/* In a graph that was fixed to one image, every value has as many images as the run. */
static int check_batch(const struct net_plan *plan, const struct net_step *step, struct fa_err *err)
{
    for (size_t k = 0; k < step->nout && plan->batch != 1; k++)
        if (step->out[k].present && !step->out[k].content && (step->out[k].rank == 0 || step->out[k].dim[0] != plan->batch))
            return net_plan_error(plan, step, err, "works on one image only");
    return 0;
}

static int settle_outputs(struct net_plan *plan, struct net_step *step, size_t first, struct fa_err *err)
{
    bool views_only = true;
    for (size_t k = 0; k < step->nout; k++) {
        const struct net_view *out = &step->out[k];
        views_only = views_only && (!out->present || out->content || out->buffer != PENDING);
    }
    step->value = first;
    if (check_batch(plan, step, err) || (!views_only && push_step(plan, step, err)))
        return -1;
    for (size_t k = 0; k < step->nout; k++) {
        size_t v = k ? step->node->out[k] : first;
        if (v != NET_NONE)
            plan->value[v] = step->out[k];
    }
    return 0;
}

int net_plan_node(struct net_plan *plan, size_t index, struct fa_err *err)
{
    const struct net_node *node = &plan->graph->node[index];
    struct net_step *step = new_step(plan, node, node->op, node->ninputs, node->noutputs, err);
    if (!step || load_inputs(plan, node, step, err) || node->op->plan(plan, step, err))
        return -1;
    if (!all_known(step)) {
        size_t first = step->channels ? net_plan_fuse(plan, step, node->out[0], err) : node->out[0];
        return settle_outputs(plan, step, first, err);
    }
    if (evaluate(plan, step, err))
        return -1;
    for (size_t k = 0; k < step->nout; k++)
        if (node->out[k] != NET_NONE)
            plan->value[node->out[k]] = step->out[k];
    return 0;
}

struct net_plan *net_plan_start(const struct net_graph *graph, const struct fa_tensor *inputs, struct fa_err *err)
{
    struct net_plan *plan = fa_mem_array(1, sizeof *plan, err);
    if (!plan)
        return NULL;
    plan->graph = graph;
    plan->batch = graph->opened && graph->ninputs ? inputs[0].dim[0] : 1;
    plan->value = net_plan_alloc(plan, graph->nvalues * sizeof *plan->value, err);
    plan->absorbed = net_plan_alloc(plan, graph->nnodes * sizeof *plan->absorbed, err);
    plan->output = net_plan_alloc(plan, graph->noutputs * sizeof *plan->output, err);
    plan->rank = net_plan_alloc(plan, graph->ninputs * sizeof *plan->rank, err);
    plan->dim = net_plan_alloc(plan, graph->ninputs * sizeof *plan->dim, err);
    if (!plan->value || !plan->absorbed || !plan->output || !plan->rank || !plan->dim)
        goto fail;
    for (size_t i = 0; i < graph->ninputs; i++) {
        struct net_view *view = &plan->value[graph->input[i]];
        *view = (struct net_view){.present = true, .dtype = NET_F32, .rank = inputs[i].rank};
        memcpy(view->dim, inputs[i].dim, sizeof view->dim);
        plan->rank[i] = inputs[i].rank;
        memcpy(plan->dim[i], inputs[i].dim, sizeof plan->dim[i]);
        if (net_count(view->rank, view->dim, NET_MAX_ELEMENTS) == NET_NONE) {
            fa_err_set(err, "%s: input '%.80s': too large", graph->label, graph->value[graph->input[i]].name);
            goto fail;
        }
        net_dense(view, NULL);
        if (add_buffer(plan, (struct net_buffer){.input = i}, &view->buffer, err))
            goto fail;
    }
    return plan;
fail:
    net_plan_free(plan);
    return NULL;
}

/* Outputs are given in C order, integers as float32, and must last until the next run. */
static int plan_outputs(struct net_plan *plan, struct fa_err *err)
{
    const struct net_graph *graph = plan->graph;
    for (size_t i = 0; i < graph->noutputs; i++) {
        size_t v = graph->output[i];
        struct net_node as_output = {.name = graph->value[v].name, .type = "output", .in = &v, .ninputs = 1};
        struct net_step view = {.node = &as_output, .in = &plan->output[i], .nin = 1};
        if (load_inputs(plan, &as_output, &view, err))
            return -1;
        if ((!net_is_dense(&plan->output[i], NULL) || plan->output[i].dtype != NET_F32) &&
            add_copy(plan, NULL, &plan->output[i], NET_F32, NULL, err))
            return -1;
        touch(plan, &plan->output[i], NET_NONE);
    }
    return 0;
}

int net_plan_finish(struct net_plan *plan, struct fa_err *err)
{
    for (size_t i = 0; i < plan->graph->norder; i++)
        if (!plan->absorbed[plan->graph->order[i]] && net_plan_node(plan, plan->graph->order[i], err))
            return -1;
    if (plan_outputs(plan, err))
        return -1;
    return net_plan_memory(plan, err);
}

void net_plan_free(struct net_plan *plan)
{
    if (!plan)
        return;
    free(plan->step);
    free(plan->buffer);
    fa_arena_free(&plan->arena);
    free(plan);
}
