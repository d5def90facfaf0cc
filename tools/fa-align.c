#include <stdlib.h>
#include <string.h>

#include "align.h"
#include "cli.h"
#include "fa/par.h"
#include "fa/tensor.h"

/* A picture on its way through the pipeline: what it is, then its records. */
struct job {
    struct fa_arena arena;
    struct fa_picture picture;
    struct fa_map labels;
    struct fa_record *record;
    size_t n;
    unsigned char *drawn; /* as a JPEG, if wanted */
    size_t drawn_size;
};

struct run {
    const struct options *options;
    struct sources sources;
    struct fa_align align;
    struct fa_align_worker **worker;
    struct fa_writer *writer;
    uint64_t expect;
    bool warned; /* of a path that stands twice */
};

/* ---- the pipeline ---- */

static void drop_job(void *arg, void *item)
{
    struct job *job = item;
    (void)arg;
    fa_align_free(job->record, job->n);
    free(job->drawn);
    fa_arena_free(&job->arena);
    free(job);
}

/* An empty cell is a label that is not known. */
static int take_labels(const struct run *run, struct job *job, struct fa_err *err)
{
    for (size_t c = 0; run->sources.table && c < fa_table_columns(run->sources.table); c++) {
        const char *cell = fa_table_cell(run->sources.table, job->picture.row, c);
        if (c != run->sources.column && *cell &&
            fa_map_set(&job->labels, &job->arena, fa_table_name(run->sources.table, c), fa_value_string(cell), err))
            return -1;
    }
    return 0;
}

static int read_job(void *arg, void **item, struct fa_err *err)
{
    struct run *run = arg;
    struct job *job = fa_mem_array(1, sizeof *job, err);
    if (!job)
        return -1;
    int got = fa_pictures_next(run->sources.pictures, &job->picture, &job->arena, err);
    if (got < 1 || take_labels(run, job, err)) {
        drop_job(NULL, job);
        return got < 1 ? got : -1;
    }
    if (job->picture.doubled && !run->warned) {
        cli_warn("%s stands twice: the second one is called %s", job->picture.path, job->picture.id);
        run->warned = true;
    }
    *item = job;
    return 1;
}

static int align_job(void *arg, unsigned worker, void *item, struct fa_err *err)
{
    struct run *run = arg;
    struct job *job = item;
    if (fa_align_picture(run->worker[worker], job->picture.path, job->picture.id, &job->labels, &job->record, &job->n, err))
        return -1;
    return run->options->draw ? align_draw(run->worker[worker], job->record, &job->drawn, &job->drawn_size, err) : 0;
}

static int write_job(void *arg, void *item, struct fa_err *err)
{
    struct run *run = arg;
    struct job *job = item;
    int failed = 0;
    for (size_t i = 0; i < job->n && !failed; i++) {
        const char *reason = fa_record_reject(&job->record[i]);
        if (reason && cli_verbose)
            cli_warn("%s: %s", job->record[i].id, reason);
        failed = fa_writer_put(run->writer, &job->record[i], err);
    }
    if (job->drawn && !failed)
        align_write_drawn(run->options->draw, job->picture.id, job->drawn, job->drawn_size);
    drop_job(NULL, job);
    cli_progress("faces", fa_writer_count(run->writer), run->expect, fa_writer_rejected(run->writer));
    return failed;
}

static void align_all(struct run *run)
{
    struct fa_err err;
    unsigned workers = (unsigned)run->options->threads;
    run->align.pool = fa_pool_open(workers, &err); /* who finds no more pictures helps with those of others */
    run->worker = run->align.pool ? fa_mem_array(workers, sizeof(struct fa_align_worker *), &err) : NULL;
    if (!run->worker)
        cli_fail(&err);
    for (unsigned i = 0; i < workers; i++)
        if (!(run->worker[i] = fa_align_worker_new(&run->align, &err)))
            cli_fail(&err);
    struct fa_pipeline pipeline = {workers, run, read_job, align_job, write_job, drop_job, run->align.pool};
    if (fa_pipeline_run(&pipeline, &err))
        cli_fail(&err);
    if (!fa_writer_count(run->writer))
        cli_fail_text("no pictures");
    if (fa_writer_end(run->writer, &err))
        cli_fail(&err);
    for (unsigned i = 0; i < workers; i++)
        fa_align_worker_free(run->worker[i]);
    free(run->worker);
    fa_pool_free(run->align.pool);
}

/* ---- setting up ---- */

static void make_header(struct run *run, struct fa_header *header, struct fa_arena *arena)
{
    const struct options *o = run->options;
    struct fa_err err;
    *header = (struct fa_header){.kind = FA_CROP, .dtype = FA_U8, .rank = 3};
    align_choose_template(&run->align, o, header, arena);
    header->dim[0] = run->align.height;
    header->dim[1] = run->align.width;
    header->dim[2] = 3;
    run->expect = run->align.all || run->align.augment.copies ? 0 : fa_pictures_count(run->sources.pictures);
    if (run->expect && fa_map_set(&header->map, arena, "expect", fa_value_int((int64_t)run->expect), &err))
        cli_fail(&err);
    cli_add_prog(header, arena);
}

