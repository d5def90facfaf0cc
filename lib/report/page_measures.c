/* One attribute, and the groups. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "html.h"
#include "page.h"

/* ---- tables of an attribute ---- */

static void put_estimate(FILE *file, struct fa_estimate estimate)
{
    fputs("<td>", file);
    html_estimate(file, estimate);
    fputs("</td>", file);
}

static void put_row(FILE *file, const struct fa_confusion *confusion, size_t row)
{
    const uint64_t *count = fa_confusion_row(confusion, row);
    fputs("<tr><th scope=\"row\">true ", file);
    html_text(file, fa_confusion_label(confusion, row));
    fputs("</th>", file);
    for (size_t i = 0; i < confusion->classes; i++)
        fprintf(file, "<td%s>%" PRIu64 "</td>", i == row ? " class=\"hit\"" : "", count[i]);
    fprintf(file, "<td>%" PRIu64 "</td>", fa_confusion_support(confusion, row));
    put_estimate(file, fa_estimate_recall(confusion, row));
    put_estimate(file, fa_estimate_precision(confusion, row));
    put_estimate(file, fa_estimate_f1(confusion, row));
    fputs("</tr>\n", file);
}

static void put_counts(FILE *file, const struct fa_confusion *confusion)
{
    static const char *const margin[] = {"faces", "recall", "precision", "F1"};
    fputs("<details><summary>The counts as a table, with recall, precision and F1</summary>\n", file);
    page_table_begin(file, "figures", "Rows are the true class, columns the predicted one: ", confusion->head);
    fputs("<thead><tr><td></td>", file);
    for (size_t i = 0; i < confusion->classes; i++) {
        fputs("<th scope=\"col\">predicted ", file);
        html_text(file, fa_confusion_label(confusion, i));
        fputs("</th>", file);
    }
    for (size_t i = 0; i < sizeof margin / sizeof *margin; i++)
        page_name(file, "col", margin[i]);
    fputs("</tr></thead><tbody>\n", file);
    for (size_t i = 0; i < confusion->label.n; i++)
        put_row(file, confusion, i);
    fputs("</tbody><tfoot><tr><th scope=\"row\">predicted</th>", file);
    for (size_t i = 0; i < confusion->classes; i++)
        fprintf(file, "<td>%" PRIu64 "</td>", fa_confusion_predicted(confusion, i));
    fprintf(file, "<td>%" PRIu64 "</td><td></td><td></td><td></td></tr></tfoot>", fa_confusion_n(confusion));
    page_table_end(file);
    fputs("</details>\n", file);
}

static void put_metrics(FILE *file, const struct fa_report *report, size_t h)
{
    const struct fa_estimate *estimate = report->scores->head[h];
    fputs("<details><summary>Every metric</summary>\n", file);
    page_table_begin(file, "figures", "Metrics, as fa-confusion(1) defines them: ", report->evaluation->head[h].name);
    fputs("<thead><tr><th scope=\"col\">metric</th><th scope=\"col\">value</th><th scope=\"col\">95 % "
          "interval</th></tr></thead><tbody>\n", file);
    for (size_t i = 0; i < FA_METRICS; i++) {
        if (!fa_metric_applies(report->evaluation, h, i) || isnan(estimate[i].value))
            continue;
        fputs("<tr>", file);
        page_name(file, "row", fa_metric_name(i));
        fprintf(file, "<td>%.4f</td><td>", estimate[i].value);
        if (!isnan(estimate[i].low))
            fprintf(file, "%.4f to %.4f", estimate[i].low, estimate[i].high);
        fputs("</td></tr>\n", file);
    }
    fputs("</tbody>", file);
    page_table_end(file);
    fputs("</details>\n", file);
}

static void put_sentence(FILE *file, const struct fa_report *report, size_t h)
{
    const struct fa_sums *sums = &report->evaluation->everyone.sums[h];
    const struct fa_estimate *estimate = report->scores->head[h];
    fputs("<p>Right for ", file);
    html_estimate(file, estimate[FA_ACCURACY]);
    fprintf(file, " of %" PRIu64 " faces", fa_confusion_n(&sums->confusion));
    if (sums->ordered && !isnan(estimate[FA_WITHIN_ONE].value)) {
        fputs("; at most one class off for ", file);
        html_estimate(file, estimate[FA_WITHIN_ONE]);
        fprintf(file, "; on the mean off by %.2f classes, %+.2f upwards", estimate[FA_ABSOLUTE_OFFSET].value,
                estimate[FA_SIGNED_OFFSET].value);
    }
    fputs(".</p>\n", file);
    uint64_t unseen = fa_confusion_unseen(&sums->confusion);
    if (unseen)
        fprintf(file, "<p class=\"warn\">%" PRIu64 " faces have a label that is no class of the model: they count as "
                                                   "mistakes.</p>\n", unseen);
}

