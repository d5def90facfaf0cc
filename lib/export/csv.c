#include <math.h>
#include <string.h>

#include "export.h"
#include "fa/eval.h"
#include "fa/table.h"

/* What is told of a crop, besides where it comes from. */
static const char *const of_crop[] = {"angle", "sharpness", "exposure", "clipped"};
enum { NOF_CROP = sizeof of_crop / sizeof *of_crop };

int csv_begin(struct fa_export *export, struct fa_err *err)
{
    const struct fa_header *header = export->header;
    FILE *file = export->file;
    (void)err;
    fputs("file,face,x,y,w,h,score", file);
    for (size_t i = 0; i < header->nheads; i++) {
        const struct fa_head *head = &header->head[i];
        putc(',', file);
        fa_table_put(file, head->name);
        putc(',', file);
        fa_table_put_joined(file, head->name, "_", "p");
        for (size_t k = 0; k < head->nclasses; k++) {
            putc(',', file);
            fa_table_put_joined(file, head->name, " ", head->class[k]);
        }
    }
    for (size_t i = 0; header->kind == FA_CROP && i < NOF_CROP; i++)
        fprintf(file, ",%s", of_crop[i]);
    for (size_t i = 0; header->kind == FA_EMBEDDING && i < header->dim[0]; i++)
        fprintf(file, ",v%zu", i);
    fputs(",reject\n", file);
    return 0;
}

/* The picture, and which of its faces: an id without `#k` is the first. */
static int put_face(FILE *file, struct fa_record *record, struct fa_err *err)
{
    size_t n = fa_id_base(record->id);
    const char *picture = fa_arena_strndup(&record->arena, record->id, n, err), *mark = record->id + n;
    if (!picture)
        return -1;
    fa_table_put(file, picture);
    if (mark[0] == '#')
        fprintf(file, ",%.*s", (int)strspn(mark + 1, "0123456789"), mark + 1);
    else
        fputs(fa_record_reject(record) ? "," : ",1", file);
    return 0;
}

static void put_number(FILE *file, const struct fa_value *value)
{
    putc(',', file);
    if (value && (value->type == FA_INT || value->type == FA_REAL))
        fprintf(file, "%.7g", value->type == FA_INT ? (double)value->integer : value->real);
}

static void put_box(FILE *file, const struct fa_map *about)
{
    const struct fa_value *box = fa_map_get(about, "box");
    bool four = box && box->type == FA_ARRAY && box->array.n == 4;
    for (size_t i = 0; i < 4; i++)
        put_number(file, four ? &box->array.item[i] : NULL);
    put_number(file, fa_map_get(about, "score"));
}

/* logit is NULL for a reject. */
static void put_head(FILE *file, const struct fa_head *head, const float *logit)
{
    double sum = logit ? fa_logits_log_sum(logit, head->nclasses) : 0;
    size_t best = logit ? fa_logits_argmax(logit, head->nclasses) : 0;
    putc(',', file);
    if (logit)
        fa_table_put(file, head->class[best]);
    putc(',', file);
    if (logit)
        fprintf(file, "%.6g", exp((double)logit[best] - sum));
    for (size_t i = 0; i < head->nclasses; i++) {
        putc(',', file);
        if (logit)
            fprintf(file, "%.6g", exp((double)logit[i] - sum));
    }
}

int csv_put(struct fa_export *export, struct fa_record *record, struct fa_err *err)
{
    const struct fa_header *header = export->header;
    const char *reject = fa_record_reject(record);
    const float *number = reject ? NULL : record->data;
    FILE *file = export->file;
    if (put_face(file, record, err))
        return -1;
    put_box(file, &record->about);
    for (size_t i = 0; header->kind == FA_CROP && i < NOF_CROP; i++)
        put_number(file, fa_map_get(&record->about, of_crop[i]));
    for (size_t i = 0; i < header->nheads; i++)
        put_head(file, &header->head[i], number ? number + header->head[i].offset : NULL);
    for (size_t i = 0; header->kind == FA_EMBEDDING && i < header->dim[0]; i++) {
        putc(',', file);
        if (number)
            fprintf(file, "%.9g", (double)number[i]);
    }
    putc(',', file);
    fa_table_put(file, reject ? reject : "");
    putc('\n', file);
    return 0;
}
