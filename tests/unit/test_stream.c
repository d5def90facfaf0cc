/* Room stream: round trips, and everything that can be wrong with bytes from outside. */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fa/stream.h"

static char path[] = "/tmp/fa-test-stream-XXXXXX";

static int make_path(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

struct bytes {
    unsigned char at[1 << 16];
    size_t n;
};

static void save(const struct bytes *bytes)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes->at, 1, bytes->n, file), bytes->n);
    fclose(file);
}

static void load(struct bytes *bytes)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    bytes->n = fread(bytes->at, 1, sizeof bytes->at, file);
    fclose(file);
}

enum { DIM = 5 };

static void put_record(struct fa_writer *writer, int i, int reject)
{
    struct fa_err err;
    struct fa_record record = {0};
    char id[32];
    snprintf(id, sizeof id, "train/%d.jpg", i);
    record.id = id;
    assert_int_equal(fa_map_set(&record.labels, &record.arena, "race", fa_value_string("East Asian"), &err), 0);
    struct fa_value box;
    assert_int_equal(fa_value_reals(&box, &record.arena, (float[]){1.5f, -2, 3, 4}, 4, &err), 0);
    assert_int_equal(fa_map_set(&record.about, &record.arena, "box", box, &err), 0);
    assert_int_equal(fa_map_set(&record.about, &record.arena, "width", fa_value_int(i - 100), &err), 0);
    assert_int_equal(fa_map_set(&record.about, &record.arena, "exact", fa_value_real(0.1), &err), 0);
    if (reject) {
        assert_int_equal(fa_record_set_reject(&record, "no face", &err), 0);
    } else {
        float *data = fa_record_payload(&record, DIM, sizeof *data, &err);
        assert_non_null(data);
        assert_int_equal((uintptr_t)data % 64, 0);
        for (int k = 0; k < DIM; k++)
            data[k] = (float)i + 0.25f * (float)k;
    }
    assert_int_equal(fa_writer_put(writer, &record, &err), 0);
    fa_record_free(&record);
}

/* A segment of n records from number `from` on, every fourth a reject. */
static void write_segment(int flags, enum fa_dtype dtype, const char *card, int from, int n, int end)
{
    struct fa_err err;
    struct fa_arena arena = {0};
    struct fa_header header = {.kind = FA_EMBEDDING, .dtype = dtype, .rank = 1, .dim = {DIM}};
    assert_int_equal(fa_map_set(&header.map, &arena, "card", fa_value_string(card), &err), 0);
    assert_int_equal(fa_header_add_prog(&header, &arena, "fa-embed", "1", "fa-embed -m x", &err), 0);
    int fd = open(path, O_WRONLY | O_CREAT | flags, 0600);
    assert_true(fd >= 0);
    struct fa_writer *writer = fa_writer_open(fd, path, &header, &err);
    assert_non_null(writer);
    for (int i = from; i < from + n; i++)
        put_record(writer, i, i % 4 == 3);
    assert_int_equal(end ? fa_writer_end(writer, &err) : fa_writer_flush(writer, &err), 0);
    fa_writer_close(writer);
    close(fd);
    fa_arena_free(&arena);
}

/* Reads all of path; returns the number of records, or -1 with the message in err. */
static int read_all(unsigned want, unsigned flags, struct fa_err *err)
{
    const char *paths[] = {path};
    struct fa_record record = {0};
    struct fa_reader *reader = fa_reader_open(paths, 1, want, flags, err);
    int got = -1, n = 0;
    if (reader) {
        while ((got = fa_reader_next(reader, &record, err)) == 1)
            n++;
        fa_reader_close(reader);
    }
    fa_record_free(&record);
    return got < 0 ? -1 : n;
}

static void assert_message(const char *text)
{
    struct fa_err err = {""};
    assert_int_equal(read_all(FA_EMBEDDING, FA_READER_UNIQUE, &err), -1);
    if (!strstr(err.text, text))
        fail_msg("message '%s' lacks '%s'", err.text, text);
}

