/* Logits with labels -> one HTML page, and its drawings as SVG. fa-report(1). */
#include <stdlib.h>
#include <string.h>

#include "report.h"

static struct report_source source = {.faces = 12, .side = 96, .seed = 1, .replicates = 1000};
static const char *output_path, *svg;
static long small = 30;

static const struct cli_option options[] = {
    CLI_OUTPUT(&output_path),
    {0, "title", "TEXT", CLI_TEXT, &source.title, "of the page", 0, 0},
    {0, "crops", "STREAM", CLI_TEXT, &source.crops, "pictures of the faces, by id", 0, 0},
    {'n', "faces", "N", CLI_COUNT, &source.faces, "show the N worst and N random faces of each head", 0, 1000},
    {0, "side", "N", CLI_COUNT, &source.side, "pixels of a picture's longer side", 1, 512},
    {'m', "model", "FILE", CLI_TEXT, &source.model, "head model, whose architecture is shown", 0, 0},
    {0, "history", "CSV", CLI_TEXT, &source.history, "of fa-train --history: curves of training", 0, 0},
    {0, "trials", "CSV", CLI_TEXT, &source.trials, "of fa-tune: the search as parallel coordinates", 0, 0},
    {0, "epochs", "CSV", CLI_TEXT, &source.epochs, "of fa-tune: learning curves of its trials", 0, 0},
    {0, "merge", "HEAD:NAME=CLASS|CLASS", CLI_LIST, &source.merge, "count these classes of a head as one", 0, 0},
    {0, "by", "KEY,KEY+KEY,KEY:EDGE,EDGE", CLI_TEXT, &source.by, "groups (default: by each head)", 0, 0},
    {0, "small", "N", CLI_COUNT, &small, "mark groups of fewer than N faces", 0, 1e15},
    {0, "ordered", "HEAD,HEAD", CLI_TEXT, &source.ordered,
     "heads whose classes are steps of a scale (default: ranges of numbers)", 0, 0},
    {0, "bootstrap", "N", CLI_COUNT, &source.replicates, "replicates for intervals; 0: none", 0, 1e6},
    CLI_SEED(&source.seed),
    CLI_NO_PROG,
    {0, "svg", "DIR", CLI_TEXT, &svg, "write each drawing into DIR too", 0, 0},
};
enum { NOPTIONS = sizeof options / sizeof *options };

/* The name of a drawing's file: what would lead out of the folder, or trouble a shell, becomes a `_`. */
static char *file_name(const struct fa_drawing *drawing, struct fa_arena *arena, struct fa_err *err)
{
    char *name = fa_arena_printf(arena, err, "%s%s%s", drawing->kind, drawing->of[0] ? "_" : "", drawing->of);
    for (char *c = name; c && *c; c++)
        if (strchr(" /\\:*?\"<>|", *c) || (unsigned char)*c < 0x20)
            *c = '_';
    return name;
}

static int write_drawing(const struct fa_drawing *drawing, void *arg, struct fa_err *err)
{
    struct fa_arena arena = {0};
    char *name = file_name(drawing, &arena, err), *path = name ? fa_arena_printf(&arena, err, "%s/%s.svg", svg, name) : NULL;
    (void)arg;
    if (!path)
        return -1;
    struct cli_output output = cli_output_open(path, false);
    output.name = output.path ? output.path : svg;
    if (fa_drawing_write(output.file, drawing, err))
        return -1;
    cli_output_close(&output);
    fa_arena_free(&arena);
    return 0;
}

static void write_drawings(const struct fa_report *report)
{
    struct fa_err err;
    cli_make_folder(svg);
    if (fa_report_drawings(report, write_drawing, NULL, &err))
        cli_fail(&err);
}

static void write_page(const struct fa_report *report)
{
    struct fa_err err;
    struct cli_output output = cli_output_open(output_path, false);
    if (fa_report_write(output.file, report, &err))
        cli_fail(&err);
    cli_output_close(&output);
}

int main(int argc, char **argv)
{
    int n;
    char **operands =
        cli_parse(argc, argv, "[LOGITS...]", "Writes a report on predictions as one HTML page.", options, NOPTIONS, &n);
    struct report_run run = {0};
    report_read(&run, &source, (const char *const *)operands, (size_t)n);
    run.report.small = (uint64_t)small;
    write_page(&run.report);
    if (svg)
        write_drawings(&run.report);
    cli_summary_rate("faces", run.report.faces, run.report.rejected);
    bool none = run.report.faces && run.report.rejected == run.report.faces;
    report_free(&run);
    if (none)
        cli_fail_text("every face was rejected");
    return 0;
}
