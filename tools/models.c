#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

/* "folder/file" if that can be read. */
static char *at(const char *folder, const char *between, const char *file)
{
    size_t size = strlen(folder) + strlen(between) + strlen(file) + 1;
    char *path = malloc(size);
    if (!path)
        cli_fail_text("out of memory");
    snprintf(path, size, "%s%s%s", folder, between, file);
    if (access(path, R_OK) == 0)
        return path;
    free(path);
    return NULL;
}

/* What stands beside the program itself: an installed share/fa, or the source tree around build/. */
static char *beside_program(const char *file)
{
    static const char *const place[] = {"/../share/fa/", "/../pipelines/models/", "/../pipelines/", "/"};
    char program[4096];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    char *path = NULL;
    if (n <= 0)
        return NULL;
    program[n] = 0;
    *strrchr(program, '/') = 0;
    for (size_t i = 0; i < sizeof place / sizeof *place && !path; i++)
        path = at(program, place[i], file);
    return path;
}

char *cli_find(const char *file)
{
    const char *models = getenv("FA_MODELS"), *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    char *path = models ? at(models, "/", file) : NULL;
    if (!path && data && data[0])
        path = at(data, "/fa/", file);
    else if (!path && home)
        path = at(home, "/.local/share/fa/", file);
    return path ? path : beside_program(file);
}

static bool ends_in(const char *text, const char *suffix)
{
    size_t n = strlen(text), m = strlen(suffix);
    return n >= m && strcmp(text + n - m, suffix) == 0;
}

char *cli_card_path(const char *model)
{
    char file[256];
    bool is_path = strchr(model, '/') || strchr(model, '.');
    if (is_path && !ends_in(model, ".card"))
        return NULL;
    snprintf(file, sizeof file, "%s.card", model);
    char *path = is_path ? strdup(model) : cli_find(file);
    if (!path)
        cli_fail_text("no card named '%s' (a path to one has a '/' or ends in .card)", model);
    return path;
}

struct fa_card *cli_card(const char *model, const struct cli_list *set)
{
    char text[4096], *path = cli_card_path(model);
    struct fa_err err;
    snprintf(text, sizeof text, "kind = embedder\nweights = file %s\n", model);
    struct fa_card *card = path ? fa_card_read(path, set->text, set->n, &err) : fa_card_parse(model, text, set->text, set->n, &err);
    if (!card)
        cli_fail(&err);
    free(path);
    return card;
}

char *cli_weights(const struct fa_card *card, size_t i, const char *weights)
{
    const struct fa_card_weights *wanted = &card->weights[i];
    bool users = strcmp(wanted->registry, "file") == 0;
    const char *file = weights ? weights : wanted->file;
    char *path = weights || (users && access(file, R_OK) == 0) ? strdup(file) : cli_find(file);
    if (path)
        return path;
    if (users)
        cli_fail_text("weights of %s not found: bring %s and name it with --weights", card->name, file);
    cli_fail_text("weights of %s not found (%s): get them with 'pipelines/models.sh %s', or name a file with --weights", card->name,
                  file, card->name);
}
