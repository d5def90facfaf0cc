#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fa/head.h"

/* A wider layer is a slip of the finger, and sizes of arrays stay far from overflow. */
enum { MOST_UNITS = 65536 };

enum { WORDS = 4, WORD = 24 };

/* One item, taken apart at its blanks. */
struct item {
    char word[WORDS][WORD];
    size_t n;
    const char *text; /* for messages: length bytes */
    int length;
};

static int take_words(struct item *item, struct fa_err *err)
{
    const char *at = item->text, *end = at + item->length;
    for (item->n = 0;; item->n++) {
        while (at < end && isspace((unsigned char)*at))
            at++;
        if (at == end)
            return 0;
        size_t length = 0;
        while (at + length < end && !isspace((unsigned char)at[length]))
            length++;
        if (item->n == WORDS || length >= WORD)
            return fa_err_set(err, "architecture: '%.*s': too long", item->length, item->text);
        memcpy(item->word[item->n], at, length);
        item->word[item->n][length] = '\0';
        at += length;
    }
}

static int parse_units(size_t *units, const char *word)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(word, &end, 10);
    *units = value;
    return !isdigit((unsigned char)word[0]) || *end || errno || value < 1 || value > MOST_UNITS ? -1 : 0;
}

static const char *const activation_name[] = {"linear", "relu", "sigmoid", "tanh", "gelu", "leaky_relu"};

/* The first four in the order of enum fa_initializer, then other names of the first two. */
static const char *const initializer_name[] = {"glorot", "he", "glorot_normal", "he_normal", "glorot_uniform", "he_uniform",
                                               "keras"};

/* Where a word stands in a list, or n. */
static size_t find_word(const char *word, const char *const *list, size_t n)
{
    size_t i = 0;
    while (i < n && strcmp(word, list[i]) != 0)
        i++;
    return i;
}

static int parse_dense(struct fa_layer *layer, const struct item *item, struct fa_err *err)
{
    if (item->n < 2 || parse_units(&layer->units, item->word[1]))
        return fa_err_set(err, "architecture: '%.*s': dense wants a number of units from 1 to %d", item->length, item->text,
                          MOST_UNITS);
    for (size_t i = 2; i < item->n; i++) {
        size_t activations = sizeof activation_name / sizeof *activation_name;
        size_t initializers = sizeof initializer_name / sizeof *initializer_name;
        size_t a = find_word(item->word[i], activation_name, activations);
        size_t k = find_word(item->word[i], initializer_name, initializers);
        if (a == activations && k == initializers)
            return fa_err_set(err, "architecture: '%.*s': dense knows relu, leaky_relu, gelu, sigmoid, tanh, linear, and "
                              "glorot, he, glorot_normal, he_normal, not '%s'", item->length, item->text, item->word[i]);
        if (a < activations)
            layer->activation = (enum fa_activation)a;
        else
            layer->initializer = k < 4 ? (enum fa_initializer)k : k == 5 ? FA_HE_UNIFORM : FA_GLOROT_UNIFORM;
    }
    return 0;
}

static int parse_dropout(struct fa_layer *layer, const struct item *item, struct fa_err *err)
{
    char *end = NULL;
    layer->rate = item->n == 2 ? strtof(item->word[1], &end) : -1;
    if (item->n != 2 || end == item->word[1] || *end || !(layer->rate >= 0 && layer->rate <= 0.99f))
        return fa_err_set(err, "architecture: '%.*s': dropout wants one rate from 0 to 0.99", item->length, item->text);
    return 0;
}

static int parse_input(struct fa_arch *arch, const struct item *item, struct fa_err *err)
{
    static const char *const name[] = {"none", "standardize", "l2"};
    for (size_t i = 0; i < 3; i++)
        if (item->n == 1 && strcmp(item->word[0], name[i]) == 0) {
            arch->input = (enum fa_input)i;
            return 0;
        }
    return fa_err_set(err, "architecture: '%.*s': not one of dense, dropout, batchnorm, or, in the first place, "
                      "standardize, l2, none", item->length, item->text);
}

static int parse_item(struct fa_arch *arch, const struct item *item, bool first, struct fa_err *err)
{
    struct fa_layer layer = {.kind = FA_DENSE};
    int failed = 0;
    if (item->n == 0)
        return fa_err_set(err, "architecture: an item is empty");
    if (strcmp(item->word[0], "dense") == 0) {
        failed = parse_dense(&layer, item, err);
    } else if (strcmp(item->word[0], "dropout") == 0) {
        layer.kind = FA_DROPOUT;
        failed = parse_dropout(&layer, item, err);
    } else if (strcmp(item->word[0], "batchnorm") == 0 && item->n == 1) {
        layer.kind = FA_BATCHNORM;
    } else if (first) {
        return parse_input(arch, item, err);
    } else {
        return parse_input(&(struct fa_arch){0}, item, err) ? -1
               : fa_err_set(err, "architecture: '%.*s' stands first or not at all", item->length, item->text);
    }
    if (!failed && arch->n == FA_ARCH_LAYERS)
        return fa_err_set(err, "architecture: more than %d layers", FA_ARCH_LAYERS);
    if (!failed)
        arch->layer[arch->n++] = layer;
    return failed;
}

int fa_arch_parse(struct fa_arch *arch, const char *line, struct fa_err *err)
{
    *arch = (struct fa_arch){.input = FA_INPUT_NONE};
    for (bool first = true;; first = false) {
        struct item item = {.text = line + strspn(line, " \t")};
        size_t length = strcspn(item.text, ",");
        if (length > 200)
            return fa_err_set(err, "architecture: an item of more than 200 letters");
        item.length = (int)length;
        if (take_words(&item, err) || parse_item(arch, &item, first, err))
            return -1;
        line = item.text + length;
        if (!*line++)
            return 0;
    }
}

static const char *print_layer(const struct fa_layer *layer, const char *before, struct fa_arena *arena, struct fa_err *err)
{
    switch (layer->kind) {
    case FA_DENSE:
        return fa_arena_printf(arena, err, "%sdense %zu %s%s%s", before, layer->units, activation_name[layer->activation],
                               layer->initializer ? " " : "", layer->initializer ? initializer_name[layer->initializer] : "");
    case FA_DROPOUT:
        return fa_arena_printf(arena, err, "%sdropout %.6g", before, (double)layer->rate);
    case FA_BATCHNORM:
        break;
    }
    return fa_arena_printf(arena, err, "%sbatchnorm", before);
}

const char *fa_arch_print(const struct fa_arch *arch, struct fa_arena *arena, struct fa_err *err)
{
    static const char *const input[] = {"none", "standardize", "l2"};
    const char *text = input[arch->input];
    for (size_t i = 0; text && i < arch->n; i++) {
        const char *before = fa_arena_printf(arena, err, "%s, ", text);
        text = before ? print_layer(&arch->layer[i], before, arena, err) : NULL;
    }
    return text;
}

size_t fa_arch_parameters(const struct fa_arch *arch, size_t dim, size_t nlogits)
{
    size_t n = 0, in = dim;
    for (size_t i = 0; i < arch->n; i++) {
        const struct fa_layer *layer = &arch->layer[i];
        if (layer->kind == FA_DENSE) {
            n += (in + 1) * layer->units;
            in = layer->units;
        } else if (layer->kind == FA_BATCHNORM) {
            n += 4 * in;
        }
    }
    return n + (in + 1) * nlogits;
}
