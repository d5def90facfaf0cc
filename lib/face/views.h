/* For detectors of one network that tells all faces in what it sees at once: a picture is shown to it at several scales,
 * in windows. Inside room face only. */
#ifndef FA_FACE_VIEWS_H
#define FA_FACE_VIEWS_H

#include "detector.h"

/* What the network sees: a window of the scaled picture; beyond that, zeros. */
struct view {
    const struct fa_image *level;
    size_t x, y, width, height;
};

struct viewer {
    size_t width, height; /* of the largest window */
    size_t step;          /* its sides are multiples of this; 0: a window always has that size */
    double least, most;   /* sides of faces that it finds wherever they lie, in pixels of the window */
    double reach;         /* longer side of the picture at the last scale; 0: as a window has room for */
    double overlap;       /* of two boxes that are taken for the same face: the area in common over that of both */
    /* Appends what it sees to scan->list, in pixels of the window. */
    int (*look)(struct fa_scan *scan, const struct view *view, struct fa_err *err);
};

/* Fills scan->list with the faces of the picture, best first. Scales are such that faces from the smallest of the options
 * on are seen with sides from least to most, or, at the last scale, as far as the picture reaches. */
int fa_view_all(struct fa_scan *scan, const struct fa_image *image, const struct viewer *viewer, struct fa_err *err);

/* A view as planes of the network's input, blue before red or not, normalised as the card says. */
void fa_view_planes(struct fa_scan *scan, const struct view *view, bool bgr);

#endif
