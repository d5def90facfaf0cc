#include <math.h>
#include <string.h>

#include "export.h"
#include "fa/eval.h"
#include "fa/table.h"

/* Attributes and classes in the order of FairFace's network. The last age is `70+` in its output. */
enum { RACES = 7, RACES4 = 4, GENDERS = 2, AGES = 9 };
static const char *const races[] = {"White",           "Black",  "Latino_Hispanic", "East Asian",
                                    "Southeast Asian", "Indian", "Middle Eastern"};
static const char *const races4[] = {"White", "Black", "Asian", "Indian"};
static const size_t race4_of[RACES] = {0, 1, 0, 2, 2, 3, 0};
static const char *const genders[] = {"Male", "Female"};
static const char *const ages[] = {"0-2", "3-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "more than 70"};

static const struct attribute {
    const char *name;
    const char *const *class;
    size_t n;
} race = {"race", races, RACES}, gender = {"gender", genders, GENDERS}, age = {"age", ages, AGES};

const char *const *fa_fairface_classes(const char *attribute, size_t *n)
{
    const struct attribute *const all[] = {&race, &gender, &age};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!strcmp(all[i]->name, attribute)) {
            *n = all[i]->n;
            return all[i]->class;
        }
    return NULL;
}

static const struct fa_head *find_head(const struct fa_header *header, const char *name)
{
    for (size_t i = 0; i < header->nheads; i++)
        if (!strcmp(header->head[i].name, name))
            return &header->head[i];
    return NULL;
}

/* head->nclasses if there is none. */
static size_t find_class(const struct fa_head *head, const char *name)
{
    size_t i = 0;
    while (i < head->nclasses && strcmp(head->class[i], name) != 0)
        i++;
    return i;
}

static int check_head(const struct fa_header *header, const struct attribute *wanted, struct fa_err *err)
{
    const struct fa_head *head = find_head(header, wanted->name);
    if (!head)
        return fa_err_set(err, "FairFace's columns want logits with a head \"%s\"", wanted->name);
    for (size_t i = 0; i < wanted->n; i++)
        if (find_class(head, wanted->class[i]) == head->nclasses)
            return fa_err_set(err, "FairFace's columns want a class \"%s\" of head %s", wanted->class[i], wanted->name);
    if (head->nclasses != wanted->n)
        return fa_err_set(err, "FairFace's columns want %zu classes of head %s, not %zu", wanted->n, wanted->name,
                          head->nclasses);
    return 0;
}

int fairface_begin(struct fa_export *export, struct fa_err *err)
{
    const struct fa_header *header = export->header;
    if (check_head(header, &race, err) || check_head(header, &gender, err) || check_head(header, &age, err))
        return -1;
    fputs("face_name_align,race,race4,gender,age,race_scores_fair,race_scores_fair_4,gender_scores_fair,age_scores_fair\n",
          export->file);
    return 0;
}

static void probabilities(const struct fa_header *header, const struct attribute *attribute, const float *logits, double *p)
{
    const struct fa_head *head = find_head(header, attribute->name);
    const float *logit = logits + head->offset;
    double sum = fa_logits_log_sum(logit, head->nclasses);
    for (size_t i = 0; i < attribute->n; i++)
        p[i] = exp((double)logit[find_class(head, attribute->class[i])] - sum);
}

static size_t most_likely(const double *p, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (p[i] > p[best])
            best = i;
    return best;
}

/* As NumPy prints a vector. */
static void put_scores(FILE *file, const double *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fprintf(file, "%s%.6g", i ? " " : ",[", p[i]);
    putc(']', file);
}

int fairface_put(struct fa_export *export, struct fa_record *record, struct fa_err *err)
{
    double r[RACES], r4[RACES4] = {0}, g[GENDERS], a[AGES];
    FILE *file = export->file;
    (void)err;
    fa_table_put(file, record->id);
    if (fa_record_reject(record)) {
        fputs(",,,,,,,,\n", file);
        return 0;
    }
    probabilities(export->header, &race, record->data, r);
    probabilities(export->header, &gender, record->data, g);
    probabilities(export->header, &age, record->data, a);
    for (size_t i = 0; i < RACES; i++)
        r4[race4_of[i]] += r[i];
    size_t oldest = AGES - 1, years = most_likely(a, AGES);
    fprintf(file, ",%s,%s,%s,%s", races[most_likely(r, RACES)], races4[most_likely(r4, RACES4)],
            genders[most_likely(g, GENDERS)], years == oldest ? "70+" : ages[years]);
    put_scores(file, r, RACES);
    put_scores(file, r4, RACES4);
    put_scores(file, g, GENDERS);
    put_scores(file, a, AGES);
    putc('\n', file);
    return 0;
}
