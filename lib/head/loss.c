#include <math.h>
#include <string.h>

#include "layers.h"

/* Log of the sum of exp(logits - top) over the classes that the label covers (all for SIZE_MAX), top being the largest of
 * theirs: so it neither overflows nor loses a confident answer's small loss. */
static double log_sum(float *top, double *sum, const float *logits, const struct layer_loss *loss, size_t label)
{
    size_t classes = loss->classes;
    *top = -INFINITY;
    *sum = 0;
    for (size_t i = 0; i < classes; i++)
        if (logits[i] > *top && (label == SIZE_MAX || layer_covers(loss->coarse, classes, label, i)))
            *top = logits[i];
    for (size_t i = 0; i < classes; i++)
        if (label == SIZE_MAX || layer_covers(loss->coarse, classes, label, i))
            *sum += (double)expf(logits[i] - *top);
    return log(*sum);
}

/* One row: its cross-entropy; *objective gets share * (what it is smoothed to), gradient, if not NULL, share * (p - target),
 * where the target's unsmoothed part is p within the covered classes, divided by their sum. */
static double score_row(float *gradient, double *objective, const float *logits, const struct layer_loss *loss, size_t label,
                        float share)
{
    float top, covered_top, smoothing = loss->smoothing, even = smoothing / (float)loss->classes;
    double sum, covered_sum, log_all = log_sum(&top, &sum, logits, loss, SIZE_MAX), spread = 0;
    double log_covered = log_sum(&covered_top, &covered_sum, logits, loss, label);
    double entropy = log_all - (double)(covered_top - top) - log_covered;
    for (size_t i = 0; i < loss->classes; i++)
        spread += log_all - (double)(logits[i] - top);
    *objective = (double)share * ((1 - (double)smoothing) * entropy + (double)even * spread);
    for (size_t i = 0; gradient && i < loss->classes; i++) {
        bool covered = layer_covers(loss->coarse, loss->classes, label, i);
        float target = covered ? expf(logits[i] - covered_top) / (float)covered_sum : 0;
        gradient[i] = share * (expf(logits[i] - top) / (float)sum - ((1 - smoothing) * target + even));
    }
    return entropy;
}

static size_t argmax(const float *logits, size_t classes)
{
    size_t best = 0;
    for (size_t i = 1; i < classes; i++)
        if (logits[i] > logits[best])
            best = i;
    return best;
}

void layer_softmax_loss(struct layer_score *sum, float *dlogits, const float *logits, size_t stride,
                        const struct layer_loss *loss, const int32_t *label, size_t label_stride, size_t rows)
{
    size_t n = 0;
    for (size_t row = 0; row < rows; row++)
        n += label[row * label_stride] >= 0;
    for (size_t row = 0; row < rows; row++) {
        const float *at = logits + row * stride;
        float *gradient = dlogits ? dlogits + row * stride : NULL;
        int32_t class = label[row * label_stride];
        if (class >= 0) {
            float weight = loss->weight * (loss->class_weight ? loss->class_weight[class] : 1);
            double objective;
            sum->loss += score_row(gradient, &objective, at, loss, (size_t)class, weight / (float)n);
            sum->objective += objective;
            sum->correct += layer_covers(loss->coarse, loss->classes, (size_t)class, argmax(at, loss->classes));
        } else if (gradient) {
            memset(gradient, 0, loss->classes * sizeof *gradient);
        }
    }
    sum->n += n;
}
