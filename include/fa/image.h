/* Pictures: decoding, scaling by area, cutting out by an affine transform. The only room that knows libvips. */
#ifndef FA_IMAGE_H
#define FA_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fa/err.h"

/* 8-bit sRGB, height rows of width pixels of 3 bytes (red, green, blue) without gaps. All zero is no picture. */
struct fa_image {
    unsigned char *pixel;
    size_t width, height;
};

/* Pixels are not zeroed. */
int fa_image_new(struct fa_image *image, size_t width, size_t height, struct fa_err *err);
void fa_image_free(struct fa_image *image); /* frees the pixels and leaves no picture */

/* ---- decoding ---- */

/* A decoded picture of this many pixels takes 512 MiB. */
#define FA_IMAGE_MAX_PIXELS 178956970

struct fa_decoder; /* shared by all threads */

/* Starts libvips: one thread a picture, no cache, no loaders but those of JPEG, PNG, GIF, WebP, TIFF and HEIF; its
 * warnings are silenced. At most one decoder may be open at a time. */
struct fa_decoder *fa_decoder_open(struct fa_err *err);
void fa_decoder_close(struct fa_decoder *decoder);

/* Decodes the file at path into *image, a new picture: the first frame, turned as EXIF says, converted to sRGB (by its
 * ICC profile if it has one), transparency laid on white. What the file contains counts, not what it is called.
 * Errors (err tells the reason without the path, and the same reason however many threads decode): cannot open; not a
 * regular file; empty; no picture of the six formats; more than max_pixels by its header, told before any pixel is
 * decoded; truncated or damaged; out of memory. */
int fa_image_decode(struct fa_decoder *decoder, const char *path, uint64_t max_pixels, struct fa_image *image,
                    struct fa_err *err);

/* The size that the picture at path would have, from its header alone. Errors: those of fa_image_decode() that a header
 * tells of. */
int fa_image_probe(struct fa_decoder *decoder, const char *path, uint64_t max_pixels, size_t *width, size_t *height,
                   struct fa_err *err);

/* By how much a picture is reduced while it is decoded. choose gets the upright size that the header tells and returns 1, 2,
 * 4 or 8, or 0 for no pixels at all; NULL is 1. Then width, height and factor are set to that size and that number,
 * and origin to where the first pixel begins in the upright picture: 0, but in one that EXIF turns the pixels left over at the
 * end may come to lie at the beginning, and then it is a few pixels before or behind. */
struct fa_reduction {
    size_t (*choose)(const void *arg, size_t width, size_t height);
    const void *arg;
    size_t factor, width, height;
    long origin[2];
};

/* fa_image_decode() into a picture of which each pixel stands for factor x factor. A JPEG file is decoded at that size, in a
 * fraction of the time; others are averaged. What is left over at the right and lower edge of the file's picture is a pixel
 * more or, from JPEG, left out. */
int fa_image_decode_reduced(struct fa_decoder *decoder, const char *path, uint64_t max_pixels, struct fa_reduction *reduction,
                            struct fa_image *image, struct fa_err *err);

/* ---- encoding ---- */

/* A picture as the n bytes of a JPEG file without metadata, quality 1 to 100; needs an open decoder. Free with free().
 * Errors: what libvips cannot encode; out of memory. */
int fa_image_encode_jpeg(const struct fa_image *image, int quality, unsigned char **bytes, size_t *n, struct fa_err *err);

/* The same as a PNG file. */
int fa_image_encode_png(const struct fa_image *image, unsigned char **bytes, size_t *n, struct fa_err *err);

/* ---- drawing ----
 * Needs an open decoder. What lies beyond the edge of a picture is left out. */

struct fa_colour {
    unsigned char rgb[3];
};

/* Pixels x..x+width-1, y..y+height-1 of a picture; may stick out of it. */
struct fa_region {
    long x, y;
    size_t width, height;
};

/* Fills a region. Error: out of memory. */
int fa_image_fill(struct fa_image *image, struct fa_region region, struct fa_colour colour, struct fa_err *err);

/* The frame of a region, line pixels wide, inside it. */
int fa_image_frame(struct fa_image *image, struct fa_region region, size_t line, struct fa_colour colour, struct fa_err *err);

