#include "checks.h"

#include <stdlib.h>
#include <string.h>

#include "grey.h"

/* Columns at a time: what they add up to stays below 2^31, and in the cache. */
enum { CHUNK = 2048 };

/* The mean that blurs has 9 pixels. The difference of two neighbouring means is that of the
 * pixels at their ends, which are 9 apart; the pixels in their middle are 4 and 5 after the first. */
enum { BOX = 9, MIDDLE = 4 };

/* Several tables, so that equal neighbours do not wait for each other. */
enum { TABLES = 4, CLIPPED = IQ_RESPONSES };

struct tables {
    uint32_t levels[TABLES][IQ_LEVELS];
    uint32_t responses[TABLES][IQ_RESPONSES + 1]; /* the last: clipped */
};

static void count_levels(uint32_t tables[TABLES][IQ_LEVELS], const uint8_t *row, ptrdiff_t n)
{
    ptrdiff_t j = 0;
    for (; j + TABLES <= n; j += TABLES)
        for (int k = 0; k < TABLES; k++)
            tables[k][row[j + k]]++;
    for (; j < n; j++)
        tables[0][row[j]]++;
}

static void opponents(const uint8_t *rgb, ptrdiff_t n, int64_t sums[4])
{
    for (ptrdiff_t from = 0; from < n; from += CHUNK) {
        const ptrdiff_t to = smaller(from + CHUNK, n);
        int32_t rg = 0, rg_squares = 0, yb = 0, yb_squares = 0;
        for (ptrdiff_t j = from; j < to; j++) {
            const int red = rgb[3 * j], green = rgb[3 * j + 1], blue = rgb[3 * j + 2];
            const int first = red - green, second = red + green - 2 * blue;
            rg += first;
            rg_squares += first * first;
            yb += second;
            yb_squares += second * second;
        }
        sums[0] += rg;
        sums[1] += rg_squares;
        sums[2] += yb;
        sums[3] += yb_squares;
    }
}

/* Adds to `sums` the differences of the neighbours in the middle, and 9 times what the mean
 * takes of them where it takes any. The four rows may overlap. */
static void blur(const uint8_t *first, const uint8_t *before, const uint8_t *after,
                 const uint8_t *last, ptrdiff_t n, int64_t sums[2])
{
    for (ptrdiff_t from = 0; from < n; from += CHUNK) {
        const ptrdiff_t to = smaller(from + CHUNK, n);
        int32_t all = 0, lost = 0;
        for (ptrdiff_t j = from; j < to; j++) {
            const int16_t sharp = (int16_t)abs(after[j] - before[j]);
            const int16_t taken = (int16_t)(BOX * sharp - abs(last[j] - first[j]));
            all += sharp;
            lost += taken > 0 ? taken : 0;
        }
        sums[0] += all;
        sums[1] += lost;
    }
}

/* Counts the absolute responses to [1 -2 1; -2 4 -2; 1 -2 1] around the inner pixels of a row. */
static void noise(const uint8_t *above, const uint8_t *here, const uint8_t *below, ptrdiff_t width,
                  struct tables *tables)
{
    int16_t second[CHUNK + 2], found[CHUNK];
    for (ptrdiff_t from = 0; from < width - 2; from += CHUNK) {
        const ptrdiff_t n = smaller(CHUNK, width - 2 - from);
        for (ptrdiff_t j = 0; j < n + 2; j++)
            second[j] = (int16_t)(above[from + j] + below[from + j] - 2 * here[from + j]);
        for (ptrdiff_t j = 0; j < n; j++) {
            const int16_t response = (int16_t)(second[j] + second[j + 2] - 2 * second[j + 1]);
            const uint8_t level = here[from + j + 1];
            const int16_t size = (int16_t)abs(response);
            found[j] = (level == 0) | (level == 255) ? (int16_t)CLIPPED : size;
        }
        ptrdiff_t j = 0;
        for (; j + TABLES <= n; j += TABLES)
            for (int k = 0; k < TABLES; k++)
                tables->responses[k][found[j + k]]++;
        for (; j < n; j++)
            tables->responses[0][found[j]]++;
    }
}

void iq_count(const uint8_t *pixels, int64_t height, int64_t width, int64_t channels,
              int64_t wanted, uint8_t *grey, struct iq_counts *counts)
{
    struct tables tables = {0};
    *counts = (struct iq_counts){0};
    for (ptrdiff_t row = 0; row < height; row++) {
        const uint8_t *from = pixels + row * width * channels;
        uint8_t *here = grey + row * width;
        if (channels == 3)
            grey_from_rgb(from, here, width);
        else if (here != from)
            memcpy(here, from, (size_t)width);
        count_levels(tables.levels, here, width);
        if (wanted & IQ_COLOUR && channels == 3)
            opponents(from, width, counts->opponents);
        if (wanted & IQ_BLUR) {
            blur(here, here + MIDDLE, here + MIDDLE + 1, here + BOX, width - BOX, counts->across);
            if (row >= BOX) {
                const uint8_t *first = here - BOX * width, *middle = first + MIDDLE * width;
                blur(first, middle, middle + width, here, width, counts->down);
            }
        }
        if (wanted & IQ_NOISE && row >= 2)
            noise(here - 2 * width, here - width, here, width, &tables);
    }
    for (int k = 0; k < TABLES; k++) {
        for (int i = 0; i < IQ_LEVELS; i++)
            counts->levels[i] += tables.levels[k][i];
        for (int i = 0; i < IQ_RESPONSES; i++)
            counts->responses[i] += tables.responses[k][i];
    }
}
