#include "monitor.h"

#include <string.h>

static int find_head(const struct fa_head *head, size_t nheads, const char *name, size_t length, size_t *found)
{
    for (*found = 0; *found < nheads; ++*found)
        if (strlen(head[*found].name) == length && strncmp(head[*found].name, name, length) == 0)
            return 0;
    return -1;
}

int monitor_parse(struct monitor *monitor, const char *text, const struct fa_head *head, size_t nheads, struct fa_err *err)
{
    static const char *const name[] = {"loss", "accuracy", "balanced_accuracy"};
    const char *colon = text ? strrchr(text, ':') : NULL, *metric = colon ? colon + 1 : text;
    *monitor = (struct monitor){METRIC_LOSS, nheads};
    if (!text)
        return 0;
    if (colon && find_head(head, nheads, text, (size_t)(colon - text), &monitor->head))
        return fa_err_set(err, "cannot monitor '%s': there is no head '%.*s'", text, (int)(colon - text), text);
    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
        if (strcmp(metric, name[i]) == 0) {
            monitor->metric = (enum metric)i;
            return 0;
        }
    return fa_err_set(err, "cannot monitor '%s': '%s' is not one of loss, accuracy, balanced_accuracy", text, metric);
}

static double of_head(enum metric metric, const struct fa_score *score)
{
    return metric == METRIC_LOSS ? score->loss : metric == METRIC_ACCURACY ? -score->accuracy : -score->balanced;
}

double monitor_value(const struct monitor *monitor, const struct fa_epoch *epoch, size_t nheads)
{
    double sum = 0;
    if (monitor->head < nheads)
        return of_head(monitor->metric, &epoch->valid[monitor->head]);
    if (monitor->metric == METRIC_LOSS)
        return epoch->valid_loss;
    for (size_t h = 0; h < nheads; h++)
        sum += of_head(monitor->metric, &epoch->valid[h]);
    return sum / (double)nheads;
}
