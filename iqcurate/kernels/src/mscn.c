/* Mean and mean square are taken in float32 about a value near the mean of the tile, which keeps
 * what cancels small. A coefficient is 0 where |I - mu| < 1e-9: far below what float32 resolves.
 * Each row of a tile with an |I - mu| below the error of float32 is therefore done again in
 * float64. */
#include "mscn.h"

#include <math.h>
#include <string.h>

enum {
    WINDOW = 2 * RADIUS + 1,
    GROUP = 4,   /* rows that are filtered together: they share most of what they load */
    STRIDE = 64, /* of a line of a tile: TILE + 2 RADIUS, whole vectors */
    SOURCE_ROWS = TILE_ROWS + 2 * RADIUS,
};

/* About 12 roundings of at most 2^-24 each, of terms that add up to at most the root of
 * E(I - c)^2 in size (Cauchy and Schwarz): the error of I - mu stays below 7.2e-7 times that
 * root. This is the square of 1e-6. */
#define DOUBT 1e-12f

/* Below the square of any I - mu that is not 0. */
#define LEAST 1e-30f

#define FLAT 1e-9

/* Pixels, less the centre of the tile. */
struct tile {
    float rows[SOURCE_ROWS + 1][STRIDE]; /* the last is room, see `load_line` */
};

