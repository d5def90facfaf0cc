/* Room head: data sets, training runs, model files, predictions. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/head/trainer.h"
#include "head_faces.h"

/* ---- data ---- */

static void classes_and_rows_are_in_order(void **state)
{
    (void)state;
    struct fa_err err;
    struct faces faces = {.n = 60, .dim = 8, .reversed = true, .unlabel = 5, .reject = 7};
    struct fa_dataset *data = faces_read(&faces, NULL, 0, &err);
    static const char *const age[] = {"0-2", "3-9", "10-19", "more than 70"};
    assert_non_null(data);
    assert_int_equal(data->nheads, 2); /* race is nowhere, service_test not asked for */
    assert_string_equal(data->head[0].name, "age");
    assert_int_equal(data->head[0].nclasses, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(data->head[0].class[i], age[i]);
    assert_string_equal(data->head[1].class[0], "Female");
    assert_int_equal(data->head[1].offset, 4);
    assert_int_equal(data->rejected, 9);
    assert_int_equal(data->rows + data->rejected + data->unlabelled, 60);
    struct fa_record record = {0};
    for (size_t i = 0; i < data->rows; i++) {
        assert_true(i == 0 || strcmp(data->id[i - 1], data->id[i]) < 0);
        faces_record(&(struct faces){.n = 60, .dim = 8, .unlabel = 5}, (size_t)strtoul(data->id[i], NULL, 10), &record);
        float x[8];
        fa_dataset_row(data, i, x);
        assert_memory_equal(x, record.data, sizeof x);
        assert_string_equal(data->head[0].class[data->label[2 * i]], fa_map_string(&record.labels, "age", "?"));
        const char *gender = fa_map_string(&record.labels, "gender", NULL);
        assert_int_equal(data->label[2 * i + 1] < 0, gender == NULL);
        if (gender)
            assert_string_equal(data->head[1].class[data->label[2 * i + 1]], gender);
    }
    fa_record_free(&record);
    fa_dataset_free(data);
}

/* Data sets from a mapped file and from one that was read, of floats and of halves, are the same. */
static void files_are_mapped_or_read(void **state)
{
    (void)state;
    struct fa_err err;
    for (enum fa_dtype dtype = FA_F16; dtype <= FA_F32; dtype++) {
        struct faces faces = {.n = 90, .dim = 13, .unlabel = 5, .reject = 7, .dtype = dtype};
        struct fa_dataset *read = faces_read(&faces, NULL, 0, &err);
        faces.flags = FA_READER_MAP;
        struct fa_dataset *mapped = faces_read(&faces, NULL, 0, &err);
        assert_non_null(mapped);
        assert_true(mapped->maps.n == 1 && read->maps.n == 0);
        assert_int_equal(mapped->rows, read->rows);
        for (size_t i = 0; i < read->rows; i++) {
            float a[13], b[13];
            fa_dataset_row(read, i, a);
            fa_dataset_row(mapped, i, b);
            assert_memory_equal(a, b, sizeof a);
            assert_true(mapped->x[i].mapped && !read->x[i].mapped);
            assert_string_equal(mapped->id[i], read->id[i]);
        }
        fa_dataset_free(read);
        fa_dataset_free(mapped);
    }
}

static void labels_that_cannot_be_learned_are_refused(void **state)
{
    (void)state;
    struct fa_err err;
    const char *const twice[] = {"age", "age"}, *const unknown[] = {"race"}, *const other[] = {"service_test"};
    assert_null(faces_read(&(struct faces){.n = 9, .dim = 3}, twice, 2, &err));
    assert_non_null(strstr(err.text, "label 'age' is asked for twice"));
    assert_null(faces_read(&(struct faces){.n = 9, .dim = 3}, unknown, 1, &err));
    assert_non_null(strstr(err.text, "no record has a label 'race' (there are: age, gender, service_test)"));
    assert_null(faces_read(&(struct faces){.n = 1, .dim = 3}, NULL, 0, &err));
    assert_non_null(strstr(err.text, "label 'age' has a single class ('"));
    assert_null(faces_read(&(struct faces){.n = 0, .dim = 3}, NULL, 0, &err));
    assert_non_null(strstr(err.text, "nothing to train on"));
    struct fa_dataset *data = faces_read(&(struct faces){.n = 9, .dim = 3}, other, 1, &err);
    assert_non_null(data);
    assert_int_equal(data->nheads, 1);
    fa_dataset_free(data);
}

static void coarse_labels_stand_for_several_classes(void **state)
{
    (void)state;
    struct fa_err err;
    struct faces faces = {.n = 60, .dim = 8, .unlabel = 5};
    struct fa_dataset *data = faces_read(&faces, NULL, 0, &err), *plain = faces_read(&faces, NULL, 0, &err);
    const char *const young[] = {"10-19", "0-2"}, *const old[] = {"10-19"}, *const self[] = {"3-9"}, *const both[] = {"Female"};
    assert_int_equal(fa_dataset_map(data, "height", "3-9", young, 2, &err), -1);
    assert_non_null(strstr(err.text, "label 'height' is not among those learned (age, gender)"));
    assert_int_equal(fa_dataset_map(data, "age", "4-9", young, 2, &err), -1);
    assert_non_null(strstr(err.text, "label 'age' has no class '4-9' (there are: 0-2, 3-9, 10-19, more than 70)"));
    assert_int_equal(fa_dataset_map(data, "age", "0-2", both, 1, &err), -1);
    assert_non_null(strstr(err.text, "label 'age' has no class 'Female'"));
    assert_int_equal(fa_dataset_map(data, "age", "3-9", self, 1, &err), -1);
    assert_non_null(strstr(err.text, "'3-9' cannot stand for itself"));
    assert_int_equal(fa_dataset_map(data, "gender", "Male", both, 1, &err), -1);
    assert_non_null(strstr(err.text, "a single class left"));
    assert_int_equal(fa_dataset_map(data, "age", "3-9", young, 2, &err), 0);
    assert_int_equal(fa_dataset_map(data, "age", "more than 70", old, 1, &err), 0);
    assert_int_equal(data->head[0].nclasses, 2);
    assert_string_equal(data->head[0].class[1], "10-19");
    assert_int_equal(data->head[1].offset, 2);
    assert_int_equal(data->coarse[0].n, 2);
    assert_string_equal(data->coarse[0].name[0], "3-9");
    assert_string_equal(data->coarse[0].name[1], "more than 70");
    assert_memory_equal(data->coarse[0].has, ((const uint8_t[]){1, 1, 0, 1}), 4);
    static const int32_t becomes[] = {0, 2, 1, 3};
    for (size_t i = 0; i < data->rows; i++) {
        assert_int_equal(data->label[2 * i], plain->label[2 * i] < 0 ? -1 : becomes[plain->label[2 * i]]);
        assert_int_equal(data->label[2 * i + 1], plain->label[2 * i + 1]);
    }
    fa_dataset_free(plain);
    fa_dataset_free(data);
}

static const float *read_weights(const struct fa_dataset *data, const char *text, struct fa_arena *arena, struct fa_err *err)
{
    char path[] = "/tmp/fa_weights_XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    const float *weight = fa_class_weights_read(path, data, arena, err);
    unlink(path);
    return weight;
}

static void class_weights_are_read(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"head,class,weight\ngender,Female,1\n", "no weight for 'Male' of 'gender'"},
        {"head,class,weight\ngender,Femal,1\n", ":2: 'gender' has no class 'Femal'"},
        {"head,class,weight\ngender,Female,-1\n", ":2: '-1' is no weight"},
        {"head,class,weight\ngender,Female,nan\n", ":2: 'nan' is no weight"},
        {"head,class,weight\ngender,Female,1x\n", ":2: '1x' is no weight"},
        {"head,class,weight\ngender,Male,2\ngender,Male,2\n", ":3: 'Male' of 'gender' is there twice"},
        {"head,class\ngender,Male\n", "weight"},
    };
    struct fa_err err;
    struct fa_arena arena = {0};
    struct fa_dataset *data = faces_read(&(struct faces){.n = 60, .dim = 8}, NULL, 0, &err);
    const char *good = "weight,class,head\n2,Male,gender\n9,tall,height\n0,Female,gender\n";
    const float *weight = read_weights(data, good, &arena, &err);
    assert_non_null(weight);
    for (size_t i = 0; i < 6; i++)
        assert_true(fabs((double)weight[i] - (i < 4 ? 1 : i == 4 ? 0 : 2)) < 1e-9);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_null(read_weights(data, bad[i][0], &arena, &err));
        if (!strstr(err.text, bad[i][1]))
            fail_msg("%s", err.text);
    }
    fa_dataset_free(data);
    fa_arena_free(&arena);
}

