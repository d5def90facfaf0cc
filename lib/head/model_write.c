#include <errno.h>
#include <unistd.h>
#include <xxhash.h>

#include "../stream/wire.h"
#include "model.h"

/* Little-endian, piece by piece: the weights are not held twice. */
static int pack_floats(msgpack_packer *packer, const float *from, size_t n)
{
    unsigned char bytes[4096];
    int failed = msgpack_pack_bin(packer, 4 * n);
    for (size_t at = 0, piece; at < n && !failed; at += piece) {
        piece = n - at < sizeof bytes / 4 ? n - at : sizeof bytes / 4;
        wire_put_f32(bytes, from + at, piece);
        failed = msgpack_pack_bin_body(packer, bytes, 4 * piece);
    }
    return failed;
}

static int pack_array(msgpack_packer *packer, const struct model_array *array)
{
    int failed = msgpack_pack_array(packer, 4) || msgpack_pack_int(packer, MODEL_TENSOR) ||
                 wire_pack_string(packer, array->name) || msgpack_pack_array(packer, array->matrix ? 2 : 1);
    if (array->matrix && !failed)
        failed = msgpack_pack_uint64(packer, array->rows);
    return failed || msgpack_pack_uint64(packer, array->cols) || pack_floats(packer, array->data, array->rows * array->cols);
}

static int pack_member(msgpack_packer *packer, const struct fa_model *model, size_t member)
{
    struct model_array array;
    int failed = msgpack_pack_array(packer, 2) || msgpack_pack_int(packer, MODEL_MEMBER) ||
                 wire_pack_map(packer, &model->member[member].map);
    for (size_t i = 0; !failed && model_array(model, member, i, &array); i++)
        failed = pack_array(packer, &array);
    return failed;
}

static int pack_model(msgpack_packer *packer, const struct fa_model *model)
{
    int failed = msgpack_pack_array(packer, 5) || msgpack_pack_int(packer, MODEL_HEADER) ||
                 wire_pack_string(packer, MODEL_MAGIC) || msgpack_pack_int(packer, MODEL_MAJOR) ||
                 msgpack_pack_int(packer, MODEL_MINOR) || wire_pack_map(packer, &model->map);
    for (size_t i = 0; i < model->nmembers && !failed; i++)
        failed = pack_member(packer, model, i);
    return failed;
}

static int write_all(int fd, const char *name, const char *bytes, size_t n, struct fa_err *err)
{
    while (n) {
        ssize_t written = write(fd, bytes, n);
        if (written < 0 && errno != EINTR)
            return fa_err_sys(err, "%s: write", name);
        bytes += written > 0 ? written : 0;
        n -= written > 0 ? (size_t)written : 0;
    }
    return 0;
}

static int check_sizes(const struct fa_model *model, struct fa_err *err)
{
    struct model_array array;
    size_t most = WIRE_BYTES / 4 - 64;
    for (size_t i = 0; model_array(model, 0, i, &array); i++)
        if (array.rows * array.cols > most)
            return fa_err_set(err, "%s has %zu weights, a model file takes %zu in one layer", array.name,
                              array.rows * array.cols, most);
    return 0;
}

int fa_model_write(struct fa_model *model, int fd, const char *name, struct fa_err *err)
{
    msgpack_sbuffer buffer;
    msgpack_packer packer;
    if (check_sizes(model, err))
        return -1;
    msgpack_sbuffer_init(&buffer);
    msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
    int failed = pack_model(&packer, model);
    uint64_t check = failed ? 0 : XXH3_64bits(buffer.data, buffer.size);
    failed = failed || msgpack_pack_array(&packer, 2) || msgpack_pack_int(&packer, MODEL_END) ||
             msgpack_pack_uint64(&packer, check);
    failed = failed ? fa_err_memory(err, buffer.size) : write_all(fd, name, buffer.data, buffer.size, err);
    if (!failed)
        model->digest = XXH3_64bits(buffer.data, buffer.size);
    msgpack_sbuffer_destroy(&buffer);
    return failed;
}
