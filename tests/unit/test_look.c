/* Room look, and what room image draws for it: names of files, crops, sheets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fa/look.h"

static struct fa_decoder *decoder;

static int start(void **state)
{
    struct fa_err err;
    (void)state;
    decoder = fa_decoder_open(&err);
    return decoder ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    fa_decoder_close(decoder);
    return 0;
}

/* ---- drawing ---- */

static const struct fa_colour red = {{200, 10, 20}}, black = {{0, 0, 0}};

static struct fa_image canvas(size_t width, size_t height)
{
    struct fa_image image;
    struct fa_err err;
    assert_int_equal(fa_image_new(&image, width, height, &err), 0);
    assert_int_equal(fa_image_fill(&image, (struct fa_region){0, 0, width, height}, black, &err), 0);
    return image;
}

static bool is_red(const struct fa_image *image, size_t x, size_t y)
{
    return !memcmp(image->pixel + 3 * (y * image->width + x), red.rgb, 3);
}

static size_t count_red(const struct fa_image *image)
{
    size_t n = 0;
    for (size_t i = 0; i < image->width * image->height; i++)
        n += is_red(image, i % image->width, i / image->width);
    return n;
}

static void regions_fill_and_stay_inside(void **state)
{
    (void)state;
    static const struct {
        struct fa_region region;
        size_t want;
    } cases[] = {{{2, 3, 4, 5}, 20},    {{-2, -3, 4, 5}, 4}, {{18, 7, 10, 10}, 6}, {{-5, -5, 100, 100}, 200},
                 {{20, 0, 5, 5}, 0},    {{0, 10, 5, 5}, 0},  {{-5, 0, 5, 5}, 0},   {{3, 3, 0, 4}, 0}};
    struct fa_err err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fa_image image = canvas(20, 10);
        assert_int_equal(fa_image_fill(&image, cases[i].region, red, &err), 0);
        assert_int_equal(count_red(&image), cases[i].want);
        fa_image_free(&image);
    }
}

static void frames_are_hollow(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_image image = canvas(20, 10);
    assert_int_equal(fa_image_frame(&image, (struct fa_region){2, 1, 10, 8}, 2, red, &err), 0);
    assert_int_equal(count_red(&image), 10 * 8 - 6 * 4);
    assert_true(is_red(&image, 2, 1) && is_red(&image, 11, 8) && !is_red(&image, 4, 3) && !is_red(&image, 9, 6));
    assert_int_equal(fa_image_frame(&image, (struct fa_region){2, 1, 10, 8}, 4, red, &err), 0);
    assert_int_equal(count_red(&image), 80); /* lines that meet fill it */
    fa_image_free(&image);
}

static void discs_are_cut_at_the_edge(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_image image = canvas(20, 20);
    assert_int_equal(fa_image_disc(&image, 10, 10, 3, red, &err), 0);
    size_t whole = count_red(&image);
    assert_in_range(whole, 25, 49);
    assert_true(is_red(&image, 10, 7) && is_red(&image, 13, 10) && !is_red(&image, 13, 13));
    assert_int_equal(fa_image_disc(&image, 0, 19, 3, red, &err), 0);
    assert_in_range(count_red(&image), whole + 8, whole + 20);
    assert_int_equal(fa_image_disc(&image, -9, 5, 3, red, &err), 0);
    assert_int_equal(fa_image_disc(&image, 5, 1000000, 3, red, &err), 0);
    assert_in_range(count_red(&image), whole + 8, whole + 20);
    fa_image_free(&image);
}

static void writing_lays_ink(void **state)
{
    (void)state;
    struct fa_err err = {""};
    struct fa_writing line, lines, none;
    assert_int_equal(fa_writing_new(&line, "a <b> & \xff\nc", 20, 0, &err), 0);
    assert_int_equal(fa_writing_new(&lines, "several words that do not fit", 20, 90, &err), 0);
    assert_int_equal(fa_writing_new(&none, " \n ", 20, 0, &err), 0);
    assert_null(none.cover);
    assert_in_range(line.height, 12, 26);
    assert_in_range(lines.height, 50, 130);
    assert_in_range(lines.width, 40, 90);
    struct fa_image image = canvas(200, 40);
    fa_image_write(&image, &line, 5, 5, red);
    size_t n = count_red(&image);
    assert_in_range(n, 50, 2000);
    fa_image_write(&image, &line, -1000, 5, red);
    fa_image_write(&image, &line, 5, 1000, red);
    fa_image_write(&image, &none, 5, 5, red);
    assert_int_equal(count_red(&image), n);
    fa_image_write(&image, &lines, 150, -20, red);
    assert_true(count_red(&image) > n);
    fa_image_free(&image);
    fa_writing_free(&line);
    fa_writing_free(&lines);
}

