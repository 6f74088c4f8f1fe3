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
    SPARE = 32,                   /* for the last vector of a row */
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

/* Sum of tap[first + step * i] * line[i], i = 0..5, for one vector. */
INLINE floats six(struct filter filter, int first, int step, const float *line)
{
    floats sum = filter.tap[first] * load(line);
    for (int i = 1; i < TERMS; i++)
        sum += filter.tap[first + step * i] * load(line + i);
    return sum;
}

/* Coefficients along a row: c[k] = sum of g[j] x[2k + 1 - j], from differences. */
static void take_apart(struct wavelet *work, ptrdiff_t n)
{
    const struct filter summed = work->summed;
    for (ptrdiff_t k = 0; k < n; k += LANES)
        store(work->coefficients + k,
              six(summed, 10, -2, work->odd + k) + six(summed, 11, -2, work->even + k));
}

/* Columns from `line` on: differences from the line before, and their projection, split, into a
 * row of four parts of `half`. */
static void project_row(struct wavelet *work, const uint8_t *before, const uint8_t *line,
                        ptrdiff_t half, float *row)
{
    split_from(before, line, row, row + half, half);
    split(line - REACH, work->even, work->odd, half + SPARE);
    take_apart(work, half + SPARE / 2);
    const struct filter synthesis = work->synthesis;
    for (ptrdiff_t k = 0; k < half; k += LANES) {
        store(row + 2 * half + k, six(synthesis, 10, -2, work->coefficients + k));
        store(row + 3 * half + k, six(synthesis, 11, -2, work->coefficients + k));
    }
}

/* Coefficients along columns, from twelve rows. */
INLINE void take_apart_columns(const float *const row[TAPS], struct filter filter,
                               float *to, ptrdiff_t first, ptrdiff_t last)
{
    for (ptrdiff_t k = first; k < last; k += LANES) {
        floats early = filter.tap[11] * load(row[0] + k);
        floats late = filter.tap[5] * load(row[6] + k);
        for (int j = 1; j < TERMS; j++) {
            early += filter.tap[11 - j] * load(row[j] + k);
            late += filter.tap[5 - j] * load(row[TERMS + j] + k);
        }
        store(to + k, early + late);
    }
}

/* Coefficient row t, from rows 2t - 10 to 2t + 1. */
static void add_coefficients(struct wavelet *work, ptrdiff_t t, ptrdiff_t half)
{
    const float *row[TAPS];
    for (int j = 0; j < TAPS; j++)
        row[j] = work->rows[(2 * t - REACH + j + TAPS) % TAPS];
    float *to = work->details[t % TERMS];
    take_apart_columns(row, work->summed, to, 0, 2 * half);
    take_apart_columns(row, work->analysis, to, 2 * half, 4 * half);
}

/* The projection along columns for one vector: coefficient rows t to t + 5, even or odd row. */
INLINE floats together(const float *const detail[TERMS], struct filter filter, int odd,
                       ptrdiff_t k)
{
    floats sum = filter.tap[10 + odd] * load(detail[0] + k);
    for (int i = 1; i < TERMS; i++)
        sum += filter.tap[10 + odd - 2 * i] * load(detail[i] + k);
    return sum;
}

/* |H| + |V| + |D| of one vector. */
INLINE floats details(floats a, floats b, floats d)
{
    return magnitude(a - d) + magnitude(b - d) + magnitude(d);
}

/* `values` with zeros from lane `n` on. */
INLINE floats first_lanes(floats values, ptrdiff_t n)
{
    ints lane;
    for (int k = 0; k < LANES; k++)
        lane[k] = k;
    return (floats)((ints)values & (lane < (int32_t)n));
}

/* Adds up n of `half` even or odd columns (from `part` on) of row 2t + odd. */
INLINE floats add_row(const struct wavelet *work, ptrdiff_t t, int odd, ptrdiff_t half,
                      ptrdiff_t part, ptrdiff_t n, floats sum)
{
    const float *detail[TERMS];
    for (int i = 0; i < TERMS; i++)
        detail[i] = work->details[(t + i) % TERMS] + part;
    const float *projected = work->rows[(2 * t + odd) % TAPS] + 2 * half + part;
    for (ptrdiff_t k = 0; k < n; k += LANES) {
        const floats all = details(load(projected + k), together(detail, work->synthesis, odd, k),
                                   together(detail, work->synthesis, odd, 2 * half + k));
        sum += first_lanes(all, smaller(n - k, LANES));
    }
    return sum;
}

/* Adds up rows 2t and, where there is one, 2t + 1. */
static double add_pair(const struct wavelet *work, ptrdiff_t t, int two_rows, ptrdiff_t half,
                       ptrdiff_t columns)
{
    const ptrdiff_t even = (columns + 1) / 2;
    floats sum = {0};
    sum = add_row(work, t, 0, half, 0, even, sum);
    sum = add_row(work, t, 0, half, half, columns - even, sum);
    if (two_rows) {
        sum = add_row(work, t, 1, half, 0, even, sum);
        sum = add_row(work, t, 1, half, half, columns - even, sum);
    }
    return total(sum);
}

static double add_strip(struct wavelet *work, const struct grey *grey, ptrdiff_t first,
                        ptrdiff_t columns)
{
    const ptrdiff_t half = round_up((columns + 1) / 2, 16);
    double sum = 0;
    for (ptrdiff_t row = -REACH; row < round_up(grey->height, 2) + REACH; row++) {
        const uint8_t *line = grey->rows[mirrored(row, grey->height)];
        const uint8_t *before = grey->rows[mirrored(row - 1, grey->height)];
        project_row(work, before + first, line + first, half, work->rows[(row + TAPS) % TAPS]);
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
