#include "netfile.h"
#include "plan.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Detectors run many shapes: so many plans are kept, those not used for the longest time go first. */
enum { MAX_PLANS = 32 };

struct fa_exec {
    const struct fa_net *net;
    struct net_plan *plan; /* most recently used first */
    size_t nplans;
    struct fa_pool *pool; /* or NULL */
    float *memory;
    size_t floats;
};

struct fa_exec *fa_exec_new(const struct fa_net *net, struct fa_err *err)
{
    struct fa_exec *exec = fa_mem_array(1, sizeof *exec, err);
    if (exec)
        exec->net = net;
    return exec;
}

void fa_exec_free(struct fa_exec *exec)
{
    if (!exec)
        return;
    while (exec->plan) {
        struct net_plan *next = exec->plan->next;
        net_plan_free(exec->plan);
        exec->plan = next;
    }
    free(exec->memory);
    free(exec);
}

void fa_exec_share(struct fa_exec *exec, struct fa_pool *pool)
{
    exec->pool = pool;
}

/* One scratch is among the plan's. */
static size_t floats_for(const struct fa_exec *exec, const struct net_plan *plan)
{
    return plan->floats + (fa_pool_threads(exec->pool) - 1) * plan->scratch;
}

static bool plan_fits(const struct net_plan *plan, const struct fa_tensor *inputs)
{
    for (size_t i = 0; i < plan->graph->ninputs; i++)
        if (plan->rank[i] != inputs[i].rank ||
            memcmp(plan->dim[i], inputs[i].dim, inputs[i].rank * sizeof inputs[i].dim[0]) != 0)
            return false;
    return true;
}

static void drop_oldest(struct fa_exec *exec)
{
    struct net_plan **link = &exec->plan;
    while (*link && (*link)->next)
        link = &(*link)->next;
    net_plan_free(*link);
    *link = NULL;
    exec->nplans--;
}

static struct net_plan *find_plan(struct fa_exec *exec, const struct fa_tensor *inputs, struct fa_err *err)
{
    struct net_plan **link = &exec->plan, *plan;
    while (*link && !plan_fits(*link, inputs))
        link = &(*link)->next;
    if ((plan = *link)) {
        *link = plan->next;
    } else {
        plan = net_plan_start(&exec->net->graph, inputs, err);
        if (!plan)
            return NULL;
        if (net_plan_finish(plan, err)) {
            net_plan_free(plan);
            return NULL;
        }
        if (++exec->nplans > MAX_PLANS)
            drop_oldest(exec);
    }
    plan->next = exec->plan;
    exec->plan = plan;
    return plan;
}

