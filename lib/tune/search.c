#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search.h"

enum { MOST_FILLS = 1000 };

/* ---- trials of the plan ---- */

static const struct fa_round *round_of(const struct fa_search *search, const struct fa_trial *trial)
{
    return &search->plan->bracket[trial->bracket].round[trial->round];
}

static int add_trial(struct fa_search *search, size_t bracket, size_t round, struct fa_err *err)
{
    if (fa_mem_grow(&search->trial, &search->capacity, search->n + 1, sizeof *search->trial, err))
        return -1;
    const struct fa_round *r = &search->plan->bracket[bracket].round[round];
    search->trial[search->n] = (struct fa_trial){.number = search->n,
                                                 .bracket = bracket,
                                                 .round = round,
                                                 .parent = SIZE_MAX,
                                                 .origin = search->n,
                                                 .from = r->from,
                                                 .to = r->to};
    search->n++;
    return 0;
}

/* All that the plan has. FA_SCHEDULE_ASHA adds its trials as it begins them. */
static int add_trials(struct fa_search *search, struct fa_err *err)
{
    if (search->plan->kind == FA_SCHEDULE_ASHA)
        return 0;
    for (size_t b = 0; b < search->plan->nbrackets; b++)
        for (size_t i = 0; i < search->plan->bracket[b].nrounds; i++)
            for (size_t k = 0; k < search->plan->bracket[b].round[i].trials; k++)
                if (add_trial(search, b, i, err))
                    return -1;
    return 0;
}

/* Whether one more trial, after the `begun` ones with `epochs`, stays within the caps. */
static bool within_caps(const struct fa_search *search, size_t begun, size_t epochs)
{
    const struct fa_search_options *o = &search->options;
    return (!o->most_trials || begun < o->most_trials) && (!o->most_epochs || epochs <= o->most_epochs);
}

static void set_limit(struct fa_search *search)
{
    size_t epochs = 0;
    for (search->limit = 0; search->limit < search->n; search->limit++) {
        epochs += search->trial[search->limit].to - search->trial[search->limit].from;
        if (!within_caps(search, search->limit, epochs))
            return;
    }
}

struct fa_search *fa_search_new(const struct fa_space *space, const struct fa_plan *plan, const struct fa_search_options *options,
                                struct fa_err *err)
{
    struct fa_search *search = fa_mem_array(1, sizeof *search, err);
    if (!search)
        return NULL;
    search->space = space;
    search->plan = plan;
    search->options = *options;
    if (add_trials(search, err)) {
        fa_search_free(search);
        return NULL;
    }
    set_limit(search);
    return search;
}

void fa_search_free(struct fa_search *search)
{
    if (!search)
        return;
    free(search->trial);
    free(search->failed);
    free(search->seen);
    free(search->rank);
    fa_arena_free(&search->arena);
    free(search);
}

const struct fa_search_options *fa_search_options(const struct fa_search *search)
{
    return &search->options;
}

/* ---- what to train next ---- */

static bool is_selected(const struct fa_search *search, const struct fa_trial *parent)
{
    for (size_t i = parent->number + 1; i < search->n; i++)
        if (search->trial[i].parent == parent->number)
            return true;
    for (size_t i = 0; i < search->nfailed; i++)
        if (search->failed[i].parent == parent->number)
            return true;
    return false;
}

static void go_on_from(struct fa_trial *trial, const struct fa_trial *parent)
{
    trial->parent = parent->number;
    trial->origin = parent->origin;
    trial->value = parent->value;
}

/* 1, 0 if no parent is left, 2 if it must wait. */
static int promote(struct fa_search *search, struct fa_trial *trial, struct fa_err *err)
{
    size_t n, k = 0;
    if (search_must_wait(search, trial))
        return 2;
    if (search_rank(search, trial->bracket, trial->round - 1, &n, err))
        return -1;
    while (k < n && is_selected(search, search->rank[k]))
        k++;
    if (k == n)
        return 0;
    go_on_from(trial, search->rank[k]);
    return 1;
}

/* The same for a trial of round 0. */
static int begin_new(struct fa_search *search, struct fa_trial *trial, struct fa_err *err)
{
    if (trial->fill && search_must_wait(search, trial))
        return 2;
    if (search->options.sampler == FA_SAMPLER_TPE && !search_knows(search, trial))
        return 2;
    return search_draw(search, trial, err);
}

