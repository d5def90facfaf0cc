/* Room eval: logits, counting, tables. */
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

static const char *const class_name[] = {"c0", "c1"};

/* ---- logits ---- */

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

/* An evaluation of one head, and what belongs to it. */
struct given {
    const struct fa_head *head;
    struct fa_merge *merge;
    struct fa_evaluation evaluation;
    struct fa_bootstrap *bootstrap;
    struct fa_scores scores;
    size_t n;
};

static void begin(struct given *given, const struct fa_head *head)
{
    struct fa_err err;
    *given = (struct given){.head = head};
    given->merge = fa_merge_new(head, 1, NULL, 0, &err);
    given->bootstrap = fa_bootstrap_new(1, 0, &err);
    assert_non_null(given->merge);
    assert_non_null(given->bootstrap);
    assert_int_equal(fa_evaluation_init(&given->evaluation, given->merge, NULL, NULL, &err), 0);
}

static void end(struct given *given)
{
    fa_scores_free(&given->scores, &given->evaluation);
    fa_bootstrap_free(given->bootstrap);
    fa_evaluation_free(&given->evaluation);
    fa_merge_free(given->merge);
}

static const struct fa_estimate *score(struct given *given)
{
    struct fa_err err;
    fa_scores_free(&given->scores, &given->evaluation);
    assert_int_equal(fa_scores_make(&given->scores, &given->evaluation, given->bootstrap, &err), 0);
    return given->scores.head[0];
}

/* One record with this label (NULL: none), predicted as class `predicted` with a logit more by one; negative for a reject. */
static void add(struct given *given, const char *label, int predicted)
{
    struct fa_err err;
    struct fa_record record = {0};
    size_t n = given->head->offset + given->head->nclasses;
    record.id = fa_arena_printf(&record.arena, &err, "%zu", given->n++);
    if (label)
        assert_int_equal(fa_map_set(&record.labels, &record.arena, given->head->name, fa_value_string(label), &err), 0);
    if (predicted < 0) {
        assert_int_equal(fa_record_set_reject(&record, "no face", &err), 0);
    } else {
        float *logit = fa_record_payload(&record, n, sizeof *logit, &err);
        assert_non_null(logit);
        for (size_t i = 0; i < n; i++)
            logit[i] = i < given->head->offset ? 100 : -2;
        logit[given->head->offset + (size_t)predicted] = -1;
    }
    assert_int_equal(fa_evaluation_add(&given->evaluation, &record, &err), 0);
    fa_record_free(&record);
}

static void fill(struct given *given, bool unseen)
{
    begin(given, &age);
    for (int i = 0; i < 12; i++)
        add(given, "0-2", i < 10 ? 0 : 1);
    for (int i = 0; i < 5; i++)
        add(given, "more than 70", i < 3 ? 0 : 2);
    if (unseen) {
        add(given, "=old\n", 2);
        add(given, "10-19", 0);
    }
    add(given, NULL, 1);
    add(given, "", 1);
    add(given, "3-9", -1);
    add(given, NULL, -1);
}

static void each_record_is_counted_once(void **state)
{
    (void)state;
    struct given given;
    fill(&given, true);
    const struct fa_confusion *confusion = &given.evaluation.everyone.sums[0].confusion;
    assert_int_equal(fa_confusion_n(confusion), 19);
    assert_int_equal(fa_confusion_correct(confusion), 12);
    assert_int_equal(fa_confusion_unseen(confusion), 2);
    assert_int_equal(confusion->unlabelled, 2);
    assert_int_equal(confusion->rejected, 2);
    assert_int_equal(confusion->label.n, 5);
    assert_string_equal(fa_confusion_label(confusion, 3), "10-19");
    assert_string_equal(fa_confusion_label(confusion, 4), "=old\n");
    assert_int_equal(fa_confusion_support(confusion, 4), 1);
    assert_int_equal(fa_confusion_predicted(confusion, 0), 14);
    end(&given);
}

static char *text_of(struct given *given, void (*write)(struct given *, FILE *))
{
    char *text;
    size_t n;
    FILE *file = open_memstream(&text, &n);
    assert_non_null(file);
    write(given, file);
    assert_int_equal(fclose(file), 0);
    return text;
}

static void write_counts(struct given *given, FILE *file)
{
    fa_counts_write(file, &given->evaluation);
}

static void write_csv(struct given *given, FILE *file)
{
    struct fa_sheet sheet = {.file = file, .delimiter = ',', .decimal = '.'};
    fa_confusion_write_csv(&sheet, &given->evaluation.everyone.sums[0].confusion, FA_RATES_NONE);
}

