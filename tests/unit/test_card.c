/* Cards: every one that the suite carries is read, and a wrong line is named. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fa/card.h"

static const char good[] = "# a comment\n\nkind = embedder\nweights = pip some-package 1.2 folder/net.onnx\n"
                           "input = 112x96 bgr nchw\nmean = 1 2 3\nscale = .5\ncrop = arcface\n"
                           "feature = output l2\nfeature = a/b/Relu mean 0.25\n";

static void a_card_is_read(void **state)
{
    (void)state;
    struct fa_err err = {""};
    struct fa_card *card = fa_card_parse("x/my.card", good, NULL, 0, &err);
    assert_string_equal(err.text, "");
    assert_non_null(card);
    assert_string_equal(card->name, "my");
    assert_string_equal(card->weights[0].file, "some-package-1.2/net.onnx");
    assert_int_equal(card->width, 112);
    assert_int_equal(card->height, 96);
    assert_true(card->bgr && card->nchw);
    assert_true(card->mean[2] == 3 && card->scale[2] == 0.5f);
    assert_int_equal(card->nfeatures, 2);
    assert_null(card->feature[0].value);
    assert_int_equal(card->feature[0].pool, FA_POOL_L2);
    assert_string_equal(card->feature[1].value, "a/b/Relu");
    assert_true(card->feature[1].scale == 0.25f);
    fa_card_free(card);
}

static void set_lines_take_the_place_of_the_cards(void **state)
{
    (void)state;
    struct fa_err err = {""};
    const char *set[] = {"feature=x none", "weights = file my net.onnx", "mean=127"};
    struct fa_card *card = fa_card_parse("my", good, set, 3, &err);
    assert_string_equal(err.text, "");
    assert_non_null(card);
    assert_int_equal(card->nfeatures, 1);
    assert_string_equal(card->feature[0].value, "x");
    assert_int_equal(card->nweights, 1);
    assert_string_equal(card->weights[0].file, "my net.onnx");
    assert_true(card->mean[0] == 127 && card->mean[2] == 127);
    fa_card_free(card);
    set[0] = "colour = red";
    assert_null(fa_card_parse("my", good, set, 1, &err));
    assert_string_equal(err.text, "'colour = red': unknown key 'colour'");
}

static void heads_have_classes_with_blanks(void **state)
{
    (void)state;
    struct fa_err err = {""};
    const char *set[] = {"head = race  White ,East Asian,\tMiddle Eastern ", "head = gender Male, Female"};
    struct fa_card *card = fa_card_parse("my", good, set, 2, &err);
    assert_string_equal(err.text, "");
    assert_non_null(card);
    assert_int_equal(card->nheads, 2);
    assert_string_equal(card->head[0].name, "race");
    assert_int_equal(card->head[0].nclasses, 3);
    assert_string_equal(card->head[0].class[0], "White");
    assert_string_equal(card->head[0].class[1], "East Asian");
    assert_string_equal(card->head[0].class[2], "Middle Eastern");
    assert_string_equal(card->head[1].class[1], "Female");
    fa_card_free(card);
}

static void wrong_lines_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"kind = cat\n", "my: line 1: kind: 'cat' (want embedder or detector)"},
        {"\nkind\n", "my: line 2: 'kind' is no 'key = value' line"},
        {"kind = embedder\nkind = embedder\n", "my: line 2: kind: stands twice"},
        {"mean =\n", "my: line 1: mean: no value"},
        {"mean = 1 2\n", "my: line 1: mean: '1 2' (want one number or three)"},
        {"mean = nan\n", "my: line 1: mean: 'nan' (want one number or three)"},
        {"input = 0x112 rgb nchw\n", "my: line 1: input: '0x112 rgb nchw' (want 'WIDTHxHEIGHT rgb|bgr nchw|nhwc')"},
        {"input = 112x112x3 rgb nchw\n", "my: line 1: input: '112x112x3 rgb nchw' (want"},
        {"sha256 = 00\n", "my: line 1: sha256: '00' (want 64"},
        {"weights = pip a\n", "my: line 1: weights: 'pip a' (want"},
        {"feature = x max\n", "my: line 1: feature: 'x max' (want 'VALUE none|l2|mean|log [SCALE]')"},
        {"head = age\n", "my: line 1: head: 'age' (want 'NAME CLASS, CLASS, ...')"},
        {"head = age 0-2, , 9\n", "my: line 1: head: 'age 0-2, , 9' (want"},
        {"head = a b, c\nhead = a d, e\n", "my: line 2: head: 'a' stands twice"},
        {"min-face = 20 30\n", "my: line 1: min-face: '20 30' (want a number above 0)"},
        {"thresholds = 0.6 x\n", "my: line 1: thresholds: '0.6 x' (want up to three numbers above 0)"},
        {"thresholds = 1 1 1 1\n", "my: line 1: thresholds: '1 1 1 1' (want up to three"},
        {"factor = -1\n", "my: line 1: factor: '-1' (want a number above 0)"},
        {"kind = embedder\n", "my: no weights"},
        {"weights = file a\n", "my: no input"},
        {"weights = file a\ninput = 1x1 rgb nchw\n", "my: no crop"},
        {"kind = detector\nweights = file a\n", "my: no detector"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fa_err err = {""};
        assert_null(fa_card_parse("my", cases[i].text, NULL, 0, &err));
        if (strncmp(err.text, cases[i].message, strlen(cases[i].message)) != 0)
            fail_msg("'%s', want '%s'", err.text, cases[i].message);
    }
}

static void detectors_may_say_what_they_are_used_with(void **state)
{
    (void)state;
    struct fa_err err = {""};
    static const char text[] = "kind = detector\ndetector = mtcnn\nweights = file a\nmin-face = 20\nfactor = .8\nthresholds = .5 .6 .7\n";
    struct fa_card *card = fa_card_parse("my", text, NULL, 0, &err);
    assert_string_equal(err.text, "");
    assert_true(card->min_face == 20 && card->nthresholds == 3);
    assert_true(fabs(card->factor - 0.8) < 1e-6 && fabs(card->threshold[2] - 0.7) < 1e-6);
    fa_card_free(card);
}

static void the_suites_own_cards_are_good(void **state)
{
    (void)state;
    static const char *const name[] = {"mtcnn", "rfb", "yunet", "facenet", "facenet-taps", "facenet-vggface2", "mobilefacenet", "fairface-resnet34"};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        struct fa_err err = {""};
        struct fa_arena arena = {0};
        struct fa_card *card = fa_card_read(fa_arena_printf(&arena, &err, "pipelines/models/%s.card", name[i]), NULL, 0, &err);
        assert_string_equal(err.text, "");
        assert_non_null(card);
        assert_string_equal(card->name, name[i]);
        assert_int_equal(card->nweights, i < 2 ? 3 - i : 1);
        fa_card_free(card);
        fa_arena_free(&arena);
    }
    struct fa_err err;
    assert_null(fa_card_read("pipelines/models/none.card", NULL, 0, &err));
    assert_string_equal(err.text, "pipelines/models/none.card: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_is_read),
        cmocka_unit_test(set_lines_take_the_place_of_the_cards),
        cmocka_unit_test(heads_have_classes_with_blanks),
        cmocka_unit_test(wrong_lines_are_named),
        cmocka_unit_test(detectors_may_say_what_they_are_used_with),
        cmocka_unit_test(the_suites_own_cards_are_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