static enum fa_ask hand_out(struct fa_trial *trial, size_t *number)
{
    trial->status = FA_TRIAL_RUNNING;
    *number = trial->number;
    return FA_ASK_TRIAL;
}

static bool any_running(const struct fa_search *search)
{
    for (size_t i = 0; i < search->n; i++)
        if (search->trial[i].status == FA_TRIAL_RUNNING)
            return true;
    return false;
}

static enum fa_ask wait_or_over(const struct fa_search *search)
{
    return any_running(search) ? FA_ASK_WAIT : FA_ASK_OVER;
}

/* The first trial that can be begun. Those of round 0 keep their order, for which is new depends on it. */
static enum fa_ask ask_plan(struct fa_search *search, size_t *number, struct fa_err *err)
{
    bool held_up = false;
    const struct fa_trial *waits = NULL; /* of a later round: so do those behind it in its bracket */
    for (size_t i = 0; i < search->limit; i++) {
        struct fa_trial *t = &search->trial[i];
        bool behind = t->round ? waits && waits->bracket == t->bracket && !t->fill : held_up && !t->fill;
        if (t->status != FA_TRIAL_WAITING || (behind && !t->value))
            continue;
        int can = t->value ? 1 : t->round ? promote(search, t, err) : begin_new(search, t, err);
        if (can < 0)
            return FA_ASK_ERROR;
        if (can == 1)
            return hand_out(t, number);
        if (can == 0)
            t->status = t->fill ? FA_TRIAL_FAILED : FA_TRIAL_EMPTY;
        held_up = held_up || (can == 2 && !t->round && !t->fill);
        waits = can == 2 && t->round && !t->fill ? t : waits;
    }
    return wait_or_over(search);
}

/* ---- ASHA: Li et al. 2020, algorithm 2 ---- */

/* The best trial of a round that is among its first 1 / factor and was not gone on with; NULL: there is none. */
static const struct fa_trial *promotable(struct fa_search *search, size_t round, struct fa_err *err)
{
    size_t n;
    if (search_rank(search, 0, round, &n, err))
        return NULL;
    for (size_t k = 0; k < n / search->plan->factor; k++)
        if (!is_selected(search, search->rank[k]))
            return search->rank[k];
    return NULL;
}

static bool may_begin(const struct fa_search *search, size_t round)
{
    size_t epochs = search->plan->bracket[0].round[round].to - search->plan->bracket[0].round[round].from;
    for (size_t i = 0; i < search->n; i++)
        epochs += search->trial[i].to - search->trial[i].from;
    return within_caps(search, search->n, epochs);
}

static enum fa_ask ask_asha(struct fa_search *search, size_t *number, struct fa_err *err)
{
    const struct fa_bracket *bracket = &search->plan->bracket[0];
    for (size_t i = 0; i < search->n; i++)
        if (search->trial[i].status == FA_TRIAL_WAITING && search->trial[i].value)
            return hand_out(&search->trial[i], number);
    err->text[0] = '\0';
    for (size_t round = bracket->nrounds - 1; round-- > 0;) {
        const struct fa_trial *parent = promotable(search, round, err);
        if (!parent || !may_begin(search, round + 1))
            continue;
        size_t from = parent->number;
        if (add_trial(search, 0, round + 1, err))
            return FA_ASK_ERROR;
        go_on_from(&search->trial[search->n - 1], &search->trial[from]);
        return hand_out(&search->trial[search->n - 1], number);
    }
    if (err->text[0])
        return FA_ASK_ERROR;
    if (search->nfirst >= bracket->round[0].trials || search->exhausted || !may_begin(search, 0))
        return wait_or_over(search);
    if (add_trial(search, 0, 0, err))
        return FA_ASK_ERROR;
    int drawn = search_draw(search, &search->trial[search->n - 1], err);
    if (drawn == 1) {
        search->nfirst++;
        return hand_out(&search->trial[search->n - 1], number);
    }
    search->n--;
    return drawn < 0 ? FA_ASK_ERROR : wait_or_over(search);
}

