#include "fa/embed.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fa/mem.h"

struct fa_embedder {
    const struct fa_card *card;
    struct fa_net *net;
    size_t *size; /* of each feature */
    size_t length, batch;
};

struct fa_embed_state {
    const struct fa_embedder *embedder;
    struct fa_exec *exec;
    float *input;
    struct fa_tensor *output;
    size_t capacity; /* of input, in floats */
};

/* ---- input ---- */

/* (pixel - mean) * scale of an RGB picture of n pixels; plane is the distance between channels, step between pixels. */
static void normalise(const struct fa_card *card, const unsigned char *crop, size_t n, float *to, size_t plane, size_t step)
{
    for (size_t c = 0; c < 3; c++) {
        const unsigned char *from = crop + (card->bgr ? 2 - c : c);
        float mean = card->mean[c], scale = card->scale[c], *channel = to + c * plane;
        for (size_t i = 0; i < n; i++)
            channel[i * step] = ((float)from[3 * i] - mean) * scale;
    }
}

static int prepare(struct fa_embed_state *state, const unsigned char *const *crop, size_t n, struct fa_tensor *input,
                   struct fa_err *err)
{
    const struct fa_card *card = state->embedder->card;
    size_t pixels = card->width * card->height, want = n * pixels * 3;
    if (want > state->capacity) {
        free(state->input);
        state->capacity = 0;
        state->input = fa_mem_aligned(want, sizeof(float), err);
        if (!state->input)
            return -1;
        state->capacity = want;
    }
    for (size_t i = 0; i < n; i++)
        normalise(card, crop[i], pixels, state->input + i * pixels * 3, card->nchw ? pixels : 1, card->nchw ? 1 : 3);
    *input = card->nchw ? (struct fa_tensor){state->input, 4, {n, 3, card->height, card->width}}
                        : (struct fa_tensor){state->input, 4, {n, card->height, card->width, 3}};
    return 0;
}

/* ---- features ---- */

static size_t elements(const struct fa_tensor *tensor)
{
    size_t n = 1;
    for (size_t i = 1; i < tensor->rank; i++)
        n *= tensor->dim[i];
    return n;
}

/* Mean over all positions of picture i of a map: N x C x H x W or N x H x W x C. */
static void mean_over_positions(const struct fa_tensor *map, size_t i, int nchw, float scale, float *to)
{
    size_t channels = map->dim[nchw ? 1 : 3], positions = elements(map) / channels;
    const float *from = map->data + i * elements(map);
    for (size_t c = 0; c < channels; c++) {
        double sum = 0;
        for (size_t p = 0; p < positions; p++)
            sum += (double)from[nchw ? c * positions + p : p * channels + c];
        to[c] = (float)(sum / (double)positions) * scale;
    }
}

static void copy_scaled(const struct fa_tensor *value, size_t i, int unit, float scale, float *to)
{
    size_t n = elements(value);
    const float *from = value->data + i * n;
    double square = 0;
    for (size_t k = 0; k < n; k++)
        square += (double)from[k] * (double)from[k];
    float factor = unit && square > 0 ? scale / (float)sqrt(square) : scale;
    for (size_t k = 0; k < n; k++)
        to[k] = from[k] * factor;
}

/* A probability of 0 has no logarithm: the smallest normal number stands for it. */
static void copy_logarithms(const struct fa_tensor *value, size_t i, float scale, float *to)
{
    size_t n = elements(value);
    for (size_t k = 0; k < n; k++)
        to[k] = logf(fmaxf(value->data[i * n + k], FLT_MIN)) * scale;
}

static void write_feature(const struct fa_card *card, size_t f, const struct fa_tensor *value, size_t i, float *to)
{
    const struct fa_card_feature *feature = &card->feature[f];
    if (feature->pool == FA_POOL_MEAN)
        mean_over_positions(value, i, card->nchw, feature->scale, to);
    else if (feature->pool == FA_POOL_LOG)
        copy_logarithms(value, i, feature->scale, to);
    else
        copy_scaled(value, i, feature->pool == FA_POOL_L2, feature->scale, to);
}

int fa_embed(struct fa_embed_state *state, const unsigned char *const *crop, size_t n, float *const *vector, struct fa_err *err)
{
    const struct fa_embedder *embedder = state->embedder;
    struct fa_tensor input;
    if (prepare(state, crop, n, &input, err) || fa_exec_run(state->exec, &input, state->output, err))
        return -1;
    for (size_t i = 0; i < n; i++) {
        float *to = vector[i];
        for (size_t f = 0; f < embedder->card->nfeatures; f++) {
            write_feature(embedder->card, f, &state->output[f], i, to);
            to += embedder->size[f];
        }
    }
    return 0;
}

/* ---- opening ---- */

