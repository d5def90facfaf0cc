#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "embed.h"
#include "fa/mem.h"

/* What an open side of a picture is taken for where no card says it, and the seconds that a profile takes. */
enum { SIDE = 128, PROFILE = 3 };

/* 1x3x112x112; an open dimension is a question mark. Two may stand in one line. */
static const char *show_shape(size_t rank, const size_t *dim, char text[256])
{
    size_t n = 0;
    text[0] = 0;
    for (size_t i = 0; i < rank && n < 240; i++) {
        char number[24] = "?";
        if (dim[i])
            snprintf(number, sizeof number, "%zu", dim[i]);
        n += (size_t)snprintf(text + n, 256 - n, "%s%s", i ? "x" : "", number);
    }
    return rank ? text : "1";
}

/* Images of noise, of the card's size or the graph's own. */
static struct fa_tensor noise(const struct fa_net_value *input, const struct fa_card *card, size_t images)
{
    struct fa_tensor tensor = {.rank = input->rank};
    struct fa_err err;
    size_t n = 1;
    for (size_t i = 0; i < input->rank; i++)
        tensor.dim[i] = i == 0 && input->dim[i] < 2 ? images : input->dim[i] ? input->dim[i] : SIDE;
    if (card && card->width)
        tensor = card->nchw ? (struct fa_tensor){NULL, 4, {images, 3, card->height, card->width}}
                            : (struct fa_tensor){NULL, 4, {images, card->height, card->width, 3}};
    for (size_t i = 0; i < tensor.rank; i++)
        n *= tensor.dim[i];
    float *value = tensor.rank ? fa_mem_array(n, sizeof *value, &err) : NULL;
    if (!tensor.rank)
        cli_fail_text("input '%s' has no shape in the file", input->name);
    if (!value)
        cli_fail(&err);
    for (size_t i = 0; i < n; i++)
        value[i] = (float)(i * 2654435761U % 1024) / 512 - 1;
    tensor.data = value;
    return tensor;
}

static void print_ends(const struct fa_net *net, const char *path, const struct fa_tensor *input)
{
    char text[256], taken[256];
    printf("network  %s\ndigest   %016" PRIx64 "\n", path, fa_net_digest(net));
    for (size_t i = 0; i < fa_net_ninputs(net); i++) {
        const struct fa_net_value *value = fa_net_input(net, i);
        printf("input    %s %s, here %s\n", value->name, show_shape(value->rank, value->dim, text),
               show_shape(input[i].rank, input[i].dim, taken));
    }
    for (size_t i = 0; i < fa_net_noutputs(net); i++) {
        const struct fa_net_value *value = fa_net_output(net, i);
        printf("output   %s %s\n", value->name, show_shape(value->rank, value->dim, text));
    }
}

/* What stands at the head of a line; profiles tell the time in place of the numbers learned. */
static void print_layer(const struct fa_net_layer *l, int width, size_t images, double all)
{
    char text[256];
    printf("%-*s  %-16s ", width, l->type, show_shape(l->output.rank, l->output.dim, text));
    if (images)
        printf("%9.3f %6.1f %9.1f  %-9s", 1e3 * l->seconds / (double)images, 100 * l->seconds / all,
               2e-9 * (double)l->macs / l->seconds, l->kernel);
    else
        printf("%12" PRIu64 " %14" PRIu64, l->parameters, l->macs);
    printf("  %s%s%s%s\n", l->output.name, *l->within ? " (" : "", *l->within ? l->within + 1 : "", *l->within ? ")" : "");
}

static void print_layers(const struct fa_net_layer *layer, size_t n, size_t images)
{
    int width = (int)strlen("operators");
    double seconds = 0;
    for (size_t i = 0; i < n; i++) {
        width = (int)strlen(layer[i].type) > width ? (int)strlen(layer[i].type) : width;
        seconds += layer[i].seconds;
    }
    if (images)
        printf("\n%4s  %-*s  %-16s %9s %6s %9s  %-9s  %s\n", "", width, "operators", "shape", "ms/image", "%", "GFLOP/s", "kernel", "value");
    else
        printf("\n%4s  %-*s  %-16s %12s %14s  %s\n", "", width, "operators", "shape", "parameters", "MACs", "value");
    for (size_t i = 0; i < n; i++) {
        printf("%4zu  ", i + 1);
        print_layer(&layer[i], width, images, seconds);
    }
}

