/* Room head: class by class scores, what may be monitored, and temperatures. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../lib/head/calibrate.h"
#include "head_faces.h"

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-12;
}

/* Three classes of 4, 1 and no faces; one row without a label; one right answer whose probability is below a half. */
static void scores_are_counted_by_class(void **state)
{
    (void)state;
    const float logits[6][3] = {{9, 0, 0}, {1, 1.1f, 1}, {0.2f, 0.1f, 0}, {0, 0, 9}, {0, 9, 0}, {0, 0, 0}};
    const int32_t label[] = {0, 0, 0, 0, 1, -1};
    uint64_t n[3] = {0}, right[3] = {0};
    struct tally tally = {n, right, 0};
    struct fa_score score = {0};
    tally_add(&tally, logits[0], 3, 3, label, 1, 4);
    tally_add(&tally, logits[4], 3, 3, label + 4, 1, 2);
    tally_take(&tally, 3, &score);
    assert_true(near(score.balanced, (0.5 + 1) / 2));
    assert_true(near(score.binary, (3 + 2 + 2 + 1 + 3) / 15.0));
    tally_take(&tally, 3, &score); /* it has begun anew */
    assert_true(near(score.balanced, 0) && near(score.binary, 0));
}

static void what_is_monitored_is_named(void **state)
{
    (void)state;
    const char *const two[] = {"a", "b"};
    const struct fa_head head[] = {{"age", two, 2, 0}, {"skin:tone", two, 2, 2}};
    struct fa_score valid[] = {{.loss = 1, .accuracy = 0.5, .n = 9, .balanced = 0.4},
                               {.loss = 2, .accuracy = 0.9, .n = 9, .balanced = 0.8}};
    struct fa_epoch epoch = {.valid = valid, .valid_loss = 3};
    static const struct {
        const char *text;
        double value;
    } good[] = {{NULL, 3}, {"loss", 3}, {"accuracy", -0.7}, {"balanced_accuracy", -0.6}, {"age:loss", 1},
                {"skin:tone:accuracy", -0.9}, {"age:balanced_accuracy", -0.4}};
    struct monitor monitor;
    struct fa_err err;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(monitor_parse(&monitor, good[i].text, head, 2, &err), 0);
        assert_true(near(monitor_value(&monitor, &epoch, 2), good[i].value));
    }
    assert_int_equal(monitor_parse(&monitor, "ag:loss", head, 2, &err), -1);
    assert_string_equal(err.text, "cannot monitor 'ag:loss': there is no head 'ag'");
    assert_int_equal(monitor_parse(&monitor, "age:lo", head, 2, &err), -1);
    assert_string_equal(err.text, "cannot monitor 'age:lo': 'lo' is not one of loss, accuracy, balanced_accuracy");
}

static double loss_of(struct fa_trainer *t, size_t h, double temperature)
{
    struct fa_err err;
    struct fa_model *model = fa_model_make(&t, 1, &err);
    struct fa_predictor *p = fa_predictor_new(model, &err);
    const struct fa_head *head = &model->head[h];
    double loss = 0;
    fa_model_uncalibrate(model);
    for (size_t i = 0; i < t->nvalid; i++) {
        float logits[6], x[64];
        double sum = 0;
        int32_t class = t->data->label[t->valid[i] * 2 + h];
        fa_dataset_row(t->data, t->valid[i], x);
        fa_predictor_run(p, (const float *const[]){x}, 1, logits);
        for (size_t k = 0; k < head->nclasses; k++)
            sum += exp((double)logits[head->offset + k] / temperature);
        if (class >= 0)
            loss += log(sum) - (double)logits[head->offset + (size_t)class] / temperature;
    }
    fa_predictor_free(p);
    fa_model_free(model);
    return loss;
}

static void temperatures_minimise_the_loss(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_epoch epoch;
    float temperature[2], doubled[2];
    struct fa_fit_options options = fa_fit_defaults();
    fa_arch_parse(&options.arch, "standardize, dense 64 relu", &err);
    options.epochs = 40;
    options.patience = 0;
    options.validation = 0.3;
    struct fa_dataset *data = faces_read(&(struct faces){.n = 400, .dim = 20, .unlabel = 7}, NULL, 0, &err);
    struct fa_trainer *t = fa_trainer_new(data, &options, &err);
    while (fa_trainer_epoch(t, &epoch, &err) > 0)
        ;
    assert_int_equal(calibrate(&t, 1, temperature, &err), 0);
    for (size_t h = 0; h < 2; h++) {
        double best = (double)temperature[h];
        assert_true(best > CALIBRATE_MIN * 1.1 && best < CALIBRATE_MAX / 1.1 && fabs(best - 1) > 0.02);
        assert_true(loss_of(t, h, best) < loss_of(t, h, best * 1.02) && loss_of(t, h, best) < loss_of(t, h, best / 1.02));
    }
    for (size_t i = t->mlp.tensor[t->mlp.ntensors - 2].offset; i < t->mlp.floats; i++)
        t->best[i] *= 2; /* the heads' kernel and bias: all logits double */
    assert_int_equal(calibrate(&t, 1, doubled, &err), 0);
    for (size_t h = 0; h < 2; h++)
        assert_true(fabsf(doubled[h] / temperature[h] - 2) < 1e-3f);
    struct fa_trainer *const twins[] = {t, t};
    assert_int_equal(calibrate(twins, 2, temperature, &err), 0);
    assert_true(fabsf(doubled[0] / temperature[0] - 1) < 1e-3f);
    fa_trainer_free(t);
    fa_dataset_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_counted_by_class),
        cmocka_unit_test(temperatures_minimise_the_loss),
        cmocka_unit_test(what_is_monitored_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
