#include "tally.h"

#include <math.h>
#include <string.h>

/* Keras's binary_accuracy of one row: how many of its outputs, rounded at a half, are what the one-hot vector has there. No
 * two outputs of a softmax pass a half, so that only the largest can become a one. */
static size_t right_bits(const float *logits, size_t classes, size_t class, size_t top)
{
    double sum = 0;
    for (size_t i = 0; i < classes; i++)
        sum += (double)expf(logits[i] - logits[top]);
    if (sum >= 2)
        return classes - 1;
    return top == class ? classes : classes - 2;
}

void tally_add(struct tally *tally, const float *logits, size_t stride, size_t classes, const int32_t *label,
               size_t label_stride, size_t rows)
{
    for (size_t row = 0; row < rows; row++, logits += stride) {
        int32_t class = label[row * label_stride];
        size_t top = 0;
        if (class < 0 || (size_t)class >= classes)
            continue;
        for (size_t i = 1; i < classes; i++)
            top = logits[i] > logits[top] ? i : top;
        tally->n[class]++;
        tally->right[class] += top == (size_t)class;
        tally->bits += right_bits(logits, classes, (size_t)class, top);
    }
}

void tally_take(struct tally *tally, size_t classes, struct fa_score *score)
{
    double recall = 0;
    uint64_t met = 0, n = 0;
    for (size_t i = 0; i < classes; i++) {
        n += tally->n[i];
        met += tally->n[i] > 0;
        recall += tally->n[i] ? (double)tally->right[i] / (double)tally->n[i] : 0;
    }
    score->balanced = met ? recall / (double)met : 0;
    score->binary = n ? (double)tally->bits / (double)(n * classes) : 0;
    memset(tally->n, 0, classes * sizeof *tally->n);
    memset(tally->right, 0, classes * sizeof *tally->right);
    tally->bits = 0;
}
