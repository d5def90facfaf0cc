#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

bool cli_quiet, cli_verbose, cli_no_prog;

static const char *tool = "fa";
static char *command = NULL;
static bool progress_shown;
static double status_shown; /* seconds since the program began */
static struct timespec began;

enum { LONG_ONLY = 256 }; /* getopt's value for option row i without a letter is LONG_ONLY + i */

static bool help_wanted, version_wanted;

static const struct cli_option common[] = {
    {'q', "quiet", NULL, CLI_FLAG, &cli_quiet, "no progress and no summary", 0, 0},
    {'v', "verbose", NULL, CLI_FLAG, &cli_verbose, "say more", 0, 0},
    {'h', "help", NULL, CLI_FLAG, &help_wanted, "print this and exit", 0, 0},
    {'V', "version", NULL, CLI_FLAG, &version_wanted, "print the version and exit", 0, 0},
};
enum { NCOMMON = sizeof common / sizeof *common };

/* ---- messages ---- */

static void message(const char *format, va_list args)
{
    if (progress_shown)
        fputs("\r\033[K", stderr);
    progress_shown = false;
    fprintf(stderr, "%s: ", tool);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

void cli_warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    message(format, args);
    va_end(args);
}

void cli_fail(const struct fa_err *err)
{
    cli_warn("%s", err->text);
    exit(1);
}

void cli_fail_text(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    message(format, args);
    va_end(args);
    exit(1);
}

void cli_usage(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    message(format, args);
    va_end(args);
    fprintf(stderr, "Try '%s -h'.\n", tool);
    exit(2);
}

void cli_set_variable(const char *setting)
{
    const char *value = setting ? strchr(setting, '=') : NULL;
    char name[64];
    if (!value || (size_t)(value - setting) >= sizeof name)
        return;
    snprintf(name, sizeof name, "%.*s", (int)(value - setting), setting);
    setenv(name, value + 1, 0);
}

double cli_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - began.tv_sec) + 1e-9 * (double)(now.tv_nsec - began.tv_nsec);
}

bool cli_shows_progress(void)
{
    static int terminal = -1;
    if (terminal < 0)
        terminal = isatty(STDERR_FILENO);
    return terminal && !cli_quiet;
}

/* Called for each record: where nobody looks it must cost nothing. */
static bool status_is_due(void)
{
    return cli_shows_progress() && cli_seconds() - status_shown >= 0.2;
}

void cli_status(const char *format, ...)
{
    va_list args;
    if (!status_is_due())
        return;
    status_shown = cli_seconds();
    progress_shown = true;
    fprintf(stderr, "\r%s: ", tool);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputs("\033[K", stderr);
    fflush(stderr);
}

void cli_progress(const char *what, uint64_t done, uint64_t expect, uint64_t rejected)
{
    char of[32] = "", left[32] = "";
    if (!status_is_due())
        return;
    double rate = (double)done / cli_seconds();
    if (expect)
        snprintf(of, sizeof of, "/%llu", (unsigned long long)expect);
    if (expect > done && done)
        snprintf(left, sizeof left, ", %.0f s left", (double)(expect - done) / rate);
    cli_status("%llu%s %s, %llu rejected, %.1f/s%s", (unsigned long long)done, of, what, (unsigned long long)rejected, rate, left);
}

void cli_summary(const char *format, ...)
{
    va_list args;
    if (cli_quiet)
        return;
    va_start(args, format);
    message(format, args);
    va_end(args);
}

void cli_summary_rate(const char *what, uint64_t done, uint64_t rejected)
{
    double seconds = cli_seconds();
    int letters = (int)strlen(what) - (done == 1); /* 1 face, 2 faces */
    cli_summary("%llu %.*s, %llu rejected, %.1f s, %.1f/s", (unsigned long long)done, letters, what, (unsigned long long)rejected,
                seconds, (double)done / seconds);
}

/* ---- options ---- */

