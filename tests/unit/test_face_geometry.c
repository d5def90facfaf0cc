/* Room face, what needs no network: similarity transforms, crop templates, suppression, choice and order of faces. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/face/candidate.h"
#include "fa/face.h"
#include "fa/rng.h"

/* cmocka's comparison rounds to float first. */
#define assert_near(is, want, by) assert_true(fabs((double)(is) - (double)(want)) <= (double)(by))

static void apply(const double m[6], double x, double y, double out[2])
{
    out[0] = m[0] * x + m[1] * y + m[2];
    out[1] = m[3] * x + m[4] * y + m[5];
}

static void known_transforms_are_recovered(void **state)
{
    (void)state;
    struct fa_rng rng = fa_rng_make(1, 0);
    struct fa_err err;
    for (int round = 0; round < 200; round++) {
        double angle = 6.3 * (double)fa_rng_unit(&rng), scale = exp(4 * (double)fa_rng_unit(&rng) - 2);
        double want[6] = {scale * cos(angle), -scale * sin(angle), 500 * (double)fa_rng_unit(&rng),
                          scale * sin(angle), scale * cos(angle),  -300 * (double)fa_rng_unit(&rng)};
        double from[10], to[10], m[6];
        size_t n = 2 + fa_rng_below(&rng, 4);
        for (size_t i = 0; i < n; i++) {
            from[2 * i] = 100 * (double)fa_rng_normal(&rng);
            from[2 * i + 1] = 100 * (double)fa_rng_normal(&rng);
            apply(want, from[2 * i], from[2 * i + 1], to + 2 * i);
        }
        assert_int_equal(fa_umeyama(from, to, n, m, &err), 0);
        for (int i = 0; i < 6; i++)
            assert_true(fabs(m[i] - want[i]) < 1e-9 * (1 + fabs(want[i])));
    }
}

static double misfit(const double *from, const double *to, size_t n, const double m[6])
{
    double sum = 0, at[2];
    for (size_t i = 0; i < n; i++) {
        apply(m, from[2 * i], from[2 * i + 1], at);
        sum += pow(at[0] - to[2 * i], 2) + pow(at[1] - to[2 * i + 1], 2);
    }
    return sum;
}

/* The example of Umeyama's paper, section IV: three points, and their mirror image moved and scaled. The best rotation:
 * R = (0.832 0.555; -0.555 0.832), c = 0.721, t = (-0.800 0.400). */
static void a_mirror_image_gives_the_best_rotation(void **state)
{
    (void)state;
    const double from[] = {0, 0, 1, 0, 0, 2}, to[] = {0, 0, -1, 0, 0, 2};
    double m[6];
    struct fa_err err;
    assert_int_equal(fa_umeyama(from, to, 3, m, &err), 0);
    assert_true(m[0] * m[4] - m[1] * m[3] > 0);
    assert_near(m[0], 0.721 * 0.832, 1e-3);
    assert_near(m[1], 0.721 * 0.555, 1e-3);
    assert_near(m[3], 0.721 * -0.555, 1e-3);
    assert_near(m[2], -0.8, 1e-3);
    assert_near(m[5], 0.4, 1e-3);
}

static void no_similarity_near_by_fits_better(void **state)
{
    (void)state;
    struct fa_rng rng = fa_rng_make(2, 0);
    struct fa_err err;
    double from[10], to[10], m[6];
    for (int i = 0; i < 10; i++) {
        from[i] = (double)fa_rng_normal(&rng);
        to[i] = from[i] + 0.3 * (double)fa_rng_normal(&rng);
    }
    assert_int_equal(fa_umeyama(from, to, 5, m, &err), 0);
    double best = misfit(from, to, 5, m);
    for (int i = 0; i < 8; i++) { /* a, b, x, y up and down */
        double step = i % 2 ? 1e-3 : -1e-3, other[6];
        memcpy(other, m, sizeof m);
        if (i < 2)
            other[0] += step, other[4] += step;
        else if (i < 4)
            other[3] += step, other[1] -= step;
        else
            other[i < 6 ? 2 : 5] += step;
        assert_true(misfit(from, to, 5, other) > best);
    }
}

static void degenerate_points_are_refused(void **state)
{
    (void)state;
    const double same[] = {3, 4, 3, 4, 3, 4}, other[] = {0, 0, 1, 0, 0, 2}, wild[] = {0, 0, NAN, 0, 0, 2};
    double m[6];
    struct fa_err err;
    assert_int_equal(fa_umeyama(same, other, 3, m, &err), -1);
    assert_string_equal(err.text, "no similarity transform fits the points");
    assert_int_equal(fa_umeyama(other, same, 3, m, &err), -1);
    assert_int_equal(fa_umeyama(other, wild, 3, m, &err), -1);
    assert_int_equal(fa_umeyama(other, other, 1, m, &err), -1);
    assert_int_equal(fa_umeyama(other, other, 0, m, &err), -1);
}

