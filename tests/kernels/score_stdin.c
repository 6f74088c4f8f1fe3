/* Scores one image with a build of the kernels that Python cannot load, as it is for another
 * processor: `score_stdin LIBRARY < job > scores`. A job is a struct job, the tables in the order
 * of struct iq_model, and the pixels; the answer is a struct iq_scores. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernels.h"

struct job {
    int64_t height, width, channels, wanted, supports;
    double rho, gamma;
};

static void *take(size_t count, size_t bytes)
{
    void *values = malloc(count * bytes);
    if (!values || fread(values, bytes, count, stdin) != count)
        exit(2);
    return values;
}

static const double *doubles(size_t count) { return take(count, sizeof(double)); }

int main(int argc, char **argv)
{
    void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
    if (!library) {
        fprintf(stderr, "%s\n", argc == 2 ? dlerror() : "name the library");
        return 2;
    }
    int (*score)(const struct iq_model *, const uint8_t *, int64_t, int64_t, int64_t, int64_t,
                 struct iq_scores *);
    *(void **)&score = dlsym(library, "iq_score");

    const struct job *job = take(1, sizeof *job);
    const size_t supports = (size_t)job->supports;
    struct iq_model model = {.rho = job->rho, .gamma = job->gamma, .supports = job->supports};
    model.window = doubles(4);
    model.analysis = doubles(12);
    model.synthesis = doubles(12);
    model.shape = doubles(IQ_SHAPES);
    model.ratio = doubles(IQ_SHAPES);
    model.to_beta = doubles(IQ_SHAPES);
    model.to_mean = doubles(IQ_SHAPES);
    model.start = take(IQ_STARTS + 1, sizeof(int32_t));
    model.support_vectors = doubles(36 * supports);
    model.sv_coef = doubles(supports);
    model.feature_min = doubles(36);
    model.feature_max = doubles(36);
    model.mu = doubles(36);
    model.cov = doubles(36 * 36);

    const uint8_t *pixels = take((size_t)(job->height * job->width * job->channels), 1);
    struct iq_scores scores;
    if (score(&model, pixels, job->height, job->width, job->channels, job->wanted, &scores))
        return 1;
    return fwrite(&scores, sizeof scores, 1, stdout) == 1 ? 0 : 2;
}
