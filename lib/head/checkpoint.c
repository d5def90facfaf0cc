#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "model.h"
#include "trainer.h"

/* A checkpoint is for the program and the machine that wrote it, so that numbers stand as they do in memory:
 *     MAGIC, length and text of the identity, for each trainer a struct place and its arrays, XXH3-64 of all before. */
#define MAGIC "fa-checkpoint\n"

struct place {
    uint64_t steps, epochs, best_epoch, at;
    double best_value, rate;
};

/* ---- what a checkpoint belongs to ---- */

static void hash_rows(const struct fa_dataset *data, XXH3_state_t *hash, float *x)
{
    for (size_t i = 0; i < data->rows; i++) {
        uint8_t held = data->held ? data->held[i] : 2;
        XXH3_64bits_update(hash, data->id[i], strlen(data->id[i]) + 1);
        XXH3_64bits_update(hash, data->group[i], strlen(data->group[i]) + 1);
        XXH3_64bits_update(hash, &held, 1);
        XXH3_64bits_update(hash, data->label + i * data->nheads, data->nheads * sizeof *data->label);
        fa_dataset_row(data, i, x);
        XXH3_64bits_update(hash, x, data->dim * sizeof *x);
    }
}

int fa_dataset_digest(const struct fa_dataset *data, uint64_t *digest, struct fa_err *err)
{
    XXH3_state_t *hash = XXH3_createState();
    float *x = fa_mem_array(data->dim, sizeof *x, err);
    if (!hash || !x) {
        XXH3_freeState(hash);
        free(x);
        return fa_err_memory(err, data->dim * sizeof *x);
    }
    XXH3_64bits_reset(hash);
    hash_rows(data, hash, x);
    for (size_t h = 0; h < data->nheads; h++)
        for (size_t i = 0; i < data->coarse[h].n; i++) {
            XXH3_64bits_update(hash, data->coarse[h].name[i], strlen(data->coarse[h].name[i]) + 1);
            XXH3_64bits_update(hash, data->coarse[h].has + i * data->head[h].nclasses, data->head[h].nclasses);
        }
    *digest = XXH3_64bits_digest(hash);
    XXH3_freeState(hash);
    free(x);
    return 0;
}

/* Worked out once a trainer: it takes a pass over the data. */
static int digest_of(struct fa_trainer *t, struct fa_err *err)
{
    if (!t->digested && fa_dataset_digest(t->data, &t->digest, err))
        return -1;
    t->digested = true;
    return 0;
}

/* One fact a line, the first to differ being the reason to refuse. */
static char *identify(struct fa_trainer *const *trainer, size_t n, struct fa_arena *arena, struct fa_err *err)
{
    const struct fa_dataset *data = trainer[0]->data;
    struct fa_map map = {0};
    const char *arch = fa_arch_print(&trainer[0]->options.arch, arena, err);
    if (!arch || digest_of(trainer[0], err) || trainer_describe(&map, arena, trainer[0], err))
        return NULL;
    char *text = fa_arena_printf(arena, err, "version " FA_VERSION "\n");
    for (size_t h = 0; text && h < data->nheads; h++) {
        text = fa_arena_printf(arena, err, "%shead %s", text, data->head[h].name);
        for (size_t i = 0; text && i < data->head[h].nclasses; i++)
            text = fa_arena_printf(arena, err, "%s%s %s", text, i ? "," : ":", data->head[h].class[i]);
        text = text ? fa_arena_printf(arena, err, "%s\n", text) : NULL;
    }
    text = text ? fa_arena_printf(arena, err, "%snetworks %zu\narch %s\n", text, n, arch) : NULL;
    for (size_t i = 0; text && i < map.n; i++)
        text = fa_arena_printf(arena, err, "%s%s %s\n", text, map.pair[i].key, model_describe_value(&map.pair[i].value, arena));
    return text ? fa_arena_printf(arena, err, "%sdata of %zu faces with digest %016llx\n", text, data->rows,
                                  (unsigned long long)trainer[0]->digest)
                : NULL;
}

static int compare(const char *there, size_t n, const char *here, struct fa_err *err)
{
    size_t at = 0, line = 0;
    while (at < n && here[at] && there[at] == here[at])
        line = here[at++] == '\n' ? at : line;
    if (at == n && !here[at])
        return 0;
    const char *end = memchr(there + line, '\n', n - line);
    return fa_err_set(err, "checkpoint of another run (there: %.*s; here: %.*s)",
                      (int)(end ? end - (there + line) : 0), there + line, (int)strcspn(here + line, "\n"), here + line);
}

/* ---- the state of a trainer, as a list of arrays ---- */

/* Calls visit on each array that a trainer at its present place needs to go on, or, when it is over, to answer. */
typedef int visit_array(void *arg, void *array, size_t bytes);

static int visit_epochs(struct fa_trainer *t, visit_array *visit, void *arg)
{
    size_t bytes = t->mlp.nheads * sizeof(struct fa_score);
    int failed = 0;
    for (size_t i = 0; i < t->epochs && !failed; i++) {
        struct fa_epoch *e = &t->history[i];
        double *const number[] = {&e->rate, &e->train_loss, &e->valid_loss, &e->seconds};
        for (size_t k = 0; k < 4 && !failed; k++)
            failed = visit(arg, number[k], sizeof *number[k]);
        failed = failed || visit(arg, e->train, bytes) || visit(arg, e->valid, bytes);
    }
    return failed;
}

