/* Room report: thumbnails, and drawings of tables at their edges. */
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

#include "fa/image.h"
#include "fa/report.h"

static char folder[] = "/tmp/fa-report-XXXXXX";

static int enter(void **state)
{
    (void)state;
    return !mkdtemp(folder) || chdir(folder) ? -1 : 0;
}

static int leave(void **state)
{
    (void)state;
    return chdir("/") || rmdir(folder) ? -1 : 0;
}

/* ---- thumbnails ---- */

/* Two crops of 8x4 pixels, red left and blue right, if order says what it is. */
static void write_crops(const char *order)
{
    struct fa_err err;
    struct fa_header header = {.kind = FA_CROP, .dtype = FA_U8, .rank = 3, .dim = {4, 8, 3}};
    struct fa_arena arena = {0};
    int fd = open("crops", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fa_map_set(&header.map, &arena, "order", fa_value_string(order), &err), 0);
    struct fa_writer *writer = fa_writer_open(fd, "crops", &header, &err);
    assert_non_null(writer);
    for (int i = 0; i < 2; i++) {
        struct fa_record record = {.id = i ? "b" : "a"};
        unsigned char *pixel = fa_record_payload(&record, 96, 1, &err);
        assert_non_null(pixel);
        for (size_t k = 0; k < 32; k++)
            memcpy(pixel + 3 * k, k % 8 < 4 ? "\xff\0\0" : "\0\0\xff", 3);
        assert_int_equal(fa_writer_put(writer, &record, &err), 0);
        fa_record_free(&record);
    }
    assert_int_equal(fa_writer_end(writer, &err), 0);
    fa_writer_close(writer);
    close(fd);
    fa_arena_free(&arena);
}

