/* Room check: labels that became dates, spellings, crossings, and what is said of files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fa/check.h"

static char folder[] = "/tmp/fa-test-check-XXXXXX";

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) && !chdir(folder) ? 0 : -1;
}

static int leave_folder(void **state)
{
    (void)state;
    return chdir("/") || rmdir(folder) ? -1 : 0;
}

static struct fa_vocabulary words(const char *const *word, size_t n)
{
    struct fa_vocabulary vocabulary = {0};
    struct fa_err err;
    for (size_t i = 0; i < n; i++)
        assert_int_equal(fa_vocabulary_add(&vocabulary, word[i], &err), 0);
    return vocabulary;
}

/* ---- labels ---- */

static const char *const ages[] = {"0-2", "3-9", "10-19", "20-29", "more than 70"};
enum { NAGES = sizeof ages / sizeof *ages };

static void dates_become_labels_again(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"9-Mar", "3-9"},          {"09-Mar", "3-9"},        {"Mar-09", "3-9"},          {"3-Sep", "3-9"},
        {"9. M\xc3\xa4rz", "3-9"}, {"09. Mrz", "3-9"},       {"9-mars", "3-9"},          {"9 mar.", "3-9"},
        {"3/9", "3-9"},            {"03/09/2026", "3-9"},    {"9/3/2026", "3-9"},        {"09.03.2026", "3-9"},
        {"9.3.26", "3-9"},         {"2026-03-09", "3-9"},    {"2026/03/09", "3-9"},      {"2026-03-09 00:00:00", "3-9"},
        {"2026-03-09T00:00:00", "3-9"}, {"3/9/2026 0:00", "3-9"}, {"43533", "3-9"},      {"43533.0", "3-9"},
        {"46090", "3-9"},          {"19-Oct", "10-19"},      {"Oct-19", "10-19"},        {"19. Okt", "10-19"},
        {"10/19/2026", "10-19"},   {"2026-10-19", "10-19"},  {"19.10.2026", "10-19"},    {"October 19, 2026", "10-19"},
        {"19-ott", "10-19"},       {"19 out 2026", "10-19"}, {"43757", "10-19"},         {" 19-Oct ", "10-19"},
        {"9-Mar-26", "3-9"},       {"26-Mar-09", "3-26"},    {"4-juil", "4-7"},          {"8-juin", "6-8"},
    };
    struct fa_vocabulary known = words(ages, NAGES);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char label[FA_LABEL_MAX];
        if (!fa_label_restore(cases[i][0], &known, false, label))
            fail_msg("%s is no date", cases[i][0]);
        if (strcmp(label, cases[i][1]) != 0)
            fail_msg("%s becomes %s, not %s", cases[i][0], label, cases[i][1]);
    }
    fa_vocabulary_free(&known);
}

static void what_is_no_date_stays(void **state)
{
    (void)state;
    static const char *const cases[] = {"",      "3-9",   "10-19", "0-2",        "20-29",  "more than 70", "70+",   "Male",
                                        "White", "Mar",   "3.9",   "13/32/2026", "36525",  "54789",        "12345", "4353",
                                        "3-9-1", "a-Mar", "Mar-",  "-",          "Mar-Apr", "2026",        "3:15",  "9-Mar-x",
                                        "1/2/3/4", "999999999999999999999", "99/99", "0/9", "3/9/26/1"};
    struct fa_vocabulary known = words(ages, NAGES);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char label[FA_LABEL_MAX];
        if (fa_label_restore(cases[i], &known, false, label))
            fail_msg("'%s' is taken for %s", cases[i], label);
    }
    fa_vocabulary_free(&known);
}

static void known_labels_decide_between_two(void **state)
{
    (void)state;
    static const char *const odd[] = {"9-3", "10-40"};
    struct fa_vocabulary known = words(odd, 2), ages_known = words(ages, NAGES);
    char label[FA_LABEL_MAX];
    assert_true(fa_label_restore("9-Mar", &known, true, label));
    assert_string_equal(label, "9-3");
    assert_true(fa_label_restore("1940-10-01", &known, true, label));
    assert_string_equal(label, "10-40");
    assert_true(fa_label_restore("Oct-40", &known, true, label));
    assert_string_equal(label, "10-40");
    assert_false(fa_label_restore("5-Dec", &ages_known, true, label));
    assert_true(fa_label_restore("5-Dec", &ages_known, false, label));
    assert_string_equal(label, "5-12");
    fa_vocabulary_free(&known);
    fa_vocabulary_free(&ages_known);
}

