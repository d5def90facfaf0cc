/* Every operator against ONNX's own test cases (Debian's libonnx-testdata), and against cases made by
 * tests/golden/make_onnx_cases.py for what those lack. Each case is run four times: with all its inputs given in the run,
 * with all but the first bound as constants, as weights are in a real file, with all bound, and as the second time but without
 * BLIS's micro-kernel; what can be run must be right.
 *
 * The outcome of each case, with the reason where it is not supported, is in tests/golden/conformance.txt, and must be
 * just that. `test_net_conformance FILE` writes the outcomes to FILE instead, `test_net_conformance FILE FOLDER` those of the
 * cases in FOLDER.
 *
 * Whole networks in small (make_nets.py) are cases, too; their values may differ by a part of the largest one: with random
 * weights some make of a change of 1e-6 in the input one of 1e-3. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <sys/stat.h>

#include "../../lib/net/netfile.h"

#define DEBIAN "/usr/share/libonnx-testdata/data/node"
#define OWN "tests/golden/onnx"
#define NETS "tests/golden/nets"
#define EXPECTED "tests/golden/conformance.txt"

enum { MAX_TENSORS = 16 };

struct file {
    uint8_t *bytes;
    size_t size;
};

struct test_case {
    const char *name;
    bool is_net;
    char path[600]; /* the model's */
    struct file model, input[MAX_TENSORS], output[MAX_TENSORS];
    size_t ninputs, noutputs;
    struct net_graph store; /* owns the tensors below */
    struct net_constant *in[MAX_TENSORS], *out[MAX_TENSORS];
};

static bool load_file(const char *path, struct file *file)
{
    struct stat about;
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return false;
    assert_int_equal(fstat(fileno(stream), &about), 0);
    file->size = (size_t)about.st_size;
    file->bytes = malloc(file->size + 1);
    assert_non_null(file->bytes);
    assert_int_equal(fread(file->bytes, 1, file->size, stream), file->size);
    fclose(stream);
    return true;
}

static struct net_bytes bytes_of(const struct file *file)
{
    return (struct net_bytes){file->bytes, file->bytes + file->size};
}

static size_t load_tensors(struct test_case *test, const char *folder, const char *kind, struct file *files,
                           struct net_constant **tensors)
{
    struct fa_err err;
    char path[600];
    size_t n = 0;
    for (; n < MAX_TENSORS; n++) {
        snprintf(path, sizeof path, "%s/test_data_set_0/%s_%zu.pb", folder, kind, n);
        if (!load_file(path, &files[n]))
            break;
        tensors[n] = net_read_onnx_tensor(&test->store, bytes_of(&files[n]), &err);
        if (tensors[n])
            assert_int_equal(net_constant_decode(tensors[n], &err), 0);
    }
    return n;
}

static bool load_case(struct test_case *test, const char *folder)
{
    *test = (struct test_case){.name = strrchr(folder, '/') + 1, .store = {.label = "case"}};
    snprintf(test->path, sizeof test->path, "%s/model.onnx", folder);
    if (!load_file(test->path, &test->model))
        return false;
    test->ninputs = load_tensors(test, folder, "input", test->input, test->in);
    test->noutputs = load_tensors(test, folder, "output", test->output, test->out);
    return true;
}

static void free_case(struct test_case *test)
{
    free(test->model.bytes);
    for (size_t i = 0; i < test->ninputs; i++)
        free(test->input[i].bytes);
    for (size_t i = 0; i < test->noutputs; i++)
        free(test->output[i].bytes);
    net_graph_free(&test->store);
}

/* beside: what it may differ by in any case. */
static bool close_enough(float have, float want, float within, float beside)
{
    if (isnan(want) || isinf(want))
        return isnan(want) ? isnan(have) : have == want;
    return fabsf(have - want) <= beside + within * fabsf(want);
}

static float largest_of(const float *x, size_t n)
{
    float largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = isfinite(x[i]) ? fmaxf(largest, fabsf(x[i])) : largest;
    return largest;
}

/* ONNX itself asks for 1e-3; some expected values are no better. Types of fewer bits are rounded. */
static float precision(const char *name, const struct net_constant *want)
{
    return want->stored == NET_STORED_BF16 ? 0x1p-8f : want->stored == NET_STORED_F16 || strstr(name, "window_") ? 1e-3f : 1e-4f;
}

static int compare(const struct test_case *test, const struct fa_tensor *have, const struct net_constant *want, struct fa_err *err)
{
    if (!want)
        return fa_err_set(err, ": expected output of another type");
    bool same = have->rank == want->rank;
    for (size_t i = 0; same && i < want->rank; i++)
        same = have->dim[i] == want->dim[i];
    if (!same)
        return fa_err_set(err, "FAIL another shape");
    float within = precision(test->name, want), beside = 1e-5f + (test->is_net ? 1e-3f * largest_of(want->data, want->n) : 0);
    for (size_t i = 0; i < want->n; i++) {
        float value = want->dtype == NET_F32 ? ((const float *)want->data)[i] : (float)((const int64_t *)want->data)[i];
        if (!close_enough(have->data[i], value, within, beside))
            return fa_err_set(err, "FAIL element %zu is %g, want %g", i, (double)have->data[i], (double)value);
    }
    return 0;
}

