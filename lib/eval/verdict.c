#include "verdict.h"

#include <math.h>

/* The verdict on logits of n classes, of which truth is n if the label is none of them. */
static void judge(struct fa_verdict *verdict, const double *logit, size_t n)
{
    double max = logit[verdict->predicted], sum = 0, squares = 0;
    size_t before = 0, truth = verdict->truth;
    bool seen = truth < n;
    for (size_t i = 0; i < n; i++) {
        double e = exp(logit[i] - max);
        sum += e;
        squares += e * e;
        if (seen)
            before += logit[i] > logit[truth] || (i < truth && !(logit[i] < logit[truth]));
    }
    verdict->confidence = 1 / sum;
    verdict->top2 = seen && before < 2;
    verdict->loss = seen ? max - logit[truth] + log(sum) : (double)NAN;
    double p = seen ? exp(logit[truth] - max) / sum : (double)NAN;
    verdict->brier = squares / (sum * sum) - 2 * p + 1;
    bool yes = verdict->confidence > 0.5; /* at most one class can say so */
    verdict->bit_errors = !yes ? 1 : verdict->predicted == truth ? 0 : 2;
}

void verdict_make(struct fa_verdict *verdict, const struct fa_merge *merge, size_t h, const struct fa_record *record, double *logit)
{
    size_t nheads;
    const struct fa_head *head = fa_merge_heads(merge, &nheads) + h;
    const char *label = fa_map_string(&record->labels, head->name, "");
    *verdict = (struct fa_verdict){.state = FA_REJECTED, .truth = head->nclasses};
    if (!record->data)
        return;
    fa_merge_logits(merge, h, record->data, logit);
    for (size_t i = 1; i < head->nclasses; i++)
        if (logit[i] > logit[verdict->predicted])
            verdict->predicted = i;
    verdict->state = label[0] ? FA_MEASURED : FA_UNLABELLED;
    if (!label[0])
        return;
    verdict->truth = fa_merge_class(merge, h, label);
    verdict->label = verdict->truth < head->nclasses ? head->class[verdict->truth] : label;
    judge(verdict, logit, head->nclasses);
}
