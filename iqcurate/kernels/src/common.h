/* What all parts share: vector types, small helpers, and carving up one piece of memory. */
#ifndef IQ_COMMON_H
#define IQ_COMMON_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

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

#define INLINE static inline __attribute__((always_inline))

INLINE floats load(const float *from) { return *(const floats *)from; }
INLINE void store(float *to, floats values) { *(floats *)to = values; }
INLINE floats magnitude(floats x) { return (floats)((ints)x & INT32_MAX); }

/* What the vector extensions lack: square roots, and the sign of lane k as bit k. */
#if defined(__AVX512BW__)
INLINE floats root(floats x) { return (floats)_mm512_sqrt_ps((__m512)x); }
INLINE uint64_t sign_bits(ints x) { return _mm512_movepi32_mask((__m512i)x); }
#elif defined(__AVX2__)
INLINE floats root(floats x) { return (floats)_mm256_sqrt_ps((__m256)x); }
INLINE uint64_t sign_bits(ints x) { return (uint64_t)_mm256_movemask_ps((__m256)x); }
#elif defined(__SSE2__)
INLINE floats root(floats x) { return (floats)_mm_sqrt_ps((__m128)x); }
INLINE uint64_t sign_bits(ints x) { return (uint64_t)_mm_movemask_ps((__m128)x); }
#else
INLINE floats root(floats x)
{
    for (int k = 0; k < LANES; k++)
        x[k] = sqrtf(x[k]);
    return x;
}

INLINE uint64_t sign_bits(ints x)
{
    uint64_t bits = 0;
    for (int k = 0; k < LANES; k++)
        bits |= (uint64_t)(x[k] < 0) << k;
    return bits;
}
#endif

/* What is read with a shift of 1 to 6 lanes, and how: a vector at from + k for each k < 7. Where
 * vectors are as wide as a cache line, every shifted load crosses two lines: putting them together
 * from two loads is a quarter faster. */
enum { SHIFTS = 7 };

#if defined(__AVX512BW__)
#define PUT_TOGETHER(a, b, by) (floats)_mm512_alignr_epi32((__m512i)(b), (__m512i)(a), by)
INLINE void load_shifted(const float *from, floats x[SHIFTS])
{
    const floats a = load(from), b = load(from + LANES);
    x[0] = a;
    x[1] = PUT_TOGETHER(a, b, 1);
    x[2] = PUT_TOGETHER(a, b, 2);
    x[3] = PUT_TOGETHER(a, b, 3);
    x[4] = PUT_TOGETHER(a, b, 4);
    x[5] = PUT_TOGETHER(a, b, 5);
    x[6] = PUT_TOGETHER(a, b, 6);
}
#else
INLINE void load_shifted(const float *from, floats x[SHIFTS])
{
    for (int k = 0; k < SHIFTS; k++)
        x[k] = load(from + k);
}
#endif

INLINE double total(floats x)
{
    double even = 0, odd = 0;
    for (int k = 0; k < LANES; k += 2) {
        even += x[k];
        odd += x[k + 1];
    }
    return even + odd;
}

/* How many bits are set. Without an instruction for it, the builtin calls a slow function. */
INLINE int ones(uint64_t bits)
{
#if defined(__POPCNT__) || !defined(__x86_64__)
    return __builtin_popcountll(bits);
#else
    bits -= bits >> 1 & 0x5555555555555555;
    bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0f;
    return (int)(bits * 0x0101010101010101 >> 56);
#endif
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
