/* Room tune: a search that is asked and told. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fa/tune.h"

struct fixture {
    struct fa_space *space;
    struct fa_plan *plan;
    struct fa_search *search;
};

static struct fixture make(const char *space, struct fa_schedule_options schedule, struct fa_search_options options)
{
    struct fa_err err;
    struct fixture f = {.space = fa_space_parse("x", space, NULL, 0, &err)};
    f.plan = f.space ? fa_plan_make(&schedule, &err) : NULL;
    f.search = f.plan ? fa_search_new(f.space, f.plan, &options, &err) : NULL;
    if (!f.search)
        fail_msg("%s", err.text);
    return f;
}

static void drop(struct fixture *f)
{
    fa_search_free(f->search);
    fa_plan_free(f->plan);
    fa_space_free(f->space);
}

static enum fa_ask ask(struct fixture *f, size_t *number)
{
    struct fa_err err;
    enum fa_ask got = fa_search_ask(f->search, number, &err);
    if (got == FA_ASK_ERROR)
        fail_msg("%s", err.text);
    return got;
}

static void tell(struct fixture *f, size_t number, double score)
{
    struct fa_err err;
    assert_int_equal(fa_search_tell(f->search, number, score, NULL, &err), 0);
}

static bool often;

/* Lower is better, least at x = 0.3; a choice of b that the rest does not matter to; some trials fail. */
static double loss(const struct fa_trial *t, bool fails)
{
    double x = strtod(t->value[0], NULL);
    if (often && ((uint32_t)((t->number + 31 * t->fill + 977 * t->attempt + 5) * 2654435761u) >> 8) % 6 == 0)
        return NAN;
    if (fails && (uint64_t)(x * 1e6) % 7 == 3)
        return NAN;
    return (x - 0.3) * (x - 0.3) + (strcmp(t->value[1], "b") == 0 ? 0 : 0.1) + 0.01 / (double)t->to;
}

/* Runs with `workers` trials at once that end in an order of their own, and prints what became of each. */
static char *run(const char *space, struct fa_schedule_options schedule, struct fa_search_options options, unsigned workers,
                 bool fails)
{
    struct fixture f = make(space, schedule, options);
    struct fa_rng rng = fa_rng_make(workers, 99);
    size_t running[16], n = 0, number;
    for (;;) {
        enum fa_ask got = FA_ASK_WAIT;
        while (n < workers && (got = ask(&f, &number)) == FA_ASK_TRIAL)
            running[n++] = number;
        if (!n)
            break;
        size_t k = fa_rng_below(&rng, (uint32_t)n);
        tell(&f, running[k], loss(fa_search_trial(f.search, running[k]), fails));
        running[k] = running[--n];
    }
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    for (size_t i = 0; i < fa_search_trials(f.search); i++) {
        const struct fa_trial *t = fa_search_trial(f.search, i);
        fprintf(file, "%zu %zu %zu %zu %zu %d %.17g %s %s\n", i, t->parent, t->origin, t->fill, t->attempt, (int)t->status, t->score,
                t->value ? t->value[0] : "-", t->value ? t->value[1] : "-");
    }
    const struct fa_trial *best;
    assert_int_equal(fa_search_best(f.search, &best, 1), 1);
    fprintf(file, "best %zu\n", best->number);
    fclose(file);
    drop(&f);
    return text;
}

static const struct fa_schedule_options keras = {FA_SCHEDULE_KERAS, 27, 1, 3, 2, 0};
static const char *const plain = "x = float 0..1\nk = choice a b c";

/* Many fail, and what takes their place fails too; others wait for it, and there are not too many configurations. */
static void nor_does_it_where_many_fail(void **state)
{
    (void)state;
    static const struct {
        const char *space;
        struct fa_schedule_options schedule;
        struct fa_search_options options;
    } c[] = {
        {"x = float 0..1\nk = choice a b c", {FA_SCHEDULE_KERAS, 27, 1, 3, 2, 0}, {.seed = 3}},
        {"x = float 0..1\nk = choice a b c", {FA_SCHEDULE_KERAS, 27, 1, 3, 2, 0}, {.seed = 3, .sampler = FA_SAMPLER_TPE, .retries = 1}},
        {"x = float 0..1\nk = choice a b c", {FA_SCHEDULE_PAPER, 27, 1, 3, 1, 0}, {.seed = 3, .failures = 4}},
        {"x = int 1..20\nk = choice a b", {FA_SCHEDULE_KERAS, 27, 1, 3, 1, 0}, {.seed = 3}},
        {"x = int 1..20\nk = choice a b", {FA_SCHEDULE_KERAS, 27, 1, 3, 1, 0}, {.seed = 3, .sampler = FA_SAMPLER_TPE}},
        {"x = int 1..20\nk = choice a b", {FA_SCHEDULE_RANDOM, 9, 1, 3, 1, 30}, {.seed = 1}},
        {"x = int 1..20\nk = choice a b", {FA_SCHEDULE_GRID, 9, 1, 3, 1, 40}, {.seed = 1}},
    };
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        often = true;
        char *one = run(c[i].space, c[i].schedule, c[i].options, 1, false);
        assert_true(c[i].options.failures || !strstr(one, " 0 0 0 0 - -\n")); /* a trial that nobody came to */
        for (unsigned workers = 2; workers < 16; workers++) {
            char *several = run(c[i].space, c[i].schedule, c[i].options, workers, false);
            if (strcmp(one, several) != 0)
                fail_msg("case %zu with %u at once", i, workers);
            free(several);
        }
        often = false;
        free(one);
    }
}

