#include "web/limit.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SETS       4096
#define WAYS       4
#define LOCKS      64
#define MAX_INSIDE 4096 /* table of places: clients with one taken */

struct slot {
	uint64_t key; /* 0: free */
	int64_t seen_ms;
	int64_t milli; /* tokens, in thousandths */
};

struct limiter {
	uint64_t k0, k1;
	pthread_mutex_t locks[LOCKS];
	struct slot slots[SETS][WAYS];
	pthread_mutex_t inside_lock;
	size_t n_inside;
	uint64_t inside[MAX_INSIDE];
};

/* Keyed, so that nobody can choose addresses that share a set. */
static uint64_t
mix(const struct limiter *l, const uint8_t *data, size_t len)
{
	uint64_t h = l->k0;

	for (size_t i = 0; i < len; i++) {
		h ^= data[i];
		h *= UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	h ^= l->k1;
	h *= UINT64_C(0xbf58476d1ce4e5b9);
	h ^= h >> 32;
	return h != 0 ? h : 1;
}

/* 0: a client that is not limited. */
static uint64_t
key_of(const struct limiter *l, const char *client)
{
	uint8_t addr[16];

	if (inet_pton(AF_INET, client, addr) == 1)
		return addr[0] == 127 ? 0 : mix(l, addr, 4);
	if (inet_pton(AF_INET6, client, addr) == 1) {
		static const uint8_t one[16] = {[15] = 1};
		return memcmp(addr, one, 16) == 0 ? 0 : mix(l, addr, 8);
	}
	return mix(l, (const uint8_t *)client, strlen(client));
}

struct limiter *
limiter_new(const uint8_t seed[static 16])
{
	struct limiter *l = calloc(1, sizeof *l);

	if (l == NULL)
		return NULL;
	memcpy(&l->k0, seed, 8);
	memcpy(&l->k1, seed + 8, 8);
	for (size_t i = 0; i < LOCKS; i++)
		pthread_mutex_init(&l->locks[i], NULL);
	pthread_mutex_init(&l->inside_lock, NULL);
	return l;
}

void
limiter_free(struct limiter *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < LOCKS; i++)
		pthread_mutex_destroy(&l->locks[i]);
	pthread_mutex_destroy(&l->inside_lock);
	free(l);
}

/* The client's slot, or the one seen least recently, made his. */
static struct slot *
find_slot(struct slot set[WAYS], uint64_t key, int64_t full, int64_t now_ms)
{
	struct slot *oldest = &set[0];

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].key == 0 ||
		    (oldest->key != 0 && set[i].seen_ms < oldest->seen_ms))
			oldest = &set[i];
	}
	*oldest = (struct slot){.key = key, .seen_ms = now_ms, .milli = full};
	return oldest;
}

bool
limiter_take(struct limiter *l, const struct limit *limit, const char *client,
    unsigned cost, int64_t now_ms)
{
	uint64_t key = key_of(l, client);
	int64_t full = (int64_t)limit->burst * 1000,
		want = (int64_t)cost * 1000;
	pthread_mutex_t *lock = &l->locks[key % LOCKS];
	struct slot *s;
	int64_t passed;
	bool ok;

	if (key == 0 || limit->per_minute == 0)
		return true;
	pthread_mutex_lock(lock);
	s = find_slot(l->slots[key % SETS], key, full, now_ms);
	passed = now_ms - s->seen_ms;
	if (passed > 0) {
		if (passed > 3600000)
			passed = 3600000;
		s->milli += passed * limit->per_minute / 60;
		s->seen_ms = now_ms;
	}
	if (s->milli > full)
		s->milli = full;
	/* what costs more than a bucket holds passes with a full one */
	ok = s->milli >= (want < full ? want : full);
	if (ok)
		s->milli -= want < full ? want : full;
	pthread_mutex_unlock(lock);
	return ok;
}

bool
limiter_enter(struct limiter *l, const char *client)
{
	uint64_t key = key_of(l, client);
	bool ok = true;

	if (key == 0)
		return true;
	pthread_mutex_lock(&l->inside_lock);
	for (size_t i = 0; i < l->n_inside && ok; i++)
		ok = l->inside[i] != key;
	ok = ok && l->n_inside < MAX_INSIDE;
	if (ok)
		l->inside[l->n_inside++] = key;
	pthread_mutex_unlock(&l->inside_lock);
	return ok;
}

void
limiter_leave(struct limiter *l, const char *client)
{
	uint64_t key = key_of(l, client);

	if (key == 0)
		return;
	pthread_mutex_lock(&l->inside_lock);
	for (size_t i = 0; i < l->n_inside; i++)
		if (l->inside[i] == key) {
			l->inside[i] = l->inside[--l->n_inside];
			break;
		}
	pthread_mutex_unlock(&l->inside_lock);
}
