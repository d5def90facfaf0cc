/* Files of counts: what their writer and reader have in common. */
#ifndef FA_EVAL_COUNTS_H
#define FA_EVAL_COUNTS_H

#include "fa/eval.h"

enum { COUNTS_VERSION = 1 };

static const char counts_name[] = "fa-counts", counts_end[] = "end";
static const char *const counts_right[] = {"wrong", "right"};

#endif