/* ---- training ---- */

static struct fa_fit_options quick(void)
{
    struct fa_fit_options options = fa_fit_defaults();
    options.epochs = 12;
    options.batch = 32;
    options.patience = 0;
    return options;
}

static struct fa_trainer *train(const struct fa_dataset *data, const struct fa_fit_options *options)
{
    struct fa_err err = {""};
    struct fa_epoch epoch;
    struct fa_trainer *trainer = fa_trainer_new(data, options, &err);
    int more = -1;
    while (trainer && (more = fa_trainer_epoch(trainer, &epoch, &err)) > 0)
        ;
    if (more < 0)
        fail_msg("%s", err.text);
    return trainer;
}

/* The bytes of the model that a set and options give. */
static char *model_bytes(const struct faces *faces, const struct fa_fit_options *options, size_t *n)
{
    struct fa_err err = {""};
    struct fa_dataset *data = faces_read(faces, NULL, 0, &err);
    assert_non_null(data);
    struct fa_trainer *trainer = train(data, options);
    struct fa_model *model = fa_model_make(&trainer, 1, &err);
    FILE *file = tmpfile();
    assert_int_equal(fa_model_write(model, fileno(file), "tmp", &err), 0);
    *n = (size_t)lseek(fileno(file), 0, SEEK_CUR);
    char *bytes = fa_mem_array(*n, 1, &err);
    assert_int_equal(pread(fileno(file), bytes, *n, 0), *n);
    fclose(file);
    fa_model_free(model);
    fa_trainer_free(trainer);
    fa_dataset_free(data);
    return bytes;
}

