#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fa/text.h"
#include "fa/tune.h"

/* ---- words and numbers ---- */

/* The words of a line, its blanks replaced by NULs. */
struct words {
    char **word;
    size_t n;
};

static int split(struct words *words, char *text, struct fa_arena *arena, struct fa_err *err)
{
    char *rest = NULL;
    words->n = 0;
    if (!(words->word = fa_arena_alloc(arena, (strlen(text) / 2 + 1) * sizeof *words->word, err)))
        return -1;
    for (char *w = strtok_r(text, " \t", &rest); w; w = strtok_r(NULL, " \t", &rest))
        words->word[words->n++] = w;
    return 0;
}

static bool is_number(const char *text, double *value)
{
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    return end != text && !*end && !errno && isfinite(*value);
}

static bool is_whole(double value)
{
    return value == floor(value) && fabs(value) <= 1e15;
}

/* ---- one parameter ---- */

enum { MOST_VALUES = 1000000 };

/* How many values a number takes: from min on by steps, up to max at most. */
static int count_values(struct fa_param *p, struct fa_err *err)
{
    double span = p->scale == FA_SCALE_LINEAR ? (p->max - p->min) / p->step : log(p->max / p->min) / log(p->step);
    if (span >= MOST_VALUES)
        p->n = 0;
    else
        p->n = (size_t)floor(span + 1e-9) + 1;
    return p->n || p->kind == FA_PARAM_INT ? 0 : fa_err_set(err, "more than %d steps", MOST_VALUES);
}

static int check_numbers(struct fa_param *p, struct fa_err *err)
{
    if (p->kind == FA_PARAM_INT && (!is_whole(p->min) || !is_whole(p->max)))
        return fa_err_set(err, "int wants whole numbers");
    if (!(p->min <= p->max))
        return fa_err_set(err, "%.15g is more than %.15g", p->min, p->max);
    if (p->scale != FA_SCALE_LINEAR && !(p->min > 0))
        return fa_err_set(err, "a log scale wants a minimum above 0");
    if (p->step < 0 || (p->step > 0 && p->scale != FA_SCALE_LINEAR && !(p->step > 1)))
        return fa_err_set(err, "a step of %.15g (want more than %d)", p->step, p->scale != FA_SCALE_LINEAR);
    if (p->step > 0 && p->kind == FA_PARAM_INT && p->scale == FA_SCALE_LINEAR && !is_whole(p->step))
        return fa_err_set(err, "int wants a whole step");
    if (p->kind == FA_PARAM_INT && p->scale == FA_SCALE_LINEAR && !(p->step > 0))
        p->step = 1;
    return p->step > 0 ? count_values(p, err) : 0;
}

static int parse_number(struct fa_param *p, const struct words *words, struct fa_err *err)
{
    char *dots = words->n > 1 ? strstr(words->word[1], "..") : NULL;
    if (dots)
        *dots = '\0';
    if (!dots || !is_number(words->word[1], &p->min) || !is_number(dots + 2, &p->max))
        return fa_err_set(err, "%s wants MIN..MAX", words->word[0]);
    for (size_t i = 2; i < words->n; i++)
        if (strcmp(words->word[i], "log") == 0)
            p->scale = FA_SCALE_LOG;
        else if (strcmp(words->word[i], "reverse_log") == 0)
            p->scale = FA_SCALE_REVERSE_LOG;
        else if (strcmp(words->word[i], "step") != 0 || i + 1 == words->n)
            return fa_err_set(err, "'%s' is none of step N, log, reverse_log", words->word[i]);
        else if (!is_number(words->word[++i], &p->step) || !(p->step > 0))
            return fa_err_set(err, "'%s' is no step", words->word[i]);
    return check_numbers(p, err);
}

static int parse_choice(struct fa_param *p, const struct words *words, struct fa_err *err)
{
    p->choice = (const char *const *)words->word + 1;
    p->n = words->n - 1;
    if (!p->n)
        return fa_err_set(err, "choice wants values");
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(p->choice[i], p->choice[k]) == 0)
                return fa_err_set(err, "'%s' stands twice", p->choice[i]);
    return 0;
}

static int parse_bool(struct fa_param *p, const struct words *words, struct fa_err *err)
{
    static const char *const value[] = {"false", "true"};
    p->choice = value;
    p->n = 2;
    return words->n == 1 ? 0 : fa_err_set(err, "bool takes nothing behind it");
}

