#include "fa/rng.h"

#include <Random123/philox.h>
#include <math.h>

void fa_rng_block(uint64_t seed, uint64_t stream, uint64_t counter, uint32_t out[4])
{
    philox4x32_ctr_t at = {{(uint32_t)counter, (uint32_t)(counter >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)}};
    philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    philox4x32_ctr_t words = philox4x32(at, key);
    for (int i = 0; i < 4; i++)
        out[i] = words.v[i];
}

struct fa_rng fa_rng_make(uint64_t seed, uint64_t stream)
{
    return (struct fa_rng){.seed = seed, .stream = stream};
}

uint32_t fa_rng_u32(struct fa_rng *rng)
{
    if (!rng->left) {
        fa_rng_block(rng->seed, rng->stream, rng->counter++, rng->block);
        rng->left = 4;
    }
    return rng->block[4 - rng->left--];
}

/* Lemire, "Fast random integer generation in an interval", 2019. */
uint32_t fa_rng_below(struct fa_rng *rng, uint32_t n)
{
    uint32_t reject = -n % n;
    uint64_t product;
    do
        product = (uint64_t)fa_rng_u32(rng) * n;
    while ((uint32_t)product < reject);
    return (uint32_t)(product >> 32);
}

float fa_rng_unit(struct fa_rng *rng)
{
    return (float)(fa_rng_u32(rng) >> 8) * 0x1p-24f;
}

float fa_rng_normal(struct fa_rng *rng)
{
    double radius = sqrt(-2 * log(1 - (double)fa_rng_unit(rng)));
    return (float)(radius * cos(6.283185307179586 * (double)fa_rng_unit(rng)));
}

void fa_rng_shuffle(struct fa_rng *rng, uint32_t *items, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        uint32_t j = fa_rng_below(rng, (uint32_t)i), held = items[i - 1];
        items[i - 1] = items[j];
        items[j] = held;
    }
}
