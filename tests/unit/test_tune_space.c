/* Room tune: the space of hyperparameters, what is drawn from it, and templates that are filled with it. */
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

static const char *const text =
    "# the network\n"
    "\n"
    "units1 = int 32..512 step 16   # of the first layer\n"
    "layers = int 1..4\n"
    "units4 = int 8..64 step 8 if layers > 3\n"
    "\trate = choice .2 .4 .5\r\n"
    "lr = float 1e-5..1e-2 log\n"
    "decay = float 0.9..0.999 reverse_log\n"
    "act=choice relu sigmoid\n"
    "norm = bool\n"
    "scale = float 1..8 step 2 log\n"
    "arch = fixed dense {units1} {act}, dropout {rate}\n";

static void lines_have_one_canonical_form(void **state)
{
    (void)state;
    struct fa_err err;
    static const char *const set[] = {"rate = choice .3 .4", "batch = int 16..64 step 2 log", "layers = fixed 4"};
    struct fa_space *space = fa_space_parse("x.space", text, set, 3, &err);
    if (!space)
        fail_msg("%s", err.text);
    assert_string_equal(space->text, "units1 = int 32..512 step 16\n"
                                     "layers = fixed 4\n"
                                     "units4 = int 8..64 step 8 if layers > 3\n"
                                     "rate = choice .3 .4\n"
                                     "lr = float 1e-05..0.01 step 0 log\n"
                                     "decay = float 0.9..0.999 step 0 reverse_log\n"
                                     "act = choice relu sigmoid\n"
                                     "norm = choice false true\n"
                                     "scale = float 1..8 step 2 log\n"
                                     "arch = fixed dense {units1} {act}, dropout {rate}\n"
                                     "batch = int 16..64 step 2 log\n");
    assert_int_equal(space->param[0].n, 31);
    assert_int_equal(space->param[8].n, 4);
    assert_int_equal(space->param[10].n, 3);
    fa_space_free(space);
}

static void faults_are_named(void **state)
{
    (void)state;
    static const char *const fault[][2] = {
        {"", "x.space: no parameter"},
        {"a = int 1..2\nb", "x.space: line 2: 'b' is not of the form NAME = WHAT"},
        {"a b = int 1..2", "'a b' is no name"},
        {"a = int 1..2\n\na = bool", "x.space: line 3: a stands twice"},
        {"a = integer 1..2", "a: 'integer' is none of int, float, choice, bool, fixed"},
        {"a = int", "a: int wants MIN..MAX"},
        {"a = int 1", "int wants MIN..MAX"},
        {"a = int 1..x", "int wants MIN..MAX"},
        {"a = float 1..nan", "float wants MIN..MAX"},
        {"a = int 1..2.5", "int wants whole numbers"},
        {"a = int 5..2", "5 is more than 2"},
        {"a = float 0..1 log", "a log scale wants a minimum above 0"},
        {"a = float -1..1 reverse_log", "a log scale wants a minimum above 0"},
        {"a = int 1..9 step", "'step' is none of step N, log, reverse_log"},
        {"a = int 1..9 step 0", "'0' is no step"},
        {"a = int 1..9 step .5", "int wants a whole step"},
        {"a = int 1..9 step 1 log", "a step of 1 (want more than 1)"},
        {"a = float 0..1 step 1e-9", "more than 1000000 steps"},
        {"a = int 1..9 lg", "'lg' is none of"},
        {"a = choice", "choice wants values"},
        {"a = choice x y x", "'x' stands twice"},
        {"a = bool x", "bool takes nothing behind it"},
        {"a = fixed", "fixed wants a value"},
        {"a = int 1..2 if b > 1\nb = int 1..2", "line 1: a: no parameter 'b' stands before"},
        {"b = int 1..2\na = bool if b >", "a condition is of the form"},
        {"b = int 1..2\na = bool if b ~ 1", "a condition is of the form"},
        {"b = int 1..2\na = bool if b > x", "'x' is not a number"},
    };
    struct fa_err err;
    for (size_t i = 0; i < sizeof fault / sizeof *fault; i++) {
        assert_null(fa_space_parse("x.space", fault[i][0], NULL, 0, &err));
        if (!strstr(err.text, fault[i][1]))
            fail_msg("'%s': %s", fault[i][0], err.text);
    }
    const char *set = "a = flaot 1..2";
    assert_null(fa_space_parse("x.space", "a = bool", &set, 1, &err));
    assert_string_equal(err.text, "'a = flaot 1..2': a: 'flaot' is none of int, float, choice, bool, fixed");
    assert_null(fa_space_read("/nowhere/x.space", NULL, 0, &err));
    assert_string_equal(err.text, "/nowhere/x.space: No such file or directory");
}

