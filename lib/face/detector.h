/* What a detector is made of. Inside room face only. */
#ifndef FA_FACE_DETECTOR_H
#define FA_FACE_DETECTOR_H

#include "candidate.h"
#include "fa/face.h"
#include "fa/net.h"

enum { DETECTOR_NETS = 3, DETECTOR_OUTPUTS = 3 };

struct detector_class {
    const char *name; /* as cards call it */
    size_t nnets;
    /* Looks at the networks and finds their outputs. */
    int (*check)(struct fa_detector *detector, struct fa_err *err);
    size_t ninput; /* floats that run() wants in scan->input */
    int (*run)(struct fa_scan *scan, const struct fa_image *image, struct fa_err *err); /* leaves faces in scan->list */
};

extern const struct detector_class fa_detector_mtcnn;

struct fa_detector {
    const struct detector_class *class;
    struct fa_detector_options options;
    float mean[3], scale[3]; /* input = (pixel - mean) * scale */
    struct fa_net *net[DETECTOR_NETS];
    size_t output[DETECTOR_NETS][DETECTOR_OUTPUTS]; /* where a net's scores, shifts and points are among its outputs */
};

struct fa_scan {
    const struct fa_detector *detector;
    struct fa_exec *exec[DETECTOR_NETS];
    struct candidates list;
    float *input, *patch; /* patch: the largest network input in picture order */
};

#endif