static void templates_are_parsed(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "box", "box-", "box-x", "box-1.15x",
                                        "box-0", "box-11", "box--1", "box-nan", "Arcface",
                                        "eyes", "eyes-0", "eyes-1.2 ", "chip", "chip--0.1", "chip-10.1", "chips-1"};
    struct fa_template crop;
    struct fa_err err;
    assert_int_equal(fa_template_parse(&crop, "box-1.15", &err), 0);
    assert_int_equal(crop.kind, FA_TEMPLATE_BOX);
    assert_near(crop.margin, 1.15, 1e-12);
    assert_int_equal(fa_template_parse(&crop, "arcface", &err), 0);
    assert_int_equal(crop.kind, FA_TEMPLATE_ARCFACE);
    assert_int_equal(fa_template_parse(&crop, "eyes-1.3", &err), 0);
    assert_int_equal(crop.kind, FA_TEMPLATE_EYES);
    assert_int_equal(fa_template_parse(&crop, "chip-0", &err), 0);
    assert_int_equal(crop.kind, FA_TEMPLATE_CHIP);
    assert_int_equal(fa_template_parse(&crop, "whole", &err), 0);
    assert_int_equal(crop.kind, FA_TEMPLATE_WHOLE);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(fa_template_parse(&crop, wrong[i], &err), -1);
        assert_non_null(strstr(err.text, "crop template"));
    }
}

/* Edges of the crop in the picture: pixel u of the crop covers u - 1/2 .. u + 1/2, and edges count from pixel -1/2. */
static void assert_edges(const double m[6], size_t width, size_t height, double left, double top, double right, double bottom)
{
    double first[2], last[2];
    apply(m, -0.5, -0.5, first);
    apply(m, (double)width - 0.5, (double)height - 0.5, last);
    assert_near(first[0] + 0.5, left, 1e-4);
    assert_near(first[1] + 0.5, top, 1e-4);
    assert_near(last[0] + 0.5, right, 1e-4);
    assert_near(last[1] + 0.5, bottom, 1e-4);
}

static void a_box_is_squared_about_its_centre(void **state)
{
    (void)state;
    const struct fa_face face = {.box = {10, 20, 50, 80}}, empty = {.box = {10, 20, 10, 80}};
    const struct fa_template crop = {FA_TEMPLATE_BOX, 1.5}, whole = {FA_TEMPLATE_WHOLE, 0};
    double m[6];
    struct fa_err err;
    assert_int_equal(fa_template_transform(&crop, &face, 160, 160, m, &err), 0);
    assert_edges(m, 160, 160, 30 - 45, 50 - 45, 30 + 45, 50 + 45);
    assert_int_equal(fa_template_transform(&crop, &face, 100, 200, m, &err), 0);
    assert_edges(m, 100, 200, 30 - 45, 50 - 90, 30 + 45, 50 + 90);
    assert_int_equal(fa_template_transform(&whole, &face, 7, 9, m, &err), 0);
    assert_edges(m, 7, 9, 10, 20, 50, 80);
    assert_int_equal(fa_template_transform(&crop, &empty, 7, 9, m, &err), -1);
    assert_string_equal(err.text, "the face's box is empty");
}

static void arcface_brings_points_to_their_places(void **state)
{
    (void)state;
    const struct fa_template crop = {FA_TEMPLATE_ARCFACE, 0};
    struct fa_face face = {.has_points = true, .point = {{38.2946f, 51.6963f},
                                                         {73.5318f, 51.5014f},
                                                         {56.0252f, 71.7366f},
                                                         {41.5493f, 92.3655f},
                                                         {70.7299f, 92.2041f}}};
    double m[6], at[2];
    struct fa_err err;
    assert_int_equal(fa_template_transform(&crop, &face, 112, 112, m, &err), 0);
    for (int i = 0; i < 6; i++)
        assert_near(m[i], i == 0 || i == 4 ? 1 : 0, 1e-4);
    assert_int_equal(fa_template_transform(&crop, &face, 224, 224, m, &err), 0);
    assert_edges(m, 224, 224, 0, 0, 112, 112);
    assert_int_equal(fa_template_transform(&crop, &face, 112, 152, m, &err), 0);
    assert_edges(m, 112, 152, 0, -20, 112, 132);
    for (int i = 0; i < FA_FACE_POINTS; i++) { /* a face on its side */
        float x = face.point[i][0];
        face.point[i][0] = 300 - 2 * face.point[i][1];
        face.point[i][1] = 40 + 2 * x;
    }
    assert_int_equal(fa_template_transform(&crop, &face, 112, 112, m, &err), 0);
    apply(m, 56.0252, 71.7366, at);
    assert_near(at[0], face.point[2][0], 1e-3);
    assert_near(at[1], face.point[2][1], 1e-3);
    face.has_points = false;
    assert_int_equal(fa_template_transform(&crop, &face, 112, 112, m, &err), -1);
    assert_string_equal(err.text, "this crop template wants a detector that finds points");
}

