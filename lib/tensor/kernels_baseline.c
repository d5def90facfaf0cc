#define LANES 4
#define ISA "baseline"
#define KERNELS fa_kernels_baseline
#include "kernels.inc"
