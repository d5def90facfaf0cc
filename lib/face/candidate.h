/* What detectors work on between their stages. Inside room face only. */
#ifndef FA_FACE_CANDIDATE_H
#define FA_FACE_CANDIDATE_H

#include "fa/face.h"

struct candidate {
    double box[4]; /* left, top, right, bottom */
    double score;
    float shift[4]; /* what the network would have each edge moved by, in box sides */
    float point[FA_FACE_POINTS][2];
    size_t order; /* of arrival, set by fa_candidates_suppress() */
};

struct candidates {
    struct candidate *item;
    size_t n, capacity;
};

enum overlap {
    OVERLAP_UNION, /* the area in common, over the area of both together */
    OVERLAP_MIN,   /* over the smaller of the two areas */
};

/* Appends a zeroed candidate; NULL if there is no memory. */
struct candidate *fa_candidates_add(struct candidates *list, struct fa_err *err);

/* Greedy non-maximum suppression of list->item[first..]: sorts by score, best first, and drops every candidate that
 * overlaps a better one that stays by more than limit. Of equal scores (float32 saturates near 1) the last to arrive is the
 * better one, as with NumPy's argsort() read from its end, which the published codes use. A box covers its right and
 * bottom pixel too if unit is 1, and ends there if it is 0. */
void fa_candidates_suppress(struct candidates *list, size_t first, enum overlap overlap, double limit, double unit);

#endif
