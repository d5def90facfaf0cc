/* Room head: runs that are cut short and taken up again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/head/trainer.h"
#include "head_faces.h"

static char path[64];

static struct fa_fit_options small(void)
{
    struct fa_err err;
    struct fa_fit_options options = fa_fit_defaults();
    fa_arch_parse(&options.arch, "standardize, dropout .2, dense 20 relu, batchnorm", &err);
    options.epochs = 4;
    options.batch = 32;
    return options;
}

static int make_path(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/fa_checkpoint_XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static void save(struct fa_trainer *const *trainer, size_t n)
{
    struct fa_err err;
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fa_checkpoint_write(trainer, n, file, path, &err), 0);
    assert_int_equal(fclose(file), 0);
}

/* Stopped, saved and read again after every single step. */
static void every_step_can_be_the_last(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_epoch epoch;
    volatile sig_atomic_t stop = 1;
    struct fa_fit_options options = small();
    struct fa_dataset *data = faces_read(&(struct faces){.n = 150, .dim = 8, .unlabel = 4}, NULL, 0, &err);
    struct fa_trainer *whole = fa_trainer_new(data, &options, &err);
    while (fa_trainer_epoch(whole, &epoch, &err) > 0)
        ;
    options.stop = &stop;
    struct fa_trainer *cut = fa_trainer_new(data, &options, &err);
    size_t pauses = 0;
    for (int more; (more = fa_trainer_epoch(cut, &epoch, &err)) != 0; pauses += more == 2) {
        assert_int_not_equal(more, -1);
        save(&cut, 1);
        fa_trainer_free(cut);
        cut = fa_trainer_new(data, &options, &err);
        assert_int_equal(fa_checkpoint_read(path, &cut, 1, &err), 0);
    }
    assert_int_equal(pauses, whole->steps);
    assert_memory_equal(whole->best, cut->best, whole->mlp.floats * sizeof(float));
    assert_int_equal(whole->best_epoch, cut->best_epoch);
    assert_int_equal(whole->epochs, cut->epochs);
    for (size_t i = 0; i < whole->epochs; i++) {
        const struct fa_epoch *a = fa_trainer_history(whole, i), *b = fa_trainer_history(cut, i);
        assert_memory_equal(a->train, b->train, 2 * sizeof *a->train);
        assert_memory_equal(a->valid, b->valid, 2 * sizeof *a->valid);
        assert_memory_equal(&a->rate, &b->rate, sizeof a->rate);
    }
    fa_trainer_free(whole);
    fa_trainer_free(cut);
    fa_dataset_free(data);
}

static void damage_is_refused(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_epoch epoch;
    struct fa_fit_options options = small();
    struct fa_dataset *data = faces_read(&(struct faces){.n = 90, .dim = 3}, NULL, 0, &err);
    struct fa_trainer *two[2] = {fa_trainer_new(data, &options, &err), fa_trainer_new(data, &options, &err)};
    assert_int_equal(fa_trainer_epoch(two[0], &epoch, &err), 1);
    save(two, 2);
    FILE *file = fopen(path, "rb");
    static unsigned char bytes[1 << 16];
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_true(n > 1000 && n < sizeof bytes);
    for (size_t at = 0; at < n; at += 37) {
        for (int how = 0; how < 2; how++) { /* cut there, or a bit turned */
            bytes[at] ^= (unsigned char)how;
            file = fopen(path, "wb");
            fwrite(bytes, 1, how ? n : at, file);
            fclose(file);
            assert_int_equal(fa_checkpoint_read(path, two, 2, &err), -1);
            assert_non_null(strstr(err.text, at < 14 ? "not a checkpoint" : "damaged (the check at the end does not match)"));
            bytes[at] ^= (unsigned char)how;
        }
    }
    unlink(path);
    assert_int_equal(fa_checkpoint_read(path, two, 2, &err), -1);
    assert_non_null(strstr(err.text, "No such file"));
    fa_trainer_free(two[0]);
    fa_trainer_free(two[1]);
    fa_dataset_free(data);
}

static uint64_t digest_of(const struct fa_dataset *data)
{
    struct fa_err err;
    uint64_t digest;
    assert_int_equal(fa_dataset_digest(data, &digest, &err), 0);
    return digest;
}

static void data_has_a_digest(void **state)
{
    (void)state;
    struct fa_err err;
    struct faces one = {.n = 60, .dim = 4}, other = one, turned = one;
    other.seed = 1;
    turned.reversed = true;
    const char *gender = "gender";
    struct fa_dataset *data = faces_read(&one, NULL, 0, &err), *again = faces_read(&turned, NULL, 0, &err),
                      *third = faces_read(&other, NULL, 0, &err), *few = faces_read(&one, &gender, 1, &err);
    uint64_t digest = digest_of(data);
    assert_true(digest == digest_of(again));
    assert_true(digest != digest_of(third));
    assert_true(digest != digest_of(few));
    assert_int_equal(fa_dataset_map(data, "age", "0-2", (const char *[]){"3-9", "10-19"}, 2, &err), 0);
    assert_true(digest != digest_of(data));
    fa_dataset_free(data);
    fa_dataset_free(again);
    fa_dataset_free(third);
    fa_dataset_free(few);
}

static void weights_can_be_taken_back(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_epoch epoch;
    struct fa_fit_options options = small();
    options.patience = 3;
    options.epochs = 40;
    options.schedule = FA_CONSTANT;
    struct fa_dataset *data = faces_read(&(struct faces){.n = 90, .dim = 3}, NULL, 0, &err);
    struct fa_trainer *t = fa_trainer_new(data, &options, &err);
    while (fa_trainer_epoch(t, &epoch, &err) == 1)
        ;
    assert_true(t->best_epoch < t->epochs);
    assert_memory_not_equal(t->param, t->best, t->mlp.floats * sizeof(float));
    uint64_t steps = t->steps;
    fa_trainer_rewind(t);
    assert_memory_equal(t->param, t->best, t->mlp.floats * sizeof(float));
    assert_true(t->steps == steps);
    fa_trainer_free(t);
    fa_dataset_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_can_be_the_last),
        cmocka_unit_test(damage_is_refused),
        cmocka_unit_test(data_has_a_digest),
        cmocka_unit_test(weights_can_be_taken_back),
    };
    return cmocka_run_group_tests(tests, make_path, NULL);
}
