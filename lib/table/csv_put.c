#include <string.h>

#include "fa/table.h"

static void put_doubling_quotes(FILE *file, const char *text)
{
    for (; *text; text++) {
        if (*text == '"')
            putc('"', file);
        putc(*text, file);
    }
}

static bool wants_quotes(const char *text)
{
    return text[strcspn(text, ",;\"\t\r\n")] != '\0';
}

static bool is_formula(const char *text)
{
    return text[0] && strchr("=+-@\t\r", text[0]);
}

void fa_table_put_two(FILE *file, const char *first, const char *second)
{
    const char *parts[] = {is_formula(first) ? "'" : "", first, second && second[0] ? " " : "", second ? second : ""};
    bool quoted = wants_quotes(first) || wants_quotes(parts[3]);
    if (quoted)
        putc('"', file);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        put_doubling_quotes(file, parts[i]);
    if (quoted)
        putc('"', file);
}

void fa_table_put(FILE *file, const char *text)
{
    fa_table_put_two(file, text, NULL);
}
