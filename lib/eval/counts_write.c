#include <inttypes.h>

#include "counts.h"

/* A row: what, by, group, head, row, column, value. Text that came from outside stands behind a word, so that no cell is
 * taken for a date or a formula; by_ and group are those of the groups, empty for everyone. */
struct line {
    FILE *file;
    const struct fa_by *by;
    size_t group;
};

static void put_word(FILE *file, const char *word, const char *text)
{
    putc(',', file);
    if (text)
        fa_table_put_joined(file, word, " ", text);
}

static void begin(const struct line *line, const char *what, const char *head)
{
    fputs(what, line->file);
    put_word(line->file, "by", line->by ? line->by->text : NULL);
    putc(',', line->file);
    if (line->by)
        fprintf(line->file, "%zu", line->group);
    put_word(line->file, "head", head);
}

static void put_sum(FILE *file, const char *before, const struct fa_sum *sum)
{
    fprintf(file, "%s%" PRIu64 ".%012" PRIu64, before, sum->whole, sum->part);
}

static void write_confusion(const struct line *line, const struct fa_confusion *confusion)
{
    const char *head = confusion->head;
    begin(line, "rejected", head);
    fprintf(line->file, ",,,%" PRIu64 "\n", confusion->rejected);
    begin(line, "unlabelled", head);
    fprintf(line->file, ",,,%" PRIu64 "\n", confusion->unlabelled);
    for (size_t row = 0; row < confusion->label.n; row++)
        for (size_t column = 0; column < confusion->classes; column++) {
            uint64_t count = fa_confusion_row(confusion, row)[column];
            if (!count)
                continue;
            begin(line, "count", head);
            put_word(line->file, "true", fa_confusion_label(confusion, row));
            put_word(line->file, "predicted", fa_confusion_label(confusion, column));
            fprintf(line->file, ",%" PRIu64 "\n", count);
        }
}

static void write_sums(const struct line *line, const struct fa_sums *sums)
{
    const char *head = sums->confusion.head;
    write_confusion(line, &sums->confusion);
    for (size_t i = 0; i < FA_BINS; i++)
        for (size_t right = 0; right < 2; right++) {
            const struct fa_bin *bin = &sums->bin[i][right];
            if (!bin->n)
                continue;
            begin(line, "bin", head);
            fprintf(line->file, ",%zu,%s,%" PRIu64, i, counts_right[right], bin->n);
            put_sum(line->file, " ", &bin->confidence);
            putc('\n', line->file);
        }
    for (size_t i = 0; i < FA_BLOCKS; i++) {
        const struct fa_block *block = &sums->block[i];
        if (!block->n)
            continue;
        begin(line, "block", head);
        fprintf(line->file, ",%zu,,%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, i, block->n, block->seen,
                block->correct, block->top2, block->bit_errors);
        put_sum(line->file, " ", &block->nll);
        put_sum(line->file, " ", &block->brier);
        putc('\n', line->file);
    }
}

static void write_group(const struct line *line, const struct fa_group *group, size_t nheads)
{
    for (size_t i = 0; line->by && i < line->by->nkeys; i++) {
        begin(line, "value", NULL);
        fprintf(line->file, ",%zu", i);
        put_word(line->file, "is", group->value[i]);
        fputs(",\n", line->file);
    }
    for (size_t h = 0; h < nheads; h++)
        write_sums(line, &group->sums[h]);
}

void fa_counts_write(FILE *file, const struct fa_evaluation *evaluation)
{
    struct line line = {.file = file};
    fprintf(file, "what,by,group,head,row,column,value\n%s,,,,,,%d\n", counts_name, COUNTS_VERSION);
    for (size_t h = 0; h < evaluation->nheads; h++)
        for (size_t i = 0; i < evaluation->head[h].nclasses; i++) {
            begin(&line, "class", evaluation->head[h].name);
            put_word(file, "true", evaluation->head[h].class[i]);
            fprintf(file, ",,%s\n", evaluation->everyone.sums[h].ordered ? "ordered" : "");
        }
    for (size_t i = 0; i < evaluation->nby; i++) {
        line.by = &evaluation->by[i];
        begin(&line, "groups", NULL);
        fputs(",,,\n", file);
    }
    line.by = NULL;
    write_group(&line, &evaluation->everyone, evaluation->nheads);
    for (size_t i = 0; i < evaluation->nby; i++) {
        line.by = &evaluation->by[i];
        for (line.group = 0; line.group < line.by->ngroups; line.group++)
            write_group(&line, line.by->group[line.group], evaluation->nheads);
    }
    fprintf(file, "%s,,,,,,\n", counts_end);
}
