#include "detector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fa/mem.h"

static const struct detector_class *const classes[] = {&fa_detector_mtcnn, &fa_detector_rfb, &fa_detector_yunet};

static const struct detector_class *find_class(const struct fa_card *card, struct fa_err *err)
{
    if (card->kind != FA_CARD_DETECTOR || !card->detector) {
        fa_err_set(err, "%s: not the card of a detector", card->name);
        return NULL;
    }
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (!strcmp(classes[i]->name, card->detector))
            return classes[i];
    fa_err_set(err, "%s: unknown detector '%s'", card->name, card->detector);
    return NULL;
}

/* ---- options ---- */

static int check_options(const struct fa_detector_options *options, struct fa_err *err)
{
    if (!(options->min_face >= 12))
        return fa_err_set(err, "smallest face of %g pixels (want at least 12)", options->min_face);
    if (options->factor != 0 && !(options->factor >= 0.1 && options->factor <= 0.95))
        return fa_err_set(err, "pyramid factor %g (want 0.1 to 0.95)", options->factor);
    for (size_t i = 0; i < options->nthresholds; i++)
        if (!(options->threshold[i] >= 0 && options->threshold[i] <= 1))
            return fa_err_set(err, "threshold %g (want 0 to 1)", options->threshold[i]);
    return 0;
}

static void take_thresholds(struct fa_detector_options *options, const double *threshold, size_t n)
{
    if (options->nthresholds || !n)
        return;
    memcpy(options->threshold, threshold, n * sizeof *threshold);
    options->nthresholds = n;
}

int fa_detector_complete(const struct fa_card *card, struct fa_detector_options *options, struct fa_err *err)
{
    const struct detector_class *class = find_class(card, err);
    if (!class)
        return -1;
    if (options->min_face == 0)
        options->min_face = card->min_face != 0 ? card->min_face : class->own.min_face;
    if (options->factor == 0)
        options->factor = card->factor != 0 ? card->factor : class->own.factor;
    take_thresholds(options, card->threshold, card->nthresholds);
    take_thresholds(options, class->own.threshold, class->own.nthresholds);
    if (options->factor != 0 && class->own.factor == 0)
        return fa_err_set(err, "detector %s has no pyramid factor", class->name);
    if (options->nthresholds != class->own.nthresholds)
        return fa_err_set(err, "detector %s has %zu threshold%s, not %zu", class->name, class->own.nthresholds,
                          class->own.nthresholds == 1 ? "" : "s", options->nthresholds);
    return check_options(options, err);
}

/* ---- opening ---- */

int fa_detector_output(struct fa_detector *detector, size_t net, size_t role, const char *name, size_t n, struct fa_err *err)
{
    for (size_t i = 0; i < fa_net_noutputs(detector->net[net]) && i < DETECTOR_OUTPUTS; i++) {
        const struct fa_net_value *value = fa_net_output(detector->net[net], i);
        if (value->rank && value->dim[value->rank - 1] == n && (!name || !strcmp(name, value->name))) {
            detector->output[net][role] = i;
            return 0;
        }
    }
    return fa_err_set(err, "%s: network %zu has no output %s%sof %zu numbers", detector->class->name, net + 1, name ? name : "",
                      name ? " " : "", n);
}

struct fa_detector *fa_detector_open(const struct fa_card *card, const char *const *weights,
                                     const struct fa_detector_options *options, struct fa_err *err)
{
    struct fa_detector_options complete = *options;
    const struct detector_class *class = find_class(card, err);
    if (!class || fa_detector_complete(card, &complete, err))
        return NULL;
    if (card->nweights != class->nnets) {
        fa_err_set(err, "%s: %zu weights files, %s wants %zu", card->name, card->nweights, class->name, class->nnets);
        return NULL;
    }
    struct fa_detector *detector = fa_mem_array(1, sizeof *detector, err);
    if (!detector)
        return NULL;
    *detector = (struct fa_detector){.class = class, .options = complete};
    memcpy(detector->mean, card->mean, sizeof detector->mean);
    memcpy(detector->scale, card->scale, sizeof detector->scale);
    int failed = 0;
    for (size_t i = 0; i < class->nnets && !failed; i++)
        failed = !(detector->net[i] = fa_net_open(weights[i], NULL, 0, class->flags, err));
    if (failed || class->check(detector, err)) {
        fa_detector_close(detector);
        return NULL;
    }
    return detector;
}