static void same_seed_same_bytes(void **state)
{
    (void)state;
    struct faces faces = {.n = 400, .dim = 40, .unlabel = 5};
    struct fa_fit_options options = quick();
    size_t n, m;
    fa_arch_parse(&options.arch, "standardize, dropout .2, dense 200 relu, batchnorm, dropout .5, dense 30 sigmoid", NULL);
    char *bytes = model_bytes(&faces, &options, &n);
    for (int change = 0; change < 3; change++) {
        struct fa_fit_options other = options;
        struct faces turned = faces;
        other.threads = change == 0 ? 3 : 1;
        turned.reversed = change == 1;
        other.seed += change == 2;
        char *again = model_bytes(&turned, &other, &m);
        assert_int_equal(m == n && memcmp(bytes, again, n) == 0, change < 2);
        free(again);
    }
    free(bytes);
}

/* A moment that fades away never becomes a subnormal number, which would cost the processor a hundred times as much. The
 * feature that is always 0 has gradients of 0. */
static void subnormal_numbers_are_flushed(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_fit_options options = quick();
    struct fa_dataset *data = faces_read(&(struct faces){.n = 100, .dim = 9}, NULL, 0, &err);
    struct fa_epoch epoch;
    fa_arch_parse(&options.arch, "dense 64 relu", NULL);
    for (options.threads = 1; options.threads < 4; options.threads += 2) {
        struct fa_trainer *t = fa_trainer_new(data, &options, &err);
        float *m = t->m + t->mlp.tensor[0].offset, smallest = 1.2e-38f;
        for (size_t i = 0; i < 64; i++)
            m[i] = smallest;
        assert_int_equal(fa_trainer_epoch(t, &epoch, &err), 1);
        for (size_t i = 0; i < 64; i++)
            assert_int_not_equal(fpclassify(m[i]), FP_SUBNORMAL);
        assert_true(smallest * 0.5f != 0); /* as before for everybody else */
        fa_trainer_free(t);
    }
    fa_dataset_free(data);
}

static void what_can_be_learned_is_learned(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_fit_options options = quick();
    for (int unrelated = 0; unrelated < 2; unrelated++) {
        struct faces faces = {.n = 1500, .dim = 60, .unlabel = 9, .unrelated = unrelated};
        struct fa_dataset *data = faces_read(&faces, NULL, 0, &err);
        struct fa_trainer *trainer = train(data, &options);
        const struct fa_epoch *best = fa_trainer_history(trainer, fa_trainer_best(trainer) - 1);
        struct fa_score prior[2], held[2];
        assert_int_equal(fa_trainer_rows(trainer) + fa_trainer_validation(trainer), data->rows);
        assert_true(fa_trainer_validation(trainer) > 100 && fa_trainer_validation(trainer) < 200);
        assert_int_equal(fa_trainer_baseline(trainer, prior, held, &err), 0);
        assert_true(fabs(prior[0].loss - log(4)) < 0.01 && fabs(prior[1].loss - log(2)) < 0.01);
        for (size_t h = 0; h < 2; h++) {
            double gain = best->valid[h].accuracy - held[h].accuracy;
            assert_true(unrelated ? fabs(gain) < 0.12 : gain > 0.3);
            assert_true(unrelated ? best->valid[h].loss > prior[h].loss - 0.03 : best->valid[h].loss < prior[h].loss - 0.3);
        }
        fa_trainer_free(trainer);
        fa_dataset_free(data);
    }
}

