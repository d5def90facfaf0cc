#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "wire.h"

struct fa_writer {
    int fd;
    char *name;
    enum fa_dtype dtype;
    size_t elements;
    unsigned char *buffer; /* n bytes not yet written, of which the first `hashed` are in the check */
    size_t n, hashed, capacity;
    XXH3_state_t *check;
    uint64_t count, rejected;
    msgpack_packer packer;
};

enum { FLUSH_AT = 1 << 16 };

static int append(void *data, const char *bytes, size_t n)
{
    struct fa_writer *writer = data;
    if (fa_mem_grow(&writer->buffer, &writer->capacity, writer->n + n, 1, NULL))
        return -1;
    memcpy(writer->buffer + writer->n, bytes, n);
    writer->n += n;
    return 0;
}

int fa_writer_flush(struct fa_writer *writer, struct fa_err *err)
{
    for (size_t at = 0; at < writer->n;) {
        ssize_t n = write(writer->fd, writer->buffer + at, writer->n - at);
        if (n < 0 && errno != EINTR)
            return fa_err_sys(err, "%s: write", writer->name);
        at += n > 0 ? (size_t)n : 0;
    }
    writer->n = writer->hashed = 0;
    return 0;
}

/* After an object was packed: into the check, and out if enough has gathered. */
static int finish_object(struct fa_writer *writer, int failed, struct fa_err *err)
{
    if (failed)
        return fa_err_memory(err, writer->n);
    XXH3_64bits_update(writer->check, writer->buffer + writer->hashed, writer->n - writer->hashed);
    writer->hashed = writer->n;
    return writer->n >= FLUSH_AT ? fa_writer_flush(writer, err) : 0;
}

struct fa_writer *fa_writer_open(int fd, const char *name, const struct fa_header *header, struct fa_err *err)
{
    struct fa_writer *writer = fa_mem_array(1, sizeof *writer, err);
    if (!writer)
        return NULL;
    *writer = (struct fa_writer){.fd = fd, .dtype = header->dtype, .elements = fa_header_elements(header)};
    msgpack_packer_init(&writer->packer, writer, append);
    writer->name = fa_mem_strdup(name, err);
    writer->check = XXH3_createState();
    if (!writer->check)
        fa_err_memory(err, sizeof(XXH3_state_t *));
    if (writer->name && writer->check) {
        XXH3_64bits_reset(writer->check);
        if (!finish_object(writer, wire_pack_header(&writer->packer, header), err) && !fa_writer_flush(writer, err))
            return writer;
    }
    fa_writer_close(writer);
    return NULL;
}

void fa_writer_close(struct fa_writer *writer)
{
    if (!writer)
        return;
    if (writer->check)
        XXH3_freeState(writer->check);
    free(writer->name);
    free(writer->buffer);
    free(writer);
}

static int pack_payload(struct fa_writer *writer, const struct fa_record *record)
{
    if (!record->data)
        return msgpack_pack_bin(&writer->packer, 0);
    size_t bytes = record->elements * wire_element_size(writer->dtype);
    if (msgpack_pack_bin(&writer->packer, bytes))
        return -1;
    if (writer->dtype == FA_U8)
        return append(writer, record->data, bytes);
    if (fa_mem_grow(&writer->buffer, &writer->capacity, writer->n + bytes, 1, NULL))
        return -1;
    (writer->dtype == FA_F16 ? wire_put_f16 : wire_put_f32)(writer->buffer + writer->n, record->data, record->elements);
    writer->n += bytes;
    return 0;
}

int fa_writer_put(struct fa_writer *writer, const struct fa_record *record, struct fa_err *err)
{
    msgpack_packer *packer = &writer->packer;
    if (record->data && record->elements != writer->elements)
        return fa_err_set(err, "%s: record %s: %zu numbers, want %zu", writer->name, record->id, record->elements, writer->elements);
    int failed = msgpack_pack_array(packer, 5) || msgpack_pack_int(packer, WIRE_RECORD) || wire_pack_string(packer, record->id) ||
                 wire_pack_map(packer, &record->labels) || wire_pack_map(packer, &record->about) || pack_payload(writer, record);
    if (finish_object(writer, failed, err))
        return -1;
    writer->count++;
    writer->rejected += record->data == NULL;
    return 0;
}

int fa_writer_end(struct fa_writer *writer, struct fa_err *err)
{
    msgpack_packer *packer = &writer->packer;
    int failed = msgpack_pack_array(packer, 4) || msgpack_pack_int(packer, WIRE_END) || msgpack_pack_uint64(packer, writer->count) ||
                 msgpack_pack_uint64(packer, writer->rejected) ||
                 msgpack_pack_uint64(packer, XXH3_64bits_digest(writer->check));
    return failed ? fa_err_memory(err, writer->n) : fa_writer_flush(writer, err);
}

uint64_t fa_writer_count(const struct fa_writer *writer)
{
    return writer->count;
}

uint64_t fa_writer_rejected(const struct fa_writer *writer)
{
    return writer->rejected;
}
