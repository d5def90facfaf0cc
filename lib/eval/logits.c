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

double fa_logits_log_sum(const float *logit, size_t n)
{
    double max = (double)logit[fa_logits_argmax(logit, n)], sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += exp((double)logit[i] - max);
    return max + log(sum);
}