void fa_detector_close(struct fa_detector *detector)
{
    if (!detector)
        return;
    for (size_t i = 0; i < DETECTOR_NETS; i++)
        fa_net_close(detector->net[i]);
    free(detector);
}

/* ---- scans ---- */

struct fa_scan *fa_scan_new(const struct fa_detector *detector, struct fa_err *err)
{
    struct fa_scan *scan = fa_mem_array(1, sizeof *scan, err);
    if (!scan)
        return NULL;
    scan->detector = detector;
    scan->input = fa_mem_aligned(detector->class->ninput, sizeof *scan->input, err);
    scan->patch = scan->input ? fa_mem_aligned(3 * PATCH_SIDE * PATCH_SIDE, sizeof *scan->patch, err) : NULL;
    int failed = !scan->patch;
    for (size_t i = 0; i < detector->class->nnets && !failed; i++)
        failed = !(scan->exec[i] = fa_exec_new(detector->net[i], err));
    if (failed) {
        fa_scan_free(scan);
        return NULL;
    }
    return scan;
}

void fa_scan_share(struct fa_scan *scan, struct fa_pool *pool)
{
    for (size_t i = 0; i < scan->detector->class->nnets; i++)
        fa_exec_share(scan->exec[i], pool);
}

void fa_scan_free(struct fa_scan *scan)
{
    if (!scan)
        return;
    for (size_t i = 0; i < DETECTOR_NETS; i++)
        fa_exec_free(scan->exec[i]);
    free(scan->list.item);
    free(scan->input);
    free(scan->patch);
    free(scan);
}

int fa_scan_numbers(const struct fa_scan *scan, size_t net, const struct fa_tensor *output, size_t role, size_t n,
                    const float **result, struct fa_err *err)
{
    const struct fa_tensor *tensor = &output[scan->detector->output[net][role]];
    size_t elements = 1;
    for (size_t i = 0; i < tensor->rank; i++)
        elements *= tensor->dim[i];
    if (elements != n)
        return fa_err_set(err, "%s: network %zu gave %zu numbers, want %zu", scan->detector->class->name, net + 1, elements, n);
    *result = tensor->data;
    return 0;
}

int fa_scan_once(struct fa_scan *scan, const struct fa_image *image, struct fa_faces *faces, struct fa_err *err)
{
    struct candidates *list = &scan->list;
    faces->n = list->n = 0;
    if (scan->detector->class->run(scan, image, err) ||
        fa_mem_grow(&faces->face, &faces->capacity, list->n, sizeof *faces->face, err))
        return -1;
    for (size_t i = 0; i < list->n; i++) {
        const double *box = list->item[i].box;
        if (!(fmax(box[2] - box[0], box[3] - box[1]) >= scan->detector->options.min_face))
            continue; /* mtcnn's pyramid shows it some of half that size */
        struct fa_face *face = &faces->face[faces->n++];
        *face = (struct fa_face){.score = (float)list->item[i].score, .has_points = true};
        memcpy(face->point, list->item[i].point, sizeof face->point);
        for (int k = 0; k < 4; k++)
            face->box[k] = (float)box[k];
    }
    return 0;
}

int fa_scan_run(struct fa_scan *scan, const struct fa_image *image, struct fa_faces *faces, struct fa_err *err)
{
    const struct fa_detector_options *options = &scan->detector->options;
    if (fa_scan_once(scan, image, faces, err))
        return -1;
    if (!options->once && fa_scan_again(scan, image, faces, err))
        return -1;
    return options->refine ? fa_scan_refine(scan, image, faces, err) : 0;
}
