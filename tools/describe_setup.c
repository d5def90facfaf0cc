#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "embed.h"
#include "fa/mem.h"

/* What an open side of a picture is taken for where no card says it. */
enum { SIDE = 128 };

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

/* One image of zeros, of the card's size or the graph's own. */
static struct fa_tensor blank(const struct fa_net_value *input, const struct fa_card *card)
{
    struct fa_tensor tensor = {.rank = input->rank};
    struct fa_err err;
    size_t n = 1;
    for (size_t i = 0; i < input->rank; i++)
        tensor.dim[i] = input->dim[i] ? input->dim[i] : i ? SIDE : 1;
    if (card && card->width)
        tensor = card->nchw ? (struct fa_tensor){NULL, 4, {1, 3, card->height, card->width}}
                            : (struct fa_tensor){NULL, 4, {1, card->height, card->width, 3}};
    for (size_t i = 0; i < tensor.rank; i++)
        n *= tensor.dim[i];
    float *zeros = tensor.rank ? fa_mem_array(n, sizeof *zeros, &err) : NULL;
    if (!tensor.rank)
        cli_fail_text("input '%s' has no shape in the file", input->name);
    if (!zeros)
        cli_fail(&err);
    tensor.data = zeros;
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

static void print_layers(const struct fa_net_layer *layer, size_t n, uint64_t *parameters, uint64_t *macs)
{
    char text[256];
    int width = (int)strlen("operators");
    for (size_t i = 0; i < n; i++)
        width = (int)strlen(layer[i].type) > width ? (int)strlen(layer[i].type) : width;
    printf("\n%4s  %-*s  %-16s %12s %14s  %s\n", "", width, "operators", "shape", "parameters", "MACs", "value");
    for (size_t i = 0; i < n; i++) {
        const struct fa_net_layer *l = &layer[i];
        printf("%4zu  %-*s  %-16s %12" PRIu64 " %14" PRIu64 "  %s\n", i + 1, width, l->type,
               show_shape(l->output.rank, l->output.dim, text), l->parameters, l->macs, l->output.name);
        *parameters += l->parameters;
        *macs += l->macs;
    }
}

static void describe(const struct fa_net *net, const char *path, const struct fa_card *card)
{
    struct fa_err err;
    size_t ninputs = fa_net_ninputs(net), n;
    uint64_t parameters = 0, macs = 0;
    struct fa_tensor *input = fa_mem_array(ninputs, sizeof *input, &err);
    struct fa_tensor *output = fa_mem_array(fa_net_noutputs(net), sizeof *output, &err);
    struct fa_exec *exec = fa_exec_new(net, &err);
    if (!input || !output || !exec)
        cli_fail(&err);
    for (size_t i = 0; i < ninputs; i++)
        input[i] = blank(fa_net_input(net, i), card);
    if (fa_exec_run(exec, input, output, &err))
        cli_fail(&err);
    print_ends(net, path, input);
    const struct fa_net_layer *layer = fa_exec_layers(exec, &n, &err);
    if (!layer)
        cli_fail(&err);
    print_layers(layer, n, &parameters, &macs);
    printf("\n%zu layers, %" PRIu64 " parameters, %.1f million MACs an image\n", n, parameters, (double)macs / 1e6);
    printf("%.1f MiB of weights, %.1f MiB a thread for one image\n", (double)fa_net_memory(net) / 0x1p20,
           (double)fa_exec_memory(exec) / 0x1p20);
    fa_exec_free(exec);
    for (size_t i = 0; i < ninputs; i++)
        free((float *)(size_t)input[i].data);
    free(input);
    free(output);
}

static void describe_file(const char *path)
{
    struct fa_err err;
    struct fa_net *net = fa_net_open(path, NULL, 0, 0, &err);
    if (!net)
        cli_fail(&err);
    describe(net, path, NULL);
    fa_net_close(net);
}

static void describe_card(const char *model, const char *weights, const struct cli_list *set)
{
    struct fa_err err;
    struct fa_card *card = cli_card(model, set);
    for (size_t i = 0; i < card->nweights; i++) {
        char *path = cli_weights(card, i, i == 0 ? weights : NULL);
        if (card->kind == FA_CARD_EMBEDDER) {
            struct fa_embedder *embedder = fa_embedder_open(card, path, 0, &err);
            if (!embedder)
                cli_fail(&err);
            describe(fa_embedder_net(embedder), path, card);
            fa_embedder_close(embedder);
        } else {
            fputs(i ? "\n" : "", stdout);
            describe_file(path);
        }
        free(path);
    }
    fa_card_free(card);
}

void embed_describe(const char *model, const char *weights, const struct cli_list *set)
{
    char *path = cli_card_path(model);
    if (path || set->n)
        describe_card(model, weights, set);
    else
        describe_file(weights ? weights : model);
    free(path);
    struct cli_output output = cli_output_open(NULL, false);
    cli_output_close(&output);
}
