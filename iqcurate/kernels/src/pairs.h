/* Sums over coefficients and over products of neighbours: all that the fits need. */
#ifndef IQ_PAIRS_H
#define IQ_PAIRS_H

#include "mscn.h"

/* The coefficients themselves, then their products with the neighbour to the left, above, above
 * left and above right. */
enum map { SELF, LEFT, ABOVE, ABOVE_LEFT, ABOVE_RIGHT, MAPS };

/* Of x over each map. Squares of the two sides are half the sum and half the difference of
 * `squares` and `signed_squares`. */
struct sums {
    double absolutes[MAPS], squares[MAPS], signed_squares[MAPS]; /* |x|, x^2, x |x| */
    int64_t negatives[MAPS], positives[MAPS];
};

/* A few rows of coefficients, row -1 (the one above) first. */
struct view {
    const float *values[TILE_ROWS + 1];
    const uint8_t *negative[TILE_ROWS + 1], *nonzero[TILE_ROWS + 1];
};

/* A part of a view; `column` is a multiple of 8. */
struct part {
    int first, last; /* rows */
    ptrdiff_t column, columns;
};

/* Add a part: SELF and LEFT, or the three maps with the row above. Between the end of the image
 * and the next multiple of 16 columns the field must be 0. */
void add_beside(struct sums *sums, const struct view *view, struct part part);
void add_above(struct sums *sums, const struct view *view, struct part part);

/* Take away the pairs across the two ends of a part, and add those that a circular field has
 * instead: of LEFT, and with the row above from row `first` on; or only with the row above. */
void make_circular(struct sums *sums, const struct view *view, struct part part, int first);
void make_circular_above(struct sums *sums, const struct view *view, struct part part);

void add_sums(struct sums *to, const struct sums *from);

#endif
