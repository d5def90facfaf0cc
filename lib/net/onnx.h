/* Between onnx.c and onnx_tensor.c. */
#ifndef FA_NET_ONNX_H
#define FA_NET_ONNX_H

#include "graph.h"

/* What a TensorProto says about itself. */
struct net_onnx_tensor_head {
    int64_t dim[FA_NET_RANK];
    size_t rank;
    uint64_t type;
    bool external, has_raw;
    struct net_bytes name, raw;
};

/* One tensor. *constant stays NULL, and *why tells the reason, if it is whole but of no use here. */
int net_onnx_tensor(struct net_graph *graph, struct net_bytes message, struct net_onnx_tensor_head *head,
                    struct net_constant **constant, const char **why, struct fa_err *err);

/* Whether values of this TensorProto.DataType are float32 here. */
bool net_onnx_is_float(uint64_t type);

/* "LABEL: malformed ONNX file (in WHAT)"; returns -1. */
int net_onnx_malformed(const struct net_graph *graph, const char *what, struct fa_err *err);

/* A string field, in the graph's arena. */
char *net_onnx_text(struct net_graph *graph, struct net_bytes bytes, struct fa_err *err);

#endif
