#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "embed.h"
#include "fa/par.h"
#include "fa/tensor.h"

struct options {
    const char *model, *weights, *output;
    struct cli_list set;
    long batch, threads;
    bool files, describe, profile, exact;
};

/* Crops that go through the network together, in the order they came. */
struct batch {
    size_t n;
    struct fa_record record[];
};

struct embed {
    const struct options *options;
    struct fa_reader *reader;
    struct fa_writer *writer;
    const struct fa_embedder *embedder;
    struct fa_embed_state **state; /* one a worker */
    uint64_t expect;
    bool failed; /* reading failed behind the last batch; why is in err */
    struct fa_err err;
};

static void drop_batch(void *arg, void *item)
{
    struct batch *batch = item;
    (void)arg;
    for (size_t i = 0; i < batch->n; i++)
        fa_record_free(&batch->record[i]);
    free(batch);
}

static int read_batch(void *arg, void **item, struct fa_err *err)
{
    struct embed *embed = arg;
    size_t most = (size_t)embed->options->batch;
    if (embed->failed)
        return fa_err_set(err, "%s", embed->err.text);
    struct batch *batch = fa_mem_array(1, sizeof *batch + most * sizeof batch->record[0], err);
    if (!batch)
        return -1;
    int got = 1;
    while (batch->n < most && (got = fa_reader_next(embed->reader, &batch->record[batch->n], &embed->err)) == 1)
        batch->n++;
    embed->failed = got < 0;
    if (got < 1)
        fa_record_free(&batch->record[batch->n]);
    if (batch->n) {
        *item = batch;
        return 1;
    }
    drop_batch(NULL, batch);
    return got < 0 ? fa_err_set(err, "%s", embed->err.text) : 0;
}

static int embed_batch(void *arg, unsigned worker, void *item, struct fa_err *err)
{
    struct embed *embed = arg;
    struct batch *batch = item;
    const unsigned char **crop = fa_mem_array(batch->n, sizeof *crop, err);
    float **vector = fa_mem_array(batch->n, sizeof *vector, err);
    size_t n = 0;
    int failed = !crop || !vector;
    for (size_t i = 0; i < batch->n && !failed; i++) {
        struct fa_record *record = &batch->record[i];
        if (!record->data)
            continue;
        crop[n] = record->data;
        vector[n] = fa_record_payload(record, fa_embedder_length(embed->embedder), sizeof(float), err);
        failed = !vector[n++];
    }
    if (n && !failed)
        failed = fa_embed(embed->state[worker], crop, n, vector, err);
    free(crop);
    free(vector);
    return failed ? -1 : 0;
}

static int write_batch(void *arg, void *item, struct fa_err *err)
{
    struct embed *embed = arg;
    struct batch *batch = item;
    int failed = 0;
    for (size_t i = 0; i < batch->n && !failed; i++)
        failed = fa_writer_put(embed->writer, &batch->record[i], err);
    drop_batch(NULL, batch);
    cli_progress("faces", fa_writer_count(embed->writer), embed->expect, fa_writer_rejected(embed->writer));
    return failed;
}

static void run(struct embed *embed)
{
    struct fa_err err;
    unsigned workers = (unsigned)embed->options->threads;
    struct fa_pool *pool = fa_pool_open(workers, &err); /* who finds no more faces helps with those of others */
    embed->state = pool ? fa_mem_array(workers, sizeof(struct fa_embed_state *), &err) : NULL;
    if (!embed->state)
        cli_fail(&err);
    for (unsigned i = 0; i < workers; i++) {
        if (!(embed->state[i] = fa_embed_state_new(embed->embedder, &err)))
            cli_fail(&err);
        fa_embed_share(embed->state[i], pool);
    }
    struct fa_pipeline pipeline = {workers, embed, read_batch, embed_batch, write_batch, drop_batch, pool};
    if (fa_pipeline_run(&pipeline, &err) || fa_writer_end(embed->writer, &err))
        cli_fail(&err);
    for (unsigned i = 0; i < workers; i++)
        fa_embed_state_free(embed->state[i]);
    free(embed->state);
    fa_pool_free(pool);
}

