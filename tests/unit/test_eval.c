/* Room eval: metrics against scikit-learn's, counting, tables. */
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

static const char *const class_name[] = {"c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "x0", "x1", "x2"};
enum { NAMES = 12, CLASSES_MAX = 9 };

/* One record with this label (NULL: none) for `head`, predicted as class `predicted`; negative for a reject. */
static void add(struct fa_confusion *confusion, const struct fa_head *head, const char *label, int predicted)
{
    struct fa_err err;
    struct fa_record record = {.id = "x"};
    if (label)
        assert_int_equal(fa_map_set(&record.labels, &record.arena, head->name, fa_value_string(label), &err), 0);
    if (predicted < 0) {
        assert_int_equal(fa_record_set_reject(&record, "no face", &err), 0);
    } else {
        size_t n = head->offset + head->nclasses;
        float *logit = fa_record_payload(&record, n, sizeof *logit, &err);
        assert_non_null(logit);
        for (size_t i = 0; i < n; i++)
            logit[i] = i < head->offset ? 100 : -2;
        logit[head->offset + (size_t)predicted] = -1;
    }
    assert_int_equal(fa_confusion_add(confusion, head, &record, &err), 0);
    fa_record_free(&record);
}

/* ---- metrics ---- */

struct oracle {
    struct fa_table *tables, *expected;
};

static int read_oracle(void **state)
{
    static struct oracle oracle;
    struct fa_err err = {""};
    oracle.tables = fa_table_read("tests/golden/metrics-tables.csv", &err);
    oracle.expected = oracle.tables ? fa_table_read("tests/golden/metrics-expected.csv", &err) : NULL;
    *state = &oracle;
    if (!oracle.expected)
        print_error("%s\n", err.text);
    return oracle.expected ? 0 : -1;
}

static int free_oracle(void **state)
{
    struct oracle *oracle = *state;
    fa_table_free(oracle->tables);
    fa_table_free(oracle->expected);
    return 0;
}

/* The pairs (row, column) of a table's counts, one a record, in a random order. */
static size_t draw_records(const struct fa_table *table, size_t row, uint32_t *pair, size_t capacity, struct fa_rng *rng)
{
    size_t n = 0, columns = strtoul(fa_table_cell(table, row, 2), NULL, 10);
    char *text = (char *)fa_table_cell(table, row, 3);
    for (uint32_t cell = 0; *text; cell++)
        for (unsigned long count = strtoul(text, &text, 10); count; count--) {
            assert_in_range(n, 0, capacity - 1);
            pair[n++] = (uint32_t)(cell / columns << 8 | cell % columns);
        }
    fa_rng_shuffle(rng, pair, n);
    return n;
}

static void assert_near(const char *want, double got, const char *what)
{
    double value = want[0] ? strtod(want, NULL) : (double)NAN;
    if (isnan(value) ? !isnan(got) : !(fabs(got - value) < 1e-9))
        fail_msg("%s: want %s, got %.17g", what, want, got);
}

static struct fa_estimate metric(const struct fa_confusion *confusion, const char *name, size_t row)
{
    if (!strcmp(name, "accuracy"))
        return fa_metric_accuracy(confusion);
    if (!strcmp(name, "balanced_accuracy"))
        return fa_metric_balanced_accuracy(confusion);
    if (!strcmp(name, "majority"))
        return fa_metric_majority(confusion);
    if (!strcmp(name, "recall"))
        return fa_metric_recall(confusion, row);
    if (!strcmp(name, "precision"))
        return fa_metric_precision(confusion, row);
    assert_string_equal(name, "f1");
    return fa_metric_f1(confusion, row);
}

static const char *row_name(size_t row, size_t classes)
{
    return class_name[row < classes ? row : row - classes + CLASSES_MAX];
}

/* From a row of the script's table to ours. */
static bool find_row(const struct fa_confusion *confusion, size_t *row)
{
    const char *name = row_name(*row, confusion->classes);
    for (*row = 0; *row < confusion->label.n; (*row)++)
        if (!strcmp(fa_confusion_label(confusion, *row), name))
            return true;
    return false;
}

/* Checks a case's rows of `expected` from *at on. */
static void check_case(const struct fa_table *expected, const char *name, size_t *at, const struct fa_confusion *confusion)
{
    size_t first = *at;
    for (; *at < fa_table_rows(expected) && !strcmp(fa_table_cell(expected, *at, 0), name); (*at)++) {
        char what[64];
        size_t row = strtoul(fa_table_cell(expected, *at, 2), NULL, 10);
        struct fa_estimate got = {NAN, NAN, NAN};
        /* A label without records is no row: scikit-learn was told of it, we never met it. */
        if (find_row(confusion, &row))
            got = metric(confusion, fa_table_cell(expected, *at, 1), row);
        snprintf(what, sizeof what, "case %s, %s of %zu", name, fa_table_cell(expected, *at, 1), row);
        assert_near(fa_table_cell(expected, *at, 3), got.value, what);
        assert_near(fa_table_cell(expected, *at, 4), got.low, what);
        assert_near(fa_table_cell(expected, *at, 5), got.high, what);
    }
    assert_true(*at > first);
}

static void metrics_equal_those_of_scikit_learn(void **state)
{
    const struct oracle *oracle = *state;
    enum { CAPACITY = 4000 };
    uint32_t pair[CAPACITY];
    size_t at = 0;
    struct fa_err err;
    struct fa_rng rng = fa_rng_make(3, 0);
    assert_int_equal(fa_table_rows(oracle->tables), 50);
    for (size_t i = 0; i < 50; i++) {
        struct fa_head head = {.name = "age", .class = class_name, .offset = i % 3};
        struct fa_confusion confusion;
        head.nclasses = strtoul(fa_table_cell(oracle->tables, i, 2), NULL, 10);
        assert_in_range(head.nclasses, 1, CLASSES_MAX);
        assert_int_equal(fa_confusion_init(&confusion, &head, &err), 0);
        size_t n = draw_records(oracle->tables, i, pair, CAPACITY, &rng);
        for (size_t k = 0; k < n; k++)
            add(&confusion, &head, row_name(pair[k] >> 8, head.nclasses), pair[k] & 255);
        check_case(oracle->expected, fa_table_cell(oracle->tables, i, 0), &at, &confusion);
        fa_confusion_free(&confusion);
    }
    assert_int_equal(at, fa_table_rows(oracle->expected));
}

static void softmax_survives_large_logits_and_argmax_takes_the_first(void **state)
{
    (void)state;
    const float logit[] = {1000, 1001, -1e30f, 1001}, tie[] = {0, 0};
    assert_true(fabs(fa_logits_log_sum(logit, 4) - (1001 + log(2 + exp(-1)))) < 1e-12);
    assert_int_equal(fa_logits_argmax(logit, 4), 1);
    assert_int_equal(fa_logits_argmax(tie, 2), 0);
}

/* ---- counting ---- */

static const char *const bracket[] = {"0-2", "3-9", "more than 70"};
static const struct fa_head age = {.name = "age", .class = bracket, .nclasses = 3, .offset = 2};

static void fill(struct fa_confusion *confusion, bool unseen)
{
    struct fa_err err;
    assert_int_equal(fa_confusion_init(confusion, &age, &err), 0);
    for (int i = 0; i < 12; i++)
        add(confusion, &age, "0-2", i < 10 ? 0 : 1);
    for (int i = 0; i < 5; i++)
        add(confusion, &age, "more than 70", i < 3 ? 0 : 2);
    if (unseen) {
        add(confusion, &age, "=old\n", 2);
        add(confusion, &age, "10-19", 0);
    }
    add(confusion, &age, NULL, 1);
    add(confusion, &age, "", 1);
    add(confusion, &age, "3-9", -1);
    add(confusion, &age, NULL, -1);
}

static void each_record_is_counted_once(void **state)
{
    (void)state;
    struct fa_confusion confusion;
    fill(&confusion, true);
    assert_int_equal(fa_confusion_n(&confusion), 19);
    assert_int_equal(fa_confusion_correct(&confusion), 12);
    assert_int_equal(fa_confusion_unseen(&confusion), 2);
    assert_int_equal(confusion.unlabelled, 2);
    assert_int_equal(confusion.rejected, 2);
    assert_int_equal(confusion.label.n, 5);
    assert_string_equal(fa_confusion_label(&confusion, 3), "10-19");
    assert_string_equal(fa_confusion_label(&confusion, 4), "=old\n");
    assert_int_equal(fa_confusion_support(&confusion, 4), 1);
    assert_int_equal(fa_confusion_predicted(&confusion, 0), 14);
    fa_confusion_free(&confusion);
}

static char *csv_of(const struct fa_confusion *confusion)
{
    char *text;
    size_t n;
    FILE *file = open_memstream(&text, &n);
    assert_non_null(file);
    fa_confusion_write_csv(file, confusion);
    fa_summary_write(file, confusion);
    assert_int_equal(fclose(file), 0);
    return text;
}

static void the_order_of_records_does_not_matter(void **state)
{
    (void)state;
    static const char *const label[] = {"0-2", "3-9", "more than 70", "unknown", "10-19", "more than 5", "a"};
    uint32_t item[200];
    char *first = NULL;
    struct fa_rng rng = fa_rng_make(5, 0);
    struct fa_err err;
    for (uint32_t i = 0; i < 200; i++)
        item[i] = i;
    for (int round = 0; round < 10; round++) {
        struct fa_confusion confusion;
        assert_int_equal(fa_confusion_init(&confusion, &age, &err), 0);
        for (size_t i = 0; i < 200; i++)
            add(&confusion, &age, label[item[i] % 7], item[i] % 11 ? (int)(item[i] / 7 % 3) : -1);
        char *text = csv_of(&confusion);
        if (first)
            assert_string_equal(text, first);
        free(first);
        first = text;
        fa_confusion_free(&confusion);
        fa_rng_shuffle(&rng, item, 200);
    }
    free(first);
}

static void a_class_that_stands_twice_is_refused(void **state)
{
    (void)state;
    static const char *const twice[] = {"a", "b", "a"};
    struct fa_head head = {.name = "h", .class = twice, .nclasses = 3};
    struct fa_confusion confusion;
    struct fa_err err = {""};
    assert_int_equal(fa_confusion_init(&confusion, &head, &err), -1);
    assert_string_equal(err.text, "head h: class \"a\" stands twice");
}

/* ---- tables ---- */

static void assert_written(const struct fa_confusion *confusion, void (*write)(FILE *, const struct fa_confusion *),
                           const char *want)
{
    char *text;
    size_t n;
    FILE *file = open_memstream(&text, &n);
    assert_non_null(file);
    write(file, confusion);
    assert_int_equal(fclose(file), 0);
    assert_string_equal(text, want);
    free(text);
}

static void the_csv_cannot_be_misread(void **state)
{
    (void)state;
    struct fa_confusion confusion;
    fill(&confusion, true);
    assert_written(&confusion, fa_confusion_write_csv,
                   "age,predicted 0-2,predicted 3-9,predicted more than 70,support,recall\n"
                   "true 0-2,10,2,0,12,0.8333333333\n"
                   "true 3-9,0,0,0,0,\n"
                   "true more than 70,3,0,2,5,0.4\n"
                   "true 10-19,1,0,0,1,0\n"
                   "\"true =old\n\",0,0,1,1,0\n"
                   "predicted,14,2,3,19,\n"
                   "precision,0.7142857143,0,0.6666666667,,\n");
    fa_confusion_free(&confusion);
}

static void the_summary_is_tidy(void **state)
{
    (void)state;
    struct fa_confusion confusion;
    fill(&confusion, false);
    assert_written(&confusion, fa_summary_write,
                   "age,n,17,,\n"
                   "age,rejected,2,,\n"
                   "age,unlabelled,2,,\n"
                   "age,unseen,0,,\n"
                   "age,accuracy,0.7058823529,0.4686688993,0.8672001039\n"
                   "age,balanced_accuracy,0.6166666667,,\n"
                   "age,majority,0.7058823529,,\n"
                   "age,recall 0-2,0.8333333333,0.5519691377,0.9530348578\n"
                   "age,precision 0-2,0.7692307692,0.4974362405,0.9182047128\n"
                   "age,f1 0-2,0.8,,\n"
                   "age,recall 3-9,,,\n"
                   "age,precision 3-9,0,0,0.6576197725\n"
                   "age,f1 3-9,0,,\n"
                   "age,recall more than 70,0.4,0.1176207742,0.7692757187\n"
                   "age,precision more than 70,1,0.3423802275,1\n"
                   "age,f1 more than 70,0.5714285714,,\n");
    fa_confusion_free(&confusion);
}

static void the_text_is_aligned(void **state)
{
    (void)state;
    struct fa_confusion confusion;
    fill(&confusion, true);
    assert_written(&confusion, fa_confusion_write_text,
                   "age: rows are the true class, columns the predicted one\n"
                   "\n"
                   "                            more\n"
                   "                            than\n"
                   "               0-2    3-9     70   support  recall %\n"
                   "0-2            [10]     2      .        12      83.3\n"
                   "3-9              .     [0]     .         0         -\n"
                   "more than 70     3      .     [2]        5      40.0\n"
                   "10-19 *          1      .      .         1       0.0\n"
                   "=old? *          .      .      1         1       0.0\n"
                   "predicted       14      2      3        19\n"
                   "precision %   71.4    0.0   66.7\n"
                   "\n"
                   "accuracy 63.2 % (95 % interval 41.0 to 80.9), balanced 30.8 %, majority baseline 63.2 %\n"
                   "19 measured, 2 rejected, 2 unlabelled\n"
                   "* no class of the model: 2 measured, all counted as mistakes\n");
    fa_confusion_free(&confusion);
}

static void an_empty_table_has_no_rates(void **state)
{
    (void)state;
    static const char *const one[] = {"Southeast Asian_and\xc3\xa9"};
    struct fa_head head = {.name = "race", .class = one, .nclasses = 1};
    struct fa_confusion confusion;
    struct fa_err err;
    assert_int_equal(fa_confusion_init(&confusion, &head, &err), 0);
    assert_written(&confusion, fa_confusion_write_text,
                   "race: rows are the true class, columns the predicted one\n"
                   "\n"
                   "                     Southeast\n"
                   "                        Asian_\n"
                   "                          and\xc3\xa9   support  recall %\n"
                   "Southeast Asian_and\xc3\xa9        [0]        0         -\n"
                   "predicted                    0         0\n"
                   "precision %                  -\n"
                   "\n"
                   "0 measured, 0 rejected, 0 unlabelled\n");
    fa_confusion_free(&confusion);
}

/* ---- copies ---- */

static void put_copy(struct fa_copies *copies, struct fa_record *record, const char *id, float first, float second)
{
    struct fa_err err;
    fa_record_clear(record);
    record->id = fa_arena_strdup(&record->arena, id, &err);
    float *logit = fa_record_payload(record, 2, sizeof *logit, &err);
    assert_non_null(logit);
    logit[0] = first;
    logit[1] = second;
    fa_copies_next(copies, record);
}

/* A class that every copy holds for impossible still has a finite logit; the next group starts from nothing. */
static void copies_are_averaged(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_head head = {.name = "h", .class = class_name, .nclasses = 2};
    struct fa_copies *copies = fa_copies_new(&head, 1, &err);
    struct fa_record record = {0};
    assert_non_null(copies);
    put_copy(copies, &record, "a", 0, -2000);
    assert_null(record.id);
    put_copy(copies, &record, "a~1", 3000, 0);
    assert_null(record.id);
    put_copy(copies, &record, "b", 0, 0);
    assert_string_equal(record.id, "a");
    const float *logit = record.data;
    assert_true(logit[0] == 0 && isfinite(logit[1]) && logit[1] < -700);
    put_copy(copies, &record, "b~1", logf(3), 0);
    assert_null(record.id);
    fa_record_clear(&record);
    fa_copies_next(copies, &record);
    assert_string_equal(record.id, "b");
    logit = record.data;
    assert_true(fabsf(logit[0] - logf(0.625f)) < 1e-6f && fabsf(logit[1] - logf(0.375f)) < 1e-6f);
    fa_record_clear(&record);
    fa_copies_next(copies, &record);
    assert_null(record.id);
    fa_copies_free(copies);
    fa_record_free(&record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(metrics_equal_those_of_scikit_learn, read_oracle, free_oracle),
        cmocka_unit_test(softmax_survives_large_logits_and_argmax_takes_the_first),
        cmocka_unit_test(each_record_is_counted_once),
        cmocka_unit_test(the_order_of_records_does_not_matter),
        cmocka_unit_test(a_class_that_stands_twice_is_refused),
        cmocka_unit_test(the_csv_cannot_be_misread),
        cmocka_unit_test(the_summary_is_tidy),
        cmocka_unit_test(the_text_is_aligned),
        cmocka_unit_test(an_empty_table_has_no_rates),
        cmocka_unit_test(copies_are_averaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
