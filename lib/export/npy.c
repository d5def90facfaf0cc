#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "export.h"
#include "fa/mem.h"
#include "fa/table.h"

/* The header has room for any count, so that it can be written again at the end. */
enum { HEADER_BYTES = 128 };

struct fa_npy {
    FILE *numbers, *table;
    const struct fa_header *header;
    uint64_t rows;
    size_t elements, element_size;
    void *none; /* the row of a reject */
    struct fa_vocabulary label;
    FILE *spool; /* rows of the table: those written early have fewer cells than there are labels in the end */
};

/* Before each row in the spool. */
struct spooled {
    size_t cells, bytes;
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
    npy->spool = tmpfile();
    if (!npy->spool)
        return fa_err_sys(err, "npy: cannot make a temporary file");
    return make_none(npy, err) || write_header(npy, err) ? -1 : 0;
}

void npy_free(struct fa_npy *npy)
{
    if (!npy)
        return;
    if (npy->spool)
        fclose(npy->spool);
    fa_vocabulary_free(&npy->label);
    free(npy->none);
    free(npy);
}

static int add_labels(struct fa_npy *npy, const struct fa_map *labels, struct fa_err *err)
{
    for (size_t i = 0; i < labels->n; i++)
        if (fa_vocabulary_add(&npy->label, labels->pair[i].key, err))
            return -1;
    return 0;
}

static int spool_row(struct fa_npy *npy, const struct fa_record *record, struct fa_err *err)
{
    char *text = NULL;
    struct spooled row = {.cells = npy->label.n};
    FILE *file = open_memstream(&text, &row.bytes);
    if (!file)
        return fa_err_memory(err, 0);
    const char *reject = fa_record_reject(record);
    fa_table_put(file, record->id);
    putc(',', file);
    fa_table_put(file, reject ? reject : "");
    for (size_t i = 0; i < npy->label.n; i++) {
        putc(',', file);
        fa_table_put(file, fa_map_string(&record->labels, npy->label.name[i], ""));
    }
    bool failed = ferror(file) != 0;
    failed = fclose(file) != 0 || failed;
    fwrite(&row, sizeof row, 1, npy->spool);
    fwrite(text, 1, row.bytes, npy->spool);
    free(text);
    if (failed)
        return fa_err_memory(err, row.bytes);
    return ferror(npy->spool) ? fa_err_sys(err, "npy: temporary file: write") : 0;
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
    return add_labels(npy, &record->labels, err) || spool_row(npy, record, err) ? -1 : 0;
}

static int write_table(struct fa_npy *npy, struct fa_err *err)
{
    struct spooled row;
    fputs("id,reject", npy->table);
    for (size_t i = 0; i < npy->label.n; i++) {
        putc(',', npy->table);
        fa_table_put(npy->table, npy->label.name[i]);
    }
    putc('\n', npy->table);
    rewind(npy->spool);
    while (fread(&row, sizeof row, 1, npy->spool) == 1) {
        for (size_t i = 0; i < row.bytes; i++)
            putc(getc(npy->spool), npy->table);
        for (size_t i = row.cells; i < npy->label.n; i++)
            putc(',', npy->table);
        putc('\n', npy->table);
    }
    return ferror(npy->spool) || ferror(npy->table) ? fa_err_sys(err, "npy: write of the table") : 0;
}

int npy_end(struct fa_export *export, struct fa_err *err)
{
    struct fa_npy *npy = export->npy;
    if (fflush(npy->spool))
        return fa_err_sys(err, "npy: temporary file: write");
    if (fseek(npy->numbers, 0, SEEK_SET))
        return fa_err_sys(err, "npy: cannot seek");
    return write_header(npy, err) || write_table(npy, err) ? -1 : 0;
}
