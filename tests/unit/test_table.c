/* Room table: reading CSV with all it may have wrong, writing cells, natural order, vocabularies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fa/rng.h"
#include "fa/table.h"

static char path[] = "/tmp/fa-test-table-XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static struct fa_table *read_bytes(const char *text, size_t n, struct fa_err *err)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
    return fa_table_read(path, err);
}

static struct fa_table *read_text(const char *text)
{
    struct fa_err err = {""};
    struct fa_table *table = read_bytes(text, strlen(text), &err);
    if (!table)
        fail_msg("%s", err.text);
    return table;
}

/* want follows the path and ": ". */
static void assert_refused(const char *text, size_t n, const char *want)
{
    struct fa_err err = {""};
    assert_null(read_bytes(text, n, &err));
    assert_memory_equal(err.text, path, strlen(path));
    assert_string_equal(err.text + strlen(path), want);
}

static void cells_come_by_name_and_line(void **state)
{
    (void)state;
    struct fa_err err;
    size_t column;
    struct fa_table *table = read_text("file,age\r\na.jpg,3-9\r\n\r\n,\r\n\"b, \"\"c\"\".jpg\",\"two\r\nlines\"\r\nd,e");
    assert_int_equal(fa_table_rows(table), 3);
    assert_int_equal(fa_table_columns(table), 2);
    assert_string_equal(fa_table_name(table, 1), "age");
    assert_string_equal(fa_table_cell(table, 0, 1), "3-9");
    assert_string_equal(fa_table_cell(table, 1, 0), "b, \"c\".jpg");
    assert_string_equal(fa_table_cell(table, 1, 1), "two\r\nlines");
    assert_string_equal(fa_table_cell(table, 2, 1), "e");
    assert_int_equal(fa_table_line(table, 0), 2);
    assert_int_equal(fa_table_line(table, 1), 5);
    assert_int_equal(fa_table_line(table, 2), 7);
    assert_int_equal(fa_table_find(table, "age", &column, &err), 0);
    assert_int_equal(column, 1);
    assert_int_equal(fa_table_find(table, "race", &column, &err), -1);
    assert_string_equal(err.text + strlen(path), ": no column \"race\" (there are: file, age)");
    fa_table_free(table);
}

static void byte_order_mark_goes_and_blanks_stay(void **state)
{
    (void)state;
    struct fa_table *table = read_text("\xef\xbb\xbf\"file\",age\n a b ,\t\n");
    assert_string_equal(fa_table_name(table, 0), "file");
    assert_string_equal(fa_table_cell(table, 0, 0), " a b ");
    assert_string_equal(fa_table_cell(table, 0, 1), "\t");
    fa_table_free(table);
}

static void delimiters_are_told_by_the_header(void **state)
{
    (void)state;
    static const char *const text[] = {"a;\"b,,,\"\nx,y;2\n", "a\t\"b,,,\"\nx,y\t2\n", "a,\"b;;;\"\n\"x,y\",2\n",
                                       "\n\na;\"b,,,\"\rx,y;2\r"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        struct fa_table *table = read_text(text[i]);
        assert_int_equal(fa_table_columns(table), 2);
        assert_string_equal(fa_table_cell(table, 0, 0), "x,y");
        assert_string_equal(fa_table_cell(table, 0, 1), "2");
        fa_table_free(table);
    }
}

static void a_header_alone_is_a_table_without_rows(void **state)
{
    (void)state;
    struct fa_table *table = read_text("file,age");
    assert_int_equal(fa_table_rows(table), 0);
    fa_table_free(table);
}

