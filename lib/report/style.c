#include "style.h"

#include <string.h>

/* Blue and orange are told apart by everyone (M. Okabe and K. Ito, "Color universal design", 2008); what matters is never
 * told by colour alone. Text has a contrast of 4.5 or more on all that it stands on. */
static const struct {
    const char *name, *light, *dark;
} colour[] = {
    {"paper", "#ffffff", "#16181d"},
    {"panel", "#f3f5f7", "#1f2329"},
    {"ink", "#1b1f24", "#e8eaed"},
    {"soft", "#505862", "#a9b2bc"},
    {"line", "#d0d7de", "#3a4048"},
    {"fill", "#1565d8", "#2f6fe0"},
    {"first", "#0a62b5", "#6cb6ff"},
    {"second", "#a84300", "#ffa657"},
    {"third", "#18694c", "#56d4a5"},
    {"fourth", "#7a3e9d", "#d2a8ff"},
};
enum { COLOURS = sizeof colour / sizeof *colour };

static const char drawing[] =
    "svg{font:12px system-ui,sans-serif}.paper{fill:$paper}.ink{fill:$ink}.soft{fill:$soft;font-size:11px}"
    ".bold{fill:$ink;font-weight:600}.halo{paint-order:stroke;stroke:$paper;stroke-width:4px}.cell{fill:$fill}"
    ".frame{fill:none;stroke:$line}.grid{fill:none;stroke:$line}.mark{fill:none;stroke:$ink;stroke-width:2}"
    ".axis{fill:none;stroke:$soft}.whisker{fill:none;stroke:$ink;stroke-width:1.5}"
    ".ideal{fill:none;stroke:$soft;stroke-dasharray:4 4}.bar{fill:$first}.dim{fill:$first;fill-opacity:.45}"
    ".c0,.c1,.c2,.c3,.c4,.c5{fill:none;stroke-width:2}.c0{stroke:$first}.c1{stroke:$second}.c2{stroke:$third}"
    ".c3{stroke:$fourth}.c4{stroke:$ink}.c5{stroke:$soft;stroke-width:1;stroke-opacity:.5}.dash{stroke-dasharray:5 4}";

static const char page[] =
    "*{box-sizing:border-box}body{margin:0;background:$paper;color:$ink;font:16px/1.5 system-ui,sans-serif}"
    "main,header,footer,nav{max-width:70rem;margin:0 auto;padding:0 1rem}h1{margin:1.5rem 0 .25rem;line-height:1.2}"
    "h2{margin:2.5rem 0 .5rem;border-bottom:1px solid $line}h3{margin:1.5rem 0 .5rem}a{color:$first}"
    "a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:3px solid $first;outline-offset:2px}"
    "nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;list-style:none;padding:0}"
    ".skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:$paper;padding:.5rem}"
    ".note{color:$soft;max-width:45rem}.scroll{overflow-x:auto;max-width:100%}svg{display:block}"
    "table{border-collapse:collapse;font-size:.9rem}"
    "caption{text-align:left;color:$soft;padding:.25rem 0;white-space:nowrap}"
    "th,td{padding:.25rem .6rem;border-bottom:1px solid $line;text-align:right;white-space:nowrap}"
    "th:first-child,td:first-child,.words td,.words th{text-align:left}td.hit{font-weight:700;background:$panel}"
    ".words{width:100%}.words td{white-space:normal;overflow-wrap:anywhere}details{margin:.75rem 0}"
    "summary{cursor:pointer;padding:.25rem 0}pre{background:$panel;padding:1rem;overflow-x:auto;font-size:.85rem}"
    ".faces{display:flex;flex-wrap:wrap;gap:1rem;padding:0;list-style:none}"
    "figure{margin:0;width:9rem;font-size:.85rem}"
    "figure img{display:block;width:6rem;height:6rem;object-fit:cover;background:$panel}"
    "figcaption span{display:block;overflow-wrap:anywhere}.wrong{color:$second;font-weight:600}"
    ".id{color:$soft;font-size:.75rem}.warn{border-left:.3rem solid $second;padding:.25rem 1rem;background:$panel}"
    "@media print{nav,.skip{display:none}.scroll{overflow:visible}figure,svg,tr{break-inside:avoid}h2,h3{"
    "break-after:avoid}svg{max-width:100%;height:auto}}";

static const char *colour_named(const char *name, size_t n, bool literal)
{
    for (size_t i = 0; i < COLOURS; i++)
        if (strlen(colour[i].name) == n && !strncmp(colour[i].name, name, n))
            return literal ? colour[i].light : colour[i].name;
    return NULL;
}

/* Every `$name` becomes a colour, or the variable that holds it. */
static void put_rules(FILE *file, const char *rules, bool literal)
{
    for (const char *dollar; (dollar = strchr(rules, '$')); rules = dollar) {
        fwrite(rules, 1, (size_t)(dollar - rules), file);
        size_t n = strspn(++dollar, "abcdefghijklmnopqrstuvwxyz");
        fprintf(file, literal ? "%s" : "var(--%s)", colour_named(dollar, n, literal));
        dollar += n;
    }
    fputs(rules, file);
}

void style_drawing(FILE *file, bool literal)
{
    put_rules(file, drawing, literal);
}

void style_page(FILE *file)
{
    fputs(":root{color-scheme:light dark", file);
    for (size_t i = 0; i < COLOURS; i++)
        fprintf(file, ";--%s:%s", colour[i].name, colour[i].light);
    fputs("}@media screen and (prefers-color-scheme:dark){:root{", file);
    for (size_t i = 0; i < COLOURS; i++)
        fprintf(file, "%s--%s:%s", i ? ";" : "", colour[i].name, colour[i].dark);
    fputs("}}", file);
    put_rules(file, page, false);
    put_rules(file, drawing, false);
}
