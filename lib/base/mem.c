#include "fa/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *fa_mem_array(size_t n, size_t size, struct fa_err *err)
{
    void *array = n ? calloc(n, size) : calloc(1, 1);
    if (!array)
        fa_err_memory(err, size && n > SIZE_MAX / size ? SIZE_MAX : n * size);
    return array;
}

void *fa_mem_aligned(size_t n, size_t size, struct fa_err *err)
{
    if (size && n > (SIZE_MAX - 64) / size) {
        fa_err_memory(err, SIZE_MAX);
        return NULL;
    }
    size_t bytes = (n * size + 63) / 64 * 64;
    bytes = bytes ? bytes : 64;
    void *array = aligned_alloc(64, bytes);
    if (!array)
        fa_err_memory(err, bytes);
    else
        memset(array, 0, bytes);
    return array;
}

int fa_mem_grow(void *array, size_t *capacity, size_t want, size_t size, struct fa_err *err)
{
    void *old, *grown;
    if (want <= *capacity)
        return 0;
    size_t doubled = *capacity > SIZE_MAX / 2 ? SIZE_MAX : *capacity * 2;
    size_t n = want > doubled ? want : doubled;
    memcpy(&old, array, sizeof old);
    if (n > SIZE_MAX / size || !(grown = realloc(old, n * size)))
        return fa_err_memory(err, n > SIZE_MAX / size ? SIZE_MAX : n * size);
    memcpy(array, &grown, sizeof grown);
    *capacity = n;
    return 0;
}

char *fa_mem_strdup(const char *text, struct fa_err *err)
{
    char *copy = strdup(text);
    if (!copy)
        fa_err_memory(err, strlen(text) + 1);
    return copy;
}

struct fa_arena_block {
    struct fa_arena_block *older;
    size_t used, size;
    _Alignas(16) unsigned char bytes[];
};

enum { FIRST_BLOCK = 1024 };

static int add_block(struct fa_arena *arena, size_t n, struct fa_err *err)
{
    size_t size = arena->block ? 2 * arena->block->size : FIRST_BLOCK;
    if (size < n)
        size = n;
    struct fa_arena_block *block = malloc(sizeof *block + size);
    if (!block)
        return fa_err_memory(err, size);
    *block = (struct fa_arena_block){.older = arena->block, .size = size};
    arena->block = block;
    return 0;
}

void *fa_arena_alloc(struct fa_arena *arena, size_t n, struct fa_err *err)
{
    if (n > SIZE_MAX / 4) {
        fa_err_memory(err, n);
        return NULL;
    }
    n = (n + 15) / 16 * 16;
    if (!arena->block || arena->block->size - arena->block->used < n)
        if (add_block(arena, n, err))
            return NULL;
    void *memory = arena->block->bytes + arena->block->used;
    arena->block->used += n;
    return memset(memory, 0, n);
}

char *fa_arena_strndup(struct fa_arena *arena, const char *text, size_t n, struct fa_err *err)
{
    char *copy = fa_arena_alloc(arena, n + 1, err);
    if (copy)
        memcpy(copy, text, n);
    return copy;
}

char *fa_arena_strdup(struct fa_arena *arena, const char *text, struct fa_err *err)
{
    return fa_arena_strndup(arena, text, strlen(text), err);
}

char *fa_arena_printf(struct fa_arena *arena, struct fa_err *err, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    char *text = n < 0 ? NULL : fa_arena_alloc(arena, (size_t)n + 1, err);
    if (text)
        vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}

static void free_blocks(struct fa_arena_block *block)
{
    while (block) {
        struct fa_arena_block *older = block->older;
        free(block);
        block = older;
    }
}

void fa_arena_reset(struct fa_arena *arena)
{
    if (!arena->block)
        return;
    free_blocks(arena->block->older);
    arena->block->older = NULL;
    arena->block->used = 0;
}

void fa_arena_free(struct fa_arena *arena)
{
    free_blocks(arena->block);
    arena->block = NULL;
}
