/* Makes a stream from lines on standard input, fields parted by `|`:
 *
 *     logit                         or `embedding|DIM`, `crop|HEIGHT|WIDTH|CHANNELS`; `f16|KIND...` stores half floats
 *     head|NAME|CLASS|CLASS...      of a logit stream
 *     set|KEY|TEXT                  into the header
 *     record|ID                     what follows belongs to it
 *     label|KEY|TEXT
 *     about|KEY|NUMBER              several numbers make an array
 *     reject|REASON
 *     data|NUMBER|NUMBER...         short of the shape: the last number is repeated
 *     end                           without it the stream is cut
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fa/stream.h"

enum { FIELDS = 64, HEADS = 8 };

static struct fa_arena arena;
static struct fa_header header;
static struct fa_head heads[HEADS];
static struct fa_writer *writer;
static struct fa_record record;
static size_t nheads, line;

static void fail(const char *why)
{
    fprintf(stderr, "mkstream: line %zu: %s\n", line, why);
    exit(1);
}

static void need(int failed, const struct fa_err *err)
{
    if (failed)
        fail(err->text);
}

static void begin(char **field, size_t n)
{
    struct fa_err err;
    bool half = !strcmp(field[0], "f16");
    field += half;
    n -= half;
    header.dtype = half ? FA_F16 : FA_F32;
    header.kind = !strcmp(field[0], "logit") ? FA_LOGIT : !strcmp(field[0], "embedding") ? FA_EMBEDDING : FA_CROP;
    if (header.kind == FA_CROP)
        header.dtype = FA_U8;
    header.rank = n - 1;
    for (size_t i = 1; i < n && i <= 4; i++)
        header.dim[i - 1] = strtoul(field[i], NULL, 10);
    need(fa_header_add_prog(&header, &arena, "mkstream", "0", "mkstream", &err), &err);
}

static void add_head(char **field, size_t n)
{
    struct fa_err err;
    const char **class = fa_arena_alloc(&arena, n * sizeof *class, &err);
    if (!class || nheads == HEADS)
        fail("too many heads");
    for (size_t i = 2; i < n; i++)
        class[i - 2] = fa_arena_strdup(&arena, field[i], &err);
    heads[nheads++] = (struct fa_head){.name = fa_arena_strdup(&arena, field[1], &err), .class = class, .nclasses = n - 2};
}

static void open_writer(void)
{
    struct fa_err err;
    if (writer)
        return;
    if (header.kind == FA_LOGIT)
        need(fa_header_set_heads(&header, &arena, heads, nheads, &err), &err);
    writer = fa_writer_open(1, "stdout", &header, &err);
    need(!writer, &err);
}

static void finish_record(void)
{
    struct fa_err err;
    if (record.id)
        need(fa_writer_put(writer, &record, &err), &err);
    fa_record_clear(&record);
}

static void set_data(char **field, size_t n)
{
    struct fa_err err;
    size_t elements = fa_header_elements(&header), size = header.kind == FA_CROP ? 1 : sizeof(float);
    void *data = fa_record_payload(&record, elements, size, &err);
    need(!data, &err);
    for (size_t i = 0; i < elements; i++) {
        float number = strtof(field[i + 1 < n ? i + 1 : n - 1], NULL);
        if (header.kind == FA_CROP)
            ((unsigned char *)data)[i] = (unsigned char)number;
        else
            ((float *)data)[i] = number;
    }
}

static void set_about(char **field, size_t n)
{
    struct fa_err err;
    float number[FIELDS];
    struct fa_value value = n == 3 ? fa_value_real(strtod(field[2], NULL)) : (struct fa_value){0};
    for (size_t i = 2; i < n; i++)
        number[i] = strtof(field[i], NULL);
    if (n > 3)
        need(fa_value_reals(&value, &record.arena, number + 2, n - 2, &err), &err);
    need(fa_map_set(&record.about, &record.arena, fa_arena_strdup(&record.arena, field[1], &err), value, &err), &err);
}

static void set_text(struct fa_map *map, struct fa_arena *owner, char **field)
{
    struct fa_err err;
    const char *key = fa_arena_strdup(owner, field[1], &err), *text = fa_arena_strdup(owner, field[2], &err);
    need(!key || !text || fa_map_set(map, owner, key, fa_value_string(text), &err), &err);
}

static void obey(char **field, size_t n)
{
    struct fa_err err;
    const char *verb = field[0];
    if (!strcmp(verb, "head") && n > 2) {
        add_head(field, n);
    } else if (!strcmp(verb, "set") && n == 3) {
        set_text(&header.map, &arena, field);
    } else if (!strcmp(verb, "record") && n == 2) {
        open_writer();
        finish_record();
        record.id = fa_arena_strdup(&record.arena, field[1], &err);
    } else if (!strcmp(verb, "label") && n == 3) {
        set_text(&record.labels, &record.arena, field);
    } else if (!strcmp(verb, "about") && n > 2) {
        set_about(field, n);
    } else if (!strcmp(verb, "reject") && n == 2) {
        need(fa_record_set_reject(&record, fa_arena_strdup(&record.arena, field[1], &err), &err), &err);
    } else if (!strcmp(verb, "data") && n > 1) {
        set_data(field, n);
    } else if (!strcmp(verb, "end")) {
        open_writer();
        finish_record();
        need(fa_writer_end(writer, &err), &err);
    } else {
        begin(field, n);
    }
}

int main(void)
{
    char text[65536];
    struct fa_err err;
    while (fgets(text, sizeof text, stdin)) {
        char *field[FIELDS];
        size_t n = 0;
        line++;
        text[strcspn(text, "\n")] = '\0';
        for (char *p = text; p && n < FIELDS; n++) {
            field[n] = p;
            p = strchr(p, '|');
            if (p)
                *p++ = '\0';
        }
        if (text[0])
            obey(field, n);
    }
    if (writer) {
        finish_record();
        need(fa_writer_flush(writer, &err), &err);
        fa_writer_close(writer);
    }
    fa_record_free(&record);
    fa_arena_free(&arena);
    return 0;
}
