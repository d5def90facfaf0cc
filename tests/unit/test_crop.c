/* What is done to crops: changed copies, light, blur; and what is said of them: angle, sharpness, exposure. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fa/augment.h"
#include "fa/face.h"
#include "fa/rng.h"

#define assert_near(is, want, by) assert_true(fabs((double)(is) - (double)(want)) <= (double)(by))

static struct fa_image blank(size_t width, size_t height, unsigned char value)
{
    struct fa_image image;
    struct fa_err err;
    assert_int_equal(fa_image_new(&image, width, height, &err), 0);
    memset(image.pixel, value, 3 * width * height);
    return image;
}

static const struct fa_change same = {.zoom = 1, .light = 1};

/* Where the pixel of the crop at (x, y) lies in the copy. */
static void place(const struct fa_change *change, size_t width, size_t height, double x, double y, double out[2])
{
    double m[6] = {1, 0, 0, 0, 1, 0};
    fa_change_transform(change, width, height, m);
    double det = m[0] * m[4] - m[1] * m[3];
    x -= m[2];
    y -= m[5];
    out[0] = (m[4] * x - m[1] * y) / det;
    out[1] = (m[0] * y - m[3] * x) / det;
}

static void changes_move_what_they_say(void **state)
{
    (void)state;
    struct fa_change change = same;
    double at[2];
    place(&change, 21, 11, 3, 4, at);
    assert_near(at[0], 3, 1e-12);
    assert_near(at[1], 4, 1e-12);
    change.flip = true;
    place(&change, 21, 11, 3, 4, at);
    assert_near(at[0], 17, 1e-12);
    assert_near(at[1], 4, 1e-12);
    change = same;
    change.rotate = 90; /* clockwise: what is right of the middle comes to lie below it */
    place(&change, 21, 11, 13, 5, at);
    assert_near(at[0], 10, 1e-12);
    assert_near(at[1], 8, 1e-12);
    change = (struct fa_change){.zoom = 2, .shift = {1, -2}, .light = 1};
    place(&change, 21, 11, 13, 6, at);
    assert_near(at[0], 17, 1e-12);
    assert_near(at[1], 5, 1e-12);
    change = (struct fa_change){.flip = true, .rotate = 90, .zoom = 2, .shift = {1, 0}, .light = 1}; /* in this order */
    place(&change, 21, 11, 13, 5, at);
    assert_near(at[0], 11, 1e-12);
    assert_near(at[1], -1, 1e-12);
}

/* On top of a transform that is there, with its own turn and shift. */
static void changes_go_before_the_transform(void **state)
{
    (void)state;
    const double m[6] = {2, -1, 30, 1, 2, 40};
    double changed[6], at[2];
    struct fa_change change = {.flip = true, .rotate = 20, .zoom = 1.3, .shift = {4, 3}, .light = 1};
    memcpy(changed, m, sizeof m);
    fa_change_transform(&change, 50, 40, changed);
    place(&change, 50, 40, 7, 9, at);
    for (int axis = 0; axis < 2; axis++)
        assert_near(changed[3 * axis] * at[0] + changed[3 * axis + 1] * at[1] + changed[3 * axis + 2],
                    m[3 * axis] * 7 + m[3 * axis + 1] * 9 + m[3 * axis + 2], 1e-9);
}

static void draws_are_uniform_and_repeat(void **state)
{
    (void)state;
    const struct fa_augment augment = {.seed = 3, .flip = true, .rotate = 10, .shift = 4, .zoom = 0.5, .light = 0.2, .blur = 1};
    double sum[6] = {0}, most[6] = {0};
    const double bound[6] = {10, 4, 4, log(1.5), 0.2, 1};
    enum { N = 4000 };
    for (size_t k = 1; k <= N; k++) {
        struct fa_change change = fa_augment_draw(&augment, "a.jpg", k), again = fa_augment_draw(&augment, "a.jpg", k);
        double value[6] = {change.rotate, change.shift[0], change.shift[1], log(change.zoom), change.light - 1, change.blur};
        assert_memory_equal(&change.rotate, &again.rotate, sizeof change - offsetof(struct fa_change, rotate));
        assert_int_equal(change.flip, k % 2);
        for (int i = 0; i < 6; i++) {
            sum[i] += value[i] / bound[i] / N;
            most[i] = fmax(most[i], fabs(value[i]) / bound[i]);
        }
    }
    for (int i = 0; i < 6; i++) {
        assert_near(sum[i], i == 5 ? 0.5 : 0, 0.04);
        assert_true(most[i] > 0.99 && most[i] <= 1 + 1e-9);
    }
}

static void draws_depend_on_seed_id_and_copy(void **state)
{
    (void)state;
    struct fa_augment augment = {.seed = 1, .rotate = 10}, more = {.seed = 1, .rotate = 10, .shift = 4, .blur = 1};
    double first = fa_augment_draw(&augment, "a.jpg#1", 1).rotate;
    assert_near(fa_augment_draw(&more, "a.jpg#1", 1).rotate, first, 0); /* whatever else is changed */
    assert_true(fa_augment_draw(&augment, "a.jpg#2", 1).rotate != first);
    assert_true(fa_augment_draw(&augment, "a.jpg#1", 2).rotate != first);
    augment.seed = 2;
    assert_true(fa_augment_draw(&augment, "a.jpg#1", 1).rotate != first);
    const struct fa_augment flip = {.flip = true};
    struct fa_change change = fa_augment_draw(&flip, "a", 1);
    assert_true(change.flip && change.rotate == 0 && change.zoom == 1 && change.light == 1 && change.blur == 0);
}

