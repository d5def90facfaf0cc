#ifdef __x86_64__
#define LANES 16
#define ISA "avx512"
#define KERNELS fa_kernels_avx512
#include "kernels.inc"
#endif
