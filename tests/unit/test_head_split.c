/* Room head: what is held out and what is left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/head/trainer.h"
#include "head_faces.h"

static void mark(uint8_t *side, const uint32_t *row, size_t n, uint8_t as)
{
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(side[row[i]], 0);
        side[row[i]] = as;
    }
}

/* Every row is left out once, and in every fold each picture with its copies stands on one side. */
static void folds_part_the_pictures(void **state)
{
    (void)state;
    enum { N = 300, FOLDS = 5 };
    struct fa_err err;
    struct fa_fit_options options = fa_fit_defaults();
    struct fa_dataset *data = faces_read(&(struct faces){.n = N, .dim = 4, .copies = true}, NULL, 0, &err);
    size_t times[N] = {0};
    options.folds = FOLDS;
    options.validation = 0.3;
    for (options.fold = 0; options.fold < FOLDS; options.fold++) {
        uint8_t side[N] = {0};
        struct fa_trainer *t = fa_trainer_new(data, &options, &err);
        size_t n;
        const uint32_t *out = fa_trainer_left_out(t, &n);
        assert_true(n > 20 && n < 120 && t->nvalid > 20);
        mark(side, out, n, 1);
        mark(side, t->valid, t->nvalid, 2);
        mark(side, t->train, t->ntrain, 3);
        for (size_t i = 0; i < N; i++) {
            assert_true(side[i] > 0);
            times[i] += side[i] == 1;
            assert_true(i % 3 == 0 || side[i] == side[i - 1]); /* sorted by id: p, p#2, p~1 */
        }
        fa_trainer_free(t);
    }
    for (size_t i = 0; i < N; i++)
        assert_int_equal(times[i], 1);
    fa_dataset_free(data);
}

static struct fa_dataset *read_by(const struct fa_dataset_options *options, struct fa_err *err)
{
    const char *path = faces_write(&(struct faces){.n = 120, .dim = 4, .unlabel = 5, .reject = 7, .reversed = true});
    struct fa_reader *reader = fa_reader_open(&path, 1, FA_EMBEDDING, FA_READER_UNIQUE, err);
    struct fa_dataset *data = fa_dataset_read_with(reader, options, err);
    fa_reader_close(reader);
    unlink(path);
    return data;
}

static void labels_decide_where_asked(void **state)
{
    (void)state;
    struct fa_err err;
    struct fa_dataset *data = read_by(&(struct fa_dataset_options){.group_by = "age", .split_by = "service_test",
                                                                   .split_value = "True", .passengers = true}, &err);
    assert_non_null(data);
    assert_string_equal(data->validation, "records with service_test=True");
    for (size_t i = 0; i < data->rows; i++) {
        assert_int_equal(data->held[i], strtoul(data->id[i], NULL, 10) % 2);
        assert_string_equal(data->group[i], data->head[0].class[data->label[2 * i]]);
    }
    size_t rows = 0, rejects = 0;
    for (size_t i = 0; i < data->npassengers; i++) {
        const struct fa_passenger *p = &data->passenger[i];
        assert_true(i == 0 || strcmp(p->id, p[-1].id) < 0); /* the stream was reversed */
        assert_int_equal(p->row == SIZE_MAX, fa_map_string(&p->about, "reject", NULL) != NULL);
        assert_string_equal(p->row == SIZE_MAX ? p->id : data->id[p->row], p->id);
        rows += p->row != SIZE_MAX;
        rejects += p->row == SIZE_MAX;
    }
    assert_int_equal(rows, data->rows);
    assert_int_equal(rejects, data->rejected);
    fa_dataset_free(data);
    assert_null(read_by(&(struct fa_dataset_options){.group_by = "person"}, &err));
    assert_non_null(strstr(err.text, "no record has a label 'person' to group by (there are: age, gender, service_test)"));
    assert_null(read_by(&(struct fa_dataset_options){.split_by = "age", .split_value = "old"}, &err));
    assert_non_null(strstr(err.text, "no record to hold out has the label age=old"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_part_the_pictures),
        cmocka_unit_test(labels_decide_where_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