static void training_stops_when_validation_gets_worse(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_fit_options options = quick();
    struct fa_dataset *data = faces_read(&(struct faces){.n = 200, .dim = 40, .unrelated = true}, NULL, 0, &err);
    struct fa_epoch epoch;
    options.epochs = 200;
    options.patience = 3;
    fa_arch_parse(&options.arch, "standardize, dense 64 relu", NULL);
    struct fa_trainer *trainer = train(data, &options);
    size_t epochs = fa_trainer_epochs(trainer), best = fa_trainer_best(trainer);
    assert_true(epochs < 200);
    assert_int_equal(epochs, best + 3);
    for (size_t i = 0; i < epochs; i++)
        assert_true(fa_trainer_history(trainer, i)->valid_loss >= fa_trainer_history(trainer, best - 1)->valid_loss);
    assert_int_equal(fa_trainer_epoch(trainer, &epoch, &err), 0);
    fa_trainer_free(trainer);
    options.patience = 0; /* no early stopping: the last weights are kept */
    options.epochs = 30;
    trainer = train(data, &options);
    assert_int_equal(fa_trainer_best(trainer), 30);
    assert_true(fa_trainer_validation(trainer) > 0);
    fa_trainer_free(trainer);
    options.patience = 3;
    options.validation = 0; /* nothing held out, nothing to stop for */
    options.epochs = 5;
    trainer = train(data, &options);
    assert_int_equal(fa_trainer_best(trainer), 5);
    assert_int_equal(fa_trainer_validation(trainer), 0);
    fa_trainer_free(trainer);
    fa_dataset_free(data);
}

static void runs_that_cannot_be_are_refused(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_epoch epoch;
    struct fa_fit_options options = quick();
    struct fa_dataset *data = faces_read(&(struct faces){.n = 12, .dim = 4}, NULL, 0, &err);
    options.validation = 1e-6;
    assert_null(fa_trainer_new(data, &options, &err));
    assert_non_null(strstr(err.text, "holds out none of 12 records (0 trains without)"));
    options = quick();
    options.rate = 1e30;
    options.validation = 0;
    options.schedule = FA_CONSTANT;
    struct fa_trainer *trainer = fa_trainer_new(data, &options, &err);
    int more;
    while ((more = fa_trainer_epoch(trainer, &epoch, &err)) > 0)
        ;
    assert_int_equal(more, -1);
    assert_non_null(strstr(err.text, "the loss is not finite"));
    fa_trainer_free(trainer);
    fa_dataset_free(data);
}

/* Logits of heads alone, in double precision, for x (12) as it enters them. */
static void check_heads_alone(const struct fa_model *model, const double *x, const float *raw)
{
    struct fa_err err;
    struct fa_predictor *p = fa_predictor_new(model, &err);
    const float *kernel = model->member[0].param, *bias = kernel + 80; /* (12, 6), up to the next cache line */
    float logits[6];
    fa_predictor_run(p, &raw, 1, logits);
    for (size_t i = 0; i < 6; i++) {
        double want = (double)bias[i];
        for (size_t k = 0; k < 12; k++)
            want += x[k] * (double)kernel[6 * k + i];
        assert_true(fabs((double)logits[i] - want) < 1e-5);
    }
    fa_predictor_free(p);
}

static void inputs_are_normalized(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_fit_options options = quick();
    struct fa_dataset *data = faces_read(&(struct faces){.n = 150, .dim = 12}, NULL, 0, &err);
    struct fa_arena arena = {0};
    const float *const *face = faces_floats(data, 150, &arena);
    options.epochs = 1;
    options.validation = 0;
    for (enum fa_input input = FA_INPUT_NONE; input <= FA_INPUT_L2; input++) {
        double mean[12] = {0}, square[12] = {0}, norm = 0, x[12];
        options.arch = (struct fa_arch){.input = input};
        struct fa_trainer *trainer = train(data, &options);
        struct fa_model *model = fa_model_make(&trainer, 1, &err);
        for (size_t i = 0; i < 150; i++)
            for (size_t k = 0; k < 12; k++)
                mean[k] += (double)face[i][k] / 150;
        for (size_t i = 0; i < 150; i++)
            for (size_t k = 0; k < 12; k++)
                square[k] += pow((double)face[i][k] - mean[k], 2) / 150;
        for (size_t k = 0; k < 12; k++)
            norm += pow((double)face[3][k], 2);
        for (size_t k = 0; k < 12; k++) {
            x[k] = (double)face[3][k];
            if (input == FA_INPUT_STANDARDIZE)
                x[k] = k % 3 ? (x[k] - mean[k]) / sqrt(square[k]) : 0;
            if (input == FA_INPUT_L2)
                x[k] /= sqrt(norm);
        }
        check_heads_alone(model, x, face[3]);
        fa_model_free(model);
        fa_trainer_free(trainer);
    }
    fa_arena_free(&arena);
    fa_dataset_free(data);
}

