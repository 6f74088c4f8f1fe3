/* Taking a line apart with the high-pass filter and putting it together again is a projection.
 * With P_h and P_v these projections along rows and columns, of the grey y,
 *     a = P_h y,  b = P_v y,  D = P_v a,  V = a - D,  H = b - D:
 * 36 multiplications a pixel instead of 48, and no sub-band is ever a whole picture.
 *
 * The high-pass filter adds up to 0, so filtering an image is filtering the differences between
 * its neighbours, exact whole numbers, with the filter summed up: far more exact where the image
 * is smooth, and one tap less.
 *
 * The image is walked through in vertical strips, whose rows lie in rings that fit the
 * processor's first cache. A row holds y (as
 * differences from the row before), then a, each with its even columns before its odd ones,
 * so that neither filtering by columns nor by rows has to step over every other number. */
#include "wavelet.h"

#include <string.h>

#define LITTLE_ENDIAN_BYTES (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

enum {
    STRIP = 192,                  /* columns: all rings then fit in 32 KB */
    HALF = STRIP / 2,             /* of which even */
    ROW = 2 * STRIP,              /* numbers in a row: y and a */
    REACH = 10,                   /* columns (rows) that a coefficient needs before its place */
    TERMS = TAPS / 2,             /* coefficients that make a pixel */
    SPARE = 48,                   /* for the last vectors of a row */
    LINE = HALF + SPARE,
};

/* Passed by value: behind a pointer, every store might change it. */
struct filter {
    float tap[TAPS];
};

struct wavelet {
    float rows[TAPS][ROW];
    float details[TERMS][ROW]; /* coefficients along columns of y and of a */
    float even[LINE], odd[LINE], coefficients[LINE];
    struct filter analysis, synthesis, summed; /* the last for differences */
};

struct wavelet *wavelet_carve(struct arena *arena) { return carve(arena, sizeof(struct wavelet)); }

/* Two neighbouring bytes at once: compilers split these with plain masks and shifts. */
INLINE uint16_t two(const uint8_t *from)
{
    uint16_t both;
    memcpy(&both, from, sizeof both);
    return both;
}

INLINE int first_of(uint16_t both) { return LITTLE_ENDIAN_BYTES ? both & 255 : both >> 8; }
INLINE int second_of(uint16_t both) { return LITTLE_ENDIAN_BYTES ? both >> 8 : both & 255; }

/* Differences along the line, split. */
static void split(const uint8_t *restrict line, float *restrict even, float *restrict odd,
                  ptrdiff_t n)
{
    for (ptrdiff_t k = 0; k < n; k++) {
        const uint16_t here = two(line + 2 * k), before = two(line + 2 * k - 1);
        even[k] = (int16_t)(first_of(here) - first_of(before));
        odd[k] = (int16_t)(second_of(here) - first_of(here));
    }
}

/* Differences from the line before, split. */
static void split_from(const uint8_t *restrict before, const uint8_t *restrict line,
                       float *restrict even, float *restrict odd, ptrdiff_t n)
{
    for (ptrdiff_t k = 0; k < n; k++) {
        const uint16_t here = two(line + 2 * k), above = two(before + 2 * k);
        even[k] = (int16_t)(first_of(here) - first_of(above));
        odd[k] = (int16_t)(second_of(here) - second_of(above));
    }
}

/* The sum of tap[first - 2 * i] * x[i], i < n, in two halves: neither waits for the other. */
INLINE floats weighted(struct filter filter, int first, const floats *x, int n)
{
    const int half = n / 2;
    floats early = filter.tap[first] * x[0], late = filter.tap[first - 2 * half] * x[half];
    for (int i = 1; i < half; i++)
        early += filter.tap[first - 2 * i] * x[i];
    for (int i = half + 1; i < n; i++)
        late += filter.tap[first - 2 * i] * x[i];
    return early + late;
}