static void pasting_is_cut_at_the_edge(void **state)
{
    (void)state;
    static const long place[][3] = {{2, 3, 12}, {-1, -1, 6}, {18, 8, 4}, {30, 3, 0}, {-4, 3, 0}, {3, -3, 0}};
    struct fa_err err;
    struct fa_image stamp = canvas(4, 3);
    assert_int_equal(fa_image_fill(&stamp, (struct fa_region){0, 0, 4, 3}, red, &err), 0);
    for (size_t i = 0; i < sizeof place / sizeof *place; i++) {
        struct fa_image image = canvas(20, 10);
        fa_image_paste(&image, &stamp, place[i][0], place[i][1]);
        assert_int_equal(count_red(&image), place[i][2]);
        fa_image_free(&image);
    }
    fa_image_free(&stamp);
}

static void a_png_is_the_same_again(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_image image = canvas(20, 10), back;
    unsigned char *bytes;
    size_t n;
    char path[] = "/tmp/fa-test-look-XXXXXX";
    for (size_t i = 0; i < 600; i++)
        image.pixel[i] = (unsigned char)(i * 37 % 251);
    assert_int_equal(fa_image_encode_png(&image, &bytes, &n, &err), 0);
    FILE *file = fdopen(mkstemp(path), "wb");
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    fclose(file);
    assert_int_equal(fa_image_decode(decoder, path, 1000, &back, &err), 0);
    assert_memory_equal(back.pixel, image.pixel, 600);
    remove(path);
    free(bytes);
    fa_image_free(&image);
    fa_image_free(&back);
}

/* ---- names ---- */

static void names_lead_nowhere_else(void **state)
{
    (void)state;
    char many[400], more[400];
    memset(many, 'a', 399);
    many[399] = '\0';
    memcpy(more, many, 400);
    more[300] = 'b';
    const char *const cases[][2] = {
        {"a.jpg", "a.jpg"},          {"train/3.jpg#2~1", "train+3.jpg#2~1"}, {"../../etc/passwd", "%2E.+..+etc+passwd"},
        {"/abs/x", "%2Fabs+x"},      {"a+b", "a%2Bb"},                       {"a%2Bb", "a%252Bb"},
        {".hidden", "%2Ehidden"},    {"-rf", "%2Drf"},                       {"a\nb\x7f", "a%0Ab%7F"},
        {"\xc3\xa9t\xc3\xa9 1", "\xc3\xa9t\xc3\xa9 1"}, {"", "%"},           {"a*?:|<>\"\\b", "a%2A%3F%3A%7C%3C%3E%22%5Cb"},
        {"=1@2", "%3D1@2"},
    };
    struct fa_arena arena = {0};
    struct fa_err err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(fa_look_name(cases[i][0], &arena, &err), cases[i][1]);
    const char *one = fa_look_name(many, &arena, &err), *other = fa_look_name(more, &arena, &err);
    assert_in_range(strlen(one), 190, 200);
    assert_memory_equal(one, other, 180);
    assert_string_not_equal(one, other);
    for (size_t i = 0; i + 2 < 399; i += 2)
        memcpy(many + i, "\xc3\xa9", 2);
    one = fa_look_name(many, &arena, &err);
    assert_int_equal(fa_utf8_valid(one, strlen(one)), strlen(one));
    fa_arena_free(&arena);
}

/* ---- crops and sheets ---- */

static struct fa_header crops(size_t height, size_t width)
{
    return (struct fa_header){.kind = FA_CROP, .dtype = FA_U8, .rank = 3, .dim = {height, width, 3}};
}

static struct fa_record face(const char *id, size_t n, const unsigned char rgb[3])
{
    struct fa_record record = {.id = id};
    struct fa_err err;
    unsigned char *pixel = fa_record_payload(&record, 3 * n, 1, &err);
    assert_non_null(pixel);
    for (size_t i = 0; i < n; i++)
        memcpy(pixel + 3 * i, rgb, 3);
    return record;
}