int page_head(FILE *file, const struct fa_report *report, size_t h, struct fa_err *err)
{
    const char *name = report->evaluation->head[h].name;
    struct fa_drawing drawing = {.kind = "heat map of", .of = name, .report = report, .head = h, .draw = draw_heat};
    fprintf(file, "<section aria-labelledby=\"head%zu\"><h2 id=\"head%zu\">", h, h);
    html_text(file, name);
    fputs("</h2>\n", file);
    put_sentence(file, report, h);
    if (page_drawing(file, &drawing, err))
        return -1;
    put_counts(file, &report->evaluation->everyone.sums[h].confusion);
    drawing.kind = "reliability of";
    drawing.draw = draw_reliability;
    fputs("<h3>Is it as right as it is sure?</h3>\n<p class=\"note\">Faces are sorted by the confidence of the answer. Where "
          "the model is calibrated, the bars end at the dashes, on the diagonal.</p>\n", file);
    if (page_drawing(file, &drawing, err))
        return -1;
    put_metrics(file, report, h);
    fputs("</section>\n", file);
    return 0;
}

/* ---- groups ---- */

static void put_gap(FILE *file, const struct fa_report *report, size_t i, size_t h)
{
    const struct fa_by *by = &report->evaluation->by[i];
    const struct fa_gap *gap = &report->scores->group[i * (report->evaluation->nheads + 1) + h].gap[FA_ACCURACY];
    if (gap->lowest == SIZE_MAX)
        return;
    fprintf(file, "<p>Gap of the accuracies %.1f points", 100 * gap->gap.value);
    if (!isnan(gap->gap.low))
        fprintf(file, " (%.1f to %.1f)", 100 * gap->gap.low, 100 * gap->gap.high);
    if (!isnan(gap->ratio))
        fprintf(file, ", ratio %.3f", gap->ratio);
    fputs("; worst: ", file);
    html_text(file, by->group[gap->lowest]->name);
    fputs(".</p>\n", file);
}

static void put_group_row(FILE *file, const struct fa_report *report, size_t i, size_t g)
{
    const struct fa_evaluation *evaluation = report->evaluation;
    const struct fa_group *group = evaluation->by[i].group[g];
    fputs("<tr>", file);
    page_name(file, "row", group->name);
    for (size_t h = 0; h < evaluation->nheads; h++) {
        const struct fa_group_scores *scores = &report->scores->group[i * (evaluation->nheads + 1) + h];
        uint64_t n = fa_confusion_n(&group->sums[h].confusion);
        fprintf(file, "<td>%" PRIu64 "%s</td>", n, n < report->small ? " *" : "");
        put_estimate(file, scores->estimate[g * scores->nmetrics + FA_ACCURACY]);
    }
    fputs("</tr>\n", file);
}

static void put_group_table(FILE *file, const struct fa_report *report, size_t i)
{
    const struct fa_by *by = &report->evaluation->by[i];
    fputs("<details><summary>The groups as a table</summary>\n", file);
    page_table_begin(file, "figures", "Faces and accuracy by ", by->text);
    fputs("<thead><tr><th scope=\"col\">group</th>", file);
    for (size_t h = 0; h < report->evaluation->nheads; h++)
        for (int k = 0; k < 2; k++) {
            fputs("<th scope=\"col\">", file);
            html_text(file, report->evaluation->head[h].name);
            fputs(k ? ", accuracy</th>" : ", faces</th>", file);
        }
    fputs("</tr></thead><tbody>\n", file);
    for (size_t g = 0; g < by->ngroups; g++)
        put_group_row(file, report, i, g);
    fputs("</tbody>", file);
    page_table_end(file);
    fputs("</details>\n", file);
}

static int put_by(FILE *file, const struct fa_report *report, size_t i, struct fa_err *err)
{
    for (size_t h = 0; h < report->evaluation->nheads; h++) {
        const char *name = report->evaluation->head[h].name;
        const struct fa_drawing drawing = {.kind = "accuracy by group of", .of = name, .report = report, .head = h, .by = i,
                                           .draw = draw_groups};
        if (!strcmp(name, report->evaluation->by[i].text)) /* that is the recall of its classes */
            continue;
        fputs("<h3>", file);
        html_text(file, name);
        fputs(" by ", file);
        html_text(file, report->evaluation->by[i].text);
        fputs("</h3>\n", file);
        put_gap(file, report, i, h);
        if (page_drawing(file, &drawing, err))
            return -1;
    }
    put_group_table(file, report, i);
    return 0;
}

int page_groups(FILE *file, const struct fa_report *report, struct fa_err *err)
{
    if (!report->evaluation->nby)
        return 0;
    fputs("<section aria-labelledby=\"groups0\"><h2 id=\"groups0\">Groups</h2>\n", file);
    for (size_t i = 0; i < report->evaluation->nby; i++)
        if (put_by(file, report, i, err))
            return -1;
    fputs("</section>\n", file);
    return 0;
}