/* Coefficients along a row: c[k] = sum of g[j] x[2k + 1 - j], from differences. */
static void take_apart(struct wavelet *work, ptrdiff_t n)
{
    const struct filter summed = work->summed;
    for (ptrdiff_t k = 0; k < n; k += LANES) {
        floats even[SHIFTS], odd[SHIFTS];
        load_shifted(work->even + k, even);
        load_shifted(work->odd + k, odd);
        store(work->coefficients + k, weighted(summed, 10, odd, TERMS) +
                                          weighted(summed, 9, even + 1, TERMS - 1));
    }
}

/* Columns from `line` on: differences from the line before, and their projection, split, into a
 * row of four parts of `half`. */
static void project_row(struct wavelet *work, const uint8_t *before, const uint8_t *line,
                        ptrdiff_t half, float *row)
{
    const ptrdiff_t coefficients = round_up(half + TERMS - 1, LANES);
    split_from(before, line, row, row + half, half);
    split(line - REACH, work->even, work->odd, round_up(coefficients + TERMS - 1, 16));
    take_apart(work, coefficients);
    const struct filter synthesis = work->synthesis;
    for (ptrdiff_t k = 0; k < half; k += LANES) {
        floats x[SHIFTS];
        load_shifted(work->coefficients + k, x);
        const floats even = weighted(synthesis, 10, x, TERMS);
        store(row + 3 * half + k, weighted(synthesis, 11, x, TERMS));
        store(row + 2 * half + k, even);
    }
}

/* Coefficients along columns, from twelve rows; the taps from `taps` on are 0. Even and odd rows
 * are added up apart: neither sum waits for the other. */
INLINE void take_apart_columns(const float *const rows[TAPS], struct filter filter, int taps,
                               float *to, ptrdiff_t begin, ptrdiff_t end)
{
    for (ptrdiff_t k = begin; k < end; k += LANES) {
        floats sums[2] = {{0}};
        for (int j = TAPS - taps; j < TAPS; j++)
            sums[j % 2] += filter.tap[TAPS - 1 - j] * load(rows[j] + k);
        store(to + k, sums[0] + sums[1]);
    }
}

/* Coefficient row t, from rows 2t - 10 to 2t + 1. */
static void add_coefficients(struct wavelet *work, ptrdiff_t t, ptrdiff_t half)
{
    const float *rows[TAPS];
    for (int j = 0; j < TAPS; j++)
        rows[j] = work->rows[(2 * t - REACH + j + TAPS) % TAPS];
    float *to = work->details[t % TERMS];
    take_apart_columns(rows, work->summed, TAPS - 1, to, 0, 2 * half); /* its last tap is 0 */
    take_apart_columns(rows, work->analysis, TAPS, to, 2 * half, 4 * half);
}

/* `values` with zeros from lane `n` on. */
INLINE floats first_lanes(floats values, ptrdiff_t n)
{
    ints lane;
    for (int k = 0; k < LANES; k++)
        lane[k] = k;
    return (floats)((ints)values & (lane < (int32_t)n));
}

/* What a row of pixels is made of: its projection along rows, and the coefficients of its
 * projection along columns. */
struct half_row {
    const float *projected, *detail[TERMS];
};

INLINE struct half_row half_row_of(const struct wavelet *work, ptrdiff_t t, int odd,
                                   ptrdiff_t half)
{
    struct half_row row = {work->rows[(2 * t + odd) % TAPS] + 2 * half, {0}};
    for (int i = 0; i < TERMS; i++)
        row.detail[i] = work->details[(t + i) % TERMS];
    return row;
}

/* The projection along columns for one vector. */
INLINE floats together(const struct half_row *row, struct filter filter, int odd, ptrdiff_t k)
{
    floats x[TERMS];
    for (int i = 0; i < TERMS; i++)
        x[i] = load(row->detail[i] + k);
    return weighted(filter, 10 + odd, x, TERMS);
}

/* |H| + |V| + |D| of one vector. */
INLINE floats details(const struct half_row *row, struct filter filter, int odd, ptrdiff_t half,
                      ptrdiff_t k)
{
    const floats a = load(row->projected + k), b = together(row, filter, odd, k);
    const floats d = together(row, filter, odd, 2 * half + k);
    return magnitude(a - d) + magnitude(b - d) + magnitude(d);
}

