#include <inttypes.h>

#include "fa/export.h"
#include "room.h"

struct json {
    FILE *file;
    const struct fa_check *check;
    bool begun; /* an item of the list that is being written */
};

/* A line of its own for each item of a list. */
static void begin_item(struct json *json)
{
    fputs(json->begun ? ",\n    " : "\n    ", json->file);
    json->begun = true;
}

static void begin_list(struct json *json, const char *name)
{
    fprintf(json->file, ",\n  \"%s\": [", name);
    json->begun = false;
}

static void end_list(struct json *json)
{
    fputs(json->begun ? "\n  ]" : "]", json->file);
}

static void put_pair(FILE *file, const char *key, const char *value)
{
    fprintf(file, ", \"%s\": ", key);
    fa_json_write_string(file, value);
}

static void write_census(struct json *json, const struct fa_census *census)
{
    begin_item(json);
    fputs("{\"column\": ", json->file);
    fa_json_write_string(json->file, census->name);
    fprintf(json->file, ", \"unlabelled\": %" PRIu64 ", \"classes\": {", census->unlabelled);
    for (size_t i = 0; i < census->class.n; i++) {
        fputs(i ? ", " : "", json->file);
        fa_json_write_string(json->file, census->class.name[i]);
        fprintf(json->file, ": %" PRIu64, census->count[i]);
    }
    fputs("}}", json->file);
}

static void see_crossing(void *arg, const struct fa_crossing *crossing)
{
    struct json *json = arg;
    FILE *file = json->file;
    begin_item(json);
    fputs("{\"columns\": [", file);
    for (size_t i = 0; i < crossing->n; i++) {
        fputs(i ? ", " : "", file);
        fa_json_write_string(file, crossing->census[i]->name);
    }
    fprintf(file, "], \"possible\": %" PRIu64 ", \"cells\": [", crossing->possible);
    for (size_t cell = 0; cell < crossing->ncells; cell++) {
        fputs(cell ? ", [" : "[", file);
        for (size_t i = 0; i < crossing->n; i++) {
            fa_json_write_string(file, fa_crossing_class(crossing, cell, i));
            fputs(", ", file);
        }
        fprintf(file, "%" PRIu64 "]", crossing->count[cell]);
    }
    fputs("]}", file);
}

static void see_problem(void *arg, const struct problem *problem)
{
    struct json *json = arg;
    begin_item(json);
    fprintf(json->file, "{\"what\": \"%s\", \"line\": %zu", fa_fault_name(problem->fault),
            fa_table_line(json->check->order.table, problem->row));
    put_pair(json->file, "file", fa_check_file(json->check, problem->row));
    if (problem->column) {
        put_pair(json->file, "column", problem->column);
        put_pair(json->file, "label", problem->label);
    }
    if (problem->likely)
        put_pair(json->file, "likely", problem->likely);
    if (problem->note)
        put_pair(json->file, "note", problem->note);
    putc('}', json->file);
}

static void write_sizes(FILE *file, const struct fa_check *check)
{
    fprintf(file, ",\n  \"pictures\": {\"readable\": %zu", check->readable);
    for (int i = 0; i < 2 && check->readable; i++) {
        const uint32_t *side = i ? check->height : check->width;
        fprintf(file, ", \"%s\": [%" PRIu32 ", %" PRIu32 ", %" PRIu32 "]", i ? "height" : "width", side[0], side[1], side[2]);
    }
    putc('}', file);
}

int fa_check_write_json(FILE *file, const struct fa_check *check, struct fa_err *err)
{
    struct json json = {.file = file, .check = check};
    fprintf(file, "{\n  \"rows\": %zu,\n  \"faults\": %zu", fa_table_rows(check->order.table), fa_check_total(check, false));
    begin_list(&json, "labels");
    for (size_t i = 0; i < check->ncensus; i++)
        write_census(&json, &check->census[i]);
    end_list(&json);
    begin_list(&json, "crossings");
    if (fa_check_cross_all(check, see_crossing, &json, err))
        return -1;
    end_list(&json);
    write_sizes(file, check);
    begin_list(&json, "problems");
    fa_check_visit(check, see_problem, &json);
    end_list(&json);
    fputs("\n}\n", file);
    return 0;
}