static void print_row(FILE *file, const struct cli_option *row)
{
    char left[64], letter[8] = "    ";
    if (row->letter)
        snprintf(letter, sizeof letter, "-%c, ", row->letter);
    snprintf(left, sizeof left, "  %s--%s%s%s", letter, row->name, row->argument ? " " : "", row->argument ? row->argument : "");
    fprintf(file, "%-30s %s", left, row->help);
    bool told = strstr(row->help, "default") != NULL;
    if (row->kind == CLI_TEXT && *(const char **)row->to && !told)
        fprintf(file, " [%s]", *(const char **)row->to);
    if (row->kind == CLI_COUNT && !told)
        fprintf(file, " [%ld]", *(long *)row->to);
    if (row->kind == CLI_REAL && !told)
        fprintf(file, " [%g]", *(double *)row->to);
    fputc('\n', file);
}

static void print_help(const char *operands, const char *about, const struct cli_option *option, size_t n)
{
    printf("usage: %s [OPTION...] %s\n%s\n\n", tool, operands, about);
    for (size_t i = 0; i < n; i++)
        print_row(stdout, &option[i]);
    for (size_t i = 0; i < NCOMMON; i++)
        print_row(stdout, &common[i]);
    if (fflush(stdout) || ferror(stdout))
        cli_fail_text("stdout: write: %s", strerror(errno));
    exit(0);
}

static int read_number(const struct cli_option *row, const char *text, double *value, struct fa_err *err)
{
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    bool whole = row->kind != CLI_COUNT || *value == (double)(long long)*value;
    if (end == text || *end || errno || !(*value >= row->min && *value <= row->max) || !whole)
        return fa_err_set(err, "--%s: '%s' is not a%s number from %.15g to %.15g", row->name, text,
                          row->kind == CLI_COUNT ? " whole" : "", row->min, row->max);
    return 0;
}

static int append_to_list(struct cli_list *list, const char *text, struct fa_err *err)
{
    const char **grown = realloc(list->text, (list->n + 1) * sizeof *grown);
    if (!grown)
        return fa_err_memory(err, (list->n + 1) * sizeof *grown);
    grown[list->n++] = text;
    list->text = grown;
    return 0;
}

static int store(const struct cli_option *row, const char *text, struct fa_err *err)
{
    double value;
    switch (row->kind) {
    case CLI_FLAG:
        *(bool *)row->to = true;
        break;
    case CLI_TEXT:
        *(const char **)row->to = text;
        break;
    case CLI_COUNT:
    case CLI_REAL:
        if (read_number(row, text, &value, err))
            return -1;
        if (row->kind == CLI_COUNT)
            *(long *)row->to = (long)value;
        else
            *(double *)row->to = value;
        break;
    case CLI_LIST:
        return append_to_list(row->to, text, err);
    case CLI_FILE:
        break;
    }
    return 0;
}

int cli_set(const struct cli_option *option, size_t n, const char *name, const char *value, struct fa_err *err)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(option[i].name, name) == 0 && option[i].kind != CLI_FILE && option[i].kind != CLI_FLAG)
            return store(&option[i], value, err);
    return fa_err_set(err, "no option '%s' with a value", name);
}

/* One line, `NAME = VALUE` or a comment, of a file of options. */
static int take_line(const struct cli_option *option, size_t n, char *line, struct fa_err *err)
{
    line += strspn(line, " \t");
    line[strcspn(line, "\r\n")] = '\0';
    size_t length = strcspn(line, " \t=");
    char *value = line + length + strspn(line + length, " \t");
    if (!*line || *line == '#')
        return 0;
    if (*value != '=' || !length)
        return fa_err_set(err, "'%s' is not of the form NAME = VALUE", line);
    line[length] = '\0';
    value += 1 + strspn(value + 1, " \t");
    return cli_set(option, n, line, value, err);
}

static void read_options_file(const struct cli_option *option, size_t n, const char *path)
{
    static struct cli_list kept; /* options point into the lines */
    FILE *file = fopen(path, "re");
    struct fa_err err;
    size_t number = 0;
    if (!file)
        cli_fail_text("%s: %s", path, strerror(errno));
    for (;;) {
        char *line = NULL;
        size_t size = 0;
        if (getline(&line, &size, file) < 0) {
            free(line);
            break;
        }
        number++;
        if (append_to_list(&kept, line, &err))
            cli_fail(&err);
        if (take_line(option, n, line, &err))
            cli_usage("%s: line %zu: %s", path, number, err.text);
    }
    if (ferror(file))
        cli_fail_text("%s: read: %s", path, strerror(errno));
    fclose(file);
}

