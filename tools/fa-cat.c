/* Any stream -> one checked stream, JSON, CSV, npy; a head model -> what it is. */
#include <stdlib.h>
#include <string.h>

#include "cat_sink.h"
#include "cli.h"
#include "fa/join.h"
#include "fa/mem.h"

static struct cat_form form; /* of what goes out */
static const char *format_name;
static bool only_check, only_header, side_by_side;
static long limit = -1;
static struct cli_list wanted;

static const struct cli_option options[] = {
    {0, "check", NULL, CLI_FLAG, &only_check, "read everything, write nothing: the exit status tells", 0, 0},
    {0, "join", NULL, CLI_FLAG, &side_by_side, "embeddings of the same faces side by side, by id", 0, 0},
    {'H', "header", NULL, CLI_FLAG, &only_header, "print header and provenance as JSON", 0, 0},
    {'n', "count", "N", CLI_COUNT, &limit, "stop after N records (default: all)", 0, 1e15},
    {'w', "where", "CONDITION", CLI_LIST, &wanted, "only records for which it holds: KEY=GLOB, !=, KEY<N, <=, >, >=", 0, 0},
    {'F', "format", "FORMAT", CLI_TEXT, &format_name, "json, csv, npy, fairface or png in place of a stream", 0, 0},
    {'O', "output-folder", "DIR", CLI_TEXT, &form.folder, "png: the crops as pictures into DIR, with labels.csv", 0, 0},
    {0, "sheet", "FILE", CLI_TEXT, &form.sheet, "the first N crops (default: 100) on one picture, FILE.png or FILE.jpg", 0, 0},
    {0, "by", "KEY", CLI_TEXT, &form.by, "sheet: ordered by a label, or by what else is known", 0, 0},
    {0, "pixels", NULL, CLI_FLAG, &form.pixels, "json: the values of crops too", 0, 0},
    {0, "dtype", "TYPE", CLI_TEXT, &form.dtype, "store vectors as f32 or f16", 0, 0},
    CLI_OUTPUT(&form.output),
    CLI_NO_PROG,
};
enum { NOPTIONS = sizeof options / sizeof *options };

/* Where records come from: one of both. */
struct source {
    struct fa_reader *reader;
    struct fa_join *join;
    uint64_t count, rejected; /* so far */
};

static void check_options(void)
{
    const struct fa_export_format *format = form.format = format_name ? fa_export_find(format_name) : NULL;
    bool png = format_name && !strcmp(format_name, "png");
    if (only_check + only_header + (format_name != NULL) + (form.sheet != NULL) > 1)
        cli_usage("--check, -H, -F and --sheet exclude each other");
    if (form.dtype && (only_check || only_header || format_name || form.sheet))
        cli_usage("--dtype is for streams");
    if (form.dtype && strcmp(form.dtype, "f16") != 0 && strcmp(form.dtype, "f32") != 0)
        cli_usage("--dtype: '%s' is neither f16 nor f32", form.dtype);
    if (format_name && !format && !png)
        cli_usage("-F: '%s' is none of json, csv, npy, fairface, png", format_name);
    if (png != (form.folder != NULL))
        cli_usage("-F png and -O DIR go together");
    if (form.output && (png || form.sheet))
        cli_usage("-o is not for pictures");
    cat_check_sheet(&form, &limit);
    if (form.pixels && (!format_name || strcmp(format_name, "json") != 0))
        cli_usage("--pixels is for -F json");
    if (format && format->wants_table && !(form.output && cat_ends_in(form.output, ".npy")))
        cli_usage("-F npy wants -o FILE.npy (ids and labels go into FILE.csv)");
}

static struct fa_condition *parse_conditions(void)
{
    struct fa_err err;
    struct fa_condition *condition = fa_mem_array(wanted.n, sizeof *condition, &err);
    if (!condition)
        cli_fail(&err);
    for (size_t i = 0; i < wanted.n; i++)
        if (fa_condition_parse(&condition[i], wanted.text[i], &err))
            cli_usage("-w: %s", err.text);
    return condition;
}

static bool is_wanted(const struct fa_condition *condition, const struct fa_record *record)
{
    for (size_t i = 0; i < wanted.n; i++)
        if (!fa_condition_holds(&condition[i], record))
            return false;
    return true;
}

static struct source open_source(const char *const *path, size_t n)
{
    struct source source = {0};
    struct fa_err err;
    if (side_by_side)
        source.join = fa_join_open(path, n, &err);
    else
        source.reader = fa_reader_open(path, n, FA_CROP | FA_EMBEDDING | FA_LOGIT, FA_READER_UNIQUE, &err);
    if (!source.join && !source.reader)
        cli_fail(&err);
    return source;
}

static const struct fa_header *header_of(const struct source *source)
{
    return source->join ? fa_join_header(source->join) : fa_reader_header(source->reader);
}

static int next_record(struct source *source, struct fa_record *record, struct fa_err *err)
{
    int got = source->join ? fa_join_next(source->join, record, err) : fa_reader_next(source->reader, record, err);
    if (got > 0) {
        source->count++;
        source->rejected += fa_record_reject(record) != NULL;
    }
    return got;
}

static void copy_records(struct source *source, const struct fa_condition *condition, struct cat_sink *sink)
{
    uint64_t done = 0, rejected = 0, expect = cli_expect(header_of(source));
    struct fa_record record = {0};
    struct fa_err err;
    int got = 0;
    while ((limit < 0 || done < (uint64_t)limit) && (got = next_record(source, &record, &err)) == 1) {
        cli_progress("records", source->count, expect, source->rejected);
        if (!is_wanted(condition, &record))
            continue;
        done++;
        rejected += fa_record_reject(&record) != NULL;
        cat_sink_put(sink, &record);
    }
    if (got < 0) {
        if (sink->writer) /* so that the next tool sees a stream that was cut, not an empty one */
            fa_writer_flush(sink->writer, NULL);
        cli_fail(&err);
    }
    cat_sink_close(sink);
    fa_record_free(&record);
    if (only_check)
        cli_summary("whole: %s stream, %llu records, %llu rejected", fa_kind_name(header_of(source)->kind),
                    (unsigned long long)source->count, (unsigned long long)source->rejected);
    else
        cli_summary_rate("records", done, rejected);
}

static void print_header(const struct fa_header *header)
{
    struct cli_output output = cli_output_open(form.output, false);
    fa_export_header(output.file, header);
    cli_output_close(&output);
}

int main(int argc, char **argv)
{
    int n;
    struct cat_sink sink = {0};
    char **operands = cli_parse(argc, argv, "[STREAM... | MODEL...]",
                                "Checks streams and joins them, or writes them in another format; describes head models.",
                                options, NOPTIONS, &n);
    check_options();
    if (n && cat_is_model(operands[0])) {
        if (format_name || form.dtype || side_by_side || wanted.n || limit >= 0 || form.sheet)
            cli_usage("%s is a head model, which has no records to choose, join or convert", operands[0]);
        cat_describe_models(operands, n, only_check, form.output);
        return 0;
    }
    if (side_by_side && n < 2)
        cli_usage("--join wants two streams or more");
    struct fa_condition *condition = parse_conditions();
    struct source source = open_source((const char *const *)operands, (size_t)n);
    if (only_header) {
        print_header(header_of(&source));
    } else {
        if (!only_check)
            cat_sink_open(&sink, &form, header_of(&source), n < 2 && !wanted.n && limit < 0);
        copy_records(&source, condition, &sink);
    }
    fa_join_close(source.join);
    fa_reader_close(source.reader);
    free(condition);
    free(wanted.text);
    return 0;
}
