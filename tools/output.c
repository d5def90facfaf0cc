#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

/* Temporary files not yet renamed: removed when the tool fails or is interrupted. */
enum { MAX_OPEN = 8 };
static char *unfinished[MAX_OPEN];

static void remove_unfinished(void)
{
    for (int i = 0; i < MAX_OPEN; i++)
        if (unfinished[i])
            unlink(unfinished[i]);
}

static void interrupted(int number)
{
    remove_unfinished();
    signal(number, SIG_DFL);
    raise(number);
}

static void remember(char *temporary)
{
    static bool installed;
    if (!installed) {
        const int number[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
        atexit(remove_unfinished);
        for (size_t i = 0; i < sizeof number / sizeof *number; i++)
            if (signal(number[i], interrupted) == SIG_IGN)
                signal(number[i], SIG_IGN);
    }
    installed = true;
    for (int i = 0; i < MAX_OPEN; i++)
        if (!unfinished[i]) {
            unfinished[i] = temporary;
            return;
        }
}

static void forget(const char *temporary)
{
    for (int i = 0; i < MAX_OPEN; i++)
        if (unfinished[i] == temporary)
            unfinished[i] = NULL;
}

static void open_temporary(struct cli_output *output)
{
    const char *slash = strrchr(output->path, '/');
    int folder = slash ? (int)(slash - output->path) + 1 : 0;
    size_t size = strlen(output->path) + 16;
    output->temporary = malloc(size);
    if (!output->temporary)
        cli_fail_text("out of memory");
    snprintf(output->temporary, size, "%.*s.%s.XXXXXX", folder, output->path, output->path + folder);
    output->fd = mkstemp(output->temporary);
    if (output->fd < 0)
        cli_fail_text("%s: %s", output->path, strerror(errno));
    remember(output->temporary);
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(output->fd, 0666 & ~mask))
        cli_fail_text("%s: %s", output->path, strerror(errno));
}

struct cli_output cli_output_open(const char *path, bool binary)
{
    struct cli_output output = {.name = path, .fd = STDOUT_FILENO};
    struct stat status;
    if (!path || strcmp(path, "-") == 0) {
        output.name = "stdout";
        if (binary && isatty(STDOUT_FILENO))
            cli_usage("binary data is not written to a terminal (pipe it on, or use -o FILE)");
        output.file = stdout;
        return output;
    }
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) { /* a device or a pipe has nothing to be renamed over */
        output.fd = open(path, O_WRONLY | O_CLOEXEC);
        if (output.fd < 0)
            cli_fail_text("%s: %s", path, strerror(errno));
    } else {
        output.path = strdup(path);
        if (!output.path)
            cli_fail_text("out of memory");
        open_temporary(&output);
    }
    output.file = fdopen(output.fd, "wb");
    if (!output.file)
        cli_fail_text("%s: %s", path, strerror(errno));
    return output;
}

void cli_output_close(struct cli_output *output)
{
    bool failed = fflush(output->file) != 0 || ferror(output->file);
    if (!failed && output->temporary)
        failed = fsync(output->fd) != 0;
    failed = fclose(output->file) != 0 || failed;
    if (failed)
        cli_fail_text("%s: write: %s", output->name, strerror(errno));
    if (!output->temporary)
        return;
    if (rename(output->temporary, output->path))
        cli_fail_text("%s: %s", output->path, strerror(errno));
    forget(output->temporary);
    free(output->temporary);
    free(output->path);
}

void cli_make_folder(const char *path)
{
    if (mkdir(path, 0777) && errno != EEXIST)
        cli_fail_text("%s: %s", path, strerror(errno));
}
