#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "bootstrap.h"
#include "fa/eval.h"
#include "fa/mem.h"

enum { REJECT = UINT32_MAX }; /* as the answer of the first head */

struct entry {
    uint64_t hash; /* of the id */
    uint64_t at;   /* of the record */
};

struct fa_compare {
    size_t nheads, n; /* heads of the first stream; records of the second */
    struct entry *entry; /* n, ascending by hash */
    uint32_t *answer;    /* n x nheads: classes of the first's heads */
    size_t entry_capacity, answer_capacity;
    uint64_t matched, only_first;
    struct fa_paired *paired; /* nheads */
};

/* ---- the second stream ---- */

/* From the second's heads and classes to the first's. */
struct mapping {
    const struct fa_merge *merge;
    size_t *head;     /* of the second, for each of the first */
    uint32_t **class; /* for each of the first's heads: of the first, for each of the second */
    double *logit;
    struct fa_arena arena;
};

static int map_class(uint32_t *to, const struct fa_head *first, const char *class, struct fa_err *err)
{
    for (uint32_t i = 0; i < first->nclasses; i++)
        if (!strcmp(first->class[i], class)) {
            *to = i;
            return 0;
        }
    return fa_err_set(err, "class \"%s\" of head %s is none of the first stream", class, first->name);
}

static int map_head(struct mapping *mapping, size_t h, const struct fa_head *first, const struct fa_head *head, size_t n,
                    struct fa_err *err)
{
    size_t second = 0;
    while (second < n && strcmp(head[second].name, first->name) != 0)
        second++;
    if (second == n)
        return fa_err_set(err, "no head \"%s\", which the first stream has", first->name);
    head += second;
    if (head->nclasses != first->nclasses)
        return fa_err_set(err, "head %s has %zu classes, in the first stream %zu", first->name, head->nclasses, first->nclasses);
    mapping->head[h] = second;
    if (!(mapping->class[h] = fa_arena_alloc(&mapping->arena, head->nclasses * sizeof **mapping->class, err)))
        return -1;
    for (size_t i = 0; i < head->nclasses; i++)
        if (map_class(&mapping->class[h][i], first, head->class[i], err))
            return -1;
    return 0;
}

static int make_mapping(struct mapping *mapping, const struct fa_evaluation *evaluation, const struct fa_merge *merge,
                        struct fa_err *err)
{
    size_t n, most = 0;
    const struct fa_head *head = fa_merge_heads(merge, &n);
    mapping->merge = merge;
    mapping->head = fa_arena_alloc(&mapping->arena, evaluation->nheads * sizeof *mapping->head, err);
    mapping->class = fa_arena_alloc(&mapping->arena, evaluation->nheads * sizeof *mapping->class, err);
    if (!mapping->head || !mapping->class)
        return -1;
    for (size_t h = 0; h < evaluation->nheads; h++) {
        if (map_head(mapping, h, &evaluation->head[h], head, n, err))
            return -1;
        most = evaluation->head[h].nclasses > most ? evaluation->head[h].nclasses : most;
    }
    mapping->logit = fa_arena_alloc(&mapping->arena, most * sizeof *mapping->logit, err);
    return mapping->logit ? 0 : -1;
}

static int keep(struct fa_compare *compare, const struct mapping *mapping, const struct fa_head *head,
                const struct fa_record *record, struct fa_err *err)
{
    size_t n = compare->n, nheads = compare->nheads;
    if (fa_mem_grow(&compare->entry, &compare->entry_capacity, n + 1, sizeof *compare->entry, err) ||
        fa_mem_grow(&compare->answer, &compare->answer_capacity, (n + 1) * nheads, sizeof *compare->answer, err))
        return -1;
    compare->entry[n] = (struct entry){XXH3_64bits(record->id, strlen(record->id)), n};
    for (size_t h = 0; h < nheads; h++) {
        uint32_t *answer = &compare->answer[n * nheads + h];
        *answer = REJECT;
        if (!record->data)
            continue;
        size_t best = 0;
        fa_merge_logits(mapping->merge, mapping->head[h], record->data, mapping->logit);
        for (size_t i = 1; i < head[mapping->head[h]].nclasses; i++)
            if (mapping->logit[i] > mapping->logit[best])
                best = i;
        *answer = mapping->class[h][best];
    }
    compare->n++;
    return 0;
}

static int by_hash(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return (x->hash > y->hash) - (x->hash < y->hash);
}

static int read_all(struct fa_compare *compare, struct fa_reader *reader, const struct mapping *mapping, struct fa_err *err)
{
    struct fa_record record = {0};
    size_t nheads;
    const struct fa_head *head = fa_merge_heads(mapping->merge, &nheads);
    int got;
    while ((got = fa_reader_next(reader, &record, err)) == 1)
        if (keep(compare, mapping, head, &record, err)) {
            got = -1;
            break;
        }
    fa_record_free(&record);
    if (compare->n)
        qsort(compare->entry, compare->n, sizeof *compare->entry, by_hash);
    return got;
}

