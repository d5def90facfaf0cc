/* The head: a multi-layer perceptron in float32 that reads attributes (one softmax each) from embeddings; its training,
 * its model file (fa-model(5)) and its use. */
#ifndef FA_HEAD_H
#define FA_HEAD_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "fa/err.h"
#include "fa/mem.h"
#include "fa/stream.h"

/* ---- architecture ---- */

enum fa_input { FA_INPUT_NONE, FA_INPUT_STANDARDIZE, FA_INPUT_L2 }; /* as is; per feature; each row by its norm */
enum fa_activation { FA_LINEAR, FA_RELU, FA_SIGMOID, FA_TANH, FA_GELU, FA_LEAKY_RELU }; /* fa-train(1) */
enum fa_initializer { FA_GLOROT_UNIFORM, FA_HE_UNIFORM, FA_GLOROT_NORMAL, FA_HE_NORMAL };
enum fa_layer_kind { FA_DENSE, FA_DROPOUT, FA_BATCHNORM };

struct fa_layer {
    enum fa_layer_kind kind;
    size_t units; /* FA_DENSE only, as the next two */
    enum fa_activation activation;
    enum fa_initializer initializer;
    float rate; /* FA_DROPOUT: share of the inputs that are set to zero */
};

enum { FA_ARCH_LAYERS = 64 };

/* The heads, a dense layer with one softmax an attribute, follow the last layer. */
struct fa_arch {
    enum fa_input input;
    size_t n;
    struct fa_layer layer[FA_ARCH_LAYERS];
};

#define FA_ARCH_DEFAULT "standardize, dropout 0.3, dense 256 relu, dropout 0.5"

/* Reads one line: items separated by commas, of `standardize`, `l2`, `none` (first only; none given: none), `dense UNITS
 * [ACTIVATION] [INITIALIZER]` (if not given: linear, glorot), `dropout RATE`, `batchnorm`. Errors name item and cause. */
int fa_arch_parse(struct fa_arch *arch, const char *line, struct fa_err *err);

/* The line in its one canonical form, owned by the arena. */
const char *fa_arch_print(const struct fa_arch *arch, struct fa_arena *arena, struct fa_err *err);

/* Weights of the layers and of heads with nlogits classes in all, batch norms' means and variances among them. */
size_t fa_arch_parameters(const struct fa_arch *arch, size_t dim, size_t nlogits);

/* ---- data ---- */

/* Labels of a head that stand for several of its classes: the i-th is label nclasses + i of a row. */
struct fa_coarse {
    size_t n;
    const uint8_t *has; /* n x nclasses: 1 where the class is one of them */
    const char *const *name;
};

/* What came with a face, for streams that are made of its data set. */
struct fa_passenger {
    const char *id;
    struct fa_map labels, about;
    size_t row; /* of the data set; SIZE_MAX for a reject */
};

/* Embeddings with labels, rows in the order of their ids, so that the order of the stream does not matter. */
struct fa_dataset {
    size_t rows, dim;
    const struct fa_stored *x; /* rows embeddings of dim elements each: fa_dataset_row() */
    const char *const *id;
    const int32_t *label; /* rows x nheads: class, or nclasses + coarse label, or -1 where the record has no such label */
    const struct fa_head *head;
    size_t nheads;
    const struct fa_coarse *coarse; /* one a head, empty until fa_dataset_map() */
    const char *const *group; /* rows: what stays on one side of a split, the name of the picture or of its group */
    const uint8_t *held;      /* rows: 1 if held out; NULL: a share is, by hash */
    const char *validation;   /* how that is decided, in words */
    const struct fa_passenger *passenger; /* of rows and rejects, in the order of the stream; none but where asked for */
    size_t npassengers;
    uint64_t rejected;        /* records without an embedding */
    uint64_t unlabelled;      /* records with an embedding, but none of the labels */
    struct fa_header header;  /* of the embedding stream */
    struct fa_arena arena;    /* owns all but */
    struct fa_maps maps;      /* the embeddings of files that could be mapped */
};

