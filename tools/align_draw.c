#include <stdlib.h>

#include "align.h"
#include "fa/look.h"
#include "fa/mem.h"

enum { QUALITY = 90 };

int align_draw(const struct fa_align_worker *worker, const struct fa_record *record, unsigned char **jpeg, size_t *size,
               struct fa_err *err)
{
    const struct fa_sight sight = fa_align_seen(worker);
    const char *note = fa_record_reject(record);
    struct fa_image drawn;
    if (!note && fa_map_get(&record->about, "fallback"))
        note = "no face found, the middle is taken";
    if (fa_look_draw(&sight, note, &drawn, err))
        return -1;
    int failed = fa_image_encode_jpeg(&drawn, QUALITY, jpeg, size, err);
    fa_image_free(&drawn);
    return failed;
}

void align_write_drawn(const char *folder, const char *id, const unsigned char *jpeg, size_t size)
{
    struct fa_arena arena = {0};
    struct fa_err err;
    const char *name = fa_look_name(id, &arena, &err);
    const char *path = name ? fa_arena_printf(&arena, &err, "%s/%s.jpg", folder, name) : NULL;
    if (!path)
        cli_fail(&err);
    struct cli_output output = cli_output_open(path, true);
    fwrite(jpeg, 1, size, output.file);
    cli_output_close(&output);
    fa_arena_free(&arena);
}