/* Runs one black picture and takes the features' sizes from what comes out. */
static int measure(struct fa_embedder *embedder, struct fa_err *err)
{
    const struct fa_card *card = embedder->card;
    struct fa_embed_state *state = fa_embed_state_new(embedder, err);
    unsigned char *black = fa_mem_array(card->width * card->height, 3, err);
    struct fa_tensor input;
    int failed = !state || !black || prepare(state, (const unsigned char *const[]){black}, 1, &input, err) ||
                 fa_exec_run(state->exec, &input, state->output, err);
    for (size_t f = 0; f < card->nfeatures && !failed; f++) {
        const struct fa_tensor *value = &state->output[f];
        if (card->feature[f].pool == FA_POOL_MEAN && value->rank != 4)
            failed = fa_err_set(err, "%s: feature %s: a mean wants a map of rank 4, this has rank %zu", card->name,
                                fa_net_output(embedder->net, f)->name, value->rank);
        else if (value->rank < 1 || value->dim[0] != 1)
            failed = fa_err_set(err, "%s: feature %s does not give one row a picture", card->name,
                                fa_net_output(embedder->net, f)->name);
        else
            embedder->size[f] = card->feature[f].pool == FA_POOL_MEAN ? value->dim[card->nchw ? 1 : 3] : elements(value);
        embedder->length += failed ? 0 : embedder->size[f];
    }
    embedder->batch = failed ? 0 : fa_exec_batch(state->exec);
    fa_embed_state_free(state);
    free(black);
    return failed ? -1 : 0;
}

/* Heads share out all of the vector. */
static int check_heads(const struct fa_embedder *embedder, struct fa_err *err)
{
    const struct fa_card *card = embedder->card;
    size_t classes = 0;
    for (size_t h = 0; h < card->nheads; h++)
        classes += card->head[h].nclasses;
    if (classes && classes != embedder->length)
        return fa_err_set(err, "%s: heads have %zu classes in all, the network gives %zu numbers", card->name, classes,
                          embedder->length);
    return 0;
}

static struct fa_net *open_net(const struct fa_card *card, const char *path, unsigned flags, struct fa_err *err)
{
    const char **value = fa_mem_array(card->nfeatures, sizeof *value, err);
    if (!value)
        return NULL;
    for (size_t f = 0; f < card->nfeatures; f++)
        value[f] = card->feature[f].value;
    struct fa_net *net = fa_net_open(path, value, card->nfeatures, flags, err);
    free(value);
    return net;
}

struct fa_embedder *fa_embedder_open(const struct fa_card *card, const char *path, unsigned flags, struct fa_err *err)
{
    struct fa_embedder *embedder = fa_mem_array(1, sizeof *embedder, err);
    if (!embedder)
        return NULL;
    embedder->card = card;
    embedder->size = fa_mem_array(card->nfeatures, sizeof *embedder->size, err);
    embedder->net = embedder->size ? open_net(card, path, flags, err) : NULL;
    if (embedder->net && fa_net_ninputs(embedder->net) != 1)
        fa_err_set(err, "%s: the network has %zu inputs, want one", card->name, fa_net_ninputs(embedder->net));
    else if (embedder->net && !measure(embedder, err) && !check_heads(embedder, err))
        return embedder;
    fa_embedder_close(embedder);
    return NULL;
}

void fa_embedder_close(struct fa_embedder *embedder)
{
    if (!embedder)
        return;
    fa_net_close(embedder->net);
    free(embedder->size);
    free(embedder);
}

size_t fa_embedder_length(const struct fa_embedder *embedder)
{
    return embedder->length;
}

size_t fa_embedder_feature(const struct fa_embedder *embedder, size_t feature)
{
    return embedder->size[feature];
}

uint64_t fa_embedder_digest(const struct fa_embedder *embedder)
{
    return fa_net_digest(embedder->net);
}

size_t fa_embedder_batch(const struct fa_embedder *embedder)
{
    return embedder->batch;
}

const struct fa_net *fa_embedder_net(const struct fa_embedder *embedder)
{
    return embedder->net;
}

struct fa_embed_state *fa_embed_state_new(const struct fa_embedder *embedder, struct fa_err *err)
{
    struct fa_embed_state *state = fa_mem_array(1, sizeof *state, err);
    if (!state)
        return NULL;
    state->embedder = embedder;
    state->output = fa_mem_array(embedder->card->nfeatures, sizeof *state->output, err);
    state->exec = state->output ? fa_exec_new(embedder->net, err) : NULL;
    if (state->exec)
        return state;
    fa_embed_state_free(state);
    return NULL;
}

void fa_embed_share(struct fa_embed_state *state, struct fa_pool *pool)
{
    fa_exec_share(state->exec, pool);
}

void fa_embed_state_free(struct fa_embed_state *state)
{
    if (!state)
        return;
    fa_exec_free(state->exec);
    free(state->output);
    free(state->input);
    free(state);
}