static void draws_cover_the_space(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_arena arena = {0};
    struct fa_space *space = fa_space_parse("x.space", text, NULL, 0, &err);
    size_t below = 0, sure = 0, count[31] = {0}, four = 0;
    enum { N = 4000 };
    for (size_t i = 0; i < N; i++) {
        struct fa_rng rng = fa_rng_make(7, i);
        const char *const *v = fa_space_draw(space, &rng, &arena, &err);
        assert_non_null(v);
        long units = strtol(v[0], NULL, 10);
        assert_true(units >= 32 && units <= 512 && units % 16 == 0);
        count[(units - 32) / 16]++;
        assert_true((strcmp(v[1], "4") == 0) == (v[2] != NULL));
        four += v[2] != NULL;
        double lr = strtod(v[4], NULL), decay = strtod(v[5], NULL);
        assert_true(lr >= 1e-5 && lr <= 1e-2 && decay >= .9 && decay <= .999);
        below += lr < 3.1622776e-4;     /* half of them on a log scale */
        sure += decay > .9511;          /* half of them on its mirror image */
        assert_true(fa_param_place(&space->param[4], v[4]) >= 0);
        fa_arena_reset(&arena);
    }
    assert_in_range(below, N * 47 / 100, N * 53 / 100);
    assert_in_range(sure, N * 47 / 100, N * 53 / 100);
    assert_in_range(four, N * 22 / 100, N * 28 / 100);
    for (size_t i = 0; i < 31; i++)
        assert_in_range(count[i], N / 31 / 2, N / 31 * 2);
    fa_arena_free(&arena);
    fa_space_free(space);
}

static void places_are_those_of_values(void **state)
{
    (void)state;
    static const char *const line[] = {"a = int 3..90", "a = int 3..90 step 7", "a = int 2..512 log", "a = int 2..512 step 2 log",
                                       "a = float -1..3", "a = float 1e-6..2 log", "a = float .5..8 reverse_log",
                                       "a = float .5..8 step 2 reverse_log", "a = choice z y x", "a = int 5..5", "a = float 2..2 log"};
    struct fa_err err;
    struct fa_arena arena = {0};
    for (size_t i = 0; i < sizeof line / sizeof *line; i++) {
        struct fa_space *space = fa_space_parse("x", line[i], NULL, 0, &err);
        const struct fa_param *p = &space->param[0];
        size_t n = p->n ? p->n : 50;
        double last = -1;
        for (size_t k = 0; k < n; k++) {
            const char *value = fa_param_value(p, k, ((double)k + .5) / (double)n, &arena, &err);
            double place = fa_param_place(p, value), want = ((double)k + .5) / (double)n;
            if (p->kind == FA_PARAM_CHOICE)
                assert_int_equal((size_t)place, k);
            else if (p->n)
                assert_true(place > want - 1e-9 && place < want + 1e-9);
            assert_true(place >= last && place <= (p->kind == FA_PARAM_CHOICE ? 2 : 1));
            last = place;
        }
        const char *first = fa_param_value(p, 0, 0, &arena, &err), *end = fa_param_value(p, p->n ? p->n - 1 : 0, 1, &arena, &err);
        if (p->kind != FA_PARAM_CHOICE) {
            assert_true(strtod(first, NULL) >= p->min && strtod(first, NULL) < p->min + 1e-4 * fabs(p->min) + 1e-9);
            assert_true(strtod(end, NULL) <= p->max);
        }
        fa_space_free(space);
    }
    fa_arena_free(&arena);
}