/* Every day that has two numbers is read back from its serial number; the days are counted by the calendar's rules. */
static void serial_numbers_follow_the_calendar(void **state)
{
    (void)state;
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct fa_vocabulary none = {0};
    unsigned serial = 36526;
    for (unsigned year = 2000; year < 2050; year++)
        for (unsigned month = 1; month <= 12; month++)
            for (unsigned day = 1; day <= days[month - 1] + (month == 2 && year % 4 == 0); day++, serial++) {
                char text[16], label[FA_LABEL_MAX], want[32];
                snprintf(text, sizeof text, "%u", serial);
                snprintf(want, sizeof want, "%u-%u", month < day ? month : day, month < day ? day : month);
                assert_true(fa_label_restore(text, &none, false, label));
                assert_string_equal(label, want);
            }
    assert_int_equal(serial, 54789);
}

static void spellings_fold_into_one(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"East Asian", "eastasian"},    {" east_ASIAN ", "eastasian"},
                                           {"3\xe2\x80\x93" "9", "3-9"},    {"3 \xe2\x88\x92 9", "3-9"},
                                           {"'Male'", "male"},             {"Latino\xc2\xa0Hispanic", "latinohispanic"},
                                           {"\xc3\x89t\xc3\xa9", "\xc3\x89t\xc3\xa9"}, {"", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fa_err err;
        char *folded = fa_label_fold(cases[i][0], &err);
        assert_non_null(folded);
        assert_string_equal(folded, cases[i][1]);
        free(folded);
    }
}

/* ---- checks ---- */

struct trial {
    struct fa_table *table;
    struct fa_decoder *decoder;
    struct fa_check *check;
};

static struct trial run(const char *csv, const struct fa_known *known, size_t nknown)
{
    struct trial trial;
    struct fa_err err = {""};
    FILE *file = fopen("labels.csv", "wb");
    assert_non_null(file);
    fputs(csv, file);
    assert_int_equal(fclose(file), 0);
    trial.table = fa_table_read("labels.csv", &err);
    trial.decoder = fa_decoder_open(&err);
    unlink("labels.csv");
    assert_non_null(trial.table);
    assert_non_null(trial.decoder);
    const struct fa_check_order order = {.table = trial.table, .name = "labels.csv", .folder = ".", .known = known, .nknown = nknown,
                                         .decoder = trial.decoder, .max_pixels = 1000, .tiny = 4, .threads = 3};
    trial.check = fa_check_run(&order, &err);
    if (!trial.check)
        fail_msg("%s", err.text);
    return trial;
}

static void end(struct trial *trial)
{
    fa_check_free(trial->check);
    fa_decoder_close(trial->decoder);
    fa_table_free(trial->table);
}

/* A grey picture of any size up to 255. */
static void make_picture(const char *path, unsigned char width, unsigned char height, char mark)
{
    const unsigned char head[] = {'G', 'I', 'F', '8', '9', 'a', width, 0, height, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255,
                                  0x2c, 0, 0, 0, 0, width, 0, height, 0, 0, 2, 2, 0x44, 1, 0, 0x3b};
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(head, 1, sizeof head, file), sizeof head);
    putc(mark, file);
    assert_int_equal(fclose(file), 0);
}

static void assert_class(const struct fa_census *census, const char *class, uint64_t count, enum fa_fault fault, const char *likely)
{
    size_t index;
    assert_true(fa_vocabulary_find(&census->class, class, &index));
    assert_int_equal(census->count[index], count);
    assert_int_equal(census->fault[index], fault);
    if (likely)
        assert_string_equal(census->likely[index], likely);
    else
        assert_null(census->likely[index]);
}

static void classes_are_counted_and_judged(void **state)
{
    (void)state;
    struct trial trial = run("file,age,sex,taken,name\na,3-9,Male,9-Mar,a\nb,9-Mar,Male,19-Oct,b\nc,10-19,male ,9-Mar,c\n"
                             "d,9-Mar,Female,9-Mar,d\ne,,Female,9-Mar,e\n", NULL, 0);
    const struct fa_check *check = trial.check;
    assert_int_equal(check->ncensus, 4);
    assert_class(&check->census[0], "3-9", 1, FA_FINE, NULL);
    assert_class(&check->census[0], "9-Mar", 2, FA_SPREADSHEET, "3-9");
    assert_int_equal(check->census[0].unlabelled, 1);
    assert_class(&check->census[1], "Male", 2, FA_FINE, NULL);
    assert_class(&check->census[1], "male ", 1, FA_SPELLING, "Male");
    assert_class(&check->census[2], "9-Mar", 4, FA_FINE, NULL); /* a column of dates */
    assert_int_equal(fa_check_faults(check, FA_SPREADSHEET), 2);
    assert_int_equal(fa_check_faults(check, FA_MISSING), 5);
    assert_int_equal(fa_check_total(check, false), 8);
    assert_int_equal(fa_check_total(check, true), 5);
    end(&trial);
}