static void records_come_back_as_written(void **state)
{
    (void)state;
    struct fa_err err;
    for (enum fa_dtype dtype = FA_F16; dtype <= FA_F32; dtype++) {
        write_segment(O_TRUNC, dtype, "x", 0, 10, 1);
        write_segment(O_APPEND, dtype == FA_F16 ? FA_F32 : FA_F16, "x", 10, 10, 1);
        const char *paths[] = {path};
        struct fa_reader *reader = fa_reader_open(paths, 1, FA_EMBEDDING | FA_LOGIT, FA_READER_UNIQUE, &err);
        assert_non_null(reader);
        assert_string_equal(fa_map_string(&fa_reader_header(reader)->map, "card", ""), "x");
        const struct fa_value *prog = fa_map_get(&fa_reader_header(reader)->map, "prog");
        assert_string_equal(prog->array.item[0].array.item[2].string, "fa-embed -m x");
        struct fa_record record = {0};
        for (int i = 0; i < 20; i++) {
            assert_int_equal(fa_reader_next(reader, &record, &err), 1);
            assert_string_equal(fa_map_string(&record.labels, "race", ""), "East Asian");
            assert_true(fa_map_number(&record.about, "width", 0) == i - 100);
            assert_true(fa_map_number(&record.about, "exact", 0) == 0.1);
            assert_true(fa_map_get(&record.about, "box")->array.item[1].real == -2);
            if (i % 4 == 3) {
                assert_string_equal(fa_record_reject(&record), "no face");
                continue;
            }
            assert_null(fa_record_reject(&record));
            for (int k = 0; k < DIM; k++)
                assert_true(((float *)record.data)[k] == (float)i + 0.25f * (float)k);
        }
        assert_int_equal(fa_reader_next(reader, &record, &err), 0);
        assert_int_equal(fa_reader_count(reader), 20);
        assert_int_equal(fa_reader_rejected(reader), 5);
        fa_record_free(&record);
        fa_reader_close(reader);
    }
}

static void heads_travel_in_the_header(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_arena arena = {0};
    struct fa_header header = {.kind = FA_LOGIT, .dtype = FA_F32}, copy;
    const char *age[] = {"0-2", "3-9", "more than 70"}, *gender[] = {"Female", "Male"};
    struct fa_head head[] = {{.name = "age", .class = age, .nclasses = 3}, {.name = "gender", .class = gender, .nclasses = 2}};
    assert_int_equal(fa_header_set_heads(&header, &arena, head, 2, &err), 0);
    assert_int_equal(fa_header_elements(&header), 5);
    int fd = open(path, O_WRONLY | O_TRUNC);
    struct fa_writer *writer = fa_writer_open(fd, path, &header, &err);
    assert_int_equal(fa_writer_end(writer, &err), 0);
    fa_writer_close(writer);
    close(fd);
    const char *paths[] = {path};
    struct fa_reader *reader = fa_reader_open(paths, 1, FA_LOGIT, 0, &err);
    assert_non_null(reader);
    assert_int_equal(fa_header_copy(&copy, &arena, fa_reader_header(reader), &err), 0);
    fa_reader_close(reader);
    assert_int_equal(copy.nheads, 2);
    assert_string_equal(copy.head[0].class[2], "more than 70");
    assert_int_equal(copy.head[1].offset, 3);
    fa_arena_free(&arena);
}

static void every_cut_is_noticed(void **state)
{
    (void)state;
    struct bytes whole, part;
    write_segment(O_TRUNC, FA_F32, "x", 0, 6, 1);
    load(&whole);
    for (size_t n = 0; n < whole.n; n++) {
        part = whole;
        part.n = n;
        save(&part);
        assert_message(n == 0 ? "empty input" : "stream ended early after record");
    }
    write_segment(O_TRUNC, FA_F32, "x", 0, 6, 0);
    assert_message("stream ended early after record 6");
}