/* Reads the rest of an embedding stream. heads names the nheads labels to learn, in order; nheads = 0 takes those of
 * age, gender, race that some record has. Classes stand in natural order (fa_label_compare()). Rejects and records
 * without any of the labels are counted and left out.
 * Errors: those of fa_reader_next(); no such label; a label with fewer than two classes; nothing to train on. */
struct fa_dataset *fa_dataset_read(struct fa_reader *reader, const char *const *heads, size_t nheads, struct fa_err *err);

/* An embedding of the data set: dim floats. */
void fa_dataset_row(const struct fa_dataset *data, size_t row, float *to);

/* As fa_dataset_read(), with more to ask for; zeros ask for nothing. */
struct fa_dataset_options {
    const char *const *heads;
    size_t nheads;
    const char *group_by;               /* records with one value of this label stay on one side of a split */
    const char *split_by, *split_value; /* records whose label split_by has this value are held out, and no others */
    size_t held_from;                   /* records of the reader's inputs from this one (> 0) on are held out, and no others */
    bool passengers;                    /* keep them */
};

/* Further errors: no record has the label group_by, or split_value as label split_by. */
struct fa_dataset *fa_dataset_read_with(struct fa_reader *reader, const struct fa_dataset_options *options, struct fa_err *err);
void fa_dataset_free(struct fa_dataset *data);

/* XXH3-64 of all that training depends on: ids, groups, what is held out, labels (also mapped ones) and embeddings. */
int fa_dataset_digest(const struct fa_dataset *data, uint64_t *digest, struct fa_err *err);

/* Makes a class of a head a coarse label for n >= 1 of its other classes: rows that have it train the sum of their
 * probabilities, and it is a class no more. To be called before any trainer sees the data.
 * Errors: no such head or class (the message lists those there are); the class stands for itself; a single class is left. */
int fa_dataset_map(struct fa_dataset *data, const char *head, const char *label, const char *const *class, size_t n,
                   struct fa_err *err);

/* Reads class weights from a CSV with the columns head, class and weight: nlogits numbers in the order of the heads'
 * classes, owned by the arena. Heads that the file does not name get 1 each; those that data lacks are passed over.
 * Errors, with path and line: those of fa_table_read(); no such class, or one named twice; no number of 0 or more. With the
 * path: a class of a named head is missing. */
const float *fa_class_weights_read(const char *path, const struct fa_dataset *data, struct fa_arena *arena, struct fa_err *err);

/* ---- training ---- */

enum fa_optimizer { FA_ADAM, FA_ADAMW, FA_SGD };
enum fa_class_weight { FA_CLASS_NONE, FA_CLASS_INVERSE, FA_CLASS_EFFECTIVE, FA_CLASS_GIVEN };
enum fa_schedule { FA_CONSTANT, FA_COSINE, FA_STEP, FA_PLATEAU };

struct fa_fit_options {
    struct fa_arch arch;
    size_t epochs, batch;
    enum fa_optimizer optimizer;
    enum fa_schedule schedule;
    double rate;         /* learning rate at the start */
    double weight_decay; /* of kernels only; FA_ADAMW takes it from the weight, the others add it to the gradient */
    double validation;   /* share of the pictures (or groups) held out, 0..0.9, by the hash of the id without #k and ~k (or
                          * of the group's name); of no effect where the data set says what is held out */
    size_t folds, fold;  /* cross-validation: groups whose other hash puts them into this one (from 0) of so many folds are left
                          * out, before a share of what remains is held out; folds 0: none are */
    size_t patience;     /* epochs without a better value of monitor before training stops; 0: no early stopping */
    const char *monitor; /* METRIC (of all heads) or HEAD:METRIC of the validation set, METRIC one of loss, accuracy,
                          * balanced_accuracy; NULL: loss */
    uint64_t seed;
    unsigned threads;
    const volatile sig_atomic_t *stop; /* training pauses after the step that finds it other than 0; NULL: never */

    double momentum;      /* of FA_SGD, 0..1 */
    double clip;          /* gradients longer than this (all weights taken as one vector) are scaled to it; 0: none */
    size_t warmup;        /* epochs in which the rate grows linearly, step by step, before the schedule begins */
    size_t decay_epochs;  /* FA_STEP: the rate is multiplied by decay_factor every so many epochs; FA_PLATEAU: whenever the */
    double decay_factor;  /* validation loss (without validation: the training loss) has not been better for so many */

