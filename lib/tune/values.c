#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fa/tune.h"

/* ---- one value ---- */

/* The number at u on the scale, 0 being min and 1 max. */
static double at_place(const struct fa_param *p, double u)
{
    if (p->scale == FA_SCALE_LINEAR)
        return p->min + u * (p->max - p->min);
    if (p->scale == FA_SCALE_LOG)
        return p->min * pow(p->max / p->min, u);
    return p->max + p->min - p->min * pow(p->max / p->min, 1 - u);
}

static double place_of(const struct fa_param *p, double value)
{
    if (!(p->max > p->min))
        return 0.5;
    if (p->scale == FA_SCALE_LINEAR)
        return (value - p->min) / (p->max - p->min);
    if (p->scale == FA_SCALE_LOG)
        return log(value / p->min) / log(p->max / p->min);
    return 1 - log((p->max + p->min - value) / p->min) / log(p->max / p->min);
}

static double step_number(const struct fa_param *p, size_t i)
{
    if (p->scale == FA_SCALE_LINEAR)
        return p->min + (double)i * p->step;
    if (p->scale == FA_SCALE_LOG)
        return p->min * pow(p->step, (double)i);
    return p->max + p->min - p->min * pow(p->step, (double)(p->n - 1 - i));
}

static size_t step_of(const struct fa_param *p, double value)
{
    double i = (value - p->min) / p->step;
    if (p->scale == FA_SCALE_LOG)
        i = log(value / p->min) / log(p->step);
    if (p->scale == FA_SCALE_REVERSE_LOG)
        i = (double)(p->n - 1) - log((p->max + p->min - value) / p->min) / log(p->step);
    return i > 0 ? (size_t)fmin(floor(i + 0.5), (double)(p->n - 1)) : 0;
}

const char *fa_param_value(const struct fa_param *p, size_t i, double u, struct fa_arena *arena, struct fa_err *err)
{
    if (p->kind >= FA_PARAM_CHOICE)
        return p->choice[i];
    if (p->kind == FA_PARAM_FLOAT)
        return fa_arena_printf(arena, err, "%.6g", p->n ? step_number(p, i) : at_place(p, u));
    double value = p->n ? step_number(p, i) : p->scale == FA_SCALE_LINEAR ? floor(p->min + u * (p->max - p->min + 1))
                                                                          : at_place(p, u);
    return fa_arena_printf(arena, err, "%.0f", fmin(round(value), p->max));
}

double fa_param_place(const struct fa_param *p, const char *value)
{
    if (p->kind >= FA_PARAM_CHOICE) {
        size_t i = 0;
        while (i + 1 < p->n && strcmp(p->choice[i], value) != 0)
            i++;
        return (double)i;
    }
    double number = strtod(value, NULL);
    double place = p->n ? ((double)step_of(p, number) + 0.5) / (double)p->n : place_of(p, number);
    return fmin(fmax(place, 0), 1);
}

/* ---- configurations ---- */

const char *const *fa_space_draw(const struct fa_space *space, struct fa_rng *rng, struct fa_arena *arena, struct fa_err *err)
{
    const char **value = fa_arena_alloc(arena, space->n * sizeof *value, err);
    for (size_t i = 0; value && i < space->n; i++) {
        const struct fa_param *p = &space->param[i];
        size_t step = p->n ? fa_rng_below(rng, (uint32_t)p->n) : 0;
        double u = p->n ? 0 : (double)fa_rng_unit(rng);
        if (fa_space_active(space, i, value) && !(value[i] = fa_param_value(p, step, u, arena, err)))
            return NULL;
    }
    return value;
}

size_t fa_space_points(const struct fa_space *space)
{
    size_t points = 1;
    for (size_t i = 0; i < space->n; i++) {
        size_t n = space->param[i].n;
        if (!n || points == SIZE_MAX)
            return n ? SIZE_MAX : 0;
        points = points > SIZE_MAX / 2 / n ? SIZE_MAX : points * n;
    }
    return points;
}

const char *const *fa_space_point(const struct fa_space *space, size_t point, struct fa_arena *arena, struct fa_err *err)
{
    const char **value = fa_arena_alloc(arena, space->n * sizeof *value, err);
    size_t *step = fa_arena_alloc(arena, space->n * sizeof *step, err);
    if (!value || !step)
        return NULL;
    for (size_t i = space->n; i-- > 0; point /= space->param[i].n)
        step[i] = point % space->param[i].n;
    for (size_t i = 0; i < space->n; i++)
        if (fa_space_active(space, i, value) && !(value[i] = fa_param_value(&space->param[i], step[i], 0, arena, err)))
            return NULL;
    return value;
}
