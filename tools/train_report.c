#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fa/table.h"
#include "train.h"

/* ---- the table: a line an epoch, for each head loss and accuracy in training and in validation ---- */

static void print_scores(const char *what, const struct fa_score *train, const struct fa_score *valid, size_t nheads)
{
    fprintf(stderr, "%6s", what);
    for (size_t h = 0; h < nheads; h++) {
        fprintf(stderr, "  |%7.3f %5.1f", train[h].loss, 100 * train[h].accuracy);
        if (valid[h].n)
            fprintf(stderr, " %7.3f %5.1f", valid[h].loss, 100 * valid[h].accuracy);
        else
            fprintf(stderr, " %7s %5s", "-", "-");
    }
    fputc('\n', stderr);
}

static void print_title(const struct train_runs *runs, size_t run)
{
    const struct fa_fit_options *options = fa_trainer_options(runs->trainer[run]);
    if (runs->n > 1)
        fprintf(stderr, "%s", run ? "\n" : "");
    if (options->folds)
        fprintf(stderr, "fold %zu of %zu, ", options->fold + 1, options->folds);
    if (runs->n > 1)
        fprintf(stderr, "seed %llu\n", (unsigned long long)options->seed);
}

/* The first line is what one would get by knowing the frequencies of the classes and never looking at a face. */
void train_print_head(const struct train_runs *runs, size_t run)
{
    struct fa_err err;
    const struct fa_dataset *data = runs->data;
    struct fa_score *score = fa_mem_array(2 * data->nheads, sizeof *score, &err);
    if (!score || fa_trainer_baseline(runs->trainer[run], score, score + data->nheads, &err))
        cli_fail(&err);
    print_title(runs, run);
    fprintf(stderr, "%6s", "");
    for (size_t h = 0; h < data->nheads; h++)
        fprintf(stderr, h + 1 < data->nheads ? "  | %-26.26s" : "  | %.26s", data->head[h].name);
    fprintf(stderr, "\n%6s", "epoch");
    for (size_t h = 0; h < data->nheads; h++)
        fprintf(stderr, "  |%7s %5s %7s %5s", "loss", "%", "v.loss", "v.%");
    fputc('\n', stderr);
    print_scores("prior", score, score + data->nheads, data->nheads);
    free(score);
}

void train_print_epoch(const struct train_runs *runs, size_t run)
{
    char number[32];
    size_t epochs = fa_trainer_epochs(runs->trainer[run]);
    const struct fa_epoch *epoch = fa_trainer_history(runs->trainer[run], epochs - 1);
    snprintf(number, sizeof number, "%zu", epochs);
    print_scores(number, epoch->train, epoch->valid, runs->data->nheads);
}

/* ---- what came out ---- */

/* Of the epoch whose weights are kept: in validation, or in training where nothing is held out. */
static double accuracy_of(const struct fa_trainer *trainer, size_t h)
{
    const struct fa_epoch *epoch = fa_trainer_history(trainer, fa_trainer_best(trainer) - 1);
    return 100 * (epoch->valid[h].n ? epoch->valid[h].accuracy : epoch->train[h].accuracy);
}

void train_print_spread(const struct train_runs *runs)
{
    const char *set = fa_trainer_validation(runs->trainer[0]) ? "validation" : "training";
    for (size_t h = 0; h < runs->data->nheads; h++) {
        double sum = 0, square = 0, n = (double)runs->n, min = INFINITY, max = -INFINITY;
        for (size_t i = 0; i < runs->n; i++) {
            double accuracy = accuracy_of(runs->trainer[i], h);
            sum += accuracy;
            min = fmin(min, accuracy);
            max = fmax(max, accuracy);
        }
        for (size_t i = 0; i < runs->n; i++)
            square += pow(accuracy_of(runs->trainer[i], h) - sum / n, 2);
        cli_summary("%s: %s accuracy of %zu runs: min %.1f, mean %.1f, max %.1f, sd %.2f %%", runs->data->head[h].name, set,
                    runs->n, min, sum / n, max, sqrt(square / (n - 1)));
    }
}

