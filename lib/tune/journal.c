#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "fa/tune.h"

struct fa_journal {
    char *path;
    int fd;
    struct fa_entry *entry;
    size_t n, capacity;
    struct fa_arena arena;
};

enum { CHECK = 17 }; /* hex digits and the blank behind them */

const char *fa_entry_get(const struct fa_entry *entry, const char *key)
{
    for (size_t i = 0; i < entry->n; i++)
        if (strcmp(entry->field[2 * i], key) == 0)
            return entry->field[2 * i + 1];
    return NULL;
}

/* ---- lines ---- */

static void put_escaped(FILE *file, const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == '%' || *text == 127)
            fprintf(file, "%%%02X", (unsigned char)*text);
        else
            putc(*text, file);
}

static void unescape(char *text)
{
    char *to = text;
    for (; *text; text++) {
        char hex[3] = {0};
        if (*text == '%' && text[1] && text[2]) {
            memcpy(hex, text + 1, 2);
            text += 2;
        }
        *to++ = hex[0] ? (char)strtol(hex, NULL, 16) : *text;
    }
    *to = '\0';
}

static uint64_t check_of(const char *text, size_t n)
{
    return XXH3_64bits(text, n);
}

/* The line of an entry, with its end. Free with free(). */
static char *make_line(const struct fa_entry *entry, size_t *length, struct fa_err *err)
{
    char *line = NULL, check[CHECK + 1];
    FILE *file = open_memstream(&line, length);
    if (!file) {
        fa_err_sys(err, "open_memstream");
        return NULL;
    }
    fprintf(file, "%*s%s", CHECK, "", entry->kind);
    for (size_t i = 0; i < entry->n; i++) {
        fprintf(file, "\t%s=", entry->field[2 * i]);
        put_escaped(file, entry->field[2 * i + 1]);
    }
    if (fclose(file)) {
        free(line);
        fa_err_memory(err, *length);
        return NULL;
    }
    snprintf(check, sizeof check, "%016llx ", (unsigned long long)check_of(line + CHECK, *length - CHECK));
    memcpy(line, check, CHECK);
    line[(*length)++] = '\n'; /* in the place of the NUL */
    return line;
}

/* Fills entry from a line without its end, which it takes apart. */
static int parse_line(struct fa_entry *entry, char *line, struct fa_arena *arena, struct fa_err *err)
{
    char *end = NULL, *rest = NULL;
    size_t length = strlen(line), tabs = 0;
    unsigned long long check = strtoull(line, &end, 16);
    if (length <= CHECK || end != line + CHECK - 1 || *end != ' ' || check != check_of(line + CHECK, length - CHECK))
        return fa_err_set(err, "damaged (the check does not match)");
    for (const char *at = line; *at; at++)
        tabs += *at == '\t';
    const char **field = fa_arena_alloc(arena, (2 * tabs + 1) * sizeof *field, err);
    if (!field)
        return -1;
    *entry = (struct fa_entry){strtok_r(line + CHECK, "\t", &rest), field, 0};
    for (char *key; (key = strtok_r(NULL, "\t", &rest)); entry->n++) {
        char *equals = strchr(key, '=');
        if (!equals)
            return fa_err_set(err, "malformed");
        *equals = '\0';
        unescape(equals + 1);
        field[2 * entry->n] = key;
        field[2 * entry->n + 1] = equals + 1;
    }
    return 0;
}

/* ---- opening ---- */

/* The lock goes when the process does, however it ends. */
static int lock(struct fa_journal *journal, struct fa_err *err)
{
    struct flock want = {.l_type = F_WRLCK, .l_whence = SEEK_SET}, other = want;
    if (fcntl(journal->fd, F_SETLK, &want) == 0)
        return 0;
    if ((errno != EACCES && errno != EAGAIN) || fcntl(journal->fd, F_GETLK, &other) || other.l_type == F_UNLCK)
        return fa_err_sys(err, "%s: lock", journal->path);
    return fa_err_set(err, "%s: in use by another search (process %ld)", journal->path, (long)other.l_pid);
}

