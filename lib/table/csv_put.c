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

void fa_table_put_joined(FILE *file, const char *first, const char *joint, const char *second)
{
    const char *part[] = {is_formula(first) ? "'" : "", first, joint, second};
    bool quoted = wants_quotes(first) || wants_quotes(joint) || wants_quotes(second);
    if (quoted)
        putc('"', file);
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        put_doubling_quotes(file, part[i]);
    if (quoted)
        putc('"', file);
}

void fa_table_put_exact(FILE *file, const char *text)
{
    const char *quote = wants_quotes(text) ? "\"" : "";
    fputs(quote, file);
    put_doubling_quotes(file, text);
    fputs(quote, file);
}

void fa_table_put(FILE *file, const char *text)
{
    fa_table_put_joined(file, text, "", "");
}
