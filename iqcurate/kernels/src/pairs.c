#include "pairs.h"

#include <math.h>

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

INLINE bytes16 codes(const uint8_t *from) { return *(const bytes16 *)from; }

/* Counts of one map: 16 columns at a time, in bytes, which TILE_ROWS * TILE / 16 cannot fill. */
struct counts {
    bytes16 negatives, positives;
};

INLINE void count_signs(struct counts *counts, bytes16 codes, int zeros)
{
    if (zeros) {
        counts->negatives -= (bytes16)(codes == NEGATIVE);
        counts->positives -= (bytes16)(codes == POSITIVE);
    } else {
        counts->negatives += codes; /* 0 or 1 */
    }
}

/* The code of a product. */
INLINE bytes16 product(bytes16 a, bytes16 b, int zeros)
{
    return zeros ? (a ^ b) | ((a | b) & NONE) : a ^ b;
}

static void fold_counts(struct sums *sums, enum map map, const struct counts *counts,
                        struct part part, int zeros)
{
    int negatives = 0, positives = 0;
    for (int k = 0; k < 16; k++) {
        negatives += counts->negatives[k];
        positives += counts->positives[k];
    }
    sums->negatives[map] += negatives;
    sums->positives[map] +=
        zeros ? positives : (part.last - part.first) * part.columns - negatives;
}

INLINE void add_beside_signs(struct sums *sums, const struct view *view, struct part part,
                             int zeros)
{
    struct counts self = {0}, left = {0};
    for (int r = part.first; r < part.last; r++) {
        const uint8_t *here = view->signs[r + 1] + part.column;
        for (ptrdiff_t k = 0; k < part.columns; k += 16) {
            const bytes16 x = codes(here + k);
            count_signs(&self, x, zeros);
            count_signs(&left, product(x, codes(here + k - 1), zeros), zeros);
        }
    }
    fold_counts(sums, SELF, &self, part, zeros);
    fold_counts(sums, LEFT, &left, part, zeros);
}

INLINE void add_above_signs(struct sums *sums, const struct view *view, struct part part,
                             int zeros)
{
    struct counts above = {0}, above_left = {0}, above_right = {0};
    for (int r = part.first; r < part.last; r++) {
        const uint8_t *here = view->signs[r + 1] + part.column, *up = view->signs[r] + part.column;
        for (ptrdiff_t k = 0; k < part.columns; k += 16) {
            const bytes16 x = codes(here + k);
            count_signs(&above, product(x, codes(up + k), zeros), zeros);
            count_signs(&above_left, product(x, codes(up + k - 1), zeros), zeros);
            count_signs(&above_right, product(x, codes(up + k + 1), zeros), zeros);
        }
    }
    fold_counts(sums, ABOVE, &above, part, zeros);
    fold_counts(sums, ABOVE_LEFT, &above_left, part, zeros);
    fold_counts(sums, ABOVE_RIGHT, &above_right, part, zeros);
}

/* With zeros it is twice the work, and most images have few: the compiler makes two versions. */
void add_beside(struct sums *sums, const struct view *view, struct part part)
{
    add_beside_values(sums, view, part);
    if (part.zeros)
        add_beside_signs(sums, view, part, 1);
    else
        add_beside_signs(sums, view, part, 0);
}

void add_above(struct sums *sums, const struct view *view, struct part part)
{
    add_above_values(sums, view, part);
    if (part.zeros)
        add_above_signs(sums, view, part, 1);
    else
        add_above_signs(sums, view, part, 0);
}

/* One column beside each row of a view; row -1 is first. */
struct column {
    float at[TILE_ROWS + 1];
};

static struct column column_at(const struct view *view, ptrdiff_t column, int rows)
{
    struct column values = {{0}};
    for (int r = 0; r <= rows; r++)
        values.at[r] = view->values[r][column];
    return values;
}

/* Products of two columns, all rows, are taken away or added; rows that are not there are 0. */
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

void make_circular(struct sums *sums, const struct view *view, ptrdiff_t column, ptrdiff_t n,
                   int rows)
{
    const struct column first = column_at(view, column, rows);
    const struct column last = column_at(view, column + n - 1, rows);
    const struct column before = column_at(view, column - 1, rows);
    const struct column after = column_at(view, column + n, rows);
    count_column(sums, LEFT, -1, first.at + 1, before.at + 1);
    count_column(sums, LEFT, 1, first.at + 1, last.at + 1);
    count_column(sums, ABOVE_LEFT, -1, first.at + 1, before.at);
    count_column(sums, ABOVE_LEFT, 1, first.at + 1, last.at);
    count_column(sums, ABOVE_RIGHT, -1, last.at + 1, after.at);
    count_column(sums, ABOVE_RIGHT, 1, last.at + 1, first.at);
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
