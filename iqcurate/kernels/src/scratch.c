#include "scratch.h"

#include <pthread.h>
#include <stdlib.h>

#include "common.h"

/* Keeping memory saves the page faults, which were 4% of a 1 megapixel image. */
#define KEPT ((size_t)64 << 20)

struct block {
    void *memory;
    size_t bytes;
};

static _Thread_local struct block own;
static pthread_key_t at_exit;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_key(void) { pthread_key_create(&at_exit, free); }

static void hold(void *memory, size_t bytes)
{
    own = (struct block){memory, bytes};
    pthread_setspecific(at_exit, memory);
}

void *scratch_take(size_t bytes)
{
    pthread_once(&once, make_key);
    UNGUARD(own.memory, own.bytes);
    if (own.bytes >= bytes)
        return own.memory;
    free(own.memory);
    void *memory = aligned_alloc(ALIGNMENT, bytes); /* `bytes` is whole alignments: see `carve` */
    hold(memory, memory ? bytes : 0);
    return memory;
}

void scratch_release(void)
{
    if (own.bytes <= KEPT)
        return;
    free(own.memory);
    hold(NULL, 0);
}
