/* LAPV and LAPM, exactly, in integers. */
#ifndef IQ_FOCUS_H
#define IQ_FOCUS_H

#include "grey.h"

struct focus {
    int16_t *ring[3]; /* the rows above, here and below, as 16 bits, with one pixel on each side */
    uint64_t squares; /* of 6 times the Laplacian */
    uint64_t magnitudes; /* of both second differences */
};

void focus_carve(struct focus *focus, struct arena *arena, ptrdiff_t width);

/* Add row `row`, once it and the row after it are grey; rows must come in order. */
void focus_row(struct focus *focus, const struct grey *grey, ptrdiff_t row);

double focus_lapv(const struct focus *focus, const struct grey *grey);
double focus_lapm(const struct focus *focus, const struct grey *grey);

#endif