static void crops_come_out_red_first_and_no_larger(void **state)
{
    (void)state;
    struct fa_header header = crops(40, 20);
    struct fa_record record = face("a", 800, red.rgb), reject = {.id = "b"};
    struct fa_image image;
    struct fa_err err;
    assert_int_equal(fa_look_crop(&header, &record, 0, &image, &err), 0);
    assert_int_equal(image.width, 20);
    assert_int_equal(count_red(&image), 800);
    fa_image_free(&image);
    assert_int_equal(fa_map_set(&header.map, &record.arena, "order", fa_value_string("bgr"), &err), 0);
    assert_int_equal(fa_look_crop(&header, &record, 10, &image, &err), 0);
    assert_int_equal(image.width, 5);
    assert_int_equal(image.height, 10);
    assert_int_equal(image.pixel[0], red.rgb[2]);
    assert_int_equal(image.pixel[2], red.rgb[0]);
    fa_image_free(&image);
    assert_int_equal(fa_look_crop(&header, &reject, 0, &image, &err), 0);
    assert_null(image.pixel);
    fa_record_free(&record);
}

static void other_streams_are_no_pictures(void **state)
{
    (void)state;
    const struct fa_header other[] = {{.kind = FA_EMBEDDING, .dtype = FA_F32, .rank = 1, .dim = {3}},
                                      {.kind = FA_CROP, .dtype = FA_U8, .rank = 3, .dim = {4, 4, 1}},
                                      {.kind = FA_CROP, .dtype = FA_U8, .rank = 2, .dim = {4, 3}}};
    struct fa_header header = crops(4, 4);
    struct fa_err err;
    assert_int_equal(fa_look_check(&header, &err), 0);
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        assert_int_equal(fa_look_check(&other[i], &err), -1);
        assert_string_equal(err.text, "crops are no RGB pictures");
        assert_null(fa_contact_new(&other[i], NULL, &err));
    }
}

/* Faces are squares of one colour: the order of colours down the first column of a sheet is that of the faces. */
static void sheets_are_in_order(void **state)
{
    (void)state;
    static const char *const ages[] = {"10-19", "3-9", "more than 70"};
    struct fa_header header = crops(32, 32);
    struct fa_contact *contact;
    struct fa_image sheet;
    struct fa_err err;
    assert_non_null(contact = fa_contact_new(&header, "age", &err));
    assert_int_equal(fa_contact_draw(contact, &sheet, &err), -1);
    assert_string_equal(err.text, "no crops for a sheet");
    for (unsigned char i = 0; i < 3; i++) {
        const unsigned char grey[] = {(unsigned char)(i + 1), 0, 0};
        struct fa_record record = face("x", 1024, grey);
        assert_int_equal(fa_map_set(&record.labels, &record.arena, "age", fa_value_string(ages[i]), &err), 0);
        assert_int_equal(fa_contact_add(contact, &record, &err), 0);
        fa_record_free(&record);
    }
    assert_int_equal(fa_contact_draw(contact, &sheet, &err), 0);
    unsigned char met[4] = {0};
    size_t n = 0, size = 0;
    for (size_t i = 0; i < sheet.width * sheet.height; i++) {
        const unsigned char *pixel = sheet.pixel + 3 * i;
        bool is_face = pixel[0] && pixel[0] < 4 && !pixel[1] && !pixel[2];
        size += is_face;
        if (is_face && (!n || met[n - 1] != pixel[0]) && n < 4)
            met[n++] = pixel[0];
    }
    assert_int_equal(n, 3);
    assert_int_equal(size, 3 * 1024);
    assert_memory_equal(met, "\2\1\3", 3);
    fa_image_free(&sheet);
    fa_contact_free(contact);
}

/* ---- photographs ---- */

static bool is_blue(const struct fa_image *image, size_t x, size_t y)
{
    static const unsigned char blue[] = {70, 180, 255};
    return !memcmp(image->pixel + 3 * (y * image->width + x), blue, 3);
}