static void the_order_of_ends_does_not_matter(void **state)
{
    (void)state;
    for (int sampler = FA_SAMPLER_RANDOM; sampler <= FA_SAMPLER_TPE; sampler++)
        for (int fails = 0; fails < 2; fails++) {
            struct fa_search_options o = {.sampler = (enum fa_sampler)sampler, .seed = 3, .retries = 1};
            char *one = run(plain, keras, o, 1, fails);
            assert_true(!fails || strstr(one, " 1 0 2 ")); /* a fill that is done */
            for (unsigned workers = 2; workers < 10; workers += 3) {
                char *several = run(plain, keras, o, workers, fails);
                assert_string_equal(one, several);
                free(several);
            }
            free(one);
        }
}

static void another_seed_is_another_search(void **state)
{
    (void)state;
    char *zero = run(plain, keras, (struct fa_search_options){.seed = 0}, 1, false);
    char *one = run(plain, keras, (struct fa_search_options){.seed = 1}, 1, false);
    assert_string_not_equal(zero, one);
    free(zero);
    free(one);
}

static double off_one_value(const struct fa_trial *t)
{
    return fabs(strtod(t->value[0], NULL) - 0.3) + (strcmp(t->value[1], "b") != 0);
}

/* Two ways of being good that do not mix: all choices are a, or all are b. */
static double off_both_ways(const struct fa_trial *t)
{
    size_t a = 0;
    for (size_t i = 0; i < 8; i++)
        a += t->value[i][0] == 'a';
    return (double)(a < 4 ? a : 8 - a);
}

/* The mean of that distance, of the last `half` of 2 half configurations over 16 seeds. */
static double distance(const char *space, double (*off)(const struct fa_trial *), size_t half, enum fa_sampler sampler)
{
    double sum = 0, n = 0;
    for (uint64_t seed = 0; seed < 16; seed++) {
        struct fixture f = make(space, (struct fa_schedule_options){FA_SCHEDULE_RANDOM, 1, 1, 3, 1, 2 * half},
                                (struct fa_search_options){.sampler = sampler, .seed = seed});
        for (size_t number; ask(&f, &number) == FA_ASK_TRIAL;) {
            const struct fa_trial *t = fa_search_trial(f.search, number);
            tell(&f, number, off(t));
            sum += number >= half ? off(t) : 0;
            n += number >= half;
        }
        drop(&f);
    }
    return sum / n;
}

static void tpe_goes_where_it_was_good(void **state)
{
    (void)state;
    double tpe = distance(plain, off_one_value, 30, FA_SAMPLER_TPE), at_random = distance(plain, off_one_value, 30, FA_SAMPLER_RANDOM);
    if (!(tpe < at_random / 2))
        fail_msg("TPE is %g off, random draws are %g", tpe, at_random);
}

static void tpe_draws_together_what_is_good_together(void **state)
{
    (void)state;
    static const char *const space = "c1 = choice a b\nc2 = choice a b\nc3 = choice a b\nc4 = choice a b\nc5 = choice a b\n"
                                     "c6 = choice a b\nc7 = choice a b\nc8 = choice a b\nx = float 0..1";
    double tpe = distance(space, off_both_ways, 60, FA_SAMPLER_TPE), at_random = distance(space, off_both_ways, 60, FA_SAMPLER_RANDOM);
    if (!(tpe < 0.3 * at_random)) /* with densities of one parameter each it is 0.36 */
        fail_msg("TPE is %g off, random draws are %g", tpe, at_random);
}

