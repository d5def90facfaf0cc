/* From a picture's path to the crops of its faces, as records of a crop stream. */
#ifndef FA_ALIGN_H
#define FA_ALIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fa/augment.h"
#include "fa/err.h"
#include "fa/face.h"
#include "fa/image.h"
#include "fa/stream.h"

/* How all pictures are treated; shared by threads. */
struct fa_align {
    struct fa_decoder *decoder;
    struct fa_detector *detector; /* NULL: the picture is the crop, scaled to the crop's size */
    const char *detector_name;          /* for the records */
    struct fa_template crop;
    const char *template; /* crop's name, for the records */
    size_t width, height; /* of crops */
    enum fa_border border;
    uint64_t max_pixels;
    /* By how much a picture of width x height is reduced when it is decoded, see fa_image_decode_reduced(); arg is the struct
     * fa_align. NULL: not at all. */
    size_t (*reduce)(const void *arg, size_t width, size_t height);
    size_t max_size, factor; /* for reduce */
    bool all;        /* all faces, in reading order; else the main one of fa_face_main() */
    bool fallback;   /* where no face is found, fa_face_centre() cut as a box without margin */
    struct fa_augment augment;
    struct fa_pool *pool; /* see fa_exec_share(); NULL: none */
};

struct fa_align_worker; /* one thread's working memory */

struct fa_align_worker *fa_align_worker_new(const struct fa_align *align, struct fa_err *err);
void fa_align_worker_free(struct fa_align_worker *worker);

/* Makes *record an array of *n > 0 records for the picture at path. Each has the labels (whose strings must outlive it),
 * a payload of height x width x 3 bytes and in about: `box` [x, y, width, height], `face` (the longer side of the box), of a
 * face with points `score`, `points` and `angle` (fa_face_angle()), all in pixels of the upright source; `width` and `height`
 * of the source; `detector`; `template`; `fallback`, true, where that was resorted to; and of the crop `sharpness`, `exposure`
 * and `clipped` (struct fa_quality). Its id is id, with #k behind it if all faces are wanted. Its copies follow each, with ~1,
 * ~2 ... behind the id: what is told of the face is the same, of the crop it is that of the copy, and added are those of `flip`
 * (true), `rotate`, `shift` [x, y], `zoom`, `light` and `blur` that were asked for, as struct fa_change has them. A picture
 * that gives no crop is one record of that id with the reason as its `reject`.
 * Errors: only what keeps the work from going on (memory, the networks). Free with fa_align_free(). */
int fa_align_picture(struct fa_align_worker *worker, const char *path, const char *id, const struct fa_map *labels,
                     struct fa_record **record, size_t *n, struct fa_err *err);
void fa_align_free(struct fa_record *record, size_t n);

/* What a worker looked at: n faces, the first `taken` of which were cut out. */
struct fa_sight {
    const struct fa_image *image; /* without pixels if it could not be decoded */
    const struct fa_face *face;
    size_t n, taken;
};

/* Of the worker's last picture; valid until its next. */
struct fa_sight fa_align_seen(const struct fa_align_worker *worker);

#endif
