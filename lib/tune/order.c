#include "search.h"

bool search_is_over(const struct fa_trial *trial)
{
    return trial->status >= FA_TRIAL_DONE;
}

bool search_must_wait(const struct fa_search *search, const struct fa_trial *trial)
{
    for (size_t i = 0; i < search->limit; i++) {
        const struct fa_trial *t = &search->trial[i];
        if (t->bracket != trial->bracket || t == trial || search_is_over(t))
            continue;
        if (t->round + 1 == trial->round)
            return true;
        bool first = t->fill < trial->fill || (t->fill == trial->fill && t->number < trial->number && !t->value);
        if (trial->fill && t->round == trial->round && first)
            return true;
    }
    return false;
}

bool search_sees(const struct fa_search *search, const struct fa_trial *t, const struct fa_trial *trial)
{
    if (search->plan->kind == FA_SCHEDULE_ASHA)
        return t != trial;
    bool old = t->number + FA_TUNE_LAG <= trial->number;
    if (t->bracket != trial->bracket)
        return t->bracket < trial->bracket && old;
    return t->round == 0 && (t->fill < trial->fill || (t->fill == trial->fill && old));
}

bool search_knows(const struct fa_search *search, const struct fa_trial *trial)
{
    for (size_t i = 0; i < search->limit; i++)
        if (search_sees(search, &search->trial[i], trial) && !search_is_over(&search->trial[i]))
            return false;
    return true;
}

bool search_fails(const struct fa_search *search, size_t bracket, size_t round)
{
    size_t row = 0;
    bool more = search->options.failures > 0;
    for (size_t wave = 0; more; wave++) {
        more = false;
        for (size_t i = 0; i < search->n; i++) {
            const struct fa_trial *t = &search->trial[i];
            if (t->bracket != bracket || t->round != round || t->fill < wave)
                continue;
            more = true;
            row = t->fill > wave ? row + 1 : 0;
            if (row == search->options.failures)
                return true;
        }
    }
    return false;
}

bool fa_search_gave_up(const struct fa_search *search)
{
    return search->gave_up;
}
