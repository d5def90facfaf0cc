#include <stdlib.h>
#include <string.h>

#include <vips/vips.h>

#include "fa/image.h"
#include "fa/mem.h"

/* The picture for libvips, which does not copy the pixels. NULL where it fails. */
static VipsImage *wrap(const struct fa_image *image)
{
    size_t size = 3 * image->width * image->height;
    VipsImage *in = vips_image_new_from_memory(image->pixel, size, (int)image->width, (int)image->height, 3, VIPS_FORMAT_UCHAR);
    VipsImage *srgb = NULL;
    if (in && vips_copy(in, &srgb, "interpretation", VIPS_INTERPRETATION_sRGB, NULL))
        srgb = NULL;
    if (in)
        g_object_unref(in);
    return srgb;
}

/* Hands over what libvips made, in memory of ours. */
static int finish(const struct fa_image *image, void *coded, size_t n, unsigned char **bytes, struct fa_err *err)
{
    if (!coded) {
        vips_error_clear();
        return fa_err_set(err, "cannot encode a picture of %zux%zu", image->width, image->height);
    }
    *bytes = fa_mem_array(n, 1, err);
    if (*bytes)
        memcpy(*bytes, coded, n);
    g_free(coded);
    return *bytes ? 0 : -1;
}

int fa_image_encode_jpeg(const struct fa_image *image, int quality, unsigned char **bytes, size_t *n, struct fa_err *err)
{
    VipsImage *srgb = wrap(image);
    void *coded = NULL;
    if (srgb && vips_jpegsave_buffer(srgb, &coded, n, "Q", quality, "strip", TRUE, "optimize_coding", TRUE, NULL))
        coded = NULL;
    if (srgb)
        g_object_unref(srgb);
    return finish(image, coded, *n, bytes, err);
}

int fa_image_encode_png(const struct fa_image *image, unsigned char **bytes, size_t *n, struct fa_err *err)
{
    VipsImage *srgb = wrap(image);
    void *coded = NULL;
    if (srgb && vips_pngsave_buffer(srgb, &coded, n, "compression", 6, "strip", TRUE, NULL))
        coded = NULL;
    if (srgb)
        g_object_unref(srgb);
    return finish(image, coded, *n, bytes, err);
}
