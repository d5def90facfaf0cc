#include <math.h>

#include "export.h"
#include "fa/eval.h"

void fa_export_header(FILE *file, const struct fa_header *header)
{
    const struct fa_value map = {.type = FA_MAP, .map = header->map};
    fputs("{\n  \"kind\": ", file);
    fa_json_write_string(file, fa_kind_name(header->kind));
    fputs(",\n  \"header\": ", file);
    fa_json_write_value(file, &map, 2);
    fputs("\n}\n", file);
}

static void write_map(FILE *file, const char *name, const struct fa_map *map)
{
    const struct fa_value value = {.type = FA_MAP, .map = *map};
    fprintf(file, ",\"%s\":", name);
    fa_json_write_value(file, &value, 0);
}

static void write_predicted(FILE *file, const struct fa_header *header, const float *logit)
{
    fputs(",\"predicted\":{", file);
    for (size_t i = 0; i < header->nheads; i++) {
        const struct fa_head *head = &header->head[i];
        fputs(i ? "," : "", file);
        fa_json_write_string(file, head->name);
        putc(':', file);
        fa_json_write_string(file, head->class[fa_logits_argmax(logit + head->offset, head->nclasses)]);
    }
    putc('}', file);
}

static void write_probabilities(FILE *file, const struct fa_head *head, const float *logit)
{
    double sum = fa_logits_log_sum(logit, head->nclasses);
    fa_json_write_string(file, head->name);
    fputs(":{", file);
    for (size_t i = 0; i < head->nclasses; i++) {
        fputs(i ? "," : "", file);
        fa_json_write_string(file, head->class[i]);
        fprintf(file, ":%.6g", exp((double)logit[i] - sum));
    }
    putc('}', file);
}

static void write_logits(FILE *file, const struct fa_header *header, const float *logit)
{
    write_predicted(file, header, logit);
    fputs(",\"values\":{", file);
    for (size_t i = 0; i < header->nheads; i++) {
        fputs(i ? "," : "", file);
        write_probabilities(file, &header->head[i], logit + header->head[i].offset);
    }
    putc('}', file);
}

static void write_vector(FILE *file, const struct fa_record *record, bool bytes)
{
    fputs(",\"values\":[", file);
    for (size_t i = 0; i < record->elements; i++) {
        fputs(i ? "," : "", file);
        if (bytes)
            fprintf(file, "%u", (unsigned)((const unsigned char *)record->data)[i]);
        else
            fa_json_write_number(file, (double)((const float *)record->data)[i]);
    }
    putc(']', file);
}

int json_put(struct fa_export *export, struct fa_record *record, struct fa_err *err)
{
    FILE *file = export->file;
    enum fa_kind kind = export->header->kind;
    (void)err;
    fputs("{\"id\":", file);
    fa_json_write_string(file, record->id);
    write_map(file, "labels", &record->labels);
    write_map(file, "about", &record->about);
    if (fa_record_reject(record))
        fputs(kind == FA_LOGIT ? ",\"predicted\":null,\"values\":null" : ",\"values\":null", file);
    else if (kind == FA_LOGIT)
        write_logits(file, export->header, record->data);
    else if (kind == FA_EMBEDDING || export->pixels)
        write_vector(file, record, kind == FA_CROP);
    fputs("}\n", file);
    return 0;
}
