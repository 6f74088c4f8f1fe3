/* Mean-subtracted, contrast-normalised coefficients, (I - mu) / (sigma + 1). */
#ifndef IQ_MSCN_H
#define IQ_MSCN_H

#include "picture.h"

enum {
    TILE = 48,      /* most columns at a time: the rounding error grows with it */
    TILE_ROWS = 16, /* most rows at a time */
    RADIUS = 3,    /* of the window */
};

enum border { ZERO, REPLICATE };

/* What the sign of a coefficient is coded as: two of them exclusive-or'ed give 1 just where their
 * product is negative, or'ed more than 1 where it is zero. */
enum sign { POSITIVE = 0, NEGATIVE = 1, NONE = 2 };

/* The weights of the window along one direction: in the middle, and 1 to 3 beside it. */
struct window {
    float single[RADIUS + 1];
    double exact[RADIUS + 1];
};

/* Where coefficients go: rows of values and of signs, of the same pitch. */
struct field {
    float *values;
    uint8_t *signs;
    ptrdiff_t pitch;
};

/* Fill `rows` (at most TILE_ROWS) x `columns` (at most TILE) coefficients of `picture` from
 * (row, column) on. Returns how many of them are 0. */
int mscn_tile(const struct picture *picture, enum border border, const struct window *window,
              ptrdiff_t row, ptrdiff_t rows, ptrdiff_t column, ptrdiff_t columns,
              struct field to);

#endif
