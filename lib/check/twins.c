#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "fa/mem.h"
#include "fa/pictures.h"
#include "room.h"

/* A file that may have the bytes of another. */
struct twin {
    uint64_t size;
    XXH128_hash_t hash;
    size_t row;
    bool unread;
};

static int by_bytes(const void *a, const void *b)
{
    const struct twin *x = a, *y = b;
    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    int order = XXH128_cmp(&x->hash, &y->hash);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

static bool alike(const struct twin *a, const struct twin *b)
{
    return a->size == b->size && XXH128_isEqual(a->hash, b->hash) && !a->unread && !b->unread;
}

/* Leaves those of n sorted files that have a neighbour of their size; returns how many. */
static size_t drop_singles(struct twin *twin, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && twin[end].size == twin[i].size;)
            end++;
        if (end - i > 1) {
            memmove(twin + kept, twin + i, (end - i) * sizeof *twin);
            kept += end - i;
        }
    }
    return kept;
}

/* False where the file cannot be read to its end. */
static bool hash_file(const char *path, XXH3_state_t *state, XXH128_hash_t *hash)
{
    unsigned char block[16384];
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    XXH3_128bits_reset(state);
    for (size_t n; (n = fread(block, 1, sizeof block, file));)
        XXH3_128bits_update(state, block, n);
    *hash = XXH3_128bits_digest(state);
    bool whole = !ferror(file);
    fclose(file);
    return whole;
}

static int hash_twin(void *arg, void *item, struct fa_err *err)
{
    const struct fa_check *check = arg;
    struct twin *twin = item;
    struct fa_arena arena = {0};
    const char *path = fa_picture_path(fa_check_file(check, twin->row), check->order.folder, &arena, err);
    XXH3_state_t *state = path ? XXH3_createState() : NULL;
    if (state)
        twin->unread = !hash_file(path, state, &twin->hash);
    else if (path)
        fa_err_set(err, "out of memory");
    int failed = !state;
    XXH3_freeState(state);
    fa_arena_free(&arena);
    return failed ? -1 : 0;
}

/* ---- findings ---- */

/* The label of a row, mended; NULL where it has none. */
static const char *label_of(const struct fa_census *census, size_t row)
{
    uint32_t class = census->code[row];
    if (class == FA_NO_LABEL)
        return NULL;
    return census->likely[class] ? census->likely[class] : census->class.name[class];
}

/* The labels in which two rows differ, `age 3-9 here, 10-19 there; ...`; *text stays NULL where there are none. */
static int compare(struct fa_check *check, size_t row, size_t other, const char **text, struct fa_err *err)
{
    *text = NULL;
    for (size_t i = 0; i < check->ncensus; i++) {
        const struct fa_census *census = &check->census[i];
        const char *here = label_of(census, row), *there = label_of(census, other);
        if (!here || !there || !strcmp(here, there))
            continue;
        const char *before = *text ? *text : "", *joint = *text ? "; " : "";
        *text = fa_arena_printf(&check->arena, err, "%s%s%s %s here, %s there", before, joint, census->name, here, there);
        if (!*text)
            return -1;
    }
    return 0;
}

static int add_twin(struct fa_check *check, size_t row, size_t first, struct fa_err *err)
{
    struct fa_finding finding = {.row = row};
    const char *labels, *here = fa_check_file(check, row), *there = fa_check_file(check, first);
    bool same = !strcmp(here, there);
    if (compare(check, row, first, &labels, err))
        return -1;
    finding.fault = labels ? FA_CONTRADICTION : FA_DUPLICATE;
    finding.note = fa_arena_printf(&check->arena, err, "%s as line %zu%s%s%s%s", same ? "the same path" : "the same bytes",
                                   fa_table_line(check->order.table, first), same ? "" : ", ", same ? "" : there,
                                   labels ? ": " : "", labels ? labels : "");
    return finding.note ? fa_check_add(check, finding, err) : -1;
}

int fa_check_twins(struct files *files, struct fa_err *err)
{
    struct fa_check *check = files->check;
    size_t rows = fa_table_rows(check->order.table), n = 0;
    struct twin *twin = fa_mem_array(rows, sizeof *twin, err);
    if (!twin)
        return -1;
    for (size_t row = 0; row < rows; row++)
        if (files->file[row].width)
            twin[n++] = (struct twin){.size = files->file[row].size, .row = row};
    qsort(twin, n, sizeof *twin, by_bytes);
    n = drop_singles(twin, n);
    struct batch batch = {.item = twin, .size = sizeof *twin, .n = n, .each = hash_twin, .arg = check};
    int failed = fa_check_each(check, &batch, err);
    if (!failed)
        qsort(twin, n, sizeof *twin, by_bytes);
    for (size_t i = 1, first = 0; i < n && !failed; i++)
        if (!alike(&twin[first], &twin[i]))
            first = i;
        else
            failed = add_twin(check, twin[i].row, twin[first].row, err);
    free(twin);
    return failed ? -1 : 0;
}
