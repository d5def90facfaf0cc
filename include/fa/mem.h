/* Memory. Nothing here exits: every allocation may fail and says so through err. */
#ifndef FA_MEM_H
#define FA_MEM_H

#include <stddef.h>

#include "fa/err.h"

/* Zeroed array of n elements of size bytes; never NULL on success, even for n = 0. Free with free(). */
void *fa_mem_array(size_t n, size_t size, struct fa_err *err);

/* As fa_mem_array(), on a 64-byte boundary (a cache line, an AVX-512 vector). Free with free(). */
void *fa_mem_aligned(size_t n, size_t size, struct fa_err *err);

/* Makes room for at least want elements of size bytes in *array, at least doubling *capacity. On failure *array stays
 * as it was and still belongs to the caller. New elements are not zeroed. */
int fa_mem_grow(void *array, size_t *capacity, size_t want, size_t size, struct fa_err *err);

/* Copy of a string. Free with free(). */
char *fa_mem_strdup(const char *text, struct fa_err *err);

/* An arena: many small allocations that die together. All zero is an empty arena. */
struct fa_arena {
    struct fa_arena_block *block;
};

/* n bytes on a 16-byte boundary, zeroed, owned by the arena. */
void *fa_arena_alloc(struct fa_arena *arena, size_t n, struct fa_err *err);

/* The first n bytes of text and a NUL. */
char *fa_arena_strndup(struct fa_arena *arena, const char *text, size_t n, struct fa_err *err);
char *fa_arena_strdup(struct fa_arena *arena, const char *text, struct fa_err *err);
char *fa_arena_printf(struct fa_arena *arena, struct fa_err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Forgets everything allocated; keeps the newest (largest) block for what comes next. */
void fa_arena_reset(struct fa_arena *arena);
void fa_arena_free(struct fa_arena *arena);

#endif
