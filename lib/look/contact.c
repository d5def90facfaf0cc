#include <stdlib.h>
#include <string.h>

#include "fa/look.h"
#include "fa/mem.h"
#include "fa/table.h"

/* In pixels: crops, the least room for one, the space around them, text and lines of captions, headings. */
enum { SIDE = 160, NARROW = 128, LOW = 48, GAP = 10, SIZE = 12, LINE = 16, HEAD_SIZE = 17, HEADING = 34 };

static const struct fa_colour paper = {{250, 250, 250}}, ink = {{25, 25, 25}}, faint = {{100, 100, 100}};
static const struct fa_colour blank = {{222, 222, 222}}; /* where a reject has no crop */

struct cell {
    struct fa_image image;
    char *id, *labels, *reason; /* reason NULL unless a reject */
    char *key;                  /* text to sort by; NULL where there is none */
    bool counts;                /* by number instead */
    double number;
    size_t order;
};

struct fa_contact {
    const struct fa_header *header;
    const char *by;
    struct cell *cell;
    size_t n, capacity;
    size_t width, height; /* of the largest crop */
    bool labelled;        /* some crop is */
};

struct fa_contact *fa_contact_new(const struct fa_header *header, const char *by, struct fa_err *err)
{
    struct fa_contact *contact = fa_look_check(header, err) ? NULL : fa_mem_array(1, sizeof *contact, err);
    if (contact)
        *contact = (struct fa_contact){.header = header, .by = by};
    return contact;
}

static void free_cell(struct cell *cell)
{
    fa_image_free(&cell->image);
    free(cell->id);
    free(cell->labels);
    free(cell->reason);
    free(cell->key);
}

void fa_contact_free(struct fa_contact *contact)
{
    if (!contact)
        return;
    for (size_t i = 0; i < contact->n; i++)
        free_cell(&contact->cell[i]);
    free(contact->cell);
    free(contact);
}

/* ---- cells ---- */

