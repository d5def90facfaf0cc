#include "fa/align.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fa/mem.h"

struct fa_align_worker {
    const struct fa_align *align;
    struct fa_scan *scan; /* NULL without a detector */
    struct fa_faces faces;
    size_t taken;          /* of faces, the first ones: those that are cut out */
    struct fa_image image; /* the last picture, until the next */
};

/* A picture on its way. */
struct work {
    struct fa_align_worker *worker;
    const char *id;
    const struct fa_map *labels;
    struct fa_image image;
    struct fa_template crop;
    bool fallback;
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

/* Leaves all faces in worker->faces, those to be cut first. */
static int find_faces(struct work *work, struct fa_err *err)
{
    const struct fa_align *align = work->worker->align;
    struct fa_faces *faces = &work->worker->faces;
    size_t width = work->image.width, height = work->image.height;
    work->crop = align->crop;
    work->worker->taken = 1;
    if (!align->detector) {
        work->crop = (struct fa_template){FA_TEMPLATE_WHOLE, 0};
        return only_face(faces, fa_face_whole(width, height), err);
    }
    if (fa_scan_run(work->worker->scan, &work->image, faces, err))
        return -1;
    if (!faces->n && align->fallback) {
        work->fallback = true;
        work->crop = (struct fa_template){FA_TEMPLATE_BOX, 1};
        return only_face(faces, fa_face_centre(width, height), err);
    }
    if (faces->n && align->all)
        fa_face_sort(faces->face, faces->n);
    else if (faces->n)
        put_first(faces, fa_face_main(faces->face, faces->n, width, height));
    work->worker->taken = align->all ? faces->n : faces->n > 0;
    return 0;
}

/* ---- records ---- */

static int set_points(struct fa_record *record, const struct fa_face *face, struct fa_err *err)
{
    struct fa_value points = {.type = FA_ARRAY, .array = {.n = FA_FACE_POINTS}};
    points.array.item = fa_arena_alloc(&record->arena, FA_FACE_POINTS * sizeof *points.array.item, err);
    if (!points.array.item)
        return -1;
    for (size_t i = 0; i < FA_FACE_POINTS; i++)
        if (fa_value_reals(&points.array.item[i], &record->arena, face->point[i], 2, err))
            return -1;
    return fa_map_set(&record->about, &record->arena, "points", points, err);
}

static int set_box(struct fa_record *record, const struct fa_face *face, struct fa_err *err)
{
    const float *edge = face->box, box[4] = {edge[0], edge[1], edge[2] - edge[0], edge[3] - edge[1]};
    struct fa_value value;
    if (fa_value_reals(&value, &record->arena, box, 4, err) || fa_map_set(&record->about, &record->arena, "box", value, err) ||
        fa_map_set(&record->about, &record->arena, "face", fa_value_real((double)fmaxf(box[2], box[3])), err))
        return -1;
    if (!face->has_points)
        return 0;
    return fa_map_set(&record->about, &record->arena, "score", fa_value_real((double)face->score), err) ||
                   set_points(record, face, err)
               ? -1
               : 0;
}

/* What a record shows: a face by its number (0: not numbered), mirrored or not. */
struct view {
    size_t number;
    bool flip;
};

static const char *make_id(struct fa_arena *arena, const char *id, struct view view, struct fa_err *err)
{
    const char *copy = view.flip ? "~1" : "";
    return view.number ? fa_arena_printf(arena, err, "%s#%zu%s", id, view.number, copy)
                       : fa_arena_printf(arena, err, "%s%s", id, copy);
}

/* What holds for every record of a picture. */
static int start_record(const struct work *work, struct fa_record *record, struct view view, struct fa_err *err)
{
    struct fa_arena *arena = &record->arena;
    if (!(record->id = make_id(arena, work->id, view, err)))
        return -1;
    for (size_t i = 0; i < work->labels->n; i++)
        if (fa_map_set(&record->labels, arena, work->labels->pair[i].key, work->labels->pair[i].value, err))
            return -1;
    if (!work->image.pixel)
        return 0;
    return fa_map_set(&record->about, arena, "width", fa_value_int((int64_t)work->image.width), err) ||
                   fa_map_set(&record->about, arena, "height", fa_value_int((int64_t)work->image.height), err) ||
                   fa_map_set(&record->about, arena, "detector", fa_value_string(work->worker->align->detector_name), err)
               ? -1
               : 0;
}

static int reject(const struct work *work, struct fa_record *record, const char *reason, struct fa_err *err)
{
    return start_record(work, record, (struct view){0, false}, err) || fa_record_set_reject(record, reason, err) ? -1 : 0;
}

/* Pixel u of a row of the mirrored crop is pixel width - 1 - u of the crop. */
static void mirror(double m[6], size_t width)
{
    for (int axis = 0; axis < 2; axis++) {
        m[3 * axis + 2] += m[3 * axis] * (double)(width - 1);
        m[3 * axis] = -m[3 * axis];
    }
}

static int cut(const struct work *work, struct fa_record *record, const struct fa_face *face, struct view view,
               struct fa_err *err)
{
    const struct fa_align *align = work->worker->align;
    struct fa_image crop = {NULL, align->width, align->height};
    struct fa_value yes = {.type = FA_BOOL, .boolean = true};
    struct fa_err why = {""};
    double m[6];
    if (start_record(work, record, view, err) || set_box(record, face, err) ||
        (work->fallback && fa_map_set(&record->about, &record->arena, "fallback", yes, err)) ||
        (view.flip && fa_map_set(&record->about, &record->arena, "flip", yes, err)))
        return -1;
    crop.pixel = fa_record_payload(record, 3 * crop.width * crop.height, 1, err);
    if (!crop.pixel)
        return -1;
    if (fa_template_transform(&work->crop, face, crop.width, crop.height, m, &why))
        return fa_record_set_reject(record, why.text, err);
    if (view.flip)
        mirror(m, crop.width);
    if (fa_image_warp(&work->image, m, align->border, &crop, &why))
        return fa_record_set_reject(record, why.text, err);
    return 0;
}

/* Sets *n to the number of records made: a face that could not be cut has no mirrored one. */
static int cut_faces(const struct work *work, struct fa_record *record, size_t *n, struct fa_err *err)
{
    const struct fa_align *align = work->worker->align;
    const struct fa_faces *faces = &work->worker->faces;
    *n = 1;
    if (!work->worker->taken)
        return reject(work, record, "no face found", err);
    *n = 0;
    for (size_t i = 0; i < work->worker->taken; i++) {
        struct view view = {align->all ? i + 1 : 0, false};
        if (cut(work, &record[*n], &faces->face[i], view, err))
            return -1;
        bool whole = record[(*n)++].data != NULL;
        view.flip = true;
        if (whole && align->flip && cut(work, &record[(*n)++], &faces->face[i], view, err))
            return -1;
    }
    return 0;
}

int fa_align_picture(struct fa_align_worker *worker, const char *path, const char *id, const struct fa_map *labels,
                     struct fa_record **record, size_t *n, struct fa_err *err)
{
    struct work work = {.worker = worker, .id = id, .labels = labels};
    struct fa_err why = {""};
    bool decoded = fa_image_decode(worker->align->decoder, path, worker->align->max_pixels, &work.image, &why) == 0;
    size_t room = 1;
    *record = NULL;
    *n = 1;
    fa_image_free(&worker->image);
    worker->image = work.image;
    worker->faces.n = worker->taken = 0;
    int failed = decoded && find_faces(&work, err);
    if (!failed) {
        if (worker->taken)
            room = worker->taken * (worker->align->flip ? 2 : 1);
        *record = fa_mem_array(room, sizeof **record, err);
        failed = !*record || (decoded ? cut_faces(&work, *record, n, err) : reject(&work, *record, why.text, err));
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
