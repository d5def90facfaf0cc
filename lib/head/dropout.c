#include <math.h>

#include "fa/rng.h"
#include "fa/tensor.h"
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

void layer_dropout_forward(float *y, const float *x, const uint8_t *keep, struct layer_part part, float rate)
{
    fa_tensor_mask(part.rows, part.n, part.stride, y, x, keep, 1 / (1 - rate));
}

void layer_dropout_backward(float *dy, const uint8_t *keep, struct layer_part part, float rate)
{
    fa_tensor_mask(part.rows, part.n, part.stride, dy, dy, keep, 1 / (1 - rate));
}
