/* From crops to vectors: a network with the preprocessing and the features that its card names. */
#ifndef FA_EMBED_H
#define FA_EMBED_H

#include <stddef.h>
#include <stdint.h>

#include "fa/card.h"
#include "fa/err.h"
#include "fa/net.h"

struct fa_embedder;    /* immutable; may be shared by threads */
struct fa_embed_state; /* one thread's working memory */

/* Opens the network at path for card, which must outlive the embedder; flags are those of fa_net_open(). Runs it once to
 * learn the sizes of its features.
 * Errors: those of fa_net_open() and fa_exec_run(); an input that is no picture of the card's size; a mean wanted of what
 * is no map; heads whose classes are not as many as the numbers. */
struct fa_embedder *fa_embedder_open(const struct fa_card *card, const char *path, unsigned flags, struct fa_err *err);
void fa_embedder_close(struct fa_embedder *embedder);

size_t fa_embedder_length(const struct fa_embedder *embedder);                  /* of a vector */
size_t fa_embedder_feature(const struct fa_embedder *embedder, size_t feature); /* length of one of its parts */
uint64_t fa_embedder_digest(const struct fa_embedder *embedder);                /* see fa_net_digest() */
size_t fa_embedder_batch(const struct fa_embedder *embedder);                   /* see fa_exec_batch() */
const struct fa_net *fa_embedder_net(const struct fa_embedder *embedder);       /* its outputs are the features' values */

struct fa_embed_state *fa_embed_state_new(const struct fa_embedder *embedder, struct fa_err *err);
/* See fa_exec_share(). */
void fa_embed_share(struct fa_embed_state *state, struct fa_pool *pool);
void fa_embed_state_free(struct fa_embed_state *state);

/* n crops (RGB, 8 bits, height x width x 3 as the card wants) to n vectors, each written to vector[i]. */
int fa_embed(struct fa_embed_state *state, const unsigned char *const *crop, size_t n, float *const *vector, struct fa_err *err);

#endif
