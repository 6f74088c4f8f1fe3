#include "pairs.h"

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

INLINE void count_pair(struct sums *sums, enum map map, int sign, float a, float b)
{
    const double x = a * b, square = x * x;
    sums->absolutes[map] += x < 0 ? -sign * x : sign * x;
    sums->squares[map] += sign * square;
    sums->signed_squares[map] += x < 0 ? -sign * square : sign * square;
    sums->negatives[map] += sign * (x < 0);
    sums->positives[map] += sign * (x > 0);
}

void make_circular(struct sums *sums, const struct view *view, ptrdiff_t column, ptrdiff_t n,
                   int rows)
{
    for (int r = 0; r < rows; r++) {
        const float *here = view->values[r + 1] + column, *up = view->values[r] + column;
        count_pair(sums, LEFT, -1, here[0], here[-1]);
        count_pair(sums, LEFT, 1, here[0], here[n - 1]);
        count_pair(sums, ABOVE_LEFT, -1, here[0], up[-1]);
        count_pair(sums, ABOVE_LEFT, 1, here[0], up[n - 1]);
        count_pair(sums, ABOVE_RIGHT, -1, here[n - 1], up[n]);
        count_pair(sums, ABOVE_RIGHT, 1, here[n - 1], up[0]);
    }
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
