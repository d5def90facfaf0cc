/* The detectors of one network on networks made by hand, whose outputs are known: decoding, thresholds, suppression. */
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
#include "netmodel.h"

#define assert_near(is, want, by) assert_true(fabs((double)(is) - (double)(want)) <= (double)(by))

static char folder[] = "/tmp/fa-test-XXXXXX";
static char file[2][64];
static const char *weights[] = {file[0], file[1]};

/* ---- networks ---- */

/* A graph whose outputs are given numbers, whatever its input shows. */
static struct message start_graph(size_t channels, size_t height, size_t width)
{
    const int64_t dim[] = {1, (int64_t)channels, (int64_t)height, (int64_t)width}, one = 1;
    const float none = 0;
    struct message graph = {.n = 0}, input = onnx_value("input", 1, 4, dim), zero = onnx_tensor("zero", 1, 1, &one, &none, 4);
    struct message mean = onnx_node("ReduceMean", "input", "mean"), times = onnx_node("Mul", "mean zero", "nothing");
    struct message axes = {.n = 0};
    put_text(&axes, 1, "axes");
    for (int axis = 1; axis < 4; axis++)
        put_int(&axes, 8, axis);
    put_int(&axes, 20, 7);
    put_message(&mean, 5, &axes);
    put_message(&graph, 1, &mean);
    put_message(&graph, 1, &times);
    put_message(&graph, 5, &zero);
    put_message(&graph, 11, &input);
    return graph;
}

/* n rows of length numbers. */
static void add_output(struct message *graph, const char *name, size_t n, size_t length, const float *number)
{
    const int64_t dim[] = {1, 1, (int64_t)n, (int64_t)length};
    char inputs[64], constant[32];
    snprintf(constant, sizeof constant, "%s.c", name);
    snprintf(inputs, sizeof inputs, "nothing %s", constant);
    struct message add = onnx_node("Add", inputs, name), value = onnx_value(name, 1, 4, dim);
    struct message tensor = onnx_tensor(constant, 1, 4, dim, number, n * length * sizeof *number);
    put_message(graph, 1, &add);
    put_message(graph, 5, &tensor);
    put_message(graph, 12, &value);
}

static void write_net(size_t i, const struct message *graph)
{
    struct message model = onnx_model(graph, 12);
    FILE *to = fopen(file[i], "wb");
    assert_non_null(to);
    assert_int_equal(fwrite(model.bytes, 1, model.n, to), model.n);
    assert_int_equal(fclose(to), 0);
}

static struct fa_faces detect(const char *card_text, const struct fa_detector_options *options, size_t width, size_t height)
{
    struct fa_err err = {""};
    struct fa_faces faces = {0};
    struct fa_image image;
    struct fa_card *card = fa_card_parse("made", card_text, NULL, 0, &err);
    if (!card)
        fail_msg("%s", err.text);
    struct fa_detector *detector = fa_detector_open(card, weights, options, &err);
    struct fa_scan *scan = detector ? fa_scan_new(detector, &err) : NULL;
    if (!scan || fa_image_new(&image, width, height, &err))
        fail_msg("%s", err.text);
    memset(image.pixel, 100, 3 * width * height);
    if (fa_scan_run(scan, &image, &faces, &err))
        fail_msg("%s", err.text);
    fa_image_free(&image);
    fa_scan_free(scan);
    fa_detector_close(detector);
    fa_card_free(card);
    return faces;
}

static void assert_box(const struct fa_face *face, double left, double top, double right, double bottom)
{
    const double want[] = {left, top, right, bottom};
    for (int i = 0; i < 4; i++)
        assert_near(face->box[i], want[i], 1e-3);
}

/* ---- yunet ---- */

static const char yunet_card[] = "kind = detector\ndetector = yunet\nweights = file a\n";

/* What a picture of 64x64 pixels gives at steps of 8, 16 and 32. */
struct grids {
    float cls[3][64], obj[3][64], bbox[3][64 * 4], kps[3][64 * 10];
};

static void write_yunet(const struct grids *grids)
{
    struct message graph = start_graph(3, 640, 640);
    char name[16];
    for (size_t k = 0; k < 3; k++) {
        size_t n = (size_t)(8 >> k) * (size_t)(8 >> k);
        int step = 8 << k;
        snprintf(name, sizeof name, "cls_%d", step);
        add_output(&graph, name, n, 1, grids->cls[k]);
        snprintf(name, sizeof name, "obj_%d", step);
        add_output(&graph, name, n, 1, grids->obj[k]);
        snprintf(name, sizeof name, "bbox_%d", step);
        add_output(&graph, name, n, 4, grids->bbox[k]);
        snprintf(name, sizeof name, "kps_%d", step);
        add_output(&graph, name, n, 10, grids->kps[k]);
    }
    write_net(0, &graph);
}

