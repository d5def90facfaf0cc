#include <stdlib.h>

#include "cat_sink.h"
#include "fa/look.h"
#include "fa/mem.h"

enum { QUALITY = 90, CROPS = 100 };

struct cat_sheet {
    const char *path;
    struct fa_decoder *images;
    struct fa_contact *contact;
};

void cat_check_sheet(const struct cat_form *form, long *limit)
{
    if (form->by && !form->sheet)
        cli_usage("--by goes with --sheet");
    if (!form->sheet)
        return;
    if (!cat_ends_in(form->sheet, ".png") && !cat_ends_in(form->sheet, ".jpg"))
        cli_usage("--sheet: '%s' does not end in .png or .jpg", form->sheet);
    *limit = *limit < 0 ? CROPS : *limit;
    if (*limit < 1 || *limit > FA_CONTACT_MOST)
        cli_usage("-n: a sheet holds 1 to %d crops", FA_CONTACT_MOST);
}

struct cat_sheet *cat_sheet_open(const struct cat_form *form, const struct fa_header *header)
{
    struct fa_err err;
    struct cat_sheet *sheet = fa_mem_array(1, sizeof *sheet, &err);
    if (!sheet)
        cli_fail(&err);
    *sheet = (struct cat_sheet){form->sheet, fa_decoder_open(&err), NULL};
    if (!sheet->images || !(sheet->contact = fa_contact_new(header, form->by, &err)))
        cli_fail(&err);
    return sheet;
}

void cat_sheet_put(struct cat_sheet *sheet, const struct fa_record *record)
{
    struct fa_err err;
    if (fa_contact_add(sheet->contact, record, &err))
        cli_fail(&err);
}

void cat_sheet_close(struct cat_sheet *sheet)
{
    struct fa_image image;
    struct fa_err err;
    unsigned char *bytes;
    size_t n;
    if (fa_contact_draw(sheet->contact, &image, &err) ||
        (cat_ends_in(sheet->path, ".png") ? fa_image_encode_png(&image, &bytes, &n, &err)
                                          : fa_image_encode_jpeg(&image, QUALITY, &bytes, &n, &err)))
        cli_fail(&err);
    struct cli_output output = cli_output_open(sheet->path, true);
    fwrite(bytes, 1, n, output.file);
    cli_output_close(&output);
    free(bytes);
    fa_image_free(&image);
    fa_contact_free(sheet->contact);
    fa_decoder_close(sheet->images);
    free(sheet);
}
