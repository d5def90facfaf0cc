/* Any stream -> one checked stream, JSON, CSV, npy; a head model -> what it is. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "fa/export.h"
#include "fa/head.h"
#include "fa/mem.h"

static const char *format_name, *dtype_name, *output_path;
static bool only_check, only_header, pixels;
static long limit = -1;
static struct cli_list wanted;

static const struct cli_option options[] = {
    {0, "check", NULL, CLI_FLAG, &only_check, "read everything, write nothing: the exit status tells", 0, 0},
    {'H', "header", NULL, CLI_FLAG, &only_header, "print header and provenance as JSON", 0, 0},
    {'n', "count", "N", CLI_COUNT, &limit, "stop after N records (default: all)", 0, 1e15},
    {'w', "where", "KEY=GLOB", CLI_LIST, &wanted, "only records whose id or label KEY matches (!=: does not)", 0, 0},
    {'F', "format", "FORMAT", CLI_TEXT, &format_name, "json, csv, npy or fairface in place of a stream", 0, 0},
    {0, "pixels", NULL, CLI_FLAG, &pixels, "json: the values of crops too", 0, 0},
    {0, "dtype", "TYPE", CLI_TEXT, &dtype_name, "store vectors as f32 or f16", 0, 0},
    CLI_OUTPUT(&output_path),
    CLI_NO_PROG,
};
enum { NOPTIONS = sizeof options / sizeof *options };

/* Where records go: writer or format is set, neither to check. */
struct sink {
    struct cli_output output, table;
    struct fa_writer *writer;
    struct fa_header header; /* as passed on */
    struct fa_arena arena;   /* owns it */
    const struct fa_export_format *format;
    struct fa_export export;
};

static bool ends_in(const char *text, const char *suffix)
{
    size_t n = strlen(text), m = strlen(suffix);
    return n > m && !strcmp(text + n - m, suffix);
}

