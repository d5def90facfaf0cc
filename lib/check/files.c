#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fa/mem.h"
#include "fa/pictures.h"
#include "room.h"

/* ---- size and header ---- */

static int blame(struct file *file, enum fa_fault fault, const char *why, struct fa_err *err)
{
    file->fault = fault;
    file->note = fa_mem_strdup(why, err);
    return file->note ? 0 : -1;
}

static int probe(const struct fa_check_order *order, struct file *file, const char *path, struct fa_err *err)
{
    struct stat status;
    struct fa_err why;
    size_t width, height;
    if (stat(path, &status)) {
        fa_err_sys(&why, "cannot open");
        return blame(file, errno == ENOENT || errno == ENOTDIR ? FA_MISSING : FA_UNREADABLE, why.text, err);
    }
    if (fa_image_probe(order->decoder, path, order->max_pixels, &width, &height, &why))
        return blame(file, FA_UNREADABLE, why.text, err);
    file->size = (uint64_t)status.st_size;
    file->width = (uint32_t)width;
    file->height = (uint32_t)height;
    if (width >= order->tiny && height >= order->tiny)
        return 0;
    fa_err_set(&why, "%zux%zu pixels", width, height);
    return blame(file, FA_TINY, why.text, err);
}

static int look(void *arg, void *item, struct fa_err *err)
{
    const struct files *files = arg;
    const struct fa_check *check = files->check;
    struct file *file = item;
    const char *cell = fa_check_file(check, (size_t)(file - files->file));
    struct fa_arena arena = {0};
    const char *path = fa_picture_path(cell, check->order.folder, &arena, err);
    file->fault = *cell ? FA_FINE : FA_NO_PATH;
    int failed = !path || (*cell && probe(&check->order, file, path, err));
    fa_arena_free(&arena);
    return failed ? -1 : 0;
}

/* ---- findings ---- */

static int report(struct files *files, struct fa_err *err)
{
    struct fa_check *check = files->check;
    for (size_t row = 0; row < fa_table_rows(check->order.table); row++) {
        struct fa_finding finding = {.fault = files->file[row].fault, .row = row};
        if (finding.fault == FA_FINE)
            continue;
        if (files->file[row].note && !(finding.note = fa_arena_strdup(&check->arena, files->file[row].note, err)))
            return -1;
        if (fa_check_add(check, finding, err))
            return -1;
    }
    return 0;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Least, median (the lower of two) and most of n > 0 values, which are sorted. */
static void spread(uint32_t *value, size_t n, uint32_t out[3])
{
    qsort(value, n, sizeof *value, by_value);
    out[0] = value[0];
    out[1] = value[(n - 1) / 2];
    out[2] = value[n - 1];
}

static int measure(struct files *files, struct fa_err *err)
{
    struct fa_check *check = files->check;
    size_t rows = fa_table_rows(check->order.table);
    uint32_t *side = fa_mem_array(rows, 2 * sizeof *side, err);
    if (!side)
        return -1;
    for (size_t row = 0; row < rows; row++)
        if (files->file[row].width) {
            side[check->readable] = files->file[row].width;
            side[rows + check->readable++] = files->file[row].height;
        }
    if (check->readable) {
        spread(side, check->readable, check->width);
        spread(side + rows, check->readable, check->height);
    }
    free(side);
    return 0;
}

int fa_check_files(struct fa_check *check, struct fa_err *err)
{
    size_t rows = fa_table_rows(check->order.table);
    struct files files = {check, fa_mem_array(rows, sizeof *files.file, err)};
    if (!files.file)
        return -1;
    struct batch batch = {.item = files.file, .size = sizeof *files.file, .n = rows, .each = look, .arg = &files};
    int failed = fa_check_each(check, &batch, err) || report(&files, err) || measure(&files, err) || fa_check_twins(&files, err);
    for (size_t row = 0; row < rows; row++)
        free(files.file[row].note);
    free(files.file);
    return failed ? -1 : 0;
}
