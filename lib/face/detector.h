/* What a detector is made of. Inside room face only. */
#ifndef FA_FACE_DETECTOR_H
#define FA_FACE_DETECTOR_H

#include <stdbool.h>

#include "candidate.h"
#include "fa/face.h"
#include "fa/net.h"

enum { DETECTOR_NETS = 3, DETECTOR_OUTPUTS = 12 };

struct detector_class {
    const char *name; /* as cards call it */
    size_t nnets;
    unsigned flags; /* of fa_net_open(), for all nets */
    struct fa_detector_options own; /* has as many thresholds as the detector has stages, and a factor if it has a pyramid */
    double sure;   /* a score that faces on their sides hardly reach */
    size_t ninput; /* floats that run() wants in scan->input */
    /* Looks at the networks and finds their outputs. */
    int (*check)(struct fa_detector *detector, struct fa_err *err);
    /* Leaves faces in scan->list, best score first. */
    int (*run)(struct fa_scan *scan, const struct fa_image *image, struct fa_err *err);
    /* Finds the points of a face anew in a square crop of side REFINE_SIDE, in whose middle, half as long, the face lies as
     * in the template `arcface`. *found becomes true, or stays false where it sees no face. */
    int (*refine)(struct fa_scan *scan, const struct fa_image *crop, float point[FA_FACE_POINTS][2], bool *found,
                  struct fa_err *err);
};

enum { REFINE_SIDE = 192, PATCH_SIDE = 64 };

extern const struct detector_class fa_detector_mtcnn, fa_detector_rfb, fa_detector_yunet;

struct fa_detector {
    const struct detector_class *class;
    struct fa_detector_options options;
    float mean[3], scale[3]; /* input = (pixel - mean) * scale */
    struct fa_net *net[DETECTOR_NETS];
    size_t output[DETECTOR_NETS][DETECTOR_OUTPUTS]; /* where a net's scores, boxes, points ... are among its outputs */
};

struct fa_scan {
    const struct fa_detector *detector;
    struct fa_exec *exec[DETECTOR_NETS];
    struct candidates list;
    float *input, *patch; /* patch: a part of the picture, scaled to at most PATCH_SIDE */
};

/* Looks again, at copies of the picture, until there is a face, and with the option upright a sure one; leaves in faces the
 * best of what was there and what the copies show. */
int fa_scan_again(struct fa_scan *scan, const struct fa_image *image, struct fa_faces *faces, struct fa_err *err);

/* Finds the points of the faces once more. */
int fa_scan_refine(struct fa_scan *scan, const struct fa_image *image, struct fa_faces *faces, struct fa_err *err);

/* Lets the detector look once. */
int fa_scan_once(struct fa_scan *scan, const struct fa_image *image, struct fa_faces *faces, struct fa_err *err);

/* ---- for the classes ---- */

/* The output of a net with this name (if not NULL), and whose innermost dimension is n, as that of a role. */
int fa_detector_output(struct fa_detector *detector, size_t net, size_t role, const char *name, size_t n, struct fa_err *err);

/* What of the outputs of a run belongs to a role, which must be n numbers. */
int fa_scan_numbers(const struct fa_scan *scan, size_t net, const struct fa_tensor *output, size_t role, size_t n,
                    const float **result, struct fa_err *err);

#endif