static void take_option(const struct cli_option *row, const char *text, const struct cli_option *option, size_t n)
{
    struct fa_err err;
    if (row->kind == CLI_FILE)
        read_options_file(option, n, text);
    else if (store(row, text, &err))
        cli_usage("%s", err.text);
}

/* The command line as a shell would read it again, for provenance. */
static char *quote_command(int argc, char **argv)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (!file)
        return NULL;
    fputs(tool, file);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--resume") == 0)
            continue; /* what comes out is that of a run which was never cut short */
        bool plain = argv[i][0] && !argv[i][strcspn(argv[i], " \t\n'\"\\$&|;<>()*?[]#~`!{}")];
        fputs(plain ? " " : " '", file);
        for (const char *c = argv[i]; *c; c++)
            fputs(*c == '\'' ? "'\\''" : (char[]){*c, 0}, file);
        fputs(plain ? "" : "'", file);
    }
    fclose(file);
    return text;
}

static const struct cli_option *find_row(int got, const struct cli_option *option, size_t n)
{
    if (got >= LONG_ONLY)
        return &option[got - LONG_ONLY];
    for (size_t i = 0; i < n; i++)
        if (option[i].letter == got)
            return &option[i];
    for (size_t i = 0; i < NCOMMON; i++)
        if (common[i].letter == got)
            return &common[i];
    return NULL;
}

/* getopt's two descriptions of the rows. */
static void describe(const struct cli_option *option, size_t n, char *letters, struct option *names)
{
    *letters++ = ':';
    for (size_t i = 0; i < n + NCOMMON; i++) {
        const struct cli_option *row = i < n ? &option[i] : &common[i - n];
        *names++ = (struct option){row->name, row->argument ? required_argument : no_argument, NULL,
                                   row->letter ? row->letter : LONG_ONLY + (int)i};
        if (row->letter)
            *letters++ = (char)row->letter;
        if (row->letter && row->argument)
            *letters++ = ':';
    }
    *letters = 0;
}

char **cli_parse(int argc, char **argv, const char *operands, const char *about, const struct cli_option *option, size_t n,
                 int *noperands)
{
    const char *slash = strrchr(argv[0], '/');
    tool = slash ? slash + 1 : argv[0];
    clock_gettime(CLOCK_MONOTONIC, &began);
    char *letters = calloc(2 * (n + NCOMMON) + 2, 1);
    struct option *names = calloc(n + NCOMMON + 1, sizeof *names);
    command = quote_command(argc, argv);
    if (!letters || !names || !command)
        cli_fail_text("out of memory");
    describe(option, n, letters, names);
    opterr = 0;
    for (int got; (got = getopt_long(argc, argv, letters, names, NULL)) != -1;) {
        if (got == ':')
            cli_usage("option '%s' wants an argument", argv[optind - 1]);
        if (got == '?' && optopt && optopt < LONG_ONLY)
            cli_usage("unknown option -%c", optopt);
        if (got == '?')
            cli_usage("unknown option '%s'", argv[optind - 1]);
        take_option(find_row(got, option, n), optarg, option, n);
        if (help_wanted)
            print_help(operands, about, option, n);
        if (version_wanted) {
            printf("%s " FA_VERSION "\n", tool);
            exit(fflush(stdout) ? 1 : 0);
        }
    }
    free(letters);
    free(names);
    *noperands = argc - optind;
    return argv + optind;
}

/* ---- streams ---- */

void cli_add_prog(struct fa_header *header, struct fa_arena *arena)
{
    struct fa_err err;
    if (!cli_no_prog) {
        if (fa_header_add_prog(header, arena, tool, FA_VERSION, command, &err))
            cli_fail(&err);
        return;
    }
    size_t kept = 0;
    for (size_t i = 0; i < header->map.n; i++)
        if (strcmp(header->map.pair[i].key, "prog") != 0)
            header->map.pair[kept++] = header->map.pair[i];
    header->map.n = kept;
}

uint64_t cli_expect(const struct fa_header *header)
{
    double expect = fa_map_number(&header->map, "expect", 0);
    return expect > 0 && expect < 1e15 ? (uint64_t)expect : 0;
}
