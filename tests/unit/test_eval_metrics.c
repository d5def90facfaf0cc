/* Room eval: every metric against those of scikit-learn, fairlearn and scipy, see tests/golden/make_eval_golden.py. */
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

static const char *const class_name[] = {"c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"};
static const char *const head_name[] = {"h0", "h1", "h2"};
enum { HEADS = 3, CASES = 51 };

struct oracle {
    struct fa_table *cases, *records, *expected;
    size_t record, row; /* the next of records and expected */
};

static int read_oracle(void **state)
{
    static struct oracle oracle;
    struct fa_err err = {""};
    *state = &oracle;
    if (!(oracle.cases = fa_table_read("tests/golden/eval-cases.csv", &err)) ||
        !(oracle.records = fa_table_read("tests/golden/eval-records.csv", &err)) ||
        !(oracle.expected = fa_table_read("tests/golden/eval-expected.csv", &err))) {
        print_error("%s\n", err.text);
        return -1;
    }
    return 0;
}

static int free_oracle(void **state)
{
    struct oracle *oracle = *state;
    fa_table_free(oracle->cases);
    fa_table_free(oracle->records);
    fa_table_free(oracle->expected);
    return 0;
}

/* ---- from the tables to an evaluation ---- */

struct given {
    struct fa_head head[HEADS];
    size_t nheads, nlogits;
    char ordered[16]; /* the list of those that are */
    struct fa_merge *merge;
    struct fa_evaluation evaluation;
};

static void begin(struct given *given, const struct oracle *oracle, size_t i)
{
    struct fa_err err;
    char *classes = (char *)fa_table_cell(oracle->cases, i, 1), *ordered = (char *)fa_table_cell(oracle->cases, i, 2);
    *given = (struct given){0};
    for (; *classes; given->nheads++) {
        size_t n = strtoul(classes, &classes, 10);
        given->head[given->nheads] = (struct fa_head){head_name[given->nheads], class_name, n, given->nlogits};
        given->nlogits += n;
        if (strtoul(ordered, &ordered, 10)) {
            size_t used = strlen(given->ordered);
            snprintf(given->ordered + used, sizeof given->ordered - used, "%s%s", used ? "," : "", head_name[given->nheads]);
        }
    }
    given->merge = fa_merge_new(given->head, given->nheads, NULL, 0, &err);
    assert_non_null(given->merge);
    assert_int_equal(fa_evaluation_init(&given->evaluation, given->merge, "g", given->ordered, &err), 0);
}

static void add_record(struct given *given, const struct fa_table *table, size_t row)
{
    struct fa_err err;
    struct fa_record record = {0};
    char *label = fa_arena_strdup(&record.arena, fa_table_cell(table, row, 1), &err), *rest;
    char *number = (char *)fa_table_cell(table, row, 3);
    record.id = fa_arena_printf(&record.arena, &err, "%zu", row);
    for (size_t h = 0; h < given->nheads; h++, label = NULL) {
        const char *text = strtok_r(label, " ", &rest);
        if (strcmp(text, "-") != 0)
            assert_int_equal(fa_map_set(&record.labels, &record.arena, head_name[h], fa_value_string(text), &err), 0);
    }
    assert_int_equal(fa_map_set(&record.labels, &record.arena, "g", fa_value_string(fa_table_cell(table, row, 2)), &err), 0);
    float *logit = fa_record_payload(&record, given->nlogits, sizeof *logit, &err);
    assert_non_null(logit);
    for (size_t i = 0; i < given->nlogits; i++)
        logit[i] = strtof(number, &number);
    assert_int_equal(fa_evaluation_add(&given->evaluation, &record, &err), 0);
    fa_record_free(&record);
}

/* ---- and back ---- */

static size_t metric_named(const char *name, size_t length)
{
    for (size_t i = 0; i < FA_METRICS + FA_ROW_METRICS; i++)
        if (strlen(fa_metric_name(i)) == length && !strncmp(fa_metric_name(i), name, length))
            return i;
    fail_msg("no metric %s", name);
    return 0;
}

/* A row of the script's table is ours but for labels that are no class and were not met. */
static bool find_row(const struct fa_confusion *confusion, size_t row, size_t *ours)
{
    char name[8];
    snprintf(name, sizeof name, row < confusion->classes ? "c%zu" : "x%zu", row < confusion->classes ? row : row - confusion->classes);
    for (*ours = 0; *ours < confusion->label.n; ++*ours)
        if (!strcmp(fa_confusion_label(confusion, *ours), name))
            return true;
    return false;
}

