/* Working memory of the calling thread. */
#ifndef IQ_SCRATCH_H
#define IQ_SCRATCH_H

#include <stddef.h>

/* At least `bytes`, aligned to 64, its content unspecified; NULL where there is none. */
void *scratch_take(size_t bytes);

/* After use: a usual amount is kept for the thread's next call, more is given back. */
void scratch_release(void);

#endif
