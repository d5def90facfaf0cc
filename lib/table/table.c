#include "fa/table.h"

#include <csv.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fa/mem.h"

struct fa_table {
    char *path;
    const char **cell; /* the names, then row after row */
    size_t ncells, cell_capacity;
    size_t *line; /* of the names and of each row */
    size_t nrows, line_capacity;
    size_t columns;
    struct fa_arena arena; /* owns the cells' text */
};

struct parse {
    struct fa_table *table;
    struct csv_parser csv;
    size_t line, row_line; /* being read, and where the row began */
    size_t first;          /* cell of the row */
    bool between, failed;  /* between says that no row is begun */
    struct fa_err *err;
};

/* Blanks belong to the cell. */
static int no_space(unsigned char c)
{
    (void)c;
    return 0;
}

static void take_cell(void *text, size_t n, void *arg)
{
    struct parse *parse = arg;
    struct fa_table *table = parse->table;
    if (parse->failed)
        return;
    parse->failed = true;
    if (fa_mem_grow(&table->cell, &table->cell_capacity, table->ncells + 1, sizeof *table->cell, parse->err))
        return;
    const char *cell = n ? fa_arena_strndup(&table->arena, text, n, parse->err) : "";
    if (!cell)
        return;
    table->cell[table->ncells++] = cell;
    parse->failed = false;
}

static bool is_empty(const char *const *cell, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (cell[i][0])
            return false;
    return true;
}

static int check_names(const struct fa_table *table, size_t line, struct fa_err *err)
{
    for (size_t i = 0; i < table->columns; i++)
        for (size_t j = 0; j < i; j++)
            if (!strcmp(table->cell[i], table->cell[j]))
                return fa_err_set(err, "%s: line %zu: column name \"%s\" stands twice", table->path, line, table->cell[i]);
    return 0;
}

static int add_row(struct parse *parse, size_t cells)
{
    struct fa_table *table = parse->table;
    if (!table->columns) {
        table->columns = cells;
        if (check_names(table, parse->row_line, parse->err))
            return -1;
    }
    if (cells != table->columns)
        return fa_err_set(parse->err, "%s: line %zu: %zu cell%s, want %zu as in the header", table->path, parse->row_line,
                          cells, cells == 1 ? "" : "s", table->columns);
    if (fa_mem_grow(&table->line, &table->line_capacity, table->nrows + 1, sizeof *table->line, parse->err))
        return -1;
    table->line[table->nrows++] = parse->row_line;
    return 0;
}

static void take_row(int end, void *arg)
{
    struct parse *parse = arg;
    struct fa_table *table = parse->table;
    size_t cells = table->ncells - parse->first;
    (void)end;
    if (parse->failed)
        return;
    if (is_empty(table->cell + parse->first, cells))
        table->ncells = parse->first;
    else
        parse->failed = add_row(parse, cells) != 0;
    parse->first = table->ncells;
    parse->between = true;
}

/* One past the first line of text: its end is LF, CR LF or CR. */
static size_t line_length(const char *text, size_t n)
{
    size_t i = 0;
    while (i < n && text[i] != '\n' && text[i] != '\r')
        i++;
    if (i < n && text[i] == '\r' && i + 1 < n && text[i + 1] == '\n')
        i++;
    return i < n ? i + 1 : n;
}

static int parse_line(struct parse *parse, const char *text, size_t n)
{
    const char *path = parse->table->path;
    if (memchr(text, 0, n))
        return fa_err_set(parse->err, "%s: line %zu: NUL byte (if this is UTF-16, save it as UTF-8)", path, parse->line);
    if (parse->between)
        parse->row_line = parse->line;
    if (text[0] != '\n' && text[0] != '\r')
        parse->between = false;
    size_t done = csv_parse(&parse->csv, text, n, take_cell, take_row, parse);
    if (parse->failed)
        return -1;
    if (done == n)
        return 0;
    if (csv_error(&parse->csv) != CSV_EPARSE)
        return fa_err_set(parse->err, "%s: line %zu: %s", path, parse->line, csv_strerror(csv_error(&parse->csv)));
    return fa_err_set(parse->err, "%s: line %zu: stray quote", path, parse->line);
}