static int visit_state(struct fa_trainer *t, visit_array *visit, void *arg)
{
    size_t bytes = t->mlp.floats * sizeof(float);
    bool over = trainer_is_over(t);
    int failed = visit_epochs(t, visit, arg) || visit(arg, t->score, t->mlp.nheads * sizeof *t->score);
    for (size_t h = 0; h < t->mlp.nheads && !failed; h++) {
        size_t counts = t->mlp.head[h].nclasses * sizeof(uint64_t);
        failed = visit(arg, t->tally[h].n, counts) || visit(arg, t->tally[h].right, counts) ||
                 visit(arg, &t->tally[h].bits, sizeof t->tally[h].bits);
    }
    if (t->steps)
        failed = failed || visit(arg, t->best, bytes);
    if (t->steps && !over)
        failed = failed || visit(arg, t->param, bytes) || visit(arg, t->m, bytes) || visit(arg, t->v, bytes);
    return failed;
}

/* ---- writing ---- */

struct sink {
    FILE *file;
    XXH3_state_t *hash;
};

static int put(void *arg, void *array, size_t bytes)
{
    struct sink *sink = arg;
    XXH3_64bits_update(sink->hash, array, bytes);
    return fwrite(array, 1, bytes, sink->file) == bytes ? 0 : -1;
}

static int put_all(struct sink *sink, struct fa_trainer *const *trainer, size_t n, char *identity)
{
    uint64_t length = strlen(identity);
    XXH3_64bits_reset(sink->hash);
    int failed = put(sink, &(char[]){MAGIC}, sizeof MAGIC - 1) || put(sink, &length, sizeof length) ||
                 put(sink, identity, length);
    for (size_t i = 0; i < n && !failed; i++) {
        struct fa_trainer *t = trainer[i];
        struct place place = {t->steps, t->epochs, t->best_epoch, t->at, t->best_value, t->rate};
        failed = put(sink, &place, sizeof place) || visit_state(t, put, sink);
    }
    uint64_t check = XXH3_64bits_digest(sink->hash);
    return failed || put(sink, &check, sizeof check);
}

int fa_checkpoint_write(struct fa_trainer *const *trainer, size_t n, FILE *file, const char *name, struct fa_err *err)
{
    struct fa_arena arena = {0};
    struct sink sink = {file, XXH3_createState()};
    int failed = sink.hash ? 0 : fa_err_memory(err, 1);
    char *identity = failed ? NULL : identify(trainer, n, &arena, err);
    failed = !identity ? -1 : put_all(&sink, trainer, n, identity) ? fa_err_sys(err, "%s: write", name) : 0;
    XXH3_freeState(sink.hash);
    fa_arena_free(&arena);
    return failed;
}

/* ---- reading ---- */

struct source {
    const unsigned char *at;
    size_t left;
};

static int take(void *arg, void *array, size_t bytes)
{
    struct source *source = arg;
    if (bytes > source->left)
        return -1;
    memcpy(array, source->at, bytes);
    source->at += bytes;
    source->left -= bytes;
    return 0;
}

static int take_trainer(struct fa_trainer *t, struct source *source)
{
    struct place place;
    if (take(source, &place, sizeof place) || place.epochs > t->options.epochs || place.best_epoch > place.epochs ||
        place.at > t->ntrain)
        return -1;
    t->steps = place.steps;
    t->epochs = place.epochs;
    t->best_epoch = place.best_epoch;
    t->at = place.at;
    t->best_value = place.best_value;
    t->rate = place.rate;
    return visit_state(t, take, source);
}

static int take_all(struct source *source, struct fa_trainer *const *trainer, size_t n, const char *identity,
                    struct fa_err *err)
{
    char magic[sizeof MAGIC - 1];
    uint64_t length, check;
    const unsigned char *from = source->at;
    size_t whole = source->left;
    if (take(source, magic, sizeof magic) || memcmp(magic, MAGIC, sizeof magic) != 0)
        return fa_err_set(err, "not a checkpoint (fa-train --checkpoint makes one)");
    memcpy(&check, from + whole - sizeof check, sizeof check);
    if (whole < sizeof magic + sizeof length + sizeof check || check != XXH3_64bits(from, whole - sizeof check))
        return fa_err_set(err, "damaged (the check at the end does not match)");
    if (take(source, &length, sizeof length) || length > source->left)
        return fa_err_set(err, "malformed");
    if (compare((const char *)source->at, length, identity, err))
        return -1;
    source->at += length;
    source->left -= length;
    for (size_t i = 0; i < n; i++)
        if (take_trainer(trainer[i], source))
            return fa_err_set(err, "malformed");
    return source->left == sizeof check ? 0 : fa_err_set(err, "malformed");
}

int fa_checkpoint_read(const char *path, struct fa_trainer *const *trainer, size_t n, struct fa_err *err)
{
    struct fa_arena arena = {0};
    struct fa_err why;
    struct source source = {0};
    unsigned char *bytes = NULL;
    int failed = model_slurp(&bytes, &source.left, path, err);
    char *identity = failed ? NULL : identify(trainer, n, &arena, err);
    source.at = bytes;
    if (identity && take_all(&source, trainer, n, identity, &why))
        failed = fa_err_set(err, "%s: %s", path, why.text);
    fa_arena_free(&arena);
    free(bytes);
    return identity ? failed : -1;
}
