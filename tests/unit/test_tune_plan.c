/* Room tune: the arithmetic of schedules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fa/tune.h"

static struct fa_plan *make(enum fa_schedule_kind kind, size_t epochs, size_t factor, size_t iterations, size_t trials)
{
    struct fa_err err;
    struct fa_plan *plan = fa_plan_make(&(struct fa_schedule_options){kind, epochs, 1, factor, iterations, trials}, &err);
    if (!plan)
        fail_msg("%s", err.text);
    return plan;
}

/* "34/1 12/3..." of a bracket: trials and the epoch they are trained to. */
static void assert_bracket(const struct fa_bracket *bracket, const char *want)
{
    char text[256] = "";
    for (size_t i = 0, used = 0; i < bracket->nrounds; i++) {
        const struct fa_round *round = &bracket->round[i];
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%zu/%zu", i ? " " : "", round->trials, round->to);
        assert_int_equal(round->from, i ? round[-1].to : 0);
    }
    assert_string_equal(text, want);
}

static void keras_totals(void **state)
{
    (void)state;
    static const size_t check[][4] = {{100, 3, 254, 2672}, {81, 3, 211, 1767}, {27, 3, 70, 375}, {10, 3, 30, 120},
                                      {100, 10, 131, 910}};
    for (size_t i = 0; i < sizeof check / sizeof *check; i++) {
        struct fa_plan *plan = make(FA_SCHEDULE_KERAS, check[i][0], check[i][1], 1, 0);
        assert_int_equal(plan->trials, check[i][2]);
        assert_int_equal(plan->epochs, check[i][3]);
        fa_plan_free(plan);
    }
}

static void keras_brackets(void **state)
{
    (void)state;
    struct fa_plan *plan = make(FA_SCHEDULE_KERAS, 100, 10, 2, 0);
    static const char *const want[] = {"100/1 10/10 1/100", "15/10 2/100", "3/100"};
    assert_int_equal(plan->nbrackets, 6);
    assert_int_equal(plan->trials, 262);
    for (size_t i = 0; i < 6; i++) {
        assert_bracket(&plan->bracket[i], want[i % 3]);
        assert_int_equal(plan->bracket[i].iteration, i / 3);
        assert_int_equal(plan->bracket[i].number, 2 - i % 3);
    }
    fa_plan_free(plan);
    plan = make(FA_SCHEDULE_KERAS, 81, 3, 1, 0);
    assert_bracket(&plan->bracket[1], "34/3 12/9 4/27 2/81");
    fa_plan_free(plan);
    plan = make(FA_SCHEDULE_KERAS, 15625, 5, 1, 0); /* log 15625 / log 5 is a little more than 6 in double */
    assert_int_equal(plan->nbrackets, 7);
    assert_int_equal(plan->bracket[6].round[0].trials, 8);
    fa_plan_free(plan);
}

static void fewer_brackets_for_more_epochs_at_least(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_plan *plan = fa_plan_make(&(struct fa_schedule_options){FA_SCHEDULE_KERAS, 81, 9, 3, 1, 0}, &err);
    assert_int_equal(plan->nbrackets, 3);
    assert_int_equal(plan->bracket[0].round[0].to, 9);
    fa_plan_free(plan);
}

static void the_paper_floors(void **state)
{
    (void)state;
    struct fa_plan *plan = make(FA_SCHEDULE_PAPER, 81, 3, 1, 0); /* Li et al., table 1, but for 34 and 15 as the formula has them */
    static const char *const want[] = {"81/1 27/3 9/9 3/27 1/81", "34/3 11/9 3/27 1/81", "15/9 5/27 1/81", "8/27 2/81", "5/81"};
    assert_int_equal(plan->nbrackets, 5);
    for (size_t i = 0; i < 5; i++)
        assert_bracket(&plan->bracket[i], want[i]);
    fa_plan_free(plan);
}

static void single_brackets(void **state)
{
    (void)state;
    struct fa_plan *plan = make(FA_SCHEDULE_ASHA, 100, 10, 1, 0);
    assert_int_equal(plan->nbrackets, 1);
    assert_bracket(&plan->bracket[0], "118/1 11/10 1/100");
    fa_plan_free(plan);
    plan = make(FA_SCHEDULE_RANDOM, 100, 10, 1, 0); /* the 910 epochs of Hyperband */
    assert_bracket(&plan->bracket[0], "10/100");
    fa_plan_free(plan);
    plan = make(FA_SCHEDULE_GRID, 20, 3, 1, 12);
    assert_bracket(&plan->bracket[0], "12/20");
    assert_int_equal(plan->epochs, 240);
    fa_plan_free(plan);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    static const struct {
        struct fa_schedule_options options;
        const char *why;
    } c[] = {
        {{FA_SCHEDULE_KERAS, 100, 1, 1, 1, 0}, "a factor of 1 does not thin out trials, want at least 2"},
        {{FA_SCHEDULE_KERAS, 100, 0, 3, 1, 0}, "no schedule from 0 to 100 epochs"},
        {{FA_SCHEDULE_KERAS, 5, 6, 3, 1, 0}, "no schedule from 6 to 5 epochs"},
        {{FA_SCHEDULE_KERAS, 5, 1, 3, 0, 0}, "want at least 1 iteration"},
        {{FA_SCHEDULE_KERAS, 2000000, 1, 3, 1, 0}, "2000000 epochs are more than 1000000"},
        {{FA_SCHEDULE_RANDOM, 5, 1, 3, 1, 2000000}, "a round of 2000000 trials is more than 1000000"},
        {{FA_SCHEDULE_GRID, 5, 1, 3, 1, 0}, "a grid without points"},
    };
    struct fa_err err;
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        assert_null(fa_plan_make(&c[i].options, &err));
        assert_string_equal(err.text, c[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keras_totals),
        cmocka_unit_test(keras_brackets),
        cmocka_unit_test(fewer_brackets_for_more_epochs_at_least),
        cmocka_unit_test(the_paper_floors),
        cmocka_unit_test(single_brackets),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
