/* Every detector on photographs of FairFace, put together, turned, cut: needs ../shared, and the weights of a detector for
 * it to be tested (mtcnn's and rfb's in the models folder, yunet's in ../shared/models). */
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

#include "fa/face.h"
#include "fa/mem.h"

#define assert_near(is, want, by) assert_true(fabs((double)(is) - (double)(want)) <= (double)(by))

static const char *const names[] = {"mtcnn", "rfb", "yunet"};
enum { DETECTORS = 3, PHOTOS = 6, SIDE = 448 };
static const char *const photos[PHOTOS] = {"3", "5", "8", "9", "13", "1"};

static struct fa_decoder *decoder;
static struct fa_card *card[DETECTORS]; /* NULL: no weights */
static char path[DETECTORS][3][4096];
static const char *weights[DETECTORS][3];
static struct fa_image photo[PHOTOS];

/* ---- what is needed ---- */

static const char *shared(void)
{
    const char *folder = getenv("FA_SHARED");
    return folder ? folder : "../shared";
}

static bool find_weights(const char *file, char *to, size_t size)
{
    const char *models = getenv("FA_MODELS"), *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    bool named = data && *data;
    for (int i = 0; i < 3; i++) {
        if (i == 0)
            snprintf(to, size, "%s/%s", models ? models : "", file);
        else if (i == 1)
            snprintf(to, size, named ? "%s/fa/%s" : "%s/.local/share/fa/%s", named ? data : home ? home : "", file);
        else
            snprintf(to, size, "%s/models/%s", shared(), file);
        if (!access(to, R_OK))
            return true;
    }
    return false;
}

static int open_card(int d)
{
    char name[64];
    struct fa_err err;
    snprintf(name, sizeof name, "pipelines/models/%s.card", names[d]);
    card[d] = fa_card_read(name, NULL, 0, &err);
    if (!card[d])
        return -1;
    for (size_t i = 0; i < card[d]->nweights; i++) {
        weights[d][i] = path[d][i];
        if (!find_weights(card[d]->weights[i].file, path[d][i], sizeof path[d][i])) {
            print_message("# the weights of %s are not there: it is not tested\n", names[d]);
            fa_card_free(card[d]);
            card[d] = NULL;
            return 0;
        }
    }
    return 0;
}

static int open_room(void **state)
{
    (void)state;
    struct fa_err err = {""};
    decoder = fa_decoder_open(&err);
    for (int i = 0; i < PHOTOS && decoder; i++) {
        char file[4096];
        snprintf(file, sizeof file, "%s/data/fairface/margin125/train/%s.jpg", shared(), photos[i]);
        if (fa_image_decode(decoder, file, FA_IMAGE_MAX_PIXELS, &photo[i], &err))
            return -1;
    }
    for (int d = 0; d < DETECTORS; d++)
        if (open_card(d))
            return -1;
    return decoder && (card[0] || card[1] || card[2]) ? 0 : -1;
}

static int close_room(void **state)
{
    (void)state;
    for (int i = 0; i < PHOTOS; i++)
        fa_image_free(&photo[i]);
    for (int d = 0; d < DETECTORS; d++)
        fa_card_free(card[d]);
    fa_decoder_close(decoder);
    return 0;
}

static struct fa_faces detect(int d, struct fa_detector_options options, const struct fa_image *image)
{
    struct fa_err err = {""};
    struct fa_faces faces = {0};
    struct fa_detector *detector = fa_detector_open(card[d], weights[d], &options, &err);
    struct fa_scan *scan = detector ? fa_scan_new(detector, &err) : NULL;
    if (!scan || fa_scan_run(scan, image, &faces, &err))
        fail_msg("%s: %s", names[d], err.text);
    fa_scan_free(scan);
    fa_detector_close(detector);
    return faces;
}

/* ---- pictures ---- */

static struct fa_image grey(size_t width, size_t height)
{
    struct fa_image image;
    struct fa_err err;
    assert_int_equal(fa_image_new(&image, width, height, &err), 0);
    memset(image.pixel, 127, 3 * width * height);
    return image;
}

