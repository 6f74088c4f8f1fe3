/* The grey that the classical metrics and the checks are defined on. */
#ifndef IQ_GREY_H
#define IQ_GREY_H

#include "common.h"

enum {
    GREY_LEFT = 64,   /* bytes before each row, so that rows stay aligned */
    GREY_RIGHT = 128, /* and after it */
    GREY_MIRROR = 16, /* of which so many next to the row mirror it; the others are 0 */
};

struct grey {
    uint8_t *origin; /* the first pixel */
    const void **rows;
    ptrdiff_t pitch, height, width;
};

void grey_carve(struct grey *grey, struct arena *arena, ptrdiff_t height, ptrdiff_t width);

/* The grey of `n` pixels. */
void grey_from_rgb(const uint8_t *rgb, uint8_t *grey, ptrdiff_t n);

/* Fill row `row` from the pixels of that row: 3 channels are red, green, blue, 1 is grey. */
void grey_row(const struct grey *grey, ptrdiff_t row, const uint8_t *pixels, int channels);

#endif