/* The whole file and a NUL. */
static char *slurp(struct fa_journal *journal, size_t *size, struct fa_err *err)
{
    struct stat status;
    if (fstat(journal->fd, &status)) {
        fa_err_sys(err, "%s", journal->path);
        return NULL;
    }
    *size = (size_t)status.st_size;
    char *text = fa_arena_alloc(&journal->arena, *size + 1, err);
    for (size_t at = 0; text && at < *size;) {
        ssize_t got = read(journal->fd, text + at, *size - at);
        if (got <= 0) {
            fa_err_sys(err, "%s: read", journal->path);
            return NULL;
        }
        at += (size_t)got;
    }
    return text;
}

static int load(struct fa_journal *journal, struct fa_err *err)
{
    size_t size = 0;
    struct fa_err why;
    char *text = slurp(journal, &size, err), *line = text;
    if (!text)
        return -1;
    for (char *end; (end = memchr(line, '\n', size - (size_t)(line - text))); line = end + 1) {
        *end = '\0';
        if (fa_mem_grow(&journal->entry, &journal->capacity, journal->n + 1, sizeof *journal->entry, err))
            return -1;
        if (parse_line(&journal->entry[journal->n], line, &journal->arena, &why))
            return fa_err_set(err, "%s: line %zu: %s", journal->path, journal->n + 1, why.text);
        journal->n++;
    }
    if (line < text + size && ftruncate(journal->fd, line - text))
        return fa_err_sys(err, "%s: truncate", journal->path);
    return 0;
}

struct fa_journal *fa_journal_open(const char *path, struct fa_err *err)
{
    struct fa_journal *journal = fa_mem_array(1, sizeof *journal, err);
    if (!journal)
        return NULL;
    journal->fd = -1;
    journal->path = fa_mem_strdup(path, err);
    if (journal->path) {
        journal->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (journal->fd < 0)
            fa_err_sys(err, "%s", path);
        else if (!lock(journal, err) && !load(journal, err))
            return journal;
    }
    fa_journal_close(journal);
    return NULL;
}

void fa_journal_close(struct fa_journal *journal)
{
    if (!journal)
        return;
    if (journal->fd >= 0)
        close(journal->fd);
    fa_arena_free(&journal->arena);
    free(journal->entry);
    free(journal->path);
    free(journal);
}

size_t fa_journal_size(const struct fa_journal *journal)
{
    return journal->n;
}

const struct fa_entry *fa_journal_entry(const struct fa_journal *journal, size_t i)
{
    return &journal->entry[i];
}

/* ---- writing ---- */

int fa_journal_append(struct fa_journal *journal, const struct fa_entry *entry, struct fa_err *err)
{
    size_t length = 0;
    char *line = make_line(entry, &length, err);
    if (!line)
        return -1;
    int failed = 0;
    for (size_t at = 0; at < length && !failed;) {
        ssize_t put = write(journal->fd, line + at, length - at);
        if (put > 0)
            at += (size_t)put;
        else if (put == 0 || errno != EINTR)
            failed = fa_err_sys(err, "%s: write", journal->path);
    }
    free(line);
    return failed;
}

int fa_journal_sync(const struct fa_journal *journal, struct fa_err *err)
{
    return fsync(journal->fd) ? fa_err_sys(err, "%s: sync", journal->path) : 0;
}

int fa_journal_identify(struct fa_journal *journal, const char *const *field, size_t n, struct fa_err *err)
{
    const struct fa_entry *there = journal->n ? &journal->entry[0] : NULL;
    if (!there)
        return fa_journal_append(journal, &(struct fa_entry){"search", field, n}, err) || fa_journal_sync(journal, err) ? -1 : 0;
    if (strcmp(there->kind, "search") != 0)
        return fa_err_set(err, "%s: does not begin with what is searched", journal->path);
    for (size_t i = 0; i < n || i < there->n; i++) {
        static const char *const none[] = {"nothing", "nothing"};
        const char *const *a = i < there->n ? &there->field[2 * i] : none, *const *b = i < n ? &field[2 * i] : none;
        if (strcmp(a[0], b[0]) != 0 || strcmp(a[1], b[1]) != 0)
            return fa_err_set(err, "%s: of another search (there: %s = %s; here: %s = %s)", journal->path, a[0], a[1], b[0], b[1]);
    }
    return 0;
}
