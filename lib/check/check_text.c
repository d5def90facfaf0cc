#include <inttypes.h>
#include <string.h>

#include "fa/text.h"
#include "room.h"

/* Columns of numbers, with the blanks before them; a table is broken off where its names would not fit. */
enum { COUNT_WIDTH = 9, NAME_MAX = 28, FEW = 5, WIDE = 24 };

static size_t width_of(const char *text)
{
    size_t width = fa_text_characters(text, strlen(text));
    return width < NAME_MAX ? width : NAME_MAX;
}

static size_t widest(const struct fa_census *census)
{
    size_t width = width_of(census->name);
    for (size_t i = 0; i < census->class.n; i++) {
        size_t of = width_of(census->class.name[i]);
        width = of > width ? of : width;
    }
    return width;
}

static void put_left(FILE *file, const char *text, size_t width)
{
    size_t shown = fa_text_put(file, text, strlen(text), NAME_MAX);
    fprintf(file, "%*s", shown < width ? (int)(width - shown) : 0, "");
}

static void put_all(FILE *file, const char *text)
{
    fa_text_put(file, text, strlen(text), SIZE_MAX);
}

static void put_names(FILE *file, const char *const *name, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fputs(i ? ", " : " ", file);
        put_all(file, name[i]);
    }
}

static void put_plural(FILE *file, size_t n, const char *what)
{
    fprintf(file, "%zu %s%s", n, what, n == 1 ? "" : "s");
}

/* ---- classes ---- */

static void write_census(FILE *file, const struct fa_census *census, size_t margin, size_t rows)
{
    putc('\n', file);
    put_left(file, census->name, margin);
    fprintf(file, "%*s%8s\n", COUNT_WIDTH, "rows", "%");
    for (size_t i = 0; i < census->class.n; i++) {
        put_left(file, census->class.name[i], margin);
        fprintf(file, "%*" PRIu64 "%8.1f", COUNT_WIDTH, census->count[i], 100 * (double)census->count[i] / (double)rows);
        if (census->fault[i] == FA_UNKNOWN)
            fputs("  unknown", file);
        if (census->likely[i]) {
            fputs("  likely ", file);
            put_all(file, census->likely[i]);
        }
        putc('\n', file);
    }
    if (census->unlabelled)
        fprintf(file, "%-*s%*" PRIu64 "%8.1f\n", (int)margin, "(empty)", COUNT_WIDTH, census->unlabelled,
                100 * (double)census->unlabelled / (double)rows);
}

/* ---- crossings ---- */

static size_t column_width(const struct fa_census *census, size_t i)
{
    size_t width = width_of(census->class.name[i]);
    return (width > COUNT_WIDTH - 2 ? width : COUNT_WIDTH - 2) + 2;
}

/* Classes that do not occur are left out. */
static void write_pair(FILE *file, const struct fa_crossing *crossing)
{
    const struct fa_census *down = crossing->census[0], *across = crossing->census[1];
    size_t margin = widest(down), at = 0;
    if (across->class.n > WIDE)
        return;
    putc('\n', file);
    put_left(file, down->name, margin);
    for (size_t k = 0; k < across->class.n; k++) {
        const char *name = across->class.name[k];
        if (!across->count[k])
            continue;
        fprintf(file, "%*s", (int)(column_width(across, k) - width_of(name)), "");
        put_left(file, name, 0);
    }
    putc('\n', file);
    for (uint64_t i = 0; i < down->class.n; i++) {
        if (!down->count[i])
            continue;
        put_left(file, down->class.name[i], margin);
        for (uint64_t k = 0; k < across->class.n; k++) {
            bool there = at < crossing->ncells && crossing->cell[at] == i * across->class.n + k;
            int width = (int)column_width(across, k);
            if (there)
                fprintf(file, "%*" PRIu64, width, crossing->count[at++]);
            else if (across->count[k])
                fprintf(file, "%*s", width, ".");
        }
        putc('\n', file);
    }
}

/* How even a crossing of all columns is. */
static void write_rest(FILE *file, const struct fa_crossing *crossing)
{
    uint64_t least = UINT64_MAX;
    size_t n = 0;
    for (size_t i = 0; i < crossing->ncells; i++) {
        n = crossing->count[i] < least ? 1 : n + (crossing->count[i] == least);
        least = crossing->count[i] < least ? crossing->count[i] : least;
    }
    putc('\n', file);
    for (size_t i = 0; i < crossing->n; i++) {
        fputs(i ? " x " : "", file);
        put_all(file, crossing->census[i]->name);
    }
    fprintf(file, ": %zu of %" PRIu64 " combinations occur, %zu of them in %" PRIu64 " row%s only\n", crossing->ncells,
            crossing->possible, n, least, least == 1 ? "" : "s");
}

