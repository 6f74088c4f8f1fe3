#include "pairs.h"

#include <math.h>
#include <string.h>

struct moments {
    floats absolutes, squares, signed_squares;
};

INLINE void count_in(struct moments *moments, floats x)
{
    const floats size = magnitude(x);
    moments->absolutes += size;
    moments->squares += x * x;
    moments->signed_squares += x * size;
}

static void fold(struct sums *sums, enum map map, const struct moments *moments)
{
    sums->absolutes[map] += total(moments->absolutes);
    sums->squares[map] += total(moments->squares);
    sums->signed_squares[map] += total(moments->signed_squares);
}

static void add_beside_values(struct sums *sums, const struct view *view, struct part part)
{
    struct moments self = {0}, left = {0};
    for (int r = part.first; r < part.last; r++) {
        const float *here = view->values[r + 1] + part.column;
        for (ptrdiff_t k = 0; k < part.columns; k += LANES) {
            const floats x = load(here + k);
            count_in(&self, x);
            count_in(&left, x * load(here + k - 1));
        }
    }
    fold(sums, SELF, &self);
    fold(sums, LEFT, &left);
}

static void add_above_values(struct sums *sums, const struct view *view, struct part part)
{
    struct moments above = {0}, above_left = {0}, above_right = {0};
    for (int r = part.first; r < part.last; r++) {
        const float *here = view->values[r + 1] + part.column, *up = view->values[r] + part.column;
        for (ptrdiff_t k = 0; k < part.columns; k += LANES) {
            const floats x = load(here + k);
            count_in(&above, x * load(up + k));
            count_in(&above_left, x * load(up + k - 1));
            count_in(&above_right, x * load(up + k + 1));
        }
    }
    fold(sums, ABOVE, &above);
    fold(sums, ABOVE_LEFT, &above_left);
    fold(sums, ABOVE_RIGHT, &above_right);
}

enum { WORD = 48 }; /* columns whose bits are taken at a time: 64 less 8 on each side */

/* Bits of some columns of a row. */
struct signs {
    uint64_t negative, nonzero;
};

/* 64 bits of a row, of column - 8 on, in that order whichever way the processor orders bytes. */
INLINE uint64_t bits_at(const uint8_t *row, ptrdiff_t column)
{
    uint64_t bits;
    memcpy(&bits, row + column / 8 - 1, sizeof bits);
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? bits : __builtin_bswap64(bits);
}

INLINE struct signs signs_at(const struct view *view, int row, ptrdiff_t column)
{
    return (struct signs){bits_at(view->negative[row + 1], column),
                          bits_at(view->nonzero[row + 1], column)};
}

/* Each column has the signs of its neighbour. */
INLINE struct signs from_left(struct signs x)
{
    return (struct signs){x.negative << 1, x.nonzero << 1};
}

INLINE struct signs from_right(struct signs x)
{
    return (struct signs){x.negative >> 1, x.nonzero >> 1};
}

INLINE struct signs product(struct signs a, struct signs b)
{
    const uint64_t nonzero = a.nonzero & b.nonzero;
    return (struct signs){(a.negative ^ b.negative) & nonzero, nonzero};
}

INLINE void count_signs(struct sums *sums, enum map map, struct signs x, uint64_t which)
{
    const int negatives = ones(x.negative & which);
    sums->negatives[map] += negatives;
    sums->positives[map] += ones(x.nonzero & which) - negatives;
}

/* The bits of n columns from the one that `bits_at` was given. */
INLINE uint64_t columns_of_word(ptrdiff_t n)
{
    return (((uint64_t)1 << smaller(n, WORD)) - 1) << 8;
}

static void add_beside_signs(struct sums *sums, const struct view *view, struct part part)
{
    for (ptrdiff_t k = 0; k < part.columns; k += WORD) {
        const uint64_t which = columns_of_word(part.columns - k);
        for (int r = part.first; r < part.last; r++) {
            const struct signs here = signs_at(view, r, part.column + k);
            count_signs(sums, SELF, here, which);
            count_signs(sums, LEFT, product(here, from_left(here)), which);
        }
    }
}