static void every_flipped_byte_is_noticed(void **state)
{
    (void)state;
    struct bytes whole, part;
    write_segment(O_TRUNC, FA_F32, "x", 0, 6, 1);
    load(&whole);
    for (size_t i = 0; i < whole.n; i++)
        for (int bit = 0; bit < 8; bit++) {
            struct fa_err err;
            part = whole;
            part.at[i] ^= (unsigned char)(1 << bit);
            save(&part);
            if (read_all(FA_EMBEDDING, 0, &err) >= 0)
                fail_msg("byte %zu bit %d: nothing noticed", i, bit);
        }
}

static void hostile_bytes_get_one_line_and_no_memory(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *message;
    } cases[] = {
        {"\xdd\x40\x00\x00\x00", 5, "not a fa stream"},
        {"file,age\n", 9, "not a fa stream"},
        {"\xff\xd8\xff\xe0", 4, "not a fa stream"},
        {"\xc1", 1, "not a fa stream"},
        {"\x96\x00\xa2" "fa\x02\x00\xa4" "crop\x80", 13, "fa stream of version 2"},
        {"\x96\x00\xa2" "fa\x01\x00\xa4" "crap\x80", 13, "unknown kind 'crap'"},
        {"\x96\x00\xa2" "fa\x01\x00\xa4" "crop\x80", 13, "malformed header"},
        {"\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x00", 11, "not a fa stream"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes bytes = {.n = cases[i].n};
        memcpy(bytes.at, cases[i].bytes, cases[i].n);
        save(&bytes);
        assert_message(cases[i].message);
    }
}

/* A record made of given bytes behind a good header of shape [5] f32. */
static void after_header(const char *bytes, size_t n)
{
    struct bytes all;
    write_segment(O_TRUNC, FA_F32, "x", 0, 0, 0);
    load(&all);
    memcpy(all.at + all.n, bytes, n);
    all.n += n;
    save(&all);
}

static void wrong_records_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *message;
    } cases[] = {
        {"\x95\x01\xa1y\x80\x80\xc4\x02zz", 10, "record 1 (y): truncated payload (want 20 bytes, have 2)"},
        {"\x95\x01\xa1y\x80\x80\xc4\x00", 8, "record 1 (y): no payload and no reason"},
        {"\x95\x01\xa1y\x81\xa1k\x01\x80\xc4\x00", 11, "label k is no string"},
        {"\x95\x01\xa1y\x82\xa1k\xa1v\xa1k\xa1v\x80\xc4\x00", 16, "key 'k' stands twice"},
        {"\x95\x01\xa1\xff\x80\x80\xc4\x00", 8, "not UTF-8"},
        {"\x95\x01\xa1\x00\x80\x80\xc4\x00", 8, "not UTF-8"},
        {"\x95\x01\xa1y\xdf\x7f\xff\xff\xff", 9, "map of 2147483647 entries"},
        {"\x95\x01\xa1y\x80\xdd\x7f\xff\xff\xff", 10, "more than 1048576 values"},
        {"\x95\x01\xa1y\x80\x80\xc6\x7f\xff\xff\xff", 11, "object of more than 67108864 bytes"},
        {"\x95\x01\x91\x91\x91\x91\x91\x91\x91\x91\x91\x01", 12, "nested deeper than 8"},
        {"\x91\x07", 2, "record 1: malformed"},
        {"\x95\x01\xa1y\x80\x80\xc4\x14\0\0\0\0\0\0\0\0\0\0\xc0\x7f\0\0\0\0\0\0\0\0", 28, "record 1 (y): number 3 of 5 is not a number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        after_header(cases[i].bytes, cases[i].n);
        assert_message(cases[i].message);
    }
}

static void segments_must_fit_together(void **state)
{
    (void)state;
    struct fa_err err;
    write_segment(O_TRUNC, FA_F32, "x", 0, 4, 1);
    write_segment(O_APPEND, FA_F32, "y", 4, 4, 1);
    assert_message("card 'y' does not fit 'x'");
    write_segment(O_TRUNC, FA_F32, "x", 0, 4, 1);
    write_segment(O_APPEND, FA_F32, "x", 3, 4, 1);
    assert_message("record 1 (train/3.jpg): this id was met before");
    assert_int_equal(read_all(FA_EMBEDDING, 0, &err), 8);
}

