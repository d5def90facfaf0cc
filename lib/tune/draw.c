#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "search.h"

enum { TRIES = 200, MOST_POINTS = 1000000, FILLS = 1024 };

/* ---- what was drawn before ---- */

static uint64_t digest_of(const struct fa_space *space, const char *const *value)
{
    uint64_t digest = space->n;
    for (size_t i = 0; i < space->n; i++)
        digest = XXH3_64bits_withSeed(value[i] ? value[i] : "", value[i] ? strlen(value[i]) + 1 : 0, digest);
    return digest ? digest : 1;
}

/* The slot of the digest, or the free one where it belongs. */
static struct search_seen *slot_of(struct search_seen *table, size_t capacity, uint64_t digest)
{
    size_t i = digest & (capacity - 1);
    while (table[i].digest && table[i].digest != digest)
        i = (i + 1) & (capacity - 1);
    return &table[i];
}

static int grow_seen(struct fa_search *search, struct fa_err *err)
{
    size_t capacity = search->seen_capacity ? 2 * search->seen_capacity : 256;
    struct search_seen *table = fa_mem_array(capacity, sizeof *table, err);
    if (!table)
        return -1;
    for (size_t i = 0; i < search->seen_capacity; i++)
        if (search->seen[i].digest)
            *slot_of(table, capacity, search->seen[i].digest) = search->seen[i];
    free(search->seen);
    search->seen = table;
    search->seen_capacity = capacity;
    return 0;
}

/* What takes a place is drawn when a wave is over, which may be before or after another bracket draws: it is for its own
 * bracket to see, under a digest of its own. */
static uint64_t digest_in(uint64_t digest, size_t bracket)
{
    return XXH3_64bits_withSeed(&digest, sizeof digest, bracket + 1) | 1;
}

/* For the same reason, what later brackets drew is new. */
static bool is_new(const struct fa_search *search, const struct fa_trial *trial, const char *const *value)
{
    if (!search->seen_capacity)
        return true;
    uint64_t digest = digest_of(search->space, value);
    const struct search_seen *own = slot_of(search->seen, search->seen_capacity, digest),
                             *other = slot_of(search->seen, search->seen_capacity, digest_in(digest, trial->bracket));
    return (!own->digest || own->bracket > trial->bracket) && !other->digest;
}

int search_see(struct fa_search *search, const struct fa_trial *trial, const char *const *value, struct fa_err *err)
{
    uint64_t digest = digest_of(search->space, value);
    if (2 * search->nseen >= search->seen_capacity && grow_seen(search, err))
        return -1;
    digest = trial->fill ? digest_in(digest, trial->bracket) : digest;
    struct search_seen *slot = slot_of(search->seen, search->seen_capacity, digest);
    search->nseen += !slot->digest;
    if (!slot->digest)
        *slot = (struct search_seen){digest, trial->bracket};
    return 0;
}

static bool may_try(const struct fa_search *search, const struct fa_trial *trial, const char *const *value)
{
    return is_new(search, trial, value) && (!search->options.accept || search->options.accept(search->options.arg, value));
}

/* ---- a new one ---- */

/* Of a space with few points: the first one not tried from a random one on. */
static const char *const *find_point(struct fa_search *search, const struct fa_trial *trial, struct fa_rng *rng, struct fa_err *err)
{
    size_t points = fa_space_points(search->space);
    if (!points || points > MOST_POINTS)
        return NULL;
    struct fa_arena arena = {0};
    size_t from = fa_rng_below(rng, (uint32_t)points), found = SIZE_MAX;
    for (size_t i = 0; i < points && found == SIZE_MAX; i++) {
        const char *const *value = fa_space_point(search->space, (from + i) % points, &arena, err);
        if (!value)
            break;
        found = may_try(search, trial, value) ? (from + i) % points : SIZE_MAX;
        fa_arena_reset(&arena);
    }
    fa_arena_free(&arena);
    return found == SIZE_MAX ? NULL : fa_space_point(search->space, found, &search->arena, err);
}

static const char *const *draw_once(struct fa_search *search, const struct fa_trial *trial, struct fa_rng *rng, struct fa_err *err)
{
    bool few = false;
    if (search->options.sampler == FA_SAMPLER_TPE) {
        const char *const *value = search_suggest(search, trial, rng, &few, err);
        if (value || !few)
            return value;
    }
    return fa_space_draw(search->space, rng, &search->arena, err);
}

/* The trial's point of the grid, NULL if it is one of those before: conditions make equals. */
static const char *const *grid_point(struct fa_search *search, const struct fa_trial *trial, struct fa_err *err)
{
    const char *const *value = trial->fill ? NULL : fa_space_point(search->space, trial->number, &search->arena, err);
    return value && may_try(search, trial, value) ? value : NULL;
}

int search_draw(struct fa_search *search, struct fa_trial *trial, struct fa_err *err)
{
    struct fa_rng rng = fa_rng_make(search->options.seed, trial->number * FILLS + trial->fill);
    const char *const *value = NULL;
    err->text[0] = '\0';
    if (search->plan->kind == FA_SCHEDULE_GRID) {
        value = grid_point(search, trial, err);
    } else {
        for (size_t i = 0; i < TRIES && !value && !err->text[0]; i++) {
            value = draw_once(search, trial, &rng, err);
            value = value && may_try(search, trial, value) ? value : NULL;
        }
        value = value || err->text[0] ? value : find_point(search, trial, &rng, err);
        search->exhausted = search->exhausted || !value;
    }
    if (!value)
        return err->text[0] ? -1 : 0;
    trial->value = value;
    return search_see(search, trial, value, err) ? -1 : 1;
}

uint64_t fa_search_seed(const struct fa_search *search, const struct fa_trial *trial, size_t run)
{
    const struct fa_trial *origin = &search->trial[trial->origin];
    uint32_t word[4];
    bool first = trial->origin == trial->number;
    size_t fill = first ? trial->fill : origin->fill, attempt = first ? trial->attempt : origin->attempt;
    fa_rng_block(search->options.seed, UINT64_C(1) << 63 | (trial->origin * FILLS + fill), attempt << 32 | run, word);
    return word[0];
}