static void a_grid_has_every_point_once(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_arena arena = {0};
    struct fa_space *space = fa_space_parse("x", "a = int 1..3\nb = choice p q\nc = float 0..1 step .5 if a > 2", NULL, 0, &err);
    assert_int_equal(fa_space_points(space), 18);
    char all[512] = "";
    for (size_t i = 0; i < 18; i++) {
        const char *const *v = fa_space_point(space, i, &arena, &err);
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s%s ", v[0], v[1], v[2] ? v[2] : "");
    }
    assert_string_equal(all, "1p 1p 1p 1q 1q 1q 2p 2p 2p 2q 2q 2q 3p0 3p0.5 3p1 3q0 3q0.5 3q1 ");
    fa_space_free(space);
    space = fa_space_parse("x", "a = int 1..3\nb = float 0..1", NULL, 0, &err);
    assert_int_equal(fa_space_points(space), 0);
    fa_space_free(space);
    fa_arena_free(&arena);
}

static void conditions_hold_or_not(void **state)
{
    (void)state;
    static const struct {
        const char *condition;
        bool holds;
    } c[] = {{"n > 9", true},  {"n > 10", false},  {"n >= 10", true}, {"n < 11", true},   {"n <= 9", false}, {"n == 10.0", true},
             {"n != 10", false}, {"act == relu", true}, {"act != relu", false}, {"act == 1", false}, {"act < 3", false}, {"off == 1", false},
             {"off != 1", false}};
    struct fa_err err;
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        char lines[200];
        snprintf(lines, sizeof lines, "n = fixed 10\nact = fixed relu\noff = fixed 1 if n < 5\nx = fixed 1 if %s", c[i].condition);
        struct fa_space *space = fa_space_parse("x", lines, NULL, 0, &err);
        struct fa_rng rng = fa_rng_make(1, 1);
        const char *const *v = fa_space_draw(space, &rng, &space->arena, &err);
        if ((v[3] != NULL) != c[i].holds)
            fail_msg("%s", c[i].condition);
        fa_space_free(space);
    }
}

static void templates_are_filled(void **state)
{
    (void)state;
    static const char *const line[][2] = {
        {"dense {n} {act}, dropout {r}", "dense 10 relu, dropout .5"},
        {"dense {n},[ dense {off},] batchnorm", "dense 10, batchnorm"},
        {"[dense {n},] [{off}] x", "dense 10,  x"},
        {"[{n}{off}][{act}]", "relu"},
        {"", ""},
    }, *const fault[][2] = {
        {"dense {m}", "{m}: no such parameter"},   {"dense {off}", "'dense {off}' holds a parameter without a value, want it in [ ]"},
        {"dense {n", "a { without the other"},     {"dense n}", "a } without the other"},
        {"[dense", "a [ without the other"},       {"dense]", "a ] without the other"},
        {"[a [b] c]", "a [ within another"},
    };
    struct fa_err err;
    struct fa_arena arena = {0};
    struct fa_space *space = fa_space_parse("x", "n = fixed 10\nact = fixed relu\nr = fixed .5\noff = fixed 1 if n < 5", NULL, 0, &err);
    static const char *const value[] = {"10", "relu", ".5", NULL};
    for (size_t i = 0; i < sizeof line / sizeof *line; i++)
        assert_string_equal(fa_space_fill(space, value, line[i][0], &arena, &err), line[i][1]);
    for (size_t i = 0; i < sizeof fault / sizeof *fault; i++) {
        assert_null(fa_space_fill(space, value, fault[i][0], &arena, &err));
        assert_string_equal(err.text, fault[i][1]);
    }
    fa_space_free(space);
    fa_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_have_one_canonical_form), cmocka_unit_test(faults_are_named),
        cmocka_unit_test(draws_cover_the_space),         cmocka_unit_test(places_are_those_of_values),
        cmocka_unit_test(a_grid_has_every_point_once),   cmocka_unit_test(conditions_hold_or_not),
        cmocka_unit_test(templates_are_filled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
