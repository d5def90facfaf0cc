/* What a record says about a head. */
#ifndef FA_EVAL_VERDICT_H
#define FA_EVAL_VERDICT_H

#include "fa/eval.h"

/* classes: counts of the head, which know its classes by name. logit: room for as many. */
void verdict_make(struct fa_verdict *verdict, const struct fa_merge *merge, size_t h, const struct fa_confusion *classes,
                  const struct fa_record *record, double *logit);

#endif
