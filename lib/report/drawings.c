#include "draw.h"

#include <string.h>

#include "fa/mem.h"

/* What is handed to each drawing's visitor. */
struct walk {
    struct fa_drawing drawing;
    fa_drawing_visitor *each;
    void *arg;
    struct fa_err *err;
};

typedef int draw_function(FILE *file, const struct fa_drawing *drawing, bool alone, struct fa_err *err);

static int visit(struct walk *walk, const char *kind, const char *of, draw_function *draw)
{
    walk->drawing.kind = kind;
    walk->drawing.of = of;
    walk->drawing.draw = draw;
    return walk->each(&walk->drawing, walk->arg, walk->err);
}

static int visit_groups(struct walk *walk)
{
    const struct fa_evaluation *evaluation = walk->drawing.report->evaluation;
    struct fa_arena arena = {0};
    int rc = 0;
    for (size_t i = 0; i < evaluation->nby && !rc; i++)
        for (size_t h = 0; h < evaluation->nheads && !rc; h++) {
            if (!strcmp(evaluation->head[h].name, evaluation->by[i].text)) /* that is the recall of its classes */
                continue;
            const char *of = fa_arena_printf(&arena, walk->err, "%s by %s", evaluation->head[h].name, evaluation->by[i].text);
            walk->drawing.by = i;
            walk->drawing.head = h;
            rc = of ? visit(walk, "groups", of, draw_groups) : -1;
        }
    fa_arena_free(&arena);
    return rc;
}

int fa_report_drawings(const struct fa_report *report, fa_drawing_visitor *each, void *arg, struct fa_err *err)
{
    struct walk walk = {{.report = report}, each, arg, err};
    int rc = 0;
    for (size_t h = 0; h < report->evaluation->nheads && !rc; h++) {
        const char *head = report->evaluation->head[h].name;
        walk.drawing.head = h;
        if (!(rc = visit(&walk, "heat", head, draw_heat)))
            rc = visit(&walk, "reliability", head, draw_reliability);
    }
    rc = rc ? rc : visit_groups(&walk);
    if (!rc && report->history && !(rc = visit(&walk, "loss", "", draw_loss)))
        rc = visit(&walk, "accuracy", "", draw_accuracy);
    if (!rc && report->trials)
        rc = visit(&walk, "trials", "", draw_trials);
    if (!rc && report->epochs)
        rc = visit(&walk, "epochs", "", draw_epochs);
    return rc;
}

int fa_drawing_write(FILE *file, const struct fa_drawing *drawing, struct fa_err *err)
{
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", file);
    return drawing->draw(file, drawing, true, err);
}