static void the_wrong_kind_is_explained(void **state)
{
    (void)state;
    struct fa_err err;
    write_segment(O_TRUNC, FA_F32, "x", 0, 4, 1);
    assert_int_equal(read_all(FA_LOGIT, 0, &err), -1);
    assert_non_null(strstr(err.text, "embedding stream, want logit (pipe it through fa-predict)"));
    assert_int_equal(read_all(FA_CROP, 0, &err), -1);
    assert_non_null(strstr(err.text, "embedding stream, want crop (it has passed fa-embed already)"));
}

static void a_full_disk_is_an_error(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_header header = {.kind = FA_EMBEDDING, .dtype = FA_F32, .rank = 1, .dim = {DIM}};
    int full = open("/dev/full", O_WRONLY), fd = open(path, O_WRONLY);
    assert_null(fa_writer_open(full, "stdout", &header, &err));
    assert_string_equal(err.text, "stdout: write: No space left on device");
    struct fa_writer *writer = fa_writer_open(fd, "stdout", &header, &err);
    assert_non_null(writer);
    assert_true(dup2(full, fd) == fd);
    assert_int_equal(fa_writer_end(writer, &err), -1);
    assert_string_equal(err.text, "stdout: write: No space left on device");
    fa_writer_close(writer);
    close(fd);
    close(full);
}

/* Half floats: every one of the 65,536 survives the way to float and back; ties go to even; overflow is infinite. */
static void half_floats_round_to_nearest(void **state)
{
    (void)state;
    static const struct {
        float from, to;
    } cases[] = {{1.00048828125f, 1}, {1.00146484375f, 1.001953125f}, {65504, 65504}, {6e-8f, 5.9604645e-8f}, {1e-9f, 0}, {-2.5f, -2.5f}};
    struct fa_err err;
    struct fa_header header = {.kind = FA_EMBEDDING, .dtype = FA_F16, .rank = 1, .dim = {6}};
    int fd = open(path, O_WRONLY | O_TRUNC);
    struct fa_writer *writer = fa_writer_open(fd, path, &header, &err);
    float data[6];
    for (int i = 0; i < 6; i++)
        data[i] = cases[i].from;
    struct fa_record record = {.id = "a", .data = data, .elements = 6};
    assert_int_equal(fa_writer_put(writer, &record, &err), 0);
    assert_int_equal(fa_writer_end(writer, &err), 0);
    fa_writer_close(writer);
    close(fd);
    const char *paths[] = {path};
    struct fa_reader *reader = fa_reader_open(paths, 1, FA_EMBEDDING, 0, &err);
    struct fa_record back = {0};
    assert_int_equal(fa_reader_next(reader, &back, &err), 1);
    for (int i = 0; i < 6; i++)
        assert_true(((float *)back.data)[i] == cases[i].to);
    fa_record_free(&back);
    fa_reader_close(reader);
}

static void ids_know_their_picture(void **state)
{
    (void)state;
    assert_int_equal(fa_id_base("a/b.jpg"), 7);
    assert_int_equal(fa_id_base("a/b.jpg#12"), 7);
    assert_int_equal(fa_id_base("a/b.jpg~1"), 7);
    assert_int_equal(fa_id_base("a/b.jpg#2~1"), 7);
    assert_int_equal(fa_id_base("a/b~x.jpg"), 9);
    assert_int_equal(fa_id_base("#1"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_back_as_written),
        cmocka_unit_test(heads_travel_in_the_header),
        cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(every_flipped_byte_is_noticed),
        cmocka_unit_test(hostile_bytes_get_one_line_and_no_memory),
        cmocka_unit_test(wrong_records_are_named),
        cmocka_unit_test(segments_must_fit_together),
        cmocka_unit_test(the_wrong_kind_is_explained),
        cmocka_unit_test(a_full_disk_is_an_error),
        cmocka_unit_test(half_floats_round_to_nearest),
        cmocka_unit_test(ids_know_their_picture),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
