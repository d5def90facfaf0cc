/* fa-train: embeddings to a head model. fa-train(1). */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "fa/head.h"
#include "fa/par.h"
#include "train_recipe.h"

static struct {
    const char *labels, *output, *arch, *optimizer, *schedule;
    long epochs, batch, patience, seed, threads;
    double rate, weight_decay, validation;
} given = {.arch = FA_ARCH_DEFAULT, .optimizer = "adamw", .schedule = "cosine", .weight_decay = -1};

static struct train_recipe recipe;

static const struct cli_option options[] = {
    {'l', "labels", "LIST", CLI_TEXT, &given.labels, "labels to learn (default: those of age, gender, race there are)", 0, 0},
    CLI_OUTPUT(&given.output),
    {0, "arch", "LINE", CLI_TEXT, &given.arch, "layers", 0, 0},
    {0, "epochs", "N", CLI_COUNT, &given.epochs, "passes over the faces at most", 1, 100000},
    {'b', "batch", "N", CLI_COUNT, &given.batch, "faces a step", 1, 65536},
    {0, "optimizer", "NAME", CLI_TEXT, &given.optimizer, "adamw, adam or sgd", 0, 0},
    {0, "lr", "RATE", CLI_REAL, &given.rate, "learning rate at the start", 1e-9, 100},
    {0, "schedule", "NAME", CLI_TEXT, &given.schedule, "cosine (to 0 at the last epoch), constant, step or plateau", 0, 0},
    TRAIN_RECIPE(&recipe),
    {0, "weight-decay", "X", CLI_REAL, &given.weight_decay, "of kernels (default: 0.01 for adamw, else 0)", 0, 100},
    {0, "validation-split", "SHARE", CLI_REAL, &given.validation, "share of the pictures held out; 0 for none", 0, 0.9},
    {0, "patience", "N", CLI_COUNT, &given.patience, "epochs without a better validation loss before it stops; 0: off", 0, 100000},
    CLI_SEED(&given.seed),
    CLI_THREADS(&given.threads),
    CLI_NO_PROG,
};

static void set_defaults(void)
{
    struct fa_fit_options o = fa_fit_defaults();
    recipe = train_recipe_defaults();
    given.epochs = (long)o.epochs;
    given.batch = (long)o.batch;
    given.patience = (long)o.patience;
    given.seed = (long)o.seed;
    given.rate = o.rate;
    given.validation = o.validation;
    given.threads = (long)fa_par_cores();
}

static struct fa_fit_options read_options(void)
{
    static const char *const optimizer[] = {[FA_ADAM] = "adam", [FA_ADAMW] = "adamw", [FA_SGD] = "sgd"};
    static const char *const schedule[] = {[FA_CONSTANT] = "constant", [FA_COSINE] = "cosine", [FA_STEP] = "step",
                                            [FA_PLATEAU] = "plateau"};
    struct fa_fit_options o = fa_fit_defaults();
    struct fa_err err;
    if (fa_arch_parse(&o.arch, given.arch, &err))
        cli_usage("--arch: %s", err.text);
    o.optimizer = (enum fa_optimizer)train_choose("optimizer", given.optimizer, optimizer, 3);
    o.schedule = (enum fa_schedule)train_choose("schedule", given.schedule, schedule, 4);
    train_recipe_set(&recipe, &o);
    o.epochs = (size_t)given.epochs;
    o.batch = (size_t)given.batch;
    o.rate = given.rate;
    o.weight_decay = given.weight_decay >= 0 ? given.weight_decay : o.optimizer == FA_ADAMW ? o.weight_decay : 0;
    o.validation = given.validation;
    o.patience = (size_t)given.patience;
    o.seed = (uint64_t)given.seed;
    o.threads = (unsigned)given.threads;
    return o;
}

/* The n names of a list with commas, NULL for no list. */
static const char **split_labels(const char *list, size_t *n, struct fa_arena *arena)
{
    const char **name = fa_arena_alloc(arena, ((list ? strlen(list) : 0) / 2 + 1) * sizeof *name, NULL);
    *n = 0;
    for (const char *at = list; at; at += *at == ',') {
        size_t length = strcspn(at, ",");
        if (!length)
            cli_usage("--labels: '%s' has an empty name", list);
        if (!name || !(name[(*n)++] = fa_arena_strndup(arena, at, length, NULL)))
            cli_fail_text("out of memory");
        at += length;
        if (!*at)
            break;
    }
    return name;
}

