/* Mean and mean square are taken in float32 about a value near the mean of the tile, which keeps
 * what cancels small. A coefficient is 0 where |I - mu| < 1e-9: far below what float32 resolves.
 * Each row of a tile with an |I - mu| below the error of float32 is therefore done again in
 * float64. */
#include "mscn.h"

#include <math.h>

enum {
    WINDOW = 2 * RADIUS + 1,
    STRIDE = 128, /* of a line of a tile: TILE + 2 RADIUS, whole vectors */
    SOURCE_ROWS = TILE_ROWS + 2 * RADIUS,
};

/* About 12 roundings of at most 2^-24 each, of terms that add up to at most the root of
 * E(I - c)^2 in size (Cauchy and Schwarz): the error of I - mu stays below 7.2e-7 times that
 * root. This is the square of 1e-6. */
#define DOUBT 1e-12f

#define FLAT 1e-9

struct tile {
    float rows[SOURCE_ROWS][STRIDE]; /* pixels, less `centre_of` them */
};

struct place {
    const struct picture *picture;
    enum border border;
    ptrdiff_t row, column, columns;
};

static void copy_bytes(const uint8_t *restrict from, float centre, float *restrict to, ptrdiff_t n)
{
    for (ptrdiff_t k = 0; k < n; k++)
        to[k] = (float)from[k] - centre;
}

static void copy_floats(const float *restrict from, float centre, float *restrict to, ptrdiff_t n)
{
    for (ptrdiff_t k = 0; k < n; k++)
        to[k] = from[k] - centre;
}

static void fill(float *to, ptrdiff_t n, float value)
{
    for (ptrdiff_t k = 0; k < n; k++)
        to[k] = value;
}

/* Whole vectors are copied, past the end of the row: every row has SPARE numbers after it. */
static void copy_line(const struct picture *picture, ptrdiff_t row, ptrdiff_t first,
                      ptrdiff_t last, float centre, float *to)
{
    const void *source = picture->rows[smaller(larger(row, 0), picture->height - 1)];
    const ptrdiff_t n = round_up(last - first, SPARE);
    if (picture->bytes)
        copy_bytes((const uint8_t *)source + first, centre, to, n);
    else
        copy_floats((const float *)source + first, centre, to, n);
}

/* The pixels of a line from RADIUS before the place to RADIUS after it, less `centre`. */
static void load_line(const struct place *place, ptrdiff_t row, float centre, float *line)
{
    const struct picture *picture = place->picture;
    const ptrdiff_t start = place->column - RADIUS, length = place->columns + 2 * RADIUS;
    const float black = picture->black - centre;
    if (place->border == ZERO && (row < 0 || row >= picture->height)) {
        fill(line, length, black);
        return;
    }
    const ptrdiff_t first = larger(start, 0), last = smaller(start + length, picture->width);
    float *inside = line + (first - start);
    copy_line(picture, row, first, last, centre, inside);
    const int zero = place->border == ZERO;
    fill(line, first - start, zero ? black : inside[0]);
    fill(line + (last - start), start + length - last, zero ? black : line[last - start - 1]);
}

static float pixel(const struct picture *picture, ptrdiff_t row, ptrdiff_t column)
{
    const void *line = picture->rows[smaller(row, picture->height - 1)];
    column = smaller(column, picture->width - 1);
    return picture->bytes ? ((const uint8_t *)line)[column] : ((const float *)line)[column];
}

/* About the mean of the tile, from a few of its pixels. */
static float centre_of(const struct place *place, ptrdiff_t rows)
{
    enum { DOWN = 4, ACROSS = 8 };
    float sum = 0;
    for (int i = 0; i < DOWN; i++)
        for (int j = 0; j < ACROSS; j++)
            sum += pixel(place->picture, place->row + (2 * i + 1) * rows / (2 * DOWN),
                         place->column + (2 * j + 1) * place->columns / (2 * ACROSS));
    return rintf(sum / (DOWN * ACROSS));
}

static void load_tile(struct tile *tile, const struct place *place, ptrdiff_t rows)
{
    const float centre = centre_of(place, rows);
    const ptrdiff_t length = place->columns + 2 * RADIUS, whole = round_up(length, LANES);
    for (ptrdiff_t r = 0; r < rows + 2 * RADIUS; r++) {
        load_line(place, place->row + r - RADIUS, centre, tile->rows[r]);
        fill(tile->rows[r] + length, whole - length, 0);
    }
}

/* The window along columns, of n columns of seven rows and of their squares. By value, as every
 * store might change what a pointer leads to. */
INLINE void along_columns(const float (*rows)[STRIDE], struct window window, float *means,
                          float *squares, ptrdiff_t n)
{
    for (ptrdiff_t k = 0; k < n; k += LANES) {
        const floats middle = load(rows[RADIUS] + k);
        floats mean = window.single[0] * middle, square = window.single[0] * (middle * middle);
        for (int r = 1; r <= RADIUS; r++) {
            const floats above = load(rows[RADIUS - r] + k), below = load(rows[RADIUS + r] + k);
            mean += window.single[r] * (above + below);
            square += window.single[r] * (above * above + below * below);
        }
        store(means + k, mean);
        store(squares + k, square);
    }
}

