#include "cut.h"

#include <math.h>

/* One record to be made: a face by its number, and which copy of it, 0 being the crop itself. */
struct cut {
    const struct picture *picture;
    const struct fa_face *face;
    struct fa_record *record;
    struct fa_change change;
    size_t copy;
};

static int set(struct fa_record *record, const char *key, struct fa_value value, struct fa_err *err)
{
    return fa_map_set(&record->about, &record->arena, key, value, err);
}

static int set_reals(struct fa_record *record, const char *key, const float *real, size_t n, struct fa_err *err)
{
    struct fa_value value;
    return fa_value_reals(&value, &record->arena, real, n, err) ? -1 : set(record, key, value, err);
}

/* As a person reads it: to five digits behind the point. */
static int set_rounded(struct fa_record *record, const char *key, double real, struct fa_err *err)
{
    return set(record, key, fa_value_real(round(real * 1e5) / 1e5), err);
}

/* ---- what holds for every record of a picture ---- */

static const char *make_id(struct fa_arena *arena, const char *id, size_t number, struct fa_err *err)
{
    return number ? fa_arena_printf(arena, err, "%s#%zu", id, number) : fa_arena_strdup(arena, id, err);
}

static int start_record(const struct picture *picture, struct fa_record *record, size_t number, struct fa_err *err)
{
    struct fa_arena *arena = &record->arena;
    if (!(record->id = make_id(arena, picture->id, number, err)))
        return -1;
    for (size_t i = 0; i < picture->labels->n; i++)
        if (fa_map_set(&record->labels, arena, picture->labels->pair[i].key, picture->labels->pair[i].value, err))
            return -1;
    if (!picture->image.pixel)
        return 0;
    return set(record, "width", fa_value_int((int64_t)picture->reduction.width), err) ||
                   set(record, "height", fa_value_int((int64_t)picture->reduction.height), err) ||
                   set(record, "detector", fa_value_string(picture->align->detector_name), err)
               ? -1
               : 0;
}

int fa_cut_reject(const struct picture *picture, struct fa_record *record, const char *reason, struct fa_err *err)
{
    return start_record(picture, record, 0, err) || fa_record_set_reject(record, reason, err) ? -1 : 0;
}

/* ---- what is known of a face ---- */

static int set_points(struct fa_record *record, const struct fa_face *face, struct fa_err *err)
{
    struct fa_value points = {.type = FA_ARRAY, .array = {.n = FA_FACE_POINTS}};
    points.array.item = fa_arena_alloc(&record->arena, FA_FACE_POINTS * sizeof *points.array.item, err);
    if (!points.array.item)
        return -1;
    for (size_t i = 0; i < FA_FACE_POINTS; i++)
        if (fa_value_reals(&points.array.item[i], &record->arena, face->point[i], 2, err))
            return -1;
    return set(record, "points", points, err);
}

static int set_face(struct fa_record *record, const struct fa_face *face, struct fa_err *err)
{
    const float *edge = face->box, box[4] = {edge[0], edge[1], edge[2] - edge[0], edge[3] - edge[1]};
    if (set_reals(record, "box", box, 4, err) || set(record, "face", fa_value_real((double)fmaxf(box[2], box[3])), err))
        return -1;
    if (!face->has_points)
        return 0;
    return set(record, "score", fa_value_real((double)face->score), err) || set_points(record, face, err) ||
                   set_rounded(record, "angle", fa_face_angle(face), err)
               ? -1
               : 0;
}

static int set_quality(struct fa_record *record, const struct fa_image *crop, struct fa_err *err)
{
    struct fa_quality quality;
    return fa_image_quality(crop, &quality, err) || set_rounded(record, "sharpness", quality.sharpness, err) ||
                   set_rounded(record, "exposure", quality.exposure, err) ||
                   set_rounded(record, "clipped", quality.clipped, err)
               ? -1
               : 0;
}

/* Of a copy, what was asked for. */
static int set_change(struct fa_record *record, const struct fa_change *change, const struct fa_augment *augment, struct fa_err *err)
{
    const float shift[2] = {(float)change->shift[0], (float)change->shift[1]};
    const struct {
        const char *key;
        double asked, value;
    } real[] = {{"rotate", augment->rotate, change->rotate},
                {"zoom", augment->zoom, change->zoom},
                {"light", augment->light, change->light},
                {"blur", augment->blur, change->blur}};
    if (change->flip && set(record, "flip", (struct fa_value){.type = FA_BOOL, .boolean = true}, err))
        return -1;
    for (size_t i = 0; i < sizeof real / sizeof *real; i++)
        if (real[i].asked > 0 && set_rounded(record, real[i].key, real[i].value, err))
            return -1;
    return augment->shift > 0 ? set_reals(record, "shift", shift, 2, err) : 0;
}

/* ---- pixels ---- */

/* From coordinates in the picture to those in its pixels at hand. */
static void reduce(double m[6], const struct fa_reduction *reduction)
{
    double factor = (double)reduction->factor;
    for (int axis = 0; axis < 2; axis++) {
        double *row = m + 3 * axis;
        row[0] /= factor;
        row[1] /= factor;
        row[2] = (row[2] + 0.5 - (double)reduction->origin[axis]) / factor - 0.5;
    }
}

/* Fills crop, or says why it cannot. */
static int fill(const struct cut *cut, struct fa_image *crop, struct fa_err *why)
{
    const struct picture *picture = cut->picture;
    double m[6];
    if (fa_template_transform(&picture->crop, cut->face, crop->width, crop->height, m, why))
        return -1;
    reduce(m, &picture->reduction);
    if (cut->copy)
        fa_change_transform(&cut->change, crop->width, crop->height, m);
    return fa_image_warp(&picture->image, m, picture->align->border, crop, why);
}

/* The record has its id. */
static int make_crop(const struct cut *cut, struct fa_err *err)
{
    const struct fa_align *align = cut->picture->align;
    struct fa_record *record = cut->record;
    struct fa_image crop = {NULL, align->width, align->height};
    struct fa_err why = {""};
    if (set_face(record, cut->face, err) || set(record, "template", fa_value_string(cut->picture->template), err) ||
        (cut->picture->fallback && set(record, "fallback", (struct fa_value){.type = FA_BOOL, .boolean = true}, err)))
        return -1;
    if (!(crop.pixel = fa_record_payload(record, 3 * crop.width * crop.height, 1, err)))
        return -1;
    if (fill(cut, &crop, &why))
        return fa_record_set_reject(record, why.text, err);
    if (cut->copy && fa_change_pixels(&cut->change, &crop, err))
        return -1;
    return set_quality(record, &crop, err) || (cut->copy && set_change(record, &cut->change, &align->augment, err)) ? -1 : 0;
}

int fa_cut_face(const struct picture *picture, const struct fa_face *face, size_t number, struct fa_record *record, size_t *n,
                struct fa_err *err)
{
    const struct fa_augment *augment = &picture->align->augment;
    for (*n = 0; *n <= augment->copies && (!*n || record->data);) {
        struct fa_record *at = &record[*n];
        struct cut cut = {.picture = picture, .face = face, .record = at, .copy = (*n)++};
        if (start_record(picture, at, number, err))
            return -1;
        if (cut.copy) {
            cut.change = fa_augment_draw(augment, at->id, cut.copy);
            at->id = fa_arena_printf(&at->arena, err, "%s~%zu", at->id, cut.copy);
        }
        if (!at->id || make_crop(&cut, err))
            return -1;
    }
    return 0;
}