static void put_place(struct grids *grids, size_t k, size_t i, float cls, float obj, const float box[4])
{
    grids->cls[k][i] = cls;
    grids->obj[k][i] = obj;
    memcpy(grids->bbox[k] + 4 * i, box, 4 * sizeof *box);
    for (size_t p = 0; p < 10; p++)
        grids->kps[k][10 * i + p] = 0.25f * (float)p;
}

/* Row 2, column 3 of the finest grid: the middle at (3.5, 1.75) steps of 8, sides of 3 and 4 steps. */
static void yunet_is_decoded(void **state)
{
    (void)state;
    static struct grids grids;
    const float box[] = {0.5f, -0.25f, logf(3), logf(4)}, same[] = {1.25f, 0.25f, logf(1.6f), logf(2.1f)};
    const float other[] = {1, 1, 0, 0};
    memset(&grids, 0, sizeof grids);
    put_place(&grids, 0, 2 * 8 + 3, 0.81f, 1.7f, box); /* what is above 1 counts as 1 */
    put_place(&grids, 1, 0 * 4 + 1, 0.9f, 0.6f, same); /* the same face seen at the next grid, a bit less surely */
    put_place(&grids, 1, 3 * 4 + 0, 0.7f, 0.69f, other);   /* not sure enough */
    put_place(&grids, 2, 1 * 2 + 1, 0.95f, 0.95f, other);  /* middle at (2, 2) steps of 32, the side one step */
    write_yunet(&grids);
    struct fa_faces faces = detect(yunet_card, &(struct fa_detector_options){.min_face = 20}, 64, 64);
    assert_int_equal(faces.n, 2);
    assert_near(faces.face[0].score, 0.95, 1e-6);
    assert_box(&faces.face[0], 48, 48, 80, 80);
    assert_near(faces.face[1].score, 0.9, 1e-6);
    assert_box(&faces.face[1], 16, -2, 40, 30);
    assert_true(faces.face[1].has_points);
    for (int i = 0; i < FA_FACE_POINTS; i++) {
        assert_near(faces.face[1].point[i][0], 8 * (3 + 0.5 * i) - 0.5, 1e-4);
        assert_near(faces.face[1].point[i][1], 8 * (2 + 0.5 * i + 0.25) - 0.5, 1e-4);
    }
    fa_faces_free(&faces);
    faces = detect(yunet_card, &(struct fa_detector_options){.min_face = 20, .nthresholds = 1, .threshold = {0.92}}, 64, 64);
    assert_int_equal(faces.n, 1);
    fa_faces_free(&faces);
}

static void numbers_that_run_wild_are_no_crash(void **state)
{
    (void)state;
    static struct grids grids;
    const float wild[] = {NAN, 1e30f, 200, -200}, huge[] = {1e30f, -1e30f, 80, 80}, flat[] = {1, 1, 2, -90};
    memset(&grids, 0, sizeof grids);
    put_place(&grids, 0, 5, 1, 1, wild);
    put_place(&grids, 0, 6, 1, 1, huge);
    put_place(&grids, 1, 5, 1, 1, flat);
    put_place(&grids, 2, 0, NAN, 1, huge);
    write_yunet(&grids);
    const struct fa_detector_options options = {.min_face = 20, .once = true};
    struct fa_faces faces = detect(yunet_card, &options, 64, 64);
    for (size_t i = 0; i < faces.n; i++)
        for (int k = 0; k < 4; k++)
            assert_true(isfinite(faces.face[i].box[k]) && fabsf(faces.face[i].box[k]) < 1e6f);
    fa_faces_free(&faces);
}

static void yunet_wants_all_its_outputs(void **state)
{
    (void)state;
    struct message graph = start_graph(3, 640, 640);
    struct fa_err err = {""};
    const float number[4] = {0};
    add_output(&graph, "cls_8", 4, 1, number);
    write_net(0, &graph);
    struct fa_card *card = fa_card_parse("made", yunet_card, NULL, 0, &err);
    assert_null(fa_detector_open(card, weights, &(struct fa_detector_options){0}, &err));
    assert_string_equal(err.text, "yunet: network 1 has no output cls_16 of 1 numbers");
    assert_null(fa_detector_open(card, weights, &(struct fa_detector_options){.factor = 0.5}, &err));
    assert_string_equal(err.text, "detector yunet has no pyramid factor");
    const struct fa_detector_options many = {.nthresholds = 3, .threshold = {0.5, 0.5, 0.5}};
    assert_null(fa_detector_open(card, weights, &many, &err));
    assert_string_equal(err.text, "detector yunet has 1 threshold, not 3");
    fa_card_free(card);
}

/* ---- rfb ---- */

static const char rfb_card[] = "kind = detector\ndetector = rfb\nweights = file a\nweights = file b\nmean = 127\nthresholds = 0.5\n";

enum { BOXES = 4 };

/* All landmarks at (0.5, 0.5) but for the eyes' (at 0.3 and 0.7 across, 0.4 down), a corner of the mouth and two at the
 * corners of 0.2..0.8. */
