#include "focus.h"

#include <stdlib.h>

/* Vectors that may be added up in 16 and 32 bits before these overflow: both second differences
 * of a pixel reach 1020 together, the squares of two pixels 2 * 5100^2. */
enum { STEPS = 24 };

void focus_carve(struct focus *focus, struct arena *arena, ptrdiff_t width)
{
    const size_t before = ALIGNMENT;
    const size_t bytes = (size_t)(width + SHORT_LANES) * sizeof(int16_t) + before;
    for (int k = 0; k < 3; k++)
        focus->ring[k] = carve_inside(arena, bytes, before);
    focus->squares = focus->magnitudes = 0;
}

static void widen(const uint8_t *restrict row, int16_t *restrict wide, ptrdiff_t width)
{
    for (ptrdiff_t j = 0; j < width; j++)
        wide[j] = row[j];
    wide[-1] = row[0];
    wide[width] = row[width - 1];
}

INLINE shorts at(const int16_t *from) { return *(const shorts *)from; }

/* |x|, and the sums of the squares of the two numbers in each 32 bits: what compilers make of the
 * plain code takes several instructions, without SSE4 a dozen. */
#if defined(__AVX512BW__)
INLINE shorts magnitude_of(shorts x) { return (shorts)_mm512_abs_epi16((__m512i)x); }
INLINE ints squares_of(shorts x) { return (ints)_mm512_madd_epi16((__m512i)x, (__m512i)x); }
#elif defined(__AVX2__)
INLINE shorts magnitude_of(shorts x) { return (shorts)_mm256_abs_epi16((__m256i)x); }
INLINE ints squares_of(shorts x) { return (ints)_mm256_madd_epi16((__m256i)x, (__m256i)x); }
#elif defined(__SSE2__)
INLINE shorts magnitude_of(shorts x) { return (shorts)_mm_max_epi16((__m128i)x, (__m128i)-x); }
INLINE ints squares_of(shorts x) { return (ints)_mm_madd_epi16((__m128i)x, (__m128i)x); }
#else
INLINE shorts magnitude_of(shorts x)
{
    const shorts negated = -x, positive = x > negated;
    return (x & positive) | (negated & ~positive);
}

INLINE ints squares_of(shorts x)
{
    const ints first = (ints)x << 16 >> 16, second = (ints)x >> 16;
    return first * first + second * second;
}
#endif

/* 6 times the Laplacian, and the two second differences, for one vector of pixels. */
INLINE shorts laplacian(const int16_t *above, const int16_t *here, const int16_t *below,
                        shorts *differences)
{
    const shorts corners = at(above - 1) + at(below - 1) + at(above + 1) + at(below + 1);
    const shorts vertical = at(above) + at(below), horizontal = at(here - 1) + at(here + 1);
    const shorts twice = at(here) + at(here);
    *differences = magnitude_of(twice - horizontal) + magnitude_of(twice - vertical);
    return corners + 4 * (vertical + horizontal) - 10 * twice;
}

/* Adds the vectors from pixel `first`, at most STEPS; returns the pixel after them. */
static ptrdiff_t add_vectors(struct focus *focus, const int16_t *const row[3], ptrdiff_t first,
                             ptrdiff_t width)
{
    const ptrdiff_t steps = smaller(STEPS, (width - first) / SHORT_LANES);
    ints squares = {0};
    shorts magnitudes = {0};
    for (ptrdiff_t j = first; j < first + steps * SHORT_LANES; j += SHORT_LANES) {
        shorts differences;
        const shorts response = laplacian(row[0] + j, row[1] + j, row[2] + j, &differences);
        magnitudes += differences;
        squares += squares_of(response);
    }
    for (int k = 0; k < LANES; k++)
        focus->squares += (uint32_t)squares[k];
    for (int k = 0; k < SHORT_LANES; k++)
        focus->magnitudes += (uint16_t)magnitudes[k];
    return first + steps * SHORT_LANES;
}

static void add_pixel(struct focus *focus, const int16_t *const row[3], ptrdiff_t j)
{
    const int16_t *above = row[0] + j, *here = row[1] + j, *below = row[2] + j;
    const int corners = above[-1] + above[1] + below[-1] + below[1];
    const int vertical = above[0] + below[0], horizontal = here[-1] + here[1];
    const int response = corners + 4 * (vertical + horizontal) - 20 * here[0];
    focus->squares += (uint64_t)(response * response);
    focus->magnitudes += (uint64_t)(abs(2 * here[0] - horizontal) + abs(2 * here[0] - vertical));
}

void focus_row(struct focus *focus, const struct grey *grey, ptrdiff_t row)
{
    const ptrdiff_t last = grey->height - 1, width = grey->width;
    const ptrdiff_t above = larger(row - 1, 0), below = smaller(row + 1, last);
    if (row == 0)
        widen(grey->rows[0], focus->ring[0], width);
    if (below != row)
        widen(grey->rows[below], focus->ring[below % 3], width);
    const int16_t *const rows[3] = {focus->ring[above % 3], focus->ring[row % 3],
                                    focus->ring[below % 3]};
    ptrdiff_t j = 0;
    while (width - j >= SHORT_LANES)
        j = add_vectors(focus, rows, j, width);
    for (; j < width; j++)
        add_pixel(focus, rows, j);
}

/* Under replicated borders the Laplacian adds up to 0: its variance needs no mean. */
double focus_lapv(const struct focus *focus, const struct grey *grey)
{
    const double pixels = (double)grey->height * (double)grey->width;
    return (double)focus->squares / 36 / (pixels - 1);
}

double focus_lapm(const struct focus *focus, const struct grey *grey)
{
    return (double)focus->magnitudes / ((double)grey->height * (double)grey->width);
}
