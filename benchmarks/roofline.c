/* Times the parts of the kernels one by one, and what the processor gives at best. Compiled by
 * roofline.py together with the kernels. */
#include <time.h>

#include "kernels.c"

enum timed { GREY, FOCUS, WAVS, HALVING, MSCN_1, MSCN_2, NATURAL_1, NATURAL_2, MODELS };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Seconds since the last call. */
static double lap(double *last)
{
    const double then = *last;
    *last = now();
    return *last - then;
}

/* The coefficients of a scale alone, as natural.c fills them for BRISQUE. */
static void only_coefficients(struct natural *work, const struct scale *scale,
                              const struct window *window)
{
    const struct picture *picture = &scale->whole;
    for (ptrdiff_t row = 0; row < picture->height; row += TILE_ROWS)
        for (ptrdiff_t column = 0; column < picture->width; column += TILE)
            mscn_tile(picture, ZERO, window, row, smaller(TILE_ROWS, picture->height - row),
                      column, smaller(TILE, picture->width - column),
                      part_of(&work->field, 0, column));
}

static void time_scale(struct work *work, const struct iq_model *model, int scale, double *seconds)
{
    const struct window window = window_of(model->window);
    const struct scale scales = scale ? half_scale(work) : full_scale(work, work->edge_rows);
    double last = now();
    only_coefficients(&work->natural[scale], &scales, &window);
    seconds[MSCN_1 + scale] = lap(&last);
    for (ptrdiff_t p = 0; p < work->count; p++)
        work->patches[scale][p] = (struct sums){0};
    natural_sums(&work->natural[scale], &scales, &window, &work->image[scale],
                 work->patches[scale]);
    seconds[NATURAL_1 + scale] = lap(&last); /* its coefficients are computed again */
}

static void time_parts(struct work *work, const struct iq_model *model, const uint8_t *pixels,
                       double *seconds)
{
    const struct grey *grey = &work->grey;
    struct iq_scores scores = {0};
    double last = now();
    for (ptrdiff_t row = 0; row < grey->height; row++)
        grey_row(grey, row, pixels + row * grey->width * 3, 3);
    seconds[GREY] = lap(&last);
    for (ptrdiff_t row = 0; row < grey->height; row++)
        focus_row(&work->focus, grey, row);
    seconds[FOCUS] = lap(&last);
    wavelet_wavs(work->wavelet, grey, model->analysis, model->synthesis);
    seconds[WAVS] = lap(&last);
    halved_fill(&work->halved, grey);
    seconds[HALVING] = lap(&last);
    for (int scale = 0; scale < SCALES; scale++)
        time_scale(work, model, scale, seconds);
    last = now();
    score_brisque(work, model, &scores);
    score_niqe(work, model, &scores);
    seconds[MODELS] = lap(&last);
}

/* Seconds of each part for one RGB image of at least 96x96. */
IQ_EXPORT int time_image(const struct iq_model *model, const uint8_t *pixels, int64_t height,
                         int64_t width, double *seconds)
{
    struct work work;
    char *memory = scratch_take(lay_out(&work, NULL, height, width, 31));
    if (!memory)
        return 1;
    lay_out(&work, memory, height, width, 31);
    time_parts(&work, model, pixels, seconds);
    scratch_release();
    return 0;
}

/* Seconds for `bytes` of `from` copied to `to`. */
IQ_EXPORT double time_copy(void *to, const void *from, int64_t bytes)
{
    double last = now();
    memcpy(to, from, (size_t)bytes);
    return lap(&last);
}

enum { CHAINS = 10, STEPS_OF_PEAK = 20000 };

/* Runs `update` of ten independent vectors again and again; gives lanes a second. */
#define PEAK(name, update)                                                                   \
    IQ_EXPORT double name(double *sink)                                                      \
    {                                                                                        \
        floats a[CHAINS];                                                                    \
        const floats m = (floats){0} + 0.99f, c = (floats){0} + 0.01f;                       \
        for (int k = 0; k < CHAINS; k++)                                                     \
            a[k] = (floats){0} + (float)k;                                                   \
        double last = now();                                                                 \
        for (int i = 0; i < STEPS_OF_PEAK; i++)                                              \
            for (int k = 0; k < CHAINS; k++)                                                 \
                a[k] = update;                                                               \
        const double seconds = lap(&last);                                                   \
        for (int k = 0; k < CHAINS; k++)                                                     \
            *sink += total(a[k] + m + c);                                                    \
        return (double)STEPS_OF_PEAK * CHAINS * LANES / seconds;                             \
    }

PEAK(peak_multiply, a[k] * m + c)
PEAK(peak_other, a[k] + c)
PEAK(peak_root_and_division, c / (root(a[k]) + m))
