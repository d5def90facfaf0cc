#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "../stream/wire.h"
#include "model.h"

struct file {
    unsigned char *bytes;
    size_t n, at; /* at: where the next object begins */
    msgpack_zone *zone;
};

int model_slurp(unsigned char **bytes, size_t *n, const char *path, struct fa_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), failed = 0;
    size_t capacity = 0;
    ssize_t got = 1;
    if (fd < 0)
        return fa_err_sys(err, "%s", path);
    while (got && !failed) {
        if (fa_mem_grow(bytes, &capacity, *n + ((size_t)1 << 16), 1, err))
            failed = -1;
        else if ((got = read(fd, *bytes + *n, capacity - *n)) < 0 && errno != EINTR)
            failed = fa_err_sys(err, "%s: read", path);
        else
            *n += got > 0 ? (size_t)got : 0;
    }
    close(fd);
    return failed;
}

/* The next object, which is to be an array whose first element is a small number: its tag. -1 on error. */
static int next_object(struct file *file, msgpack_object *object, struct fa_err *err)
{
    size_t size, left = file->n - file->at;
    int whole = left ? wire_measure(file->bytes + file->at, left, &size, err) : 0;
    if (whole < 0)
        return -1;
    if (!whole)
        return fa_err_set(err, "model ended early (after %zu bytes)", file->n);
    msgpack_zone_clear(file->zone);
    if (msgpack_unpack((const char *)file->bytes + file->at, size, NULL, file->zone, object) != MSGPACK_UNPACK_SUCCESS)
        return fa_err_memory(err, size);
    file->at += size;
    const msgpack_object *item = object->via.array.ptr;
    if (object->type != MSGPACK_OBJECT_ARRAY || object->via.array.size < 2 || item->type != MSGPACK_OBJECT_POSITIVE_INTEGER ||
        item->via.u64 > 127)
        return fa_err_set(err, "malformed");
    return (int)item->via.u64;
}

bool fa_model_begins(const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    size_t magic = sizeof MODEL_MAGIC - 1;
    return n >= 3 + magic && at[0] >= 0x95 && at[0] <= 0x9f && at[1] == MODEL_HEADER && at[2] == (0xa0 | magic) &&
           memcmp(at + 3, MODEL_MAGIC, magic) == 0;
}

/* No model: says what else it is, if it is a stream. */
static int explain(struct file *file, struct fa_err *err)
{
    struct fa_arena arena = {0};
    struct fa_header header;
    msgpack_object object;
    int failed = file->n == 0 ? fa_err_set(err, "empty, want a model (fa-train makes one)")
                              : fa_err_set(err, "not a model (fa-train makes one)");
    if (next_object(file, &object, NULL) >= 0 && !wire_read_header(&header, &arena, &object, NULL))
        failed = fa_err_set(err, "%s stream, want a model (fa-train makes one)", fa_kind_name(header.kind));
    fa_arena_free(&arena);
    return failed;
}

static int read_header(struct fa_model *model, size_t *members, struct file *file, struct fa_err *err)
{
    msgpack_object object;
    if (!fa_model_begins(file->bytes, file->n))
        return explain(file, err);
    if (next_object(file, &object, err) < 0)
        return -1;
    const msgpack_object *item = object.via.array.ptr;
    if (item[2].type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        return fa_err_set(err, "malformed header");
    if (item[2].via.u64 != MODEL_MAJOR)
        return fa_err_set(err, "model of version %llu, this program reads version %d", (unsigned long long)item[2].via.u64,
                          MODEL_MAJOR);
    if (wire_map(&model->map, &model->arena, &item[4], err) ||
        fa_arch_parse(&model->arch, fa_map_string(&model->map, "arch", "-"), err))
        return -1;
    double dim = fa_map_number(&model->map, "dim", 0), n = fa_map_number(&model->map, "members", 0);
    if (!(dim >= 1 && dim <= WIRE_BYTES / 4) || !(n >= 1 && n <= 4096))
        return fa_err_set(err, "malformed header (dim %g, members %g)", dim, n);
    model->dim = (size_t)dim;
    *members = (size_t)n;
    return 0;
}

static bool has_shape(const msgpack_object *shape, const struct model_array *array)
{
    size_t rank = array->matrix ? 2 : 1;
    if (shape->type != MSGPACK_OBJECT_ARRAY || shape->via.array.size != rank)
        return false;
    const msgpack_object *dim = shape->via.array.ptr;
    return (!array->matrix || (dim[0].type == MSGPACK_OBJECT_POSITIVE_INTEGER && dim[0].via.u64 == array->rows)) &&
           dim[rank - 1].type == MSGPACK_OBJECT_POSITIVE_INTEGER && dim[rank - 1].via.u64 == array->cols;
}

static int read_array(const struct model_array *array, const msgpack_object *object, struct fa_err *err)
{
    const msgpack_object *item = object->via.array.ptr;
    size_t n = array->rows * array->cols;
    if (object->via.array.size < 4 || item[3].type != MSGPACK_OBJECT_BIN || item[3].via.bin.size != 4 * n ||
        !has_shape(&item[2], array))
        return fa_err_set(err, "%s does not have the shape that the architecture gives it", array->name);
    fa_stored_floats(array->data, &(struct fa_stored){(const unsigned char *)item[3].via.bin.ptr, FA_F32, false}, n);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(array->data[i]))
            return fa_err_set(err, "%s: weight %zu is not finite", array->name, i + 1);
    return 0;
}

