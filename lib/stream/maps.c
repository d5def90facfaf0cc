#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire.h"

struct fa_mapping {
    void *at;
    size_t bytes;
};

int maps_add(struct fa_maps *maps, int fd, const unsigned char **bytes, size_t *n, struct fa_err *err)
{
    struct stat status;
    if (fstat(fd, &status) || !S_ISREG(status.st_mode) || status.st_size <= 0 || lseek(fd, 0, SEEK_CUR) != 0)
        return 0;
    if (fa_mem_grow(&maps->mapping, &maps->capacity, maps->n + 1, sizeof *maps->mapping, err))
        return -1;
    struct fa_mapping mapping = {.bytes = (size_t)status.st_size};
    mapping.at = mmap(NULL, mapping.bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (mapping.at == MAP_FAILED)
        return 0; /* a file system without mappings can be read all the same */
    posix_madvise(mapping.at, mapping.bytes, POSIX_MADV_SEQUENTIAL);
    maps->mapping[maps->n++] = mapping;
    *bytes = mapping.at;
    *n = mapping.bytes;
    return 1;
}

void maps_shuffled(const struct fa_maps *maps)
{
    for (size_t i = 0; i < maps->n; i++)
        posix_madvise(maps->mapping[i].at, maps->mapping[i].bytes, POSIX_MADV_RANDOM);
}

void fa_maps_free(struct fa_maps *maps)
{
    for (size_t i = 0; i < maps->n; i++)
        munmap(maps->mapping[i].at, maps->mapping[i].bytes);
    free(maps->mapping);
    *maps = (struct fa_maps){0};
}