/* The picture of a JPEG. */
static void decode(const unsigned char *jpeg, size_t n, struct fa_image *image)
{
    struct fa_err err;
    struct fa_decoder *decoder = fa_decoder_open(&err);
    FILE *file = fopen("a.jpg", "wb");
    assert_true(decoder && file);
    assert_int_equal(fwrite(jpeg, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(fa_image_decode(decoder, "a.jpg", FA_IMAGE_MAX_PIXELS, image, &err), 0);
    fa_decoder_close(decoder);
    unlink("a.jpg");
}

static void check_thumbnail(const char *order, size_t side, size_t width, bool red_first)
{
    struct fa_err err;
    struct fa_image image;
    size_t n;
    write_crops(order);
    struct fa_thumbnails *thumbnails = fa_thumbnails_new(&err);
    assert_non_null(thumbnails);
    assert_int_equal(fa_thumbnails_want(thumbnails, "b", &err), 0);
    assert_int_equal(fa_thumbnails_want(thumbnails, "b", &err), 0);
    assert_int_equal(fa_thumbnails_want(thumbnails, "nobody", &err), 0);
    assert_int_equal(fa_thumbnails_read(thumbnails, "crops", side, &err), 0);
    assert_int_equal(fa_thumbnails_wanted(thumbnails), 2);
    assert_int_equal(fa_thumbnails_found(thumbnails), 1);
    assert_null(fa_thumbnails_find(thumbnails, "a", &n));
    assert_null(fa_thumbnails_find(thumbnails, "nobody", &n));
    const unsigned char *jpeg = fa_thumbnails_find(thumbnails, "b", &n);
    assert_non_null(jpeg);
    decode(jpeg, n, &image);
    assert_int_equal(image.width, width);
    assert_int_equal(image.height, width / 2);
    assert_true((image.pixel[0] > image.pixel[2]) == red_first);
    fa_image_free(&image);
    fa_thumbnails_free(thumbnails);
    unlink("crops");
}

static void a_thumbnail_is_the_crop_made_smaller(void **state)
{
    (void)state;
    check_thumbnail("rgb", 4, 4, true);
    check_thumbnail("bgr", 4, 4, false);
    check_thumbnail("rgb", 100, 8, true);
}

/* ---- chance ---- */

static void chance_depends_on_seed_and_id_alone(void **state)
{
    (void)state;
    double sum = 0;
    for (int i = 0; i < 10000; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d.jpg", i);
        double chance = fa_report_chance(1, id);
        assert_true(chance >= 0 && chance < 1 && chance == fa_report_chance(1, id));
        assert_true(chance != fa_report_chance(2, id));
        sum += chance;
    }
    assert_true(fabs(sum / 10000 - 0.5) < 0.02);
}

/* ---- drawings ---- */

static struct fa_table *table_of(const char *text)
{
    struct fa_err err;
    FILE *file = fopen("table.csv", "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
    struct fa_table *table = fa_table_read("table.csv", &err);
    assert_non_null(table);
    unlink("table.csv");
    return table;
}

struct drawn {
    char *text[8];
    size_t n;
};

static int draw(const struct fa_drawing *drawing, void *arg, struct fa_err *err)
{
    struct drawn *drawn = arg;
    size_t size;
    FILE *file = open_memstream(&drawn->text[drawn->n++], &size);
    assert_non_null(file);
    int rc = fa_drawing_write(file, drawing, err);
    assert_int_equal(fclose(file), 0);
    return rc;
}

/* All drawings of tables alone. Returns what fa_report_drawings() did. */
static int draw_tables(struct drawn *drawn, const char *history, const char *trials, const char *epochs, struct fa_err *err)
{
    const struct fa_evaluation nothing = {0};
    struct fa_table *table[] = {history ? table_of(history) : NULL, trials ? table_of(trials) : NULL, epochs ? table_of(epochs) : NULL};
    const struct fa_report report = {.evaluation = &nothing, .history = table[0], .trials = table[1], .epochs = table[2]};
    *drawn = (struct drawn){0};
    int rc = fa_report_drawings(&report, draw, drawn, err);
    for (size_t i = 0; i < 3; i++)
        fa_table_free(table[i]);
    return rc;
}

static void free_drawn(struct drawn *drawn)
{
    for (size_t i = 0; i < drawn->n; i++)
        free(drawn->text[i]);
}

/* Nothing that is no number gets into a drawing: not one epoch, not equal values, not empty cells, not infinity. */
static void tables_at_their_edges_are_drawn(void **state)
{
    (void)state;
    struct fa_err err;
    struct drawn drawn;
    assert_int_equal(draw_tables(&drawn, "seed,epoch,loss,val_loss,a accuracy\n1,1,2,,0.5\n",
                                 "score,parameters,p,q\n0.5,1,inf,x\n0.5,1,1e300,y\n0.5,1,0,\n,1,7,z\n", "id,epoch,val_loss\n1,1,nan\n1,2,\n", &err), 0);
    assert_int_equal(drawn.n, 4);
    for (size_t i = 0; i < drawn.n; i++) {
        assert_null(strstr(drawn.text[i], "nan"));
        assert_null(strstr(drawn.text[i], "\"inf"));
        assert_non_null(strstr(drawn.text[i], "</svg>"));
    }
    free_drawn(&drawn);
    assert_int_equal(draw_tables(&drawn, NULL, "score,parameters,p\n", NULL, &err), 0);
    assert_int_equal(drawn.n, 1);
    free_drawn(&drawn);
}

static void a_table_without_its_columns_is_refused(void **state)
{
    (void)state;
    struct fa_err err;
    struct drawn drawn;
    assert_int_equal(draw_tables(&drawn, "epoch,loss\n1,1\n", NULL, NULL, &err), -1);
    assert_non_null(strstr(err.text, "no column \"val_loss\""));
    free_drawn(&drawn);
    assert_int_equal(draw_tables(&drawn, NULL, "score\n1\n", NULL, &err), -1);
    assert_non_null(strstr(err.text, "no column \"parameters\""));
    free_drawn(&drawn);
    assert_int_equal(draw_tables(&drawn, NULL, NULL, "val_loss\n1\n", &err), -1);
    assert_non_null(strstr(err.text, "no column \"epoch\""));
    free_drawn(&drawn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thumbnail_is_the_crop_made_smaller),
        cmocka_unit_test(chance_depends_on_seed_and_id_alone),
        cmocka_unit_test(tables_at_their_edges_are_drawn),
        cmocka_unit_test(a_table_without_its_columns_is_refused),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