static void write_semicolons(struct given *given, FILE *file)
{
    struct fa_sheet sheet = {.file = file, .delimiter = ';', .decimal = ',', .bom = true};
    fa_confusion_write_csv(&sheet, &given->evaluation.everyone.sums[0].confusion, FA_RATES_COLUMN);
}

static void write_summary(struct given *given, FILE *file)
{
    struct fa_sheet sheet = {.file = file, .delimiter = ',', .decimal = '.'};
    score(given);
    fa_summary_write(&sheet, &given->evaluation, &given->scores);
}

static void write_text(struct given *given, FILE *file)
{
    const struct fa_estimate *estimate = score(given);
    fa_confusion_write_text(file, &given->evaluation.everyone.sums[0], estimate);
}

static void the_order_of_records_does_not_matter(void **state)
{
    (void)state;
    static const char *const label[] = {"0-2", "3-9", "more than 70", "unknown", "10-19", "more than 5", "a"};
    uint32_t item[200];
    char *first = NULL;
    struct fa_rng rng = fa_rng_make(5, 0);
    for (uint32_t i = 0; i < 200; i++)
        item[i] = i;
    for (int round = 0; round < 10; round++) {
        struct given given;
        begin(&given, &age);
        for (size_t i = 0; i < 200; i++) {
            given.n = item[i];
            add(&given, label[item[i] % 7], item[i] % 11 ? (int)(item[i] / 7 % 3) : -1);
        }
        char *text = text_of(&given, write_counts);
        if (first)
            assert_string_equal(text, first);
        free(first);
        first = text;
        end(&given);
        fa_rng_shuffle(&rng, item, 200);
    }
    free(first);
}

static void a_class_that_stands_twice_is_refused(void **state)
{
    (void)state;
    static const char *const twice[] = {"a", "b", "a"};
    struct fa_head head = {.name = "h", .class = twice, .nclasses = 3};
    struct fa_err err = {""};
    assert_null(fa_merge_new(&head, 1, NULL, 0, &err));
    assert_string_equal(err.text, "head h: class \"a\" stands twice");
}

static void scales_are_told_from_codes(void **state)
{
    (void)state;
    static const char *const names[][3] = {
        {"0-2", "3-9", "more than 70"}, {"0", "1", "2"},       {"Black", "Indian", "White"}, {"10-19", "0-9", "20-29"},
        {"0 - 9", "10 - 19", "20+"},    {"1", "2", "more than 2"},
    };
    static const bool ordered[] = {true, false, false, false, true, true};
    for (size_t i = 0; i < 6; i++) {
        struct fa_head head = {.name = "h", .class = names[i], .nclasses = 3};
        assert_int_equal(fa_head_ordered(&head), ordered[i]);
    }
}

/* ---- tables ---- */

static void assert_written(struct given *given, void (*write)(struct given *, FILE *), const char *want)
{
    char *text = text_of(given, write);
    assert_string_equal(text, want);
    free(text);
}

static void the_csv_cannot_be_misread(void **state)
{
    (void)state;
    struct given given;
    fill(&given, true);
    assert_written(&given, write_csv,
                   "age,predicted 0-2,predicted 3-9,predicted more than 70,support,recall,recall low,recall high,predicted,"
                   "precision,precision low,precision high,F1,F1 low,F1 high\n"
                   "true 0-2,10,2,0,12,0.8333333333,0.5519691377,0.9530348578,14,0.7142857143,0.4535091567,0.8827862136,"
                   "0.7692307692,0.5574257145,0.898185555\n"
                   "true 3-9,0,0,0,0,,,,2,0,0,0.6576197725,0,0,0.7934506856\n"
                   "true more than 70,3,0,2,5,0.4,0.1176207742,0.7692757187,3,0.6666666667,0.2076596008,0.9385080553,0.5,"
                   "0.1764659621,0.8235340379\n"
                   "true 10-19,1,0,0,1,0,0,0.7934506856,,,,,0,0,0.8848313388\n"
                   "\"true =old\n"
                   "\",0,0,1,1,0,0,0.7934506856,,,,,0,0,0.8848313388\n"
                   "predicted,14,2,3,19,,,,,,,,,,\n"
                   "precision,0.7142857143,0,0.6666666667,,,,,,,,,,,\n");
    end(&given);
}

