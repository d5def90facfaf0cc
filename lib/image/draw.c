#include <stdlib.h>
#include <string.h>

#include <vips/vips.h>

#include "fa/image.h"
#include "fa/mem.h"

/* The picture for libvips's drawing, which works on these very pixels. */
static VipsImage *canvas(struct fa_image *image)
{
    size_t size = 3 * image->width * image->height;
    return vips_image_new_from_memory(image->pixel, size, (int)image->width, (int)image->height, 3, VIPS_FORMAT_UCHAR);
}

static int finish(VipsImage *on, bool failed, struct fa_err *err)
{
    if (on)
        g_object_unref(on);
    if (on && !failed)
        return 0;
    vips_error_clear();
    return fa_err_set(err, "cannot draw");
}

int fa_image_fill(struct fa_image *image, struct fa_region region, struct fa_colour colour, struct fa_err *err)
{
    double ink[] = {colour.rgb[0], colour.rgb[1], colour.rgb[2]};
    long left = region.x > 0 ? region.x : 0, right = region.x + (long)region.width;
    long top = region.y > 0 ? region.y : 0, bottom = region.y + (long)region.height;
    right = right < (long)image->width ? right : (long)image->width;
    bottom = bottom < (long)image->height ? bottom : (long)image->height;
    if (left >= right || top >= bottom)
        return 0;
    VipsImage *on = canvas(image);
    int width = (int)(right - left), height = (int)(bottom - top);
    bool failed = !on || vips_draw_rect(on, ink, 3, (int)left, (int)top, width, height, "fill", TRUE, NULL);
    return finish(on, failed, err);
}

int fa_image_frame(struct fa_image *image, struct fa_region region, size_t line, struct fa_colour colour, struct fa_err *err)
{
    size_t width = region.width, height = region.height;
    if (2 * line >= width || 2 * line >= height)
        return fa_image_fill(image, region, colour, err);
    const struct fa_region side[] = {{region.x, region.y, width, line},
                                     {region.x, region.y + (long)(height - line), width, line},
                                     {region.x, region.y, line, height},
                                     {region.x + (long)(width - line), region.y, line, height}};
    for (size_t i = 0; i < sizeof side / sizeof *side; i++)
        if (fa_image_fill(image, side[i], colour, err))
            return -1;
    return 0;
}

int fa_image_disc(struct fa_image *image, long x, long y, size_t radius, struct fa_colour colour, struct fa_err *err)
{
    double ink[] = {colour.rgb[0], colour.rgb[1], colour.rgb[2]};
    long reach = (long)radius;
    if (x + reach < 0 || y + reach < 0 || x - reach >= (long)image->width || y - reach >= (long)image->height)
        return 0;
    VipsImage *on = canvas(image);
    bool failed = !on || vips_draw_circle(on, ink, 3, (int)x, (int)y, (int)radius, "fill", TRUE, NULL);
    return finish(on, failed, err);
}

/* ---- writing ---- */

/* Text for Pango: valid UTF-8, without control characters and markup; NULL if there is nothing to be seen. */
static char *clean(const char *text)
{
    char *valid = g_utf8_make_valid(text, -1);
    bool blank = true;
    for (char *c = valid; *c; c++) {
        *c = (unsigned char)*c < 0x20 || *c == 0x7f ? ' ' : *c;
        blank &= *c == ' ';
    }
    char *escaped = blank ? NULL : g_markup_escape_text(valid, -1);
    g_free(valid);
    return escaped;
}

/* Takes over from. */
static int keep(struct fa_writing *writing, VipsImage *from, struct fa_err *err)
{
    size_t n = 0;
    void *cover = from ? vips_image_write_to_memory(from, &n) : NULL;
    if (cover) {
        *writing = (struct fa_writing){fa_mem_array(n, 1, err), (size_t)from->Xsize, (size_t)from->Ysize, from->Xoffset,
                                       from->Yoffset};
        if (writing->cover)
            memcpy(writing->cover, cover, n);
    } else {
        vips_error_clear();
        fa_err_set(err, "cannot write text into a picture (is there any font?)");
    }
    g_free(cover);
    if (from)
        g_object_unref(from);
    return writing->cover ? 0 : -1;
}

int fa_writing_new(struct fa_writing *writing, const char *text, size_t size, size_t width, struct fa_err *err)
{
    char *escaped = clean(text), font[32];
    VipsImage *drawn = NULL;
    *writing = (struct fa_writing){0};
    if (!escaped)
        return 0;
    snprintf(font, sizeof font, "sans %zu", size);
    int failed = width ? vips_text(&drawn, escaped, "font", font, "dpi", 72, "width", (int)width, NULL)
                       : vips_text(&drawn, escaped, "font", font, "dpi", 72, NULL);
    g_free(escaped);
    return keep(writing, failed ? NULL : drawn, err);
}

void fa_writing_free(struct fa_writing *writing)
{
    free(writing->cover);
    *writing = (struct fa_writing){0};
}

static bool is_inside(const struct fa_image *image, long x, long y)
{
    return x >= 0 && y >= 0 && x < (long)image->width && y < (long)image->height;
}

void fa_image_write(struct fa_image *image, const struct fa_writing *writing, long x, long y, struct fa_colour colour)
{
    for (size_t v = 0; v < writing->height; v++)
        for (size_t u = 0; u < writing->width; u++) {
            long at_x = x + writing->left + (long)u, at_y = y + writing->top + (long)v;
            unsigned cover = writing->cover[v * writing->width + u];
            if (!cover || !is_inside(image, at_x, at_y))
                continue;
            unsigned char *pixel = image->pixel + 3 * ((size_t)at_y * image->width + (size_t)at_x);
            for (int c = 0; c < 3; c++)
                pixel[c] = (unsigned char)((pixel[c] * (255 - cover) + colour.rgb[c] * cover + 127) / 255);
        }
}

void fa_image_paste(struct fa_image *image, const struct fa_image *from, long x, long y)
{
    long left = x < 0 ? -x : 0, right = (long)image->width - x;
    right = right < (long)from->width ? right : (long)from->width;
    for (size_t v = 0; v < from->height && left < right; v++) {
        long at = y + (long)v;
        if (at >= 0 && at < (long)image->height)
            memcpy(image->pixel + 3 * ((size_t)at * image->width + (size_t)(x + left)),
                   from->pixel + 3 * (v * from->width + (size_t)left), 3 * (size_t)(right - left));
    }
}
