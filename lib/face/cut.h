/* The records of a picture's faces: what fa_align_picture() has after it looked for them. */
#ifndef FA_FACE_CUT_H
#define FA_FACE_CUT_H

#include "fa/align.h"

/* A picture on its way. Faces are in pixels of the picture as it is stored, upright. */
struct picture {
    const struct fa_align *align;
    const char *id;
    const struct fa_map *labels;
    struct fa_image image;
    struct fa_reduction reduction; /* from the picture to image */
    struct fa_template crop;
    const char *template; /* crop's name */
    bool fallback;
};

/* A record without a crop, for the reason. */
int fa_cut_reject(const struct picture *picture, struct fa_record *record, const char *reason, struct fa_err *err);

/* The crop of a face, numbered where number is not 0, and behind it its copies. record has room for all of them; *n is set to
 * how many were made: one, a reject, where the face cannot be cut. */
int fa_cut_face(const struct picture *picture, const struct fa_face *face, size_t number, struct fa_record *record, size_t *n,
                struct fa_err *err);

#endif
