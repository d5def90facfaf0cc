#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "fa/check.h"

/* Beginnings of the names of months; the longest that fits counts. */
static const struct month {
    const char *begin;
    unsigned number;
} months[] = {
    {"jan", 1},  {"j\xc3\xa4n", 1}, {"ene", 1},  {"gen", 1}, {"feb", 2},  {"fev", 2}, {"f\xc3\xa9v", 2}, {"mar", 3},
    {"m\xc3\xa4r", 3}, {"mrz", 3},  {"maa", 3},  {"mrt", 3}, {"apr", 4},  {"avr", 4}, {"abr", 4},        {"may", 5},
    {"mai", 5},  {"mei", 5},        {"mag", 5},  {"jun", 6}, {"juin", 6}, {"giu", 6}, {"jul", 7},        {"juil", 7},
    {"lug", 7},  {"aug", 8},        {"ago", 8},  {"aou", 8}, {"ao\xc3\xbb", 8}, {"sep", 9}, {"set", 9},  {"oct", 10},
    {"okt", 10}, {"ott", 10},       {"out", 10}, {"nov", 11}, {"dec", 12}, {"dez", 12}, {"d\xc3\xa9" "c", 12}, {"dic", 12},
};

/* A number, or a month by its name. */
struct part {
    unsigned value;
    size_t digits; /* 0: a name */
};

/* Up to three parts, and what stands between the first two. */
struct parts {
    struct part part[3];
    size_t n;
    char mark;
};

static bool is_letter(char c)
{
    return isalpha((unsigned char)c) || (unsigned char)c >= 0x80;
}

static unsigned month_of(const char *text, size_t n)
{
    unsigned number = 0;
    size_t best = 0;
    char low[24];
    if (n >= sizeof low)
        return 0;
    for (size_t i = 0; i < n; i++)
        low[i] = (char)tolower((unsigned char)text[i]);
    for (size_t i = 0; i < sizeof months / sizeof *months; i++) {
        size_t length = strlen(months[i].begin);
        if (length <= n && length > best && !memcmp(low, months[i].begin, length)) {
            best = length;
            number = months[i].number;
        }
    }
    return number;
}

/* Bytes of text without a time of day, or a fraction of nothing, at its end. */
static size_t without_time(const char *text)
{
    size_t n = strlen(text), from = strcspn(text, ":");
    while (n && text[n - 1] == ' ')
        n--;
    if (from < n) {
        while (from && isdigit((unsigned char)text[from - 1]))
            from--;
        return from && (text[from - 1] == ' ' || text[from - 1] == 'T') ? from - 1 : n;
    }
    return n > 2 && !memcmp(text + n - 2, ".0", 2) && strspn(text, "0123456789") == n - 2 ? n - 2 : n;
}

static bool take_part(struct part *part, const char **text, const char *end)
{
    const char *from = *text;
    if (isdigit((unsigned char)*from)) {
        while (*text < end && isdigit((unsigned char)**text))
            ++*text;
        part->digits = (size_t)(*text - from);
        part->value = part->digits <= 5 ? (unsigned)strtoul(from, NULL, 10) : 0;
        return part->digits <= 5;
    }
    while (*text < end && is_letter(**text))
        ++*text;
    part->digits = 0;
    part->value = month_of(from, (size_t)(*text - from));
    return part->value != 0;
}

static bool split(struct parts *parts, const char *text)
{
    const char *end = text + without_time(text);
    while (text < end && *text == ' ')
        text++;
    for (*parts = (struct parts){0}; text < end; parts->n++) {
        if (parts->n == 3 || !take_part(&parts->part[parts->n], &text, end))
            return false;
        if (!parts->n && text < end)
            parts->mark = *text;
        while (text < end && strchr(" -/.,", *text))
            text++;
    }
    return parts->n > 0;
}

/* Month and day of the date that is serial days after 1899-12-30, 2000 to 2049: in years that begin with March the months
 * have 31, 30, 31, 30, 31 days, again and again, 153 days for five. */
static bool from_serial(unsigned serial, unsigned pair[2])
{
    if (serial < 36526 || serial > 54788)
        return false;
    unsigned day = serial - 35125; /* since 1 March 1996 */
    unsigned of_year = day - (4 * day + 3) / 1461 * 1461 / 4;
    unsigned month = (5 * of_year + 2) / 153;
    pair[0] = month < 10 ? month + 3 : month - 9;
    pair[1] = of_year - (153 * month + 2) / 5 + 1;
    return true;
}

/* A month's name beside a day, or beside a year where the second number was too large for a day. */
static bool from_two(const struct parts *parts, unsigned pair[2])
{
    const struct part *first = &parts->part[0], *second = &parts->part[1];
    bool named = !first->digits != !second->digits, slash = first->digits && second->digits && parts->mark == '/';
    pair[0] = first->digits ? second->value : first->value;
    pair[1] = first->digits ? first->value % 100 : second->value % 100;
    return (named || slash) && first->digits != 3 && second->digits != 3;
}

/* The year has four digits, or stands last. */
static bool from_three(const struct parts *parts, unsigned pair[2], unsigned *year)
{
    size_t y = parts->part[0].digits == 4 ? 0 : 2, n = 0, names = 0;
    for (size_t i = 0; i < 3; i++) {
        names += !parts->part[i].digits;
        if (i != y)
            pair[n++] = parts->part[i].value;
    }
    *year = parts->part[y].value % 100;
    return names < 2 && parts->part[y].digits >= 2;
}

static bool is_day(const unsigned pair[2])
{
    unsigned low = pair[0] < pair[1] ? pair[0] : pair[1], high = pair[0] + pair[1] - low;
    return low >= 1 && low <= 12 && high <= 31;
}

/* The two numbers of the date, and its year where it has one (else 100). */
static bool read_date(const char *text, unsigned pair[2], unsigned *year)
{
    struct parts parts;
    *year = 100;
    if (!split(&parts, text))
        return false;
    if (parts.n == 1)
        return parts.part[0].digits == 5 && from_serial(parts.part[0].value, pair);
    if (parts.n == 2)
        return from_two(&parts, pair) && (is_day(pair) || parts.mark != '/');
    return from_three(&parts, pair, year) && is_day(pair);
}

bool fa_label_restore(const char *text, const struct fa_vocabulary *known, bool strict, char label[FA_LABEL_MAX])
{
    unsigned pair[2], year;
    size_t index;
    if (!read_date(text, pair, &year))
        return false;
    unsigned low = pair[0] < pair[1] ? pair[0] : pair[1], high = pair[0] + pair[1] - low;
    const unsigned candidate[3][2] = {{low, high}, {high, low}, {high, year}}; /* 10-40 is the first of October 1940 */
    for (size_t i = 0; i < (low == 1 && year < 100 ? 3 : 2); i++) {
        snprintf(label, FA_LABEL_MAX, "%u-%u", candidate[i][0], candidate[i][1]);
        if (fa_vocabulary_find(known, label, &index))
            return true;
    }
    snprintf(label, FA_LABEL_MAX, "%u-%u", low, high);
    return !strict;
}