static void print_sums(const struct fa_net *net, const struct fa_exec *exec, const struct fa_net_layer *layer, size_t n, size_t images)
{
    uint64_t parameters = 0, macs = 0;
    double seconds = 0;
    for (size_t i = 0; i < n; i++) {
        parameters += layer[i].parameters;
        macs += layer[i].macs;
        seconds += layer[i].seconds;
    }
    double count = images ? (double)images : 1;
    printf("\n%zu layers, %" PRIu64 " parameters, %.1f million MACs an image\n", n, parameters, (double)macs / count / 1e6);
    if (images)
        printf("%.3f ms an image, %.1f images/s and %.1f GFLOP/s of one thread, batches of %zu\n", 1e3 * seconds / count,
               count / seconds, 2e-9 * (double)macs / seconds, images);
    printf("%.1f MiB of weights, %.1f MiB a thread for %zu image%s", (double)fa_net_memory(net) / 0x1p20,
           (double)fa_exec_memory(exec) / 0x1p20, images ? images : 1, images > 1 ? "s" : "");
    if (!images)
        printf(", batches of %zu", fa_exec_batch(exec));
    printf("\n");
}

/* Once, or for a while. */
static void run(struct fa_exec *exec, const struct fa_tensor *input, struct fa_tensor *output, bool again)
{
    struct fa_err err;
    time_t end = time(NULL) + PROFILE;
    do
        if (fa_exec_run(exec, input, output, &err))
            cli_fail(&err);
    while (again && time(NULL) <= end);
}

static void make_inputs(const struct fa_net *net, const struct fa_card *card, size_t images, struct fa_tensor *input)
{
    for (size_t i = 0; i < fa_net_ninputs(net); i++)
        input[i] = noise(fa_net_input(net, i), card, images);
}

static void free_inputs(const struct fa_net *net, struct fa_tensor *input)
{
    for (size_t i = 0; i < fa_net_ninputs(net); i++)
        free((float *)(size_t)input[i].data);
}

/* Of one image, or of batches that are timed; batch 0: as it suits the network. */
static void describe(const struct fa_net *net, const char *path, const struct fa_card *card, bool profile, size_t batch)
{
    struct fa_err err;
    size_t n;
    struct fa_tensor *input = fa_mem_array(fa_net_ninputs(net), sizeof *input, &err);
    struct fa_tensor *output = fa_mem_array(fa_net_noutputs(net), sizeof *output, &err);
    struct fa_exec *exec = fa_exec_new(net, &err);
    if (!input || !output || !exec)
        cli_fail(&err);
    make_inputs(net, card, 1, input);
    run(exec, input, output, false);
    if (profile) {
        batch = batch ? batch : fa_exec_batch(exec);
        free_inputs(net, input);
        make_inputs(net, card, batch, input);
        run(exec, input, output, true);
    }
    print_ends(net, path, input);
    const struct fa_net_layer *layer = fa_exec_layers(exec, &n, &err);
    if (!layer)
        cli_fail(&err);
    print_layers(layer, n, profile ? batch : 0);
    print_sums(net, exec, layer, n, profile ? batch : 0);
    fa_exec_free(exec);
    free_inputs(net, input);
    free(input);
    free(output);
}

static void describe_file(const char *path, unsigned flags, bool profile, size_t batch)
{
    struct fa_err err;
    struct fa_net *net = fa_net_open(path, NULL, 0, flags, &err);
    if (!net)
        cli_fail(&err);
    describe(net, path, NULL, profile, batch);
    fa_net_close(net);
}

static void describe_card(const char *model, const char *weights, const struct cli_list *set, unsigned flags, bool profile, size_t batch)
{
    struct fa_err err;
    struct fa_card *card = cli_card(model, set);
    for (size_t i = 0; i < card->nweights; i++) {
        char *path = cli_weights(card, i, i == 0 ? weights : NULL);
        if (card->kind == FA_CARD_EMBEDDER) {
            struct fa_embedder *embedder = fa_embedder_open(card, path, flags, &err);
            if (!embedder)
                cli_fail(&err);
            describe(fa_embedder_net(embedder), path, card, profile, batch);
            fa_embedder_close(embedder);
        } else {
            fputs(i ? "\n" : "", stdout);
            describe_file(path, flags, profile, batch);
        }
        free(path);
    }
    fa_card_free(card);
}

void embed_describe(const char *model, const char *weights, const struct cli_list *set, unsigned flags, bool profile, size_t batch)
{
    char *path = cli_card_path(model);
    if (path || set->n)
        describe_card(model, weights, set, flags, profile, batch);
    else
        describe_file(weights ? weights : model, flags, profile, batch);
    free(path);
    struct cli_output output = cli_output_open(NULL, false);
    cli_output_close(&output);
}
