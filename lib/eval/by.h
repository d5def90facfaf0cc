/* Groupings of records. */
#ifndef FA_EVAL_BY_H
#define FA_EVAL_BY_H

#include "fa/eval.h"

enum { BY_KEYS_MAX = 8 };

/* Reads a list of groupings, see fa_evaluation_init(), into evaluation's by. */
int by_parse(struct fa_evaluation *evaluation, const char *text, struct fa_err *err);
void by_free(struct fa_by *by, size_t nheads);

/* The group of a record, made if it is the first of it. NULL: out of memory, or too many groups. */
struct fa_group *by_group(struct fa_evaluation *evaluation, struct fa_by *by, const struct fa_record *record, struct fa_err *err);

/* The group with these values, one a key. */
struct fa_group *by_find(struct fa_evaluation *evaluation, struct fa_by *by, const char *const *value, struct fa_err *err);

#endif
