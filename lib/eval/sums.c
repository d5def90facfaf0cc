#include "sums.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "fa/mem.h"

/* ---- exact sums ---- */

static const uint64_t parts = 1000000000000;

void fa_sum_join(struct fa_sum *sum, const struct fa_sum *other)
{
    uint64_t part = sum->part + other->part;
    sum->whole += other->whole + part / parts;
    sum->part = part % parts;
}

void fa_sum_add(struct fa_sum *sum, double x)
{
    x = x < 0 ? 0 : x > 1e6 ? 1e6 : x;
    double whole = floor(x);
    fa_sum_join(sum, &(struct fa_sum){(uint64_t)whole, (uint64_t)((x - whole) * 1e12 + 0.5)});
}

double fa_sum_value(const struct fa_sum *sum)
{
    return (double)sum->whole + (double)sum->part / 1e12;
}

/* ---- a head's ---- */

int sums_init(struct fa_sums *sums, const struct fa_head *head, bool ordered, const char *group, struct fa_err *err)
{
    *sums = (struct fa_sums){.ordered = ordered};
    sums->stream = XXH3_64bits_withSeed(group, strlen(group), XXH3_64bits(head->name, strlen(head->name)));
    sums->block = fa_mem_array(FA_BLOCKS, sizeof *sums->block, err);
    if (!sums->block)
        return -1;
    if (fa_confusion_init(&sums->confusion, head, err)) {
        free(sums->block);
        *sums = (struct fa_sums){0};
        return -1;
    }
    return 0;
}

void sums_free(struct fa_sums *sums)
{
    fa_confusion_free(&sums->confusion);
    free(sums->block);
    *sums = (struct fa_sums){0};
}

static void add_bin(struct fa_sums *sums, const struct fa_verdict *verdict)
{
    int bin = (int)ceil(verdict->confidence * FA_BINS) - 1;
    bin = bin < 0 ? 0 : bin < FA_BINS ? bin : FA_BINS - 1;
    struct fa_bin *to = &sums->bin[bin][verdict->predicted == verdict->truth];
    to->n++;
    fa_sum_add(&to->confidence, verdict->confidence);
}

static void add_block(struct fa_block *block, const struct fa_verdict *verdict, bool seen)
{
    block->n++;
    if (!seen)
        return;
    block->seen++;
    block->correct += verdict->predicted == verdict->truth;
    block->top2 += verdict->top2;
    block->bit_errors += verdict->bit_errors;
    fa_sum_add(&block->nll, verdict->loss);
    fa_sum_add(&block->brier, verdict->brier);
}

int sums_add(struct fa_sums *sums, const struct fa_verdict *verdict, uint64_t id_hash, struct fa_err *err)
{
    struct fa_confusion *confusion = &sums->confusion;
    bool seen = verdict->truth < confusion->classes;
    if (verdict->state != FA_MEASURED) {
        confusion->rejected += verdict->state == FA_REJECTED;
        confusion->unlabelled += verdict->state == FA_UNLABELLED;
        return 0;
    }
    if (seen)
        confusion->count[verdict->truth * confusion->classes + verdict->predicted]++;
    else if (fa_confusion_add(confusion, verdict->label, verdict->predicted, 1, err))
        return -1;
    add_bin(sums, verdict);
    add_block(&sums->block[id_hash % FA_BLOCKS], verdict, seen);
    return 0;
}

void block_join(struct fa_block *block, const struct fa_block *other)
{
    block->n += other->n;
    block->seen += other->seen;
    block->correct += other->correct;
    block->top2 += other->top2;
    block->bit_errors += other->bit_errors;
    fa_sum_join(&block->nll, &other->nll);
    fa_sum_join(&block->brier, &other->brier);
}

struct fa_block sums_total(const struct fa_sums *sums)
{
    struct fa_block total = {0};
    for (size_t i = 0; i < FA_BLOCKS; i++)
        block_join(&total, &sums->block[i]);
    return total;
}
