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

void verdict_make(struct fa_verdict *verdict, const struct fa_merge *merge, size_t h, const struct fa_confusion *classes,
                  const struct fa_record *record, double *logit)
{
    size_t n = classes->classes;
    const char *label = fa_map_string(&record->labels, classes->head, "");
    *verdict = (struct fa_verdict){.state = FA_REJECTED, .truth = n};
    if (!record->data)
        return;
    fa_merge_logits(merge, h, record->data, logit);
    for (size_t i = 1; i < n; i++)
        if (logit[i] > logit[verdict->predicted])
            verdict->predicted = i;
    verdict->state = label[0] ? FA_MEASURED : FA_UNLABELLED;
    if (!label[0])
        return;
    verdict->label = fa_merge_label(merge, h, label);
    if (!fa_vocabulary_find(&classes->label, verdict->label, &verdict->truth) || verdict->truth > n)
        verdict->truth = n;
    judge(verdict, logit, n);
}
