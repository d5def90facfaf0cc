#include <string.h>

#include "fa/table.h"

void fa_table_put(FILE *file, const char *text)
{
    bool formula = text[0] && strchr("=+-@\t\r", text[0]);
    bool quoted = text[strcspn(text, ",;\"\t\r\n")] != '\0';
    if (quoted)
        putc('"', file);
    if (formula)
        putc('\'', file);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', file);
        putc(*text, file);
    }
    if (quoted)
        putc('"', file);
}