static void known_classes_are_the_measure(void **state)
{
    (void)state;
    static const char *const sexes[] = {"female", "male"};
    const struct fa_known known[] = {{"age", ages, NAGES}, {"sex", sexes, 2}};
    struct trial trial = run("file,age,sex\na,9-Mar,Male\nb,5-Dec,Male\nc,70+,Male\nd,0-2,other\n", known, 2);
    const struct fa_check *check = trial.check;
    assert_class(&check->census[0], "9-Mar", 1, FA_SPREADSHEET, "3-9");
    assert_class(&check->census[0], "5-Dec", 1, FA_UNKNOWN, NULL);
    assert_class(&check->census[0], "70+", 1, FA_UNKNOWN, NULL);
    assert_class(&check->census[0], "more than 70", 0, FA_FINE, NULL);
    assert_class(&check->census[1], "Male", 3, FA_SPELLING, "male"); /* however many they are */
    assert_class(&check->census[1], "other", 1, FA_UNKNOWN, NULL);
    end(&trial);
}

static void crossings_count_what_occurs(void **state)
{
    (void)state;
    struct trial trial = run("file,a,b\n1,x,p\n2,y,q\n3,x,p\n4,x,\n5,x,q\n", NULL, 0);
    const struct fa_census *const both[] = {&trial.check->census[0], &trial.check->census[1]};
    struct fa_crossing crossing;
    struct fa_err err;
    assert_int_equal(fa_check_cross(&crossing, trial.check, both, 2, &err), 0);
    assert_int_equal(crossing.possible, 4);
    assert_int_equal(crossing.ncells, 3);
    assert_string_equal(fa_crossing_class(&crossing, 0, 0), "x");
    assert_string_equal(fa_crossing_class(&crossing, 0, 1), "p");
    assert_int_equal(crossing.count[0], 2);
    assert_int_equal(crossing.count[1], 1);
    assert_string_equal(fa_crossing_class(&crossing, 2, 0), "y");
    assert_int_equal(crossing.count[2], 1);
    fa_crossing_free(&crossing);
    end(&trial);
}

static void assert_finding(const struct fa_check *check, size_t i, enum fa_fault fault, size_t row, const char *note)
{
    assert_true(i < check->nfindings);
    assert_int_equal(check->finding[i].fault, fault);
    assert_int_equal(check->finding[i].row, row);
    if (note)
        assert_string_equal(check->finding[i].note, note);
    else
        assert_null(check->finding[i].note);
}

static void files_are_found_out(void **state)
{
    (void)state;
    make_picture("a.gif", 10, 20, 'a');
    make_picture("same.gif", 10, 20, 'a');
    make_picture("length.gif", 10, 20, 'b');
    make_picture("tiny.gif", 30, 3, 'a');
    make_picture("large.gif", 100, 11, 'a');
    FILE *file = fopen("text.jpg", "wb");
    fputs("text", file);
    fclose(file);
    struct trial trial = run("file,age\na.gif,1\nlength.gif,1\nsame.gif,2\ntiny.gif,1\nlarge.gif,1\ntext.jpg,1\nnone.jpg,1\n"
                             ",1\na.gif,1\nsame.gif,\n", NULL, 0);
    const struct fa_check *check = trial.check;
    assert_int_equal(check->nfindings, 8);
    assert_finding(check, 0, FA_NO_PATH, 7, NULL);
    assert_finding(check, 1, FA_MISSING, 6, "cannot open: No such file or directory");
    assert_finding(check, 2, FA_UNREADABLE, 4, "too large (100x11 pixels, limit 1000; see --max-pixels)");
    assert_finding(check, 3, FA_UNREADABLE, 5, "no readable picture (JPEG, PNG, GIF, WebP, TIFF or HEIF)");
    assert_finding(check, 4, FA_TINY, 3, "30x3 pixels");
    assert_finding(check, 5, FA_DUPLICATE, 8, "the same path as line 2");
    assert_finding(check, 6, FA_DUPLICATE, 9, "the same bytes as line 2, a.gif");
    assert_finding(check, 7, FA_CONTRADICTION, 2, "the same bytes as line 2, a.gif: age 2 here, 1 there");
    assert_int_equal(check->readable, 6);
    assert_int_equal(check->width[0], 10);
    assert_int_equal(check->width[2], 30);
    assert_int_equal(check->height[0], 3);
    assert_int_equal(check->height[1], 20);
    end(&trial);
    static const char *const names[] = {"a.gif", "same.gif", "length.gif", "tiny.gif", "large.gif", "text.jpg"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(names[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_become_labels_again),
        cmocka_unit_test(what_is_no_date_stays),
        cmocka_unit_test(known_labels_decide_between_two),
        cmocka_unit_test(serial_numbers_follow_the_calendar),
        cmocka_unit_test(spellings_fold_into_one),
        cmocka_unit_test(classes_are_counted_and_judged),
        cmocka_unit_test(known_classes_are_the_measure),
        cmocka_unit_test(crossings_count_what_occurs),
        cmocka_unit_test(files_are_found_out),
    };
    return cmocka_run_group_tests_name("check", tests, enter_folder, leave_folder);
}