static void paste(struct fa_image *to, const struct fa_image *from, size_t x, size_t y, size_t side)
{
    struct fa_image small = grey(side, side);
    struct fa_err err;
    assert_int_equal(fa_image_resize(from, &small, &err), 0);
    for (size_t row = 0; row < side; row++)
        memcpy(to->pixel + 3 * ((y + row) * to->width + x), small.pixel + 3 * row * side, 3 * side);
    fa_image_free(&small);
}

static struct fa_image warped(const struct fa_image *from, const double m[6], size_t width, size_t height)
{
    struct fa_image image = grey(width, height);
    struct fa_err err;
    assert_int_equal(fa_image_warp(from, m, FA_BORDER_BLACK, &image, &err), 0);
    return image;
}

/* m takes pixels of the turned picture to those of the picture. */
static struct fa_image turned(const struct fa_image *from, double degrees, double m[6])
{
    double angle = degrees * 3.14159265358979323846 / 180, middle = 0.5 * (double)(from->width - 1);
    const double turn[6] = {cos(angle), sin(angle), middle * (1 - cos(angle) - sin(angle)),
                            -sin(angle), cos(angle), middle * (1 - cos(angle) + sin(angle))};
    memcpy(m, turn, sizeof turn);
    return warped(from, m, from->width, from->height);
}

static double eye_distance(const struct fa_face *face)
{
    return hypot((double)face->point[1][0] - (double)face->point[0][0], (double)face->point[1][1] - (double)face->point[0][1]);
}

/* The mean distance of the points of face, taken through m, from those of another, in distances of its eyes. */
static double moved(const struct fa_face *face, const double m[6], const struct fa_face *other)
{
    double sum = 0;
    for (int i = 0; i < FA_FACE_POINTS; i++) {
        double x = (double)face->point[i][0], y = (double)face->point[i][1];
        sum += hypot(m[0] * x + m[1] * y + m[2] - (double)other->point[i][0],
                     m[3] * x + m[4] * y + m[5] - (double)other->point[i][1]);
    }
    return sum / FA_FACE_POINTS / eye_distance(other);
}

static struct fa_face main_face(const struct fa_faces *faces, const struct fa_image *image)
{
    assert_true(faces->n > 0);
    return faces->face[fa_face_main(faces->face, faces->n, image->width, image->height)];
}

static double middle(const struct fa_face *face, int axis)
{
    return 0.5 * ((double)face->box[axis] + (double)face->box[axis + 2]);
}

#define for_each_detector(d) for (int d = 0; d < DETECTORS; d++) if (card[d])

/* ---- tests ---- */

static struct fa_image group(size_t cell)
{
    struct fa_image image = grey(3 * cell, 2 * cell);
    for (size_t i = 0; i < PHOTOS; i++)
        paste(&image, &photo[i], i % 3 * cell, i / 3 * cell, cell);
    return image;
}

/* The one face whose middle is near that of the square of that side whose place is (x, y) sides; others, of people behind
 * and of what a detector takes for one, are not looked at. */
static size_t find_once(int d, const struct fa_faces *faces, double x, double y, double side)
{
    size_t found = 0, at = 0;
    for (size_t i = 0; i < faces->n; i++)
        if (hypot(middle(&faces->face[i], 0) / side - x - 0.5, middle(&faces->face[i], 1) / side - y - 0.5) < 0.2) {
            found++;
            at = i;
        }
    if (found != 1)
        fail_msg("%s: at (%g, %g) sides of %g pixels a face was found %zu times", names[d], x, y, side, found);
    return at;
}

static void a_group_is_found_once_each_and_read_in_order(void **state)
{
    (void)state;
    for_each_detector(d) {
        const size_t cells[] = {140, 224, 448};
        for (size_t k = 0; k < 3; k++) {
            struct fa_image image = group(cells[k]);
            struct fa_faces faces = detect(d, (struct fa_detector_options){.min_face = 30}, &image);
            fa_face_sort(faces.face, faces.n);
            for (size_t i = 0, next = 0; i < PHOTOS; i++) {
                size_t at = find_once(d, &faces, (double)(i % 3), (double)(i / 3), (double)cells[k]);
                assert_true(at >= next);
                next = at + 1;
            }
            fa_faces_free(&faces);
            fa_image_free(&image);
        }
    }
}

