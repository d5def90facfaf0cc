#include <sys/stat.h>

#include "cat_sink.h"
#include "fa/head.h"

bool cat_is_model(const char *path)
{
    char bytes[16];
    struct stat status;
    FILE *file = stat(path, &status) == 0 && S_ISREG(status.st_mode) ? fopen(path, "rb") : NULL;
    size_t n = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file)
        fclose(file);
    return fa_model_begins(bytes, n);
}

void cat_describe_models(char **paths, int n, bool only_check, const char *to)
{
    struct cli_output output = cli_output_open(only_check ? NULL : to, false);
    for (int i = 0; i < n; i++) {
        struct fa_err err;
        struct fa_model *model = fa_model_read(paths[i], &err);
        if (!model)
            cli_fail(&err);
        if (only_check)
            cli_summary("whole: head model, %zu heads", model->nheads);
        else
            fa_model_describe(model, output.file);
        fa_model_free(model);
    }
    cli_output_close(&output);
}
