/* One head over some records, between the files of this room. */
#ifndef FA_EVAL_SUMS_H
#define FA_EVAL_SUMS_H

#include "fa/eval.h"

/* All zero. group: the group's name, "" for everyone. Error: out of memory. */
int sums_init(struct fa_sums *sums, const struct fa_head *head, bool ordered, const char *group, struct fa_err *err);
void sums_free(struct fa_sums *sums);

/* Adds what a record says about the head; id_hash is that of its id. */
int sums_add(struct fa_sums *sums, const struct fa_verdict *verdict, uint64_t id_hash, struct fa_err *err);

void block_join(struct fa_block *block, const struct fa_block *other);

/* The sum of all blocks. */
struct fa_block sums_total(const struct fa_sums *sums);

#endif