/* What the window along columns makes of some rows of a tile. */
struct filtered {
    float means[GROUP][STRIDE], squares[GROUP][STRIDE];
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

/* The pixels of a line from RADIUS before the place to RADIUS after it, less `centre`; then 0. The
 * next line is written to as well: load lines in order, with room for one more after the last. */
static void load_line(const struct place *place, ptrdiff_t row, float centre, float *line)
{
    const struct picture *picture = place->picture;
    const ptrdiff_t start = place->column - RADIUS, length = place->columns + 2 * RADIUS;
    const ptrdiff_t first = larger(start, 0), last = smaller(start + length, picture->width);
    const int zero = place->border == ZERO;
    const float black = picture->black - centre;
    if (zero && (row < 0 || row >= picture->height)) {
        fill(line, length, black);
    } else {
        float *inside = line + (first - start);
        copy_line(picture, row, first, last, centre, inside);
        fill(line, first - start, zero ? black : inside[0]);
        fill(inside + (last - first), start + length - last,
             zero ? black : inside[last - first - 1]);
    }
    fill(line + length, STRIDE - length, 0);
}

/* Element `at` of a row of a picture. */
INLINE float element(const struct picture *picture, ptrdiff_t row, ptrdiff_t at)
{
    const void *from = picture->rows[row];
    return picture->bytes ? ((const uint8_t *)from)[at] : ((const float *)from)[at];
}

/* About the mean of the tile, from a few of its pixels. */
static float centre_of(const struct place *place, ptrdiff_t rows)
{
    enum { DOWN = 4, ACROSS = 4 };
    float sums[DOWN] = {0}; /* several, so that no sum waits for another */
    for (int j = 0; j < ACROSS; j++)
        for (int i = 0; i < DOWN; i++)
            sums[i] += element(place->picture, place->row + (2 * i + 1) * rows / (2 * DOWN),
                               place->column + (2 * j + 1) * place->columns / (2 * ACROSS));
    return rintf((sums[0] + sums[1] + sums[2] + sums[3]) / (DOWN * ACROSS));
}

/* Whether a place and what the window reaches around it lie inside the picture. */
static int is_inside(const struct place *place, ptrdiff_t rows)
{
    const struct picture *picture = place->picture;
    return place->row >= RADIUS && place->row + rows + RADIUS <= picture->height &&
           place->column >= RADIUS && place->column + place->columns + RADIUS <= picture->width;
}

/* `rows` rows of a place and those that the window reaches above and below. */
static void load_tile(struct tile *tile, const struct place *place, ptrdiff_t rows, float centre)
{
    const struct picture *picture = place->picture;
    const ptrdiff_t start = place->column - RADIUS;
    const int whole = place->columns == TILE && is_inside(place, rows);
    for (ptrdiff_t r = 0; r < rows + 2 * RADIUS; r++) {
        const ptrdiff_t row = place->row + r - RADIUS;
        if (whole)
            copy_line(picture, row, start, start + TILE + 2 * RADIUS, centre, tile->rows[r]);
        else
            load_line(place, row, centre, tile->rows[r]);
    }
}

/* The window over seven vectors. */
INLINE floats windowed(const floats x[WINDOW], struct window window)
{
    const float *w = window.single;
    return (w[0] * x[3] + w[1] * (x[2] + x[4])) + (w[2] * (x[1] + x[5]) + w[3] * (x[0] + x[6]));
}

/* The window along columns, for GROUP rows and for the squares of what they hold. By value, as
 * every store might change what a pointer leads to. */
INLINE void along_columns(const float (*rows)[STRIDE], struct window window,
                          struct filtered *to, ptrdiff_t n)
{
    for (ptrdiff_t k = 0; k < n; k += LANES) {
        floats x[WINDOW + GROUP - 1];
        for (int r = 0; r < WINDOW + GROUP - 1; r++)
            x[r] = load(rows[r] + k);
        for (int r = 0; r < GROUP; r++)
            store(to->means[r] + k, windowed(x + r, window));
        for (int r = 0; r < WINDOW + GROUP - 1; r++)
            x[r] *= x[r];
        for (int r = 0; r < GROUP; r++)
            store(to->squares[r] + k, windowed(x + r, window));
    }
}

INLINE floats along_row(const float *from, struct window window)
{
    floats x[SHIFTS];
    load_shifted(from, x);
    return windowed(x, window);
}

/* Signs of the coefficients of a row; a bit of `doubt` where float32 cannot tell whether one is
 * 0. */
struct row_bits {
    uint64_t negative, doubt;
};

/* n coefficients of one row. */
INLINE struct row_bits row_in_single(const float *pixels, const float *means,
                                     const float *squares, struct window window, float *to,
                                     ptrdiff_t n)
{
    struct row_bits bits = {0, 0};
    for (ptrdiff_t k = 0; k < n; k += LANES) {
        const floats mu = along_row(means + k, window), square = along_row(squares + k, window);
        const floats difference = load(pixels + k) - mu;
        const floats value = difference / (root(magnitude(square - mu * mu)) + 1);
        const floats margin = difference * difference - (DOUBT * square + LEAST);
        store(to + k, value);
        bits.negative |= sign_bits((ints)value) << k;
        bits.doubt |= sign_bits((ints)margin) << k;
    }
    return bits;
}

/* The seven rows around a place and the window along their columns, in float64. Not centred: at
 * half size only the values themselves are exact in float32. */
static void along_columns_exactly(const struct place *place, const double w[4],
                                  float *restrict pixels, double *restrict means)
{
    float x[WINDOW + 1][STRIDE]; /* the last is room, see `load_line` */
    for (int r = 0; r < WINDOW; r++)
        load_line(place, place->row + r - RADIUS, 0, x[r]);
    for (ptrdiff_t k = 0; k < place->columns + 2 * RADIUS; k++) {
        means[k] = w[0] * x[3][k] + w[1] * ((double)x[2][k] + x[4][k]) +
                   w[2] * ((double)x[1][k] + x[5][k]) + w[3] * ((double)x[0][k] + x[6][k]);
        pixels[k] = x[RADIUS][k];
    }
}

INLINE float window_at(const float *x, const float *w)
{
    return (w[0] * x[3] + w[1] * (x[2] + x[4])) + (w[2] * (x[1] + x[5]) + w[3] * (x[0] + x[6]));
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
        const double exact_mu = w[0] * x[3] + w[1] * (x[2] + x[4]) + w[2] * (x[1] + x[5]) +
                                w[3] * (x[0] + x[6]);
        const double difference = pixels[k + RADIUS] - exact_mu;
        const float kept = fabs(difference) < FLAT ? 0 : (float)difference;
        const float mu = window_at(means + k, window->single);
        const float square = window_at(squares + k, window->single);
        to[k] = kept / (sqrtf(fabsf(square - mu * mu)) + 1);
    }
}

