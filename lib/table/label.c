#include <string.h>

#include "fa/table.h"

/* A label without a number has the rank of others. */
struct rank {
    bool other;
    double number;
    bool more; /* than the number */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool leading_number(const char *text, double *number)
{
    bool negative = text[0] == '-';
    const char *p = text + negative;
    double value = 0, unit = 1;
    if (!is_digit(*p))
        return false;
    for (; is_digit(*p); p++)
        value = value * 10 + (*p - '0');
    if (p[0] == '.')
        for (p++; is_digit(*p); p++)
            value += (*p - '0') * (unit /= 10);
    *number = negative ? -value : value;
    return true;
}

static struct rank rank_of(const char *label)
{
    static const char more_than[] = "more than ";
    struct rank rank = {0};
    rank.more = !strncmp(label, more_than, sizeof more_than - 1);
    rank.other = !leading_number(rank.more ? label + sizeof more_than - 1 : label, &rank.number);
    return rank;
}

int fa_label_compare(const char *a, const char *b)
{
    struct rank ra = rank_of(a), rb = rank_of(b);
    if (ra.other != rb.other)
        return ra.other ? 1 : -1;
    if (!ra.other && (ra.number < rb.number || ra.number > rb.number))
        return ra.number < rb.number ? -1 : 1;
    if (!ra.other && ra.more != rb.more)
        return ra.more ? 1 : -1;
    return strcmp(a, b);
}
