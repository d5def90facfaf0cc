/* Room export: numbers and strings as JSON, conditions, npy. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fa/export.h"
#include "fa/rng.h"

static char *text;
static size_t length;

static FILE *begin(void)
{
    FILE *file = open_memstream(&text, &length);
    assert_non_null(file);
    return file;
}

static void expect(FILE *file, const char *want)
{
    assert_int_equal(fclose(file), 0);
    assert_string_equal(text, want);
    free(text);
}

static void numbers_are_the_shortest_that_read_back(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *want;
    } number[] = {
        {0, "0"}, {-1, "-1"}, {0.1, "0.1"}, {(double)0.1f, "0.1"}, {(double)16777215.0f, "16777215"}, {1e300, "1e+300"},
        {1.0 / 3, "0.3333333333333333"}, {(double)(1.0f / 3), "0.33333334"}, {NAN, "null"}, {-INFINITY, "null"},
    };
    for (size_t i = 0; i < sizeof number / sizeof *number; i++) {
        FILE *file = begin();
        fa_json_write_number(file, number[i].value);
        expect(file, number[i].want);
    }
}

static void every_float_reads_back(void **state)
{
    (void)state;
    struct fa_rng rng = fa_rng_make(9, 0);
    for (int i = 0; i < 20000; i++) {
        uint32_t bits = fa_rng_u32(&rng);
        float value;
        memcpy(&value, &bits, 4);
        if (!isfinite(value))
            continue;
        FILE *file = begin();
        fa_json_write_number(file, (double)value);
        fclose(file);
        float got = strtof(text, NULL);
        assert_memory_equal(&got, &value, 4);
        free(text);
    }
}

static void strings_are_escaped(void **state)
{
    (void)state;
    FILE *file = begin();
    fa_json_write_string(file, "a\"b\\c\n\x1b\x7f\xc3\xa9/");
    expect(file, "\"a\\\"b\\\\c\\u000a\\u001b\\u007f\xc3\xa9/\"");
}

static void values_of_all_types_are_written(void **state)
{
    (void)state;
    struct fa_value one[] = {fa_value_int(-3), fa_value_real(0.5), {.type = FA_NIL}, {.type = FA_BOOL, .boolean = true}};
    struct fa_value list = {.type = FA_ARRAY, .array = {one, 4}}, empty = {.type = FA_ARRAY};
    struct fa_pair pair[] = {{"list", list}, {"none", empty}, {"s", fa_value_string("x")}};
    struct fa_value map = {.type = FA_MAP, .map = {pair, 3, 3}};
    FILE *file = begin();
    fa_json_write_value(file, &map, 0);
    expect(file, "{\"list\":[-3,0.5,null,true],\"none\":[],\"s\":\"x\"}");
    file = begin();
    fa_json_write_value(file, &map, 2);
    expect(file, "{\n    \"list\": [-3, 0.5, null, true],\n    \"none\": [],\n    \"s\": \"x\"\n  }");
}

static void conditions_choose_records(void **state)
{
    (void)state;
    static const struct {
        const char *condition;
        bool holds;
    } which[] = {
        {"race=Black", true},      {"race=black", false},      {"race!=White", true},  {"race=B*", true},
        {"id=train/1.jpg", true},  {"id=*.jpg", true},         {"id=1.jpg", false},    {"id!=train/*", false},
        {"age=", true},            {"age!=", false},           {"reject=", true},      {"crop=centre", true},
        {"race=", false},          {"race!=[A-C]*", false},    {"rac=Black", false},   {"note=a=b!=c", true},
        {"score>0.5", true},       {"score>1", false},         {"score>=1", true},     {"score<=1", true},
        {"score<1", false},        {"score<1e3", true},        {"years>30", true},     {"years<30", false},
        {"race<1", false},         {"race>1", false},          {"none<1", false},      {"none>=0", false},
        {"flip=true", true},       {"flip!=true", false},      {"score=1", false},     {"id<1", false},
    };
    const struct fa_value yes = {.type = FA_BOOL, .boolean = true};
    struct fa_pair label[] = {{"race", fa_value_string("Black")}, {"note", fa_value_string("a=b!=c")}, {"years", fa_value_string("31.5")}};
    struct fa_pair about[] = {{"score", fa_value_real(1)}, {"crop", fa_value_string("centre")}, {"flip", yes}};
    struct fa_record record = {.id = "train/1.jpg", .labels = {label, 3, 3}, .about = {about, 3, 3}};
    struct fa_condition condition;
    struct fa_err err;
    for (size_t i = 0; i < sizeof which / sizeof *which; i++) {
        assert_int_equal(fa_condition_parse(&condition, which[i].condition, &err), 0);
        if (fa_condition_holds(&condition, &record) != which[i].holds)
            fail_msg("%s", which[i].condition);
    }
    static const char *const wrong[] = {"", "=x", "!=x", "<1", "size>", "size<big", "size>1x", "size>=nan", "race"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(fa_condition_parse(&condition, wrong[i], &err), -1);
    assert_string_equal(err.text, "'race' is no condition, want KEY=PATTERN, KEY!=PATTERN, KEY<NUMBER or KEY>NUMBER");
    assert_int_equal(fa_condition_parse(&condition, "size>big", &err), -1);
    assert_string_equal(err.text, "'size>big' compares with 'big', want a number");
}

static void npy_is_told_by_its_bytes(void **state)
{
    (void)state;
    struct fa_header header = {.kind = FA_EMBEDDING, .dtype = FA_F32, .rank = 1, .dim = {2}};
    const struct fa_export_format *npy = fa_export_find("npy");
    struct fa_export export = {.file = tmpfile(), .table = begin(), .header = &header};
    struct fa_record record = {.id = "a"};
    float number[] = {1, -2};
    struct fa_err err;
    char bytes[512] = "";
    assert_non_null(export.file);
    assert_int_equal(npy->begin(&export, &err), 0);
    record.data = number;
    assert_int_equal(npy->put(&export, &record, &err), 0);
    record.id = "b";
    assert_int_equal(fa_map_set(&record.labels, &record.arena, "age", fa_value_string("0-2"), &err), 0);
    assert_int_equal(fa_record_set_reject(&record, "no face", &err), 0);
    assert_int_equal(npy->put(&export, &record, &err), 0);
    assert_int_equal(npy->end(&export, &err), 0);
    fa_export_close(&export);
    rewind(export.file);
    assert_int_equal(fread(bytes, 1, sizeof bytes, export.file), 128 + 16);
    fclose(export.file);
    assert_memory_equal(bytes, "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), } ", 70);
    assert_int_equal(bytes[127], '\n');
    assert_memory_equal(bytes + 128, "\0\0\x80\x3f\0\0\0\xc0\0\0\xc0\x7f\0\0\xc0\x7f", 16);
    expect(export.table, "id,reject,age\na,,\nb,no face,0-2\n");
    fa_record_free(&record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_the_shortest_that_read_back),
        cmocka_unit_test(every_float_reads_back),
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(values_of_all_types_are_written),
        cmocka_unit_test(conditions_choose_records),
        cmocka_unit_test(npy_is_told_by_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