/* A face that lies 30 degrees askew: the eyes are level in the crop, as far apart as said, and the crop is the box-1.5 of a
 * face whose eyes lie where they mostly do. */
static void eyes_are_levelled(void **state)
{
    (void)state;
    struct fa_template crop;
    struct fa_err err;
    double m[6], left[2], right[2], c = cos(0.5235987755982988), s = sin(0.5235987755982988);
    struct fa_face face = {.has_points = true, .point = {{100, 80}, {(float)(100 + 60 * c), (float)(80 + 60 * s)}}};
    assert_int_equal(fa_template_parse(&crop, "eyes-1.5", &err), 0);
    assert_int_equal(fa_template_transform(&crop, &face, 160, 200, m, &err), 0);
    double y = 20 + 160 * (0.5 - 0.115 / 1.5) - 0.5, half = 0.5 * 160 * 0.342 / 1.5;
    apply(m, 79.5 - half, y, left);
    apply(m, 79.5 + half, y, right);
    for (int k = 0; k < 2; k++) {
        assert_near(left[k], face.point[0][k], 1e-3);
        assert_near(right[k], face.point[1][k], 1e-3);
    }
    face = (struct fa_face){.box = {10, 20, 110, 120}, .has_points = true, .point = {{42.4f, 58}, {76.6f, 58}}};
    double box[6];
    assert_int_equal(fa_template_transform(&crop, &face, 160, 160, m, &err), 0);
    crop.kind = FA_TEMPLATE_BOX;
    assert_int_equal(fa_template_transform(&crop, &face, 160, 160, box, &err), 0);
    for (int k = 0; k < 6; k++)
        assert_near(m[k], box[k], k % 3 == 2 ? 0.51 : 1e-4); /* points count from the middle of pixels, boxes from edges */
}

/* dlib puts landmark (x, y) of its mean face at (padding + x) / (1 + 2 padding) of the chip's side. */
static void chips_are_dlibs(void **state)
{
    (void)state;
    struct fa_template crop;
    struct fa_err err;
    double m[6], at[2];
    struct fa_face face = {.has_points = true};
    const double nose[2] = {0.490127, 0.515625}, mouth[2] = {0.254149, 0.780233};
    const double mean[5][2] = {{0.225492, 0.21599}, {0.754761, 0.21599}, {0.490127, 0.515625}, {0.254149, 0.780233}, {0.726104, 0.780233}};
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 2; k++)
            face.point[i][k] = (float)(50 + 200 * mean[i][k]);
    for (int wide = 0; wide < 2; wide++) {
        double padding = wide ? 1.25 : 0.25, side = 1 + 2 * padding;
        assert_int_equal(fa_template_parse(&crop, wide ? "chip-1.25" : "chip-0.25", &err), 0);
        assert_int_equal(fa_template_transform(&crop, &face, 224, 224, m, &err), 0);
        apply(m, 224 * (nose[0] + padding) / side - 0.5, 224 * (nose[1] + padding) / side - 0.5, at);
        assert_near(at[0], 50 + 200 * nose[0], 1e-3);
        assert_near(at[1], 50 + 200 * nose[1], 1e-3);
        apply(m, 224 * (mouth[0] + padding) / side - 0.5, 224 * (mouth[1] + padding) / side - 0.5, at);
        assert_near(at[0], 50 + 200 * mouth[0], 1e-3);
        assert_near(at[1], 50 + 200 * mouth[1], 1e-3);
    }
}

static void add(struct candidates *list, double left, double top, double right, double bottom, double score)
{
    struct fa_err err;
    struct candidate *candidate = fa_candidates_add(list, &err);
    assert_non_null(candidate);
    *candidate = (struct candidate){.box = {left, top, right, bottom}, .score = score};
}

