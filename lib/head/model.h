/* Between the files that make, write and read models. */
#ifndef FA_HEAD_MODEL_H
#define FA_HEAD_MODEL_H

#include "mlp.h"

#define MODEL_MAGIC "fa-model"
enum { MODEL_MAJOR = 1, MODEL_MINOR = 0 };
enum { MODEL_HEADER = 0, MODEL_MEMBER = 1, MODEL_TENSOR = 2, MODEL_END = 3 }; /* first element of every object */

/* What a model takes over from the header of the embeddings it learned from, and demands of those it is used on. */
enum { MODEL_KEYS = 4 };
extern const char *const model_key[MODEL_KEYS];

/* From map, dim and arch: heads, temperature and layout; then memory for n members, of no more than `most` floats in all. A
 * reader gives the length of its file in bytes: a float takes four of them, and the name of an array more than what
 * rounds it up to a cache line. */
int model_set_up(struct fa_model *model, size_t n, size_t most, struct fa_err *err);

/* All arrays of a member in the order of the file, i = 0, 1, ...: what normalises the input, then the network's. False
 * when there are no more. */
struct model_array {
    const char *name;
    bool matrix;
    size_t rows, cols;
    float *data;
};
bool model_array(const struct fa_model *model, size_t member, size_t i, struct model_array *array);

/* All bytes of a file, to be freed with free() whatever comes back. */
int model_slurp(unsigned char **bytes, size_t *n, const char *path, struct fa_err *err);

/* A value in words; NULL: out of memory. */
const char *model_describe_value(const struct fa_value *value, struct fa_arena *arena);

#endif
