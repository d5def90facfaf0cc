#ifdef __x86_64__
#define LANES 8
#define ISA "avx2"
#define KERNELS fa_kernels_avx2
#include "kernels.inc"
#endif
