/* Temperatures: how sure the forecasts of a head should be. */
#ifndef FA_HEAD_CALIBRATE_H
#define FA_HEAD_CALIBRATE_H

#include "trainer.h"

/* Where a temperature is looked for. */
#define CALIBRATE_MIN 0.1
#define CALIBRATE_MAX 10.0

/* Fills temperature[nheads]: each minimises the negative log-likelihood that the n trainers' best weights together, as
 * members of one model, give the labels of the validation set (Guo et al., "On calibration of modern neural networks",
 * ICML 2017, section 4.2); 1 for a head that has no label there. */
int calibrate(struct fa_trainer *const *trainer, size_t n, float *temperature, struct fa_err *err);

#endif
