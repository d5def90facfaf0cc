#include <stdlib.h>
#include <string.h>

#include "fa/head.h"
#include "fa/mem.h"
#include "report.h"

/* ---- what is measured ---- */

/* Every head, parted by commas, but for those whose name means something else in such a list; NULL: none. */
static const char *all_heads(const struct fa_head *head, size_t n, struct fa_arena *arena)
{
    struct fa_err err;
    const char *list = NULL;
    for (size_t i = 0; i < n; i++) {
        if (!head[i].name[0] || strpbrk(head[i].name, ",+:"))
            continue;
        if (!(list = fa_arena_printf(arena, &err, "%s%s%s", list ? list : "", list ? "," : "", head[i].name)))
            cli_fail(&err);
    }
    return list;
}

/* A copy of the logits' header with this run in its provenance. */
static void copy_header(struct report_run *run)
{
    struct fa_err err;
    if (fa_header_copy(&run->header, &run->arena, fa_reader_header(run->reader), &err))
        cli_fail(&err);
    cli_add_prog(&run->header, &run->arena);
}

static void begin(struct report_run *run, const struct report_source *source, const char *const *path, size_t n)
{
    struct fa_err err;
    if (!(run->reader = fa_reader_open(path, n, FA_LOGIT, FA_READER_UNIQUE, &err)))
        cli_fail(&err);
    const struct fa_header *header = fa_reader_header(run->reader);
    const char *by = source->by ? source->by : all_heads(header->head, header->nheads, &run->arena);
    run->merge = fa_merge_new(header->head, header->nheads, source->merge.text, source->merge.n, &err);
    if (!run->merge || fa_evaluation_init(&run->evaluation, run->merge, by, source->ordered, &err))
        cli_fail(&err);
    size_t nheads = run->evaluation.nheads;
    run->worst = fa_mem_array(2 * nheads, sizeof *run->worst, &err);
    if (!run->worst)
        cli_fail(&err);
    run->random = run->worst + nheads;
    for (size_t i = 0; i < 2 * nheads; i++)
        if (fa_shortlist_init(&run->worst[i], (size_t)source->faces, &err))
            cli_fail(&err);
}

static void offer(struct report_run *run, const struct report_source *source, const char *id)
{
    struct fa_err err;
    double chance = fa_report_chance((uint64_t)source->seed, id);
    for (size_t h = 0; h < run->evaluation.nheads; h++) {
        const struct fa_verdict *verdict = &run->evaluation.verdict[h];
        if (verdict->state != FA_MEASURED)
            continue;
        bool mistake = verdict->truth < run->evaluation.head[h].nclasses && verdict->predicted != verdict->truth;
        if ((mistake && fa_shortlist_offer(&run->worst[h], verdict->loss, id, verdict, &err)) ||
            fa_shortlist_offer(&run->random[h], chance, id, verdict, &err))
            cli_fail(&err);
    }
}

static void read_logits(struct report_run *run, const struct report_source *source)
{
    uint64_t expect = cli_expect(fa_reader_header(run->reader));
    struct fa_record record = {0};
    struct fa_err err;
    int got;
    while ((got = fa_reader_next(run->reader, &record, &err)) == 1) {
        if (fa_evaluation_add(&run->evaluation, &record, &err))
            cli_fail(&err);
        offer(run, source, record.id);
        cli_progress("faces", fa_reader_count(run->reader), expect, fa_reader_rejected(run->reader));
    }
    if (got < 0)
        cli_fail(&err);
    fa_record_free(&record);
    for (size_t i = 0; i < 2 * run->evaluation.nheads; i++)
        fa_shortlist_sort(&run->worst[i]);
}

static void score(struct report_run *run, const struct report_source *source)
{
    struct fa_err err;
    struct fa_bootstrap *bootstrap = fa_bootstrap_new((uint64_t)source->seed, (size_t)source->replicates, &err);
    if (!bootstrap || fa_scores_make(&run->scores, &run->evaluation, bootstrap, &err))
        cli_fail(&err);
    fa_bootstrap_free(bootstrap);
}

/* ---- what stands beside it ---- */

static void read_pictures(struct report_run *run, const struct report_source *source)
{
    struct fa_err err;
    if (!(run->thumbnails = fa_thumbnails_new(&err)))
        cli_fail(&err);
    for (size_t i = 0; i < 2 * run->evaluation.nheads; i++)
        for (size_t k = 0; k < run->worst[i].n; k++)
            if (fa_thumbnails_want(run->thumbnails, run->worst[i].pick[k].id, &err))
                cli_fail(&err);
    if (fa_thumbnails_read(run->thumbnails, source->crops, (size_t)source->side, &err))
        cli_fail(&err);
    size_t wanted = fa_thumbnails_wanted(run->thumbnails), found = fa_thumbnails_found(run->thumbnails);
    if (found < wanted)
        cli_warn("%s: no picture of %zu of %zu faces", source->crops, wanted - found, wanted);
}

static char *describe(const char *path)
{
    struct fa_err err;
    char *text = NULL;
    size_t size;
    struct fa_model *model = fa_model_read(path, &err);
    FILE *file = model ? open_memstream(&text, &size) : NULL;
    if (!model)
        cli_fail(&err);
    if (file)
        fa_model_describe(model, file);
    if (!file || fclose(file))
        cli_fail_text("out of memory");
    fa_model_free(model);
    return text;
}

static struct fa_table *read_table(const char *path)
{
    struct fa_err err;
    struct fa_table *table = path ? fa_table_read(path, &err) : NULL;
    if (path && !table)
        cli_fail(&err);
    return table;
}

void report_read(struct report_run *run, const struct report_source *source, const char *const *path, size_t n)
{
    begin(run, source, path, n);
    copy_header(run);
    run->history = read_table(source->history);
    run->trials = read_table(source->trials);
    run->epochs = read_table(source->epochs);
    run->architecture = source->model ? describe(source->model) : NULL;
    read_logits(run, source);
    score(run, source);
    if (source->crops)
        read_pictures(run, source);
    run->report = (struct fa_report){
        .title = source->title ? source->title : "Report on facial attributes",
        .header = &run->header,
        .evaluation = &run->evaluation,
        .scores = &run->scores,
        .faces = fa_reader_count(run->reader),
        .rejected = fa_reader_rejected(run->reader),
        .worst = run->worst,
        .random = run->random,
        .thumbnails = run->thumbnails,
        .architecture = run->architecture,
        .history = run->history,
        .trials = run->trials,
        .epochs = run->epochs,
    };
}

void report_free(struct report_run *run)
{
    fa_scores_free(&run->scores, &run->evaluation);
    for (size_t i = 0; i < 2 * run->evaluation.nheads; i++)
        fa_shortlist_free(&run->worst[i]);
    free(run->worst);
    fa_thumbnails_free(run->thumbnails);
    fa_table_free(run->history);
    fa_table_free(run->trials);
    fa_table_free(run->epochs);
    free(run->architecture);
    fa_evaluation_free(&run->evaluation);
    fa_merge_free(run->merge);
    fa_reader_close(run->reader);
    fa_arena_free(&run->arena);
}