static void learning_rates_follow_their_schedule(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_fit_options options = quick();
    struct fa_dataset *data = faces_read(&(struct faces){.n = 100, .dim = 4}, NULL, 0, &err);
    options.validation = 0;
    options.batch = 50; /* 2 steps an epoch, 24 in all */
    for (int cosine = 0; cosine < 2; cosine++) {
        options.schedule = cosine ? FA_COSINE : FA_CONSTANT;
        struct fa_trainer *trainer = train(data, &options);
        for (size_t i = 0; i < 12; i++) {
            double want = cosine ? 1e-3 * (1 + cos(acos(-1) * (double)(2 * i + 1) / 24)) : 2e-3;
            assert_true(fabs(fa_trainer_history(trainer, i)->rate - want) < 1e-12);
        }
        fa_trainer_free(trainer);
    }
    fa_dataset_free(data);
}

/* Inverse, effective and given weights, all with mean 1 over the faces; the coarse label weighs what its classes do. */
static void classes_weigh_as_documented(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_fit_options options = quick();
    struct fa_dataset *data = faces_read(&(struct faces){.n = 90, .dim = 4, .unlabel = 3}, NULL, 0, &err);
    const char *const young[] = {"0-2", "10-19"};
    const float given[] = {1, 2, 3, 4, 5};
    double n[2][4] = {{0}}, all[2] = {0};
    options.validation = 0;
    options.class_beta = 0.9;
    options.class_weights = given;
    assert_int_equal(fa_dataset_map(data, "age", "3-9", young, 2, &err), 0);
    for (size_t i = 0; i < 2 * data->rows; i++)
        if (data->label[i] >= 0 && data->label[i] < (i % 2 ? 2 : 3)) {
            n[i % 2][data->label[i]]++;
            all[i % 2]++;
        }
    for (enum fa_class_weight how = FA_CLASS_INVERSE; how <= FA_CLASS_GIVEN; how++) {
        options.class_weight = how;
        struct fa_trainer *trainer = fa_trainer_new(data, &options, &err);
        assert_non_null(trainer);
        for (size_t h = 0; h < 2; h++) {
            const float *weight = trainer->loss[h].class_weight;
            double scale = 0, want[3];
            for (size_t i = 0; i < data->head[h].nclasses; i++) {
                want[i] = how == FA_CLASS_INVERSE     ? all[h] / ((double)data->head[h].nclasses * n[h][i])
                          : how == FA_CLASS_EFFECTIVE ? (1 - 0.9) / (1 - pow(0.9, n[h][i]))
                                                      : (double)given[data->head[h].offset + i];
                scale += n[h][i] / all[h] * want[i];
            }
            assert_true(how != FA_CLASS_INVERSE || fabs(scale - 1) < 1e-9); /* as they are, they have mean 1 */
            for (size_t i = 0; i < data->head[h].nclasses; i++)
                assert_true(fabs((double)weight[i] - want[i] / scale) < 1e-5);
            double both = (n[0][0] * want[0] + n[0][1] * want[1]) / (n[0][0] + n[0][1]) / scale;
            assert_true(h == 1 || fabs((double)weight[3] - both) < 1e-5);
        }
        fa_trainer_free(trainer);
    }
    const float zero[] = {1, 2, 3, 0, 0};
    options.class_weights = zero;
    assert_null(fa_trainer_new(data, &options, &err));
    assert_non_null(strstr(err.text, "all that 'gender' has faces of weigh 0"));
    fa_dataset_free(data);
}

static void a_head_of_weight_0_is_not_trained(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_fit_options options = quick();
    const double weight[] = {1, 0};
    struct fa_dataset *data = faces_read(&(struct faces){.n = 400, .dim = 40}, NULL, 0, &err);
    options.head_weight = weight;
    options.weight_decay = 0;
    options.patience = 5;
    fa_arch_parse(&options.arch, "standardize", NULL);
    struct fa_trainer *trainer = train(data, &options), *fresh = fa_trainer_new(data, &options, &err);
    const struct fa_epoch *last = fa_trainer_history(trainer, fa_trainer_epochs(trainer) - 1);
    for (size_t i = 0; i < 40 * 6; i++)
        assert_int_equal(trainer->param[i] == fresh->param[i], i % 6 >= 4 || i / 6 % 3 == 0);
    assert_true(fabs(last->train_loss - last->train[0].loss) < 1e-12);
    assert_true(fabs(last->valid_loss - last->valid[0].loss) < 1e-12);
    assert_true(last->valid[1].n > 0 && last->valid[1].loss > 0);
    fa_trainer_free(fresh);
    fa_trainer_free(trainer);
    fa_dataset_free(data);
}

/* A quarter of the faces is labelled only as one of two classes: the classes are told apart all the same, and the
 * baseline knows how much there was to know. */