static void delimiter_decimal_and_mark_are_chosen(void **state)
{
    (void)state;
    struct given given;
    fill(&given, false);
    assert_written(&given, write_semicolons,
                   "\xef\xbb\xbf" "age;predicted 0-2;predicted 3-9;predicted more than 70;support;recall;recall low;recall high;"
                   "predicted;precision;precision low;precision high;F1;F1 low;F1 high;\"share of column, predicted 0-2\";"
                   "\"share of column, predicted 3-9\";\"share of column, predicted more than 70\"\n"
                   "true 0-2;10;2;0;12;0,8333333333;0,5519691377;0,9530348578;13;0,7692307692;0,4974362405;0,9182047128;0,8;0,"
                   "5887023281;0,917887552;0,7692307692;1;0\n"
                   "true 3-9;0;0;0;0;;;;2;0;0;0,6576197725;0;0;0,7934506856;0;0;0\n"
                   "true more than 70;3;0;2;5;0,4;0,1176207742;0,7692757187;2;1;0,3423802275;1;0,5714285714;0,2104842303;0,"
                   "8695939368;0,2307692308;0;1\n"
                   "predicted;13;2;2;17;;;;;;;;;;;;;\n"
                   "precision;0,7692307692;0;1;;;;;;;;;;;;;;\n");
    end(&given);
}

static void the_summary_is_tidy(void **state)
{
    (void)state;
    struct given given;
    fill(&given, false);
    assert_written(&given, write_summary,
                   "head,metric,value,low,high\n"
                   "age,n,17,,\n"
                   "age,rejected,2,,\n"
                   "age,unlabelled,2,,\n"
                   "age,unseen,0,,\n"
                   "age,accuracy,0.7058823529,0.4686688993,0.8672001039\n"
                   "age,balanced_accuracy,0.6166666667,,\n"
                   "age,macro_f1,0.4571428571,,\n"
                   "age,weighted_f1,0.7327731092,,\n"
                   "age,kappa,0.3089430894,,\n"
                   "age,mcc,0.3277811407,,\n"
                   "age,top2_accuracy,0.8235294118,0.5897054143,0.9380887336\n"
                   "age,within_one,0.8235294118,0.5897054143,0.9380887336\n"
                   "age,mean_absolute_offset,0.4705882353,,\n"
                   "age,mean_signed_offset,-0.2352941176,,\n"
                   "age,quadratic_kappa,0.3897435897,,\n"
                   "age,nll,0.845562361,,\n"
                   "age,brier,0.4837361237,,\n"
                   "age,ece,0.1297654682,,\n"
                   "age,majority,0.7058823529,,\n"
                   "age,prior_nll,0.6057974994,,\n"
                   "age,prior_brier,0.4152249135,,\n"
                   "age,recall 0-2,0.8333333333,0.5519691377,0.9530348578\n"
                   "age,precision 0-2,0.7692307692,0.4974362405,0.9182047128\n"
                   "age,f1 0-2,0.8,0.5887023281,0.917887552\n"
                   "age,recall 3-9,,,\n"
                   "age,precision 3-9,0,0,0.6576197725\n"
                   "age,f1 3-9,0,0,0.7934506856\n"
                   "age,recall more than 70,0.4,0.1176207742,0.7692757187\n"
                   "age,precision more than 70,1,0.3423802275,1\n"
                   "age,f1 more than 70,0.5714285714,0.2104842303,0.8695939368\n"
                   "all heads,sum_of_accuracies,0.7058823529,,\n"
                   "all heads,binary_accuracy,0.8039215686,,\n"
                   "all heads,binary_accuracy_of_no,0.6666666667,,\n");
    end(&given);
}

static void the_text_is_aligned(void **state)
{
    (void)state;
    struct given given;
    fill(&given, true);
    assert_written(&given, write_text,
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
                   "top-2 73.7 %, macro F1 0.254, kappa 0.253, MCC 0.265\n"
                   "within one class 73.7 %, off by 0.47 classes (-0.24 upwards), quadratic kappa 0.390\n"
                   "NLL 0.846 (of the label frequencies 0.606), Brier 0.484 (0.415), ECE 0.055\n"
                   "19 measured, 2 rejected, 2 unlabelled\n"
                   "* no class of the model: 2 measured, all counted as mistakes\n");
    end(&given);
}

static void an_empty_table_has_no_rates(void **state)
{
    (void)state;
    static const char *const one[] = {"Southeast Asian_and\xc3\xa9"};
    struct fa_head head = {.name = "race", .class = one, .nclasses = 1};
    struct given given;
    begin(&given, &head);
    assert_written(&given, write_text,
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
    end(&given);
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
        cmocka_unit_test(softmax_survives_large_logits_and_argmax_takes_the_first),
        cmocka_unit_test(each_record_is_counted_once),
        cmocka_unit_test(the_order_of_records_does_not_matter),
        cmocka_unit_test(a_class_that_stands_twice_is_refused),
        cmocka_unit_test(scales_are_told_from_codes),
        cmocka_unit_test(the_csv_cannot_be_misread),
        cmocka_unit_test(delimiter_decimal_and_mark_are_chosen),
        cmocka_unit_test(the_summary_is_tidy),
        cmocka_unit_test(the_text_is_aligned),
        cmocka_unit_test(an_empty_table_has_no_rates),
        cmocka_unit_test(copies_are_averaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
