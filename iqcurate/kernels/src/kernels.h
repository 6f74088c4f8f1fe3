/* The five classical metrics of one image. */
#ifndef IQ_KERNELS_H
#define IQ_KERNELS_H

#include <stdint.h>

#define IQ_EXPORT __attribute__((visibility("default")))

enum { IQ_SHAPES = 9801, IQ_STARTS = 8192 };

enum { IQ_LAPV = 1, IQ_LAPM = 2, IQ_WAVS = 4, IQ_BRISQUE = 8, IQ_NIQE = 16 };

/* Tables and trained parameters. All arrays belong to the caller. */
struct iq_model {
    const double *window;                       /* (4,): weights in the middle and beside it */
    const double *analysis, *synthesis;         /* (12,): high-pass filters of db6 */
    const double *shape, *ratio;                /* (IQ_SHAPES,): grid, and E|x|^2 / E x^2 of it */
    const double *to_beta, *to_mean;            /* (IQ_SHAPES,): factors of each shape */
    const int32_t *start;                       /* (IQ_STARTS + 1,): last ratio <= i / IQ_STARTS */
    const double *support_vectors, *sv_coef;    /* (supports, 36) and (supports,) */
    const double *feature_min, *feature_max;    /* (36,) */
    const double *mu, *cov;                     /* (36,) and (36, 36) */
    double rho, gamma;
    int64_t supports;
};

struct iq_scores {
    double lapv, lapm, wavs, brisque, niqe; /* NaN where not asked for, or undefined */
    int64_t whole_patches;                  /* of NIQE: with finite features */
    double features[36];                    /* of BRISQUE; 0 where that is not asked for */
};

/* Score an image of `channels` (1 or 3) bytes a pixel. `wanted` adds up IQ_LAPV to IQ_NIQE; the
 * caller asks for none below its least size: 3x3, 3x3, 12x12, 13x13, 96x96. Any number of threads
 * may call it at once. Returns 0, or 1 where memory ran out. */
IQ_EXPORT int iq_score(const struct iq_model *model, const uint8_t *pixels, int64_t height,
                       int64_t width, int64_t channels, int64_t wanted, struct iq_scores *scores);

#endif
