#include <stdlib.h>
#include <string.h>

#include "fa/eval.h"
#include "fa/mem.h"

/* A label met for the first time: a row of zeros, and its place in order among those that are no classes of the head. */
static int add_label(struct fa_confusion *confusion, const char *name, struct fa_err *err)
{
    size_t n = confusion->label.n, classes = confusion->classes;
    if (fa_mem_grow(&confusion->count, &confusion->count_capacity, (n + 1) * classes, sizeof *confusion->count, err) ||
        fa_mem_grow(&confusion->order, &confusion->order_capacity, n + 1, sizeof *confusion->order, err) ||
        fa_vocabulary_add(&confusion->label, name, err))
        return -1;
    for (size_t i = 0; i < classes; i++)
        confusion->count[n * classes + i] = 0;
    size_t at = n;
    for (; at > classes && fa_label_compare(confusion->label.name[confusion->order[at - 1]], name) > 0; at--)
        confusion->order[at] = confusion->order[at - 1];
    confusion->order[at] = n;
    return 0;
}

int fa_confusion_init(struct fa_confusion *confusion, const struct fa_head *head, struct fa_err *err)
{
    *confusion = (struct fa_confusion){.head = head->name, .classes = head->nclasses};
    for (size_t i = 0; i < head->nclasses; i++)
        if (add_label(confusion, head->class[i], err)) {
            fa_confusion_free(confusion);
            return -1;
        }
    return 0;
}

void fa_confusion_free(struct fa_confusion *confusion)
{
    fa_vocabulary_free(&confusion->label);
    free(confusion->order);
    free(confusion->count);
    *confusion = (struct fa_confusion){0};
}

int fa_confusion_add(struct fa_confusion *confusion, const char *label, size_t predicted, uint64_t n, struct fa_err *err)
{
    size_t index;
    if (!fa_vocabulary_find(&confusion->label, label, &index)) {
        index = confusion->label.n;
        if (add_label(confusion, label, err))
            return -1;
    }
    confusion->count[index * confusion->classes + predicted] += n;
    return 0;
}

const char *fa_confusion_label(const struct fa_confusion *confusion, size_t row)
{
    return confusion->label.name[confusion->order[row]];
}

const uint64_t *fa_confusion_row(const struct fa_confusion *confusion, size_t row)
{
    return confusion->count + confusion->order[row] * confusion->classes;
}

uint64_t fa_confusion_n(const struct fa_confusion *confusion)
{
    uint64_t n = 0;
    for (size_t i = 0; i < confusion->label.n * confusion->classes; i++)
        n += confusion->count[i];
    return n;
}

uint64_t fa_confusion_correct(const struct fa_confusion *confusion)
{
    uint64_t correct = 0;
    for (size_t i = 0; i < confusion->classes; i++)
        correct += fa_confusion_row(confusion, i)[i];
    return correct;
}

uint64_t fa_confusion_support(const struct fa_confusion *confusion, size_t row)
{
    const uint64_t *count = fa_confusion_row(confusion, row);
    uint64_t support = 0;
    for (size_t i = 0; i < confusion->classes; i++)
        support += count[i];
    return support;
}

uint64_t fa_confusion_predicted(const struct fa_confusion *confusion, size_t column)
{
    uint64_t predicted = 0;
    for (size_t i = 0; i < confusion->label.n; i++)
        predicted += fa_confusion_row(confusion, i)[column];
    return predicted;
}

uint64_t fa_confusion_unseen(const struct fa_confusion *confusion)
{
    uint64_t unseen = 0;
    for (size_t i = confusion->classes; i < confusion->label.n; i++)
        unseen += fa_confusion_support(confusion, i);
    return unseen;
}