/* A crop about one face of the group, in which its neighbours show, some of them larger. */
static void the_face_that_a_crop_was_cut_around_is_chosen(void **state)
{
    (void)state;
    for_each_detector(d) {
        struct fa_image all = grey(1200, 448);
        paste(&all, &photo[0], 0, 0, 448);
        paste(&all, &photo[1], 448, 120, 200); /* the small one in the middle */
        paste(&all, &photo[2], 648, 0, 448);
        for (size_t side = 300; side <= 448; side += 74) {
            const double m[6] = {1, 0, 548 - 0.5 * (double)side, 0, 1, 220 - 0.5 * (double)side};
            struct fa_image crop = warped(&all, m, side, side);
            struct fa_faces faces = detect(d, (struct fa_detector_options){0}, &crop);
            struct fa_face face = main_face(&faces, &crop);
            assert_near(middle(&face, 0), 0.5 * (double)side, 40);
            assert_near(middle(&face, 1), 0.5 * (double)side, 40);
            fa_faces_free(&faces);
            fa_image_free(&crop);
        }
        fa_image_free(&all);
    }
}

/* Faces of some 20 to 30 pixels, far apart, and one of 600. */
static void small_faces_are_found_in_large_pictures(void **state)
{
    (void)state;
    static const size_t at[PHOTOS][2] = {{20, 30}, {610, 415}, {1250, 900}, {1890, 20}, {2900, 1900}, {60, 1880}};
    for_each_detector(d) {
        struct fa_image image = grey(3000, 2000);
        for (size_t i = 0; i < PHOTOS; i++)
            paste(&image, &photo[i], at[i][0], at[i][1], 80);
        paste(&image, &photo[0], 1400, 200, 1600);
        struct fa_faces faces = detect(d, (struct fa_detector_options){.min_face = 20}, &image);
        for (size_t i = 0; i < PHOTOS; i++)
            find_once(d, &faces, (double)at[i][0] / 80, (double)at[i][1] / 80, 80);
        find_once(d, &faces, 1400. / 1600, 200. / 1600, 1600);
        fa_faces_free(&faces);
        fa_image_free(&image);
    }
}

/* The main face of photo k, and that of the photo turned; m is from its pixels to those of the photo. */
static void find_turned(int d, struct fa_detector_options options, size_t k, double angle, double m[6], struct fa_face *face,
                        struct fa_face *straight)
{
    struct fa_image image = turned(&photo[k], angle, m);
    struct fa_faces faces = detect(d, options, &image), before = detect(d, options, &photo[k]);
    *face = main_face(&faces, &image);
    *straight = main_face(&before, &photo[k]);
    fa_faces_free(&faces);
    fa_faces_free(&before);
    fa_image_free(&image);
}

static void leaning_faces_come_back_in_the_picture(void **state)
{
    (void)state;
    for_each_detector(d)
        for (int k = 0; k < 4; k++) {
            struct fa_face face, straight;
            double m[6], angle = k % 2 ? -45 : 45;
            find_turned(d, (struct fa_detector_options){.refine = true}, (size_t)k / 2, angle, m, &face, &straight);
            if (!(moved(&face, m, &straight) < 0.2))
                fail_msg("%s: photo %d turned by %g: points moved by %g", names[d], k / 2, angle, moved(&face, m, &straight));
        }
}

/* The crop by the box is turned as the copy was. */
static void check_box_crop(const struct fa_face *face, double angle)
{
    struct fa_template box = {FA_TEMPLATE_BOX, 1};
    struct fa_err err;
    double cut[6];
    assert_int_equal(fa_template_transform(&box, face, 100, 100, cut, &err), 0);
    double along = atan2(cut[3], cut[0]) * 180 / 3.14159265358979323846; /* a row of the crop, in the picture */
    assert_near(remainder(along - angle, 360), 0, 45);
    assert_near(remainder(along + (double)face->turn, 360), 0, 1e-3);
    assert_near(middle(face, 0), 49.5 * (cut[0] + cut[1]) + cut[2] + 0.5, 1e-3);
    assert_near(middle(face, 1), 49.5 * (cut[3] + cut[4]) + cut[5] + 0.5, 1e-3);
}

