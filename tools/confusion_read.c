#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "confusion.h"
#include "fa/mem.h"

/* ---- heads ---- */


/* A head's name becomes part of a file's. */
static void check_names(const struct confusion_source *source, const struct fa_head *head, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (source->files && strchr(head[i].name, '/'))
            cli_fail_text("head \"%s\" has a slash in its name, which no file can have", head[i].name);
        for (size_t j = 0; j < i; j++)
            if (!strcmp(head[i].name, head[j].name))
                cli_fail_text("head \"%s\" stands twice in the header", head[i].name);
    }
}

/* The index of the one that was chosen. */
static size_t find_head(const struct confusion_source *source, const struct fa_head *head, size_t n)
{
    char list[512] = "";
    for (size_t i = 0; i < n; i++)
        if (!strcmp(head[i].name, source->head))
            return i;
    for (size_t i = 0, used = 0; i < n && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", head[i].name);
    cli_fail_text("no head \"%s\" (there are: %s)", source->head, list);
}

/* ---- reading ---- */

static void add_counts(struct confusion *confusion, const struct confusion_source *source, const char *const *path, size_t n)
{
    static const char *const input[] = {"-"};
    struct fa_evaluation *evaluation = &confusion->evaluation;
    struct fa_err err;
    path = n ? path : input;
    for (size_t i = 0; i < n + !n; i++)
        if (fa_counts_add(evaluation, path[i], path[0], &err))
            cli_fail(&err);
    check_names(source, evaluation->head, evaluation->nheads);
    confusion->head = source->head ? find_head(source, evaluation->head, evaluation->nheads) : 0;
    cli_summary("%zu files of counts", n + !n);
}

static void offer_worst(struct confusion *confusion, const char *id)
{
    struct fa_err err;
    for (size_t h = 0; h < confusion->evaluation.nheads; h++) {
        const struct fa_verdict *verdict = &confusion->evaluation.verdict[h];
        bool mistake = verdict->state == FA_MEASURED && verdict->truth < confusion->evaluation.head[h].nclasses &&
                       verdict->predicted != verdict->truth;
        if (mistake && fa_shortlist_offer(&confusion->worst[h], verdict->loss, id, verdict, &err))
            cli_fail(&err);
    }
}

static void read_records(struct confusion *confusion, struct fa_reader *reader, struct fa_sheet *changed)
{
    uint64_t expect = cli_expect(fa_reader_header(reader));
    struct fa_record record = {0};
    struct fa_err err;
    int got;
    while ((got = fa_reader_next(reader, &record, &err)) == 1) {
        if (fa_evaluation_add(&confusion->evaluation, &record, &err))
            cli_fail(&err);
        if (confusion->worst)
            offer_worst(confusion, record.id);
        const uint32_t *answer =
            confusion->compare ? fa_compare_add(confusion->compare, &confusion->evaluation, record.id) : NULL;
        if (answer)
            fa_changed_write(changed, &confusion->evaluation, record.id, answer);
        cli_progress("faces", fa_reader_count(reader), expect, fa_reader_rejected(reader));
    }
    if (got < 0)
        cli_fail(&err);
    fa_record_free(&record);
}

static void open_lists(struct confusion *confusion, const struct confusion_source *source)
{
    struct fa_err err;
    if (source->worst) {
        confusion->worst = fa_mem_array(confusion->evaluation.nheads, sizeof *confusion->worst, &err);
        if (!confusion->worst)
            cli_fail(&err);
        for (size_t h = 0; h < confusion->evaluation.nheads; h++)
            if (fa_shortlist_init(&confusion->worst[h], (size_t)source->worst, &err))
                cli_fail(&err);
    }
    if (source->compare && !(confusion->compare = fa_compare_open(source->compare, &confusion->evaluation, source->merge.text,
                                                                source->merge.n, &err)))
        cli_fail(&err);
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

static void begin_evaluation(struct confusion *confusion, const struct confusion_source *source, const struct fa_header *header)
{
    struct fa_err err;
    const struct fa_head *head = header->head;
    check_names(source, head, header->nheads);
    if (source->head)
        head += find_head(source, head, header->nheads);
    confusion->merge = fa_merge_new(head, source->head ? 1 : header->nheads, source->merge.text, source->merge.n, &err);
    if (!confusion->merge ||
        fa_evaluation_init(&confusion->evaluation, confusion->merge, source->by, source->ordered, &err))
        cli_fail(&err);
    open_lists(confusion, source);
}

static void read_logits(struct confusion *confusion, const struct confusion_source *source, const char *const *path, size_t n)
{
    struct fa_err err;
    struct fa_reader *reader = fa_reader_open(path, n, FA_LOGIT, FA_READER_UNIQUE, &err);
    struct fa_sheet changed = confusion->sheet;
    if (!reader)
        cli_fail(&err);
    begin_evaluation(confusion, source, fa_reader_header(reader));
    if (!(changed.file = open_memstream(&confusion->changed, &confusion->nchanged)))
        cli_fail_text("out of memory");
    fa_changed_write_names(&changed);
    read_records(confusion, reader, &changed);
    if (fclose(changed.file))
        cli_fail_text("out of memory");
    for (size_t h = 0; confusion->worst && h < confusion->evaluation.nheads; h++)
        fa_shortlist_sort(&confusion->worst[h]);
    for (size_t h = 0; h < confusion->evaluation.nheads; h++)
        warn_of_labels(&confusion->evaluation.everyone.sums[h].confusion);
    confusion->count = fa_reader_count(reader);
    confusion->rejected = fa_reader_rejected(reader);
    fa_reader_close(reader);
}

void confusion_read(struct confusion *confusion, const struct confusion_source *source, const char *const *path, size_t n)
{
    struct fa_err err;
    (source->add ? add_counts : read_logits)(confusion, source, path, n);
    if (fa_scores_make(&confusion->scores, &confusion->evaluation, confusion->bootstrap, &err))
        cli_fail(&err);
}

void confusion_free(struct confusion *confusion)
{
    fa_scores_free(&confusion->scores, &confusion->evaluation);
    for (size_t h = 0; confusion->worst && h < confusion->evaluation.nheads; h++)
        fa_shortlist_free(&confusion->worst[h]);
    free(confusion->worst);
    free(confusion->changed);
    fa_compare_free(confusion->compare);
    fa_bootstrap_free(confusion->bootstrap);
    fa_evaluation_free(&confusion->evaluation);
    fa_merge_free(confusion->merge);
}
