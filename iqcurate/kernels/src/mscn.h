/* Mean-subtracted, contrast-normalised coefficients, (I - mu) / (sigma + 1). */
#ifndef IQ_MSCN_H
#define IQ_MSCN_H

#include "picture.h"

enum {
    TILE = 48,      /* most columns at a time: the rounding error grows with it */
    TILE_ROWS = 16, /* most rows at a time */
    RADIUS = 3,     /* of the window */
};

enum border { ZERO, REPLICATE };

/* The weights of the window along one direction: in the middle, and 1 to 3 beside it. */
struct window {
    float single[RADIUS + 1];
    double exact[RADIUS + 1];
};

/* Rows of coefficients, all of one pitch, and two bits for each: whether it is below 0 and whether
 * it is another than 0. Byte j of a row of bits holds columns 8j to 8j + 7, the first lowest. */
struct field {
    float *values;
    uint8_t *negative, *nonzero;
    ptrdiff_t pitch;
};

/* The field from (row, column) on; `column` is a multiple of 8. */
INLINE struct field part_of(const struct field *field, ptrdiff_t row, ptrdiff_t column)
{
    const ptrdiff_t offset = row * field->pitch + column;
    return (struct field){field->values + offset, field->negative + offset / 8,
                          field->nonzero + offset / 8, field->pitch};
}

/* Fill `rows` (at most TILE_ROWS) x `columns` (at most TILE) coefficients of `picture` from
 * (row, column) on; the other bits of the last byte of a row become 0. */
void mscn_tile(const struct picture *picture, enum border border, const struct window *window,
               ptrdiff_t row, ptrdiff_t rows, ptrdiff_t column, ptrdiff_t columns,
               struct field to);

#endif
