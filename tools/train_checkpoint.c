#include <errno.h>
#include <unistd.h>

#include "train.h"

static volatile sig_atomic_t stop;

static void asked_to_stop(int number)
{
    stop = number;
}

const volatile sig_atomic_t *train_watch(const char *checkpoint)
{
    struct sigaction action = {.sa_handler = asked_to_stop, .sa_flags = SA_RESTART};
    if (!checkpoint)
        return NULL;
    sigaction(SIGTERM, &action, NULL);
    return &stop;
}

void train_resume(const struct train_runs *runs, const char *checkpoint)
{
    struct fa_err err;
    size_t epochs = 0;
    if (access(checkpoint, F_OK) && errno == ENOENT) {
        cli_summary("%s: no checkpoint yet, training begins anew", checkpoint);
        return;
    }
    if (fa_checkpoint_read(checkpoint, runs->trainer, runs->n, &err))
        cli_fail(&err);
    for (size_t i = 0; i < runs->n; i++)
        epochs += fa_trainer_epochs(runs->trainer[i]);
    cli_summary("%s: goes on after %zu epoch%s", checkpoint, epochs, epochs == 1 ? "" : "s");
}

void train_save(const struct train_runs *runs, const char *checkpoint)
{
    struct fa_err err;
    struct cli_output output = cli_output_open(checkpoint, true);
    train_watch(checkpoint); /* the first output file that is opened brings handlers of its own */
    if (fa_checkpoint_write(runs->trainer, runs->n, output.file, output.name, &err))
        cli_fail(&err);
    cli_output_close(&output);
}