int main(int argc, char **argv)
{
    struct options o = {.column = "file", .detector = "mtcnn", .model = "facenet-taps", .border = "replicate",
                        .max_pixels = FA_IMAGE_MAX_PIXELS, .seed = 1, .threads = fa_par_cores()};
    const struct cli_option rows[] = {
        {'c', "csv", "FILE", CLI_TEXT, &o.labels, "pictures and labels are the rows of FILE (- is standard input)", 0, 0},
        {'f', "file-column", "NAME", CLI_TEXT, &o.column, "the column of the paths", 0, 0},
        {'C', "folder", "DIR", CLI_TEXT, &o.folder, "what paths in the CSV are relative to (default: its folder)", 0, 0},
        {'0', "null", NULL, CLI_FLAG, &o.nul, "paths on standard input end in NUL, not newline", 0, 0},
        {'m', "model", "CARD", CLI_TEXT, &o.model, "embedder whose template and size the crops get", 0, 0},
        {0, "template", "NAME", CLI_TEXT, &o.template, "box-MARGIN, eyes-MARGIN, chip-PADDING, arcface, whole (default: the card's)", 0, 0},
        {0, "size", "N|WxH", CLI_TEXT, &o.size, "pixels of the crops (default: the card's)", 0, 0},
        {0, "border", "KIND", CLI_TEXT, &o.border, "beyond the picture's edge: replicate or black", 0, 0},
        {'d', "detector", "CARD", CLI_TEXT, &o.detector, "face detector; none: the whole picture is the crop", 0, 0},
        {0, "weights", "FILE", CLI_TEXT, &o.weights, "the detector's weights, from a file of yours", 0, 0},
        {0, "min-face", "N", CLI_REAL, &o.detection.min_face, "smallest face to find, in pixels (default: the card's, else 40)", 12, 10000},
        {0, "thresholds", "T[,T...]", CLI_TEXT, &o.thresholds, "least score of each stage (default: the detector's)", 0, 0},
        {0, "factor", "F", CLI_REAL, &o.detection.factor, "step of the pyramid of mtcnn (default: 0.709)", 0.1, 0.95},
        {0, "refine", NULL, CLI_FLAG, &o.detection.refine, "find the points once more, in the face turned upright", 0, 0},
        {0, "once", NULL, CLI_FLAG, &o.detection.once, "where no face is found, look no second time", 0, 0},
        {0, "upright", NULL, CLI_FLAG, &o.detection.upright, "that time also turn the picture by quarters", 0, 0},
        {'a', "all", NULL, CLI_FLAG, &o.all, "all faces of a picture (default without -c)", 0, 0},
        {'1', "one", NULL, CLI_FLAG, &o.one, "its main face only (default with -c)", 0, 0},
        {0, "fallback", "centre", CLI_TEXT, &o.fallback, "where no face is found, crop the middle", 0, 0},
        {0, "augment", "LIST", CLI_TEXT, &o.augment, "copies too: flip, rotate=N, shift=N, zoom=N, light=N, blur=N", 0, 0},
        {0, "copies", "N", CLI_COUNT, &o.copies, "changed copies of each face (default: 1 with --augment)", 1, 1000},
        CLI_SEED(&o.seed),
        {0, "max-size", "N", CLI_COUNT, &o.max_size, "read larger pictures reduced (default: as crops allow)", 1, 1e6},
        {0, "check", NULL, CLI_FLAG, &o.check, "say what is wrong with a CSV and its pictures, and align nothing", 0, 0},
        {'l', "labels", "LIST", CLI_TEXT, &o.counted, "check: columns to count (default: all of few classes)", 0, 0},
        {0, "classes", "COLUMN=A|B", CLI_LIST, &o.classes, "check: the classes that COLUMN may have; or fairface", 0, 0},
        {0, "mend", NULL, CLI_FLAG, &o.mend, "check: write the CSV with its labels mended to -o FILE", 0, 0},
        {'F', "format", "FORMAT", CLI_TEXT, &o.format, "check: text (default), csv or json", 0, 0},
        {0, "draw", "DIR", CLI_TEXT, &o.draw, "each picture with boxes, points and scores drawn on, into DIR", 0, 0},
        {0, "max-pixels", "N", CLI_COUNT, &o.max_pixels, "refuse larger pictures", 1, 1e12},
        CLI_THREADS(&o.threads),
        CLI_OUTPUT(&o.output),
        CLI_NO_PROG,
    };
    int n;
    char **paths = cli_parse(argc, argv, "[PICTURE|FOLDER...]", "Finds faces in pictures and cuts them out.", rows,
                             sizeof rows / sizeof *rows, &n);
    struct fa_err err;
    struct fa_arena arena = {0};
    struct fa_header header;
    struct run run = {.options = &o};
    cli_set_variable(fa_tensor_setting());
    align_take_words(&run.align, &o);
    if (o.check)
        return align_check(&o, paths, (size_t)n);
    struct cli_output output = cli_output_open(o.output, true);
    align_list_pictures(&run.sources, &o, paths, (size_t)n);
    if (o.draw)
        cli_make_folder(o.draw);
    make_header(&run, &header, &arena);
    align_choose_reduction(&run.align, &o);
    align_open_detector(&run.align, &o);
    if (!(run.align.decoder = fa_decoder_open(&err)) ||
        !(run.writer = fa_writer_open(output.fd, output.name, &header, &err)))
        cli_fail(&err);
    align_all(&run);
    uint64_t count = fa_writer_count(run.writer), rejected = fa_writer_rejected(run.writer);
    fa_writer_close(run.writer);
    cli_output_close(&output);
    fa_pictures_free(run.sources.pictures);
    fa_table_free(run.sources.table);
    fa_detector_close(run.align.detector);
    fa_decoder_close(run.align.decoder);
    fa_arena_free(&arena);
    cli_summary_rate("faces", count, rejected);
    return count == rejected ? 1 : 0;
}
