/* The sums over an image at one scale, for BRISQUE and for NIQE in one walk. */
#ifndef IQ_NATURAL_H
#define IQ_NATURAL_H

#include "pairs.h"

struct scale {
    struct picture whole; /* for BRISQUE: zeros around it */
    struct picture body;  /* for NIQE: cropped to whole patches; height 0 without NIQE */
    struct picture edge;  /* the last columns of the body as it is when cropped */
    ptrdiff_t patch;      /* side; a multiple of TILE_ROWS */
    ptrdiff_t across;     /* whole patches in a row, with or without NIQE */
};

struct natural {
    struct field field;                                    /* TILE_ROWS rows */
    struct field above_image, above_patches, patches_first; /* one row each */
    struct sums *columns; /* of the rows in the field, a column of patches each */
};

void natural_carve(struct natural *work, struct arena *arena, ptrdiff_t width, ptrdiff_t patch);

/* `patches` has one entry a patch, in rows from the top left. */
void natural_sums(struct natural *work, const struct scale *scale, const struct window *window,
                  struct sums *image, struct sums *patches);

#endif
