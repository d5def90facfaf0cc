#include <stdlib.h>
#include <string.h>

#include "train.h"

/* Logits of the rows that a fold left out, to their places in logits (rows, nlogits). */
static void predict_fold(const struct train_runs *runs, size_t fold, float *logits, size_t nlogits)
{
    struct fa_err err;
    struct fa_trainer **member = runs->trainer + fold * runs->seeds;
    struct fa_model *model = fa_model_make(member, runs->seeds, &err);
    struct fa_predictor *predictor = model ? fa_predictor_new(model, &err) : NULL;
    float *answer = fa_mem_array(FA_PREDICT_ROWS * (nlogits + runs->data->dim), sizeof *answer, &err);
    float *faces = answer + FA_PREDICT_ROWS * nlogits;
    size_t n, piece;
    const uint32_t *row = fa_trainer_left_out(member[0], &n);
    if (!predictor || !answer)
        cli_fail(&err);
    for (size_t at = 0; at < n; at += piece) {
        const float *x[FA_PREDICT_ROWS];
        piece = n - at < FA_PREDICT_ROWS ? n - at : FA_PREDICT_ROWS;
        for (size_t i = 0; i < piece; i++) {
            fa_dataset_row(runs->data, row[at + i], faces + i * runs->data->dim);
            x[i] = faces + i * runs->data->dim;
        }
        fa_predictor_run(predictor, x, piece, answer);
        for (size_t i = 0; i < piece; i++)
            memcpy(logits + row[at + i] * nlogits, answer + i * nlogits, nlogits * sizeof *logits);
    }
    free(answer);
    fa_predictor_free(predictor);
    fa_model_free(model);
}

static int put_passenger(struct fa_writer *writer, const struct fa_passenger *passenger, float *logits, size_t nlogits,
                         struct fa_err *err)
{
    struct fa_record record = {.id = passenger->id, .labels = passenger->labels, .about = passenger->about};
    if (passenger->row != SIZE_MAX) {
        record.data = logits + passenger->row * nlogits;
        record.elements = nlogits;
    }
    return fa_writer_put(writer, &record, err);
}

static struct fa_header make_header(const struct train_runs *runs, struct fa_arena *arena)
{
    struct fa_header header;
    struct fa_err err;
    if (fa_header_copy(&header, arena, &runs->data->header, &err))
        cli_fail(&err);
    header.kind = FA_LOGIT;
    header.dtype = FA_F32;
    if (fa_header_set_heads(&header, arena, runs->data->head, runs->data->nheads, &err) ||
        fa_map_set(&header.map, arena, "folds", fa_value_int((int64_t)(runs->n / runs->seeds)), &err) ||
        fa_map_set(&header.map, arena, "expect", fa_value_int((int64_t)runs->data->npassengers), &err))
        cli_fail(&err);
    return header;
}

void train_write_folds(const struct train_runs *runs, struct cli_output *output)
{
    struct fa_arena arena = {0};
    struct fa_err err;
    struct fa_header header = make_header(runs, &arena);
    size_t nlogits = fa_header_elements(&header);
    float *logits = fa_mem_array(runs->data->rows * nlogits, sizeof *logits, &err);
    struct fa_writer *writer = logits ? fa_writer_open(output->fd, output->name, &header, &err) : NULL;
    if (!writer)
        cli_fail(&err);
    for (size_t fold = 0; fold < runs->n / runs->seeds; fold++)
        predict_fold(runs, fold, logits, nlogits);
    for (size_t i = 0; i < runs->data->npassengers; i++)
        if (put_passenger(writer, &runs->data->passenger[i], logits, nlogits, &err))
            cli_fail(&err);
    if (fa_writer_end(writer, &err))
        cli_fail(&err);
    fa_writer_close(writer);
    cli_output_close(output);
    free(logits);
    fa_arena_free(&arena);
}