static void tpe_keeps_conditions(void **state)
{
    (void)state;
    static const char *const space = "layers = int 1..2\nk = float 0..1\nunits = float 0..1 if layers > 1\nrate = float 0..1 if units > 0.5";
    struct fixture f = make(space, (struct fa_schedule_options){FA_SCHEDULE_RANDOM, 1, 1, 3, 1, 80},
                            (struct fa_search_options){.sampler = FA_SAMPLER_TPE, .seed = 1});
    size_t without = 0, n = 0;
    for (size_t number; ask(&f, &number) == FA_ASK_TRIAL; n++) {
        const char *const *value = fa_search_trial(f.search, number)->value;
        assert_int_equal(value[2] != NULL, value[0][0] == '2');
        assert_int_equal(value[3] != NULL, value[2] && strtod(value[2], NULL) > 0.5);
        without += !value[2];
        tell(&f, number, value[3] ? 1 - strtod(value[3], NULL) : 2);
    }
    assert_int_equal(n, 80);
    assert_true(without > 0 && without < 30); /* those with a rate are the better ones */
    drop(&f);
}

static void nothing_is_drawn_twice(void **state)
{
    (void)state;
    struct fixture f = make("a = int 1..3\nb = choice p q", (struct fa_schedule_options){FA_SCHEDULE_KERAS, 9, 1, 3, 1, 0},
                            (struct fa_search_options){.maximize = true});
    bool seen[4][2] = {{false}};
    size_t first = 0;
    for (size_t number; ask(&f, &number) == FA_ASK_TRIAL; tell(&f, number, (double)number)) {
        const struct fa_trial *t = fa_search_trial(f.search, number);
        if (t->round)
            continue;
        bool *this = &seen[t->value[0][0] - '0'][t->value[1][0] == 'q'];
        assert_false(*this);
        *this = true;
        first++;
    }
    assert_int_equal(first, 6);
    assert_true(fa_search_exhausted(f.search));
    assert_int_equal(fa_search_trial(f.search, 8)->status, FA_TRIAL_EMPTY);
    drop(&f);
}

static bool is_small(void *arg, const char *const *value)
{
    (void)arg;
    return strtod(value[0], NULL) < 0.5;
}

static void what_is_not_accepted_is_not_drawn(void **state)
{
    (void)state;
    struct fixture f = make(plain, keras, (struct fa_search_options){.accept = is_small});
    for (size_t number; ask(&f, &number) == FA_ASK_TRIAL; tell(&f, number, 1))
        assert_true(strtod(fa_search_trial(f.search, number)->value[0], NULL) < 0.5);
    drop(&f);
}

static void a_grid_is_gone_through_once(void **state)
{
    (void)state;
    struct fixture f = make("a = int 1..3\nb = choice p q if a > 1", (struct fa_schedule_options){FA_SCHEDULE_GRID, 5, 1, 3, 1, 6},
                            (struct fa_search_options){.maximize = true});
    size_t n = 0;
    for (size_t number; ask(&f, &number) == FA_ASK_TRIAL; n++)
        tell(&f, number, 1);
    assert_int_equal(n, 5); /* 1, 2p, 2q, 3p, 3q */
    assert_false(fa_search_exhausted(f.search));
    drop(&f);
}

static void failures_are_retried_then_replaced(void **state)
{
    (void)state;
    struct fa_schedule_options one = {FA_SCHEDULE_RANDOM, 9, 1, 3, 1, 1};
    struct fixture f = make(plain, one, (struct fa_search_options){.retries = 1, .failures = 2});
    size_t number;
    assert_int_equal(ask(&f, &number), FA_ASK_TRIAL);
    const char *x = fa_search_trial(f.search, 0)->value[0];
    uint64_t seed = fa_search_seed(f.search, fa_search_trial(f.search, 0), 0);
    tell(&f, number, NAN);
    assert_int_equal(ask(&f, &number), FA_ASK_TRIAL);
    assert_int_equal(number, 0);
    assert_ptr_equal(fa_search_trial(f.search, 0)->value[0], x);
    assert_true(fa_search_seed(f.search, fa_search_trial(f.search, 0), 0) != seed);
    tell(&f, number, INFINITY);
    assert_int_equal(ask(&f, &number), FA_ASK_TRIAL);
    assert_int_equal(number, 0);
    assert_int_equal(fa_search_trial(f.search, 0)->fill, 1);
    assert_string_not_equal(fa_search_trial(f.search, 0)->value[0], x);
    tell(&f, 0, NAN);
    assert_int_equal(ask(&f, &number), FA_ASK_TRIAL);
    assert_false(fa_search_gave_up(f.search));
    tell(&f, 0, NAN);
    assert_true(fa_search_gave_up(f.search));
    assert_int_equal(ask(&f, &number), FA_ASK_OVER);
    const struct fa_trial *failed;
    assert_int_equal(fa_search_failed(f.search, &failed), 4);
    assert_string_equal(failed[1].value[0], x);
    assert_int_equal(failed[1].attempt, 1);
    drop(&f);
}

