#include <ctype.h>
#include <string.h>

#include "fa/check.h"
#include "fa/mem.h"

/* Bytes of the dash or blank of three bytes that text begins with: U+2010 to U+2015, U+2212 (minus). */
static size_t dash(const char *text)
{
    if (!strncmp(text, "\xe2\x80", 2) && (unsigned char)text[2] >= 0x90 && (unsigned char)text[2] <= 0x95)
        return 3;
    return strncmp(text, "\xe2\x88\x92", 3) ? 0 : 3;
}

/* Bytes to leave out: blanks, U+00A0, quotes, low lines. */
static size_t nothing(const char *text)
{
    if (strchr(" \t\r\n_'\"", *text))
        return 1;
    return strncmp(text, "\xc2\xa0", 2) ? 0 : 2;
}

char *fa_label_fold(const char *label, struct fa_err *err)
{
    char *folded = fa_mem_strdup(label, err), *to = folded;
    for (size_t n; folded && *label; label += n) {
        if ((n = nothing(label)))
            continue;
        n = dash(label);
        *to++ = (char)(n ? '-' : tolower((unsigned char)*label));
        n = n ? n : 1;
    }
    if (folded)
        *to = '\0';
    return folded;
}