static int parse_fixed(struct fa_param *p, const char *text, struct fa_arena *arena, struct fa_err *err)
{
    const char **value = fa_arena_alloc(arena, sizeof *value, err);
    if (!value)
        return -1;
    text += strspn(text, " \t");
    *value = text;
    p->choice = value;
    p->n = 1;
    return *text ? 0 : fa_err_set(err, "fixed wants a value");
}

static int parse_what(struct fa_param *p, char *text, struct fa_arena *arena, struct fa_err *err)
{
    static const char *const kind[] = {"int", "float", "choice", "fixed", "bool"};
    size_t length = strcspn(text, " \t"), i = 0;
    while (i < 5 && (strlen(kind[i]) != length || memcmp(text, kind[i], length) != 0))
        i++;
    if (i == 5)
        return fa_err_set(err, "'%.*s' is none of int, float, choice, bool, fixed", (int)length, text);
    p->kind = i == 4 ? FA_PARAM_CHOICE : (enum fa_param_kind)i;
    if (p->kind == FA_PARAM_FIXED)
        return parse_fixed(p, text + length, arena, err);
    struct words words;
    if (split(&words, text, arena, err))
        return -1;
    return i == 4 ? parse_bool(p, &words, err) : p->kind == FA_PARAM_CHOICE ? parse_choice(p, &words, err)
                                                                            : parse_number(p, &words, err);
}

/* ---- conditions ---- */

static const char *const relation[] = {"==", "!=", "<", "<=", ">", ">="};

static int parse_condition(struct fa_space *space, struct fa_param *p, char *text, struct fa_err *err)
{
    struct words words;
    double number;
    if (split(&words, text, &space->arena, err))
        return -1;
    size_t r = 0;
    while (words.n == 3 && r < 6 && strcmp(words.word[1], relation[r]) != 0)
        r++;
    if (words.n != 3 || r == 6)
        return fa_err_set(err, "a condition is of the form if OTHER OP VALUE, with OP one of ==, !=, <, <=, >, >=");
    p->other = fa_space_find(space, words.word[0]);
    p->relation = (enum fa_relation)r;
    p->operand = words.word[2];
    if (p->other == SIZE_MAX)
        return fa_err_set(err, "no parameter '%s' stands before", words.word[0]);
    if (r > FA_UNEQUAL && !is_number(p->operand, &number))
        return fa_err_set(err, "'%s' is not a number", p->operand);
    return 0;
}

/* Takes ` if ...`, the last there is, off the text, and returns what follows it. */
static char *cut_condition(char *text)
{
    char *found = NULL;
    for (char *at = text; (at = strstr(at, " if ")); at++)
        found = at;
    if (found)
        *found = '\0';
    return found ? found + 4 : NULL;
}

bool fa_space_active(const struct fa_space *space, size_t i, const char *const *value)
{
    const struct fa_param *p = &space->param[i];
    if (p->other == SIZE_MAX)
        return true;
    const char *other = value[p->other];
    double a, b;
    if (!other)
        return false;
    bool numbers = is_number(other, &a) && is_number(p->operand, &b);
    int order = numbers ? (a > b) - (a < b) : strcmp(other, p->operand);
    if (!numbers && p->relation > FA_UNEQUAL)
        return false;
    const bool holds[] = {order == 0, order != 0, order < 0, order <= 0, order > 0, order >= 0};
    return holds[p->relation];
}

/* ---- lines ---- */

static char *trim(char *text)
{
    text += strspn(text, " \t\r");
    for (size_t n = strlen(text); n && isspace((unsigned char)text[n - 1]);)
        text[--n] = '\0';
    return text;
}

static void cut_comment(char *text)
{
    for (char *at = text; *at; at++)
        if (*at == '#' && (at == text || isspace((unsigned char)at[-1]))) {
            *at = '\0';
            return;
        }
}

/* Lets [a-z0-9_-] through, so that a name can stand in braces and as an option. */
static bool is_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    return n && !name[n];
}

/* One line, emptied of comment and blanks around it. */
static int parse_line(struct fa_space *space, char *line, struct fa_err *err)
{
    struct fa_param p = {.other = SIZE_MAX};
    char *equals = strchr(line, '=');
    if (!equals)
        return fa_err_set(err, "'%s' is not of the form NAME = WHAT", line);
    *equals = '\0';
    p.name = trim(line);
    if (!is_name(p.name))
        return fa_err_set(err, "'%s' is no name", p.name);
    if (fa_space_find(space, p.name) != SIZE_MAX)
        return fa_err_set(err, "%s stands twice", p.name);
    char *what = trim(equals + 1), *condition = cut_condition(what);
    struct fa_err why;
    if (parse_what(&p, what, &space->arena, &why) || (condition && parse_condition(space, &p, condition, &why)))
        return fa_err_set(err, "%s: %s", p.name, why.text);
    space->param[space->n++] = p;
    return 0;
}

