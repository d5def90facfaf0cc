#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "fa/eval.h"

static void begin_cell(struct fa_sheet *sheet)
{
    if (!sheet->begun && sheet->bom)
        fputs("\xef\xbb\xbf", sheet->file);
    if (sheet->within)
        putc(sheet->delimiter, sheet->file);
    sheet->begun = sheet->within = true;
}

void fa_sheet_joined(struct fa_sheet *sheet, const char *first, const char *joint, const char *second)
{
    begin_cell(sheet);
    fa_table_put_joined(sheet->file, first, joint, second);
}

void fa_sheet_text(struct fa_sheet *sheet, const char *text)
{
    fa_sheet_joined(sheet, text, "", "");
}

void fa_sheet_count(struct fa_sheet *sheet, uint64_t count)
{
    begin_cell(sheet);
    fprintf(sheet->file, "%" PRIu64, count);
}

/* Ten digits: more than any table needs, and the same on every machine. */
void fa_sheet_real(struct fa_sheet *sheet, double value)
{
    char text[32];
    begin_cell(sheet);
    if (!isfinite(value))
        return;
    snprintf(text, sizeof text, "%.10g", value);
    char *point = strchr(text, '.');
    if (point)
        *point = sheet->decimal;
    fputs(text, sheet->file);
}

void fa_sheet_estimate(struct fa_sheet *sheet, struct fa_estimate estimate)
{
    fa_sheet_real(sheet, estimate.value);
    fa_sheet_real(sheet, estimate.low);
    fa_sheet_real(sheet, estimate.high);
}

void fa_sheet_end(struct fa_sheet *sheet)
{
    putc('\n', sheet->file);
    sheet->within = false;
}