void train_summarize(const struct train_runs *runs)
{
    char text[512] = "";
    size_t used = 0;
    const struct fa_trainer *trainer = runs->trainer[0];
    if (runs->n == 1)
        used = (size_t)snprintf(text, sizeof text, "; weights of epoch %zu of %zu", fa_trainer_best(trainer),
                                fa_trainer_epochs(trainer));
    for (size_t h = 0; h < runs->data->nheads && runs->n == 1 && used < sizeof text; h++)
        used += (size_t)snprintf(text + used, sizeof text - used, ", %s %.1f %%", runs->data->head[h].name,
                                 accuracy_of(trainer, h));
    const char *uncalibrated = fa_trainer_validation(trainer) ? "" : "; nothing held out to calibrate on, temperatures are 1";
    cli_summary("%zu faces trained on, %zu held out, %llu unlabelled, %llu rejected%s%s; %.1f s", fa_trainer_rows(trainer),
                fa_trainer_validation(trainer), (unsigned long long)runs->data->unlabelled,
                (unsigned long long)runs->data->rejected, text, uncalibrated, cli_seconds());
}

/* ---- history ---- */

static const char *const column[] = {"loss", "accuracy", "balanced_accuracy", "binary_accuracy"};
enum { NCOLUMNS = sizeof column / sizeof *column };

static void put_names(const struct train_runs *runs, FILE *file)
{
    const struct fa_fit_options *options = fa_trainer_options(runs->trainer[0]);
    fputs(options->folds ? "fold,seed,epoch,loss,val_loss" : "seed,epoch,loss,val_loss", file);
    for (size_t h = 0; h < runs->data->nheads; h++) {
        for (int set = 0; set < 2; set++)
            for (size_t i = 0; i < NCOLUMNS; i++) {
                putc(',', file);
                fa_table_put_joined(file, runs->data->head[h].name, set ? " val_" : " ", column[i]);
            }
        putc(',', file);
        fa_table_put_joined(file, runs->data->head[h].name, " ", "binary_all_no");
    }
    fputs(",learning_rate,seconds\n", file);
}

static void put_score(const struct fa_score *score, FILE *file)
{
    if (score->n)
        fprintf(file, ",%.9g,%.9g,%.9g,%.9g", score->loss, score->accuracy, score->balanced, score->binary);
    else
        fputs(",,,,", file);
}

static void put_epoch(const struct train_runs *runs, const struct fa_trainer *trainer, size_t i, FILE *file)
{
    const struct fa_epoch *epoch = fa_trainer_history(trainer, i);
    if (fa_trainer_options(trainer)->folds)
        fprintf(file, "%zu,", fa_trainer_options(trainer)->fold + 1);
    fprintf(file, "%llu,%zu,%.9g,", (unsigned long long)fa_trainer_options(trainer)->seed, i + 1, epoch->train_loss);
    if (fa_trainer_validation(trainer))
        fprintf(file, "%.9g", epoch->valid_loss);
    for (size_t h = 0; h < runs->data->nheads; h++) {
        put_score(&epoch->train[h], file);
        put_score(&epoch->valid[h], file);
        fprintf(file, ",%.9g", 1 - 1 / (double)runs->data->head[h].nclasses);
    }
    fprintf(file, ",%.9g,%.3f\n", epoch->rate, epoch->seconds);
}

void train_write_history(const struct train_runs *runs, struct cli_output *output)
{
    put_names(runs, output->file);
    for (size_t run = 0; run < runs->n; run++)
        for (size_t i = 0; i < fa_trainer_epochs(runs->trainer[run]); i++)
            put_epoch(runs, runs->trainer[run], i, output->file);
    cli_output_close(output);
}
