/* From features to scores. */
#ifndef IQ_MODELS_H
#define IQ_MODELS_H

#include "fits.h"

/* The support vector regression of BRISQUE; NaN where a feature is. */
double brisque_score(const struct iq_model *model, const double *features);

/* Patches whose features are all finite; they are moved to the front. */
ptrdiff_t whole_patches(double *features, ptrdiff_t patches);

/* The mean of each feature over the patches where it is finite. */
void feature_means(const double *features, ptrdiff_t patches, double *means);

/* The distance of NIQE, given at least 2 whole patches. */
double niqe_score(const struct iq_model *model, const double *means, double *whole,
                  ptrdiff_t patches);

#endif