static struct fa_estimate lookup(const struct given *given, const struct fa_scores *scores, const char *group, size_t h, const char *name)
{
    const struct fa_by *by = &given->evaluation.by[0];
    const struct fa_group_scores *of = &scores->group[h];
    size_t length = strcspn(name, " "), metric = metric_named(name, length), g = 0, row;
    while (group[0] && strcmp(by->group[g]->value[0], group) != 0)
        assert_in_range(++g, 0, by->ngroups - 1);
    const struct fa_estimate *estimate = group[0] ? of->estimate + g * of->nmetrics : scores->head[h];
    if (!name[length])
        return estimate[metric];
    if (!find_row(&(group[0] ? by->group[g] : &given->evaluation.everyone)->sums[h].confusion, strtoul(name + length, NULL, 10), &row))
        return (struct fa_estimate){NAN, NAN, NAN};
    return estimate[metric + FA_ROW_METRICS * row];
}

static void assert_near(const char *want, double got, const char *what)
{
    double value = want[0] ? strtod(want, NULL) : (double)NAN;
    if (isnan(value) ? !isnan(got) : !(fabs(got - value) < 1e-9))
        fail_msg("%s: want %s, got %.17g", what, want, got);
}

static void check_row(const struct given *given, const struct fa_scores *scores, const struct fa_table *expected, size_t row)
{
    const char *group = fa_table_cell(expected, row, 1), *name = fa_table_cell(expected, row, 3);
    size_t h = strtoul(fa_table_cell(expected, row, 2), NULL, 10);
    char what[128];
    snprintf(what, sizeof what, "case %s, group %s, head %zu, %s", fa_table_cell(expected, row, 0), group, h, name);
    if (!strncmp(name, "gap ", 4)) {
        const struct fa_gap *gap = &scores->group[h].gap[metric_named(name + 4, strlen(name + 4))];
        assert_near(fa_table_cell(expected, row, 4), gap->gap.value, what);
        assert_near(fa_table_cell(expected, row, 5), gap->ratio, what);
        return;
    }
    struct fa_estimate got = lookup(given, scores, group, h, name);
    bool wilson = fa_table_cell(expected, row, 5)[0] != '\0';
    assert_near(fa_table_cell(expected, row, 4), got.value, what);
    assert_near(fa_table_cell(expected, row, 5), wilson ? got.low : (double)NAN, what);
    assert_near(fa_table_cell(expected, row, 6), wilson ? got.high : (double)NAN, what);
}

static void check_case(struct oracle *oracle, size_t i, const struct fa_bootstrap *bootstrap)
{
    const char *name = fa_table_cell(oracle->cases, i, 0);
    struct given given;
    struct fa_scores scores;
    struct fa_err err;
    size_t first = oracle->row;
    begin(&given, oracle, i);
    while (oracle->record < fa_table_rows(oracle->records) && !strcmp(fa_table_cell(oracle->records, oracle->record, 0), name))
        add_record(&given, oracle->records, oracle->record++);
    assert_int_equal(fa_scores_make(&scores, &given.evaluation, bootstrap, &err), 0);
    while (oracle->row < fa_table_rows(oracle->expected) && !strcmp(fa_table_cell(oracle->expected, oracle->row, 0), name))
        check_row(&given, &scores, oracle->expected, oracle->row++);
    assert_true(oracle->row > first);
    fa_scores_free(&scores, &given.evaluation);
    fa_evaluation_free(&given.evaluation);
    fa_merge_free(given.merge);
}

static void metrics_equal_those_of_scikit_learn(void **state)
{
    struct oracle *oracle = *state;
    struct fa_err err;
    struct fa_bootstrap *bootstrap = fa_bootstrap_new(1, 20, &err);
    assert_non_null(bootstrap);
    assert_int_equal(fa_table_rows(oracle->cases), CASES);
    for (size_t i = 0; i < CASES; i++)
        check_case(oracle, i, bootstrap);
    assert_int_equal(oracle->record, fa_table_rows(oracle->records));
    assert_int_equal(oracle->row, fa_table_rows(oracle->expected));
    fa_bootstrap_free(bootstrap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(metrics_equal_those_of_scikit_learn, read_oracle, free_oracle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