static void faults_are_told_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } fault[] = {
        {"", ": no header row"},
        {"\n\n,,\n", ": no header row"},
        {"a,b\n1,2\n3\n", ": line 3: 1 cell, want 2 as in the header"},
        {"a,b\n1,\"2\n2\"\n3,4,5\n", ": line 4: 3 cells, want 2 as in the header"},
        {"a,b,a\n1,2,3\n", ": line 1: column name \"a\" stands twice"},
        {"a,b\n1,2\n3 1/2\" x,4\n5,6\n", ": line 3: stray quote"},
        {"a,b\n1,\"2\"x\n", ": line 2: stray quote"},
        {"a,b\n1,2\n3,\"4\n5,6\n7,8\n", ": line 3: quote is never closed"},
    };
    for (size_t i = 0; i < sizeof fault / sizeof *fault; i++)
        assert_refused(fault[i].text, strlen(fault[i].text), fault[i].want);
    assert_refused("a,b\n1,\0\n", 8, ": line 2: NUL byte (if this is UTF-16, save it as UTF-8)");
}

static void a_file_that_is_not_there_is_named(void **state)
{
    (void)state;
    struct fa_err err;
    assert_null(fa_table_read("no/such.csv", &err));
    assert_string_equal(err.text, "no/such.csv: cannot open: No such file or directory");
    assert_null(fa_table_read("/", &err));
    assert_string_equal(err.text, "/: cannot read: Is a directory");
}

static void written_cells_come_back_or_are_defused(void **state)
{
    (void)state;
    static const char *const cell[][2] = {
        {"plain", "plain"},       {"with, comma", "\"with, comma\""}, {"say \"so\"", "\"say \"\"so\"\"\""},
        {"two\nlines", "\"two\nlines\""}, {"a;b", "\"a;b\""},         {"", ""},
        {"=1+1", "'=1+1"},        {"@SUM(A1)", "'@SUM(A1)"},          {"-2", "'-2"},
        {"+a,b", "\"'+a,b\""},    {"\t=1", "\"'\t=1\""},              {"a=b", "a=b"},
    };
    for (size_t i = 0; i < sizeof cell / sizeof *cell; i++) {
        char out[64] = "";
        FILE *file = fmemopen(out, sizeof out, "w");
        assert_non_null(file);
        fa_table_put(file, cell[i][0]);
        fclose(file);
        assert_string_equal(out, cell[i][1]);
    }
}

/* Up to 11 characters of those that mean something in CSV; none that begins a formula. */
static void random_text(char *text, struct fa_rng *rng)
{
    static const char some[] = {',', ';', '"', '\n', '\r', '\t', ' ', 'a', 'b', '\''};
    size_t n = fa_rng_below(rng, 12);
    for (size_t i = 0; i < n; i++)
        text[i] = some[fa_rng_below(rng, sizeof some)];
    text[n] = '\0';
    if (text[0] == '\t' || text[0] == '\r')
        text[0] = 'x';
}

static void whatever_is_written_reads_back(void **state)
{
    (void)state;
    enum { ROWS = 40, COLUMNS = 5 };
    static char cell[ROWS][COLUMNS][16];
    struct fa_rng rng = fa_rng_make(11, 0);
    for (int round = 0; round < 50; round++) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        fputs("a,b,c,d,e\n", file);
        for (size_t i = 0; i < ROWS; i++)
            for (size_t k = 0; k < COLUMNS; k++) {
                random_text(cell[i][k], &rng);
                if (k == 0)
                    snprintf(cell[i][k], sizeof cell[i][k], "row %zu", i); /* rows of empty cells are left out */
                fa_table_put(file, cell[i][k]);
                putc(k + 1 < COLUMNS ? ',' : '\n', file);
            }
        assert_int_equal(fclose(file), 0);
        struct fa_err err = {""};
        struct fa_table *table = fa_table_read(path, &err);
        if (!table)
            fail_msg("%s", err.text);
        assert_int_equal(fa_table_rows(table), ROWS);
        for (size_t i = 0; i < ROWS; i++)
            for (size_t k = 0; k < COLUMNS; k++)
                assert_string_equal(fa_table_cell(table, i, k), cell[i][k]);
        fa_table_free(table);
    }
}