/* Adds up n columns of a row from number `part` on. */
INLINE floats add_part(const struct half_row *row, struct filter filter, int odd, ptrdiff_t half,
                       ptrdiff_t part, ptrdiff_t n, floats sum)
{
    ptrdiff_t k = part;
    for (; k + LANES <= part + n; k += LANES)
        sum += details(row, filter, odd, half, k);
    if (k < part + n)
        sum += first_lanes(details(row, filter, odd, half, k), part + n - k);
    return sum;
}

/* Adds up row 2t + odd: in one go where no lanes are idle between even and odd columns. */
INLINE floats add_row(const struct wavelet *work, ptrdiff_t t, int odd, ptrdiff_t half,
                      ptrdiff_t columns, floats sum)
{
    const struct half_row row = half_row_of(work, t, odd, half);
    const struct filter filter = work->synthesis;
    if (columns == 2 * half)
        return add_part(&row, filter, odd, half, 0, columns, sum);
    sum = add_part(&row, filter, odd, half, 0, (columns + 1) / 2, sum);
    return add_part(&row, filter, odd, half, half, columns / 2, sum);
}

/* Adds up rows 2t and, where there is one, 2t + 1. */
static double add_pair(const struct wavelet *work, ptrdiff_t t, int two_rows, ptrdiff_t half,
                       ptrdiff_t columns)
{
    floats sum = {0};
    sum = add_row(work, t, 0, half, columns, sum);
    if (two_rows)
        sum = add_row(work, t, 1, half, columns, sum);
    return total(sum);
}

enum { AHEAD = 4 }; /* rows to fetch before they are needed */

/* A strip takes too little of each row for the processor to foresee which memory is next. */
INLINE void prefetch(const uint8_t *from, ptrdiff_t bytes)
{
    for (ptrdiff_t k = 0; k < bytes; k += ALIGNMENT)
        __builtin_prefetch(from + k);
}

static void add_image_row(struct wavelet *work, const struct grey *grey, ptrdiff_t row,
                          ptrdiff_t first, ptrdiff_t half)
{
    const uint8_t *line = grey->rows[mirrored(row, grey->height)];
    const uint8_t *before = grey->rows[mirrored(row - 1, grey->height)];
    const uint8_t *later = grey->rows[mirrored(row + AHEAD, grey->height)];
    prefetch(later + first - REACH, 2 * half + 2 * REACH);
    project_row(work, before + first, line + first, half, work->rows[(row + TAPS) % TAPS]);
}

static double add_strip(struct wavelet *work, const struct grey *grey, ptrdiff_t first,
                        ptrdiff_t columns)
{
    const ptrdiff_t half = round_up((columns + 1) / 2, 16);
    double sum = 0;
    for (ptrdiff_t row = -REACH; row < round_up(grey->height, 2) + REACH; row++) {
        add_image_row(work, grey, row, first, half);
        if (row < 0 || row % 2 == 0)
            continue;
        add_coefficients(work, row / 2, half);
        const ptrdiff_t done = row - REACH - 1; /* the first row of a pair, now complete */
        if (done >= 0)
            sum += add_pair(work, done / 2, done + 1 < grey->height, half, columns);
    }
    return sum;
}

static void set_taps(struct wavelet *work, const double *analysis, const double *synthesis)
{
    double sum = 0;
    for (int i = 0; i < TAPS; i++) {
        work->analysis.tap[i] = (float)analysis[i];
        work->synthesis.tap[i] = (float)synthesis[i];
        sum += analysis[i];
        work->summed.tap[i] = i == TAPS - 1 ? 0 : (float)sum;
    }
}

double wavelet_wavs(struct wavelet *work, const struct grey *grey, const double *analysis,
                    const double *synthesis)
{
    set_taps(work, analysis, synthesis);
    double sum = 0;
    for (ptrdiff_t first = 0; first < grey->width; first += STRIP)
        sum += add_strip(work, grey, first, smaller(STRIP, grey->width - first));
    return sum / ((double)grey->height * (double)grey->width);
}
