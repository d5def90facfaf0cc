#include "html.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* A sign of one byte, escaped where it means something. */
static void put_sign(FILE *file, char sign)
{
    switch (sign) {
    case '&': fputs("&amp;", file); break;
    case '<': fputs("&lt;", file); break;
    case '>': fputs("&gt;", file); break;
    case '"': fputs("&quot;", file); break;
    case '\'': fputs("&#39;", file); break;
    default: putc(sign, file);
    }
}

static bool begins(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

size_t html_length(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += begins(*text);
    return n;
}

/* Up to n characters. U+FFFE and U+FFFF (EF BF BE, EF BF BF) are UTF-8, but no characters of XML. */
static void put_characters(FILE *file, const char *text, size_t n)
{
    static const char replacement[] = "\xef\xbf\xbd";
    const char *valid = text + fa_utf8_valid(text, strlen(text));
    for (; *text; n--) {
        size_t length = 1;
        while (!begins(text[length]) && text[length])
            length++;
        if (!n)
            return;
        bool control = ((unsigned char)*text < 0x20 && *text != '\n') || *text == 0x7f;
        if (text >= valid || control || !strncmp(text, "\xef\xbf\xbe", 3) || !strncmp(text, "\xef\xbf\xbf", 3))
            fputs(replacement, file);
        else if (length == 1)
            put_sign(file, *text);
        else
            fwrite(text, 1, length, file);
        text += length;
    }
}

void html_text(FILE *file, const char *text)
{
    put_characters(file, text, SIZE_MAX);
}

void html_short(FILE *file, const char *text, size_t n)
{
    bool cut = html_length(text) > n;
    put_characters(file, text, cut ? n - 1 : n);
    fputs(cut ? "\xe2\x80\xa6" : "", file);
}

void html_base64(FILE *file, const unsigned char *bytes, size_t n)
{
    static const char sign[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        unsigned second = i + 1 < n ? bytes[i + 1] : 0, third = i + 2 < n ? bytes[i + 2] : 0;
        unsigned three = (unsigned)bytes[i] << 16 | second << 8 | third;
        putc(sign[three >> 18], file);
        putc(sign[three >> 12 & 63], file);
        putc(i + 1 < n ? sign[three >> 6 & 63] : '=', file);
        putc(i + 2 < n ? sign[three & 63] : '=', file);
    }
}

void html_percent(FILE *file, double fraction)
{
    if (isnan(fraction))
        fputs("\xe2\x80\x93", file);
    else
        fprintf(file, "%.1f %%", 100 * fraction);
}

void html_estimate(FILE *file, struct fa_estimate estimate)
{
    html_percent(file, estimate.value);
    if (!isnan(estimate.low))
        fprintf(file, " (%.1f to %.1f)", 100 * estimate.low, 100 * estimate.high);
}
