/* Made-up faces for the tests of room head: a set of embeddings whose labels can be learned, written to a temporary stream
 * by the suite's own writer. Features differ in mean and spread, and every third is always 0. */
#ifndef FA_TEST_HEAD_FACES_H
#define FA_TEST_HEAD_FACES_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fa/head.h"
#include "fa/rng.h"

struct faces {
    size_t n, dim;
    uint64_t seed;
    bool reversed;     /* the records in the opposite order */
    bool unrelated;    /* labels that have nothing to do with the vectors */
    unsigned unlabel;  /* every n-th record has no gender, every 3n-th no label at all; 0: all have all */
    unsigned reject;   /* every n-th record is a reject */
    bool copies;       /* three records a picture: p, p#2, p~1 */
    const char *digest;
    enum fa_dtype dtype; /* FA_F32 or FA_F16; else FA_F32 */
    unsigned flags;      /* of the reader */
};

static const char *const faces_age[] = {"3-9", "0-2", "more than 70", "10-19"};
static const char *const faces_gender[] = {"Male", "Female"};

static inline void faces_record(const struct faces *faces, size_t i, struct fa_record *record)
{
    struct fa_err err;
    struct fa_rng rng = fa_rng_make(faces->seed, i);
    uint32_t age = fa_rng_below(&rng, 4), gender = fa_rng_below(&rng, 2);
    fa_record_clear(record);
    static const char *const suffix[] = {"", "#2", "~1"};
    record->id = faces->copies ? fa_arena_printf(&record->arena, &err, "%05zu.jpg%s", i / 3, suffix[i % 3])
                               : fa_arena_printf(&record->arena, &err, "%05zu.jpg", i);
    float *x = fa_record_payload(record, faces->dim, sizeof *x, &err);
    for (size_t k = 0; k < faces->dim; k++) {
        float signal = (k % 4 == age ? 1.0f : 0.0f) + (k % 2 == gender ? 0.8f : 0.0f);
        x[k] = (signal + fa_rng_normal(&rng) + (float)k) * (float)(k % 3);
    }
    if (faces->unrelated) {
        age = fa_rng_below(&rng, 4);
        gender = fa_rng_below(&rng, 2);
    }
    bool none = faces->unlabel && i % (3 * faces->unlabel) == 0;
    if (!none)
        fa_map_set(&record->labels, &record->arena, "age", fa_value_string(faces_age[age]), &err);
    if (!none && !(faces->unlabel && i % faces->unlabel == 0))
        fa_map_set(&record->labels, &record->arena, "gender", fa_value_string(faces_gender[gender]), &err);
    fa_map_set(&record->labels, &record->arena, "service_test", fa_value_string(i % 2 ? "True" : "False"), &err);
    if (faces->reject && i % faces->reject == 1)
        fa_record_set_reject(record, "no face found", &err);
}

/* Path of the stream, a temporary file to be unlinked. */
static inline char *faces_write(const struct faces *faces)
{
    static char path[64];
    struct fa_arena arena = {0};
    struct fa_record record = {0};
    struct fa_err err = {""};
    struct fa_header header = {.kind = FA_EMBEDDING, .dtype = faces->dtype ? faces->dtype : FA_F32, .rank = 1, .dim = {faces->dim}};
    snprintf(path, sizeof path, "/tmp/fa_faces_XXXXXX");
    int fd = mkstemp(path);
    fa_map_set(&header.map, &arena, "card", fa_value_string("test"), &err);
    fa_map_set(&header.map, &arena, "digest", fa_value_string(faces->digest ? faces->digest : "00000000000000aa"), &err);
    struct fa_writer *writer = fa_writer_open(fd, path, &header, &err);
    for (size_t i = 0; writer && i < faces->n; i++) {
        faces_record(faces, faces->reversed ? faces->n - 1 - i : i, &record);
        if (fa_writer_put(writer, &record, &err))
            abort();
    }
    if (!writer || fa_writer_end(writer, &err))
        abort();
    fa_writer_close(writer);
    close(fd);
    fa_record_free(&record);
    fa_arena_free(&arena);
    return path;
}

/* The first n embeddings, as a predictor takes them; the arena's. */
static inline const float *const *faces_floats(const struct fa_dataset *data, size_t n, struct fa_arena *arena)
{
    struct fa_err err;
    const float **x = fa_arena_alloc(arena, n * sizeof *x, &err);
    for (size_t i = 0; i < n; i++) {
        float *row = fa_arena_alloc(arena, data->dim * sizeof *row, &err);
        fa_dataset_row(data, i, row);
        x[i] = row;
    }
    return x;
}

static inline struct fa_dataset *faces_read(const struct faces *faces, const char *const *heads, size_t nheads,
                                            struct fa_err *err)
{
    const char *path = faces_write(faces);
    struct fa_reader *reader = fa_reader_open(&path, 1, FA_EMBEDDING, FA_READER_UNIQUE | faces->flags, err);
    struct fa_dataset *data = reader ? fa_dataset_read(reader, heads, nheads, err) : NULL;
    fa_reader_close(reader);
    unlink(path);
    return data;
}

#endif
