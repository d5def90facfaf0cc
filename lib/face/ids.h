/* Names for pictures: UTF-8, and none twice. Inside room face only. */
#ifndef FA_FACE_IDS_H
#define FA_FACE_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fa/err.h"
#include "fa/mem.h"

/* How often each name was given out, by its 64-bit hash: two different names of a million collide with a chance of 3e-8,
 * and then one of them gets an @2 that it would not need. */
struct ids {
    struct id {
        uint64_t hash; /* open addressing; times 0 is free */
        size_t times;
    } *id;
    size_t n, size;
};

/* The name for path, in the arena; *doubled says whether path was named before. */
const char *fa_ids_name(struct ids *ids, const char *path, bool *doubled, struct fa_arena *arena, struct fa_err *err);

#endif
