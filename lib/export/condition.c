#include <fnmatch.h>
#include <string.h>

#include "fa/export.h"

int fa_condition_parse(struct fa_condition *condition, const char *text, struct fa_err *err)
{
    size_t equals = strcspn(text, "=");
    bool negated = equals && text[equals] && text[equals - 1] == '!';
    size_t key_length = negated ? equals - 1 : equals;
    if (!text[equals] || !key_length)
        return fa_err_set(err, "'%s' is no condition, want KEY=PATTERN or KEY!=PATTERN", text);
    *condition = (struct fa_condition){text, key_length, negated, text + equals + 1};
    return 0;
}

static bool is_key(const struct fa_condition *condition, const char *key)
{
    return strlen(key) == condition->key_length && !strncmp(condition->text, key, condition->key_length);
}

static const char *find(const struct fa_condition *condition, const struct fa_map *map)
{
    for (size_t i = 0; i < map->n; i++)
        if (map->pair[i].value.type == FA_STRING && is_key(condition, map->pair[i].key))
            return map->pair[i].value.string;
    return NULL;
}

bool fa_condition_holds(const struct fa_condition *condition, const struct fa_record *record)
{
    const char *text = is_key(condition, "id") ? record->id : find(condition, &record->labels);
    if (!text)
        text = find(condition, &record->about);
    return (fnmatch(condition->pattern, text ? text : "", 0) == 0) != condition->negated;
}
