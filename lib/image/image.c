#include "fa/image.h"

#include <stdlib.h>

#include "fa/mem.h"

int fa_image_new(struct fa_image *image, size_t width, size_t height, struct fa_err *err)
{
    if (height && width > SIZE_MAX / 3 / height)
        return fa_err_memory(err, SIZE_MAX);
    size_t bytes = 3 * width * height;
    unsigned char *pixel = malloc(bytes ? bytes : 1);
    if (!pixel)
        return fa_err_memory(err, bytes);
    *image = (struct fa_image){pixel, width, height};
    return 0;
}

void fa_image_free(struct fa_image *image)
{
    free(image->pixel);
    *image = (struct fa_image){0};
}
