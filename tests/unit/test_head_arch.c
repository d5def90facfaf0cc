/* Room head: the one-line grammar of architectures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fa/head.h"

static void lines_have_one_canonical_form(void **state)
{
    (void)state;
    static const char *const line[][2] = {
        {FA_ARCH_DEFAULT, FA_ARCH_DEFAULT},
        {"standardize,dropout .3 , dense 256  relu,dropout 0.50", FA_ARCH_DEFAULT},
        {"none", "none"},
        {"dense 12", "none, dense 12 linear"},
        {"\tl2, dense 464 glorot sigmoid, batchnorm", "l2, dense 464 sigmoid, batchnorm"},
        {"dense 8 he tanh", "none, dense 8 tanh he"},
        {"dense 8 gelu he_normal", "none, dense 8 gelu he_normal"},
        {"dense 8 leaky_relu keras, dense 3 he_uniform", "none, dense 8 leaky_relu, dense 3 linear he"},
        {"dense 8 glorot_uniform, dense 3 glorot_normal", "none, dense 8 linear, dense 3 linear glorot_normal"},
        {"dropout 0", "none, dropout 0"},
    };
    struct fa_arena arena = {0};
    struct fa_arch arch;
    struct fa_err err;
    for (size_t i = 0; i < sizeof line / sizeof *line; i++) {
        assert_int_equal(fa_arch_parse(&arch, line[i][0], &err), 0);
        assert_string_equal(fa_arch_print(&arch, &arena, &err), line[i][1]);
        assert_int_equal(fa_arch_parse(&arch, line[i][1], &err), 0);
        assert_string_equal(fa_arch_print(&arch, &arena, &err), line[i][1]);
    }
    fa_arena_free(&arena);
}

static void faults_are_named(void **state)
{
    (void)state;
    static const char *const line[][2] = {
        {"", "an item is empty"},
        {"standardize, , dense 3", "an item is empty"},
        {"dense 3,", "an item is empty"},
        {"dense", "'dense': dense wants a number of units"},
        {"dense 0", "'dense 0': dense wants a number of units from 1 to 65536"},
        {"dense -3", "dense wants a number of units"},
        {"dense 99999999999999999999", "dense wants a number of units"},
        {"dense 3x", "dense wants a number of units"},
        {"dense 3 reul", "not 'reul'"},
        {"dropout", "dropout wants one rate from 0 to 0.99"},
        {"dropout 1", "dropout wants one rate"},
        {"dropout nan", "dropout wants one rate"},
        {"dropout .3 .4", "dropout wants one rate"},
        {"batchnorm 3", "not one of dense, dropout, batchnorm"},
        {"dense 3, standardize", "'standardize' stands first or not at all"},
        {"l2, l2", "'l2' stands first or not at all"},
        {"dense 3, conv 4", "'conv 4': not one of dense"},
        {"dense 3 relu he glorot tanh", "too long"},
        {"dense aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "too long"},
    };
    struct fa_arch arch;
    struct fa_err err;
    char many[2000] = "none";
    for (size_t i = 0; i < sizeof line / sizeof *line; i++) {
        assert_int_equal(fa_arch_parse(&arch, line[i][0], &err), -1);
        if (!strstr(err.text, line[i][1]))
            fail_msg("'%s': %s", line[i][0], err.text);
    }
    for (size_t i = 0, n = strlen(many); i <= FA_ARCH_LAYERS; i++)
        n += (size_t)snprintf(many + n, sizeof many - n, ", dense 2");
    assert_int_equal(fa_arch_parse(&arch, many, &err), -1);
    assert_non_null(strstr(err.text, "more than 64 layers"));
}

static void parameters_are_counted(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        size_t n;
    } c[] = {{"none", 5 * 4}, {"standardize, dropout .3", 5 * 4}, {"dense 7 relu", 5 * 7 + 8 * 4}, {"batchnorm", 4 * 4 + 5 * 4},
             {"dense 7, batchnorm, dense 2", 5 * 7 + 4 * 7 + 8 * 2 + 3 * 4}};
    struct fa_arch arch;
    struct fa_err err;
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        assert_int_equal(fa_arch_parse(&arch, c[i].line, &err), 0);
        assert_int_equal(fa_arch_parameters(&arch, 4, 4), c[i].n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_have_one_canonical_form),
        cmocka_unit_test(faults_are_named),
        cmocka_unit_test(parameters_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