INLINE float along_row(const float *x, const float *w)
{
    return (w[0] * x[3] + w[1] * (x[2] + x[4])) + (w[2] * (x[1] + x[5]) + w[3] * (x[0] + x[6]));
}

INLINE float scaled(float difference, float mu, float square)
{
    return difference / (sqrtf(fabsf(square - mu * mu)) + 1);
}

/* Whether there is any of these in a row. */
struct found {
    int doubts, zeros;
};

/* Coefficients of one row. */
static struct found row_in_single(const float *restrict pixels, const float *restrict means,
                                  const float *restrict squares, const float w[4],
                                  float *restrict to, ptrdiff_t n)
{
    int doubts = 0, zeros = 0;
#pragma omp simd reduction(| : doubts, zeros)
    for (ptrdiff_t k = 0; k < n; k++) {
        const float mu = along_row(means + k, w), square = along_row(squares + k, w);
        const float difference = pixels[k] - mu;
        to[k] = scaled(difference, mu, square);
        doubts |= difference * difference < DOUBT * square;
        zeros |= difference == 0;
    }
    return (struct found){doubts, zeros};
}

/* The seven rows around a place and the window along their columns, in float64. Not centred: at
 * half size only the values themselves are exact in float32. */
static void along_columns_exactly(const struct place *place, const double w[4],
                                  float *restrict pixels, double *restrict means)
{
    float x[WINDOW][STRIDE];
    for (int r = 0; r < WINDOW; r++)
        load_line(place, place->row + r - RADIUS, 0, x[r]);
    for (ptrdiff_t k = 0; k < place->columns + 2 * RADIUS; k++) {
        means[k] = w[0] * x[3][k] + w[1] * ((double)x[2][k] + x[4][k]) +
                   w[2] * ((double)x[1][k] + x[5][k]) + w[3] * ((double)x[0][k] + x[6][k]);
        pixels[k] = x[RADIUS][k];
    }
}

/* Coefficients of one row with differences in float64; the standard deviations are good. */
static void row_in_double(const struct place *place, const struct window *window,
                          const float *restrict means, const float *restrict squares,
                          float *restrict to)
{
    const double *w = window->exact;
    float pixels[STRIDE];
    double exact[STRIDE];
    along_columns_exactly(place, w, pixels, exact);
#pragma omp simd
    for (ptrdiff_t k = 0; k < place->columns; k++) {
        const double *x = exact + k;
        const double mu = w[0] * x[3] + w[1] * (x[2] + x[4]) + w[2] * (x[1] + x[5]) +
                          w[3] * (x[0] + x[6]);
        const double difference = pixels[k + RADIUS] - mu;
        const float kept = fabs(difference) < FLAT ? 0 : (float)difference;
        to[k] = scaled(kept, along_row(means + k, window->single),
                       along_row(squares + k, window->single));
    }
}

static void code_signs_without_zeros(const float *restrict values, uint8_t *restrict signs,
                                     ptrdiff_t n)
{
    for (ptrdiff_t k = 0; k < n; k++)
        signs[k] = values[k] < 0 ? NEGATIVE : POSITIVE;
}

/* Codes the signs of n coefficients; returns how many are 0. */
static int code_signs(const float *restrict values, uint8_t *restrict signs, ptrdiff_t n)
{
    int zeros = 0;
#pragma omp simd reduction(+ : zeros)
    for (ptrdiff_t k = 0; k < n; k++) {
        const int zero = values[k] == 0;
        signs[k] = (uint8_t)((values[k] < 0 ? NEGATIVE : POSITIVE) + (zero ? NONE : 0));
        zeros += zero;
    }
    return zeros;
}

int mscn_tile(const struct picture *picture, enum border border, const struct window *window,
              ptrdiff_t row, ptrdiff_t rows, ptrdiff_t column, ptrdiff_t columns,
              struct field to)
{
    struct tile tile;
    float means[STRIDE], squares[STRIDE];
    struct place place = {picture, border, row, column, columns};
    const ptrdiff_t whole = round_up(columns + 2 * RADIUS, LANES);
    int zeros = 0;
    load_tile(&tile, &place, rows);
    for (ptrdiff_t r = 0; r < rows; r++) {
        float *values = to.values + r * to.pitch;
        along_columns(tile.rows + r, *window, means, squares, whole);
        const struct found found = row_in_single(tile.rows[r + RADIUS] + RADIUS, means, squares,
                                                 window->single, values, columns);
        place.row = row + r;
        if (found.doubts)
            row_in_double(&place, window, means, squares, values);
        if (found.doubts || found.zeros)
            zeros += code_signs(values, to.signs + r * to.pitch, columns);
        else
            code_signs_without_zeros(values, to.signs + r * to.pitch, columns);
    }
    return zeros;
}