static void any_bytes_are_a_table_or_an_error(void **state)
{
    (void)state;
    static const char some[] = {',', ';', '"', '\n', '\r', '\t', ' ', 'a', '\0', '\xef', '\xbb', '\xbf'};
    struct fa_rng rng = fa_rng_make(12, 0);
    unsigned tables = 0;
    for (int round = 0; round < 3000; round++) {
        char bytes[40];
        size_t n = fa_rng_below(&rng, sizeof bytes);
        for (size_t i = 0; i < n; i++)
            bytes[i] = some[fa_rng_below(&rng, sizeof some - (round % 2 ? 4 : 0))];
        struct fa_err err = {""};
        struct fa_table *table = read_bytes(bytes, n, &err);
        assert_true(table != NULL || err.text[0]);
        for (size_t i = 0; table && i < fa_table_rows(table); i++)
            for (size_t k = 0; k < fa_table_columns(table); k++)
                assert_non_null(fa_table_cell(table, i, k));
        tables += table != NULL;
        fa_table_free(table);
    }
    assert_in_range(tables, 100, 2900);
}

static const char *const ordered[] = {"-1", "0-2", "1.25", "1.5", "3-9", "10-19", "60-69", "70", "70-79", "more than 70",
                                      "71", "100", "", "Asian", "Zulu", "asian", "more than", "more than many", "\xc3\xa9"};
enum { NORDERED = sizeof ordered / sizeof *ordered };

static void labels_have_a_total_natural_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < NORDERED; i++)
        for (size_t j = 0; j < NORDERED; j++) {
            int c = fa_label_compare(ordered[i], ordered[j]);
            assert_int_equal((c > 0) - (c < 0), (i > j) - (i < j));
        }
}

static void a_vocabulary_keeps_each_name_once(void **state)
{
    (void)state;
    struct fa_vocabulary vocabulary = {0};
    struct fa_err err;
    size_t index;
    assert_false(fa_vocabulary_find(&vocabulary, "a", &index));
    fa_vocabulary_sort(&vocabulary);
    for (size_t i = 0; i < 5 * NORDERED; i++)
        assert_int_equal(fa_vocabulary_add(&vocabulary, ordered[i * 7 % NORDERED], &err), 0);
    assert_int_equal(vocabulary.n, NORDERED);
    assert_string_equal(vocabulary.name[1], ordered[7]);
    fa_vocabulary_sort(&vocabulary);
    for (size_t i = 0; i < NORDERED; i++) {
        assert_string_equal(vocabulary.name[i], ordered[i]);
        assert_true(fa_vocabulary_find(&vocabulary, ordered[i], &index));
        assert_int_equal(index, i);
    }
    assert_false(fa_vocabulary_find(&vocabulary, "3-8", &index));
    fa_vocabulary_free(&vocabulary);
}

static void a_vocabulary_grows(void **state)
{
    (void)state;
    struct fa_vocabulary vocabulary = {0};
    struct fa_err err;
    char name[32];
    size_t index;
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "id %u", i);
        assert_int_equal(fa_vocabulary_add(&vocabulary, name, &err), 0);
    }
    assert_int_equal(vocabulary.n, 10000);
    assert_true(fa_vocabulary_find(&vocabulary, "id 4321", &index));
    assert_int_equal(index, 4321);
    fa_vocabulary_free(&vocabulary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_come_by_name_and_line),
        cmocka_unit_test(byte_order_mark_goes_and_blanks_stay),
        cmocka_unit_test(delimiters_are_told_by_the_header),
        cmocka_unit_test(a_header_alone_is_a_table_without_rows),
        cmocka_unit_test(faults_are_told_with_their_line),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
        cmocka_unit_test(written_cells_come_back_or_are_defused),
        cmocka_unit_test(whatever_is_written_reads_back),
        cmocka_unit_test(any_bytes_are_a_table_or_an_error),
        cmocka_unit_test(labels_have_a_total_natural_order),
        cmocka_unit_test(a_vocabulary_keeps_each_name_once),
        cmocka_unit_test(a_vocabulary_grows),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
