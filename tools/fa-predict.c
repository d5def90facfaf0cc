/* fa-predict: embeddings to logits by a head model. fa-predict(1). */
#include <stdlib.h>

#include "cli.h"
#include "fa/eval.h"
#include "fa/head.h"
#include "fa/par.h"

static struct {
    const char *model, *output;
    long threads;
    bool each;
    bool raw;
} given;

static const struct cli_option options[] = {
    {'m', "model", "FILE", CLI_TEXT, &given.model, "head model (default: sample.fam of the suite)", 0, 0},
    {0, "no-average", NULL, CLI_FLAG, &given.each, "keep the copies of a face (ID~1) apart", 0, 0},
    CLI_OUTPUT(&given.output),
    CLI_THREADS(&given.threads),
    {0, "raw", NULL, CLI_FLAG, &given.raw, "do not divide logits by the temperatures of their heads", 0, 0},
    CLI_NO_PROG,
};

/* Records on their way through the pipeline, rejects among them. */
struct batch {
    struct fa_record record[FA_PREDICT_ROWS];
    size_t n;
};

struct run {
    struct fa_model *model;
    struct fa_reader *reader;
    struct fa_writer *writer;
    struct fa_predictor **predictor; /* one a worker */
    struct fa_copies *copies;        /* NULL: kept apart */
    uint64_t expect;
};

static void drop_batch(void *arg, void *item)
{
    struct batch *batch = item;
    (void)arg;
    for (size_t i = 0; i < FA_PREDICT_ROWS; i++)
        fa_record_free(&batch->record[i]);
    free(batch);
}

static int read_batch(void *arg, void **item, struct fa_err *err)
{
    struct run *run = arg;
    struct batch *batch = fa_mem_array(1, sizeof *batch, err);
    int got = 1;
    if (!batch)
        return -1;
    while (batch->n < FA_PREDICT_ROWS && (got = fa_reader_next(run->reader, &batch->record[batch->n], err)) > 0)
        batch->n++;
    if (got < 0 || batch->n == 0) {
        drop_batch(NULL, batch);
        return got;
    }
    *item = batch;
    return 1;
}

static int predict_batch(void *arg, unsigned worker, void *item, struct fa_err *err)
{
    struct run *run = arg;
    struct batch *batch = item;
    const float *x[FA_PREDICT_ROWS];
    size_t n = 0, nlogits = run->model->nlogits;
    float *logits = fa_mem_array(FA_PREDICT_ROWS * nlogits, sizeof *logits, err);
    int failed = logits ? 0 : -1;
    for (size_t i = 0; i < batch->n; i++)
        if (batch->record[i].data)
            x[n++] = batch->record[i].data;
    if (!failed)
        fa_predictor_run(run->predictor[worker], x, n, logits);
    n = 0;
    for (size_t i = 0; i < batch->n && !failed; i++) {
        struct fa_record *record = &batch->record[i];
        if (!record->data)
            continue;
        float *to = fa_record_payload(record, nlogits, sizeof *to, err);
        failed = to ? 0 : -1;
        for (size_t k = 0; k < nlogits && !failed; k++)
            to[k] = logits[n * nlogits + k];
        n++;
    }
    free(logits);
    return failed;
}

/* Also to be called at the end, with an empty record. */
static int write_record(struct run *run, struct fa_record *record, struct fa_err *err)
{
    if (run->copies)
        fa_copies_next(run->copies, record);
    return record->id ? fa_writer_put(run->writer, record, err) : 0;
}

static int write_batch(void *arg, void *item, struct fa_err *err)
{
    struct run *run = arg;
    struct batch *batch = item;
    int failed = 0;
    for (size_t i = 0; i < batch->n && !failed; i++)
        failed = write_record(run, &batch->record[i], err);
    drop_batch(NULL, batch);
    cli_progress("faces", fa_writer_count(run->writer), run->expect, fa_writer_rejected(run->writer));
    return failed;
}

/* The header of the embeddings, with heads in place of features, and which model wrote it. */
static struct fa_header make_header(const struct run *run, struct fa_arena *arena)
{
    struct fa_header header;
    struct fa_err err;
    const char *digest = fa_arena_printf(arena, &err, "%016llx", (unsigned long long)run->model->digest);
    if (!digest || fa_header_copy(&header, arena, fa_reader_header(run->reader), &err))
        cli_fail(&err);
    header.kind = FA_LOGIT;
    header.dtype = FA_F32;
    if (fa_header_set_heads(&header, arena, run->model->head, run->model->nheads, &err) ||
        fa_map_set(&header.map, arena, "model", fa_value_string(digest), &err))
        cli_fail(&err);
    cli_add_prog(&header, arena);
    return header;
}

static void open_run(struct run *run, const char *const *path, size_t n)
{
    struct fa_err err;
    char *found = given.model ? NULL : cli_find("sample.fam");
    if (!given.model && !found)
        cli_fail_text("no model given (-m), and the suite's sample.fam is not installed");
    if (!(run->model = fa_model_read(found ? found : given.model, &err)) ||
        !(run->reader = fa_reader_open(path, n, FA_EMBEDDING, FA_READER_UNIQUE, &err)) ||
        fa_model_fits(run->model, fa_reader_header(run->reader), &err) ||
        !(run->predictor = fa_mem_array((size_t)given.threads, sizeof(struct fa_predictor *), &err)))
        cli_fail(&err);
    if (given.raw)
        fa_model_uncalibrate(run->model);
    for (long i = 0; i < given.threads; i++)
        if (!(run->predictor[i] = fa_predictor_new(run->model, &err)))
            cli_fail(&err);
    run->expect = cli_expect(fa_reader_header(run->reader));
    free(found);
}

static void close_run(struct run *run)
{
    for (long i = 0; i < given.threads; i++)
        fa_predictor_free(run->predictor[i]);
    free(run->predictor);
    fa_copies_free(run->copies);
    fa_writer_close(run->writer);
    fa_reader_close(run->reader);
    fa_model_free(run->model);
}

static void predict_all(struct run *run, const struct cli_output *output, const struct fa_header *header)
{
    struct fa_pipeline pipeline = {(unsigned)given.threads, run, read_batch, predict_batch, write_batch, drop_batch, NULL};
    struct fa_record last = {0};
    struct fa_err err;
    if ((!given.each && !(run->copies = fa_copies_new(header->head, header->nheads, &err))) ||
        !(run->writer = fa_writer_open(output->fd, output->name, header, &err)) || fa_pipeline_run(&pipeline, &err) ||
        write_record(run, &last, &err) || fa_writer_end(run->writer, &err))
        cli_fail(&err);
    fa_record_free(&last);
}

int main(int argc, char **argv)
{
    struct run run = {0};
    struct fa_arena arena = {0};
    int n;
    given.threads = (long)fa_par_cores();
    char **path = cli_parse(argc, argv, "[EMBEDDINGS...]", "Predicts attributes of embedded faces.", options,
                            sizeof options / sizeof *options, &n);
    struct cli_output output = cli_output_open(given.output, true);
    open_run(&run, (const char *const *)path, (size_t)n);
    struct fa_header header = make_header(&run, &arena);
    predict_all(&run, &output, &header);
    cli_output_close(&output);
    uint64_t faces = fa_writer_count(run.writer), rejected = fa_writer_rejected(run.writer);
    cli_summary_rate("faces", faces, rejected);
    close_run(&run);
    fa_arena_free(&arena);
    return faces && faces == rejected ? 1 : 0;
}
