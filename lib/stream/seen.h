/* A set of ids by their 64-bit hashes: two different ids of a million collide with a chance of 3e-8. */
#ifndef FA_STREAM_SEEN_H
#define FA_STREAM_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fa/err.h"

struct seen {
    uint64_t *hash; /* open addressing; 0 is free */
    size_t n, size;
};

/* Adds id; *again says whether it was there. */
int seen_add(struct seen *seen, const char *id, bool *again, struct fa_err *err);

#endif