static void write_rfb(const float score[2 * BOXES], const float box[4 * BOXES])
{
    float landmark[136];
    struct message detect_graph = start_graph(3, 240, 320), landmark_graph = start_graph(1, 64, 64);
    for (size_t i = 0; i < 136; i++)
        landmark[i] = 0.5f;
    for (size_t i = 36; i < 48; i++) {
        landmark[2 * i] = i < 42 ? 0.3f : 0.7f;
        landmark[2 * i + 1] = 0.4f;
    }
    landmark[2 * 48] = 0.35f;
    landmark[0] = landmark[1] = 0.2f;
    landmark[2 * 16] = landmark[2 * 16 + 1] = 0.8f;
    add_output(&detect_graph, "scores", BOXES, 2, score);
    add_output(&detect_graph, "boxes", BOXES, 4, box);
    add_output(&landmark_graph, "output", 1, 136, landmark);
    write_net(0, &detect_graph);
    write_net(1, &landmark_graph);
}

static void rfb_is_decoded(void **state)
{
    (void)state;
    const float score[] = {0.1f, 0.9f, 0.05f, 0.95f, 0.6f, 0.4f, 0.2f, 0.8f};
    const float box[] = {102.f / 320, 60.f / 240, 182.f / 320, 160.f / 240, /* the second one, moved */
                         100.f / 320, 60.f / 240, 180.f / 320, 160.f / 240,
                         0.5f, 0.5f, 0.9f, 0.9f,                            /* unlikely */
                         0.75f, 0.5f, 0.85f, 0.6f};                        /* 32 pixels */
    write_rfb(score, box);
    struct fa_faces faces = detect(rfb_card, &(struct fa_detector_options){.min_face = 30}, 320, 240);
    assert_int_equal(faces.n, 2);
    assert_near(faces.face[0].score, 0.95, 1e-6);
    assert_box(&faces.face[0], 100, 60, 180, 160);
    assert_box(&faces.face[1], 240, 120, 272, 144);
    /* Shown first: side 100 about (140, 122); then, as the landmarks reach over 0.6 of it: side 72. */
    assert_near(faces.face[0].point[0][0], 104 + 0.3 * 72 - 0.5, 1e-3);
    assert_near(faces.face[0].point[0][1], 86 + 0.4 * 72 - 0.5, 1e-3);
    assert_near(faces.face[0].point[1][0], 104 + 0.7 * 72 - 0.5, 1e-3);
    assert_near(faces.face[0].point[2][0], 104 + 0.5 * 72 - 0.5, 1e-3);
    assert_near(faces.face[0].point[3][0], 104 + 0.35 * 72 - 0.5, 1e-3);
    fa_faces_free(&faces);
    faces = detect(rfb_card, &(struct fa_detector_options){.min_face = 40}, 320, 240);
    assert_int_equal(faces.n, 1);
    fa_faces_free(&faces);
    faces = detect(rfb_card, &(struct fa_detector_options){.min_face = 90}, 640, 400); /* the window reaches beyond it */
    assert_int_equal(faces.n, 1);
    assert_box(&faces.face[0], 200, 120, 360, 320);
    fa_faces_free(&faces);
}

/* At the first scale, 0.4, 1920x960 pixels become 768x384: three windows across and two down, which share 64 pixels at
 * least. What lies at an edge that a neighbour goes on from is that one's affair, and so is what is too large for a scale. */
static void windows_share_what_they_see(void **state)
{
    (void)state;
    const float score[] = {0.1f, 0.9f, 0, 0, 0, 0, 0, 0};
    const float inside[4 * BOXES] = {0.5f, 0.5f, 0.6f, 0.6f}, cut[4 * BOXES] = {0, 0.5f, 0.1f, 0.6f};
    const float large[4 * BOXES] = {0.2f, 0.2f, 0.7f, 0.8f};
    const struct fa_detector_options options = {.min_face = 40};
    write_rfb(score, inside);
    struct fa_faces faces = detect(rfb_card, &options, 1920, 960);
    assert_int_equal(faces.n, 3 * 2 + 1);
    fa_faces_free(&faces);
    write_rfb(score, cut);
    faces = detect(rfb_card, &options, 1920, 960);
    assert_int_equal(faces.n, 2 + 1);
    fa_faces_free(&faces);
    write_rfb(score, large);
    faces = detect(rfb_card, &options, 1920, 960);
    assert_int_equal(faces.n, 1);
    fa_faces_free(&faces);
}

/* ---- */

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    for (int i = 0; i < 2; i++)
        snprintf(file[i], sizeof file[i], "%s/%d.onnx", folder, i);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(file[0]);
    unlink(file[1]);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yunet_is_decoded),
        cmocka_unit_test(numbers_that_run_wild_are_no_crash),
        cmocka_unit_test(yunet_wants_all_its_outputs),
        cmocka_unit_test(rfb_is_decoded),
        cmocka_unit_test(windows_share_what_they_see),
    };
    return cmocka_run_group_tests_name("detectors of one network", tests, make_folder, remove_folder);
}
