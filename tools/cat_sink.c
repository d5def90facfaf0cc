#include "cat_sink.h"

#include <string.h>

/* The header of what goes out: `expect` holds only where all records of one input do. */
static void pass_header(struct cat_sink *sink, const char *dtype, const struct fa_header *header, bool all)
{
    struct fa_err err;
    if (fa_header_copy(&sink->header, &sink->arena, header, &err))
        cli_fail(&err);
    size_t kept = 0;
    struct fa_map *map = &sink->header.map;
    for (size_t i = 0; i < map->n; i++)
        if (all || strcmp(map->pair[i].key, "expect") != 0)
            map->pair[kept++] = map->pair[i];
    map->n = kept;
    cli_add_prog(&sink->header, &sink->arena);
    if (dtype && header->kind == FA_CROP)
        cli_fail_text("--dtype: crops are bytes, only vectors can be stored as %s", dtype);
    if (dtype)
        sink->header.dtype = strcmp(dtype, "f16") ? FA_F32 : FA_F16;
}

static struct cli_output open_table(const char *path_of_array)
{
    struct fa_arena arena = {0};
    struct fa_err err;
    char *path = fa_arena_printf(&arena, &err, "%.*s.csv", (int)(strlen(path_of_array) - strlen(".npy")), path_of_array);
    if (!path)
        cli_fail(&err);
    struct cli_output table = cli_output_open(path, false);
    table.name = table.path ? table.path : path_of_array;
    fa_arena_free(&arena);
    return table;
}

bool cat_ends_in(const char *text, const char *suffix)
{
    size_t n = strlen(text), m = strlen(suffix);
    return n > m && !strcmp(text + n - m, suffix);
}

void cat_sink_open(struct cat_sink *sink, const struct cat_form *form, const struct fa_header *header, bool all)
{
    struct fa_err err;
    if (form->folder)
        sink->pictures = cat_pictures_open(form->folder, header);
    if (form->sheet)
        sink->sheet = cat_sheet_open(form, header);
    if (form->folder || form->sheet)
        return;
    sink->output = cli_output_open(form->output, !form->format);
    if (!form->format) {
        pass_header(sink, form->dtype, header, all);
        sink->writer = fa_writer_open(sink->output.fd, sink->output.name, &sink->header, &err);
        if (!sink->writer)
            cli_fail(&err);
        return;
    }
    sink->format = form->format;
    if (sink->format->wants_table)
        sink->table = open_table(form->output);
    sink->export = (struct fa_export){sink->output.file, sink->table.file, header, .pixels = form->pixels};
    if (sink->format->begin(&sink->export, &err))
        cli_fail(&err);
}

void cat_sink_put(struct cat_sink *sink, struct fa_record *record)
{
    struct fa_err err;
    if ((sink->writer && fa_writer_put(sink->writer, record, &err)) ||
        (sink->format && sink->format->put(&sink->export, record, &err)))
        cli_fail(&err);
    if (sink->pictures)
        cat_pictures_put(sink->pictures, record);
    if (sink->sheet)
        cat_sheet_put(sink->sheet, record);
}

void cat_sink_close(struct cat_sink *sink)
{
    struct fa_err err;
    if ((sink->writer && fa_writer_end(sink->writer, &err)) || (sink->format && sink->format->end(&sink->export, &err)))
        cli_fail(&err);
    if (sink->pictures)
        cat_pictures_close(sink->pictures);
    if (sink->sheet)
        cat_sheet_close(sink->sheet);
    fa_writer_close(sink->writer);
    fa_export_close(&sink->export);
    if (sink->table.file)
        cli_output_close(&sink->table);
    if (sink->output.file)
        cli_output_close(&sink->output);
    fa_arena_free(&sink->arena);
}
