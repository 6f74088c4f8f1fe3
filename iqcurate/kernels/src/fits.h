/* Fits of generalised Gaussians by moment matching, and the features made of them. */
#ifndef IQ_FITS_H
#define IQ_FITS_H

#include "kernels.h"
#include "pairs.h"

enum { SCALE_FEATURES = 18, FEATURES = 2 * SCALE_FEATURES };

/* Features of one scale from sums over `count` coefficients; NaN where a side has no values. */
void brisque_features(const struct iq_model *model, const struct sums *sums, double count,
                      double *features);
void niqe_features(const struct iq_model *model, const struct sums *sums, double count,
                   double *features);

#endif