/* A promoted trial that fails makes room for the best that was left over. */
static void the_next_best_takes_the_place(void **state)
{
    (void)state;
    struct fixture f = make(plain, (struct fa_schedule_options){FA_SCHEDULE_KERAS, 9, 1, 3, 1, 0},
                            (struct fa_search_options){.maximize = true});
    size_t number, first = f.plan->bracket[0].round[0].trials, second = f.plan->bracket[0].round[1].trials;
    for (size_t i = 0; i < first; i++) {
        assert_int_equal(ask(&f, &number), FA_ASK_TRIAL);
        tell(&f, number, (double)number);
    }
    assert_int_equal(ask(&f, &number), FA_ASK_TRIAL);
    assert_int_equal(number, first);
    assert_int_equal(fa_search_trial(f.search, number)->parent, first - 1);
    tell(&f, number, NAN);
    for (size_t i = 1; i < second; i++) {
        assert_int_equal(ask(&f, &number), FA_ASK_TRIAL);
        assert_int_equal(fa_search_trial(f.search, number)->parent, first - 1 - i);
        tell(&f, number, (double)number);
    }
    assert_int_equal(ask(&f, &number), FA_ASK_TRIAL);
    assert_int_equal(number, first);
    assert_int_equal(fa_search_trial(f.search, number)->parent, first - 1 - second);
    drop(&f);
}

static void caps_end_it_early(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct fixture f = make(plain, keras, (struct fa_search_options){.most_trials = i ? 0 : 5, .most_epochs = i ? 7 : 0});
        size_t n = 0, epochs = 0;
        for (size_t number; ask(&f, &number) == FA_ASK_TRIAL; n++) {
            epochs += fa_search_trial(f.search, number)->to - fa_search_trial(f.search, number)->from;
            tell(&f, number, 1);
        }
        assert_int_equal(i ? epochs : n, i ? 7 : 5);
        drop(&f);
    }
}

/* Trials are promoted as soon as they are among the best 1 / factor of those there are: no round is waited for. */
static void asha_does_not_wait(void **state)
{
    (void)state;
    struct fixture f = make(plain, (struct fa_schedule_options){FA_SCHEDULE_ASHA, 9, 1, 3, 1, 12},
                            (struct fa_search_options){.maximize = true});
    size_t number, rounds[3] = {0};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(ask(&f, &number), FA_ASK_TRIAL);
        tell(&f, number, (double)i);
    }
    assert_int_equal(ask(&f, &number), FA_ASK_TRIAL);
    assert_int_equal(fa_search_trial(f.search, number)->round, 1);
    assert_int_equal(fa_search_trial(f.search, number)->parent, 2);
    assert_int_equal(fa_search_trial(f.search, number)->from, 1);
    tell(&f, number, 5);
    while (ask(&f, &number) == FA_ASK_TRIAL)
        tell(&f, number, (double)number);
    for (size_t i = 0; i < fa_search_trials(f.search); i++)
        rounds[fa_search_trial(f.search, i)->round]++;
    assert_int_equal(rounds[0], 12);
    assert_true(rounds[1] >= 4 && rounds[1] < 12 && rounds[2] >= 1);
    drop(&f);
}

static void states_are_kept_while_they_may_be_asked_for(void **state)
{
    (void)state;
    struct fixture f = make(plain, (struct fa_schedule_options){FA_SCHEDULE_KERAS, 9, 1, 3, 1, 0},
                            (struct fa_search_options){.maximize = true});
    size_t number, first = f.plan->bracket[0].round[0].trials, second = f.plan->bracket[0].round[1].trials, open = 0;
    for (size_t i = 0; i < first; i++) {
        assert_int_equal(ask(&f, &number), FA_ASK_TRIAL);
        tell(&f, number, (double)((i * 5) % 7));
    }
    for (size_t i = 0; i < first; i++)
        open += fa_search_may_go_on(f.search, i);
    assert_int_equal(open, second);
    assert_int_equal(ask(&f, &number), FA_ASK_TRIAL);
    assert_false(fa_search_may_go_on(f.search, fa_search_trial(f.search, number)->parent));
    drop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_ends_does_not_matter),
        cmocka_unit_test(nor_does_it_where_many_fail),
        cmocka_unit_test(another_seed_is_another_search),
        cmocka_unit_test(tpe_goes_where_it_was_good),
        cmocka_unit_test(tpe_draws_together_what_is_good_together),
        cmocka_unit_test(tpe_keeps_conditions),
        cmocka_unit_test(nothing_is_drawn_twice),
        cmocka_unit_test(what_is_not_accepted_is_not_drawn),
        cmocka_unit_test(a_grid_is_gone_through_once),
        cmocka_unit_test(failures_are_retried_then_replaced),
        cmocka_unit_test(the_next_best_takes_the_place),
        cmocka_unit_test(caps_end_it_early),
        cmocka_unit_test(asha_does_not_wait),
        cmocka_unit_test(states_are_kept_while_they_may_be_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
