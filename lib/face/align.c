#include "fa/align.h"

#include <stdlib.h>
#include <string.h>

#include "cut.h"
#include "fa/mem.h"

struct fa_align_worker {
    const struct fa_align *align;
    struct fa_scan *scan; /* NULL without a detector */
    struct fa_faces faces;
    size_t taken;          /* of faces, the first ones: those that are cut out */
    struct fa_image image; /* the last picture, until the next */
};

struct fa_align_worker *fa_align_worker_new(const struct fa_align *align, struct fa_err *err)
{
    struct fa_align_worker *worker = fa_mem_array(1, sizeof *worker, err);
    if (!worker)
        return NULL;
    worker->align = align;
    if (align->detector && !(worker->scan = fa_scan_new(align->detector, err))) {
        free(worker);
        return NULL;
    }
    if (worker->scan)
        fa_scan_share(worker->scan, align->pool);
    return worker;
}

void fa_align_worker_free(struct fa_align_worker *worker)
{
    if (!worker)
        return;
    fa_scan_free(worker->scan);
    fa_faces_free(&worker->faces);
    fa_image_free(&worker->image);
    free(worker);
}

void fa_align_free(struct fa_record *record, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fa_record_free(&record[i]);
    free(record);
}

static int only_face(struct fa_faces *faces, struct fa_face face, struct fa_err *err)
{
    if (fa_mem_grow(&faces->face, &faces->capacity, 1, sizeof *faces->face, err))
        return -1;
    faces->face[0] = face;
    faces->n = 1;
    return 0;
}

static void put_first(struct fa_faces *faces, size_t i)
{
    struct fa_face first = faces->face[i];
    faces->face[i] = faces->face[0];
    faces->face[0] = first;
}

/* From the pixels at hand to those of the picture. */
static void enlarge(struct fa_face *face, const struct fa_reduction *reduction)
{
    float factor = (float)reduction->factor, origin[2] = {(float)reduction->origin[0], (float)reduction->origin[1]};
    for (int k = 0; k < 4; k++)
        face->box[k] = face->box[k] * factor + origin[k % 2];
    for (int i = 0; i < FA_FACE_POINTS; i++)
        for (int k = 0; k < 2; k++)
            face->point[i][k] = (face->point[i][k] + 0.5f) * factor - 0.5f + origin[k];
}

/* Leaves all faces in worker->faces, those to be cut first. */
static int find_faces(struct fa_align_worker *worker, struct picture *picture, struct fa_err *err)
{
    const struct fa_align *align = worker->align;
    struct fa_faces *faces = &worker->faces;
    size_t width = picture->reduction.width, height = picture->reduction.height;
    worker->taken = 1;
    picture->crop = align->crop;
    picture->template = align->template;
    if (!align->detector) {
        picture->crop = (struct fa_template){FA_TEMPLATE_WHOLE, 0};
        picture->template = "whole";
        return only_face(faces, fa_face_whole(width, height), err);
    }
    if (fa_scan_run(worker->scan, &picture->image, faces, err))
        return -1;
    for (size_t i = 0; i < faces->n && picture->reduction.factor > 1; i++)
        enlarge(&faces->face[i], &picture->reduction);
    if (!faces->n && align->fallback) {
        picture->fallback = true;
        picture->crop = (struct fa_template){FA_TEMPLATE_BOX, 1};
        picture->template = "box-1";
        return only_face(faces, fa_face_centre(width, height), err);
    }
    if (faces->n && align->all)
        fa_face_sort(faces->face, faces->n);
    else if (faces->n)
        put_first(faces, fa_face_main(faces->face, faces->n, width, height));
    worker->taken = align->all ? faces->n : faces->n > 0;
    return 0;
}

/* Sets *n to the number of records made. */
static int cut_faces(const struct fa_align_worker *worker, const struct picture *picture, struct fa_record *record, size_t *n,
                     struct fa_err *err)
{
    *n = 1;
    if (!worker->taken)
        return fa_cut_reject(picture, record, "no face found", err);
    *n = 0;
    for (size_t i = 0; i < worker->taken; i++) {
        size_t made;
        if (fa_cut_face(picture, &worker->faces.face[i], worker->align->all ? i + 1 : 0, record + *n, &made, err))
            return -1;
        *n += made;
    }
    return 0;
}

int fa_align_picture(struct fa_align_worker *worker, const char *path, const char *id, const struct fa_map *labels,
                     struct fa_record **record, size_t *n, struct fa_err *err)
{
    const struct fa_align *align = worker->align;
    struct picture picture = {.align = align, .id = id, .labels = labels, .reduction = {.choose = align->reduce, .arg = align}};
    struct fa_err why = {""};
    bool decoded = fa_image_decode_reduced(align->decoder, path, align->max_pixels, &picture.reduction, &picture.image, &why) == 0;
    size_t room = 1;
    *record = NULL;
    *n = 1;
    fa_image_free(&worker->image);
    worker->image = picture.image;
    worker->faces.n = worker->taken = 0;
    int failed = decoded && find_faces(worker, &picture, err);
    if (!failed) {
        if (worker->taken)
            room = worker->taken * (1 + align->augment.copies);
        *record = fa_mem_array(room, sizeof **record, err);
        failed = !*record || (decoded ? cut_faces(worker, &picture, *record, n, err)
                                      : fa_cut_reject(&picture, *record, why.text, err));
    }
    if (failed && *record) {
        fa_align_free(*record, room);
        *record = NULL;
    }
    return failed ? -1 : 0;
}

struct fa_sight fa_align_seen(const struct fa_align_worker *worker)
{
    return (struct fa_sight){&worker->image, worker->faces.face, worker->faces.n, worker->taken};
}
