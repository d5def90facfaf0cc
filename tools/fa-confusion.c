/* Logits with labels -> confusion tables and a summary. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "fa/eval.h"
#include "fa/mem.h"

static const char *only_head, *folder, *output_path;
static bool pretty;

static const struct cli_option options[] = {
    {'l', "head", "HEAD", CLI_TEXT, &only_head, "only this head", 0, 0},
    {'O', "output-folder", "DIR", CLI_TEXT, &folder, "write confusion_HEAD.csv of each head and summary.csv into DIR", 0, 0},
    {'p', "pretty", NULL, CLI_FLAG, &pretty, "print aligned text, terminal or not", 0, 0},
    CLI_OUTPUT(&output_path),
};
enum { NOPTIONS = sizeof options / sizeof *options };

struct tables {
    const struct fa_head *head;
    struct fa_confusion *confusion; /* one a head */
    size_t n;
};

/* A head's name becomes part of a file's. */
static void check_names(const struct fa_header *header)
{
    for (size_t i = 0; i < header->nheads; i++) {
        if (folder && strchr(header->head[i].name, '/'))
            cli_fail_text("head \"%s\" has a slash in its name, which no file can have", header->head[i].name);
        for (size_t j = 0; j < i; j++)
            if (!strcmp(header->head[i].name, header->head[j].name))
                cli_fail_text("head \"%s\" stands twice in the header", header->head[i].name);
    }
}

static void no_such_head(const struct fa_header *header)
{
    char list[512] = "";
    for (size_t i = 0, used = 0; i < header->nheads && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", header->head[i].name);
    cli_fail_text("no head \"%s\" (there are: %s)", only_head, list);
}

static void choose_heads(struct tables *tables, const struct fa_header *header)
{
    struct fa_err err;
    check_names(header);
    tables->head = header->head;
    tables->n = header->nheads;
    for (size_t i = 0; only_head && i < header->nheads; i++)
        if (!strcmp(header->head[i].name, only_head)) {
            tables->head = &header->head[i];
            tables->n = 1;
        }
    if (only_head && strcmp(tables->head->name, only_head))
        no_such_head(header);
    tables->confusion = fa_mem_array(tables->n, sizeof *tables->confusion, &err);
    if (!tables->confusion)
        cli_fail(&err);
    for (size_t i = 0; i < tables->n; i++)
        if (fa_confusion_init(&tables->confusion[i], &tables->head[i], &err))
            cli_fail(&err);
}

static void count_records(struct tables *tables, struct fa_reader *reader)
{
    uint64_t expect = cli_expect(fa_reader_header(reader));
    struct fa_record record = {0};
    struct fa_err err;
    int got;
    while ((got = fa_reader_next(reader, &record, &err)) == 1) {
        for (size_t i = 0; i < tables->n; i++)
            if (fa_confusion_add(&tables->confusion[i], &tables->head[i], &record, &err))
                cli_fail(&err);
        cli_progress("faces", fa_reader_count(reader), expect, fa_reader_rejected(reader));
    }
    if (got < 0)
        cli_fail(&err);
    fa_record_free(&record);
}

static void warn_of_labels(const struct fa_confusion *confusion)
{
    uint64_t unseen = fa_confusion_unseen(confusion);
    if (unseen)
        cli_warn("%s: label never seen in training, such as \"%s\", on %" PRIu64 " of %" PRIu64 " faces: counted as mistakes",
                 confusion->head, fa_confusion_label(confusion, confusion->classes), unseen, fa_confusion_n(confusion));
    if (!fa_confusion_n(confusion) && confusion->unlabelled)
        cli_warn("%s: no face has a label", confusion->head);
}

static struct cli_output open_in_folder(const char *before, const char *name, const char *after)
{
    struct fa_arena arena = {0};
    struct fa_err err;
    char *path = fa_arena_printf(&arena, &err, "%s/%s%s%s", folder, before, name, after);
    if (!path)
        cli_fail(&err);
    struct cli_output output = cli_output_open(path, false);
    output.name = output.path ? output.path : folder;
    fa_arena_free(&arena);
    return output;
}

static void write_folder(const struct tables *tables)
{
    if (mkdir(folder, 0777) && errno != EEXIST)
        cli_fail_text("%s: %s", folder, strerror(errno));
    for (size_t i = 0; i < tables->n; i++) {
        struct cli_output output = open_in_folder("confusion_", tables->head[i].name, ".csv");
        fa_confusion_write_csv(output.file, &tables->confusion[i]);
        cli_output_close(&output);
    }
    struct cli_output output = open_in_folder("summary", "", ".csv");
    fa_summary_write_names(output.file);
    for (size_t i = 0; i < tables->n; i++)
        fa_summary_write(output.file, &tables->confusion[i]);
    cli_output_close(&output);
}

static void print_tables(const struct tables *tables, bool text)
{
    struct cli_output output = cli_output_open(output_path, false);
    for (size_t i = 0; i < tables->n; i++) {
        if (i)
            putc('\n', output.file);
        (text ? fa_confusion_write_text : fa_confusion_write_csv)(output.file, &tables->confusion[i]);
    }
    cli_output_close(&output);
}

int main(int argc, char **argv)
{
    int n;
    char **operands =
        cli_parse(argc, argv, "[LOGITS...]", "Counts predictions against labels, head by head.", options, NOPTIONS, &n);
    bool text = pretty || (!output_path && isatty(STDOUT_FILENO)), print = pretty || output_path || !folder;
    if (print && !text && !only_head)
        cli_usage("CSV is one table: choose a head with -l, or use -O DIR for all, or -p for text");
    struct fa_err err;
    struct tables tables;
    struct fa_reader *reader = fa_reader_open((const char *const *)operands, (size_t)n, FA_LOGIT, FA_READER_UNIQUE, &err);
    if (!reader)
        cli_fail(&err);
    choose_heads(&tables, fa_reader_header(reader));
    count_records(&tables, reader);
    for (size_t i = 0; i < tables.n; i++)
        warn_of_labels(&tables.confusion[i]);
    if (folder)
        write_folder(&tables);
    if (print)
        print_tables(&tables, text);
    uint64_t count = fa_reader_count(reader), rejected = fa_reader_rejected(reader);
    cli_summary_rate("faces", count, rejected);
    for (size_t i = 0; i < tables.n; i++)
        fa_confusion_free(&tables.confusion[i]);
    free(tables.confusion);
    fa_reader_close(reader);
    if (count && rejected == count)
        cli_fail_text("every face was rejected");
    return 0;
}
