#include "kernels.h"

#include <math.h>

#include "fits.h"
#include "focus.h"
#include "grey.h"
#include "halving.h"
#include "models.h"
#include "natural.h"
#include "scratch.h"
#include "wavelet.h"

enum { PATCH = 96, SCALES = 2, NATURAL = IQ_BRISQUE | IQ_NIQE };

/* All working memory of one call. */
struct work {
    struct grey grey;
    struct focus focus;
    struct wavelet *wavelet;
    struct halved halved;
    struct natural natural[SCALES];
    struct sums image[SCALES];
    struct sums *patches[SCALES];
    const void **edge_rows; /* of the image in whole patches, see `struct scale` */
    double *features;
    ptrdiff_t body_height, body_width, count; /* the image in whole patches, and how many */
};

static void carve_natural(struct work *work, struct arena *arena, ptrdiff_t height,
                          ptrdiff_t width)
{
    const size_t count = (size_t)work->count;
    halved_carve(&work->halved, arena, height, width, work->body_height, work->body_width);
    for (int scale = 0; scale < SCALES; scale++) {
        natural_carve(&work->natural[scale], arena, scale ? (width + 1) / 2 : width,
                      PATCH >> scale);
        work->patches[scale] = carve(arena, count * sizeof(struct sums));
    }
    work->features = carve(arena, count * FEATURES * sizeof(double));
    work->edge_rows = carve(arena, (size_t)work->body_height * sizeof(void *));
}

/* Lays out what the wanted metrics need; returns how much that is. */
static size_t lay_out(struct work *work, char *base, ptrdiff_t height, ptrdiff_t width, int wanted)
{
    struct arena arena = {base, 0};
    *work = (struct work){0};
    if (wanted & IQ_NIQE) {
        work->body_height = height / PATCH * PATCH;
        work->body_width = width / PATCH * PATCH;
        work->count = work->body_height / PATCH * (work->body_width / PATCH);
    }
    grey_carve(&work->grey, &arena, height, width);
    if (wanted & (IQ_LAPV | IQ_LAPM))
        focus_carve(&work->focus, &arena, width);
    if (wanted & IQ_WAVS)
        work->wavelet = wavelet_carve(&arena);
    if (wanted & NATURAL)
        carve_natural(work, &arena, height, width);
    return arena.used;
}

/* Grey, and the second differences while its rows are still in the cache. */
static void score_focus(struct work *work, const uint8_t *pixels, int channels, int wanted,
                        struct iq_scores *scores)
{
    const struct grey *grey = &work->grey;
    const int focus = wanted & (IQ_LAPV | IQ_LAPM);
    for (ptrdiff_t row = 0; row < grey->height; row++) {
        grey_row(grey, row, pixels + row * grey->width * channels, channels);
        if (focus && row > 0)
            focus_row(&work->focus, grey, row - 1);
    }
    if (focus)
        focus_row(&work->focus, grey, grey->height - 1);
    scores->lapv = wanted & IQ_LAPV ? focus_lapv(&work->focus, grey) : NAN;
    scores->lapm = wanted & IQ_LAPM ? focus_lapm(&work->focus, grey) : NAN;
}

static struct scale full_scale(const struct work *work, const void **edge_rows)
{
    const struct grey *grey = &work->grey;
    const ptrdiff_t height = work->body_height, width = work->body_width;
    for (ptrdiff_t row = 0; row < height; row++)
        edge_rows[row] = (const uint8_t *)grey->rows[row] + width - EDGE;
    return (struct scale){
        .whole = {grey->rows, grey->height, grey->width, 1, 0},
        .body = {grey->rows, height, width, 1, 0},
        .edge = {edge_rows, height, EDGE, 1, 0},
        .patch = PATCH,
        .across = grey->width / PATCH,
    };
}

static struct scale half_scale(const struct work *work)
{
    const struct halved *halved = &work->halved;
    return (struct scale){halved->whole, halved->body, halved->edge, PATCH / 2,
                          work->grey.width / PATCH};
}

/* The weights in float32 are whole multiples of 2^-25, which lets them add up to 1 exactly:
 * otherwise each mean is a little wrong in the same direction. */
static struct window window_of(const double *weights)
{
    struct window window = {.single = {1}};
    for (int k = 0; k <= RADIUS; k++)
        window.exact[k] = weights[k];
    for (int k = 1; k <= RADIUS; k++) {
        window.single[k] = (float)(round(weights[k] * 0x1p25) * 0x1p-25);
        window.single[0] -= 2 * window.single[k];
    }
    return window;
}

static void sum_scales(struct work *work, const struct iq_model *model)
{
    const struct window window = window_of(model->window);
    for (int scale = 0; scale < SCALES; scale++) {
        const struct scale scales = scale ? half_scale(work) : full_scale(work, work->edge_rows);
        for (ptrdiff_t p = 0; p < work->count; p++)
            work->patches[scale][p] = (struct sums){0};
        natural_sums(&work->natural[scale], &scales, &window, &work->image[scale],
                     work->patches[scale]);
    }
}

static void score_brisque(const struct work *work, const struct iq_model *model,
                          struct iq_scores *scores)
{
    const struct picture *half = &work->halved.whole;
    const double full_count = (double)work->grey.height * (double)work->grey.width;
    const double half_count = (double)half->height * (double)half->width;
    brisque_features(model, &work->image[0], full_count, scores->features);
    brisque_features(model, &work->image[1], half_count,
                     scores->features + SCALE_FEATURES);
    scores->brisque = brisque_score(model, scores->features);
}

static void score_niqe(const struct work *work, const struct iq_model *model,
                       struct iq_scores *scores)
{
    double means[FEATURES];
    for (ptrdiff_t p = 0; p < work->count; p++)
        for (int scale = 0; scale < SCALES; scale++)
            niqe_features(model, &work->patches[scale][p], (PATCH >> scale) * (PATCH >> scale),
                          work->features + p * FEATURES + scale * SCALE_FEATURES);
    feature_means(work->features, work->count, means);
    scores->whole_patches = whole_patches(work->features, work->count);
    if (scores->whole_patches >= 2)
        scores->niqe = niqe_score(model, means, work->features, scores->whole_patches);
}

static void score_all(struct work *work, const struct iq_model *model, const uint8_t *pixels,
                      int channels, int wanted, struct iq_scores *scores)
{
    score_focus(work, pixels, channels, wanted, scores);
    if (wanted & IQ_WAVS)
        scores->wavs =
            wavelet_wavs(work->wavelet, &work->grey, model->analysis, model->synthesis);
    if (!(wanted & NATURAL))
        return;
    halved_fill(&work->halved, &work->grey);
    sum_scales(work, model);
    if (wanted & IQ_BRISQUE)
        score_brisque(work, model, scores);
    if (wanted & IQ_NIQE)
        score_niqe(work, model, scores);
}

int iq_score(const struct iq_model *model, const uint8_t *pixels, int64_t height, int64_t width,
             int64_t channels, int64_t wanted, struct iq_scores *scores)
{
    struct work work;
    *scores = (struct iq_scores){NAN, NAN, NAN, NAN, NAN, 0, {0}};
    char *memory = scratch_take(lay_out(&work, NULL, height, width, (int)wanted));
    if (!memory)
        return 1;
    lay_out(&work, memory, height, width, (int)wanted);
    score_all(&work, model, pixels, (int)channels, (int)wanted, scores);
    scratch_release();
    return 0;
}
