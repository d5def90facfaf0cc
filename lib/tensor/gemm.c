#include "fa/tensor.h"

#include <blis.h>
#include <string.h>

const char *fa_tensor_setting(void)
{
#if defined __x86_64__ && defined BLIS_CONFIG_SKX
    _Static_assert(BLIS_ARCH_SKX == 0, "the value below");
    if (__builtin_cpu_is("intel") && strcmp(fa_tensor_isa(), "avx512") == 0)
        return "BLIS_ARCH_TYPE=0";
#endif
    return NULL;
}

/* BLIS's own threads fall to a fraction of their speed when anything else runs, and the suite brings its own: each call
 * says that it wants one thread, whatever the environment and the installed flavour of the library say. */
void fa_tensor_gemm(enum fa_transpose ta, enum fa_transpose tb, size_t m, size_t n, size_t k, float alpha, const float *a,
                    size_t lda, const float *b, size_t ldb, float beta, float *c, size_t ldc)
{
    rntm_t rntm;
    bli_rntm_init(&rntm);
    bli_rntm_set_num_threads(1, &rntm);
    bli_sgemm_ex(ta == FA_TRANSPOSED ? BLIS_TRANSPOSE : BLIS_NO_TRANSPOSE, tb == FA_TRANSPOSED ? BLIS_TRANSPOSE : BLIS_NO_TRANSPOSE,
                 (dim_t)m, (dim_t)n, (dim_t)k, &alpha, (float *)(size_t)a, (inc_t)lda, 1, (float *)(size_t)b, (inc_t)ldb, 1, &beta, c,
                 (inc_t)ldc, 1, NULL, &rntm);
}