static void coarse_labels_teach_the_fine_ones(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_fit_options options = quick();
    const char *const classes[] = {"0-2", "10-19"};
    struct fa_score prior[2], held[2];
    struct fa_dataset *data = faces_read(&(struct faces){.n = 1500, .dim = 60}, NULL, 0, &err);
    assert_int_equal(fa_dataset_map(data, "age", "3-9", classes, 2, &err), 0);
    struct fa_trainer *trainer = train(data, &options);
    const struct fa_epoch *last = fa_trainer_history(trainer, 11);
    assert_int_equal(fa_trainer_baseline(trainer, prior, held, &err), 0);
    double expect = 0.75 * log(3) + 0.25 * log(1.5);
    assert_true(fabs(prior[0].loss - expect) < 0.03);
    assert_int_equal(prior[0].n, fa_trainer_rows(trainer));
    assert_true(last->valid[0].accuracy > held[0].accuracy + 0.2 && last->valid[0].loss < held[0].loss - 0.2);
    assert_int_equal(last->valid[0].n, fa_trainer_validation(trainer));
    struct fa_model *model = fa_model_make(&trainer, 1, &err);
    assert_int_equal(model->head[0].nclasses, 3);
    const struct fa_value *coarse = fa_map_get(&model->map, "coarse");
    const struct fa_value *age = coarse ? fa_map_get(&coarse->map, "age") : NULL;
    const struct fa_value *label = age ? fa_map_get(&age->map, "3-9") : NULL;
    assert_non_null(label);
    assert_int_equal(label->array.n, 2);
    assert_string_equal(label->array.item[1].string, "10-19");
    fa_model_free(model);
    fa_trainer_free(trainer);
    fa_dataset_free(data);
}

/* Warm-up, decay by steps, and a plateau that is there by its own account: the history says where. */
static void rates_warm_up_and_decay(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_fit_options options = quick();
    struct fa_dataset *data = faces_read(&(struct faces){.n = 100, .dim = 4, .unrelated = true}, NULL, 0, &err);
    options.batch = 50;
    options.epochs = 30;
    options.warmup = 4;
    options.decay_epochs = 3;
    options.decay_factor = 0.5;
    for (enum fa_schedule schedule = FA_CONSTANT; schedule <= FA_PLATEAU; schedule++) {
        options.schedule = schedule;
        struct fa_trainer *trainer = train(data, &options);
        double rate = 2e-3, best = INFINITY;
        for (size_t i = 0, waited = 0; i < 30; i++) {
            const struct fa_epoch *epoch = fa_trainer_history(trainer, i);
            double want = i < 4                    ? 2e-3 * (double)(i + 1) / 4
                          : schedule == FA_COSINE  ? 1e-3 * (1 + cos(acos(-1) * (double)(2 * i + 1 - 8) / 52))
                          : schedule == FA_STEP    ? 2e-3 * pow(0.5, (double)((i - 4) / 3))
                          : schedule == FA_PLATEAU ? rate
                                                   : 2e-3;
            assert_true(fabs(epoch->rate - want) < 1e-12);
            waited = epoch->valid_loss < best ? 0 : waited + 1;
            best = fmin(best, epoch->valid_loss);
            rate *= waited == 3 ? 0.5 : 1;
            waited %= 3;
        }
        assert_true(rate < 2e-3);
        fa_trainer_free(trainer);
    }
    fa_dataset_free(data);
}

/* Faces and copies of one picture are never on both sides of the split. */
static void copies_stay_together(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_fit_options options = quick();
    options.validation = 0.5;
    struct fa_dataset *data = faces_read(&(struct faces){.n = 300, .dim = 4, .copies = true}, NULL, 0, &err);
    struct fa_trainer *trainer = fa_trainer_new(data, &options, &err);
    assert_int_equal(fa_trainer_rows(trainer) % 3, 0);
    assert_true(fa_trainer_rows(trainer) > 60 && fa_trainer_rows(trainer) < 240);
    fa_trainer_free(trainer);
    fa_dataset_free(data);
}

/* ---- models ---- */

static struct fa_model *two_members(const struct fa_dataset *data)
{
    struct fa_err err;
    struct fa_fit_options options = quick();
    struct fa_trainer *trainer[2];
    fa_arch_parse(&options.arch, "standardize, dropout .2, dense 33 relu, batchnorm", NULL);
    for (int i = 0; i < 2; i++) {
        options.seed = (uint64_t)i;
        trainer[i] = train(data, &options);
    }
    struct fa_model *model = fa_model_make(trainer, 2, &err);
    assert_non_null(model);
    for (int i = 0; i < 2; i++)
        fa_trainer_free(trainer[i]);
    return model;
}

