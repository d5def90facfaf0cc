/* Convolutions of 3x3, 1x3, 3x1, 1x7 and 7x1 windows with fewer multiplications (fa_tensor_winograd()). */
#ifndef FA_NET_WINOGRAD_H
#define FA_NET_WINOGRAD_H

#include "op.h"

/* Along an axis, tiles of 4 outputs come from 6 or 10 inputs, by as many factors; or, where the window is one pixel, 1 from 1. */
struct net_winograd {
    size_t kernel[2], in, out; /* channels */
    size_t outputs[2], factors[2];
    struct fa_panels panels;
    size_t panel_floats; /* of the weights of a factor */
    float *weights;      /* factors[0] * factors[1] of these */
};

bool net_winograd_suits(const struct net_window *window, size_t group, size_t in, size_t out);

/* Whether it takes less time than the product for so many images. */
bool net_winograd_pays(const struct net_winograd *winograd, const struct net_geometry *g, size_t images);

/* matrix: (kernel[0] * kernel[1] * in, out), rows by (y, x, channel). */
int net_winograd_prepare(struct net_graph *graph, struct net_winograd *winograd, const float *matrix, struct fa_err *err);

/* Floats of scratch that a run on such images wants. */
size_t net_winograd_scratch(const struct net_winograd *winograd);

/* A part of the layer: x and y are the images of step->in[0] and step->out[0], which has its epilogue done too. */
void net_winograd_run(const struct net_winograd *winograd, const struct net_step *step, const struct net_geometry *g,
                      size_t images, struct net_part part, float *scratch);

#endif
