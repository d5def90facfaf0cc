#include "fa/tensor.h"
#include "kernels.h"

#include <blis.h>
#include <string.h>

/* The only file that calls BLIS's micro-kernel, by accessors that depend on this version's layout of its context. */
#define LAYOUT "0.9.0"

/* Of plain products, which BLIS packs for itself. */
static const struct fa_panels plain = {.rows = 48, .cols = 64};

static bool has_layout(void)
{
    return strncmp(bli_info_get_version_str(), LAYOUT, sizeof LAYOUT - 1) == 0;
}

struct fa_panels fa_tensor_panels(bool tiles)
{
    if (!tiles || !has_layout())
        return plain;
    cntx_t *context = bli_gks_query_cntx();
    size_t m = (size_t)bli_cntx_get_blksz_def_dt(BLIS_FLOAT, BLIS_MR, context);
    size_t n = (size_t)bli_cntx_get_blksz_def_dt(BLIS_FLOAT, BLIS_NR, context);
    bool by_rows = bli_cntx_l3_vir_ukr_prefers_rows_dt(BLIS_FLOAT, BLIS_GEMM_UKR, context);
    struct fa_panels panels = {.rows = by_rows ? m : n, .cols = by_rows ? n : m, .tiles = true, .by_rows = by_rows};
    return panels.rows < 4 || panels.rows > FA_PANEL_ROWS ? plain : panels;
}

void fa_tensor_pack_columns(const struct fa_panels *panels, size_t k, size_t n, const float *w, size_t ldw, float *to)
{
    size_t cols = panels->cols;
    for (size_t from = 0; from < n; from += cols)
        for (size_t i = 0; i < k; i++, to += cols)
            for (size_t c = 0; c < cols; c++)
                to[c] = from + c < n ? w[i * ldw + from + c] : 0;
}

/* A tile of y: rows x n of it, at most a panel by a panel. The kernel takes its operands in the order that suits the rows
 * of y, along which it writes. */
static void multiply_tile(const struct fa_panels *panels, size_t rows, size_t n, size_t k, const float *input,
                          const float *weights, float *y, size_t ldy)
{
    cntx_t *context = bli_gks_query_cntx();
    sgemm_ukr_ft kernel;
    *(void **)&kernel = bli_cntx_get_l3_vir_ukr_dt(BLIS_FLOAT, BLIS_GEMM_UKR, context); /* as POSIX has it for dlsym() */
    float one = 1, zero = 0, *a = (float *)(size_t)input, *b = (float *)(size_t)weights;
    auxinfo_t info = {0};
    bli_auxinfo_set_next_ab(panels->by_rows ? a : b, panels->by_rows ? b : a, &info);
    if (panels->by_rows)
        kernel((dim_t)rows, (dim_t)n, (dim_t)k, &one, a, b, &zero, y, (inc_t)ldy, 1, &info, context);
    else
        kernel((dim_t)n, (dim_t)rows, (dim_t)k, &one, b, a, &zero, y, 1, (inc_t)ldy, &info, context);
}

void fa_tensor_multiply_panels(const struct fa_panels *panels, size_t m, size_t n, size_t k, const float *input,
                               const float *weights, float *y, size_t ldy)
{
    for (size_t col = 0; col < n; col += panels->cols)
        for (size_t row = 0; row < m; row += panels->rows) {
            size_t rows = m - row < panels->rows ? m - row : panels->rows, cols = n - col < panels->cols ? n - col : panels->cols;
            const float *a = input + row * k, *b = weights + col * k;
            float *tile = y + row * ldy + col;
            if (panels->tiles)
                multiply_tile(panels, rows, cols, k, a, b, tile, ldy);
            else
                fa_tensor_gemm(FA_TRANSPOSED, FA_AS_IS, rows, cols, k, 1, a, panels->rows, b, panels->cols, 0, tile, ldy);
        }
}