static void check_options(void)
{
    const struct fa_export_format *format = format_name ? fa_export_find(format_name) : NULL;
    if (only_check + only_header + (format_name != NULL) > 1)
        cli_usage("--check, -H and -F exclude each other");
    if (dtype_name && (only_check || only_header || format_name))
        cli_usage("--dtype is for streams");
    if (dtype_name && strcmp(dtype_name, "f16") != 0 && strcmp(dtype_name, "f32") != 0)
        cli_usage("--dtype: '%s' is neither f16 nor f32", dtype_name);
    if (format_name && !format)
        cli_usage("-F: '%s' is none of json, csv, npy, fairface", format_name);
    if (pixels && (!format_name || strcmp(format_name, "json") != 0))
        cli_usage("--pixels is for -F json");
    if (format && format->wants_table && !(output_path && ends_in(output_path, ".npy")))
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

/* The header of what goes out: `expect` holds only where all records of one input do. */
static void pass_header(struct sink *sink, const struct fa_header *header, bool all)
{
    struct fa_err err;
    if (fa_header_copy(&sink->header, &sink->arena, header, &err))
        cli_fail(&err);
    size_t kept = 0;
    struct fa_map *map = &sink->header.map;
    for (size_t i = 0; i < map->n; i++)
        if (all || strcmp(map->pair[i].key, "expect") != 0)
            map->pair[kept++] = map->pair[i];
    map->n = kept;
    cli_add_prog(&sink->header, &sink->arena);
    if (dtype_name && header->kind == FA_CROP)
        cli_fail_text("--dtype: crops are bytes, only vectors can be stored as %s", dtype_name);
    if (dtype_name)
        sink->header.dtype = strcmp(dtype_name, "f16") ? FA_F32 : FA_F16;
}

static struct cli_output open_table(void)
{
    struct fa_arena arena = {0};
    struct fa_err err;
    char *path = fa_arena_printf(&arena, &err, "%.*s.csv", (int)(strlen(output_path) - strlen(".npy")), output_path);
    if (!path)
        cli_fail(&err);
    struct cli_output table = cli_output_open(path, false);
    table.name = table.path ? table.path : output_path;
    fa_arena_free(&arena);
    return table;
}

static void open_sink(struct sink *sink, const struct fa_header *header, bool all)
{
    struct fa_err err;
    if (only_check)
        return;
    sink->output = cli_output_open(output_path, !format_name);
    if (!format_name) {
        pass_header(sink, header, all);
        sink->writer = fa_writer_open(sink->output.fd, sink->output.name, &sink->header, &err);
        if (!sink->writer)
            cli_fail(&err);
        return;
    }
    sink->format = fa_export_find(format_name);
    if (sink->format->wants_table)
        sink->table = open_table();
    sink->export = (struct fa_export){.file = sink->output.file, .table = sink->table.file, .header = header, .pixels = pixels};
    if (sink->format->begin(&sink->export, &err))
        cli_fail(&err);
}

static void put_record(struct sink *sink, struct fa_record *record)
{
    struct fa_err err;
    if ((sink->writer && fa_writer_put(sink->writer, record, &err)) ||
        (sink->format && sink->format->put(&sink->export, record, &err)))
        cli_fail(&err);
}

static void close_sink(struct sink *sink)
{
    struct fa_err err;
    if ((sink->writer && fa_writer_end(sink->writer, &err)) || (sink->format && sink->format->end(&sink->export, &err)))
        cli_fail(&err);
    fa_writer_close(sink->writer);
    fa_export_close(&sink->export);
    if (sink->table.file)
        cli_output_close(&sink->table);
    if (sink->output.file)
        cli_output_close(&sink->output);
    fa_arena_free(&sink->arena);
}

static bool is_wanted(const struct fa_condition *condition, const struct fa_record *record)
{
    for (size_t i = 0; i < wanted.n; i++)
        if (!fa_condition_holds(&condition[i], record))
            return false;
    return true;
}

static void copy_records(struct fa_reader *reader, const struct fa_condition *condition, struct sink *sink)
{
    uint64_t done = 0, rejected = 0, expect = cli_expect(fa_reader_header(reader));
    struct fa_record record = {0};
    struct fa_err err;
    int got = 0;
    while ((limit < 0 || done < (uint64_t)limit) && (got = fa_reader_next(reader, &record, &err)) == 1) {
        cli_progress("records", fa_reader_count(reader), expect, fa_reader_rejected(reader));
        if (!is_wanted(condition, &record))
            continue;
        done++;
        rejected += fa_record_reject(&record) != NULL;
        put_record(sink, &record);
    }
    if (got < 0) {
        if (sink->writer) /* so that the next tool sees a stream that was cut, not an empty one */
            fa_writer_flush(sink->writer, NULL);
        cli_fail(&err);
    }
    close_sink(sink);
    fa_record_free(&record);
    if (only_check)
        cli_summary("whole: %s stream, %llu records, %llu rejected", fa_kind_name(fa_reader_header(reader)->kind),
                    (unsigned long long)fa_reader_count(reader), (unsigned long long)fa_reader_rejected(reader));
    else
        cli_summary_rate("records", done, rejected);
}

static void print_header(const struct fa_header *header)
{
    struct cli_output output = cli_output_open(output_path, false);
    fa_export_header(output.file, header);
    cli_output_close(&output);
}

/* Only a file can be looked into and read again. */
static bool is_model(const char *path)
{
    char bytes[16];
    struct stat status;
    FILE *file = stat(path, &status) == 0 && S_ISREG(status.st_mode) ? fopen(path, "rb") : NULL;
    size_t n = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file)
        fclose(file);
    return fa_model_begins(bytes, n);
}

static void describe_models(char **paths, int n)
{
    if (format_name || dtype_name || wanted.n || limit >= 0)
        cli_usage("%s is a head model, which has no records to choose or convert", paths[0]);
    struct cli_output output = cli_output_open(only_check ? NULL : output_path, false);
    for (int i = 0; i < n; i++) {
        struct fa_err err;
        struct fa_model *model = fa_model_read(paths[i], &err);
        if (!model)
            cli_fail(&err);
        if (only_check)
            cli_summary("whole: head model, %zu heads", model->nheads);
        else
            fa_model_describe(model, output.file);
        fa_model_free(model);
    }
    cli_output_close(&output);
}

int main(int argc, char **argv)
{
    int n;
    struct fa_err err;
    struct sink sink = {0};
    char **operands = cli_parse(argc, argv, "[STREAM... | MODEL...]",
                                "Checks streams and joins them, or writes them in another format; describes head models.",
                                options, NOPTIONS, &n);
    check_options();
    if (n && is_model(operands[0])) {
        describe_models(operands, n);
        return 0;
    }
    struct fa_condition *condition = parse_conditions();
    struct fa_reader *reader =
        fa_reader_open((const char *const *)operands, (size_t)n, FA_CROP | FA_EMBEDDING | FA_LOGIT, FA_READER_UNIQUE, &err);
    if (!reader)
        cli_fail(&err);
    if (only_header) {
        print_header(fa_reader_header(reader));
    } else {
        open_sink(&sink, fa_reader_header(reader), n < 2 && !wanted.n && limit < 0);
        copy_records(reader, condition, &sink);
    }
    fa_reader_close(reader);
    free(condition);
    free(wanted.text);
    return 0;
}
