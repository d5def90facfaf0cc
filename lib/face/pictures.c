#include "fa/pictures.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "ids.h"

struct fa_pictures {
    struct ids ids;
    size_t next;
    const struct fa_table *table; /* a table's rows, or ... */
    size_t column;
    const char *folder;
    char **path; /* ... n paths, or ... */
    size_t n, capacity;
    FILE *file; /* ... lines */
    int delimiter;
    char *line;
    size_t line_size;
};

static struct fa_pictures *new_list(struct fa_err *err)
{
    return fa_mem_array(1, sizeof(struct fa_pictures), err);
}

void fa_pictures_free(struct fa_pictures *pictures)
{
    if (!pictures)
        return;
    for (size_t i = 0; i < pictures->n; i++)
        free(pictures->path[i]);
    free(pictures->path);
    free(pictures->ids.id);
    free(pictures->line);
    free(pictures);
}

struct fa_pictures *fa_pictures_from_table(const struct fa_table *table, size_t column, const char *folder, struct fa_err *err)
{
    for (size_t row = 0; row < fa_table_rows(table); row++)
        if (!*fa_table_cell(table, row, column)) {
            fa_err_set(err, "line %zu: no path in column '%s'", fa_table_line(table, row), fa_table_name(table, column));
            return NULL;
        }
    struct fa_pictures *pictures = new_list(err);
    if (pictures) {
        pictures->table = table;
        pictures->column = column;
        pictures->folder = folder;
    }
    return pictures;
}

struct fa_pictures *fa_pictures_from_lines(FILE *file, int delimiter, struct fa_err *err)
{
    struct fa_pictures *pictures = new_list(err);
    if (pictures) {
        pictures->file = file;
        pictures->delimiter = delimiter;
    }
    return pictures;
}

/* ---- files and folders ---- */

static int add_path(struct fa_pictures *pictures, const char *folder, const char *name, struct fa_err *err)
{
    if (fa_mem_grow(&pictures->path, &pictures->capacity, pictures->n + 1, sizeof *pictures->path, err))
        return -1;
    size_t n = strlen(folder);
    const char *slash = n && folder[n - 1] != '/' ? "/" : "";
    char *path = malloc(n + strlen(slash) + strlen(name) + 1);
    if (!path)
        return fa_err_memory(err, n + strlen(name) + 2);
    memcpy(path, folder, n);
    memcpy(path + n, slash, strlen(slash));
    memcpy(path + n + strlen(slash), name, strlen(name) + 1);
    pictures->path[pictures->n++] = path;
    return 0;
}

static bool is_picture(const char *name)
{
    static const char *const suffix[] = {".jpg", ".jpeg", ".png", ".gif", ".webp", ".tif", ".tiff", ".heic", ".heif", ".avif"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof suffix / sizeof *suffix; i++)
        if (!strcasecmp(dot, suffix[i]))
            return true;
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Reads the names in a folder into list->path; those that begin with a dot are left out. */
static int read_names(struct fa_pictures *list, const char *folder, struct fa_err *err)
{
    DIR *stream = opendir(folder);
    struct dirent *entry;
    int failed = 0;
    if (!stream)
        return fa_err_sys(err, "%s: cannot read folder", folder);
    while (errno = 0, !failed && (entry = readdir(stream)))
        if (entry->d_name[0] != '.')
            failed = add_path(list, folder, entry->d_name, err);
    if (!failed && errno)
        failed = fa_err_sys(err, "%s: cannot read folder", folder);
    closedir(stream);
    if (list->n)
        qsort(list->path, list->n, sizeof *list->path, by_name);
    return failed;
}

/* Adds what is in folder and below. */
static int add_folder(struct fa_pictures *pictures, const char *folder, struct fa_err *err)
{
    struct fa_pictures *inside = new_list(err);
    int failed = !inside || read_names(inside, folder, err);
    for (size_t i = 0; !failed && i < inside->n; i++) {
        struct stat status;
        if (lstat(inside->path[i], &status) == 0 && S_ISDIR(status.st_mode))
            failed = add_folder(pictures, inside->path[i], err);
        else if (is_picture(inside->path[i]))
            failed = add_path(pictures, "", inside->path[i], err);
    }
    fa_pictures_free(inside);
    return failed;
}

struct fa_pictures *fa_pictures_from_paths(const char *const *paths, size_t n, struct fa_err *err)
{
    struct fa_pictures *pictures = new_list(err);
    int failed = !pictures;
    for (size_t i = 0; i < n && !failed; i++) {
        struct stat status;
        bool folder = stat(paths[i], &status) == 0 && S_ISDIR(status.st_mode);
        failed = folder ? add_folder(pictures, paths[i], err) : add_path(pictures, "", paths[i], err);
    }
    if (failed) {
        fa_pictures_free(pictures);
        return NULL;
    }
    return pictures;
}

/* ---- one by one ---- */

size_t fa_pictures_count(const struct fa_pictures *pictures)
{
    return pictures->table ? fa_table_rows(pictures->table) : pictures->n;
}

/* The next line that is not empty: 1, 0 or -1. */
static int next_line(struct fa_pictures *pictures, struct fa_err *err)
{
    ssize_t got;
    while (errno = 0, (got = getdelim(&pictures->line, &pictures->line_size, pictures->delimiter, pictures->file)) > 0) {
        if (pictures->line[got - 1] == (char)pictures->delimiter)
            pictures->line[--got] = 0;
        if (strlen(pictures->line) != (size_t)got)
            return fa_err_set(err, "path %zu has a NUL byte in it (paths that end in NUL: -0)", pictures->next + 1);
        if (got)
            return 1;
    }
    return errno || ferror(pictures->file) ? fa_err_sys(err, "read") : 0;
}

const char *fa_picture_path(const char *cell, const char *folder, struct fa_arena *arena, struct fa_err *err)
{
    bool beside = cell[0] != '/' && strcmp(folder, ".") != 0;
    return fa_arena_printf(arena, err, "%s%s%s", beside ? folder : "", beside ? "/" : "", cell);
}

int fa_pictures_next(struct fa_pictures *pictures, struct fa_picture *picture, struct fa_arena *arena, struct fa_err *err)
{
    const char *path, *folder = pictures->table ? pictures->folder : ".";
    if (pictures->file) {
        int got = next_line(pictures, err);
        if (got < 1)
            return got;
        path = pictures->line;
    } else {
        if (pictures->next == fa_pictures_count(pictures))
            return 0;
        path = pictures->table ? fa_table_cell(pictures->table, pictures->next, pictures->column)
                               : pictures->path[pictures->next];
    }
    *picture = (struct fa_picture){.row = pictures->next++};
    picture->id = fa_ids_name(&pictures->ids, path, &picture->doubled, arena, err);
    picture->path = fa_picture_path(path, folder, arena, err);
    return picture->id && picture->path ? 1 : -1;
}