static void point(struct fa_exec *exec, const struct net_plan *plan, const struct fa_tensor *inputs, struct net_view *view)
{
    if (!view->present)
        return;
    const void *base = view->content;
    if (!base) {
        const struct net_buffer *buffer = &plan->buffer[view->buffer];
        base = buffer->input == NET_NONE ? exec->memory + buffer->offset : inputs[buffer->input].data;
    }
    view->data = (char *)(size_t)base + view->offset * (ptrdiff_t)net_element(view->dtype);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void run_steps(struct fa_exec *exec, struct net_plan *plan, const struct fa_tensor *inputs)
{
    unsigned long state = fa_tensor_flush_subnormals();
    double begin = now(), end;
    for (size_t i = 0; i < plan->nsteps; i++) {
        struct net_step *step = &plan->step[i];
        for (size_t k = 0; k < step->nin; k++)
            point(exec, plan, inputs, &step->in[k]);
        for (size_t k = 0; k < step->nout; k++)
            point(exec, plan, inputs, &step->out[k]);
        point(exec, plan, inputs, &step->residual);
        net_step_run(step, exec->pool, exec->memory + plan->floats - plan->scratch, plan->scratch);
        end = now();
        step->seconds = step->seconds > 0 && step->seconds < end - begin ? step->seconds : end - begin;
        begin = end;
    }
    fa_tensor_restore(state);
}

static int check_input(const struct fa_net *net, size_t i, const struct fa_tensor *input, struct fa_err *err)
{
    const struct net_value *want = &net->graph.value[net->graph.input[i]];
    if (input->rank > FA_NET_RANK || (want->declared && input->rank != want->rank))
        return fa_err_set(err, "%s: input '%.80s': %zu dimensions, want %zu", net->graph.label, want->name, input->rank,
                          want->rank);
    if (net_count(input->rank, input->dim, NET_MAX_ELEMENTS) + 1 < 2)
        return fa_err_set(err, "%s: input '%.80s': empty or too large", net->graph.label, want->name);
    size_t fixed = net->graph.flags & FA_NET_ANY_SIZE && input->rank > 2 ? 2 : input->rank;
    for (size_t k = net->graph.opened ? 1 : 0; k < fixed && want->declared; k++)
        if (want->dim[k] && want->dim[k] != input->dim[k])
            return fa_err_set(err, "%s: input '%.80s': dimension %zu is %zu, want %zu", net->graph.label, want->name, k,
                              input->dim[k], want->dim[k]);
    if (net->graph.opened && input->dim[0] != input[-(ptrdiff_t)i].dim[0])
        return fa_err_set(err, "%s: input '%.80s': another batch than the first input's", net->graph.label, want->name);
    return 0;
}

int fa_exec_run(struct fa_exec *exec, const struct fa_tensor *inputs, struct fa_tensor *outputs, struct fa_err *err)
{
    for (size_t i = 0; i < exec->net->graph.ninputs; i++)
        if (check_input(exec->net, i, &inputs[i], err))
            return -1;
    struct net_plan *plan = find_plan(exec, inputs, err);
    if (!plan)
        return -1;
    size_t floats = floats_for(exec, plan);
    if (exec->floats < floats) {
        float *memory = fa_mem_aligned(floats, sizeof *memory, err);
        if (!memory)
            return -1;
        free(exec->memory);
        exec->memory = memory;
        exec->floats = floats;
    }
    run_steps(exec, plan, inputs);
    for (size_t i = 0; i < exec->net->graph.noutputs; i++) {
        struct net_view *view = &plan->output[i];
        point(exec, plan, inputs, view);
        outputs[i] = (struct fa_tensor){.data = view->data, .rank = view->rank};
        memcpy(outputs[i].dim, view->dim, sizeof view->dim);
    }
    return 0;
}

const struct fa_net_layer *fa_exec_layers(struct fa_exec *exec, size_t *n, struct fa_err *err)
{
    struct net_plan *plan = exec->plan;
    *n = plan ? plan->nsteps : 0;
    struct fa_net_layer *layer = plan ? net_plan_alloc(plan, *n * sizeof *layer, err) : NULL;
    for (size_t i = 0; layer && i < *n; i++)
        if (net_layer(plan, &plan->step[i], &layer[i], err))
            return NULL;
    return layer;
}

static size_t cache_bytes(void)
{
#ifdef _SC_LEVEL2_CACHE_SIZE
    long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
    return bytes > 0 ? (size_t)bytes : 0;
#else
    return 0;
#endif
}

/* As many as share out the weights to a fourth of what each image takes: of 1, 2, 4 ... 32, this was the fastest within 2 %
 * for FaceNet (131 MiB of weights, 3.5 for an image: 8) and MobileFaceNet (4.6 and 2.7: 1, by 8 % before 8). */
size_t fa_exec_batch(const struct fa_exec *exec)
{
    enum { SHARE = 4, MOST = 16 };
    const struct net_plan *plan = exec->plan;
    size_t weights = fa_net_memory(exec->net), batch = 1;
    if (!plan || plan->graph->ninputs == 0 || plan->rank[0] == 0 || plan->dim[0][0] == 0 || weights <= cache_bytes())
        return 1;
    size_t image = plan->floats * sizeof(float) / plan->dim[0][0];
    while (batch < MOST && weights >= 2 * batch * SHARE * image)
        batch *= 2;
    return batch;
}

size_t fa_exec_memory(const struct fa_exec *exec)
{
    return exec->plan ? floats_for(exec, exec->plan) * sizeof(float) : 0;
}
