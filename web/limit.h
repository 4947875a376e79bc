#ifndef WEB_LIMIT_H
#define WEB_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How often one client may ask: a bucket of tokens for each address, in a
 * table of fixed size with a keyed hash, so that neither memory nor time can
 * be driven up from outside. Where the table is full the client seen least
 * recently is forgotten. Thread-safe. Nothing of it is ever written down.
 */
struct limiter;

struct limit {
	unsigned per_minute; /* tokens that come back; 0: no limit */
	unsigned burst;      /* tokens a client may save up */
};

/* seed: 16 random bytes. NULL when out of memory. */
struct limiter *limiter_new(const uint8_t seed[static 16]);
void limiter_free(struct limiter *l);

/*
 * May client spend cost tokens now? An IPv6 client is its /64, and loopback
 * without a proxy in front is never limited. now_ms: CLOCK_MONOTONIC.
 */
bool limiter_take(struct limiter *l, const struct limit *limit,
    const char *client, unsigned cost, int64_t now_ms);

/* One place at a time for a client: false while its last one is taken. */
bool limiter_enter(struct limiter *l, const char *client);
void limiter_leave(struct limiter *l, const char *client);

#endif
