#include <math.h>
#include <string.h>

#include "layers.h"

/* mean (n) and biased variance (n) of x (B, n). */
static void moments(float *restrict mean, float *restrict variance, const float *restrict x, struct layer_part part)
{
    float share = 1 / (float)part.rows;
    memset(mean, 0, part.n * sizeof *mean);
    memset(variance, 0, part.n * sizeof *variance);
    for (size_t row = 0; row < part.rows; row++)
        for (size_t i = 0; i < part.n; i++)
            mean[i] += x[row * part.stride + i] * share;
    for (size_t row = 0; row < part.rows; row++)
        for (size_t i = 0; i < part.n; i++) {
            float d = x[row * part.stride + i] - mean[i];
            variance[i] += d * d * share;
        }
}

void layer_batchnorm_forward(float *y, const float *x, const struct layer_batchnorm *bn, struct layer_part part)
{
    float *mean = y, *rstd = bn->rstd; /* y's first row is free until the last loop reaches it */
    moments(mean, rstd, x, part);
    for (size_t i = 0; i < part.n; i++) {
        bn->moving_mean[i] += BATCHNORM_NEW * (mean[i] - bn->moving_mean[i]);
        bn->moving_variance[i] += BATCHNORM_NEW * (rstd[i] - bn->moving_variance[i]);
        rstd[i] = 1 / sqrtf(rstd[i] + BATCHNORM_EPSILON);
    }
    for (size_t row = part.rows; row-- > 0;)
        for (size_t i = 0; i < part.n; i++) {
            size_t at = row * part.stride + i;
            bn->xhat[at] = (x[at] - mean[i]) * rstd[i];
            y[at] = bn->gamma[i] * bn->xhat[at] + bn->beta[i];
        }
}

/* With s1 = sum of dy and s2 = sum of dy xhat over the batch: dx = gamma rstd (dy - s1 / B - xhat s2 / B). */
void layer_batchnorm_backward(float *dy, float *dgamma, float *dbeta, const struct layer_batchnorm *bn, struct layer_part part)
{
    float share = 1 / (float)part.rows;
    memset(dgamma, 0, part.n * sizeof *dgamma);
    memset(dbeta, 0, part.n * sizeof *dbeta);
    for (size_t row = 0; row < part.rows; row++)
        for (size_t i = 0; i < part.n; i++) {
            dbeta[i] += dy[row * part.stride + i];
            dgamma[i] += dy[row * part.stride + i] * bn->xhat[row * part.stride + i];
        }
    for (size_t row = 0; row < part.rows; row++)
        for (size_t i = 0; i < part.n; i++) {
            size_t at = row * part.stride + i;
            dy[at] = bn->gamma[i] * bn->rstd[i] * (dy[at] - (dbeta[i] + bn->xhat[at] * dgamma[i]) * share);
        }
}

void layer_batchnorm_infer(float *y, const float *x, const struct layer_batchnorm *bn, struct layer_part part)
{
    for (size_t row = 0; row < part.rows; row++)
        for (size_t i = 0; i < part.n; i++) {
            size_t at = row * part.stride + i;
            float rstd = 1 / sqrtf(bn->moving_variance[i] + BATCHNORM_EPSILON);
            y[at] = (x[at] - bn->moving_mean[i]) * rstd * bn->gamma[i] + bn->beta[i];
        }
}
