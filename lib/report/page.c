#include "page.h"

#include <inttypes.h>
#include <math.h>

#include "html.h"
#include "style.h"

/* ---- what the parts share ---- */

int page_drawing(FILE *file, const struct fa_drawing *drawing, struct fa_err *err)
{
    fputs("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Drawing: ", file);
    html_text(file, drawing->kind);
    putc(' ', file);
    html_text(file, drawing->of);
    fputs("\">\n", file);
    if (drawing->draw(file, drawing, false, err))
        return -1;
    fputs("</div>\n", file);
    return 0;
}

void page_table_begin(FILE *file, const char *class, const char *caption, const char *of)
{
    fputs("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table: ", file);
    html_text(file, caption);
    html_text(file, of);
    fprintf(file, "\"><table class=\"%s\"><caption>", class);
    html_text(file, caption);
    html_text(file, of);
    fputs("</caption>\n", file);
}

void page_table_end(FILE *file)
{
    fputs("</table></div>\n", file);
}

void page_cell(FILE *file, const char *text)
{
    fputs("<td>", file);
    html_text(file, text);
    fputs("</td>", file);
}

void page_name(FILE *file, const char *scope, const char *text)
{
    fprintf(file, "<th scope=\"%s\">", scope);
    html_text(file, text);
    fputs("</th>", file);
}

/* ---- top ---- */

static void put_top(FILE *file, const struct fa_report *report)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src "
          "'unsafe-inline'\">\n<title>", file);
    html_text(file, report->title);
    fputs("</title>\n<style>", file);
    style_page(file);
    fputs("</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#content\">To the figures</a>\n<header>\n<h1>", file);
    html_text(file, report->title);
    fprintf(file, "</h1>\n<p class=\"note\">%" PRIu64 " faces measured against their labels, %" PRIu64 " of them rejected "
                  "(no face found, or the picture could not be read). The labels are what people thought they saw in "
                  "photographs; no figure here is a fact about a person. Intervals are of 95 %%.</p>\n</header>\n",
            report->faces, report->rejected);
}

static void put_link(FILE *file, const char *anchor, size_t number, const char *text)
{
    fprintf(file, "<li><a href=\"#%s%zu\">", anchor, number);
    html_text(file, text);
    fputs("</a></li>\n", file);
}

static void put_contents(FILE *file, const struct fa_report *report)
{
    fputs("<nav aria-label=\"Contents\"><ul>\n", file);
    put_link(file, "overview", 0, "Overview");
    for (size_t h = 0; h < report->evaluation->nheads; h++)
        put_link(file, "head", h, report->evaluation->head[h].name);
    if (report->evaluation->nby)
        put_link(file, "groups", 0, "Groups");
    put_link(file, "faces", 0, "Faces");
    if (report->architecture || report->history || report->trials || report->epochs)
        put_link(file, "training", 0, "Model and training");
    put_link(file, "provenance", 0, "Provenance");
    put_link(file, "card", 0, "Use and limits");
    fputs("</ul></nav>\n", file);
}

/* ---- overview ---- */

static void put_number(FILE *file, double value)
{
    if (isnan(value))
        fputs("<td>\xe2\x80\x93</td>", file);
    else
        fprintf(file, "<td>%.3f</td>", value);
}

static void put_overview_row(FILE *file, const struct fa_report *report, size_t h)
{
    const struct fa_confusion *confusion = &report->evaluation->everyone.sums[h].confusion;
    const struct fa_estimate *estimate = report->scores->head[h];
    fputs("<tr>", file);
    page_name(file, "row", confusion->head);
    fprintf(file, "<td>%" PRIu64 "</td><td>%" PRIu64 "</td><td>", fa_confusion_n(confusion), confusion->unlabelled);
    html_estimate(file, estimate[FA_ACCURACY]);
    fputs("</td><td>", file);
    html_percent(file, estimate[FA_MAJORITY].value);
    fputs("</td><td>", file);
    html_estimate(file, estimate[FA_BALANCED_ACCURACY]);
    fputs("</td>", file);
    put_number(file, estimate[FA_MACRO_F1].value);
    put_number(file, estimate[FA_NLL].value);
    put_number(file, estimate[FA_ECE].value);
    fputs("</tr>\n", file);
}

static void put_overview(FILE *file, const struct fa_report *report)
{
    static const char *const name[] = {"attribute", "faces", "unlabelled", "accuracy", "commonest label", "balanced accuracy",
                                       "macro F1", "NLL", "ECE"};
    const struct fa_estimate *joint = report->scores->head[report->evaluation->nheads];
    fputs("<section aria-labelledby=\"overview0\"><h2 id=\"overview0\">Overview</h2>\n", file);
    page_table_begin(file, "figures",
                     "The attributes; beside the accuracy what always giving the commonest label would get", "");
    fputs("<thead><tr>", file);
    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
        page_name(file, "col", name[i]);
    fputs("</tr></thead><tbody>\n", file);
    for (size_t h = 0; h < report->evaluation->nheads; h++)
        put_overview_row(file, report, h);
    fputs("</tbody>", file);
    page_table_end(file);
    if (!isnan(joint[FA_SUM_ACCURACY].value))
        fprintf(file, "<p>All attributes together: the accuracies add up to %.3f; of all one-hot bits %.1f %% are right, and "
                      "answering no to each would get %.1f %%.</p>\n",
                joint[FA_SUM_ACCURACY].value, 100 * joint[FA_BINARY_ACCURACY].value, 100 * joint[FA_BINARY_NO].value);
    fputs("</section>\n", file);
}

int fa_report_write(FILE *file, const struct fa_report *report, struct fa_err *err)
{
    put_top(file, report);
    put_contents(file, report);
    fputs("<main id=\"content\">\n", file);
    put_overview(file, report);
    for (size_t h = 0; h < report->evaluation->nheads; h++)
        if (page_head(file, report, h, err))
            return -1;
    if (page_groups(file, report, err))
        return -1;
    page_gallery(file, report);
    if (page_training(file, report, err))
        return -1;
    page_provenance(file, report);
    page_model_card(file, report);
    fputs("</main>\n<footer><p class=\"note\">Written by fa-report " FA_VERSION ".</p></footer>\n</body>\n</html>\n", file);
    return 0;
}
