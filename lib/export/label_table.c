#include <stdlib.h>

#include "fa/export.h"
#include "fa/mem.h"
#include "fa/table.h"

struct fa_label_table {
    void (*put)(FILE *file, const char *text);
    struct fa_vocabulary label;
    FILE *spool; /* rows written early have fewer cells than there are labels in the end */
};

/* Before each row in the spool. */
struct spooled {
    size_t cells, bytes;
};

struct fa_label_table *fa_label_table_new(bool exact, struct fa_err *err)
{
    struct fa_label_table *table = fa_mem_array(1, sizeof *table, err);
    if (!table)
        return NULL;
    table->put = exact ? fa_table_put_exact : fa_table_put;
    table->spool = tmpfile();
    if (!table->spool) {
        fa_err_sys(err, "cannot make a temporary file");
        fa_label_table_free(table);
        return NULL;
    }
    return table;
}

void fa_label_table_free(struct fa_label_table *table)
{
    if (!table)
        return;
    if (table->spool)
        fclose(table->spool);
    fa_vocabulary_free(&table->label);
    free(table);
}

static int add_names(struct fa_label_table *table, const struct fa_map *labels, struct fa_err *err)
{
    for (size_t i = 0; i < labels->n; i++)
        if (fa_vocabulary_add(&table->label, labels->pair[i].key, err))
            return -1;
    return 0;
}

int fa_label_table_add(struct fa_label_table *table, const char *const *cell, size_t n, const struct fa_map *labels,
                       struct fa_err *err)
{
    char *text = NULL;
    if (add_names(table, labels, err))
        return -1;
    struct spooled row = {.cells = table->label.n};
    FILE *file = open_memstream(&text, &row.bytes);
    if (!file)
        return fa_err_memory(err, 0);
    for (size_t i = 0; i < n + table->label.n; i++) {
        if (i)
            putc(',', file);
        table->put(file, i < n ? cell[i] : fa_map_string(labels, table->label.name[i - n], ""));
    }
    bool failed = ferror(file) != 0;
    failed = fclose(file) != 0 || failed;
    fwrite(&row, sizeof row, 1, table->spool);
    fwrite(text, 1, row.bytes, table->spool);
    free(text);
    if (failed)
        return fa_err_memory(err, row.bytes);
    return ferror(table->spool) ? fa_err_sys(err, "temporary file: write") : 0;
}

int fa_label_table_write(struct fa_label_table *table, FILE *file, const char *names, struct fa_err *err)
{
    struct spooled row;
    if (fflush(table->spool))
        return fa_err_sys(err, "temporary file: write");
    fputs(names, file);
    for (size_t i = 0; i < table->label.n; i++) {
        putc(',', file);
        table->put(file, table->label.name[i]);
    }
    putc('\n', file);
    rewind(table->spool);
    while (fread(&row, sizeof row, 1, table->spool) == 1) {
        for (size_t i = 0; i < row.bytes; i++)
            putc(getc(table->spool), file);
        for (size_t i = row.cells; i < table->label.n; i++)
            putc(',', file);
        putc('\n', file);
    }
    return ferror(table->spool) || ferror(file) ? fa_err_sys(err, "write of the table") : 0;
}
