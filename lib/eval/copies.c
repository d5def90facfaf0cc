#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fa/eval.h"
#include "fa/mem.h"

struct fa_copies {
    const struct fa_head *head;
    size_t nheads, nlogits;
    struct fa_record kept; /* the one before, still open to copies */
    size_t n;              /* records in sum; 0 as long as kept has no copy */
    double *sum;           /* of softmaxes */
};

struct fa_copies *fa_copies_new(const struct fa_head *head, size_t nheads, struct fa_err *err)
{
    struct fa_copies *copies = fa_mem_array(1, sizeof *copies, err);
    if (!copies)
        return NULL;
    copies->head = head;
    copies->nheads = nheads;
    for (size_t h = 0; h < nheads; h++)
        copies->nlogits += head[h].nclasses;
    copies->sum = fa_mem_array(copies->nlogits, sizeof *copies->sum, err);
    if (!copies->sum) {
        free(copies);
        return NULL;
    }
    return copies;
}

void fa_copies_free(struct fa_copies *copies)
{
    if (!copies)
        return;
    fa_record_free(&copies->kept);
    free(copies->sum);
    free(copies);
}

/* Whether copy is the other's id, a `~` and digits. */
static bool is_copy(const char *copy, const char *id)
{
    size_t n = strlen(id);
    if (strncmp(copy, id, n) != 0 || copy[n] != '~')
        return false;
    size_t digits = strspn(copy + n + 1, "0123456789");
    return digits && !copy[n + 1 + digits];
}

static void add(struct fa_copies *copies, const float *logit)
{
    for (size_t h = 0; h < copies->nheads; h++) {
        const struct fa_head *head = &copies->head[h];
        double log_sum = fa_logits_log_sum(logit + head->offset, head->nclasses);
        for (size_t i = head->offset; i < head->offset + head->nclasses; i++)
            copies->sum[i] += exp((double)logit[i] - log_sum);
    }
    copies->n++;
}

/* A probability too small for a double counts as the smallest one, so that its logarithm is a number. */
static void average(struct fa_copies *copies)
{
    float *logit = copies->kept.data;
    for (size_t i = 0; i < copies->nlogits; i++) {
        logit[i] = (float)log(fmax(copies->sum[i] / (double)copies->n, 0x1p-1022));
        copies->sum[i] = 0;
    }
    copies->n = 0;
}

void fa_copies_next(struct fa_copies *copies, struct fa_record *record)
{
    struct fa_record *kept = &copies->kept, complete;
    if (kept->data && record->data && is_copy(record->id, kept->id)) {
        if (!copies->n)
            add(copies, kept->data);
        add(copies, record->data);
        fa_record_clear(record);
        return;
    }
    if (copies->n)
        average(copies);
    complete = *kept;
    *kept = *record;
    *record = complete;
}
