/* Convolutions by sums over the window, a vector of channels at a time: of one channel a group, or to few channels. */
#ifndef FA_NET_DIRECT_H
#define FA_NET_DIRECT_H

#include "op.h"

struct net_direct {
    const struct net_window *window;
    bool depthwise;       /* else fa_tensor_narrow() */
    size_t in, out;       /* channels; in is that of one group */
    const float *weights; /* (kernel rows, kernel columns, in, out), and FA_TAPS_PAD more */
};

/* A part of the layer: x and y are the images of step->in[0] and step->out[0], which has its epilogue done too. */
void net_direct_run(const struct net_direct *direct, const struct net_step *step, const struct net_geometry *g, size_t images,
                    struct net_part part);

#endif
