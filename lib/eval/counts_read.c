#include <stdlib.h>
#include <string.h>

#include "by.h"
#include "counts.h"
#include "fa/mem.h"
#include "sums.h"

enum { WHAT, BY, GROUP, HEAD, ROW, COLUMN, VALUE, COLUMNS };

struct counts {
    struct fa_table *table;
    const char *path;
    size_t row; /* of the table, being read */
    struct fa_evaluation *evaluation;
    struct fa_by *by; /* of the group being read, and its number in the file and its values as far as they are known */
    size_t number, nvalues;
    const char *value[BY_KEYS_MAX];
    struct fa_group *group;
    struct fa_err *err;
};

static const char *cell(const struct counts *counts, size_t column)
{
    return fa_table_cell(counts->table, counts->row, column);
}

static int malformed(const struct counts *counts, const char *what)
{
    return fa_err_set(counts->err, "%s: line %zu: %s", counts->path, fa_table_line(counts->table, counts->row), what);
}

/* The text of a cell behind its word; NULL if it begins otherwise. */
static const char *behind(const struct counts *counts, size_t column, const char *word)
{
    const char *text = cell(counts, column);
    size_t n = strlen(word);
    return !strncmp(text, word, n) && text[n] == ' ' ? text + n + 1 : NULL;
}

/* A whole number at *text, up to 10^18 so that thousands of them add up; steps over it and what parts it from the next. */
static int take_count(const struct counts *counts, const char **text, uint64_t *count)
{
    const char *end = *text + strspn(*text, "0123456789");
    *count = 0;
    if (end == *text || end - *text > 18)
        return malformed(counts, "not a count");
    for (; *text < end; ++*text)
        *count = *count * 10 + (uint64_t)(**text - '0');
    *text += **text == ' ';
    return 0;
}

static int take_end(const struct counts *counts, const char *text)
{
    return *text ? malformed(counts, "more than a value") : 0;
}

/* WHOLE.PART with twelve digits. */
static int take_sum(const struct counts *counts, const char **text, struct fa_sum *sum)
{
    const char *point = *text + strspn(*text, "0123456789");
    if (point == *text || point - *text > 18 || *point != '.' || strspn(point + 1, "0123456789") != 12)
        return malformed(counts, "not a sum");
    sum->whole = strtoull(*text, NULL, 10);
    sum->part = strtoull(point + 1, NULL, 10);
    *text = point + 13;
    *text += **text == ' ';
    return 0;
}

static int index_below(const struct counts *counts, size_t column, size_t n, size_t *index)
{
    const char *text = cell(counts, column);
    uint64_t value;
    if (take_count(counts, &text, &value))
        return -1;
    if (*text || value >= n)
        return malformed(counts, "no such index");
    *index = (size_t)value;
    return 0;
}

/* ---- what the file is about ---- */

static bool is(const struct counts *counts, const char *what)
{
    return !strcmp(cell(counts, WHAT), what);
}

static int check_names(struct counts *counts)
{
    static const char *const name[COLUMNS] = {"what", "by", "group", "head", "row", "column", "value"};
    bool good = fa_table_columns(counts->table) == COLUMNS && fa_table_rows(counts->table) > 0;
    for (size_t i = 0; good && i < COLUMNS; i++)
        good = !strcmp(fa_table_name(counts->table, i), name[i]);
    if (!good || !is(counts, counts_name))
        return fa_err_set(counts->err, "%s: not a file of counts, as fa-confusion -F counts writes it", counts->path);
    if (strtoul(cell(counts, VALUE), NULL, 10) != COUNTS_VERSION)
        return fa_err_set(counts->err, "%s: counts of version %s, this program reads version %d", counts->path,
                          cell(counts, VALUE), COUNTS_VERSION);
    return 0;
}

/* The heads and groupings that the file names, in the arena. */
struct heads {
    struct fa_head *head;
    bool *ordered; /* one a head */
    size_t n;
    const char *by;
    struct fa_arena arena;
};

static int add_class(struct counts *counts, struct heads *heads, const char **class)
{
    const char *name = behind(counts, HEAD, "head"), *text = behind(counts, ROW, "true");
    if (!name || !text)
        return malformed(counts, "class without a name");
    if (!heads->n || strcmp(heads->head[heads->n - 1].name, name) != 0) {
        heads->ordered[heads->n] = !strcmp(cell(counts, VALUE), "ordered");
        heads->head[heads->n++] = (struct fa_head){.name = name, .class = class};
    }
    *class = text;
    heads->head[heads->n - 1].nclasses++;
    return 0;
}