static void see_crossing(void *arg, const struct fa_crossing *crossing)
{
    if (!crossing->ncells)
        return;
    if (crossing->n == 2)
        write_pair(arg, crossing);
    else
        write_rest(arg, crossing);
}

/* ---- pictures ---- */

static void write_sizes(FILE *file, const struct fa_check *check)
{
    size_t rows = fa_table_rows(check->order.table);
    fprintf(file, "\npictures: %zu of %zu have a readable header\n", check->readable, rows);
    if (!check->readable)
        return;
    fprintf(file, "%-8s%*s%*s%*s\n", "pixels", COUNT_WIDTH, "least", COUNT_WIDTH, "median", COUNT_WIDTH, "most");
    for (int i = 0; i < 2; i++) {
        const uint32_t *side = i ? check->height : check->width;
        fprintf(file, "%-8s%*" PRIu32 "%*" PRIu32 "%*" PRIu32 "\n", i ? "height" : "width", COUNT_WIDTH, side[0], COUNT_WIDTH,
                side[1], COUNT_WIDTH, side[2]);
    }
    fprintf(file, "tiny (a side under %zu pixels): %zu\n", check->order.tiny, fa_check_faults(check, FA_TINY));
}

/* ---- faults ---- */

static void write_findings(FILE *file, const struct fa_check *check, enum fa_fault fault, bool all)
{
    size_t n = 0;
    for (size_t i = 0; i < check->nfindings; i++) {
        const struct fa_finding *finding = &check->finding[i];
        if (finding->fault != fault || (++n > FEW && !all))
            continue;
        fprintf(file, "  line %zu: ", fa_table_line(check->order.table, finding->row));
        put_all(file, fa_check_file(check, finding->row));
        if (finding->note) {
            fputs(": ", file);
            put_all(file, finding->note);
        }
        putc('\n', file);
    }
    if (n > FEW && !all)
        fprintf(file, "  and %zu more (-v shows them)\n", n - FEW);
}

static void write_class(FILE *file, const struct fa_check *check, const struct fa_census *census, size_t class, bool all)
{
    size_t n = 0;
    fputs("  ", file);
    put_all(file, census->name);
    fputs(" '", file);
    put_all(file, census->class.name[class]);
    putc('\'', file);
    if (census->likely[class]) {
        fputs(", likely '", file);
        put_all(file, census->likely[class]);
        putc('\'', file);
    }
    fprintf(file, ": line%s", census->count[class] == 1 ? "" : "s");
    for (size_t row = 0; row < fa_table_rows(check->order.table); row++)
        if (census->code[row] == class && (n++ < FEW || all))
            fprintf(file, "%s %zu", n > 1 ? "," : "", fa_table_line(check->order.table, row));
    if (n > FEW && !all)
        fprintf(file, " and %zu more", n - FEW);
    putc('\n', file);
}

static void write_fault(FILE *file, const struct fa_check *check, enum fa_fault fault, bool all)
{
    static const char *const title[FA_FAULTS] = {
        "", "rows without a path", "missing files", "files that cannot be read", "tiny pictures",
        "the same picture again, byte for byte", "the same picture with another label",
        "labels that a spreadsheet took for dates", "labels spelt in another way", "unknown classes"};
    fprintf(file, "\n%s: ", title[fault]);
    put_plural(file, fa_check_faults(check, fault), "row");
    putc('\n', file);
    write_findings(file, check, fault, all);
    for (size_t i = 0; i < check->ncensus; i++)
        for (size_t class = 0; class < check->census[i].class.n; class++)
            if (check->census[i].fault[class] == fault)
                write_class(file, check, &check->census[i], class, all);
}

static void write_classes(FILE *file, const struct fa_check *check)
{
    size_t margin = 0;
    for (size_t i = 0; i < check->ncensus; i++) {
        size_t width = widest(&check->census[i]);
        margin = width > margin ? width : margin;
    }
    for (size_t i = 0; i < check->ncensus; i++)
        write_census(file, &check->census[i], margin, fa_table_rows(check->order.table));
    if (!check->npassed_over)
        return;
    fprintf(file, "\nnot counted, more than %d classes:", FA_CHECK_CLASSES);
    put_names(file, check->passed_over, check->npassed_over);
    putc('\n', file);
}

int fa_check_write_text(FILE *file, const struct fa_check *check, bool all, struct fa_err *err)
{
    put_all(file, check->order.name);
    fputs(": ", file);
    put_plural(file, fa_table_rows(check->order.table), "row");
    putc('\n', file);
    write_classes(file, check);
    if (fa_check_cross_all(check, see_crossing, file, err))
        return -1;
    write_sizes(file, check);
    for (enum fa_fault fault = FA_FINE + 1; fault < FA_FAULTS; fault++)
        if (fa_check_faults(check, fault))
            write_fault(file, check, fault, all);
    if (!fa_check_total(check, false))
        fputs("\nnothing wrong\n", file);
    return 0;
}
