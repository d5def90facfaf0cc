/* What the tools share: options, messages, progress, output files, finding models. All of it may end the process: a tool
 * that calls it need not look at what comes back. */
#ifndef FA_CLI_H
#define FA_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "fa/card.h"
#include "fa/err.h"
#include "fa/stream.h"

/* ---- options ---- */

enum cli_kind {
    CLI_FLAG,  /* bool * */
    CLI_TEXT,  /* const char ** */
    CLI_COUNT, /* long *, within min..max */
    CLI_REAL,  /* double *, within min..max */
    CLI_LIST,  /* struct cli_list *: may be given more than once */
    CLI_FILE,  /* none: a file of options, lines NAME = VALUE, that stand in its place */
};

struct cli_list {
    const char **text;
    size_t n;
};

/* One row of a tool's option table: usage, parsing and the default shown by -h (what *to holds before) come from it. */
struct cli_option {
    int letter; /* 0: long name only */
    const char *name;
    const char *argument; /* its name in the usage; NULL for a flag */
    enum cli_kind kind;
    void *to;
    const char *help;
    double min, max;
};

/* Rows that mean the same in every tool that has them. */
#define CLI_THREADS(to) {'j', "threads", "N", CLI_COUNT, to, "threads (default: all cores)", 1, 1024}
#define CLI_SEED(to) {'s', "seed", "N", CLI_COUNT, to, "seed of everything random", 0, 9007199254740992.0}
#define CLI_OUTPUT(to) {'o', "output", "FILE", CLI_TEXT, to, "write to FILE instead of standard output", 0, 0}
#define CLI_NO_PROG {'P', "no-provenance", NULL, CLI_FLAG, &cli_no_prog, "leave the record of commands out of the header", 0, 0}

extern bool cli_quiet, cli_verbose, cli_no_prog;

/* Parses argv by the n rows of option; every tool also has -h, -V, -q and -v. operands is their form in the usage line,
 * about a sentence on what the tool does. Returns the operands (argv's tail) and their number. -h and -V exit 0, wrong
 * usage exits 2. */
char **cli_parse(int argc, char **argv, const char *operands, const char *about, const struct cli_option *option, size_t n,
                 int *noperands);

/* The n names of a list that has mark between them, in the arena; none for NULL. An empty one is wrong usage of option. */
const char **cli_split(const char *option, const char *list, char mark, size_t *n, struct fa_arena *arena);

/* Sets the option of that name, one of the n rows, as parsing does. Errors name option and cause. */
int cli_set(const struct cli_option *option, size_t n, const char *name, const char *value, struct fa_err *err);

/* ---- messages, all to standard error, all with the tool's name in front ---- */

void cli_fail(const struct fa_err *err) __attribute__((noreturn)); /* exit 1 */
void cli_fail_text(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void cli_usage(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2))); /* exit 2 */
void cli_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A progress line, at most five times a second and only where standard error is a terminal and -q was not given. expect
 * is the number to come, 0 where it is not known. */
void cli_progress(const char *what, uint64_t done, uint64_t expect, uint64_t rejected);

/* The same with a text of one's own, and whether there is a terminal for it. */
void cli_status(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool cli_shows_progress(void);

/* The line at the end, unless -q: ends the progress line. */
void cli_summary(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Sets the environment variable NAME=VALUE, unless it is set already; NULL does nothing. Before there are threads. */
void cli_set_variable(const char *setting);

double cli_seconds(void); /* since the program began */

/* "12 faces, 1 rejected, 3.4 s, 3.5 faces/s" as summary. */
void cli_summary_rate(const char *what, uint64_t done, uint64_t rejected);

/* ---- streams ---- */

/* This run's [tool, version, command line] onto the header's provenance; with -P takes all provenance out. */
void cli_add_prog(struct fa_header *header, struct fa_arena *arena);

/* `expect` of a header, 0 if it has none. */
uint64_t cli_expect(const struct fa_header *header);

/* ---- output ---- */

/* A file is written under a temporary name in its folder, and renamed by cli_output_close(); if the tool fails or is
 * interrupted before, it is removed and what stood under the name stays. */
struct cli_output {
    FILE *file;
    int fd; /* of file, for those who write without it */
    const char *name; /* for messages */
    char *path, *temporary; /* NULL for standard output and for what is no regular file */
};

/* path NULL or "-" is standard output, where binary data is not written to a terminal (wrong usage). */
struct cli_output cli_output_open(const char *path, bool binary);

/* Flushes, checks every write, syncs and renames. */
void cli_output_close(struct cli_output *output);

/* Makes the folder unless it is there. */
void cli_make_folder(const char *path);

/* ---- models ---- */

/* The path of a file that belongs to the suite (a weights file, a card, a head), looked for in $FA_MODELS, $XDG_DATA_HOME/fa
 * (~/.local/share/fa), the share/fa beside the program's bin, and in the source tree beside a program in build/. NULL if
 * there is none. Free with free(). */
char *cli_find(const char *file);

/* The path of the card that -m names: a `/` or a suffix makes model a path, to a card or to a network file (then NULL);
 * anything else is a card's name. Free with free(). */
char *cli_card_path(const char *model);

/* That card, read. set holds `key = value` lines that replace those of the card, or say what a network file needs. */
struct fa_card *cli_card(const char *model, const struct cli_list *set);

/* Path of the i-th weights file of a card; weights, if not NULL, is the user's own file for it. Free with free(). */
char *cli_weights(const struct fa_card *card, size_t i, const char *weights);

#endif
