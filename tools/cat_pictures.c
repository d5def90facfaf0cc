#include <stdlib.h>

#include "cat_sink.h"
#include "fa/look.h"
#include "fa/mem.h"

struct cat_pictures {
    const char *folder;
    const struct fa_header *header;
    struct fa_decoder *images;
    struct fa_label_table *labels;
};

/* A file in the folder, named for the time it is written. */
static struct cli_output open_in(const char *folder, const char *name, bool binary, struct fa_arena *arena)
{
    struct fa_err err;
    const char *path = fa_arena_printf(arena, &err, "%s/%s", folder, name);
    if (!path)
        cli_fail(&err);
    struct cli_output output = cli_output_open(path, binary);
    output.name = path;
    return output;
}

struct cat_pictures *cat_pictures_open(const char *folder, const struct fa_header *header)
{
    struct fa_err err;
    struct cat_pictures *pictures = fa_look_check(header, &err) ? NULL : fa_mem_array(1, sizeof *pictures, &err);
    if (!pictures)
        cli_fail(&err);
    *pictures = (struct cat_pictures){folder, header, fa_decoder_open(&err), NULL};
    if (!pictures->images || !(pictures->labels = fa_label_table_new(true, &err)))
        cli_fail(&err);
    cli_make_folder(folder);
    return pictures;
}

static void write_picture(const struct cat_pictures *pictures, const struct fa_image *image, const char *name,
                          struct fa_arena *arena)
{
    unsigned char *bytes;
    size_t n;
    struct fa_err err;
    if (fa_image_encode_png(image, &bytes, &n, &err))
        cli_fail(&err);
    struct cli_output output = open_in(pictures->folder, name, true, arena);
    fwrite(bytes, 1, n, output.file);
    cli_output_close(&output);
    free(bytes);
}

/* A reject is no picture, and so no row. */
void cat_pictures_put(struct cat_pictures *pictures, const struct fa_record *record)
{
    struct fa_arena arena = {0};
    struct fa_image image;
    struct fa_err err;
    if (!record->data)
        return;
    const char *plain = fa_look_name(record->id, &arena, &err);
    const char *name = plain ? fa_arena_printf(&arena, &err, "%s.png", plain) : NULL;
    if (!name || fa_look_crop(pictures->header, record, 0, &image, &err) ||
        fa_label_table_add(pictures->labels, &name, 1, &record->labels, &err))
        cli_fail(&err);
    write_picture(pictures, &image, name, &arena);
    fa_image_free(&image);
    fa_arena_free(&arena);
}

void cat_pictures_close(struct cat_pictures *pictures)
{
    struct fa_arena arena = {0};
    struct fa_err err;
    struct cli_output table = open_in(pictures->folder, "labels.csv", false, &arena);
    if (fa_label_table_write(pictures->labels, table.file, "file", &err))
        cli_fail(&err);
    cli_output_close(&table);
    fa_label_table_free(pictures->labels);
    fa_decoder_close(pictures->images);
    fa_arena_free(&arena);
    free(pictures);
}
