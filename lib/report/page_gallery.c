/* Single faces: the worst mistakes, and some by chance. */
#include "html.h"
#include "page.h"

static const char *class_of(const struct fa_head *head, size_t i)
{
    return i < head->nclasses ? head->class[i] : "no class of the model";
}

static void put_picture(FILE *file, const struct fa_report *report, const char *id)
{
    size_t n;
    const unsigned char *jpeg = report->thumbnails ? fa_thumbnails_find(report->thumbnails, id, &n) : NULL;
    if (!jpeg)
        return;
    fputs("<img alt=\"\" src=\"data:image/jpeg;base64,", file);
    html_base64(file, jpeg, n);
    fputs("\">", file);
}

static void put_face(FILE *file, const struct fa_report *report, const struct fa_head *head, const struct fa_pick *pick)
{
    bool right = pick->verdict.truth == pick->verdict.predicted;
    fputs("<li><figure>", file);
    put_picture(file, report, pick->id);
    fputs("<figcaption><span>true ", file);
    html_text(file, class_of(head, pick->verdict.truth));
    fprintf(file, "</span><span%s>predicted ", right ? "" : " class=\"wrong\"");
    html_text(file, class_of(head, pick->verdict.predicted));
    fprintf(file, "</span><span>%s, %.0f %% sure</span><span class=\"id\">", right ? "right" : "wrong",
            100 * pick->verdict.confidence);
    html_text(file, pick->id);
    fputs("</span></figcaption></figure></li>\n", file);
}

static void put_faces(FILE *file, const struct fa_report *report, size_t h, const struct fa_shortlist *list, const char *what)
{
    const struct fa_head *head = &report->evaluation->head[h];
    if (!list->n)
        return;
    fputs("<h3>", file);
    html_text(file, head->name);
    fprintf(file, ": %s</h3>\n<ul class=\"faces\">\n", what);
    for (size_t i = 0; i < list->n; i++)
        put_face(file, report, head, &list->pick[i]);
    fputs("</ul>\n", file);
}

void page_gallery(FILE *file, const struct fa_report *report)
{
    fputs("<section aria-labelledby=\"faces0\"><h2 id=\"faces0\">Faces</h2>\n<p class=\"note\">The mistakes that cost most, "
          "which are often mistakes of the label; and faces taken by chance, which show what is usual.</p>\n", file);
    for (size_t h = 0; h < report->evaluation->nheads; h++) {
        put_faces(file, report, h, &report->worst[h], "the worst mistakes");
        put_faces(file, report, h, &report->random[h], "by chance");
    }
    fputs("</section>\n", file);
}
