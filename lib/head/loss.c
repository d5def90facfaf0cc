#include <math.h>
#include <string.h>

#include "layers.h"

/* -log softmax(logits)[class] = log(sum of exp(l - max)) - (l[class] - max), which neither overflows nor loses a
 * confident answer's small loss. gradient, if not NULL, becomes share * (softmax - one-hot). */
static double cross_entropy(float *gradient, const float *logits, size_t classes, size_t class, float share)
{
    float max = logits[0];
    double sum = 0;
    for (size_t i = 1; i < classes; i++)
        max = logits[i] > max ? logits[i] : max;
    for (size_t i = 0; i < classes; i++)
        sum += (double)expf(logits[i] - max);
    for (size_t i = 0; gradient && i < classes; i++)
        gradient[i] = share * (expf(logits[i] - max) / (float)sum - (i == class ? 1.0f : 0.0f));
    return log(sum) - (double)(logits[class] - max);
}

static size_t argmax(const float *logits, size_t classes)
{
    size_t best = 0;
    for (size_t i = 1; i < classes; i++)
        if (logits[i] > logits[best])
            best = i;
    return best;
}

void layer_softmax_loss(struct layer_score *sum, float *dlogits, const float *logits, size_t stride, size_t classes,
                        const int32_t *label, size_t label_stride, size_t rows)
{
    size_t n = 0;
    for (size_t row = 0; row < rows; row++)
        n += label[row * label_stride] >= 0;
    for (size_t row = 0; row < rows; row++) {
        const float *at = logits + row * stride;
        float *gradient = dlogits ? dlogits + row * stride : NULL;
        int32_t class = label[row * label_stride];
        if (class >= 0) {
            sum->loss += cross_entropy(gradient, at, classes, (size_t)class, 1 / (float)n);
            sum->correct += argmax(at, classes) == (size_t)class;
        } else if (gradient) {
            memset(gradient, 0, classes * sizeof *gradient);
        }
    }
    sum->n += n;
}
