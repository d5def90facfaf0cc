#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fa/export.h"

/* `<`, `<=`, `>` or `>=` and a number. */
static int parse_bound(struct fa_condition *condition, const char *sign, struct fa_err *err)
{
    char *end = NULL;
    condition->sign = *sign;
    condition->equal = sign[1] == '=';
    condition->pattern = sign + 1 + condition->equal;
    condition->bound = strtod(condition->pattern, &end);
    if (end == condition->pattern || *end || !isfinite(condition->bound))
        return fa_err_set(err, "'%s' compares with '%s', want a number", condition->text, condition->pattern);
    return 0;
}

int fa_condition_parse(struct fa_condition *condition, const char *text, struct fa_err *err)
{
    size_t sign = strcspn(text, "=<>");
    bool negated = sign && text[sign] == '=' && text[sign - 1] == '!';
    size_t key_length = negated ? sign - 1 : sign;
    if (!text[sign] || !key_length)
        return fa_err_set(err, "'%s' is no condition, want KEY=PATTERN, KEY!=PATTERN, KEY<NUMBER or KEY>NUMBER", text);
    *condition = (struct fa_condition){.text = text, .key_length = key_length, .negated = negated, .sign = '=',
                                       .pattern = text + sign + 1};
    return text[sign] == '=' ? 0 : parse_bound(condition, text + sign, err);
}

static bool is_key(const struct fa_condition *condition, const char *key)
{
    return strlen(key) == condition->key_length && !strncmp(condition->text, key, condition->key_length);
}

static const struct fa_value *find(const struct fa_condition *condition, const struct fa_map *map)
{
    for (size_t i = 0; i < map->n; i++)
        if (is_key(condition, map->pair[i].key))
            return &map->pair[i].value;
    return NULL;
}

static const char *text_of(const struct fa_value *value)
{
    if (value->type == FA_BOOL)
        return value->boolean ? "true" : "false";
    return value->type == FA_STRING ? value->string : "";
}

static bool is_within(const struct fa_condition *condition, const struct fa_value *value)
{
    double number;
    if (!fa_value_number(value, &number))
        return false;
    if (number == condition->bound)
        return condition->equal;
    return (number < condition->bound) == (condition->sign == '<');
}

bool fa_condition_holds(const struct fa_condition *condition, const struct fa_record *record)
{
    struct fa_value id = fa_value_string(record->id), none = fa_value_string("");
    const struct fa_value *value = is_key(condition, "id") ? &id : find(condition, &record->labels);
    if (!value)
        value = find(condition, &record->about);
    if (!value)
        value = &none;
    if (condition->sign != '=')
        return is_within(condition, value);
    return (fnmatch(condition->pattern, text_of(value), 0) == 0) != condition->negated;
}