/* `3-9, Female, Black` */
static char *join_labels(const struct fa_map *labels, struct fa_err *err)
{
    size_t size = 1;
    for (size_t i = 0; i < labels->n; i++)
        size += strlen(fa_map_string(labels, labels->pair[i].key, "")) + 2;
    char *text = fa_mem_array(size, 1, err);
    for (size_t i = 0, used = 0; text && i < labels->n; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", fa_map_string(labels, labels->pair[i].key, ""));
    return text;
}

static int take_key(struct cell *cell, const char *by, const struct fa_record *record, struct fa_err *err)
{
    const struct fa_value *value = fa_map_get(&record->labels, by);
    value = value ? value : fa_map_get(&record->about, by);
    const char *text = !strcmp(by, "id") ? record->id : value && value->type == FA_STRING ? value->string : NULL;
    cell->counts = !text && value && (value->type == FA_INT || value->type == FA_REAL);
    if (cell->counts)
        cell->number = value->type == FA_INT ? (double)value->integer : value->real;
    return text && !(cell->key = fa_mem_strdup(text, err)) ? -1 : 0;
}

int fa_contact_add(struct fa_contact *contact, const struct fa_record *record, struct fa_err *err)
{
    const char *reason = fa_record_reject(record);
    struct cell cell = {.order = contact->n};
    if (contact->n == FA_CONTACT_MOST)
        return fa_err_set(err, "a sheet holds %d crops at most", FA_CONTACT_MOST);
    if (fa_mem_grow(&contact->cell, &contact->capacity, contact->n + 1, sizeof *contact->cell, err))
        return -1;
    if (!(cell.id = fa_mem_strdup(record->id, err)) || !(cell.labels = join_labels(&record->labels, err)) ||
        (reason && !(cell.reason = fa_mem_strdup(reason, err))) || (contact->by && take_key(&cell, contact->by, record, err)) ||
        fa_look_crop(contact->header, record, SIDE, &cell.image, err)) {
        free_cell(&cell);
        return -1;
    }
    contact->width = cell.image.width > contact->width ? cell.image.width : contact->width;
    contact->height = cell.image.height > contact->height ? cell.image.height : contact->height;
    contact->labelled |= record->labels.n > 0;
    contact->cell[contact->n++] = cell;
    return 0;
}

/* Numbers, then texts, then what has neither. */
static int compare(const void *a, const void *b)
{
    const struct cell *x = a, *y = b;
    int order = 0;
    if (x->counts != y->counts)
        return x->counts ? -1 : 1;
    if (!x->key != !y->key)
        return x->key ? -1 : 1;
    if (x->counts)
        order = (x->number > y->number) - (x->number < y->number);
    else if (x->key)
        order = fa_label_compare(x->key, y->key);
    return order ? order : (x->order > y->order) - (x->order < y->order);
}

/* ---- layout ---- */

/* Where cells come to lie. */
struct layout {
    size_t width, height; /* of the room for a crop */
    size_t caption;       /* the height of what stands under it: its id, two lines of labels */
    size_t columns;
    size_t column, y; /* of the cell to come */
    bool headings;
};

/* Whether cell i is the first of a heading. */
static bool begins_group(const struct fa_contact *contact, size_t i)
{
    const char *key = contact->cell[i].key, *before = i ? contact->cell[i - 1].key : NULL;
    return !i || !key != !before || (key && strcmp(key, before) != 0);
}

/* Sheets are a little wider than high; ids are no groups, nor are numbers. */
static struct layout make_layout(const struct fa_contact *contact)
{
    struct layout layout = {.width = contact->width > NARROW ? contact->width : NARROW, .y = GAP};
    layout.height = contact->height > LOW ? contact->height : LOW;
    layout.caption = contact->labelled ? 3 * LINE : LINE;
    size_t wide = layout.width + GAP, high = layout.height + layout.caption + 2 * GAP;
    while (layout.columns < contact->n && 4 * layout.columns * layout.columns * wide < 5 * contact->n * high)
        layout.columns++;
    layout.headings = contact->by && strcmp(contact->by, "id") != 0 && contact->cell[0].key;
    return layout;
}

/* Goes to the place of cell i. */
static void go_to(struct layout *layout, const struct fa_contact *contact, size_t i)
{
    bool group = layout->headings && begins_group(contact, i);
    if (layout->column == layout->columns || (group && layout->column)) {
        layout->column = 0;
        layout->y += layout->height + layout->caption + 2 * GAP;
    }
    if (group)
        layout->y += HEADING;
}

/* ---- drawing ---- */

/* What all drawing works on. */
struct sheet {
    struct fa_image *image;
    const struct layout *layout;
    struct fa_err *err;
};

/* One line of text no wider than width: of a longer one the end, behind an ellipsis. */
static int write_line(const struct sheet *sheet, const char *text, size_t size, size_t width, long x, long y)
{
    struct fa_writing whole, dots = {0};
    if (fa_writing_new(&whole, text, size, 0, sheet->err))
        return -1;
    size_t over = whole.width > width ? whole.width - width : 0;
    int failed = over && fa_writing_new(&dots, "\xe2\x80\xa6", size, 0, sheet->err);
    over += over ? dots.width + 3 : 0;
    struct fa_writing end = whole;
    end.width -= over < whole.width ? over : whole.width;
    end.left += (long)(width - end.width) * (over > 0);
    for (size_t v = 0; v < whole.height && over; v++)
        memmove(end.cover + v * end.width, whole.cover + v * whole.width + (whole.width - end.width), end.width);
    if (!failed) {
        fa_image_write(sheet->image, &dots, x, y, ink);
        fa_image_write(sheet->image, &end, x, y, ink);
    }
    fa_writing_free(&whole);
    fa_writing_free(&dots);
    return failed;
}

/* As many lines of text, no wider than width, as height allows. */
static int write_lines(const struct sheet *sheet, const char *text, size_t width, size_t height, long x, long y,
                       struct fa_colour colour)
{
    struct fa_writing writing;
    if (fa_writing_new(&writing, text, SIZE, width, sheet->err))
        return -1;
    struct fa_writing part = writing;
    size_t row = writing.width;
    part.width = row < width ? row : width;
    part.height = writing.height < height ? writing.height : height;
    for (size_t v = 0; v < part.height && part.width < row; v++)
        memmove(part.cover + v * part.width, writing.cover + v * row, part.width);
    fa_image_write(sheet->image, &part, x, y, colour);
    fa_writing_free(&writing);
    return 0;
}

static int draw_reject(const struct sheet *sheet, const char *reason, long x, long y)
{
    size_t width = sheet->layout->width, height = sheet->layout->height;
    if (fa_image_fill(sheet->image, (struct fa_region){x, y, width, height}, blank, sheet->err))
        return -1;
    return write_lines(sheet, reason, width - GAP, height - GAP, x + GAP / 2, y + GAP / 2, ink);
}

/* A crop stands upon its caption, in the middle. */
static int draw_cell(const struct sheet *sheet, const struct cell *cell)
{
    const struct layout *layout = sheet->layout;
    size_t width = layout->width;
    long x = (long)(GAP + layout->column * (width + GAP)), y = (long)layout->y, below = y + (long)layout->height;
    if (cell->image.pixel)
        fa_image_paste(sheet->image, &cell->image, x + (long)(width - cell->image.width) / 2, below - (long)cell->image.height);
    if ((cell->reason && draw_reject(sheet, cell->reason, x, y)) || write_line(sheet, cell->id, SIZE, width, x, below + 3))
        return -1;
    return write_lines(sheet, cell->labels, width, 2 * LINE, x, below + 3 + LINE, faint);
}

static int draw_heading(const struct sheet *sheet, const struct fa_contact *contact, size_t i)
{
    const char *key = contact->cell[i].key;
    char text[128];
    size_t n = 1;
    while (i + n < contact->n && !begins_group(contact, i + n))
        n++;
    snprintf(text, sizeof text, "%.90s (%zu)", key ? key : "none", n);
    return write_line(sheet, text, HEAD_SIZE, sheet->image->width - 2 * GAP, GAP, (long)sheet->layout->y - HEADING + 6);
}

static int draw_all(struct fa_contact *contact, struct layout *layout, struct fa_image *image, struct fa_err *err)
{
    const struct sheet sheet = {image, layout, err};
    if (fa_image_fill(image, (struct fa_region){0, 0, image->width, image->height}, paper, err))
        return -1;
    for (size_t i = 0; i < contact->n; i++, layout->column++) {
        go_to(layout, contact, i);
        if ((layout->headings && begins_group(contact, i) && draw_heading(&sheet, contact, i)) ||
            draw_cell(&sheet, &contact->cell[i]))
            return -1;
    }
    return 0;
}

int fa_contact_draw(struct fa_contact *contact, struct fa_image *image, struct fa_err *err)
{
    if (!contact->n)
        return fa_err_set(err, "no crops for a sheet");
    qsort(contact->cell, contact->n, sizeof *contact->cell, compare);
    struct layout layout = make_layout(contact), end = layout;
    for (size_t i = 0; i < contact->n; i++, end.column++)
        go_to(&end, contact, i);
    size_t bottom = end.y + layout.height + layout.caption + GAP;
    if (fa_image_new(image, layout.columns * (layout.width + GAP) + GAP, bottom, err))
        return -1;
    if (draw_all(contact, &layout, image, err)) {
        fa_image_free(image);
        return -1;
    }
    return 0;
}
