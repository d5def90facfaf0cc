#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "export.h"
#include "fa/mem.h"

/* The header has room for any count, so that it can be written again at the end. */
enum { HEADER_BYTES = 128 };

struct fa_npy {
    FILE *numbers, *table;
    const struct fa_header *header;
    uint64_t rows;
    size_t elements, element_size;
    void *none; /* the row of a reject */
    struct fa_label_table *labels;
};

static int write_header(struct fa_npy *npy, struct fa_err *err)
{
    char text[HEADER_BYTES + 1], shape[64] = "";
    size_t used = 0;
    for (size_t i = 0; i < npy->header->rank; i++)
        used += (size_t)snprintf(shape + used, sizeof shape - used, ", %zu", npy->header->dim[i]);
    int n = snprintf(text, sizeof text, "\x93NUMPY\x01%c\x76%c{'descr': '%s', 'fortran_order': False, 'shape': (%llu%s), }",
                     0, 0, npy->element_size == 1 ? "|u1" : "<f4", (unsigned long long)npy->rows, shape);
    memset(text + n, ' ', HEADER_BYTES - (size_t)n);
    text[HEADER_BYTES - 1] = '\n';
    fwrite(text, 1, HEADER_BYTES, npy->numbers);
    return ferror(npy->numbers) ? fa_err_sys(err, "npy: write") : 0;
}

static int make_none(struct fa_npy *npy, struct fa_err *err)
{
    npy->none = fa_mem_array(npy->elements, npy->element_size, err);
    if (!npy->none)
        return -1;
    for (size_t i = 0; npy->element_size == 4 && i < npy->elements; i++)
        memcpy((unsigned char *)npy->none + 4 * i, "\x00\x00\xc0\x7f", 4);
    return 0;
}

int npy_begin(struct fa_export *export, struct fa_err *err)
{
    const struct fa_header *header = export->header;
    struct fa_npy *npy = fa_mem_array(1, sizeof *npy, err);
    if (!npy)
        return -1;
    *npy = (struct fa_npy){.numbers = export->file, .table = export->table, .header = header};
    export->npy = npy;
    npy->elements = fa_header_elements(header);
    npy->element_size = header->kind == FA_CROP ? 1 : 4;
    npy->labels = fa_label_table_new(false, err);
    if (!npy->labels)
        return -1;
    return make_none(npy, err) || write_header(npy, err) ? -1 : 0;
}

void npy_free(struct fa_npy *npy)
{
    if (!npy)
        return;
    fa_label_table_free(npy->labels);
    free(npy->none);
    free(npy);
}

static void write_numbers(struct fa_npy *npy, const struct fa_record *record)
{
    const unsigned char *data = fa_record_reject(record) ? npy->none : record->data;
    if (npy->element_size == 1 || data == npy->none) {
        fwrite(data, npy->element_size, npy->elements, npy->numbers);
        return;
    }
    for (size_t i = 0; i < npy->elements; i++) {
        uint32_t bits;
        memcpy(&bits, data + 4 * i, 4);
        const unsigned char little[4] = {(unsigned char)bits, (unsigned char)(bits >> 8), (unsigned char)(bits >> 16),
                                         (unsigned char)(bits >> 24)};
        fwrite(little, 1, 4, npy->numbers);
    }
}

int npy_put(struct fa_export *export, struct fa_record *record, struct fa_err *err)
{
    struct fa_npy *npy = export->npy;
    npy->rows++;
    write_numbers(npy, record);
    if (ferror(npy->numbers))
        return fa_err_sys(err, "npy: write");
    const char *reject = fa_record_reject(record), *const cell[] = {record->id, reject ? reject : ""};
    return fa_label_table_add(npy->labels, cell, 2, &record->labels, err);
}

int npy_end(struct fa_export *export, struct fa_err *err)
{
    struct fa_npy *npy = export->npy;
    if (fseek(npy->numbers, 0, SEEK_SET))
        return fa_err_sys(err, "npy: cannot seek");
    return write_header(npy, err) || fa_label_table_write(npy->labels, npy->table, "id,reject", err) ? -1 : 0;
}
