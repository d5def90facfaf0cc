/* Random numbers that depend on nothing but their coordinates: Philox 4x32-10 (Salmon et al., "Parallel random numbers:
 * as easy as 1, 2, 3", SC 2011). The same (seed, stream) gives the same sequence on every machine, for any number of
 * threads, and two streams of one seed are independent. */
#ifndef FA_RNG_H
#define FA_RNG_H

#include <stddef.h>
#include <stdint.h>

struct fa_rng {
    uint64_t seed, stream, counter; /* counter = blocks drawn: storing these three stores the generator */
    uint32_t block[4];
    unsigned left; /* words of block not yet used */
};

/* The four words at (seed, stream, counter). */
void fa_rng_block(uint64_t seed, uint64_t stream, uint64_t counter, uint32_t out[4]);

struct fa_rng fa_rng_make(uint64_t seed, uint64_t stream);
uint32_t fa_rng_u32(struct fa_rng *rng);
uint32_t fa_rng_below(struct fa_rng *rng, uint32_t n); /* uniform in 0..n-1 without bias; n > 0 */
float fa_rng_unit(struct fa_rng *rng);                 /* uniform in [0, 1), 24 bits */
float fa_rng_normal(struct fa_rng *rng);               /* standard normal, Box-Muller */
void fa_rng_shuffle(struct fa_rng *rng, uint32_t *items, size_t n); /* Fisher-Yates */

#endif
