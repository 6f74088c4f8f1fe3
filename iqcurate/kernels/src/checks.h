/* What the simple checks are made of: whole numbers, counted in one pass over an image. */
#ifndef IQ_CHECKS_H
#define IQ_CHECKS_H

#include "kernels.h"

enum { IQ_COLOUR = 1, IQ_BLUR = 2, IQ_NOISE = 4 };

enum { IQ_LEVELS = 256, IQ_RESPONSES = 8 * 255 + 1 };

struct iq_counts {
    int64_t levels[IQ_LEVELS];       /* pixels of each level of grey */
    int64_t opponents[4];            /* sums of R - G, its square, R + G - 2B, its square */
    int64_t down[2], across[2];      /* see `blur` in checks.c */
    int64_t responses[IQ_RESPONSES]; /* pixels of each absolute response to the mask of noise */
};

/* Count an image of `channels` (1 or 3) bytes a pixel, and write its grey (height * width bytes;
 * for 1 channel `grey` may be `pixels`). `wanted` adds up IQ_COLOUR, IQ_BLUR, IQ_NOISE; the other
 * counts stay 0. Any number of threads may call it at once. */
IQ_EXPORT void iq_count(const uint8_t *pixels, int64_t height, int64_t width, int64_t channels,
                        int64_t wanted, uint8_t *grey, struct iq_counts *counts);

#endif
