/* WAVS: the sum of the details of one level of db6. */
#ifndef IQ_WAVELET_H
#define IQ_WAVELET_H

#include "grey.h"

enum { TAPS = 12 };

struct wavelet;

struct wavelet *wavelet_carve(struct arena *arena);

/* The mean of |H| + |V| + |D|; `analysis` and `synthesis` are the high-pass filters. */
double wavelet_wavs(struct wavelet *work, const struct grey *grey, const double *analysis,
                    const double *synthesis);

#endif