    const double *head_weight;           /* one a head, 0: not trained; NULL: 1 each. Borrowed, as the next but two */
    double label_smoothing;              /* this share of the target is spread evenly over all classes, 0..1 */
    enum fa_class_weight class_weight;   /* fa-train(1) has the formulas */
    double class_beta;                   /* of FA_CLASS_EFFECTIVE, 0 <= beta < 1 */
    const float *class_weights;          /* of FA_CLASS_GIVEN, nlogits: any scale */
};

/* The recipe: FA_ARCH_DEFAULT, AdamW 2e-3 with weight decay 1e-2, cosine, batch 64, 25 epochs, 10 % validation,
 * patience 10, seed 1, one thread; momentum 0.9, no clipping, no warm-up, decay by 0.1 every 10 epochs where asked for; all
 * heads and classes weigh the same (beta 0.9999). */
struct fa_fit_options fa_fit_defaults(void);

/* How one head does on one set: means over the rows that have its label. No weights, no smoothing; a coarse label's loss is
 * that of the sum of its classes' probabilities, and any of them is right. */
struct fa_score {
    double loss, accuracy; /* cross-entropy in nats; 0..1 */
    size_t n;              /* rows with the label; all means are 0 if none */
    double balanced;       /* mean of the recalls of the classes that occur, without coarse labels, as the next */
    double binary;         /* Keras's binary_accuracy: share of right bits after rounding each output at a half; saying no
                            * to every class gives 1 - 1 / classes */
};

struct fa_epoch {
    double rate; /* learning rate of its last step */
    /* One a head. train is taken while the epoch trains (dropout on, weights moving), valid after it. */
    struct fa_score *train, *valid;
    double train_loss, valid_loss; /* sums over the heads, by their weights; valid_loss 0 without a validation set */
    double seconds;                /* that it took */
};

struct fa_trainer;
struct fa_model;

/* Sets up weights and memory; of what is allocated only the threads come later, and go when training is over. data must
 * outlive the trainer.
 * Errors: no row left to train on, or, with a validation share, none to validate on; a monitor that does not exist, or
 * has nothing to watch; out of memory. */
struct fa_trainer *fa_trainer_new(const struct fa_dataset *data, const struct fa_fit_options *options, struct fa_err *err);
void fa_trainer_free(struct fa_trainer *trainer);

const struct fa_fit_options *fa_trainer_options(const struct fa_trainer *trainer);
size_t fa_trainer_rows(const struct fa_trainer *trainer);       /* trained on */
size_t fa_trainer_validation(const struct fa_trainer *trainer); /* held out */
const uint32_t *fa_trainer_left_out(const struct fa_trainer *trainer, size_t *n); /* rows of the data that are in its fold */

/* What knowing nothing but the training labels' frequencies gives: train[h] and valid[h] (nheads each) are filled with
 * the cross-entropy of the frequencies as a forecast, and the accuracy of always saying the commonest class. */
int fa_trainer_baseline(const struct fa_trainer *trainer, struct fa_score *train, struct fa_score *valid, struct fa_err *err);

/* Trains one epoch: 1 and *epoch (owned by the trainer), or 0 if training is over (epochs done or patience lost), or
 * 2 if options.stop paused it within an epoch (the next call goes on there), or -1.
 * Loss of a batch = sum over heads of weight * (sum of the rows' cross-entropies, smoothed and by class weights / number of
 * rows that have the label).
 * The result does not depend on the number of threads. Error: the loss is not finite. */
int fa_trainer_epoch(struct fa_trainer *trainer, struct fa_epoch *epoch, struct fa_err *err);

/* Epochs trained so far, and the one (from 1) whose weights the model gets: with early stopping the best by
 * monitor, else (patience 0, or nothing held out) the last. */
size_t fa_trainer_epochs(const struct fa_trainer *trainer);
size_t fa_trainer_best(const struct fa_trainer *trainer);
const struct fa_epoch *fa_trainer_history(const struct fa_trainer *trainer, size_t epoch); /* from 0 */