static char *write_model(struct fa_model *model)
{
    static char path[64];
    struct fa_err err;
    snprintf(path, sizeof path, "/tmp/fa_model_XXXXXX");
    int fd = mkstemp(path);
    assert_int_equal(fa_model_write(model, fd, path, &err), 0);
    close(fd);
    return path;
}

static void models_survive_their_file(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_dataset *data = faces_read(&(struct faces){.n = 300, .dim = 20}, NULL, 0, &err);
    struct fa_model *model = two_members(data);
    char *path = write_model(model);
    struct fa_model *again = fa_model_read(path, &err);
    assert_non_null(again);
    assert_true(again->digest == model->digest && again->digest != 0);
    assert_int_equal(again->nmembers, 2);
    assert_string_equal(fa_map_string(&again->map, "arch", ""), "standardize, dropout 0.2, dense 33 relu, batchnorm");
    assert_string_equal(again->head[1].class[1], "Male");
    assert_true(fa_map_number(&again->member[1].map, "seed", -1) == 1);
    struct fa_predictor *p = fa_predictor_new(model, &err), *q = fa_predictor_new(again, &err);
    struct fa_arena arena = {0};
    const float *const *x = faces_floats(data, FA_PREDICT_ROWS, &arena);
    float a[FA_PREDICT_ROWS * 6], b[FA_PREDICT_ROWS * 6];
    fa_predictor_run(p, x, FA_PREDICT_ROWS, a);
    fa_predictor_run(q, x, FA_PREDICT_ROWS, b);
    assert_memory_equal(a, b, sizeof a);
    fa_arena_free(&arena);
    fa_predictor_free(p);
    fa_predictor_free(q);
    fa_model_free(again);
    fa_model_free(model);
    fa_dataset_free(data);
    unlink(path);
}

static void put_file(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    fclose(file);
}

/* Every cut and every flipped byte is noticed, whatever it hits. */
static void damage_is_noticed(void **state)
{
    (void)state;
    struct faces faces = {.n = 60, .dim = 5};
    struct fa_fit_options options = quick();
    struct fa_err err;
    size_t n;
    char path[] = "/tmp/fa_model_XXXXXX";
    close(mkstemp(path));
    fa_arch_parse(&options.arch, "l2, dense 3 tanh", NULL);
    options.epochs = 2;
    char *bytes = model_bytes(&faces, &options, &n);
    assert_true(fa_model_begins(bytes, n));
    for (size_t cut = 0; cut < n; cut++) {
        put_file(path, bytes, cut);
        assert_null(fa_model_read(path, &err));
        if (cut > 11 && !strstr(err.text, "model ended early"))
            fail_msg("cut at %zu: %s", cut, err.text);
    }
    for (size_t at = 0; at < n; at++) {
        bytes[at] ^= 0x10;
        put_file(path, bytes, n);
        if (fa_model_read(path, &err))
            fail_msg("flipped byte %zu of %zu is not noticed", at, n);
        bytes[at] ^= 0x10;
    }
    bytes[11] = 2; /* behind the array, the 0 and the eight letters of the magic */
    put_file(path, bytes, n);
    assert_null(fa_model_read(path, &err));
    assert_non_null(strstr(err.text, "model of version 2, this program reads version 1"));
    free(bytes);
    unlink(path);
}

static void other_files_are_explained(void **state)
{
    (void)state;
    struct fa_err err;
    char *path = faces_write(&(struct faces){.n = 3, .dim = 2});
    assert_null(fa_model_read(path, &err));
    assert_non_null(strstr(err.text, "embedding stream, want a model (fa-train makes one)"));
    put_file(path, "file,age\n", 9);
    assert_null(fa_model_read(path, &err));
    assert_non_null(strstr(err.text, ": not a model"));
    put_file(path, "", 0);
    assert_null(fa_model_read(path, &err));
    assert_non_null(strstr(err.text, ": empty, want a model"));
    unlink(path);
    assert_null(fa_model_read(path, &err));
    assert_non_null(strstr(err.text, "No such file"));
}

/* ---- predictions ---- */

static void a_row_depends_on_nothing_but_itself(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_dataset *data = faces_read(&(struct faces){.n = 300, .dim = 50}, NULL, 0, &err);
    struct fa_model *model = two_members(data);
    struct fa_predictor *p = fa_predictor_new(model, &err);
    struct fa_arena arena = {0};
    const float *const *x = faces_floats(data, FA_PREDICT_ROWS, &arena);
    float all[FA_PREDICT_ROWS * 6], one[6];
    fa_predictor_run(p, x, FA_PREDICT_ROWS, all);
    for (size_t i = 0; i < FA_PREDICT_ROWS; i++) {
        fa_predictor_run(p, x + i, 1, one);
        assert_memory_equal(one, all + 6 * i, sizeof one);
        double sum = 0; /* of several members the logits are logs of probabilities */
        for (size_t k = 0; k < 4; k++)
            sum += exp((double)one[k]);
        assert_true(fabs(sum - 1) < 1e-5);
    }
    fa_arena_free(&arena);
    fa_predictor_free(p);
    fa_model_free(model);
    fa_dataset_free(data);
}

