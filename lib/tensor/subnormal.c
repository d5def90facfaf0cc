#include "fa/tensor.h"

#if defined __SSE__
#include <xmmintrin.h>

enum { FLUSH_TO_ZERO = 0x8000, DENORMALS_ARE_ZERO = 0x40 }; /* of MXCSR */

unsigned long fa_tensor_flush_subnormals(void)
{
    unsigned state = _mm_getcsr();
    _mm_setcsr(state | FLUSH_TO_ZERO | DENORMALS_ARE_ZERO);
    return state;
}

void fa_tensor_restore(unsigned long state)
{
    _mm_setcsr((unsigned)state);
}
#elif defined __aarch64__
enum { FLUSH_TO_ZERO = 1 << 24 }; /* of FPCR */

unsigned long fa_tensor_flush_subnormals(void)
{
    unsigned long state;
    __asm__ volatile("mrs %0, fpcr" : "=r"(state));
    __asm__ volatile("msr fpcr, %0" : : "r"(state | FLUSH_TO_ZERO));
    return state;
}

void fa_tensor_restore(unsigned long state)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(state));
}
#else
unsigned long fa_tensor_flush_subnormals(void)
{
    return 0;
}

void fa_tensor_restore(unsigned long state)
{
    (void)state;
}
#endif
