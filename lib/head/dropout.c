#include <math.h>

#include "fa/rng.h"
#include "layers.h"

/* Half a word decides an element: 1/65536 is fine enough for a rate, and the generator is what costs. */
enum { PER_BLOCK = 8 };

void layer_dropout_mask(uint8_t *keep, size_t n, float rate, uint64_t seed, uint64_t stream)
{
    uint32_t threshold = (uint32_t)lrintf(rate * 65536), word[4];
    for (size_t i = 0; i < n; i += PER_BLOCK) {
        fa_rng_block(seed, stream, i / PER_BLOCK, word);
        for (size_t k = 0; k < PER_BLOCK && i + k < n; k++)
            keep[i + k] = (word[k / 2] >> (k % 2 * 16) & 0xffff) >= threshold;
    }
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
