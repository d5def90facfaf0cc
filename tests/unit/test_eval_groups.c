/* Room eval: merges, sums, the bootstrap, paired tests, shortlists. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fa/eval.h"
#include "fa/rng.h"

/* ---- merges ---- */

static const char *const race[] = {"White", "East Asian", "Indian", "Southeast Asian"};
static const struct fa_head heads[] = {{"age", (const char *const[]){"0-9", "10-19"}, 2, 0}, {"race", race, 4, 2}};

static void a_merged_class_has_the_probability_of_its_members(void **state)
{
    (void)state;
    static const char *const spec[] = {"race:Asian=East Asian|Southeast Asian"};
    static const float data[] = {9, 9, 0.5f, 1, -700, 800};
    double logit[3];
    size_t n;
    struct fa_err err;
    struct fa_merge *merge = fa_merge_new(heads, 2, spec, 1, &err);
    assert_non_null(merge);
    const struct fa_head *head = fa_merge_heads(merge, &n);
    assert_int_equal(n, 2);
    assert_int_equal(head[0].nclasses, 2);
    assert_int_equal(head[1].nclasses, 3);
    assert_string_equal(head[1].class[1], "Asian");
    assert_string_equal(head[1].class[2], "Indian");
    assert_string_equal(fa_merge_label(merge, 1, "Southeast Asian"), "Asian");
    assert_string_equal(fa_merge_label(merge, 1, "Martian"), "Martian");
    assert_string_equal(fa_merge_label(merge, 0, "Southeast Asian"), "Southeast Asian");
    fa_merge_logits(merge, 1, data, logit);
    assert_true(logit[0] == 0.5 && logit[1] == 800 && logit[2] == -700);
    fa_merge_logits(merge, 1, (const float[]){0, 0, 0, 1, 2, 1}, logit);
    assert_true(fabs(logit[1] - (1 + log(2))) < 1e-12);
    fa_merge_free(merge);
}

/* ---- sums ---- */

static void sums_do_not_depend_on_order(void **state)
{
    (void)state;
    struct fa_rng rng = fa_rng_make(1, 0);
    struct fa_sum forth = {0}, back = {0}, half[2] = {{0}, {0}};
    double x[1000], plain = 0;
    for (size_t i = 0; i < 1000; i++)
        plain += x[i] = 30 * (double)fa_rng_u32(&rng) * 0x1p-32;
    for (size_t i = 0; i < 1000; i++) {
        fa_sum_add(&forth, x[i]);
        fa_sum_add(&back, x[999 - i]);
        fa_sum_add(&half[i & 1], x[i]);
    }
    fa_sum_join(&half[1], &half[0]);
    assert_memory_equal(&forth, &back, sizeof forth);
    assert_memory_equal(&forth, &half[1], sizeof forth);
    assert_true(fabs(fa_sum_value(&forth) - plain) < 1e-8);
    fa_sum_add(&forth, 1e300);
    fa_sum_add(&forth, -1);
    assert_true(fabs(fa_sum_value(&forth) - plain - 1e6) < 1e-8);
}

/* ---- bootstrap ---- */

enum { FACES = 400, REPLICATES = 2000 };

static void draw(struct fa_evaluation *evaluation, const struct fa_merge *merge, uint64_t seed)
{
    static const char *const name[] = {"0-9", "10-19"};
    struct fa_rng rng = fa_rng_make(seed, 0);
    struct fa_err err;
    struct fa_record record = {0};
    assert_int_equal(fa_evaluation_init(evaluation, merge, NULL, NULL, &err), 0);
    for (int i = 0; i < FACES; i++) {
        fa_record_clear(&record);
        uint32_t truth = fa_rng_below(&rng, 2);
        record.id = fa_arena_printf(&record.arena, &err, "%d", i);
        assert_int_equal(fa_map_set(&record.labels, &record.arena, "age", fa_value_string(name[truth]), &err), 0);
        float *logit = fa_record_payload(&record, 2, sizeof *logit, &err);
        assert_non_null(logit);
        logit[truth] = 0.5f + fa_rng_normal(&rng);
        logit[!truth] = 0;
        assert_int_equal(fa_evaluation_add(evaluation, &record, &err), 0);
    }
    fa_record_free(&record);
}

/* Over many draws of the same kind an interval has the width that the values scatter with, and holds their mean about 95
 * times in a hundred. */