static void suppression_keeps_the_best_of_each_heap(void **state)
{
    (void)state;
    struct candidates list = {0};
    add(&list, 0, 0, 9, 9, 0.99);   /* before first: not looked at */
    add(&list, 0, 0, 10, 10, 0.5);  /* 90/110 of the next in common */
    add(&list, 1, 0, 11, 10, 0.8);
    add(&list, 30, 30, 40, 40, 0.7);
    add(&list, 33, 30, 43, 40, 0.7); /* 70/130 */
    add(&list, 1, 0, 6, 5, 0.9);     /* 25/100 */
    fa_candidates_suppress(&list, 1, OVERLAP_UNION, 0.6, 0);
    assert_int_equal(list.n, 5);
    assert_near(list.item[1].score, 0.9, 0);
    assert_near(list.item[2].score, 0.8, 0);
    assert_near(list.item[3].box[0], 33, 0); /* equal scores: the last to come is the better */
    assert_near(list.item[4].box[0], 30, 0);
    fa_candidates_suppress(&list, 1, OVERLAP_UNION, 0.53, 0);
    assert_int_equal(list.n, 4);
    fa_candidates_suppress(&list, 1, OVERLAP_MIN, 0.99, 0); /* the small one lies within the large one: 25/25 */
    assert_int_equal(list.n, 3);
    assert_near(list.item[1].score, 0.9, 0);
    free(list.item);
}

static void a_box_may_include_its_last_pixel(void **state)
{
    (void)state;
    struct candidates list = {0};
    add(&list, 0, 0, 9, 9, 0.9);
    add(&list, 9, 0, 18, 9, 0.8); /* one column of ten in common, or only an edge */
    fa_candidates_suppress(&list, 0, OVERLAP_UNION, 0.001, 0);
    assert_int_equal(list.n, 2);
    fa_candidates_suppress(&list, 0, OVERLAP_UNION, 0.001, 1);
    assert_int_equal(list.n, 1);
    fa_candidates_suppress(&list, 1, OVERLAP_UNION, 0.001, 1);
    assert_int_equal(list.n, 1);
    free(list.item);
}

/* A picture of 400x300 that was cut around one face of a group. */
static void the_main_face_is_near_the_centre_and_large(void **state)
{
    (void)state;
    const struct fa_face group[] = {
        {.box = {5, 40, 125, 160}},    /* the largest, at the edge */
        {.box = {150, 100, 250, 200}}, /* 100x100 in the middle */
        {.box = {190, 140, 210, 160}}, /* 20x20 in the very centre */
        {.box = {260, 100, 370, 210}},
    };
    assert_int_equal(fa_face_main(group, 4, 400, 300), 1);
    assert_int_equal(fa_face_main(group, 1, 400, 300), 0);
    assert_int_equal(fa_face_main(group + 2, 2, 400, 300), 0); /* 12100 - 2*(115^2+5^2) < 400 - 0 */
    const struct fa_face two[] = {{.box = {0, 0, 50, 50}}, {.box = {60, 0, 110, 50}}, {.box = {0, 0, 50, 50}}};
    assert_int_equal(fa_face_main(two, 3, 110, 50), 0); /* equal worth: the first, which is the one of better score */
}

static void faces_are_read_like_a_page(void **state)
{
    (void)state;
    struct fa_face page[] = {
        {.box = {200, 110, 240, 150}, .score = 5}, {.box = {100, 12, 140, 52}, .score = 2},
        {.box = {10, 18, 50, 58}, .score = 1},     {.box = {20, 100, 60, 140}, .score = 4},   {.box = {190, 0, 230, 40}, .score = 3},
    };
    fa_face_sort(page, 5);
    for (int i = 0; i < 5; i++)
        assert_near(page[i].score, i + 1, 0);
    fa_face_sort(page, 0);
}

static void stand_ins_lie_as_documented(void **state)
{
    (void)state;
    struct fa_face whole = fa_face_whole(300, 200), centre = fa_face_centre(300, 200);
    const float want_whole[] = {0, 0, 300, 200}, want_centre[] = {75, 25, 225, 175};
    assert_memory_equal(whole.box, want_whole, sizeof want_whole);
    assert_memory_equal(centre.box, want_centre, sizeof want_centre);
    assert_false(whole.has_points || centre.has_points);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_transforms_are_recovered),
        cmocka_unit_test(a_mirror_image_gives_the_best_rotation),
        cmocka_unit_test(no_similarity_near_by_fits_better),
        cmocka_unit_test(degenerate_points_are_refused),
        cmocka_unit_test(templates_are_parsed),
        cmocka_unit_test(a_box_is_squared_about_its_centre),
        cmocka_unit_test(arcface_brings_points_to_their_places),
        cmocka_unit_test(eyes_are_levelled),
        cmocka_unit_test(chips_are_dlibs),
        cmocka_unit_test(suppression_keeps_the_best_of_each_heap),
        cmocka_unit_test(a_box_may_include_its_last_pixel),
        cmocka_unit_test(the_main_face_is_near_the_centre_and_large),
        cmocka_unit_test(faces_are_read_like_a_page),
        cmocka_unit_test(stand_ins_lie_as_documented),
    };
    return cmocka_run_group_tests_name("face geometry", tests, NULL, NULL);
}
