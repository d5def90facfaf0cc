/* Room head: class by class scores, and what may be monitored. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../lib/head/monitor.h"
#include "../../lib/head/tally.h"

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
    struct fa_score valid[] = {{.loss = 1, .accuracy = 0.5, .n = 9, .balanced = 0.4}, {.loss = 2, .accuracy = 0.9, .n = 9, .balanced = 0.8}};
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_counted_by_class),
        cmocka_unit_test(what_is_monitored_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