/* "name" of "name = ..." is that of the line other. */
static bool same_name(const char *line, const char *other)
{
    line += strspn(line, " \t");
    other += strspn(other, " \t");
    size_t n = strcspn(line, " \t=");
    return n == strcspn(other, " \t=") && memcmp(line, other, n) == 0;
}

/* A line of set (if number is 0) or of the text, for which a line of set may stand in. */
static int take_line(struct fa_space *space, const char *line, const char *name, size_t number, const char *const *set,
                     size_t nset, bool *used, struct fa_err *err)
{
    struct fa_err why;
    char *copy = fa_arena_strdup(&space->arena, line, err);
    if (!copy)
        return -1;
    cut_comment(copy);
    copy = trim(copy);
    for (size_t i = 0; i < nset && number && *copy; i++)
        if (same_name(copy, set[i]) && !used[i]) {
            used[i] = true;
            return take_line(space, set[i], name, 0, NULL, 0, NULL, err);
        }
    if (!*copy || !parse_line(space, copy, &why))
        return 0;
    return number ? fa_err_set(err, "%s: line %zu: %s", name, number, why.text) : fa_err_set(err, "'%s': %s", line, why.text);
}

static const char *print_param(const struct fa_space *space, const struct fa_param *p, struct fa_arena *arena, struct fa_err *err)
{
    static const char *const kind[] = {"int", "float", "choice", "fixed"}, *const scale[] = {"", " log", " reverse_log"};
    char *text = fa_arena_printf(arena, err, "%s = %s", p->name, kind[p->kind]);
    if (text && p->kind <= FA_PARAM_FLOAT)
        text = fa_arena_printf(arena, err, "%s %.15g..%.15g step %.15g%s", text, p->min, p->max, p->step, scale[p->scale]);
    for (size_t i = 0; text && p->kind >= FA_PARAM_CHOICE && i < p->n; i++)
        text = fa_arena_printf(arena, err, "%s %s", text, p->choice[i]);
    if (text && p->other != SIZE_MAX)
        text = fa_arena_printf(arena, err, "%s if %s %s %s", text, space->param[p->other].name, relation[p->relation], p->operand);
    return text;
}

static int print_space(struct fa_space *space, struct fa_err *err)
{
    const char *text = "";
    for (size_t i = 0; text && i < space->n; i++) {
        const char *line = print_param(space, &space->param[i], &space->arena, err);
        text = line ? fa_arena_printf(&space->arena, err, "%s%s\n", text, line) : NULL;
    }
    space->text = text;
    return text ? 0 : -1;
}

static int parse_all(struct fa_space *space, const char *name, char *text, const char *const *set, size_t nset,
                     struct fa_err *err)
{
    size_t number = 0, most = nset + 1;
    for (const char *at = text; *at; at++)
        most += *at == '\n';
    bool *used = fa_arena_alloc(&space->arena, nset + 1, err);
    space->param = fa_arena_alloc(&space->arena, most * sizeof *space->param, err);
    if (!used || !space->param)
        return -1;
    for (char *line = text, *end; line; line = end) {
        end = strchr(line, '\n');
        if (end)
            *end++ = '\0';
        if (take_line(space, line, name, ++number, set, nset, used, err))
            return -1;
    }
    for (size_t i = 0; i < nset; i++)
        if (!used[i] && take_line(space, set[i], name, 0, NULL, 0, NULL, err))
            return -1;
    return space->n ? print_space(space, err) : fa_err_set(err, "%s: no parameter", name);
}

struct fa_space *fa_space_parse(const char *name, const char *text, const char *const *set, size_t nset, struct fa_err *err)
{
    struct fa_space *space = fa_mem_array(1, sizeof *space, err);
    char *copy = space ? fa_arena_strdup(&space->arena, text, err) : NULL;
    if (copy && !parse_all(space, name, copy, set, nset, err))
        return space;
    fa_space_free(space);
    return NULL;
}

void fa_space_free(struct fa_space *space)
{
    if (space)
        fa_arena_free(&space->arena);
    free(space);
}

size_t fa_space_find(const struct fa_space *space, const char *name)
{
    for (size_t i = 0; i < space->n; i++)
        if (strcmp(space->param[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

struct fa_space *fa_space_read(const char *path, const char *const *set, size_t nset, struct fa_err *err)
{
    char text[1 << 16];
    return fa_text_read(text, sizeof text, path, "space", err) ? NULL : fa_space_parse(path, text, set, nset, err);
}