static int run_net(const struct test_case *test, const struct fa_net *net, struct net_constant *const *given,
                   struct fa_err *err)
{
    struct fa_tensor inputs[MAX_TENSORS] = {{0}}, outputs[MAX_TENSORS];
    struct fa_exec *exec = fa_exec_new(net, err);
    assert_non_null(exec);
    for (size_t i = 0; i < fa_net_ninputs(net); i++) {
        inputs[i] = (struct fa_tensor){.data = given[i]->data, .rank = given[i]->rank};
        memcpy(inputs[i].dim, given[i]->dim, sizeof inputs[i].dim);
    }
    int rc = fa_exec_run(exec, inputs, outputs, err);
    for (size_t i = 0; rc == 0 && i < fa_net_noutputs(net) && i < test->noutputs; i++)
        rc = compare(test, &outputs[i], test->out[i], err);
    fa_exec_free(exec);
    return rc;
}

/* The names of the graph's inputs, in order, as the cases number them. */
static size_t input_names(const struct test_case *test, struct net_graph *graph, const char *names[MAX_TENSORS],
                          struct fa_err *err)
{
    *graph = (struct net_graph){.label = test->path};
    if (net_read_onnx(graph, bytes_of(&test->model), err) || graph->ninputs > MAX_TENSORS)
        return NET_NONE;
    for (size_t i = 0; i < graph->ninputs; i++)
        names[i] = graph->value[graph->input[i]].name;
    return graph->ninputs;
}

/* Inputs from first_bound on are bound, and integers always are. */
static int run_bound(const struct test_case *test, size_t first_bound, unsigned flags, struct fa_err *err)
{
    struct net_graph graph;
    const char *names[MAX_TENSORS];
    struct net_binding binding[MAX_TENSORS];
    struct net_constant *given[MAX_TENSORS];
    struct net_source source = {.label = test->path, .file = bytes_of(&test->model), .binding = binding, .flags = flags};
    size_t n = input_names(test, &graph, names, err), ngiven = 0;
    int rc = -1;
    if (n == NET_NONE || n > test->ninputs) {
        if (n != NET_NONE)
            fa_err_set(err, "case: inputs without data");
        goto out;
    }
    for (size_t i = 0; i < n; i++)
        if (!test->in[i] || test->in[i]->dtype != NET_F32 || i >= first_bound)
            binding[source.nbindings++] = (struct net_binding){names[i], bytes_of(&test->input[i])};
        else
            given[ngiven++] = test->in[i];
    struct fa_net *net = net_open(&source, err);
    if (net)
        rc = run_net(test, net, given, err);
    fa_net_close(net);
out:
    net_beside_close(&graph);
    net_graph_free(&graph);
    return rc;
}

/* "NAME pass", "NAME unsupported: why" or "NAME FAIL ...". */
static void run_case(const char *root, const char *name, FILE *out)
{
    struct test_case test;
    static const struct {
        size_t first_bound;
        unsigned flags;
    } way[] = {{MAX_TENSORS, 0}, {1, 0}, {0, 0}, {1, FA_NET_PLAIN}};
    enum { WAYS = sizeof way / sizeof *way };
    struct fa_err why[WAYS] = {{""}};
    char folder[512];
    snprintf(folder, sizeof folder, "%s/%s", root, name);
    if (!load_case(&test, folder)) {
        fprintf(out, "%s no model\n", name);
        return;
    }
    test.is_net = strcmp(root, DEBIAN) != 0 && strcmp(root, OWN) != 0;
    int passed = 0, worst = 1;
    for (int i = 0; i < WAYS; i++) {
        passed += run_bound(&test, way[i].first_bound, way[i].flags, &why[i]) == 0;
        worst = strncmp(why[i].text, "FAIL", 4) == 0 ? i : worst;
    }
    if (strncmp(why[worst].text, "FAIL", 4) == 0)
        fprintf(out, "%s %s\n", name, why[worst].text);
    else if (!passed)
        fprintf(out, "%s unsupported%s\n", name, strchr(why[1].text, ':') ? strchr(why[1].text, ':') : why[1].text);
    else
        fprintf(out, "%s pass\n", name);
    free_case(&test);
}

static int is_name(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void run_root(const char *root, FILE *out)
{
    struct dirent **entry;
    int n = scandir(root, &entry, is_name, by_bytes);
    assert_true(n > 0);
    for (int i = 0; i < n; i++) {
        run_case(root, entry[i]->d_name, out);
        free(entry[i]);
    }
    free(entry);
}

static void every_case_has_its_known_outcome(void **state)
{
    char have[2048], want[2048];
    FILE *expected = fopen(EXPECTED, "r"), *found = tmpfile();
    int differ = 0, passed = 0;
    (void)state;
    assert_non_null(expected);
    assert_non_null(found);
    run_root(DEBIAN, found);
    run_root(OWN, found);
    run_root(NETS, found);
    rewind(found);
    while (fgets(have, sizeof have, found)) {
        if (!fgets(want, sizeof want, expected))
            want[0] = '\0';
        if (strcmp(have, want) != 0 && differ++ < 20)
            print_message("have: %swant: %s", have, want);
        passed += strstr(have, " pass\n") != NULL;
    }
    assert_null(fgets(want, sizeof want, expected));
    fclose(expected);
    fclose(found);
    print_message("%d cases pass\n", passed);
    assert_int_equal(differ, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_case_has_its_known_outcome)};
    struct stat about;
    if (stat(DEBIAN, &about)) {
        puts("1..0 # SKIP no " DEBIAN " (package libonnx-testdata)");
        return 0;
    }
    if (argc > 1) {
        FILE *out = fopen(argv[1], "w");
        if (!out)
            return 1;
        if (argc > 2) {
            run_root(argv[2], out);
            return fclose(out) != 0;
        }
        run_root(DEBIAN, out);
        run_root(OWN, out);
        run_root(NETS, out);
        return fclose(out) != 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