static void intervals_hold_the_true_value(void **state)
{
    (void)state;
    enum { ROUNDS = 200, KINDS = 4 };
    static const size_t metric[KINDS] = {FA_BALANCED_ACCURACY, FA_KAPPA, FA_NLL, FA_BRIER};
    static struct fa_estimate estimate[ROUNDS][KINDS];
    struct fa_err err;
    struct fa_bootstrap *bootstrap = fa_bootstrap_new(1, 200, &err);
    struct fa_merge *merge = fa_merge_new(heads, 1, NULL, 0, &err);
    assert_true(bootstrap && merge);
    for (size_t i = 0; i < ROUNDS; i++) {
        struct fa_evaluation evaluation;
        struct fa_scores scores;
        draw(&evaluation, merge, i);
        assert_int_equal(fa_scores_make(&scores, &evaluation, bootstrap, &err), 0);
        for (size_t k = 0; k < KINDS; k++)
            estimate[i][k] = scores.head[0][metric[k]];
        fa_scores_free(&scores, &evaluation);
        fa_evaluation_free(&evaluation);
    }
    for (size_t k = 0; k < KINDS; k++) {
        double mean = 0;
        int held = 0;
        for (size_t i = 0; i < ROUNDS; i++)
            mean += estimate[i][k].value / ROUNDS;
        for (size_t i = 0; i < ROUNDS; i++)
            held += estimate[i][k].low <= mean && mean <= estimate[i][k].high;
        if (held < 0.9 * ROUNDS || held > 0.99 * ROUNDS)
            fail_msg("%s: %d of %d intervals hold the mean", fa_metric_name(metric[k]), held, ROUNDS);
    }
    fa_merge_free(merge);
    fa_bootstrap_free(bootstrap);
}

/* ---- two models ---- */

/* Against scipy.stats: binomtest and chi2. */
static void paired_tests_equal_those_of_scipy(void **state)
{
    (void)state;
    static const struct {
        uint64_t lost, won;
        double exact, chi2, p;
    } want[] = {
        {3, 7, 0.34375, 0.9, 0.34278171114790573},
        {0, 0, 1, 0, 1},
        {120, 80, 0.0056851559967503063, 7.6050000000000004, 0.0058206664078108766},
        {5000, 4700, 0.0023966033625776526, 9.2165979381443304, 0.0023983079164448828},
    };
    struct fa_err err;
    struct fa_bootstrap *bootstrap = fa_bootstrap_new(1, REPLICATES, &err);
    assert_non_null(bootstrap);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        struct fa_paired paired = {.count = {{1000, want[i].won}, {want[i].lost, 2000}}};
        struct fa_paired_test test;
        double n = 3000 + (double)(want[i].won + want[i].lost), difference = ((double)want[i].won - (double)want[i].lost) / n;
        double width = 2 * 1.96 * sqrt((double)(want[i].won + want[i].lost) / n / n - difference * difference / n);
        assert_int_equal(fa_paired_test(&test, &paired, bootstrap, &err), 0);
        assert_true(fabs(test.exact - want[i].exact) < 1e-9 && fabs(test.chi2 - want[i].chi2) < 1e-9 && fabs(test.p - want[i].p) < 1e-9);
        assert_true(test.difference.value == difference);
        assert_true(fabs(test.difference.high - test.difference.low - width) < 0.1 * width + 1e-9);
    }
    fa_bootstrap_free(bootstrap);
}

/* ---- shortlists ---- */

static void a_shortlist_keeps_the_largest_in_any_order(void **state)
{
    (void)state;
    struct fa_rng rng = fa_rng_make(7, 0);
    uint32_t item[100];
    for (uint32_t i = 0; i < 100; i++)
        item[i] = i;
    for (int round = 0; round < 20; round++) {
        struct fa_shortlist list;
        struct fa_verdict verdict = {.loss = log(4)};
        struct fa_err err;
        assert_int_equal(fa_shortlist_init(&list, 7, &err), 0);
        fa_rng_shuffle(&rng, item, 100);
        for (size_t i = 0; i < 100; i++) {
            char id[8];
            snprintf(id, sizeof id, "%02u", item[i]);
            assert_int_equal(fa_shortlist_offer(&list, item[i] / 2, id, &verdict, &err), 0);
        }
        fa_shortlist_sort(&list);
        static const char *const want[] = {"98", "99", "96", "97", "94", "95", "92"};
        assert_int_equal(list.n, 7);
        for (size_t i = 0; i < 7; i++)
            assert_string_equal(list.pick[i].id, want[i]);
        assert_true(fabs(list.pick[0].p_truth - 0.25) < 1e-12);
        fa_shortlist_free(&list);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_merged_class_has_the_probability_of_its_members),
        cmocka_unit_test(sums_do_not_depend_on_order),
        cmocka_unit_test(intervals_hold_the_true_value),
        cmocka_unit_test(paired_tests_equal_those_of_scipy),
        cmocka_unit_test(a_shortlist_keeps_the_largest_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
