#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fa/export.h"

void fa_json_write_string(FILE *file, const char *text)
{
    size_t valid = fa_utf8_valid(text, strlen(text));
    putc('"', file);
    for (; *text; text++, valid--) {
        unsigned char c = (unsigned char)*text;
        if (!valid) {
            fputs("\\ufffd", file);
            valid = fa_utf8_valid(text + 1, strlen(text + 1)) + 1;
        } else if (c == '"' || c == '\\')
            fprintf(file, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            fprintf(file, "\\u%04x", c);
        else
            putc(c, file);
    }
    putc('"', file);
}

static bool reads_back(const char *text, double value)
{
    double got = strtod(text, NULL);
    bool is_float = !((double)(float)value < value) && !((double)(float)value > value);
    if (is_float)
        got = (double)strtof(text, NULL);
    return !(got < value) && !(got > value);
}

void fa_json_write_number(FILE *file, double value)
{
    char text[32];
    if (!isfinite(value)) {
        fputs("null", file);
        return;
    }
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (reads_back(text, value))
            break;
    }
    fputs(text, file);
}

static bool holds_others(const struct fa_value *value)
{
    size_t n = value->type == FA_MAP ? value->map.n : value->type == FA_ARRAY ? value->array.n : 0;
    for (size_t i = 0; i < n; i++) {
        enum fa_type type = value->type == FA_MAP ? value->map.pair[i].value.type : value->array.item[i].type;
        if (type == FA_ARRAY || type == FA_MAP)
            return true;
    }
    return false;
}

static void break_line(FILE *file, int indent)
{
    if (indent > 0)
        fprintf(file, "\n%*s", indent, "");
}

static void write_items(FILE *file, const struct fa_value *value, int indent)
{
    bool map = value->type == FA_MAP;
    int deeper = indent > 0 && holds_others(value) ? indent + 2 : indent ? -1 : 0;
    size_t n = map ? value->map.n : value->array.n;
    putc(map ? '{' : '[', file);
    for (size_t i = 0; i < n; i++) {
        if (i)
            fputs(deeper < 0 ? ", " : ",", file);
        break_line(file, deeper);
        if (map) {
            fa_json_write_string(file, value->map.pair[i].key);
            fputs(indent ? ": " : ":", file);
        }
        fa_json_write_value(file, map ? &value->map.pair[i].value : &value->array.item[i], deeper);
    }
    break_line(file, deeper > 0 ? indent : 0);
    putc(map ? '}' : ']', file);
}

void fa_json_write_value(FILE *file, const struct fa_value *value, int indent)
{
    switch (value->type) {
    case FA_NIL:
        fputs("null", file);
        break;
    case FA_BOOL:
        fputs(value->boolean ? "true" : "false", file);
        break;
    case FA_INT:
        fprintf(file, "%" PRId64, value->integer);
        break;
    case FA_REAL:
        fa_json_write_number(file, value->real);
        break;
    case FA_STRING:
        fa_json_write_string(file, value->string);
        break;
    case FA_ARRAY:
    case FA_MAP:
        write_items(file, value, indent);
        break;
    }
}
