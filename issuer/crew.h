#ifndef ISSUER_CREW_H
#define ISSUER_CREW_H

#include <stdatomic.h>
#include <stddef.h>

/* As many threads as there are processors, none idle: no more than useful. */
size_t crew_size(size_t useful);

/*
 * Runs work(arg) on crew_size(useful) threads, on this one when there are
 * none to be had, and tells progress (may be NULL) how far done is until all
 * have returned.
 */
void crew_run(void (*work)(void *arg), void *arg, size_t useful,
    const atomic_size_t *done, size_t total,
    void (*progress)(void *ctx, size_t done, size_t total), void *ctx);

#endif
