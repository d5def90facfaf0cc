/* The number that decides which epoch was the best. */
#ifndef FA_HEAD_MONITOR_H
#define FA_HEAD_MONITOR_H

#include "fa/head.h"

enum metric { METRIC_LOSS, METRIC_ACCURACY, METRIC_BALANCED };

struct monitor {
    enum metric metric;
    size_t head; /* nheads: all */
};

/* text as fa_fit_options has it. Errors: no such head, no such metric. */
int monitor_parse(struct monitor *monitor, const char *text, const struct fa_head *head, size_t nheads, struct fa_err *err);

/* Of the validation set after an epoch; less is better. */
double monitor_value(const struct monitor *monitor, const struct fa_epoch *epoch, size_t nheads);

#endif
