/* MATLAB's imresize(grey, 0.5): antialiased bicubic, symmetric edges, not rounded. */
#ifndef IQ_HALVING_H
#define IQ_HALVING_H

#include "grey.h"
#include "picture.h"

/* Half the grey values less this: centred, all sums are whole numbers below 2^24. */
#define HALVED_BLACK (-128.0f)

enum { EDGE = 16 };

/* A line, its even columns apart from its odd ones. */
struct line {
    float *even, *odd;
};

/* The halved image, and what differs in the half of the image cropped for NIQE: its last two
 * rows, and the last two columns, which `edge` holds as the last of EDGE columns. Where nothing
 * is cropped they are there all the same. */
struct halved {
    struct picture whole, body, edge;
    const void **whole_rows, **body_rows, **edge_rows;
    float *plane, *bottom, *edge_plane, *columns;
    struct line line;
    ptrdiff_t pitch;
};

/* `cropped_height` and `cropped_width` are those of the image for NIQE; 0 without one. */
void halved_carve(struct halved *halved, struct arena *arena, ptrdiff_t height, ptrdiff_t width,
                  ptrdiff_t cropped_height, ptrdiff_t cropped_width);

void halved_fill(struct halved *halved, const struct grey *grey);

#endif
