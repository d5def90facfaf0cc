#include <math.h>

#include "fa/eval.h"

size_t fa_logits_argmax(const float *logit, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (logit[i] > logit[best])
            best = i;
    return best;
}

void fa_logits_softmax(const float *logit, size_t n, double *p)
{
    double max = logit[fa_logits_argmax(logit, n)], sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += p[i] = exp(logit[i] - max);
    for (size_t i = 0; i < n; i++)
        p[i] /= sum;
}
