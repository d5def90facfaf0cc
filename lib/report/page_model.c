/* The model: its training, where it comes from, what it is for. */
#include "html.h"
#include "page.h"

/* ---- training ---- */

static int put_drawing(FILE *file, const struct fa_report *report, const char *kind, const char *title,
                       int (*draw)(FILE *, const struct fa_drawing *, bool, struct fa_err *), struct fa_err *err)
{
    const struct fa_drawing drawing = {.kind = kind, .of = "", .report = report, .draw = draw};
    fprintf(file, "<h3>%s</h3>\n", title);
    return page_drawing(file, &drawing, err);
}

int page_training(FILE *file, const struct fa_report *report, struct fa_err *err)
{
    if (!report->architecture && !report->history && !report->trials && !report->epochs)
        return 0;
    fputs("<section aria-labelledby=\"training0\"><h2 id=\"training0\">Model and training</h2>\n", file);
    if (report->architecture) {
        fputs("<h3>Architecture</h3>\n<pre tabindex=\"0\" role=\"group\" aria-label=\"Layers and parameters\">", file);
        html_text(file, report->architecture);
        fputs("</pre>\n", file);
    }
    if (report->history && (put_drawing(file, report, "loss", "Loss", draw_loss, err) ||
                            put_drawing(file, report, "accuracy", "Accuracy", draw_accuracy, err)))
        return -1;
    if (report->trials && put_drawing(file, report, "trials", "Search: what was tried, and what it scored", draw_trials, err))
        return -1;
    if (report->epochs && put_drawing(file, report, "epochs", "Search: learning curves", draw_epochs, err))
        return -1;
    fputs("</section>\n", file);
    return 0;
}

/* ---- provenance ---- */

static const char *item_text(const struct fa_value *list, size_t i)
{
    return i < list->array.n && list->array.item[i].type == FA_STRING ? list->array.item[i].string : "";
}

static void put_commands(FILE *file, const struct fa_value *prog)
{
    page_table_begin(file, "words", "The commands that made the answers, in order", "");
    fputs("<thead><tr><th scope=\"col\">program</th><th scope=\"col\">version</th><th "
          "scope=\"col\">command</th></tr></thead><tbody>\n", file);
    for (size_t i = 0; i < prog->array.n; i++) {
        const struct fa_value *command = &prog->array.item[i];
        if (command->type != FA_ARRAY)
            continue;
        fputs("<tr>", file);
        for (size_t k = 0; k < 3; k++)
            page_cell(file, item_text(command, k));
        fputs("</tr>\n", file);
    }
    fputs("</tbody>", file);
    page_table_end(file);
}

static void put_attributes(FILE *file, const struct fa_evaluation *evaluation)
{
    for (size_t h = 0; h < evaluation->nheads; h++) {
        const struct fa_head *head = &evaluation->head[h];
        html_text(file, head->name);
        for (size_t i = 0; i < head->nclasses; i++) {
            fputs(i ? ", " : ": ", file);
            html_text(file, head->class[i]);
        }
        fputs(h + 1 < evaluation->nheads ? "; " : "", file);
    }
}

void page_provenance(FILE *file, const struct fa_report *report)
{
    static const char *const key[][2] = {{"card", "Network"},
                                         {"digest", "Digest of its weights"},
                                         {"template", "Cut of the faces"},
                                         {"order", "Order of colours"}, {"model", "Digest of the head model"}};
    const struct fa_value *prog = fa_map_get(&report->header->map, "prog");
    fputs("<section aria-labelledby=\"provenance0\"><h2 id=\"provenance0\">Provenance</h2>\n", file);
    page_table_begin(file, "words", "What was measured", "");
    fputs("<tbody>\n", file);
    for (size_t i = 0; i < sizeof key / sizeof *key; i++) {
        const char *text = fa_map_string(&report->header->map, key[i][0], "");
        if (!text[0])
            continue;
        fputs("<tr>", file);
        page_name(file, "row", key[i][1]);
        page_cell(file, text);
        fputs("</tr>\n", file);
    }
    fputs("<tr><th scope=\"row\">Attributes</th><td>", file);
    put_attributes(file, report->evaluation);
    fputs("</td></tr></tbody>", file);
    page_table_end(file);
    if (prog && prog->type == FA_ARRAY && prog->array.n)
        put_commands(file, prog);
    fputs("</section>\n", file);
}

/* ---- model card ---- */

void page_model_card(FILE *file, const struct fa_report *report)
{
    (void)report;
    fputs("<section aria-labelledby=\"card0\"><h2 id=\"card0\">Use and limits</h2>\n"
          "<h3>What it is for</h3>\n"
          "<p>Measuring: how well such classifiers work, for whom they fail, and what is in a set of pictures.</p>\n"
          "<h3>What it must not be used for</h3>\n"
          "<p class=\"warn\">To decide about people: not for access, hiring, housing, credit, insurance, policing, "
          "border control, medicine or advertising, and not to sort, watch or single out anyone. In many places the law "
          "forbids more than this.</p>\n"
          "<h3>Limits</h3>\n"
          "<ul>\n"
          "<li>The attributes are perceived categories: what people thought they saw in a photograph, in the classes "
          "that the makers of a data set chose. Nobody's age, gender or race can be read off a face.</li>\n"
          "<li>The figures hold for pictures like those measured here, cut in the same way. Other cameras, poses, light, "
          "ages or countries give others, mostly worse.</li>\n"
          "<li>Faces that were not found are not among those measured. If faces of a group are missed more often, no "
          "accuracy shows it.</li>\n"
          "<li>Groups differ in their error rates, small groups have wide intervals, and a small gap in one grouping "
          "says nothing about another.</li>\n"
          "<li>A label can be wrong. The worst mistakes above are where to look first.</li>\n"
          "<li>How sure an answer is means something only as far as the reliability diagrams show it.</li>\n"
          "</ul>\n"
          "</section>\n",
          file);
}