/* The disc of all pixels up to radius from pixel (x, y). */
int fa_image_disc(struct fa_image *image, long x, long y, size_t radius, struct fa_colour colour, struct fa_err *err);

/* Text as its coverage, 0 to 255, one byte a pixel: the least rectangle that holds its ink, and where that begins, from the
 * left upper corner of the (first) line. All zero is none. */
struct fa_writing {
    unsigned char *cover;
    size_t width, height;
    long left, top;
};

/* Text in a sans-serif font of size pixels (its line takes about 1.2 of that), in lines no wider than width if that is not 0.
 * Control characters become blanks. Text without ink is none.
 * Errors: no font; out of memory. Free with fa_writing_free(). */
int fa_writing_new(struct fa_writing *writing, const char *text, size_t size, size_t width, struct fa_err *err);
void fa_writing_free(struct fa_writing *writing);

/* Lays writing in a colour over a picture, the left upper corner of its line at (x, y). */
void fa_image_write(struct fa_image *image, const struct fa_writing *writing, long x, long y, struct fa_colour colour);

/* Copies a picture into another, its left upper corner at (x, y). */
void fa_image_paste(struct fa_image *image, const struct fa_image *from, long x, long y);

/* ---- scaling ---- */

/* Scales a region (what sticks out is black) to width x height pixels; out gets height*width*3 values 0..255. Each is
 * the mean over the area that a pixel covers, as OpenCV's INTER_AREA has it: where one of the two directions grows, both
 * are interpolated linearly, steepest between pixels.
 * Errors: an empty region or size, out of memory. */
int fa_image_resize_area(const struct fa_image *from, struct fa_region region, size_t width, size_t height, float *out,
                         struct fa_err *err);

/* The same for a whole picture into to, whose size is given; rounded as OpenCV does (halves to even, but up where both
 * directions are halved). */
int fa_image_resize(const struct fa_image *from, struct fa_image *to, struct fa_err *err);

/* ---- cutting out ---- */

enum fa_border { FA_BORDER_REPLICATE, FA_BORDER_BLACK }; /* what lies beyond the edge: its nearest pixel, or nothing */

/* Fills to, whose size is given, from from: the centre of pixel (u, v) of to lies in from at
 *     x = m[0] u + m[1] v + m[2],  y = m[3] u + m[4] v + m[5]
 * where whole numbers are the centres of pixels. The value there is the mean of the pixels around it, weighed by Keys'
 * cubic convolution kernel (IEEE Trans. ASSP 29(6), 1981; a = -1/2) in x times y, the weights scaled to sum 1. In a
 * direction that shrinks by s > 1 (s = hypot(m[0], m[1]) for x, hypot(m[3], m[4]) for y) the kernel is s times as wide,
 * so that every pixel of from counts and nothing aliases. What comes out is within one grey level of that.
 * Errors: a transform that is not finite or points further than 1e6 pixels away or shrinks more than 1e4 times; out of
 * memory. */
int fa_image_warp(const struct fa_image *from, const double m[6], enum fa_border border, struct fa_image *to,
                  struct fa_err *err);

/* ---- changing and judging crops ---- */

/* Multiplies all values by a factor >= 0; what comes out above 255 is 255. */
void fa_image_light(struct fa_image *image, double factor);

/* Blurs by a Gaussian of standard deviation sigma > 0, in pixels, cut off at three of them; beyond the edges the picture goes
 * on as its outermost pixels. Error: out of memory. */
int fa_image_blur(struct fa_image *image, double sigma, struct fa_err *err);

/* Luma is that of ITU-R BT.601, 0.299 red + 0.587 green + 0.114 blue. */
struct fa_quality {
    double sharpness; /* variance of the luma's Laplacian (the four neighbours less four times the pixel) over the luma's own
                       * variance: light and contrast do not count, nor does the size of a picture as long as there is detail
                       * down to single pixels. 20 for white noise; 0 where there is no contrast */
    double exposure;  /* mean luma, 0..1 */
    double clipped;   /* share of pixels of which a channel is 254 or more, or all are 1 or less */
};
int fa_image_quality(const struct fa_image *image, struct fa_quality *quality, struct fa_err *err);

#endif
