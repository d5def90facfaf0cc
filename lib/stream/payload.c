#include <string.h>

#include "wire.h"

size_t wire_element_size(enum fa_dtype dtype)
{
    return dtype == FA_U8 ? 1 : dtype == FA_F16 ? 2 : 4;
}

static float float_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t bits_of_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* IEEE 754-2008 binary16. Subnormals are exact as a product; infinities and NaNs keep their class. No branches, so that
 * compilers make vectors of it. */
static float half_to_float(uint32_t half)
{
    uint32_t sign = (half & 0x8000) << 16, exponent = half >> 10 & 0x1f, fraction = half & 0x3ff;
    uint32_t small = bits_of_float((float)(int32_t)fraction * 0x1p-24f);
    uint32_t normal = (exponent + (exponent == 31 ? 224 : 112)) << 23 | fraction << 13;
    return float_of_bits(sign | (exponent ? normal : small));
}

/* Rounds to nearest, ties to even. Adding 0.5 to a number below 2^-14 puts its last half-precision bit at the last bit
 * of the sum, and the addition itself rounds. */
static uint32_t float_to_half(float value)
{
    uint32_t bits = bits_of_float(value), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000)
        return sign | 0x7e00;
    if (magnitude >= 0x477ff000) /* 65520 and more round to infinity */
        return sign | 0x7c00;
    if (magnitude < 0x38800000)
        return sign | (bits_of_float(float_of_bits(magnitude) + 0.5f) - bits_of_float(0.5f));
    return sign | (magnitude + 0xfff + (magnitude >> 13 & 1) - (112u << 23)) >> 13;
}

static void get_f16(float *restrict to, const unsigned char *restrict from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = half_to_float(from[2 * i] | (uint32_t)from[2 * i + 1] << 8);
}

static void get_f32(float *restrict to, const unsigned char *restrict from, size_t n)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(to, from, n * sizeof *to);
#else
    for (size_t i = 0; i < n; i++)
        to[i] = float_of_bits(from[4 * i] | (uint32_t)from[4 * i + 1] << 8 | (uint32_t)from[4 * i + 2] << 16 |
                              (uint32_t)from[4 * i + 3] << 24);
#endif
}

void fa_stored_floats(float *to, const struct fa_stored *from, size_t n)
{
    (from->dtype == FA_F16 ? get_f16 : get_f32)(to, from->bytes, n);
}

void wire_put_f16(unsigned char *to, const float *from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t half = float_to_half(from[i]);
        to[2 * i] = (unsigned char)half;
        to[2 * i + 1] = (unsigned char)(half >> 8);
    }
}

void wire_put_f32(unsigned char *to, const float *from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = bits_of_float(from[i]);
        for (size_t k = 0; k < 4; k++)
            to[4 * i + k] = (unsigned char)(bits >> 8 * k);
    }
}