static void add_above_signs(struct sums *sums, const struct view *view, struct part part)
{
    for (ptrdiff_t k = 0; k < part.columns; k += WORD) {
        const uint64_t which = columns_of_word(part.columns - k);
        for (int r = part.first; r < part.last; r++) {
            const struct signs here = signs_at(view, r, part.column + k);
            const struct signs up = signs_at(view, r - 1, part.column + k);
            count_signs(sums, ABOVE, product(here, up), which);
            count_signs(sums, ABOVE_LEFT, product(here, from_left(up)), which);
            count_signs(sums, ABOVE_RIGHT, product(here, from_right(up)), which);
        }
    }
}

void add_beside(struct sums *sums, const struct view *view, struct part part)
{
    add_beside_values(sums, view, part);
    add_beside_signs(sums, view, part);
}

void add_above(struct sums *sums, const struct view *view, struct part part)
{
    add_above_values(sums, view, part);
    add_above_signs(sums, view, part);
}

/* One column of each row of a view; row -1 is first, what is not there is 0. */
struct column {
    float at[TILE_ROWS + 2];
};

/* The two columns at the ends of a part and those beside them. */
struct ends {
    struct column before, first, last, after;
};

static struct ends ends_of(const struct view *view, struct part part)
{
    struct ends ends = {{{0}}, {{0}}, {{0}}, {{0}}};
    for (int r = 0; r <= part.last; r++) {
        const float *first = view->values[r] + part.column, *last = first + part.columns - 1;
        ends.before.at[r] = first[-1];
        ends.first.at[r] = first[0];
        ends.last.at[r] = last[0];
        ends.after.at[r] = last[1];
    }
    return ends;
}

/* Products of two columns are taken away or added, TILE_ROWS of them. */
INLINE void count_column(struct sums *sums, enum map map, int sign, const float *a,
                         const float *b)
{
    float absolutes = 0, squares = 0, signed_squares = 0;
    int negatives = 0, positives = 0;
#pragma omp simd reduction(+ : absolutes, squares, signed_squares, negatives, positives)
    for (int r = 0; r < TILE_ROWS; r++) {
        const float x = a[r] * b[r], size = fabsf(x);
        absolutes += size;
        squares += x * x;
        signed_squares += x * size;
        negatives += x < 0;
        positives += x > 0;
    }
    sums->absolutes[map] += (double)(sign * absolutes);
    sums->squares[map] += (double)(sign * squares);
    sums->signed_squares[map] += (double)(sign * signed_squares);
    sums->negatives[map] += sign * negatives;
    sums->positives[map] += sign * positives;
}

static void count_above(struct sums *sums, const struct ends *ends, int row)
{
    const float *first = ends->first.at + row + 1, *last = ends->last.at + row + 1;
    count_column(sums, ABOVE_LEFT, -1, first, ends->before.at + row);
    count_column(sums, ABOVE_LEFT, 1, first, ends->last.at + row);
    count_column(sums, ABOVE_RIGHT, -1, last, ends->after.at + row);
    count_column(sums, ABOVE_RIGHT, 1, last, ends->first.at + row);
}

void make_circular(struct sums *sums, const struct view *view, struct part part, int first)
{
    const struct ends ends = ends_of(view, part);
    count_column(sums, LEFT, -1, ends.first.at + 1, ends.before.at + 1);
    count_column(sums, LEFT, 1, ends.first.at + 1, ends.last.at + 1);
    count_above(sums, &ends, first);
}

void make_circular_above(struct sums *sums, const struct view *view, struct part part)
{
    const struct ends ends = ends_of(view, part);
    count_above(sums, &ends, 0);
}

void add_sums(struct sums *to, const struct sums *from)
{
    for (int map = 0; map < MAPS; map++) {
        to->absolutes[map] += from->absolutes[map];
        to->squares[map] += from->squares[map];
        to->signed_squares[map] += from->signed_squares[map];
        to->negatives[map] += from->negatives[map];
        to->positives[map] += from->positives[map];
    }
}
