/* Embedding streams side by side: one stream whose vectors are those of all, put together by id. */
#ifndef FA_JOIN_H
#define FA_JOIN_H

#include <stddef.h>

#include "fa/err.h"
#include "fa/stream.h"

struct fa_join;

/* Opens the n > 1 streams at paths; "-" is standard input. All but the first are read to their end and held, their
 * vectors as floats.
 * Errors: those of fa_reader_open() and fa_reader_next() for embeddings with unique ids; a header too large to join. */
struct fa_join *fa_join_open(const char *const *paths, size_t n, struct fa_err *err);
void fa_join_close(struct fa_join *join);

/* The first stream's header with the lengths added up, `features` and `prog` one after the other, `card` and `digest`
 * joined by `+` (`none` for what a stream does not have), and `template` too where it differs. Half floats only if all
 * have them. `expect` is left out. Belongs to the join. */
const struct fa_header *fa_join_header(const struct fa_join *join);

/* Fills record: 1, or 0 at the end, or -1. Records come in the order of the first stream, whose labels and about they
 * have; a face that another stream rejected or does not have is a reject with that reason. Then come those that only
 * other streams have, as rejects in order of their ids, stream by stream: what comes does not depend on the order of
 * records in any but the first. Errors: those of fa_reader_next(). */
int fa_join_next(struct fa_join *join, struct fa_record *record, struct fa_err *err);

#endif
