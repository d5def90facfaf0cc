/* Files in memory: the network's own, and those beside it that hold the data of its tensors. */
#include "netfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct net_bytes net_map_file(const char *path, struct fa_err *err)
{
    struct net_bytes none = {NULL, NULL}, file = none;
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        fa_err_sys(err, "%s", path);
        return none;
    }
    if (fstat(fd, &about)) {
        fa_err_sys(err, "%s", path);
    } else if (!S_ISREG(about.st_mode) || about.st_size == 0) {
        fa_err_set(err, "%s: %s", path, S_ISREG(about.st_mode) ? "empty file" : "not a regular file");
    } else {
        size_t size = (size_t)about.st_size;
        void *at = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (at == MAP_FAILED)
            fa_err_sys(err, "%s", path);
        else
            file = (struct net_bytes){at, (const uint8_t *)at + size};
    }
    close(fd);
    return file;
}

void net_unmap(struct net_bytes file)
{
    if (file.at)
        munmap((void *)(size_t)file.at, net_bytes_size(file));
}

/* A file of tensors, mapped once. */
struct net_beside {
    const char *name;
    struct net_bytes file;
    struct net_beside *next;
};

/* A name that stays within the network's folder. */
static bool is_inside(const char *name)
{
    for (const char *part = name; part; part = strchr(part, '/')) {
        part += *part == '/' && part != name;
        size_t n = strcspn(part, "/");
        if (n == 0 || (n == 2 && strncmp(part, "..", 2) == 0))
            return false;
    }
    return true;
}

static struct net_beside *find_beside(struct net_graph *graph, const char *name, struct fa_err *err)
{
    struct net_beside **link = &graph->beside;
    const char *slash = strrchr(graph->label, '/');
    int folder = slash ? (int)(slash + 1 - graph->label) : 0;
    while (*link && strcmp((*link)->name, name) != 0)
        link = &(*link)->next;
    if (*link)
        return *link;
    char *path = fa_arena_printf(&graph->arena, err, "%.*s%s", folder, graph->label, name);
    struct net_beside *beside = path ? fa_arena_alloc(&graph->arena, sizeof *beside, err) : NULL;
    if (!beside)
        return NULL;
    beside->name = name;
    beside->file = net_map_file(path, err);
    return beside->file.at ? *link = beside : NULL;
}

int net_beside(struct net_graph *graph, const char *name, uint64_t offset, uint64_t length, struct net_bytes *data,
               struct fa_err *err)
{
    if (!is_inside(name))
        return fa_err_set(err, "%s: data in '%.80s', which is not in its folder", graph->label, name);
    const struct net_beside *beside = find_beside(graph, name, err);
    if (!beside)
        return -1;
    size_t size = net_bytes_size(beside->file);
    if (offset > size || length > size - offset)
        return fa_err_set(err, "%s: '%.80s' has %zu bytes, want %llu from %llu on", graph->label, name, size,
                          (unsigned long long)length, (unsigned long long)offset);
    *data = (struct net_bytes){beside->file.at + offset, beside->file.at + offset + length};
    return 0;
}

bool net_beside_next(const struct net_graph *graph, const struct net_beside **beside, struct net_bytes *file)
{
    *beside = *beside ? (*beside)->next : graph->beside;
    if (*beside)
        *file = (*beside)->file;
    return *beside != NULL;
}

void net_beside_close(struct net_graph *graph)
{
    for (; graph->beside; graph->beside = graph->beside->next)
        net_unmap(graph->beside->file);
}
