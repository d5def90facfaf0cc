/* Room tune against KerasTuner's own Hyperband oracle, trial by trial: tests/golden/make_tune_golden.py has run it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fa/tune.h"

/* The stub that stands for training, as the script has it: many ties. */
static double score(size_t origin, size_t epochs)
{
    return (double)((origin * 7919 + epochs * 104729 + origin * origin * 31) % 37) / 37;
}

/* The trials of one search, up to the next `search` line. */
static size_t compare(FILE *file, struct fa_search *search, const struct fa_plan *plan)
{
    struct fa_err err;
    size_t want[6], number, n = 0;
    while (fscanf(file, "%zu %zu %zu %zu %zu %zu", &want[0], &want[1], &want[2], &want[3], &want[4], &want[5]) == 6) {
        assert_int_equal(fa_search_ask(search, &number, &err), FA_ASK_TRIAL);
        const struct fa_trial *t = fa_search_trial(search, number);
        assert_int_equal(number + 1, want[0]);
        assert_int_equal(plan->bracket[t->bracket].number, want[1]);
        assert_int_equal(t->round, want[2]);
        assert_int_equal(t->from, want[3]);
        assert_int_equal(t->to, want[4]);
        assert_int_equal(t->parent == SIZE_MAX ? 0 : t->parent + 1, want[5]);
        assert_int_equal(fa_search_tell(search, number, score(t->origin + 1, t->to), NULL, &err), 0);
        n++;
    }
    assert_int_equal(fa_search_ask(search, &number, &err), FA_ASK_OVER);
    return n;
}

static void every_trial_is_the_one_of_keras(void **state)
{
    (void)state;
    struct fa_err err;
    char direction[8];
    struct fa_schedule_options o = {.kind = FA_SCHEDULE_KERAS, .min_epochs = 1};
    FILE *file = fopen("tests/golden/tune_golden.txt", "r");
    assert_non_null(file);
    size_t searches = 0, trials = 0;
    while (fscanf(file, " search %zu %zu %zu %7s", &o.max_epochs, &o.factor, &o.iterations, direction) == 4) {
        struct fa_space *space = fa_space_parse("x", "x = float 0..1", NULL, 0, &err);
        struct fa_plan *plan = fa_plan_make(&o, &err);
        struct fa_search_options options = {.seed = 1, .maximize = strcmp(direction, "max") == 0};
        struct fa_search *search = fa_search_new(space, plan, &options, &err);
        assert_non_null(search);
        trials += compare(file, search, plan);
        searches++;
        fa_search_free(search);
        fa_plan_free(plan);
        fa_space_free(space);
    }
    fclose(file);
    assert_int_equal(searches, 5);
    assert_int_equal(trials, 254 + 211 + 2 * 70 + 3 * 30 + 131);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_trial_is_the_one_of_keras)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
