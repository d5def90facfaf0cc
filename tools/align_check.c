#include <string.h>

#include "align.h"
#include "fa/check.h"
#include "fa/export.h"
#include "fa/mem.h"

/* Pixels of the smallest face that the detectors look for, unless told otherwise. */
enum { TINY = 40 };

/* The option's text is COLUMN=CLASS|CLASS..., or `fairface`: its three columns, as far as the table has them. */
static void add_known(struct fa_check_order *order, struct fa_known *known, const char *text, struct fa_arena *arena)
{
    static const char *const attribute[] = {"age", "gender", "race"};
    const char *equals = strchr(text, '=');
    size_t column;
    if (strcmp(text, "fairface") != 0) {
        if (!equals || equals == text)
            cli_usage("--classes: '%s' is neither COLUMN=CLASS|CLASS... nor fairface", text);
        struct fa_known *at = &known[order->nknown++];
        at->column = fa_arena_strndup(arena, text, (size_t)(equals - text), NULL);
        at->class = cli_split("--classes", equals + 1, '|', &at->n, arena);
        if (!at->column)
            cli_fail_text("out of memory");
        return;
    }
    for (size_t i = 0; i < sizeof attribute / sizeof *attribute; i++)
        if (!fa_table_find(order->table, attribute[i], &column, NULL)) {
            struct fa_known *at = &known[order->nknown++];
            at->column = attribute[i];
            at->class = fa_fairface_classes(attribute[i], &at->n);
        }
}

static void add_all_known(struct fa_check_order *order, const struct cli_list *classes, struct fa_arena *arena)
{
    struct fa_known *known = fa_arena_alloc(arena, 3 * classes->n * sizeof *known, NULL);
    if (!known)
        cli_fail_text("out of memory");
    for (size_t i = 0; i < classes->n; i++)
        add_known(order, known, classes->text[i], arena);
    for (size_t i = 0; i < order->nknown; i++)
        for (size_t k = 0; k < i; k++)
            if (!strcmp(known[i].column, known[k].column))
                cli_usage("--classes: those of %s are given twice", known[i].column);
    order->known = known;
}

static void show_progress(void *arg, size_t done, size_t of)
{
    (void)arg;
    cli_progress("files", done, of, 0);
}

static void write_report(const struct options *o, const struct fa_check *check)
{
    struct cli_output output = cli_output_open(o->mend ? NULL : o->output, false);
    const char *format = o->format ? o->format : "text";
    struct fa_err err;
    int failed = !strcmp(format, "csv")    ? fa_check_write_csv(output.file, check, &err)
                 : !strcmp(format, "json") ? fa_check_write_json(output.file, check, &err)
                                           : fa_check_write_text(output.file, check, cli_verbose, &err);
    if (failed)
        cli_fail(&err);
    cli_output_close(&output);
}

static void write_mended(const struct options *o, const struct fa_check *check)
{
    struct cli_output output = cli_output_open(o->output, false);
    fa_check_mend(output.file, check);
    cli_output_close(&output);
}

static void summarise(const struct options *o, const struct fa_check *check, size_t left)
{
    size_t faults = fa_check_total(check, false);
    char mended[48] = "";
    if (o->mend)
        snprintf(mended, sizeof mended, " (%zu of them mended)", faults - left);
    cli_summary("%zu rows, %zu faults%s, %.1f s", fa_table_rows(check->order.table), faults, mended, cli_seconds());
}

static void check_usage(const struct options *o, size_t n)
{
    if ((o->labels != NULL) + n != 1)
        cli_usage("--check wants one CSV");
    if (o->format && strcmp(o->format, "text") != 0 && strcmp(o->format, "csv") != 0 && strcmp(o->format, "json") != 0)
        cli_usage("-F: '%s' is none of text, csv, json", o->format);
    if (o->mend && (!o->output || !strcmp(o->output, "-")))
        cli_usage("--mend wants -o FILE for the mended CSV");
}

int align_check(const struct options *options, char **operands, size_t n)
{
    struct options o = *options;
    struct fa_check_order order = {.max_pixels = (uint64_t)o.max_pixels, .tiny = TINY, .threads = (unsigned)o.threads,
                                   .progress = show_progress};
    struct fa_arena arena = {0};
    struct fa_err err;
    check_usage(&o, n);
    if (o.detection.min_face > 0)
        order.tiny = (size_t)o.detection.min_face;
    o.labels = o.labels ? o.labels : operands[0];
    struct fa_table *table = fa_table_read(o.labels, &err);
    if (!table || fa_table_find(table, o.column, &order.column, &err) || !(order.decoder = fa_decoder_open(&err)))
        cli_fail(&err);
    order.table = table;
    order.name = strcmp(o.labels, "-") ? o.labels : "stdin";
    order.folder = align_folder(&o);
    order.label = o.counted ? cli_split("--labels", o.counted, ',', &order.nlabels, &arena) : NULL;
    add_all_known(&order, &o.classes, &arena);
    struct fa_check *check = fa_check_run(&order, &err);
    if (!check)
        cli_fail(&err);
    if (o.mend)
        write_mended(&o, check);
    write_report(&o, check);
    size_t left = fa_check_total(check, o.mend);
    summarise(&o, check, left);
    fa_check_free(check);
    fa_decoder_close(order.decoder);
    fa_table_free(table);
    fa_arena_free(&arena);
    return left ? 1 : 0;
}
