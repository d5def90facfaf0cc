/* Logits with labels -> confusion tables, metrics with intervals, groups, comparisons. */
#include <string.h>
#include <unistd.h>

#include "confusion.h"

static struct {
    const char *folder, *output, *format, *rates, *delimiter, *decimal;
    bool pretty, bom;
    long seed, replicates, small;
} given = {.seed = 1, .replicates = 1000, .small = 30};
static struct confusion_source source;

static const struct cli_option options[] = {
    {'l', "head", "HEAD", CLI_TEXT, &source.head, "only this head", 0, 0},
    {'O', "output-folder", "DIR", CLI_TEXT, &given.folder, "write every table into DIR", 0, 0},
    {'F', "format", "TABLE", CLI_TEXT, &given.format,
     "print text, csv, tidy, summary, json, groups, gaps, worst, compare, changed or counts", 0, 0},
    {'p', "pretty", NULL, CLI_FLAG, &given.pretty, "the same as -F text", 0, 0},
    CLI_OUTPUT(&given.output),
    {0, "merge", "HEAD:NAME=CLASS|CLASS", CLI_LIST, &source.merge, "count these classes of a head as one", 0, 0},
    {0, "by", "KEY,KEY+KEY,KEY:EDGE,EDGE", CLI_TEXT, &source.by, "groups by labels, intersections, bins of numbers", 0, 0},
    {0, "small", "N", CLI_COUNT, &given.small, "mark groups of fewer than N faces", 0, 1e15},
    {0, "ordered", "HEAD,HEAD", CLI_TEXT, &source.ordered, "heads whose classes are steps of a scale (default: ranges of numbers)", 0, 0},
    {0, "worst", "N", CLI_COUNT, &source.worst, "list the N mistakes of each head with the largest loss", 1, 1e9},
    {0, "compare", "LOGITS", CLI_TEXT, &source.compare, "a second model's answers, joined by id", 0, 0},
    {0, "add", NULL, CLI_FLAG, &source.add, "operands are files that -F counts wrote: add them up", 0, 0},
    {0, "rates", "OF", CLI_TEXT, &given.rates, "shares of row, column or all beside the counts", 0, 0},
    {0, "delimiter", "SIGN", CLI_TEXT, &given.delimiter, "between cells: comma, semicolon or tab", 0, 0},
    {0, "decimal", "SIGN", CLI_TEXT, &given.decimal, "in fractions: point or comma", 0, 0},
    {0, "bom", NULL, CLI_FLAG, &given.bom, "begin CSV with a byte order mark", 0, 0},
    {0, "bootstrap", "N", CLI_COUNT, &given.replicates, "replicates for intervals; 0: none", 0, 1e6},
    CLI_SEED(&given.seed),
};
enum { NOPTIONS = sizeof options / sizeof *options };

/* ---- options ---- */

/* The index of text among the n words; 0 where it was not given. */
static size_t choice(const char *option, const char *text, const char *const *word, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!text || !strcmp(word[i], text))
            return i;
    cli_usage("--%s: '%s' is none of %s, %s%s%s", option, text, word[0], word[1], n > 2 ? ", " : "", n > 2 ? word[2] : "");
}

static void read_sheet_options(struct confusion *confusion)
{
    static const char *const of[] = {"row", "column", "all"}, *const delimiter[] = {"comma", "semicolon", "tab"},
                             *const decimal[] = {"point", "comma"};
    if (given.rates)
        confusion->rates = FA_RATES_ROW + (enum fa_rates)choice("rates", given.rates, of, 3);
    confusion->sheet.delimiter = ",;\t"[choice("delimiter", given.delimiter, delimiter, 3)];
    confusion->sheet.decimal = ".,"[choice("decimal", given.decimal, decimal, 2)];
    confusion->sheet.bom = given.bom;
    if (confusion->sheet.delimiter == confusion->sheet.decimal)
        cli_usage("--decimal comma wants --delimiter semicolon or tab");
}

/* What is printed; NULL: nothing, all goes into a folder. */
static const struct confusion_table *choose_table(void)
{
    if (given.pretty && given.format)
        cli_usage("-p and -F exclude each other");
    if (!given.pretty && !given.format && !given.output && given.folder)
        return NULL;
    bool text = given.pretty || (!given.output && isatty(STDOUT_FILENO));
    const char *name = given.format ? given.format : text ? "text" : "csv";
    const struct confusion_table *table = confusion_table(name);
    if (!table)
        cli_usage("-F: no table '%s'", name);
    if (!strcmp(name, "csv") && !source.head)
        cli_usage("CSV is one table: choose a head with -l, or use -O DIR for all, or -p for text");
    if (source.add && source.head && strcmp(name, "csv") != 0)
        cli_usage("with --add, -l is for -F csv");
    return table;
}

/* What is asked of the table must have been asked for; only files of counts can have groups of their own. */
static void check_table(const struct confusion_table *table)
{
    const char *option = table ? table->option : NULL;
    bool there = !option || (!strcmp(option, "--by") && (source.by || source.add)) || (!strcmp(option, "--worst") && source.worst) ||
                 (!strcmp(option, "--compare") && source.compare);
    if (!there)
        cli_usage("-F %s wants %s", table->name, option);
    if (source.add && (source.merge.n || source.by || source.ordered || source.worst || source.compare))
        cli_usage("--add takes counts as they are: --merge, --by, --ordered, --worst and --compare are for logits");
}

int main(int argc, char **argv)
{
    int n;
    struct fa_err err;
    struct confusion confusion = {0};
    char **operands = cli_parse(argc, argv, "[LOGITS...]", "Counts predictions against labels, head by head.", options, NOPTIONS, &n);
    read_sheet_options(&confusion);
    const struct confusion_table *table = choose_table();
    check_table(table);
    source.files = given.folder != NULL;
    confusion.small = (uint64_t)given.small;
    confusion.bootstrap = fa_bootstrap_new((uint64_t)given.seed, (size_t)given.replicates, &err);
    if (!confusion.bootstrap)
        cli_fail(&err);
    confusion_read(&confusion, &source, (const char *const *)operands, (size_t)n);
    if (table && !confusion_has(&confusion, table))
        cli_fail_text("the counts have no groups, which %s is about", table->name);
    if (given.folder)
        confusion_write_folder(&confusion, given.folder);
    if (table)
        confusion_print(&confusion, table, given.output);
    if (!source.add)
        cli_summary_rate("faces", confusion.count, confusion.rejected);
    bool none = confusion.count && confusion.rejected == confusion.count;
    confusion_free(&confusion);
    if (none)
        cli_fail_text("every face was rejected");
    return 0;
}