static void lying_faces_come_back_in_the_picture(void **state)
{
    (void)state;
    for_each_detector(d)
        for (int k = 0; k < 6; k++) {
            struct fa_face face, straight;
            double m[6], angle = k % 3 == 2 ? 180 : k % 3 ? -90 : 90;
            const struct fa_detector_options options = {.upright = true, .refine = true};
            find_turned(d, options, (size_t)k / 3, angle, m, &face, &straight);
            double x = middle(&face, 0), y = middle(&face, 1);
            double far = hypot(m[0] * x + m[1] * y + m[2] - middle(&straight, 0),
                               m[3] * x + m[4] * y + m[5] - middle(&straight, 1));
            assert_true(far < eye_distance(&straight));
            if (!strcmp(names[d], "rfb"))
                continue; /* it is as sure of faces upside down */
            if (!(moved(&face, m, &straight) < 0.2))
                fail_msg("%s: photo %d turned by %g: points moved by %g", names[d], k / 3, angle, moved(&face, m, &straight));
            check_box_crop(&face, angle);
        }
}

static void a_picture_without_faces_has_none_in_its_copies(void **state)
{
    (void)state;
    for_each_detector(d) {
        struct fa_image blank = grey(300, 200);
        struct fa_faces faces = detect(d, (struct fa_detector_options){.upright = true}, &blank);
        assert_int_equal(faces.n, 0);
        fa_faces_free(&faces);
        fa_image_free(&blank);
    }
}

static void tight_crops_have_their_face(void **state)
{
    (void)state;
    for_each_detector(d) {
        size_t found = 0;
        for (size_t i = 0; i < PHOTOS; i++) {
            struct fa_faces faces = detect(d, (struct fa_detector_options){0}, &photo[i]);
            struct fa_face face = main_face(&faces, &photo[i]);
            double width = (double)face.box[2] - (double)face.box[0], height = (double)face.box[3] - (double)face.box[1];
            const double m[6] = {1, 0, (double)face.box[0], 0, 1, (double)face.box[1]};
            struct fa_image crop = warped(&photo[i], m, (size_t)width, (size_t)height);
            fa_faces_free(&faces);
            faces = detect(d, (struct fa_detector_options){0}, &crop);
            found += faces.n > 0;
            fa_faces_free(&faces);
            fa_image_free(&crop);
        }
        if (found + 1 < PHOTOS)
            fail_msg("%s: %zu of %d found", names[d], found, PHOTOS);
    }
}

/* Points found in the level crop stay where they are as the picture turns. */
static void refined_points_are_stiller(void **state)
{
    (void)state;
    for_each_detector(d) {
        double sum[2] = {0};
        for (size_t i = 0; i < PHOTOS; i++)
            for (int refine = 0; refine < 2; refine++) {
                double m[6];
                struct fa_image image = turned(&photo[i], 20, m);
                const struct fa_detector_options options = {.refine = refine};
                struct fa_faces faces = detect(d, options, &image), before = detect(d, options, &photo[i]);
                struct fa_face face = main_face(&faces, &image), straight = main_face(&before, &photo[i]);
                sum[refine] += moved(&face, m, &straight);
                fa_faces_free(&faces);
                fa_faces_free(&before);
                fa_image_free(&image);
            }
        if (!(sum[1] < sum[0] && sum[1] / PHOTOS < 0.15))
            fail_msg("%s: %g, and %g refined", names[d], sum[0] / PHOTOS, sum[1] / PHOTOS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_is_found_once_each_and_read_in_order),
        cmocka_unit_test(the_face_that_a_crop_was_cut_around_is_chosen),
        cmocka_unit_test(small_faces_are_found_in_large_pictures),
        cmocka_unit_test(leaning_faces_come_back_in_the_picture),
        cmocka_unit_test(lying_faces_come_back_in_the_picture),
        cmocka_unit_test(a_picture_without_faces_has_none_in_its_copies),
        cmocka_unit_test(tight_crops_have_their_face),
        cmocka_unit_test(refined_points_are_stiller),
    };
    char file[4096];
    snprintf(file, sizeof file, "%s/data/fairface/margin125/train/1.jpg", shared());
    if (access(file, R_OK)) {
        puts("1..0 # SKIP the photographs of ../shared are not there");
        return 0;
    }
    return cmocka_run_group_tests_name("detectors on photographs", tests, open_room, close_room);
}