INLINE void put_bits(uint8_t *to, uint64_t bits, ptrdiff_t n)
{
    for (ptrdiff_t k = 0; k < n; k += 8)
        to[k / 8] = (uint8_t)(bits >> k);
}

/* Whether all is equal to the centre, so that all is exact. */
static int is_flat(const float *squares)
{
    float sum = 0;
    for (ptrdiff_t k = 0; k < STRIDE; k++)
        sum += squares[k];
    return sum == 0;
}

/* n coefficients of one row with doubts. */
static void settle_doubts(const struct place *place, const struct window *window,
                          const float *means, const float *squares, struct field to, ptrdiff_t n)
{
    uint64_t negative = 0, nonzero = 0;
    if (!is_flat(squares))
        row_in_double(place, window, means, squares, to.values);
    for (ptrdiff_t k = 0; k < n; k++) {
        negative |= (uint64_t)(to.values[k] < 0) << k;
        nonzero |= (uint64_t)(to.values[k] != 0) << k;
    }
    put_bits(to.negative, negative, n);
    put_bits(to.nonzero, nonzero, n);
}

/* n coefficients of one row of a tile. */
INLINE void fill_row(const struct tile *tile, const struct place *tile_place,
                     const struct window *window, const struct filtered *filtered, ptrdiff_t row,
                     struct field to, ptrdiff_t n)
{
    const float *pixels = tile->rows[row + RADIUS] + RADIUS;
    const float *means = filtered->means[row % GROUP], *squares = filtered->squares[row % GROUP];
    const uint64_t here = ((uint64_t)1 << n) - 1;
    float line[TILE];
    const struct row_bits bits =
        row_in_single(pixels, means, squares, *window, n == TILE ? to.values : line, n);
    if (n != TILE)
        memcpy(to.values, line, (size_t)n * sizeof *line);
    put_bits(to.negative, bits.negative & here, n);
    put_bits(to.nonzero, here, n);
    if (bits.doubt & here) {
        struct place place = *tile_place;
        place.row += row;
        settle_doubts(&place, window, means, squares, to, n);
    }
}

/* While the coefficients of some rows wait for roots and divisions, the next rows are filtered. */
INLINE void fill_tile(const struct tile *tile, const struct place *place,
                      const struct window *window, ptrdiff_t rows, struct field to, ptrdiff_t n)
{
    struct filtered filtered[2];
    const ptrdiff_t whole = n == TILE ? round_up(n + 2 * RADIUS, LANES) : STRIDE;
    along_columns(tile->rows, *window, &filtered[0], whole);
    for (ptrdiff_t r = 0; r < rows; r += GROUP) {
        if (r + GROUP < rows)
            along_columns(tile->rows + r + GROUP, *window, &filtered[(r / GROUP + 1) % 2], whole);
        for (ptrdiff_t row = r; row < smaller(r + GROUP, rows); row++)
            fill_row(tile, place, window, &filtered[r / GROUP % 2], row, part_of(&to, row, 0), n);
    }
}

void mscn_tile(const struct picture *picture, enum border border, const struct window *window,
               ptrdiff_t row, ptrdiff_t rows, ptrdiff_t column, ptrdiff_t columns,
               struct field to)
{
    struct tile tile;
    const struct place place = {picture, border, row, column, columns};
    load_tile(&tile, &place, round_up(rows, GROUP), centre_of(&place, rows));
    if (columns == TILE) /* known when compiling: a fifth faster */
        fill_tile(&tile, &place, window, rows, to, TILE);
    else
        fill_tile(&tile, &place, window, rows, to, columns);
}
