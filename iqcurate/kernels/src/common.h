/* What all parts share: vector types, small helpers, and carving up one piece of memory. */
#ifndef IQ_COMMON_H
#define IQ_COMMON_H

#include <stddef.h>
#include <stdint.h>

/* Every build has one vector width; a plain 16 bytes suits SSE2 and NEON. */
#if defined(__AVX512BW__)
#define VECTOR_BYTES 64
#elif defined(__AVX2__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif

enum { LANES = VECTOR_BYTES / 4, SHORT_LANES = VECTOR_BYTES / 2, ALIGNMENT = 64 };

/* The low alignment makes loads and stores through these types legal at any element. */
typedef float floats __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));
typedef int32_t ints __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));
typedef int16_t shorts __attribute__((vector_size(VECTOR_BYTES), aligned(2), may_alias));
typedef uint8_t bytes16 __attribute__((vector_size(16), aligned(1), may_alias));

#define INLINE static inline __attribute__((always_inline))

INLINE floats load(const float *from) { return *(const floats *)from; }
INLINE void store(float *to, floats values) { *(floats *)to = values; }
INLINE floats magnitude(floats x) { return (floats)((ints)x & INT32_MAX); }

INLINE double total(floats x)
{
    double even = 0, odd = 0;
    for (int k = 0; k < LANES; k += 2) {
        even += x[k];
        odd += x[k + 1];
    }
    return even + odd;
}

INLINE ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }
INLINE ptrdiff_t larger(ptrdiff_t a, ptrdiff_t b) { return a > b ? a : b; }
INLINE ptrdiff_t round_up(ptrdiff_t n, ptrdiff_t to) { return (n + to - 1) / to * to; }

/* Where index i of a line of n lies when the line is mirrored at its ends, again and again. */
INLINE ptrdiff_t mirrored(ptrdiff_t i, ptrdiff_t n)
{
    while (i < 0 || i >= n)
        i = i < 0 ? -1 - i : 2 * n - 1 - i;
    return i;
}

/* Under the address sanitizer, a guarded gap follows each piece that `carve` gives. */
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
enum { GAP = ALIGNMENT };
#define GUARD(memory, bytes) ASAN_POISON_MEMORY_REGION(memory, bytes)
#define UNGUARD(memory, bytes) ASAN_UNPOISON_MEMORY_REGION(memory, bytes)
#else
enum { GAP = 0 };
#define GUARD(memory, bytes) ((void)0)
#define UNGUARD(memory, bytes) ((void)0)
#endif

/* One piece of memory, carved up twice by the same code: first with base NULL, to learn how much
 * is needed, then for good. While measuring, `carve` gives NULL. */
struct arena {
    char *base;
    size_t used;
};

INLINE void *carve(struct arena *arena, size_t bytes)
{
    const size_t whole = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    char *here = arena->base ? arena->base + arena->used : NULL;
    if (here)
        GUARD(here + bytes, whole - bytes + GAP);
    arena->used += whole + GAP;
    return here;
}

/* Like `carve`, the pointer `before` bytes into the piece. */
INLINE void *carve_inside(struct arena *arena, size_t bytes, size_t before)
{
    char *here = carve(arena, bytes);
    return here ? here + before : NULL;
}

#endif
