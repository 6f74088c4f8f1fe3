#include "models.h"

#include <math.h>
#include <string.h>

static double squared_distance(const double *a, const double *b)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < FEATURES; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

double brisque_score(const struct iq_model *model, const double *features)
{
    double scaled[FEATURES], score = -model->rho;
    for (int i = 0; i < FEATURES; i++) {
        const double low = model->feature_min[i], high = model->feature_max[i];
        scaled[i] = 2 * (features[i] - low) / (high - low) - 1;
    }
    for (int64_t k = 0; k < model->supports; k++) {
        const double distance = squared_distance(model->support_vectors + k * FEATURES, scaled);
        score += model->sv_coef[k] * exp(-model->gamma * distance);
    }
    return score;
}

void feature_means(const double *features, ptrdiff_t patches, double *means)
{
    for (int i = 0; i < FEATURES; i++) {
        double sum = 0, count = 0;
        for (ptrdiff_t p = 0; p < patches; p++) {
            const double value = features[p * FEATURES + i];
            sum += isfinite(value) ? value : 0;
            count += isfinite(value);
        }
        means[i] = sum / count;
    }
}

static int is_whole(const double *features)
{
    int whole = 1;
    for (int i = 0; i < FEATURES; i++)
        whole &= isfinite(features[i]) != 0;
    return whole;
}

ptrdiff_t whole_patches(double *features, ptrdiff_t patches)
{
    ptrdiff_t whole = 0;
    for (ptrdiff_t p = 0; p < patches; p++)
        if (is_whole(features + p * FEATURES))
            memmove(features + FEATURES * whole++, features + p * FEATURES,
                    FEATURES * sizeof *features);
    return whole;
}

/* Mean of the model's covariance and that of the patches; the lower triangle. */
static void mean_covariance(const struct iq_model *model, double *whole, ptrdiff_t patches,
                            double matrix[FEATURES][FEATURES])
{
    double means[FEATURES];
    feature_means(whole, patches, means);
    memset(matrix, 0, FEATURES * sizeof *matrix);
    for (ptrdiff_t p = 0; p < patches; p++) {
        double *row = whole + p * FEATURES;
        for (int i = 0; i < FEATURES; i++)
            row[i] -= means[i];
        for (int i = 0; i < FEATURES; i++)
            for (int j = 0; j < FEATURES; j++)
                matrix[i][j] += row[i] * row[j];
    }
    for (int i = 0; i < FEATURES; i++)
        for (int j = 0; j < FEATURES; j++)
            matrix[i][j] =
                (matrix[i][j] / (double)(patches - 1) + model->cov[i * FEATURES + j]) / 2;
}

/* In place: the lower triangle L of a positive definite matrix, L L' = matrix. */
static void cholesky(double matrix[FEATURES][FEATURES])
{
    for (int i = 0; i < FEATURES; i++)
        for (int j = 0; j <= i; j++) {
            double sum = matrix[i][j];
            for (int k = 0; k < j; k++)
                sum -= matrix[i][k] * matrix[j][k];
            matrix[i][j] = i == j ? sqrt(sum) : sum / matrix[j][j];
        }
}

/* d' S^-1 d = |L^-1 d|^2. The model's own covariance keeps S well away from singular (its least
 * eigenvalue is 7e-6, the largest of features that are bounded below 1e3), so no pseudo-inverse
 * is needed. */
double niqe_score(const struct iq_model *model, const double *means, double *whole,
                  ptrdiff_t patches)
{
    double matrix[FEATURES][FEATURES], solved[FEATURES], distance = 0;
    mean_covariance(model, whole, patches, matrix);
    cholesky(matrix);
    for (int i = 0; i < FEATURES; i++) {
        double sum = model->mu[i] - means[i];
        for (int k = 0; k < i; k++)
            sum -= matrix[i][k] * solved[k];
        solved[i] = sum / matrix[i][i];
        distance += solved[i] * solved[i];
    }
    return sqrt(distance);
}
