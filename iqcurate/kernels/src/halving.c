#include "halving.h"

enum {
    AROUND = 4, /* columns mirrored on each side */
    REPLACED = 2, /* rows and columns that cropping changes */
    EDGE_SOURCE = 2 * EDGE + 2 * AROUND, /* columns that EDGE halved ones are taken from */
};

static void set_up(struct picture *picture, const void *const *rows, ptrdiff_t height,
                   ptrdiff_t width)
{
    *picture = (struct picture){rows, height, width, 0, HALVED_BLACK};
}

void halved_carve(struct halved *halved, struct arena *arena, ptrdiff_t height, ptrdiff_t width,
                  ptrdiff_t cropped_height, ptrdiff_t cropped_width)
{
    const ptrdiff_t rows = (height + 1) / 2, columns = (width + 1) / 2;
    const ptrdiff_t body_rows = cropped_height / 2, body_columns = cropped_width / 2;
    halved->pitch = round_up(columns, 16) + SPARE;
    const size_t row_bytes = (size_t)halved->pitch * sizeof(float);
    halved->plane = carve(arena, (size_t)rows * row_bytes);
    halved->bottom = carve(arena, REPLACED * row_bytes);
    halved->edge_plane = carve(arena, (size_t)(body_rows * EDGE + SPARE) * sizeof(float));
    halved->columns = carve(arena, 2 * row_bytes);
    halved->line.even = carve_inside(arena, row_bytes + 2 * ALIGNMENT, ALIGNMENT);
    halved->line.odd = carve_inside(arena, row_bytes + 2 * ALIGNMENT, ALIGNMENT);
    halved->whole_rows = carve(arena, (size_t)rows * sizeof(void *));
    halved->body_rows = carve(arena, (size_t)body_rows * sizeof(void *));
    halved->edge_rows = carve(arena, (size_t)body_rows * sizeof(void *));
    set_up(&halved->whole, halved->whole_rows, rows, columns);
    set_up(&halved->body, halved->body_rows, body_rows, body_columns);
    set_up(&halved->edge, halved->edge_rows, body_rows, EDGE);
}

INLINE float *column_of(struct line line, ptrdiff_t i)
{
    return (i % 2 ? line.odd : line.even) + (i - (i % 2 != 0)) / 2;
}

/* The taps are (-3 -9 29 111 111 29 -9 -3) / 256. Along columns, in whole numbers: 16 bits hold
 * each part, not their sum. */
INLINE float halved_column(int r0, int r1, int r2, int r3, int r4, int r5, int r6, int r7)
{
    const int16_t near = (int16_t)(111 * (r3 + r4 - 256));
    const int16_t far = (int16_t)(29 * (r2 + r5 - 256) - 9 * (r1 + r6 - 256) -
                                  3 * (r0 + r7 - 256));
    return (float)(near + far);
}

static void halve_columns(const uint8_t *const row[8], float *restrict line, ptrdiff_t n)
{
    const uint8_t *r0 = row[0], *r1 = row[1], *r2 = row[2], *r3 = row[3];
    const uint8_t *r4 = row[4], *r5 = row[5], *r6 = row[6], *r7 = row[7];
#pragma omp simd
    for (ptrdiff_t j = 0; j < n; j++)
        line[j] = halved_column(r0[j], r1[j], r2[j], r3[j], r4[j], r5[j], r6[j], r7[j]);
}

/* n even and n odd columns. */
static void split(const float *restrict line, float *restrict even, float *restrict odd,
                  ptrdiff_t n)
{
    for (ptrdiff_t k = 0; k < n; k++) {
        even[k] = line[2 * k];
        odd[k] = line[2 * k + 1];
    }
}

static void mirror_ends(struct line line, ptrdiff_t n)
{
    for (ptrdiff_t k = 0; k < AROUND; k++) {
        *column_of(line, -1 - k) = *column_of(line, mirrored(-1 - k, n));
        *column_of(line, n + k) = *column_of(line, mirrored(n + k, n));
    }
}

/* out[k] from columns 2k - 3 to 2k + 4; exact, as nothing exceeds 2^24 before the scaling. Whole
 * vectors are written, past n: see SPARE. */
static void halve_line(struct line line, float *out, ptrdiff_t n)
{
    for (ptrdiff_t k = 0; k < n; k += LANES) {
        const float *even = line.even + k, *odd = line.odd + k;
        const floats near = 111 * (load(even) + load(odd)) + 29 * (load(odd - 1) + load(even + 1));
        const floats far = 9 * (load(even - 1) + load(odd + 1)) +
                           3 * (load(odd - 2) + load(even + 2));
        store(out + k, (near - far) * (1.0f / 65536));
    }
}

/* Row `row` of the half of a picture of `height` rows, from n columns of it from `first` on. */
static void halve(const struct halved *halved, const struct grey *grey, ptrdiff_t row,
                  ptrdiff_t height, ptrdiff_t first, ptrdiff_t n, float *out)
{
    const uint8_t *rows[8];
    for (int j = 0; j < 8; j++)
        rows[j] = (const uint8_t *)grey->rows[mirrored(2 * row - 3 + j, height)] + first;
    halve_columns(rows, halved->columns, round_up(n, 2));
    split(halved->columns, halved->line.even, halved->line.odd, (n + 1) / 2);
    mirror_ends(halved->line, n);
    halve_line(halved->line, out, (n + 1) / 2);
}

static void fill_body(struct halved *halved, const struct grey *grey)
{
    const ptrdiff_t rows = halved->body.height, columns = halved->body.width;
    for (ptrdiff_t row = 0; row < rows; row++) {
        float half_edge[EDGE_SOURCE / 2 + SPARE], *edge = halved->edge_plane + row * EDGE;
        halve(halved, grey, row, 2 * rows, 2 * columns - EDGE_SOURCE, EDGE_SOURCE, half_edge);
        for (int k = 0; k < EDGE; k++)
            edge[k] = half_edge[EDGE_SOURCE / 2 - EDGE + k];
        halved->edge_rows[row] = edge;
        halved->body_rows[row] = halved->whole_rows[row];
    }
    for (ptrdiff_t row = larger(rows - REPLACED, 0); row < rows; row++) {
        float *out = halved->bottom + (rows - 1 - row) * halved->pitch;
        halve(halved, grey, row, 2 * rows, 0, 2 * columns, out);
        halved->body_rows[row] = out;
    }
}

void halved_fill(struct halved *halved, const struct grey *grey)
{
    for (ptrdiff_t row = 0; row < halved->whole.height; row++) {
        float *out = halved->plane + row * halved->pitch;
        halve(halved, grey, row, grey->height, 0, grey->width, out);
        halved->whole_rows[row] = out;
    }
    fill_body(halved, grey);
}
