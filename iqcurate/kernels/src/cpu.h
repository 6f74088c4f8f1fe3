/* What the processor and the operating system can run. */
#ifndef IQ_CPU_H
#define IQ_CPU_H

#include "kernels.h"

/* 0 for the baseline, 1 for AVX2 and FMA, 2 for AVX-512 as well. */
IQ_EXPORT int iq_cpu_level(void);

#endif