/* Takes the weights back to those of the best epoch; optimiser, step and epoch stay where they are. */
void fa_trainer_rewind(struct fa_trainer *trainer);

/* Writes all that n trainers of one data set need to be taken up again, wherever they are. Name stands in messages. */
int fa_checkpoint_write(struct fa_trainer *const *trainer, size_t n, FILE *file, const char *name, struct fa_err *err);

/* Takes n new trainers to where those of the checkpoint at path were: what they do from there on is, bit by bit, what those
 * would have done. Errors, after which the trainers are of no use: unreadable, no checkpoint, damaged, or of another program
 * version, other heads, options or data (the message has both sides of the first difference). */
int fa_checkpoint_read(const char *path, struct fa_trainer *const *trainer, size_t n, struct fa_err *err);

/* ---- model ---- */

struct fa_member {
    struct fa_map map;   /* seed, rows, epochs, history ...: fa-model(5) */
    const float *param;  /* laid out as fa_tensor_of() says */
    const float *center; /* dim each, for FA_INPUT_STANDARDIZE: x becomes (x - center) * scale; else NULL */
    const float *scale;
};

struct fa_mlp; /* the layout of an architecture's weights */

/* Immutable once read: any number of threads may predict with it. */
struct fa_model {
    struct fa_map map; /* the whole header map: fa-model(5) */
    struct fa_arch arch;
    size_t dim, nlogits;
    const struct fa_head *head;
    size_t nheads;
    float *temperature; /* one a head: logits are divided by it */
    struct fa_member *member;
    size_t nmembers;
    uint64_t digest; /* XXH3-64 of the file; 0 for a model not yet written */
    struct fa_mlp *mlp;
    struct fa_arena arena; /* owns all of the above but the members' floats */
    float *memory;         /* of those: one block */
};

/* A model of the trainers' best weights, one member each. The trainers are of one data set, one architecture and one
 * validation set, on which the temperatures are fitted (1 where there is none, or none with the head's label); card,
 * weights digest, features and provenance come from the data set's header. */
struct fa_model *fa_model_make(struct fa_trainer *const *trainer, size_t n, struct fa_err *err);

/* Reads a model file. Errors name path: unreadable, no model (and what else it is), newer version, damaged, cut short,
 * or weights that do not fit the architecture. */
struct fa_model *fa_model_read(const char *path, struct fa_err *err);
void fa_model_free(struct fa_model *model);

/* True if the n bytes begin a model file: how fa-cat tells one from a stream. 16 bytes are enough. */
bool fa_model_begins(const void *bytes, size_t n);

/* Writes the model to fd; name stands in messages. Sets the model's digest. */
int fa_model_write(struct fa_model *model, int fd, const char *name, struct fa_err *err);

/* Takes every temperature back to 1. */
void fa_model_uncalibrate(struct fa_model *model);

/* What the model is, for people: layers with output shapes and parameters as Keras's summary() has them, heads with
 * their classes, embedder, training. */
void fa_model_describe(const struct fa_model *model, FILE *file);

/* ---- prediction ---- */

/* Checks that embeddings with this header are what the model was trained on: card, weights digest, features, dimension.
 * The message names both sides. */
int fa_model_fits(const struct fa_model *model, const struct fa_header *header, struct fa_err *err);

/* Rows that are worked on at once. It is a multiple of the row counts of BLIS's micro-kernels (4, 6, 8, 12, 16, 24, 32),
 * and smaller batches are filled up to it, so that a row's logits depend on nothing but the row. */
enum { FA_PREDICT_ROWS = 96 };

/* One thread's working memory. */
struct fa_predictor;
struct fa_predictor *fa_predictor_new(const struct fa_model *model, struct fa_err *err);
void fa_predictor_free(struct fa_predictor *predictor);

/* Logits (n x nlogits) of n <= FA_PREDICT_ROWS embeddings, each divided by its head's temperature. Several members are
 * averaged as probabilities: the logit is then the log of the mean of their softmaxes. */
void fa_predictor_run(struct fa_predictor *predictor, const float *const *x, size_t n, float *logits);

#endif
