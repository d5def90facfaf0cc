#include <stdlib.h>

#include "fa/face.h"

void fa_faces_free(struct fa_faces *faces)
{
    free(faces->face);
    *faces = (struct fa_faces){0};
}

static double middle(const struct fa_face *face, int axis)
{
    return 0.5 * ((double)face->box[axis] + (double)face->box[axis + 2]);
}

size_t fa_face_main(const struct fa_face *face, size_t n, size_t width, size_t height)
{
    size_t best = 0;
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        const float *box = face[i].box;
        double area = ((double)box[2] - (double)box[0]) * ((double)box[3] - (double)box[1]);
        double x = middle(&face[i], 0) - 0.5 * (double)width, y = middle(&face[i], 1) - 0.5 * (double)height;
        double worth = area - 2 * (x * x + y * y);
        if (i == 0 || worth > most) {
            best = i;
            most = worth;
        }
    }
    return best;
}

static int by_height(const void *a, const void *b)
{
    double left = middle(a, 1), right = middle(b, 1);
    return left < right ? -1 : left > right;
}

static int by_side(const void *a, const void *b)
{
    double left = middle(a, 0), right = middle(b, 0);
    return left < right ? -1 : left > right ? 1 : by_height(a, b);
}

void fa_face_sort(struct fa_face *face, size_t n)
{
    if (n)
        qsort(face, n, sizeof *face, by_height);
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin + 1; end < n && middle(&face[end], 1) < (double)face[begin].box[3]; end++)
            continue;
        qsort(face + begin, end - begin, sizeof *face, by_side);
    }
}
