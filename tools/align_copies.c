#include <string.h>

#include "align.h"
#include "cli.h"

/* The bounds that --augment names. */
void align_choose_copies(struct fa_align *align, const struct options *o)
{
    struct fa_augment *augment = &align->augment;
    const struct cli_option rows[] = {
        {0, "rotate", "N", CLI_REAL, &augment->rotate, "", 0, 180}, {0, "shift", "N", CLI_REAL, &augment->shift, "", 0, 1024},
        {0, "zoom", "N", CLI_REAL, &augment->zoom, "", 0, 1},       {0, "light", "N", CLI_REAL, &augment->light, "", 0, 1},
        {0, "blur", "N", CLI_REAL, &augment->blur, "", 0, 16},
    };
    struct fa_err err;
    char word[64];
    bool other = false;
    if (!o->augment && o->copies)
        cli_usage("--copies goes with --augment");
    for (const char *at = o->augment; at; at = *at ? at + 1 : NULL) {
        size_t n = strcspn(at, ","), name = strcspn(at, ",=");
        snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : sizeof word - 1), at);
        at += n;
        if (!strcmp(word, "flip")) {
            augment->flip = true;
            continue;
        }
        if (name >= n || n >= sizeof word)
            cli_usage("--augment: '%s' is not flip, rotate=N, shift=N, zoom=N, light=N or blur=N", word);
        word[name] = '\0';
        if (cli_set(rows, sizeof rows / sizeof *rows, word, word + name + 1, &err))
            cli_usage("--augment: %s", err.text);
        other = true;
    }
    if (o->copies > 1 && !other)
        cli_usage("--copies: flip alone makes one copy");
    augment->copies = o->copies ? (size_t)o->copies : o->augment ? 1 : 0;
    augment->seed = (uint64_t)o->seed;
}