struct fa_compare *fa_compare_open(const char *path, const struct fa_evaluation *evaluation, const char *const *spec,
                                   size_t nspecs, struct fa_err *err)
{
    struct fa_reader *reader = fa_reader_open(&path, 1, FA_LOGIT, FA_READER_UNIQUE, err);
    struct fa_compare *compare = reader ? fa_mem_array(1, sizeof *compare, err) : NULL;
    struct fa_merge *merge = NULL;
    struct mapping mapping = {0};
    struct fa_err why;
    int failed = -1;
    if (!compare)
        goto out;
    compare->nheads = evaluation->nheads;
    compare->paired = fa_mem_array(compare->nheads, sizeof *compare->paired, err);
    if (!compare->paired)
        goto out;
    const struct fa_header *header = fa_reader_header(reader);
    merge = fa_merge_new(header->head, header->nheads, spec, nspecs, &why);
    if (!merge || make_mapping(&mapping, evaluation, merge, &why)) {
        fa_err_set(err, "%s: %s", path, why.text);
        goto out;
    }
    failed = read_all(compare, reader, &mapping, err);
out:
    fa_arena_free(&mapping.arena);
    fa_merge_free(merge);
    fa_reader_close(reader);
    if (failed)
        fa_compare_free(compare);
    return failed ? NULL : compare;
}

void fa_compare_free(struct fa_compare *compare)
{
    if (!compare)
        return;
    free(compare->entry);
    free(compare->answer);
    free(compare->paired);
    free(compare);
}

/* ---- the first ---- */

const uint32_t *fa_compare_add(struct fa_compare *compare, const struct fa_evaluation *evaluation, const char *id)
{
    const struct entry key = {.hash = XXH3_64bits(id, strlen(id))},
                       *entry = compare->n ? bsearch(&key, compare->entry, compare->n, sizeof key, by_hash) : NULL;
    compare->only_first += !entry;
    compare->matched += entry != NULL;
    const uint32_t *answer = entry ? compare->answer + entry->at * compare->nheads : NULL;
    if (!answer || answer[0] == REJECT || evaluation->verdict[0].state == FA_REJECTED)
        return NULL;
    for (size_t h = 0; h < compare->nheads; h++) {
        const struct fa_verdict *verdict = &evaluation->verdict[h];
        if (verdict->state != FA_MEASURED)
            continue;
        compare->paired[h].count[verdict->predicted == verdict->truth][answer[h] == verdict->truth]++;
        compare->paired[h].changed += answer[h] != verdict->predicted;
    }
    return answer;
}

const struct fa_paired *fa_compare_paired(const struct fa_compare *compare, size_t h)
{
    return &compare->paired[h];
}

uint64_t fa_compare_only_first(const struct fa_compare *compare)
{
    return compare->only_first;
}

uint64_t fa_compare_only_second(const struct fa_compare *compare)
{
    return compare->n - compare->matched;
}

/* ---- tests ---- */

/* The probability of at most k of n fair coins, doubled, at most 1: its largest term is C(n, k) / 2^n, and the one before a
 * term is that times i / (n - i + 1). */
static double two_sided(uint64_t k, uint64_t n)
{
    double log_term = -(double)n * log(2), term = 1, sum = 0;
    for (uint64_t i = 1; i <= k; i++)
        log_term += log((double)(n - k + i) / (double)i);
    for (uint64_t i = k + 1; i-- > 0 && term > 0;) {
        sum += term;
        term *= (double)i / (double)(n - i + 1);
    }
    return fmin(1, 2 * exp(log_term + log(sum)));
}

int fa_paired_test(struct fa_paired_test *test, const struct fa_paired *paired, const struct fa_bootstrap *bootstrap,
                   struct fa_err *err)
{
    uint64_t lost = paired->count[1][0], won = paired->count[0][1], differ = lost + won, same = paired->count[0][0] + paired->count[1][1];
    double n = (double)(differ + same), by = fabs((double)won - (double)lost);
    size_t replicates = bootstrap_n(bootstrap);
    double *replicate = fa_mem_array(replicates, sizeof *replicate, err);
    struct fa_rng rng = bootstrap_rng(bootstrap, 1);
    if (!replicate)
        return -1;
    for (size_t r = 0; r < replicates; r++) {
        double l = bootstrap_poisson(&rng, (double)lost), w = bootstrap_poisson(&rng, (double)won);
        replicate[r] = (w - l) / (w + l + bootstrap_poisson(&rng, (double)same));
    }
    test->difference.value = ((double)won - (double)lost) / n;
    bootstrap_interval(&test->difference, replicate, replicates);
    free(replicate);
    test->exact = two_sided(lost < won ? lost : won, differ);
    by = by > 1 ? by - 1 : 0;
    test->chi2 = differ ? by * by / (double)differ : 0;
    test->p = erfc(sqrt(test->chi2 / 2));
    return 0;
}
