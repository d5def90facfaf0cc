#include <string.h>

#include "wire.h"

const char *fa_record_reject(const struct fa_record *record)
{
    return record->data ? NULL : fa_map_string(&record->about, "reject", "no payload");
}

void fa_record_clear(struct fa_record *record)
{
    struct fa_arena arena = record->arena;
    fa_arena_reset(&arena);
    *record = (struct fa_record){.arena = arena};
}

void fa_record_free(struct fa_record *record)
{
    fa_arena_free(&record->arena);
    *record = (struct fa_record){0};
}

void *fa_record_payload(struct fa_record *record, size_t n, size_t size, struct fa_err *err)
{
    char *memory = size && n > WIRE_BYTES / size ? NULL : fa_arena_alloc(&record->arena, n * size + 48, err);
    if (!memory) {
        if (size && n > WIRE_BYTES / size)
            fa_err_set(err, "payload of more than %zu bytes", WIRE_BYTES);
        return NULL;
    }
    record->data = memory + (-(uintptr_t)memory & 63); /* the arena aligns to 16, so 48 more bytes reach any 64 */
    record->elements = n;
    return record->data;
}

int fa_record_set_reject(struct fa_record *record, const char *reason, struct fa_err *err)
{
    const char *copy = fa_arena_strdup(&record->arena, reason, err);
    record->data = NULL;
    record->elements = 0;
    return copy ? fa_map_set(&record->about, &record->arena, "reject", fa_value_string(copy), err) : -1;
}

/* Length without a trailing MARK and digits, or n if there is none. */
static size_t without_suffix(const char *id, size_t n, char mark)
{
    size_t at = n;
    while (at > 0 && id[at - 1] >= '0' && id[at - 1] <= '9')
        at--;
    return at < n && at > 1 && id[at - 1] == mark ? at - 1 : n;
}

size_t fa_id_base(const char *id)
{
    size_t n = without_suffix(id, strlen(id), '~');
    return without_suffix(id, n, '#');
}
