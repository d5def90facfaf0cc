/* From a picture's path to the crops of its faces, as records of a crop stream. */
#ifndef FA_ALIGN_H
#define FA_ALIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
    size_t width, height; /* of crops */
    enum fa_border border;
    uint64_t max_pixels;
    bool all;      /* all faces, in reading order; else the main one of fa_face_main() */
    bool fallback; /* where no face is found, fa_face_centre() cut as a box without margin */
    bool flip;     /* each crop a second time, mirrored */
};

struct fa_align_worker; /* one thread's working memory */

struct fa_align_worker *fa_align_worker_new(const struct fa_align *align, struct fa_err *err);
void fa_align_worker_free(struct fa_align_worker *worker);

/* Makes *record an array of *n > 0 records for the picture at path. Each has the labels (whose strings must outlive it),
 * a payload of height x width x 3 bytes and in about: `box` [x, y, width, height], `score`, `points`, `face` (the longer
 * side of the box), all in pixels of the upright source; `width` and `height` of the source; `detector`; and `fallback`,
 * true, where that was resorted to. Its id is id, with #k behind it if all faces are wanted. With flip the mirrored crop
 * follows each, with ~1 behind the id and `flip`, true; all else in about is that of the crop it mirrors, in pixels of the
 * source. A picture that gives no crop is one record of that id with the reason as its `reject`.
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
