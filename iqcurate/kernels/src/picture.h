/* A picture as a list of rows, so that a part of another picture is one too. */
#ifndef IQ_PICTURE_H
#define IQ_PICTURE_H

#include "common.h"

/* Numbers after each row that may be read; what they are does not matter. */
enum { SPARE = 16 };

struct picture {
    const void *const *rows; /* uint8 where `bytes`, else float */
    ptrdiff_t height, width;
    int bytes;
    float black; /* the value of a pixel that is 0 */
};

#endif
