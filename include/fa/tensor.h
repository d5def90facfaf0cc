/* Linear algebra on float32 arrays in C order. Every function here is single-threaded and may be called by several
 * threads at once. The only room that knows BLIS. */
#ifndef FA_TENSOR_H
#define FA_TENSOR_H

#include <stddef.h>

enum fa_transpose { FA_AS_IS, FA_TRANSPOSED };

/* C = alpha * op(A) * op(B) + beta * C, where op(A) is m x k, op(B) is k x n and C is m x n, all row-major; lda, ldb,
 * ldc are the distances between rows as stored. With beta = 0, C may hold anything (NaN too). */
void fa_tensor_gemm(enum fa_transpose ta, enum fa_transpose tb, size_t m, size_t n, size_t k, float alpha, const float *a,
                    size_t lda, const float *b, size_t ldb, float beta, float *c, size_t ldc);

#endif
