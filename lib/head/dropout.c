#include <math.h>

#include "fa/rng.h"
#include "layers.h"

/* Half a word decides an element: 1/65536 is fine enough for a rate, and the generator is what costs. PIECE is what one
 * thread draws at once. */
enum { PER_BLOCK = 8, PIECE = 1 << 14 };

struct mask {
    uint8_t *keep;
    size_t n;
    uint32_t threshold;
    uint64_t seed, stream;
};

static void draw_piece(void *arg, size_t piece, unsigned worker)
{
    const struct mask *mask = arg;
    size_t from = piece * PIECE, end = mask->n - from < PIECE ? mask->n : from + PIECE;
    uint32_t word[4];
    (void)worker;
    for (size_t i = from; i < end; i += PER_BLOCK) {
        fa_rng_block(mask->seed, mask->stream, i / PER_BLOCK, word);
        for (size_t k = 0; k < PER_BLOCK && i + k < end; k++)
            mask->keep[i + k] = (word[k / 2] >> (k % 2 * 16) & 0xffff) >= mask->threshold;
    }
}

void layer_dropout_mask(struct fa_pool *pool, uint8_t *keep, size_t n, float rate, uint64_t seed, uint64_t stream)
{
    struct mask mask = {keep, n, (uint32_t)lrintf(rate * 65536), seed, stream};
    fa_pool_for(pool, (n + PIECE - 1) / PIECE, draw_piece, &mask);
}

void layer_dropout_forward(float *restrict y, const float *restrict x, const uint8_t *restrict keep, size_t n, float rate)
{
    float scale = 1 / (1 - rate);
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] * ((float)keep[i] * scale);
}

void layer_dropout_backward(float *restrict dy, const uint8_t *restrict keep, size_t n, float rate)
{
    float scale = 1 / (1 - rate);
    for (size_t i = 0; i < n; i++)
        dy[i] *= (float)keep[i] * scale;
}