enum fa_ask fa_search_ask(struct fa_search *search, size_t *number, struct fa_err *err)
{
    if (fa_search_gave_up(search))
        return wait_or_over(search);
    return search->plan->kind == FA_SCHEDULE_ASHA ? ask_asha(search, number, err) : ask_plan(search, number, err);
}

/* ---- what came of it ---- */

/* Makes a failed trial ready for its next attempt, or for what takes its place. */
static void set_back(struct fa_search *search, struct fa_trial *trial)
{
    bool asha = search->plan->kind == FA_SCHEDULE_ASHA;
    trial->status = FA_TRIAL_WAITING;
    trial->resumed = false;
    trial->result = NULL;
    if (trial->attempt++ < search->options.retries)
        return;
    trial->attempt = 0;
    trial->value = NULL;
    trial->fill++;
    if (!asha) /* a search without a plan goes on to its next trial */
        trial->parent = SIZE_MAX;
    if (asha && !trial->round)
        search->nfirst--;
    if (asha || trial->fill >= MOST_FILLS)
        trial->status = FA_TRIAL_FAILED;
}

int fa_search_tell(struct fa_search *search, size_t number, double score, void *result, struct fa_err *err)
{
    struct fa_trial *trial = &search->trial[number];
    trial->result = result;
    if (isfinite(score)) {
        trial->score = score;
        trial->status = FA_TRIAL_DONE;
        return 0;
    }
    if (fa_mem_grow(&search->failed, &search->failed_capacity, search->nfailed + 1, sizeof *search->failed, err))
        return -1;
    trial->score = score;
    trial->status = FA_TRIAL_FAILED;
    search->failed[search->nfailed++] = *trial;
    set_back(search, trial);
    search->gave_up = search->gave_up || search_fails(search, trial->bracket, trial->round);
    return 0;
}

int fa_search_restore(struct fa_search *search, size_t number, size_t parent, size_t fill, size_t attempt, size_t bracket, size_t round,
                      const char *const *value, struct fa_err *err)
{
    bool asha = search->plan->kind == FA_SCHEDULE_ASHA, there = bracket < search->plan->nbrackets;
    there = there && round < search->plan->bracket[bracket].nrounds && (parent == SIZE_MAX) == !round;
    if (asha && there && number == search->n) {
        if (add_trial(search, bracket, round, err))
            return -1;
        search->nfirst += !round;
    }
    struct fa_trial *trial = number < search->n ? &search->trial[number] : NULL;
    if (!there || !trial || trial->bracket != bracket || trial->round != round || (round && (parent >= number || !search->trial[parent].value)))
        return fa_err_set(err, "trial %zu has no place in the schedule", number + 1);
    trial->fill = fill;
    if (!round && search_see(search, trial, value, err))
        return -1;
    if (round)
        go_on_from(trial, &search->trial[parent]);
    trial->value = value;
    trial->attempt = attempt;
    trial->resumed = true;
    trial->status = FA_TRIAL_WAITING;
    return 0;
}

/* ---- looking at it ---- */

size_t fa_search_trials(const struct fa_search *search)
{
    return search->n;
}

const struct fa_trial *fa_search_trial(const struct fa_search *search, size_t number)
{
    return &search->trial[number];
}

size_t fa_search_failed(const struct fa_search *search, const struct fa_trial **failed)
{
    *failed = search->failed;
    return search->nfailed;
}

bool fa_search_may_go_on(const struct fa_search *search, size_t number)
{
    const struct fa_trial *trial = &search->trial[number];
    const struct fa_bracket *bracket = &search->plan->bracket[trial->bracket];
    size_t better = 0;
    if (trial->round + 1 == bracket->nrounds || is_selected(search, trial))
        return false;
    bool open = search->plan->kind == FA_SCHEDULE_ASHA;
    for (size_t i = 0; i < search->n; i++) {
        const struct fa_trial *t = &search->trial[i];
        if (t->bracket != trial->bracket)
            continue;
        better += t->round == trial->round && t->status == FA_TRIAL_DONE && search_better(search, t, trial);
        open = open || (t->round == trial->round + 1 && !search_is_over(t) && !t->value && t->number < search->limit);
    }
    return open && better < round_of(search, trial)[1].trials;
}

bool fa_search_exhausted(const struct fa_search *search)
{
    return search->exhausted;
}