static struct fa_dataset *read_data(const char *const *path, size_t n)
{
    struct fa_err err;
    struct fa_arena arena = {0};
    size_t nlabels;
    const char **label = split_labels(given.labels, &nlabels, &arena);
    struct fa_reader *reader = fa_reader_open(path, n, FA_EMBEDDING, FA_READER_UNIQUE, &err);
    if (!reader)
        cli_fail(&err);
    struct fa_dataset *data = fa_dataset_read(reader, label, nlabels, &err);
    if (!data)
        cli_fail(&err);
    fa_reader_close(reader);
    fa_arena_free(&arena);
    cli_add_prog(&data->header, &data->arena);
    train_recipe_map(&recipe, data);
    return data;
}

/* ---- the table: a line an epoch, for each head loss and accuracy in training and in validation ---- */

static void print_scores(const char *what, const struct fa_score *train, const struct fa_score *valid, size_t nheads)
{
    fprintf(stderr, "%6s", what);
    for (size_t h = 0; h < nheads; h++) {
        fprintf(stderr, "  |%7.3f %5.1f", train[h].loss, 100 * train[h].accuracy);
        if (valid[h].n)
            fprintf(stderr, " %7.3f %5.1f", valid[h].loss, 100 * valid[h].accuracy);
        else
            fprintf(stderr, " %7s %5s", "-", "-");
    }
    fputc('\n', stderr);
}

/* The first line is what one would get by knowing the frequencies of the classes and never looking at a face. */
static void print_head(const struct fa_trainer *trainer, const struct fa_dataset *data)
{
    struct fa_err err;
    struct fa_score *score = fa_mem_array(2 * data->nheads, sizeof *score, &err);
    if (!score || fa_trainer_baseline(trainer, score, score + data->nheads, &err))
        cli_fail(&err);
    fprintf(stderr, "%6s", "");
    for (size_t h = 0; h < data->nheads; h++)
        fprintf(stderr, h + 1 < data->nheads ? "  | %-26.26s" : "  | %.26s", data->head[h].name);
    fprintf(stderr, "\n%6s", "epoch");
    for (size_t h = 0; h < data->nheads; h++)
        fprintf(stderr, "  |%7s %5s %7s %5s", "loss", "%", "v.loss", "v.%");
    fputc('\n', stderr);
    print_scores("prior", score, score + data->nheads, data->nheads);
    free(score);
}

static void train(struct fa_trainer *trainer, const struct fa_dataset *data)
{
    struct fa_err err;
    struct fa_epoch epoch;
    char number[32];
    int more;
    if (!cli_quiet)
        print_head(trainer, data);
    while ((more = fa_trainer_epoch(trainer, &epoch, &err)) > 0) {
        snprintf(number, sizeof number, "%zu", fa_trainer_epochs(trainer));
        if (!cli_quiet)
            print_scores(number, epoch.train, epoch.valid, data->nheads);
    }
    if (more < 0)
        cli_fail(&err);
}

static void summarize(const struct fa_trainer *trainer, const struct fa_dataset *data)
{
    char scores[256] = "";
    size_t used = 0, best = fa_trainer_best(trainer);
    const struct fa_epoch *epoch = fa_trainer_history(trainer, best - 1);
    for (size_t h = 0; h < data->nheads && used < sizeof scores; h++) {
        const struct fa_score *score = epoch->valid[h].n ? &epoch->valid[h] : &epoch->train[h];
        const char *name = data->head[h].name;
        used += (size_t)snprintf(scores + used, sizeof scores - used, ", %s %.1f %%", name, 100 * score->accuracy);
    }
    cli_summary("%zu faces trained on, %zu held out, %llu unlabelled, %llu rejected; weights of epoch %zu of %zu%s; %.1f s",
                fa_trainer_rows(trainer), fa_trainer_validation(trainer), (unsigned long long)data->unlabelled,
                (unsigned long long)data->rejected, best, fa_trainer_epochs(trainer), scores, cli_seconds());
}

int main(int argc, char **argv)
{
    struct fa_err err;
    int n;
    set_defaults();
    char **path = cli_parse(argc, argv, "[EMBEDDINGS...]", "Trains a head, one softmax an attribute, on labelled embeddings.",
                            options, sizeof options / sizeof *options, &n);
    struct fa_fit_options fit = read_options();
    struct cli_output output = cli_output_open(given.output, true);
    struct fa_dataset *data = read_data((const char *const *)path, (size_t)n);
    train_recipe_weigh(&recipe, data, &fit);
    struct fa_trainer *trainer = fa_trainer_new(data, &fit, &err);
    if (!trainer)
        cli_fail(&err);
    train(trainer, data);
    struct fa_model *model = fa_model_make(&trainer, 1, &err);
    if (!model || fa_model_write(model, output.fd, output.name, &err))
        cli_fail(&err);
    cli_output_close(&output);
    summarize(trainer, data);
    fa_model_free(model);
    fa_trainer_free(trainer);
    fa_dataset_free(data);
    return 0;
}
