#include <stdlib.h>
#include <string.h>

#include <vips/vips.h>

#include "fa/image.h"
#include "fa/mem.h"

int fa_image_encode_jpeg(const struct fa_image *image, int quality, unsigned char **bytes, size_t *n, struct fa_err *err)
{
    size_t size = 3 * image->width * image->height;
    void *coded = NULL;
    VipsImage *in = vips_image_new_from_memory(image->pixel, size, (int)image->width, (int)image->height, 3, VIPS_FORMAT_UCHAR);
    VipsImage *srgb = NULL;
    bool failed = !in || vips_copy(in, &srgb, "interpretation", VIPS_INTERPRETATION_sRGB, NULL) ||
                  vips_jpegsave_buffer(srgb, &coded, n, "Q", quality, "strip", TRUE, "optimize_coding", TRUE, NULL);
    if (srgb)
        g_object_unref(srgb);
    if (in)
        g_object_unref(in);
    if (failed) {
        vips_error_clear();
        return fa_err_set(err, "cannot encode a picture of %zux%zu", image->width, image->height);
    }
    *bytes = fa_mem_array(*n, 1, err);
    if (*bytes)
        memcpy(*bytes, coded, *n);
    g_free(coded);
    return *bytes ? 0 : -1;
}
