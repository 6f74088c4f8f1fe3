#include "grey.h"

#include <string.h>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

/* The BT.601 weights times 2^22: rounded sums agree with those of the exact weights in float64
 * on all 16.7 million colours (with 2^20 they fail on 414, float32 fails on 30). */
enum {
    SHIFT = 22,
    RED = 1253829,
    GREEN = 2462237,
    BLUE = (1 << SHIFT) - RED - GREEN,
    HALF = 1 << (SHIFT - 1),
};

void grey_carve(struct grey *grey, struct arena *arena, ptrdiff_t height, ptrdiff_t width)
{
    grey->height = height;
    grey->width = width;
    grey->pitch = GREY_LEFT + round_up(width, ALIGNMENT) + GREY_RIGHT;
    grey->origin = carve_inside(arena, (size_t)(grey->pitch * height), GREY_LEFT);
    grey->rows = carve(arena, (size_t)height * sizeof *grey->rows);
}

static void from_rgb(const uint8_t *restrict rgb, uint8_t *restrict grey, ptrdiff_t n)
{
    for (ptrdiff_t j = 0; j < n; j++) {
        uint32_t sum = rgb[3 * j] * (uint32_t)RED + rgb[3 * j + 1] * (uint32_t)GREEN;
        grey[j] = (uint8_t)((sum + rgb[3 * j + 2] * (uint32_t)BLUE + HALF) >> SHIFT);
    }
}

#if defined(__AVX2__)

/* One channel of the 4 pixels in each half of a vector, spread to 32 bits. */
INLINE __m256i channel(__m256i pixels, int which)
{
    const int none = -1;
    const __m128i spread =
        _mm_setr_epi8((char)which, none, none, none, (char)(which + 3), none, none, none,
                      (char)(which + 6), none, none, none, (char)(which + 9), none, none, none);
    return _mm256_shuffle_epi8(pixels, _mm256_broadcastsi128_si256(spread));
}

/* The grey of pixels 0-3 and 16-19 after `rgb`, as 32 bits: packing four of these restores the
 * order. Reads 16 bytes for 12. */
INLINE __m256i grey_of_8(const uint8_t *rgb)
{
    const __m128i low = _mm_loadu_si128((const __m128i *)rgb);
    const __m128i high = _mm_loadu_si128((const __m128i *)(rgb + 48));
    const __m256i pixels = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
    __m256i sum = _mm256_mullo_epi32(channel(pixels, 0), _mm256_set1_epi32(RED));
    sum = _mm256_add_epi32(sum, _mm256_mullo_epi32(channel(pixels, 1), _mm256_set1_epi32(GREEN)));
    sum = _mm256_add_epi32(sum, _mm256_mullo_epi32(channel(pixels, 2), _mm256_set1_epi32(BLUE)));
    return _mm256_srli_epi32(_mm256_add_epi32(sum, _mm256_set1_epi32(HALF)), SHIFT);
}

/* Compilers do not find these shuffles for bytes that come in threes: 4 times as fast. Returns
 * how many pixels are done: the last 2 bytes of a row's memory must not be read past. */
static ptrdiff_t from_rgb_32(const uint8_t *rgb, uint8_t *grey, ptrdiff_t n)
{
    ptrdiff_t j = 0;
    for (; j + 34 <= n; j += 32) {
        const uint8_t *from = rgb + 3 * j;
        const __m256i first = _mm256_packus_epi32(grey_of_8(from), grey_of_8(from + 12));
        const __m256i second = _mm256_packus_epi32(grey_of_8(from + 24), grey_of_8(from + 36));
        _mm256_storeu_si256((__m256i *)(grey + j), _mm256_packus_epi16(first, second));
    }
    return j;
}

#else

static ptrdiff_t from_rgb_32(const uint8_t *rgb, uint8_t *grey, ptrdiff_t n)
{
    (void)rgb, (void)grey, (void)n;
    return 0;
}

#endif

void grey_from_rgb(const uint8_t *rgb, uint8_t *grey, ptrdiff_t n)
{
    const ptrdiff_t done = from_rgb_32(rgb, grey, n);
    from_rgb(rgb + 3 * done, grey + done, n - done);
}

static void frame(uint8_t *row, ptrdiff_t width)
{
    memset(row - GREY_LEFT, 0, GREY_LEFT);
    memset(row + width, 0, (size_t)(round_up(width, ALIGNMENT) - width + GREY_RIGHT));
    for (ptrdiff_t k = 0; k < GREY_MIRROR; k++) {
        row[-1 - k] = row[mirrored(-1 - k, width)];
        row[width + k] = row[mirrored(width + k, width)];
    }
}

void grey_row(const struct grey *grey, ptrdiff_t row, const uint8_t *pixels, int channels)
{
    uint8_t *to = grey->origin + row * grey->pitch;
    if (channels == 1) {
        memcpy(to, pixels, (size_t)grey->width);
    } else {
        grey_from_rgb(pixels, to, grey->width);
    }
    frame(to, grey->width);
    grey->rows[row] = to;
}