static void logits_are_divided_by_their_temperature(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_fit_options options = quick();
    float temperature[] = {2, 0.5f}, before[6], after[6];
    struct fa_dataset *data = faces_read(&(struct faces){.n = 100, .dim = 9}, NULL, 0, &err);
    struct fa_trainer *trainer = train(data, &options);
    struct fa_model *model = fa_model_make(&trainer, 1, &err);
    struct fa_predictor *p = fa_predictor_new(model, &err);
    struct fa_arena arena = {0};
    const float *const *x = faces_floats(data, 1, &arena);
    fa_model_uncalibrate(model);
    fa_predictor_run(p, x, 1, before);
    model->temperature = temperature;
    fa_predictor_run(p, x, 1, after);
    for (size_t i = 0; i < 6; i++)
        assert_true(fabsf(after[i] - (i < 4 ? before[i] / 2 : before[i] * 2)) < 1e-6f);
    fa_arena_free(&arena);
    fa_predictor_free(p);
    fa_model_free(model);
    fa_trainer_free(trainer);
    fa_dataset_free(data);
}

static void other_embeddings_are_refused(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_dataset *data = faces_read(&(struct faces){.n = 100, .dim = 6}, NULL, 0, &err);
    struct fa_model *model = two_members(data);
    struct fa_dataset *other = faces_read(&(struct faces){.n = 100, .dim = 6, .digest = "00000000000000bb"}, NULL, 0, &err);
    assert_int_equal(fa_model_fits(model, &data->header, &err), 0);
    assert_int_equal(fa_model_fits(model, &other->header, &err), -1);
    assert_string_equal(err.text, "embeddings of weights digest 00000000000000bb, model learned from weights digest "
                                  "00000000000000aa");
    fa_dataset_free(other);
    other = faces_read(&(struct faces){.n = 100, .dim = 7}, NULL, 0, &err);
    assert_int_equal(fa_model_fits(model, &other->header, &err), -1);
    assert_string_equal(err.text, "embeddings of dimension 7, model learned from dimension 6");
    fa_dataset_free(other);
    fa_model_free(model);
    fa_dataset_free(data);
}

static void models_describe_themselves(void **state)
{
    (void)state;
    struct fa_err err;
    char *text = NULL;
    size_t n = 0;
    struct fa_dataset *data = faces_read(&(struct faces){.n = 100, .dim = 6}, NULL, 0, &err);
    struct fa_model *model = two_members(data);
    FILE *file = open_memstream(&text, &n);
    fa_model_describe(model, file);
    fclose(file);
    assert_non_null(strstr(text, "head model, 2 members, for test (weights 00000000000000aa)\n"));
    assert_non_null(strstr(text, "dense_1 relu                         33          231\n"));
    assert_non_null(strstr(text, "age (4): 0-2, 3-9, 10-19, more than 70"));
    free(text);
    fa_model_free(model);
    fa_dataset_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_and_rows_are_in_order),
        cmocka_unit_test(files_are_mapped_or_read),
        cmocka_unit_test(labels_that_cannot_be_learned_are_refused),
        cmocka_unit_test(coarse_labels_stand_for_several_classes),
        cmocka_unit_test(class_weights_are_read),
        cmocka_unit_test(same_seed_same_bytes),
        cmocka_unit_test(subnormal_numbers_are_flushed),
        cmocka_unit_test(what_can_be_learned_is_learned),
        cmocka_unit_test(training_stops_when_validation_gets_worse),
        cmocka_unit_test(runs_that_cannot_be_are_refused),
        cmocka_unit_test(inputs_are_normalized),
        cmocka_unit_test(learning_rates_follow_their_schedule),
        cmocka_unit_test(rates_warm_up_and_decay),
        cmocka_unit_test(classes_weigh_as_documented),
        cmocka_unit_test(a_head_of_weight_0_is_not_trained),
        cmocka_unit_test(coarse_labels_teach_the_fine_ones),
        cmocka_unit_test(copies_stay_together),
        cmocka_unit_test(models_survive_their_file),
        cmocka_unit_test(damage_is_noticed),
        cmocka_unit_test(other_files_are_explained),
        cmocka_unit_test(a_row_depends_on_nothing_but_itself),
        cmocka_unit_test(logits_are_divided_by_their_temperature),
        cmocka_unit_test(other_embeddings_are_refused),
        cmocka_unit_test(models_describe_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
