/* Pad with a constant. Widths and value are attributes before opset 11, then inputs. */
#include "op.h"

#include <string.h>

struct pad {
    const int64_t *pads; /* before each axis, then after each */
    size_t n;
    float value;
};

struct pad_state {
    size_t before[FA_NET_RANK];
    float value;
};

static int read(struct net_reading *r)
{
    struct pad *p = r->node->params = fa_arena_alloc(&r->graph->arena, sizeof *p, r->err);
    if (!p)
        return -1;
    const char *mode = net_attr_string(r, "mode", "constant");
    if (strcmp(mode, "constant") != 0)
        net_attr_refuse(r, "unsupported attribute mode=%.40s", mode);
    p->pads = net_attr_ints(r, "pads", &p->n);
    p->value = net_attr_float(r, "value", 0);
    return net_attr_done(r);
}

static int plan_pad(struct net_plan *plan, struct net_step *step, struct fa_err *err)
{
    const struct pad *p = step->node->params;
    const struct net_view *in = &step->in[0];
    struct pad_state *s = net_plan_alloc(plan, sizeof *s, err);
    int64_t given[2 * FA_NET_RANK];
    const int64_t *pads = p->pads;
    size_t n = p->n, dim[FA_NET_RANK];
    bool none = true;
    if (!s || (!pads && net_known_ints(plan, step, 1, 2 * FA_NET_RANK, given, &n, err)))
        return -1;
    pads = pads ? pads : given;
    s->value = p->value;
    if (n != 2 * in->rank || in->dtype != NET_F32 || net_known_float(plan, step, 2, &s->value, err))
        return net_plan_error(plan, step, err, "%zu pads, a value that is no constant, or no float32", n);
    for (size_t i = 0; i < in->rank; i++) {
        int64_t before = pads[i], after = pads[i + in->rank];
        if (before < 0 || after < 0 || before > (int64_t)NET_MAX_ELEMENTS || after > (int64_t)NET_MAX_ELEMENTS)
            return net_plan_error(plan, step, err, "pads %lld and %lld are not supported", (long long)before, (long long)after);
        s->before[i] = (size_t)before;
        dim[i] = in->dim[i] + (size_t)before + (size_t)after;
        none = none && before == 0 && after == 0;
    }
    step->state = s;
    step->out[0] = *in;
    return none ? 0 : net_out_like(plan, step, 0, in, in->rank, dim, err);
}

static void run(const struct net_step *step, float *scratch)
{
    const struct pad_state *s = step->state;
    struct net_view inner = step->out[0];
    float *y = inner.data;
    size_t n = net_view_count(&inner);
    (void)scratch;
    for (size_t i = 0; i < n; i++)
        y[i] = s->value;
    for (size_t i = 0; i < inner.rank; i++) {
        inner.dim[i] = step->in[0].dim[i];
        y += (ptrdiff_t)s->before[i] * inner.stride[i];
    }
    inner.data = y;
    net_copy(&inner, &step->in[0]);
}

const struct net_op net_op_pad = {.name = "Pad", .min_in = 1, .max_in = 3, .max_out = 1, .read = read, .plan = plan_pad,
                                  .run = run};
