#include <math.h>

#include "trainer.h"

#define PI 3.14159265358979323846

/* How often the loss has stood on a plateau. Once it did, the epochs that count start anew. */
static size_t plateaus(const struct fa_trainer *t)
{
    size_t n = 0, waited = 0;
    double best = INFINITY;
    for (size_t i = 0; i < t->epochs; i++) {
        double loss = t->nvalid ? t->history[i].valid_loss : t->history[i].train_loss;
        waited = loss < best ? 0 : waited + 1;
        best = fmin(best, loss);
        if (waited == t->options.decay_epochs) {
            n++;
            waited = 0;
        }
    }
    return n;
}

/* The cosine is that of Loshchilov and Hutter 2017 (equation 5, without restarts), over the steps after the warm-up. */
double trainer_rate(const struct fa_trainer *t)
{
    const struct fa_fit_options *o = &t->options;
    size_t per_epoch = (t->ntrain + o->batch - 1) / o->batch, warmup = per_epoch * o->warmup, all = per_epoch * o->epochs;
    if (t->steps < warmup)
        return o->rate * (double)(t->steps + 1) / (double)warmup;
    switch (o->schedule) {
    case FA_CONSTANT:
        break;
    case FA_COSINE:
        return o->rate * 0.5 * (1 + cos(PI * (double)(t->steps - warmup) / (double)(all - warmup)));
    case FA_STEP:
        return o->rate * pow(o->decay_factor, (double)((t->epochs - o->warmup) / o->decay_epochs));
    case FA_PLATEAU:
        return o->rate * pow(o->decay_factor, (double)plateaus(t));
    }
    return o->rate;
}
