#include <math.h>

#include "fa/rng.h"
#include "layers.h"

/* Half a word decides an element: 1/65536 is fine enough for a rate, and the generator is what costs. */
enum { PER_BLOCK = 8 };

void layer_dropout_mask(uint8_t *keep, size_t row, size_t rows, size_t n, float rate, uint64_t seed, uint64_t stream)
{
    uint32_t word[4], threshold = (uint32_t)lrintf(rate * 65536);
    size_t blocks = (n + PER_BLOCK - 1) / PER_BLOCK;
    for (size_t r = row; r < row + rows; r++, keep += n)
        for (size_t block = 0; block < blocks; block++) {
            size_t from = block * PER_BLOCK, few = n - from < PER_BLOCK ? n - from : PER_BLOCK;
            fa_rng_block(seed, stream, r * blocks + block, word);
            for (size_t k = 0; k < few; k++)
                keep[from + k] = (word[k / 2] >> (k % 2 * 16) & 0xffff) >= threshold;
        }
}

void layer_dropout_forward(float *restrict y, const float *restrict x, const uint8_t *restrict keep, struct layer_part part,
                           float rate)
{
    float scale = 1 / (1 - rate);
    for (size_t row = 0; row < part.rows; row++, y += part.stride, x += part.stride, keep += part.stride)
        for (size_t i = 0; i < part.n; i++)
            y[i] = x[i] * ((float)keep[i] * scale);
}

void layer_dropout_backward(float *restrict dy, const uint8_t *restrict keep, struct layer_part part, float rate)
{
    float scale = 1 / (1 - rate);
    for (size_t row = 0; row < part.rows; row++, dy += part.stride, keep += part.stride)
        for (size_t i = 0; i < part.n; i++)
            dy[i] *= (float)keep[i] * scale;
}
