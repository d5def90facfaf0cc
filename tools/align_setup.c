#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "align.h"
#include "cli.h"

/* ---- what to read ---- */

/* The CSV's own, unless -C says otherwise. */
const char *align_folder(const struct options *o)
{
    static char beside[4096];
    const char *slash = strrchr(o->labels, '/');
    int length = !slash || slash == o->labels ? 1 : (int)(slash - o->labels);
    snprintf(beside, sizeof beside, "%.*s", length, slash ? o->labels : ".");
    return o->folder ? o->folder : beside;
}

static void list_rows(struct sources *sources, const struct options *o)
{
    struct fa_err err;
    if (!(sources->table = fa_table_read(o->labels, &err)) ||
        fa_table_find(sources->table, o->column, &sources->column, &err))
        cli_fail(&err);
    sources->pictures = fa_pictures_from_table(sources->table, sources->column, align_folder(o), &err);
    if (!sources->pictures)
        cli_fail_text("%s: %s", o->labels, err.text);
}

void align_list_pictures(struct sources *sources, const struct options *o, char **paths, size_t n)
{
    struct fa_err err;
    if (o->labels && n)
        cli_usage("pictures come from -c or from the operands, not from both");
    if (!o->labels && o->folder)
        cli_usage("-C goes with -c");
    if (o->nul && (o->labels || n))
        cli_usage("-0 goes with paths on standard input");
    if (!o->labels && !n && isatty(STDIN_FILENO))
        cli_usage("no pictures (want files, folders, -c or paths on standard input)");
    if (o->labels)
        list_rows(sources, o);
    else if (n)
        sources->pictures = fa_pictures_from_paths((const char *const *)paths, n, &err);
    else
        sources->pictures = fa_pictures_from_lines(stdin, o->nul ? 0 : '\n', &err);
    if (!sources->pictures)
        cli_fail(&err);
    if ((o->labels || n) && !fa_pictures_count(sources->pictures))
        cli_fail_text("no pictures");
}

/* ---- how to align ---- */

void align_take_words(struct fa_align *align, const struct options *o)
{
    bool black = !strcmp(o->border, "black");
    if (!black && strcmp(o->border, "replicate") != 0)
        cli_usage("--border: '%s' is neither replicate nor black", o->border);
    if (o->fallback && strcmp(o->fallback, "centre") != 0)
        cli_usage("--fallback: '%s' is not centre", o->fallback);
    if (o->detection.once && o->detection.upright)
        cli_usage("--once and --upright exclude each other");
    if (o->all && o->one)
        cli_usage("-a and -1 exclude each other");
    if (!o->check && (o->counted || o->classes.n || o->mend || o->format))
        cli_usage("-l, --classes, --mend and -F go with --check");
    if (o->check && o->draw)
        cli_usage("--draw does not go with --check");
    align->border = black ? FA_BORDER_BLACK : FA_BORDER_REPLICATE;
    align->fallback = o->fallback != NULL;
    align_choose_copies(align, o);
    align->all = o->all || (!o->labels && !o->one && strcmp(o->detector, "none") != 0);
    align->max_pixels = (uint64_t)o->max_pixels;
}

static size_t parse_side(const char *text, const char **end)
{
    char *after = NULL;
    unsigned long side = *text >= '0' && *text <= '9' ? strtoul(text, &after, 10) : 0;
    *end = after;
    if (!side || side > 2048)
        cli_usage("--size: '%s' is not N or WxH, from 1 to 2048", text);
    return side;
}

static void parse_size(const char *text, struct fa_align *align)
{
    const char *end;
    align->width = align->height = parse_side(text, &end);
    if (*end == 'x')
        align->height = parse_side(end + 1, &end);
    if (*end)
        cli_usage("--size: '%s' is not N or WxH, from 1 to 2048", text);
}

void align_choose_template(struct fa_align *align, const struct options *o, struct fa_header *header, struct fa_arena *arena)
{
    struct fa_err err;
    struct fa_card *card = o->template && o->size ? NULL : cli_card(o->model, &(struct cli_list){0});
    const char *template = o->template ? o->template : card->crop;
    if (card && card->kind != FA_CARD_EMBEDDER)
        cli_fail_text("%s is the card of a detector, want an embedder", card->name);
    if (!template)
        cli_fail_text("%s names no crop template (say --template)", card->name);
    if (fa_template_parse(&align->crop, template, &err))
        o->template ? cli_usage("--template: %s", err.text) : cli_fail(&err);
    align->width = card ? card->width : 0;
    align->height = card ? card->height : 0;
    if (o->size)
        parse_size(o->size, align);
    if (!align->width || !align->height)
        cli_fail_text("%s names no size (say --size)", card->name);
    template = fa_arena_strdup(arena, template, &err);
    align->template = template;
    const char *name = card && !o->template && !o->size ? fa_arena_strdup(arena, card->name, &err) : NULL;
    if (!template || fa_map_set(&header->map, arena, "template", fa_value_string(template), &err) ||
        fa_map_set(&header->map, arena, "order", fa_value_string("rgb"), &err) ||
        (name && fa_map_set(&header->map, arena, "card", fa_value_string(name), &err)))
        cli_fail(&err);
    fa_card_free(card);
}

static void parse_thresholds(const char *text, struct fa_detector_options *detection)
{
    char *end = NULL;
    for (detection->nthresholds = 0; detection->nthresholds < FA_FACE_STAGES; text = end + 1) {
        double *threshold = &detection->threshold[detection->nthresholds++];
        *threshold = strtod(text, &end);
        if (end == text || !(*threshold >= 0 && *threshold <= 1) || (*end && *end != ','))
            break;
        if (!*end)
            return;
    }
    cli_usage("--thresholds: want up to three numbers from 0 to 1, as in 0.6,0.7,0.7");
}

void align_open_detector(struct fa_align *align, const struct options *o)
{
    struct fa_err err;
    struct fa_detector_options detection = o->detection, own = {0};
    char *weights[3] = {NULL};
    align->detector_name = o->detector;
    if (o->thresholds)
        parse_thresholds(o->thresholds, &detection);
    if (!strcmp(o->detector, "none"))
        return;
    struct fa_card *card = cli_card(o->detector, &(struct cli_list){0});
    if (fa_detector_complete(card, &own, &err))
        cli_fail(&err);
    int wrong = fa_detector_complete(card, &detection, &err);
    if (!wrong && o->weights && card->nweights != 1)
        wrong = fa_err_set(&err, "--weights: detector %s has %zu files", card->name, card->nweights);
    if (wrong) {
        fa_card_free(card); /* or the leak checker finds it, depending on where the compiler kept it */
        cli_usage("%s", err.text);
    }
    for (size_t i = 0; i < card->nweights && i < 3; i++)
        weights[i] = cli_weights(card, i, o->weights);
    align->detector = fa_detector_open(card, (const char *const *)weights, &detection, &err);
    if (!align->detector)
        cli_fail(&err);
    for (size_t i = 0; i < 3; i++)
        free(weights[i]);
    fa_card_free(card);
}
