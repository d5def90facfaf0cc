#include <math.h>
#include <string.h>

#include "layers.h"

/* mean (out) and biased variance (out) of x (B, out). */
static void moments(float *restrict mean, float *restrict variance, const float *restrict x, size_t rows, size_t out)
{
    float share = 1 / (float)rows;
    memset(mean, 0, out * sizeof *mean);
    memset(variance, 0, out * sizeof *variance);
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < out; i++)
            mean[i] += x[row * out + i] * share;
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < out; i++) {
            float d = x[row * out + i] - mean[i];
            variance[i] += d * d * share;
        }
}

void layer_batchnorm_forward(float *y, const float *x, const struct layer_batchnorm *bn, size_t rows, size_t out)
{
    float *mean = y, *rstd = bn->rstd; /* y's first row is free until the last loop reaches it */
    moments(mean, rstd, x, rows, out);
    for (size_t i = 0; i < out; i++) {
        bn->moving_mean[i] += BATCHNORM_NEW * (mean[i] - bn->moving_mean[i]);
        bn->moving_variance[i] += BATCHNORM_NEW * (rstd[i] - bn->moving_variance[i]);
        rstd[i] = 1 / sqrtf(rstd[i] + BATCHNORM_EPSILON);
    }
    for (size_t row = rows; row-- > 0;)
        for (size_t i = 0; i < out; i++) {
            size_t at = row * out + i;
            bn->xhat[at] = (x[at] - mean[i]) * rstd[i];
            y[at] = bn->gamma[i] * bn->xhat[at] + bn->beta[i];
        }
}

/* With s1 = sum of dy and s2 = sum of dy xhat over the batch: dx = gamma rstd (dy - s1 / B - xhat s2 / B). */
void layer_batchnorm_backward(float *dx, float *dgamma, float *dbeta, const float *dy, const struct layer_batchnorm *bn,
                              size_t rows, size_t out)
{
    float share = 1 / (float)rows;
    memset(dgamma, 0, out * sizeof *dgamma);
    memset(dbeta, 0, out * sizeof *dbeta);
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < out; i++) {
            dbeta[i] += dy[row * out + i];
            dgamma[i] += dy[row * out + i] * bn->xhat[row * out + i];
        }
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < out; i++) {
            size_t at = row * out + i;
            dx[at] = bn->gamma[i] * bn->rstd[i] * (dy[at] - (dbeta[i] + bn->xhat[at] * dgamma[i]) * share);
        }
}

void layer_batchnorm_infer(float *y, const float *x, const struct layer_batchnorm *bn, size_t rows, size_t out)
{
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < out; i++) {
            float rstd = 1 / sqrtf(bn->moving_variance[i] + BATCHNORM_EPSILON);
            y[row * out + i] = (x[row * out + i] - bn->moving_mean[i]) * rstd * bn->gamma[i] + bn->beta[i];
        }
}