static bool is_orange(const struct fa_image *image, size_t x, size_t y)
{
    static const unsigned char orange[] = {255, 150, 20};
    return !memcmp(image->pixel + 3 * (y * image->width + x), orange, 3);
}

static void faces_are_framed_where_they_are(void **state)
{
    (void)state;
    struct fa_image photograph = canvas(1000, 800), drawn;
    const struct fa_face faces[] = {
        {.box = {100, 200, 300, 400}, .score = 0.9f, .has_points = true, .point = {{150, 250}, {250, 250}, {200, 300}, {160, 350}, {240, 350}}},
        {.box = {600, 100, 700, 250}},
        {.box = {-1e30f, 700, 1e30f, 1e9f}},
    };
    struct fa_sight sight = {&photograph, faces, 3, 1};
    struct fa_err err;
    assert_int_equal(fa_look_draw(&sight, NULL, &drawn, &err), 0);
    assert_int_equal(drawn.width, 1000);
    assert_int_equal(drawn.height, 800);
    assert_true(is_blue(&drawn, 100, 300) && is_blue(&drawn, 299, 300) && is_blue(&drawn, 200, 399)); /* the edges */
    assert_true(is_blue(&drawn, 103, 300) && !is_blue(&drawn, 105, 300));
    assert_true(is_blue(&drawn, 150, 250) && is_blue(&drawn, 240, 350)); /* points */
    assert_true(is_blue(&drawn, 101, 195));                             /* the score's tab */
    assert_false(is_blue(&drawn, 270, 300));
    assert_true(is_orange(&drawn, 600, 200) && is_orange(&drawn, 699, 200) && !is_orange(&drawn, 603, 200));
    assert_false(is_orange(&drawn, 601, 95)); /* without a score */
    assert_true(is_orange(&drawn, 500, 700));
    fa_image_free(&drawn);
    fa_image_free(&photograph);
}

static void photographs_are_brought_to_size(void **state)
{
    (void)state;
    static const size_t cases[][4] = {{64, 32, 640, 320}, {4096, 1, 2048, 1}, {640, 640, 640, 640}, {100, 3000, 68, 2048}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fa_image photograph = canvas(cases[i][0], cases[i][1]), drawn;
        const struct fa_face face = {.box = {10, 10, 20, 20}};
        struct fa_sight sight = {&photograph, &face, 1, 1};
        struct fa_err err;
        assert_int_equal(fa_look_draw(&sight, "small", &drawn, &err), 0);
        assert_int_equal(drawn.width, cases[i][2]);
        assert_int_equal(drawn.height, cases[i][3]);
        if (i == 0)
            assert_true(is_blue(&drawn, 100, 150) && is_blue(&drawn, 199, 150));
        fa_image_free(&drawn);
        fa_image_free(&photograph);
    }
}

static void a_reason_stands_even_without_a_photograph(void **state)
{
    (void)state;
    struct fa_image none = {0}, drawn;
    struct fa_sight sight = {&none, NULL, 0, 0};
    struct fa_err err;
    size_t bright = 0;
    assert_int_equal(fa_look_draw(&sight, "cannot open", &drawn, &err), 0);
    assert_int_equal(drawn.width, 640);
    for (size_t x = 0; x < 640; x++)
        for (size_t y = drawn.height - 30; y < drawn.height; y++)
            bright += drawn.pixel[3 * (y * 640 + x)] > 200;
    assert_in_range(bright, 100, 3000); /* letters on a dark bar */
    fa_image_free(&drawn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions_fill_and_stay_inside),
        cmocka_unit_test(frames_are_hollow),
        cmocka_unit_test(discs_are_cut_at_the_edge),
        cmocka_unit_test(writing_lays_ink),
        cmocka_unit_test(pasting_is_cut_at_the_edge),
        cmocka_unit_test(a_png_is_the_same_again),
        cmocka_unit_test(names_lead_nowhere_else),
        cmocka_unit_test(crops_come_out_red_first_and_no_larger),
        cmocka_unit_test(other_streams_are_no_pictures),
        cmocka_unit_test(sheets_are_in_order),
        cmocka_unit_test(faces_are_framed_where_they_are),
        cmocka_unit_test(photographs_are_brought_to_size),
        cmocka_unit_test(a_reason_stands_even_without_a_photograph),
    };
    return cmocka_run_group_tests_name("look", tests, start, stop);
}
