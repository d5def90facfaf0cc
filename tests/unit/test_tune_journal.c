/* Room tune: the journal, whole, cut off, damaged and of another search. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fa/tune.h"

static char folder[] = "/tmp/fa-journal-XXXXXX", path[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/journal", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static struct fa_journal *open_journal(void)
{
    struct fa_err err;
    struct fa_journal *journal = fa_journal_open(path, &err);
    if (!journal)
        fail_msg("%s", err.text);
    return journal;
}

static const char *const what[] = {"seed", "1", "space", "x = float 0..1"};
static const char *const begun[] = {"trial", "1", "x", "0.5\t\n%=\x7f", "empty", ""};

static long size_of(void)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return (long)status.st_size;
}

static void write_two(void)
{
    struct fa_err err;
    unlink(path);
    struct fa_journal *journal = open_journal();
    assert_int_equal(fa_journal_size(journal), 0);
    assert_int_equal(fa_journal_identify(journal, what, 2, &err), 0);
    assert_int_equal(fa_journal_append(journal, &(struct fa_entry){"begin", begun, 3}, &err), 0);
    fa_journal_close(journal);
}

static void records_come_back(void **state)
{
    (void)state;
    struct fa_err err;
    write_two();
    struct fa_journal *journal = open_journal();
    assert_int_equal(fa_journal_size(journal), 2);
    const struct fa_entry *entry = fa_journal_entry(journal, 1);
    assert_string_equal(entry->kind, "begin");
    assert_string_equal(fa_entry_get(entry, "x"), begun[3]);
    assert_string_equal(fa_entry_get(entry, "empty"), "");
    assert_null(fa_entry_get(entry, "y"));
    assert_int_equal(fa_journal_identify(journal, what, 2, &err), 0);
    assert_int_equal(fa_journal_size(journal), 2);
    fa_journal_close(journal);
}

static void a_cut_record_is_taken_off(void **state)
{
    (void)state;
    struct fa_err err;
    write_two();
    long whole = size_of(), first = 0;
    FILE *file = fopen(path, "r");
    while (fgetc(file) != '\n')
        first++;
    fclose(file);
    for (long size = whole - 1; size > first; size -= 7) {
        write_two();
        assert_int_equal(truncate(path, size), 0);
        struct fa_journal *journal = open_journal();
        assert_int_equal(fa_journal_size(journal), 1);
        assert_int_equal(size_of(), first + 1);
        assert_int_equal(fa_journal_append(journal, &(struct fa_entry){"begin", begun, 3}, &err), 0);
        fa_journal_close(journal);
        assert_int_equal(size_of(), whole);
    }
}

static void every_damaged_byte_is_noticed(void **state)
{
    (void)state;
    struct fa_err err;
    write_two();
    long whole = size_of();
    for (long at = 0; at < whole - 1; at++) {
        write_two();
        FILE *file = fopen(path, "r+");
        fseek(file, at, SEEK_SET);
        int byte = fgetc(file);
        fseek(file, at, SEEK_SET);
        fputc(byte ^ 1, file);
        fclose(file);
        assert_null(fa_journal_open(path, &err));
        if (!strstr(err.text, ": damaged (the check does not match)") || strncmp(err.text, path, strlen(path)) != 0)
            fail_msg("byte %ld: %s", at, err.text);
    }
}

static void another_search_is_refused(void **state)
{
    (void)state;
    static const char *const other[] = {"seed", "1", "space", "x = float 0..2"};
    struct fa_err err;
    char want[256];
    write_two();
    struct fa_journal *journal = open_journal();
    assert_int_equal(fa_journal_identify(journal, other, 2, &err), -1);
    snprintf(want, sizeof want, "%s: of another search (there: space = x = float 0..1; here: space = x = float 0..2)", path);
    assert_string_equal(err.text, want);
    assert_int_equal(fa_journal_identify(journal, other, 1, &err), -1);
    assert_non_null(strstr(err.text, "here: nothing = nothing)"));
    fa_journal_close(journal);
}

static void one_process_at_a_time(void **state)
{
    (void)state;
    struct fa_err err;
    int status;
    write_two();
    struct fa_journal *journal = open_journal();
    pid_t child = fork();
    if (child == 0)
        _exit(fa_journal_open(path, &err) ? 1 : strstr(err.text, ": in use by another search (process ") ? 0 : 2);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    fa_journal_close(journal);
    fa_journal_close(open_journal());
    assert_null(fa_journal_open("/nowhere/journal", &err));
    assert_string_equal(err.text, "/nowhere/journal: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_back),          cmocka_unit_test(a_cut_record_is_taken_off),
        cmocka_unit_test(every_damaged_byte_is_noticed), cmocka_unit_test(another_search_is_refused),
        cmocka_unit_test(one_process_at_a_time),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
