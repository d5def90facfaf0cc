/* What a record says about a head. */
#ifndef FA_EVAL_VERDICT_H
#define FA_EVAL_VERDICT_H

#include "fa/eval.h"

/* logit: room for the head's classes. */
void verdict_make(struct fa_verdict *verdict, const struct fa_merge *merge, size_t h, const struct fa_record *record, double *logit);

#endif
