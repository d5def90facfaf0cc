#include <string.h>

#include "export.h"

static const struct fa_export_format formats[] = {
    {"json", json_begin, json_put},
    {"csv", csv_begin, csv_put},
    {"fairface", fairface_begin, fairface_put},
};

const struct fa_export_format *fa_export_find(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (!strcmp(formats[i].name, name))
            return &formats[i];
    return NULL;
}
