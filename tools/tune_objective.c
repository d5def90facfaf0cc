#include <stdlib.h>
#include <string.h>

#include "tune.h"

static const char *const name[] = {"loss", "accuracy", "balanced_accuracy"};

/* The number and * in front of a term, taken off. */
static double take_weight(const char **text, size_t *n)
{
    char *end;
    double weight = strtod(*text, &end);
    if (end == *text || *end != '*' || (size_t)(end - *text) >= *n)
        return 1;
    *n -= (size_t)(end + 1 - *text);
    *text = end + 1;
    return weight;
}

static struct tune_term parse_term(const char *text, size_t n, const struct fa_dataset *data)
{
    struct tune_term term = {take_weight(&text, &n), data->nheads, TUNE_LOSS};
    const char *metric = text;
    for (size_t i = 0; i < n; i++)
        if (text[i] == ':')
            metric = text + i + 1;
    size_t head = metric > text ? (size_t)(metric - text) - 1 : 0, length = n - (size_t)(metric - text);
    for (size_t h = 0; h < data->nheads && metric > text; h++)
        if (strlen(data->head[h].name) == head && memcmp(data->head[h].name, text, head) == 0)
            term.head = h;
    if (metric > text && term.head == data->nheads)
        cli_usage("--objective: there is no head '%.*s'", (int)head, text);
    if (length == 3 && memcmp(metric, "nll", 3) == 0)
        return term;
    for (size_t i = 0; i < 3; i++)
        if (strlen(name[i]) == length && memcmp(metric, name[i], length) == 0) {
            term.metric = (enum tune_metric)i;
            return term;
        }
    cli_usage("--objective: '%.*s' is not one of loss (or nll), accuracy, balanced_accuracy", (int)length, metric);
}

/* Better is more of accuracies, less of losses. */
static bool find_direction(const struct tune_objective *o, const char *direction)
{
    if (direction && strcmp(direction, "max") != 0 && strcmp(direction, "min") != 0)
        cli_usage("--direction: '%s' is none of max, min", direction);
    if (direction)
        return direction[1] == 'a';
    size_t up = 0;
    for (size_t i = 0; i < o->n; i++)
        up += (o->term[i].metric != TUNE_LOSS) == (o->term[i].weight > 0);
    if (up && up < o->n)
        cli_usage("--objective: losses and accuracies pull in two directions, want --direction");
    return up > 0;
}

struct tune_objective tune_parse_objective(const char *text, const char *direction, const struct fa_dataset *data)
{
    struct tune_objective o = {.monitor = NULL};
    double sign = 1;
    for (const char *at = text; o.n < TUNE_TERMS;) {
        const char *plus = strstr(at, " + "), *minus = strstr(at, " - ");
        const char *end = plus && (!minus || plus < minus) ? plus : minus;
        o.term[o.n] = parse_term(at, end ? (size_t)(end - at) : strlen(at), data);
        o.term[o.n++].weight *= sign;
        if (!end) {
            o.maximize = find_direction(&o, direction);
            bool plain = o.n == 1 && o.term[0].weight == 1 && o.maximize == (o.term[0].metric != TUNE_LOSS);
            o.monitor = plain && !strstr(text, "nll") && !strchr(text, '*') ? text : NULL;
            return o;
        }
        sign = end[1] == '-' ? -1 : 1;
        at = end + 3;
    }
    cli_usage("--objective: more than %d terms", TUNE_TERMS);
}

static double metric_of(enum tune_metric metric, const struct fa_score *score)
{
    return metric == TUNE_LOSS ? score->loss : metric == TUNE_ACCURACY ? score->accuracy : score->balanced;
}

double tune_score(const struct tune_objective *objective, const struct fa_score *score, size_t nheads)
{
    double sum = 0;
    for (size_t i = 0; i < objective->n; i++) {
        const struct tune_term *term = &objective->term[i];
        for (size_t h = 0; h < nheads; h++)
            if (term->head == h || term->head == nheads)
                sum += term->weight * metric_of(term->metric, &score[h]);
    }
    return sum;
}