static bool is_named(const msgpack_object *string, const char *name)
{
    return string->type == MSGPACK_OBJECT_STR && string->via.str.size == strlen(name) &&
           memcmp(string->via.str.ptr, name, string->via.str.size) == 0;
}

/* Arrays stand in the order of the layers; others between them are a newer writer's, and passed over. */
static int read_member(struct fa_model *model, size_t member, struct file *file, struct fa_err *err)
{
    msgpack_object object;
    struct model_array array;
    int tag = next_object(file, &object, err);
    if (tag < 0)
        return -1;
    if (tag != MODEL_MEMBER)
        return fa_err_set(err, "malformed (member %zu is missing)", member + 1);
    if (wire_map(&model->member[member].map, &model->arena, &object.via.array.ptr[1], err))
        return -1;
    for (size_t i = 0; model_array(model, member, i, &array);) {
        tag = next_object(file, &object, err);
        if (tag < 0)
            return -1;
        if (tag == MODEL_MEMBER || tag == MODEL_END)
            return fa_err_set(err, "malformed (member %zu has no %s)", member + 1, array.name);
        if (tag != MODEL_TENSOR || !is_named(&object.via.array.ptr[1], array.name))
            continue;
        if (read_array(&array, &object, err))
            return -1;
        i++;
    }
    return 0;
}

/* What follows the members, up to the check over all before it. */
static int read_end(struct file *file, struct fa_err *err)
{
    msgpack_object object;
    size_t at;
    int tag;
    do {
        at = file->at;
        tag = next_object(file, &object, err);
    } while (tag >= 0 && tag != MODEL_END);
    if (tag < 0)
        return -1;
    const msgpack_object *check = &object.via.array.ptr[1];
    if (check->type != MSGPACK_OBJECT_POSITIVE_INTEGER || check->via.u64 != XXH3_64bits(file->bytes, at) || file->at != file->n)
        return fa_err_set(err, "damaged (the check at the end does not match)");
    return 0;
}

static int read_model(struct fa_model *model, struct file *file, struct fa_err *err)
{
    size_t members = 0;
    if (read_header(model, &members, file, err) || model_set_up(model, members, file->n, err))
        return -1;
    for (size_t i = 0; i < members; i++)
        if (read_member(model, i, file, err))
            return -1;
    model->digest = XXH3_64bits(file->bytes, file->n);
    return read_end(file, err);
}

struct fa_model *fa_model_read(const char *path, struct fa_err *err)
{
    struct file file = {0};
    struct fa_err why;
    struct fa_model *model = fa_mem_array(1, sizeof *model, err);
    int failed = -1;
    if (!model || model_slurp(&file.bytes, &file.n, path, err))
        goto out;
    file.zone = msgpack_zone_new(MSGPACK_ZONE_CHUNK_SIZE);
    failed = file.zone ? read_model(model, &file, &why) : fa_err_memory(&why, MSGPACK_ZONE_CHUNK_SIZE);
    if (failed)
        fa_err_set(err, "%s: %s", path, why.text);
out:
    if (file.zone)
        msgpack_zone_free(file.zone);
    free(file.bytes);
    if (failed) {
        fa_model_free(model);
        return NULL;
    }
    return model;
}
