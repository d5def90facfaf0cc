/* Answers of one head, counted class by class. */
#ifndef FA_HEAD_TALLY_H
#define FA_HEAD_TALLY_H

#include "fa/head.h"

struct tally {
    uint64_t *n, *right; /* faces of each class, and those of them that were called so */
    uint64_t bits;       /* right ones among the rounded outputs */
};

/* Counts rows as layer_softmax_loss() takes them, but for those whose label is none of the classes. */
void tally_add(struct tally *tally, const float *logits, size_t stride, size_t classes, const int32_t *label,
               size_t label_stride, size_t rows);

/* Fills score's balanced and binary accuracy, and starts anew. */
void tally_take(struct tally *tally, size_t classes, struct fa_score *score);

#endif
