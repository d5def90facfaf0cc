/* A net as opened, and how it is opened from bytes: for fa_net_open() and for tests. */
#ifndef FA_NET_NETFILE_H
#define FA_NET_NETFILE_H

#include "graph.h"

struct fa_net {
    struct net_graph graph;
    uint64_t digest;
    struct fa_net_value *input, *output;
};

/* A graph input that is to be taken for a constant: its elements are those of an ONNX TensorProto. */
struct net_binding {
    const char *name;
    struct net_bytes tensor;
};

struct net_source {
    const char *label; /* what messages call it */
    struct net_bytes file;
    const char *const *outputs; /* as for fa_net_open() */
    size_t noutputs;
    unsigned flags;
    const struct net_binding *binding;
    size_t nbindings;
};

/* mapped.c: the whole file at path, to be unmapped with net_unmap(); at = NULL on error. */
struct net_bytes net_map_file(const char *path, struct fa_err *err);
void net_unmap(struct net_bytes file);
/* The files that net_beside() mapped, one after the other; *beside starts as NULL. */
bool net_beside_next(const struct net_graph *graph, const struct net_beside **beside, struct net_bytes *file);
/* Unmaps them: what raw of constants points at is gone. */
void net_beside_close(struct net_graph *graph);

struct fa_net *net_open(const struct net_source *source, struct fa_err *err);

#endif