static void light_is_a_factor(void **state)
{
    (void)state;
    struct fa_image image = blank(2, 1, 100);
    image.pixel[0] = 250;
    fa_image_light(&image, 1.2);
    assert_int_equal(image.pixel[0], 255);
    assert_int_equal(image.pixel[5], 120);
    fa_image_light(&image, 0);
    assert_int_equal(image.pixel[0], 0);
    fa_image_free(&image);
}

/* One white pixel gives the Gaussian, in x times y; at the edge what lies beyond is as the edge, so that a white picture stays. */
static void blur_is_a_gaussian(void **state)
{
    (void)state;
    const double sigma = 1.3;
    struct fa_image image = blank(21, 17, 0), white = blank(3, 5, 255);
    struct fa_err err;
    double total = 0;
    memset(image.pixel + 3 * (8 * 21 + 10), 255, 3);
    assert_int_equal(fa_image_blur(&image, sigma, &err), 0);
    for (long k = -4; k <= 4; k++)
        total += exp(-0.5 * (double)(k * k) / sigma / sigma);
    for (long y = 0; y < 17; y++)
        for (long x = 0; x < 21; x++) {
            long dx = x - 10, dy = y - 8;
            double want = labs(dx) > 4 || labs(dy) > 4 ? 0 : 255 * exp(-0.5 * (double)(dx * dx + dy * dy) / sigma / sigma);
            assert_near(image.pixel[3 * (y * 21 + x) + 1], want / total / total, 0.51);
        }
    assert_int_equal(fa_image_blur(&white, 4, &err), 0);
    for (int i = 0; i < 45; i++)
        assert_int_equal(white.pixel[i], 255);
    fa_image_free(&image);
    fa_image_free(&white);
}

/* Of Y = c + A cos(w x): the Laplacian is 2 (cos w - 1) A cos(w x), whatever c and A. */
static void sharpness_is_the_laplacians_share(void **state)
{
    (void)state;
    struct fa_image image = blank(258, 60, 0);
    struct fa_quality quality;
    struct fa_err err;
    for (int dark = 0; dark < 2; dark++) {
        const double w = 2 * 3.141592653589793 / 16;
        for (size_t i = 0; i < 258 * 60; i++)
            memset(image.pixel + 3 * i, (int)lrint((dark ? 60 : 120) + (dark ? 50 : 100) * cos(w * (double)(i % 258))), 3);
        assert_int_equal(fa_image_quality(&image, &quality, &err), 0);
        assert_near(quality.sharpness, 4 * (1 - cos(w)) * (1 - cos(w)), 0.001);
        assert_near(quality.exposure, (dark ? 60 : 120) / 255.0, 0.005);
        assert_near(quality.clipped, 0, 0);
    }
    struct fa_rng rng = fa_rng_make(1, 1);
    for (size_t i = 0; i < 258 * 60; i++)
        memset(image.pixel + 3 * i, (int)fa_rng_below(&rng, 256), 3);
    assert_int_equal(fa_image_quality(&image, &quality, &err), 0);
    assert_near(quality.sharpness, 20, 0.5); /* 4^2 + 4 * 1^2 */
    fa_image_free(&image);
}

static void clipped_pixels_are_counted(void **state)
{
    (void)state;
    struct fa_image image = blank(5, 2, 100), dot = blank(1, 1, 255);
    struct fa_quality quality;
    struct fa_err err;
    const unsigned char odd[] = {0, 1, 1, 0, 2, 0, 253, 253, 253, 10, 254, 9};
    memcpy(image.pixel, odd, sizeof odd);
    assert_int_equal(fa_image_quality(&image, &quality, &err), 0);
    assert_near(quality.clipped, 0.2, 1e-12);
    assert_int_equal(fa_image_quality(&dot, &quality, &err), 0);
    assert_true(quality.sharpness == 0 && quality.clipped == 1);
    assert_near(quality.exposure, 1, 1e-9);
    fa_image_free(&image);
    fa_image_free(&dot);
}

static void the_angle_is_that_of_the_eyes(void **state)
{
    (void)state;
    struct fa_face face = {.has_points = true, .point = {{10, 20}, {30, 20}}};
    assert_near(fa_face_angle(&face), 0, 1e-9);
    face.point[1][1] = 40;
    assert_near(fa_face_angle(&face), 45, 1e-6);
    face.point[1][0] = -10;
    face.point[1][1] = 0;
    assert_near(fa_face_angle(&face), -135, 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_move_what_they_say),
        cmocka_unit_test(changes_go_before_the_transform),
        cmocka_unit_test(draws_are_uniform_and_repeat),
        cmocka_unit_test(draws_depend_on_seed_id_and_copy),
        cmocka_unit_test(light_is_a_factor),
        cmocka_unit_test(blur_is_a_gaussian),
        cmocka_unit_test(sharpness_is_the_laplacians_share),
        cmocka_unit_test(clipped_pixels_are_counted),
        cmocka_unit_test(the_angle_is_that_of_the_eyes),
    };
    return cmocka_run_group_tests_name("crop", tests, NULL, NULL);
}
