#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "fa/look.h"
#include "fa/mem.h"
#include "fa/report.h"

enum { QUALITY = 80 };

struct thumbnail {
    unsigned char *jpeg;
    size_t n;
};

struct fa_thumbnails {
    struct fa_vocabulary id;
    struct thumbnail *of; /* one an id */
    size_t capacity, found;
};

double fa_report_chance(uint64_t seed, const char *id)
{
    return (double)(XXH3_64bits_withSeed(id, strlen(id), seed) >> 11) * 0x1p-53;
}

struct fa_thumbnails *fa_thumbnails_new(struct fa_err *err)
{
    return fa_mem_array(1, sizeof(struct fa_thumbnails), err);
}

void fa_thumbnails_free(struct fa_thumbnails *thumbnails)
{
    if (!thumbnails)
        return;
    for (size_t i = 0; i < thumbnails->id.n; i++)
        free(thumbnails->of[i].jpeg);
    fa_vocabulary_free(&thumbnails->id);
    free(thumbnails->of);
    free(thumbnails);
}

int fa_thumbnails_want(struct fa_thumbnails *thumbnails, const char *id, struct fa_err *err)
{
    size_t n = thumbnails->id.n;
    if (fa_mem_grow(&thumbnails->of, &thumbnails->capacity, n + 1, sizeof *thumbnails->of, err) ||
        fa_vocabulary_add(&thumbnails->id, id, err))
        return -1;
    if (thumbnails->id.n > n)
        thumbnails->of[n] = (struct thumbnail){0};
    return 0;
}

size_t fa_thumbnails_wanted(const struct fa_thumbnails *thumbnails)
{
    return thumbnails->id.n;
}

size_t fa_thumbnails_found(const struct fa_thumbnails *thumbnails)
{
    return thumbnails->found;
}

const unsigned char *fa_thumbnails_find(const struct fa_thumbnails *thumbnails, const char *id, size_t *n)
{
    size_t index;
    if (!fa_vocabulary_find(&thumbnails->id, id, &index))
        return NULL;
    *n = thumbnails->of[index].n;
    return thumbnails->of[index].jpeg;
}

/* ---- from crops ---- */

static int keep(struct fa_thumbnails *thumbnails, const struct fa_header *header, const struct fa_record *record, size_t side,
                struct fa_err *err)
{
    struct fa_image small;
    size_t index;
    if (!record->data || !fa_vocabulary_find(&thumbnails->id, record->id, &index) || thumbnails->of[index].jpeg)
        return 0;
    if (fa_look_crop(header, record, side, &small, err))
        return -1;
    int rc = fa_image_encode_jpeg(&small, QUALITY, &thumbnails->of[index].jpeg, &thumbnails->of[index].n, err);
    fa_image_free(&small);
    thumbnails->found += !rc;
    return rc;
}

int fa_thumbnails_read(struct fa_thumbnails *thumbnails, const char *path, size_t side, struct fa_err *err)
{
    struct fa_reader *reader = fa_reader_open(&path, 1, FA_CROP, 0, err);
    struct fa_decoder *images = reader ? fa_decoder_open(err) : NULL;
    struct fa_record record = {0};
    int got = -1;
    if (!images)
        goto out;
    const struct fa_header *header = fa_reader_header(reader);
    struct fa_err why;
    if (fa_look_check(header, &why)) {
        fa_err_set(err, "%s: %s", path, why.text);
        goto out;
    }
    while ((got = fa_reader_next(reader, &record, err)) == 1)
        if (keep(thumbnails, header, &record, side, err)) {
            got = -1;
            break;
        }
out:
    fa_record_free(&record);
    fa_decoder_close(images);
    fa_reader_close(reader);
    return got;
}