int main(int argc, char **argv)
{
    struct options o = {.model = "facenet-taps", .threads = fa_par_cores()};
    const struct cli_option rows[] = {
        {'m', "model", "CARD", CLI_TEXT, &o.model, "card of the embedder, or a network file", 0, 0},
        {0, "weights", "FILE", CLI_TEXT, &o.weights, "the card's weights, from a file of yours", 0, 0},
        {0, "set", "KEY=VALUE", CLI_LIST, &o.set, "a line in place of the card's (again for more)", 0, 0},
        {0, "files", NULL, CLI_FLAG, &o.files, "print where the card and its weights are, and exit", 0, 0},
        {0, "exact", NULL, CLI_FLAG, &o.exact, "no fast convolution, whose results differ in the sixth digit", 0, 0},
        {0, "describe", NULL, CLI_FLAG, &o.describe, "print what the network consists of, and exit", 0, 0},
        {0, "profile", NULL, CLI_FLAG, &o.profile, "print how long each of its steps takes, and exit", 0, 0},
        {'b', "batch", "N", CLI_COUNT, &o.batch, "faces a thread takes at once (default: as suits the network)", 1, 1024},
        CLI_THREADS(&o.threads),
        CLI_OUTPUT(&o.output),
        CLI_NO_PROG,
    };
    int n;
    char **paths = cli_parse(argc, argv, "[STREAM...]", "Turns crops into vectors.", rows, sizeof rows / sizeof *rows, &n);
    struct fa_err err;
    struct fa_arena arena = {0};
    struct fa_header header;
    cli_set_variable(fa_tensor_setting());
    unsigned flags = o.exact ? FA_NET_EXACT : 0;
    if (o.describe || o.profile) {
        if (n > 1)
            cli_usage("--%s takes one network", o.describe ? "describe" : "profile");
        embed_describe(n ? paths[0] : o.model, o.weights, &o.set, flags, o.profile, (size_t)o.batch);
        free(o.set.text);
        return 0;
    }
    struct fa_card *card = cli_card(o.model, &o.set);
    if (o.files) {
        embed_print_files(card, o.model, o.weights);
        fa_card_free(card);
        return 0;
    }
    if (card->kind != FA_CARD_EMBEDDER)
        cli_fail_text("%s is the card of a detector, want an embedder", card->name);
    struct embed embed = {.options = &o};
    struct cli_output output = cli_output_open(o.output, true);
    embed.reader = fa_reader_open((const char *const *)paths, (size_t)n, FA_CROP, 0, &err);
    if (!embed.reader)
        cli_fail(&err);
    embed_check_crops(fa_reader_header(embed.reader), card);
    char *weights = cli_weights(card, 0, o.weights);
    struct fa_embedder *embedder = fa_embedder_open(card, weights, flags, &err);
    if (!embedder)
        cli_fail(&err);
    embed_make_header(&header, &arena, fa_reader_header(embed.reader), card, embedder);
    embed.embedder = embedder;
    o.batch = o.batch ? o.batch : (long)fa_embedder_batch(embedder);
    embed.expect = cli_expect(&header);
    embed.writer = fa_writer_open(output.fd, output.name, &header, &err);
    if (!embed.writer)
        cli_fail(&err);
    run(&embed);
    uint64_t count = fa_writer_count(embed.writer), rejected = fa_writer_rejected(embed.writer);
    fa_writer_close(embed.writer);
    cli_output_close(&output);
    fa_reader_close(embed.reader);
    fa_embedder_close(embedder);
    fa_card_free(card);
    fa_arena_free(&arena);
    free(weights);
    free(o.set.text);
    cli_summary_rate("faces", count, rejected);
    return count && count == rejected ? 1 : 0;
}