static int read_heads(struct counts *counts, struct heads *heads)
{
    size_t rows = fa_table_rows(counts->table), n = 0;
    const char **class = fa_arena_alloc(&heads->arena, rows * sizeof *class, counts->err);
    heads->head = fa_arena_alloc(&heads->arena, rows * sizeof *heads->head, counts->err);
    heads->ordered = fa_arena_alloc(&heads->arena, rows * sizeof *heads->ordered, counts->err);
    heads->by = "";
    if (!class || !heads->head || !heads->ordered)
        return -1;
    for (counts->row = 1; counts->row < rows && is(counts, "class"); counts->row++)
        if (add_class(counts, heads, &class[n++]))
            return -1;
    for (; counts->row < rows && is(counts, "groups"); counts->row++) {
        const char *by = behind(counts, BY, "by");
        if (!by)
            return malformed(counts, "groups without a name");
        if (!(heads->by = fa_arena_printf(&heads->arena, counts->err, "%s%s%s", heads->by, heads->by[0] ? "," : "", by)))
            return -1;
    }
    return heads->n ? 0 : malformed(counts, "no classes");
}

static int begin_evaluation(struct counts *counts, const struct heads *heads)
{
    struct fa_evaluation *evaluation = counts->evaluation;
    struct fa_merge *merge = fa_merge_new(heads->head, heads->n, NULL, 0, counts->err);
    if (!merge || fa_evaluation_init(evaluation, merge, heads->by[0] ? heads->by : NULL, NULL, counts->err)) {
        fa_merge_free(merge);
        return -1;
    }
    evaluation->own = merge;
    for (size_t h = 0; h < heads->n; h++)
        evaluation->everyone.sums[h].ordered = heads->ordered[h];
    return 0;
}

static bool same_head(const struct fa_head *a, const struct fa_head *b)
{
    bool same = !strcmp(a->name, b->name) && a->nclasses == b->nclasses;
    for (size_t i = 0; same && i < a->nclasses; i++)
        same = !strcmp(a->class[i], b->class[i]);
    return same;
}

static int check_heads(const struct counts *counts, const struct heads *heads, const char *first)
{
    const struct fa_evaluation *evaluation = counts->evaluation;
    const char *differs = evaluation->nheads != heads->n ? "the number of heads" : NULL, *by = heads->by;
    for (size_t h = 0; h < evaluation->nheads && !differs; h++)
        if (!same_head(&evaluation->head[h], &heads->head[h]) ||
            evaluation->everyone.sums[h].ordered != heads->ordered[h])
            differs = evaluation->head[h].name;
    for (size_t i = 0; i < evaluation->nby && !differs; i++) {
        size_t n = strlen(evaluation->by[i].text);
        if (strncmp(by, evaluation->by[i].text, n) != 0 || (by[n] && by[n] != ','))
            differs = "what it is grouped by";
        else
            by += n + (by[n] == ',');
    }
    if (!differs && *by)
        differs = "what it is grouped by";
    return differs ? fa_err_set(counts->err, "%s: %s differs from that of %s", counts->path, differs, first) : 0;
}

/* ---- sums ---- */

static int find_by(struct counts *counts)
{
    const char *text = behind(counts, BY, "by");
    size_t number = 0;
    if (cell(counts, BY)[0] && index_below(counts, GROUP, SIZE_MAX, &number))
        return -1;
    if (!cell(counts, BY)[0]) {
        counts->by = NULL;
        counts->group = &counts->evaluation->everyone;
        return 0;
    }
    if (counts->by && text && number == counts->number && !strcmp(counts->by->text, text))
        return 0;
    counts->by = NULL;
    for (size_t i = 0; text && i < counts->evaluation->nby; i++)
        if (!strcmp(counts->evaluation->by[i].text, text))
            counts->by = &counts->evaluation->by[i];
    counts->number = number;
    counts->nvalues = 0;
    counts->group = NULL;
    return counts->by ? 0 : malformed(counts, "no such groups");
}

static int take_value(struct counts *counts)
{
    const char *value = behind(counts, COLUMN, "is");
    size_t key;
    if (!counts->by || !value || index_below(counts, ROW, counts->by->nkeys, &key))
        return value && counts->by ? -1 : malformed(counts, "a value of no group");
    if (key != counts->nvalues)
        return malformed(counts, "values out of order");
    counts->value[counts->nvalues++] = value;
    if (counts->nvalues < counts->by->nkeys)
        return 0;
    counts->group = by_find(counts->evaluation, counts->by, counts->value, counts->err);
    return counts->group ? 0 : -1;
}

static int take_cell(struct counts *counts, struct fa_confusion *confusion)
{
    const char *truth = behind(counts, ROW, "true"), *predicted = behind(counts, COLUMN, "predicted"), *text = cell(counts, VALUE);
    size_t column;
    uint64_t count;
    if (!truth || !predicted || !fa_vocabulary_find(&confusion->label, predicted, &column) || column >= confusion->classes)
        return malformed(counts, "no such class");
    if (take_count(counts, &text, &count) || take_end(counts, text))
        return -1;
    return fa_confusion_add(confusion, truth, column, count, counts->err);
}

