#include "fits.h"

#include <math.h>

/* The last entry of the rising table of E|x|^2 / E x^2 that is at most `ratio`, or the first;
 * `start` says where to begin for each IQ_STARTS-th of 1. */
static int below(const struct iq_model *model, double ratio)
{
    if (!(ratio > model->ratio[0]))
        return 0;
    int index = model->start[(int)(ratio < 1 ? ratio * IQ_STARTS : IQ_STARTS)];
    while (index < IQ_SHAPES - 2 && model->ratio[index + 1] <= ratio)
        index++;
    return index;
}

/* Of two equally near entries the first; what is not finite gives the first of all. */
static int nearest(const struct iq_model *model, double ratio)
{
    if (!isfinite(ratio))
        return 0;
    const int index = below(model, ratio);
    const double *table = model->ratio + index;
    return table[1] - ratio < ratio - table[0] ? index + 1 : index;
}

/* As `nearest`, by distance between the inverses. */
static int nearest_inverse(const struct iq_model *model, double inverse)
{
    if (!isfinite(inverse))
        return 0;
    const int index = below(model, 1 / inverse);
    const double *table = model->ratio + index;
    return inverse - 1 / table[1] < 1 / table[0] - inverse ? index + 1 : index;
}

/* Squared sums that rounding took below 0 are 0. */
static double deviation(double squares, int64_t count)
{
    return count > 0 ? sqrt(fmax(squares, 0) / (double)count) : NAN;
}

struct aggd {
    int shape;
    double left, right; /* standard deviations */
};

static struct aggd fit_aggd(const struct iq_model *model, const struct sums *sums, enum map map,
                            double count)
{
    const double squares = sums->squares[map], difference = sums->signed_squares[map];
    struct aggd fit;
    fit.left = deviation((squares - difference) / 2, sums->negatives[map]);
    fit.right = deviation((squares + difference) / 2, sums->positives[map]);
    const double skew = fit.left / fit.right, skew2 = skew * skew;
    const double mean = sums->absolutes[map] / count;
    const double symmetric = mean * mean / (squares / count);
    const double wanted = symmetric * (skew2 * skew + 1) * (skew + 1) / ((skew2 + 1) * (skew2 + 1));
    fit.shape = nearest(model, wanted);
    return fit;
}

void brisque_features(const struct iq_model *model, const struct sums *sums, double count,
                      double *features)
{
    const double variance = sums->squares[SELF] / count, mean = sums->absolutes[SELF] / count;
    features[0] = model->shape[nearest_inverse(model, variance / (mean * mean))];
    features[1] = variance;
    for (int map = LEFT; map < MAPS; map++) {
        const struct aggd fit = fit_aggd(model, sums, (enum map)map, count);
        double *to = features + 4 * map - 2;
        to[0] = model->shape[fit.shape];
        to[1] = (fit.right - fit.left) * model->to_beta[fit.shape] * model->to_mean[fit.shape];
        to[2] = fit.left * fit.left;
        to[3] = fit.right * fit.right;
    }
}

void niqe_features(const struct iq_model *model, const struct sums *sums, double count,
                   double *features)
{
    for (int map = SELF; map < MAPS; map++) {
        const struct aggd fit = fit_aggd(model, sums, (enum map)map, count);
        const double left = fit.left * model->to_beta[fit.shape];
        const double right = fit.right * model->to_beta[fit.shape];
        double *to = features + (map == SELF ? 0 : 4 * map - 2);
        to[0] = model->shape[fit.shape];
        to[1] = map == SELF ? (left + right) / 2 : (right - left) * model->to_mean[fit.shape];
        if (map != SELF) {
            to[2] = left;
            to[3] = right;
        }
    }
}
