/* To look at: crops as pictures, sheets of many, and photographs with what was found in them. */
#ifndef FA_LOOK_H
#define FA_LOOK_H

#include <stddef.h>

#include "fa/align.h"
#include "fa/err.h"
#include "fa/image.h"
#include "fa/mem.h"
#include "fa/stream.h"

/* ---- crops ---- */

/* Whether the crops of a stream are pictures. Error: they are not of three channels of bytes. */
int fa_look_check(const struct fa_header *header, struct fa_err *err);

/* The crop of a record, red first, as a new picture, scaled down to at most side pixels in width and height if side is not
 * 0. A reject gives no picture (all zero). Error: out of memory. */
int fa_look_crop(const struct fa_header *header, const struct fa_record *record, size_t side, struct fa_image *image,
                 struct fa_err *err);

/* A name for a file of this id, without an ending, that no other id has: `/` becomes `+`; letters, digits, `. _ - @ # ~ , =`
 * and blanks stay, as do characters beyond ASCII; other bytes, and what is neither letter nor digit at the beginning, become
 * %XX. Of an id that would be longer than 200 bytes the end is replaced by 16 digits of its hash. NULL where memory is out. */
const char *fa_look_name(const char *id, struct fa_arena *arena, struct fa_err *err);

/* ---- contact sheets ---- */

enum { FA_CONTACT_MOST = 2000 };

struct fa_contact;

/* A sheet of crops in the order in which they are added or, if by is not NULL, in that of by: `id`, a label (in natural order,
 * a heading for each), or a number or text of about. What lacks it comes last. header, which must outlive the sheet, is that of
 * the crops. Error: crops that are no pictures. */
struct fa_contact *fa_contact_new(const struct fa_header *header, const char *by, struct fa_err *err);
void fa_contact_free(struct fa_contact *contact);

/* A reject is a grey field with its reason. Errors: FA_CONTACT_MOST are there already; out of memory. */
int fa_contact_add(struct fa_contact *contact, const struct fa_record *record, struct fa_err *err);

/* The sheet as a new picture: crops at most 160 pixels wide and high, under each the end of its id and its labels.
 * Errors: nothing was added; no font; out of memory. */
int fa_contact_draw(struct fa_contact *contact, struct fa_image *sheet, struct fa_err *err);

/* ---- photographs ---- */

/* What a worker saw, as a new picture of 640 to 2048 pixels in its longer side: boxes and points of faces with their scores on,
 * blue and with #k before the score if they were taken (and are several), else orange and with thinner lines; in a bar at the
 * bottom the note, if it is not NULL. Where there is no photograph, a grey field. Errors: no font; out of memory. */
int fa_look_draw(const struct fa_sight *sight, const char *note, struct fa_image *drawn, struct fa_err *err);

#endif