static int take_bin(struct counts *counts, struct fa_sums *sums)
{
    const char *text = cell(counts, VALUE);
    bool right = !strcmp(cell(counts, COLUMN), counts_right[1]);
    size_t i;
    struct fa_bin bin;
    if (index_below(counts, ROW, FA_BINS, &i) || take_count(counts, &text, &bin.n) || take_sum(counts, &text, &bin.confidence) ||
        take_end(counts, text))
        return -1;
    sums->bin[i][right].n += bin.n;
    fa_sum_join(&sums->bin[i][right].confidence, &bin.confidence);
    return 0;
}

static int take_block(struct counts *counts, struct fa_sums *sums)
{
    const char *text = cell(counts, VALUE);
    size_t i;
    struct fa_block block;
    if (index_below(counts, ROW, FA_BLOCKS, &i) || take_count(counts, &text, &block.n) || take_count(counts, &text, &block.seen) ||
        take_count(counts, &text, &block.correct) || take_count(counts, &text, &block.top2) ||
        take_count(counts, &text, &block.bit_errors) || take_sum(counts, &text, &block.nll) || take_sum(counts, &text, &block.brier) ||
        take_end(counts, text))
        return -1;
    block_join(&sums->block[i], &block);
    return 0;
}

static int take_row(struct counts *counts)
{
    const char *head = behind(counts, HEAD, "head"), *text = cell(counts, VALUE);
    struct fa_sums *sums = NULL;
    uint64_t count;
    if (find_by(counts))
        return -1;
    if (is(counts, "value"))
        return take_value(counts);
    for (size_t h = 0; head && h < counts->evaluation->nheads; h++)
        if (!strcmp(counts->evaluation->head[h].name, head))
            sums = counts->group ? &counts->group->sums[h] : NULL;
    if (!sums)
        return malformed(counts, "no such head, or no values of its group");
    if (is(counts, "count"))
        return take_cell(counts, &sums->confusion);
    if (is(counts, "bin"))
        return take_bin(counts, sums);
    if (is(counts, "block"))
        return take_block(counts, sums);
    if (!is(counts, "rejected") && !is(counts, "unlabelled"))
        return malformed(counts, "neither count, bin, block, rejected nor unlabelled");
    if (take_count(counts, &text, &count) || take_end(counts, text))
        return -1;
    *(is(counts, "rejected") ? &sums->confusion.rejected : &sums->confusion.unlabelled) += count;
    return 0;
}

/* Counts, bins and blocks tell of the same records; a file that was edited shows here. */
static bool agree(const struct fa_sums *sums)
{
    uint64_t n = fa_confusion_n(&sums->confusion), seen = n - fa_confusion_unseen(&sums->confusion);
    uint64_t right = 0, wrong = 0, correct = fa_confusion_correct(&sums->confusion);
    struct fa_block total = sums_total(sums);
    for (size_t i = 0; i < FA_BINS; i++) {
        wrong += sums->bin[i][0].n;
        right += sums->bin[i][1].n;
    }
    return right == correct && right + wrong == n && total.n == n && total.seen == seen && total.correct == correct;
}

/* And every grouping of the same records as everyone. */
static int check_sums(const struct counts *counts)
{
    const struct fa_evaluation *evaluation = counts->evaluation;
    bool good = true;
    for (size_t h = 0; h < evaluation->nheads; h++) {
        good &= agree(&evaluation->everyone.sums[h]);
        for (size_t i = 0; i < evaluation->nby; i++) {
            uint64_t n = 0;
            for (size_t g = 0; g < evaluation->by[i].ngroups; g++) {
                good &= agree(&evaluation->by[i].group[g]->sums[h]);
                n += fa_confusion_n(&evaluation->by[i].group[g]->sums[h].confusion);
            }
            good &= n == fa_confusion_n(&evaluation->everyone.sums[h].confusion);
        }
    }
    return good ? 0 : fa_err_set(counts->err, "%s: damaged (its sums contradict one another)", counts->path);
}

static int add_table(struct counts *counts, const char *first)
{
    struct heads heads = {0};
    int rc = -1;
    if (check_names(counts) || read_heads(counts, &heads) ||
        (counts->evaluation->nheads ? check_heads(counts, &heads, first) : begin_evaluation(counts, &heads)))
        goto out;
    size_t last = fa_table_rows(counts->table) - 1;
    for (; counts->row < last; counts->row++)
        if (take_row(counts))
            goto out;
    rc = counts->row == last && is(counts, counts_end) ? check_sums(counts) : malformed(counts, "ended early");
out:
    fa_arena_free(&heads.arena);
    return rc;
}

int fa_counts_add(struct fa_evaluation *evaluation, const char *path, const char *first, struct fa_err *err)
{
    struct counts counts = {.path = strcmp(path, "-") ? path : "stdin", .evaluation = evaluation, .err = err};
    if (!(counts.table = fa_table_read(path, err)))
        return -1;
    int rc = add_table(&counts, first);
    fa_table_free(counts.table);
    return rc;
}