static int parse_end(struct parse *parse)
{
    if (csv_fini(&parse->csv, take_cell, take_row, parse))
        return fa_err_set(parse->err, "%s: line %zu: quote is never closed", parse->table->path, parse->row_line);
    if (parse->failed)
        return -1;
    return parse->table->nrows ? 0 : fa_err_set(parse->err, "%s: no header row", parse->table->path);
}

/* The commonest of comma, semicolon and tab outside quotes in the first row that is not blank. */
static unsigned char find_delimiter(const char *text, size_t n)
{
    size_t count[3] = {0};
    bool quoted = false, begun = false;
    for (size_t i = 0; i < n; i++) {
        bool end = text[i] == '\n' || text[i] == '\r';
        if (end && begun && !quoted)
            break;
        begun |= !end;
        quoted ^= text[i] == '"';
        count[0] += !quoted && text[i] == ',';
        count[1] += !quoted && text[i] == ';';
        count[2] += !quoted && text[i] == '\t';
    }
    if (count[2] > count[0] && count[2] > count[1])
        return '\t';
    return count[1] > count[0] ? ';' : ',';
}

static int parse_text(struct fa_table *table, const char *text, size_t n, struct fa_err *err)
{
    struct parse parse = {.table = table, .between = true, .err = err};
    int rc = -1;
    if (n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
        text += 3, n -= 3;
    if (csv_init(&parse.csv, CSV_STRICT | CSV_STRICT_FINI))
        return fa_err_set(err, "%s: libcsv does not start", table->path);
    csv_set_delim(&parse.csv, find_delimiter(text, n));
    csv_set_space_func(&parse.csv, no_space);
    for (size_t length; n; text += length, n -= length) {
        length = line_length(text, n);
        parse.line++;
        if (parse_line(&parse, text, length))
            goto out;
    }
    rc = parse_end(&parse);
out:
    csv_free(&parse.csv);
    return rc;
}

static int read_all(FILE *file, const char *path, char **text, size_t *n, struct fa_err *err)
{
    size_t capacity = 0, got;
    do {
        if (fa_mem_grow(text, &capacity, *n + 65536, 1, err))
            return -1;
        got = fread(*text + *n, 1, capacity - *n, file);
        *n += got;
    } while (got);
    return ferror(file) ? fa_err_sys(err, "%s: cannot read", path) : 0;
}

struct fa_table *fa_table_read(const char *path, struct fa_err *err)
{
    bool standard = !strcmp(path, "-");
    FILE *file = standard ? stdin : fopen(path, "rb");
    if (!file) {
        fa_err_sys(err, "%s: cannot open", path);
        return NULL;
    }
    char *text = NULL;
    size_t n = 0;
    struct fa_table *table = fa_mem_array(1, sizeof *table, err);
    if (!table || !(table->path = fa_mem_strdup(standard ? "stdin" : path, err)) ||
        read_all(file, table->path, &text, &n, err) || parse_text(table, text, n, err)) {
        fa_table_free(table);
        table = NULL;
    }
    free(text);
    if (!standard)
        fclose(file);
    return table;
}

void fa_table_free(struct fa_table *table)
{
    if (!table)
        return;
    free(table->path);
    free(table->cell);
    free(table->line);
    fa_arena_free(&table->arena);
    free(table);
}

size_t fa_table_rows(const struct fa_table *table)
{
    return table->nrows - 1;
}

size_t fa_table_columns(const struct fa_table *table)
{
    return table->columns;
}

const char *fa_table_name(const struct fa_table *table, size_t column)
{
    return table->cell[column];
}

const char *fa_table_cell(const struct fa_table *table, size_t row, size_t column)
{
    return table->cell[(row + 1) * table->columns + column];
}

size_t fa_table_line(const struct fa_table *table, size_t row)
{
    return table->line[row + 1];
}

int fa_table_find(const struct fa_table *table, const char *name, size_t *column, struct fa_err *err)
{
    char list[512] = "";
    for (size_t i = 0, used = 0; i < table->columns; i++) {
        if (!strcmp(table->cell[i], name)) {
            *column = i;
            return 0;
        }
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", table->cell[i]);
    }
    return fa_err_set(err, "%s: no column \"%s\" (there are: %s)", table->path, name, list);
}
