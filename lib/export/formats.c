#include <string.h>

#include "export.h"

static int nothing(struct fa_export *export, struct fa_err *err)
{
    (void)export;
    (void)err;
    return 0;
}

static const struct fa_export_format formats[] = {
    {"json", false, nothing, json_put, nothing},
    {"csv", false, csv_begin, csv_put, nothing},
    {"npy", true, npy_begin, npy_put, npy_end},
    {"fairface", false, fairface_begin, fairface_put, nothing},
};

const struct fa_export_format *fa_export_find(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (!strcmp(formats[i].name, name))
            return &formats[i];
    return NULL;
}

void fa_export_close(struct fa_export *export)
{
    npy_free(export->npy);
    export->npy = NULL;
}
