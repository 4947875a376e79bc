#include "web/deadline.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "web/gate.h"

#define LOOK_EVERY_MS 100

/*
 * One word says it all, so that it changes as one: when (CLOCK_MONOTONIC, in
 * milliseconds), what ends then, and whether it has passed. 0: no request.
 */
#define PASSED   1u
#define END_BIT  1
#define TIME_BIT 2

struct deadline {
	_Atomic uint64_t word;
	_Atomic uint64_t peer; /* address, network order, << 16 | port */
};

struct deadlines {
	pthread_mutex_t lock; /* held while sockets are shut down */
	pthread_cond_t wake;
	pthread_t thread;
	struct gate *gate;
	int port; /* 0: not known yet */
	bool stop;
	unsigned n;
	atomic_uint n_taken;
	struct deadline places[];
};

static uint64_t
peer_of(const struct in_addr *addr, int port)
{
	return (uint64_t)addr->s_addr << 16 | (uint16_t)port;
}

int64_t
deadline_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool
is_connection(const struct deadlines *ds, int fd, uint64_t of)
{
	struct sockaddr_in peer = {0}, local = {0};
	socklen_t n = sizeof peer, m = sizeof local;

	return getpeername(fd, (struct sockaddr *)&peer, &n) == 0 &&
	       peer.sin_family == AF_INET &&
	       peer_of(&peer.sin_addr, ntohs(peer.sin_port)) == of &&
	       getsockname(fd, (struct sockaddr *)&local, &m) == 0 &&
	       ntohs(local.sin_port) == ds->port;
}

/* deadline_finish() waits for us, so its socket is open and this finds no
 * other. */
static void
shut_down(const struct deadlines *ds, uint64_t peer, enum deadline_end end)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *e;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		int fd = atoi(e->d_name);
		if (e->d_name[0] == '.' || !is_connection(ds, fd, peer))
			continue;
		(void)shutdown(fd, end == DEADLINE_READ ? SHUT_RD : SHUT_RDWR);
	}
	if (dir != NULL)
		closedir(dir);
}

static bool
in_hand(void *ctx, const struct sockaddr_in *peer)
{
	const struct deadlines *ds = ctx;
	uint64_t of = peer_of(&peer->sin_addr, ntohs(peer->sin_port));

	for (unsigned i = 0; i < ds->n; i++)
		if (atomic_load(&ds->places[i].word) != 0 &&
		    atomic_load(&ds->places[i].peer) == of)
			return true;
	return false;
}

static void
look_at(const struct deadlines *ds, struct deadline *d, int64_t now)
{
	uint64_t w = atomic_load(&d->word), peer = atomic_load(&d->peer);

	if (w == 0 || (w & PASSED) != 0 || (int64_t)(w >> TIME_BIT) > now)
		return;
	/* else it was moved, or is over */
	if (atomic_compare_exchange_strong(&d->word, &w, w | PASSED))
		shut_down(ds, peer, (enum deadline_end)(w >> END_BIT & 1));
}

static void *
look(void *arg)
{
	struct deadlines *ds = arg;

	pthread_mutex_lock(&ds->lock);
	while (!ds->stop) {
		int64_t now = deadline_now_ms();
		struct timespec ts;

		for (unsigned i = 0; i < ds->n; i++)
			look_at(ds, &ds->places[i], now);
		if (ds->port != 0)
			gate_look(ds->gate, ds->port, now, in_hand, ds);
		clock_gettime(CLOCK_MONOTONIC, &ts);
		ts.tv_nsec += LOOK_EVERY_MS * 1000000L;
		if (ts.tv_nsec >= 1000000000L) {
			ts.tv_sec++;
			ts.tv_nsec -= 1000000000L;
		}
		(void)pthread_cond_timedwait(&ds->wake, &ds->lock, &ts);
	}
	pthread_mutex_unlock(&ds->lock);
	return NULL;
}

struct deadlines *
deadlines_start(struct gate *gate, unsigned n_places)
{
	struct deadlines *ds =
	    calloc(1, sizeof *ds + n_places * sizeof ds->places[0]);
	pthread_condattr_t attr;

	if (ds == NULL)
		return NULL;
	ds->gate = gate;
	ds->n = n_places;
	pthread_mutex_init(&ds->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&ds->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&ds->thread, NULL, look, ds) != 0) {
		pthread_cond_destroy(&ds->wake);
		pthread_mutex_destroy(&ds->lock);
		free(ds);
		return NULL;
	}
	return ds;
}

void
deadlines_port(struct deadlines *ds, int port)
{
	pthread_mutex_lock(&ds->lock);
	ds->port = port;
	pthread_mutex_unlock(&ds->lock);
}

void
deadlines_stop(struct deadlines *ds)
{
	if (ds == NULL)
		return;
	pthread_mutex_lock(&ds->lock);
	ds->stop = true;
	pthread_cond_signal(&ds->wake);
	pthread_mutex_unlock(&ds->lock);
	pthread_join(ds->thread, NULL);
	pthread_cond_destroy(&ds->wake);
	pthread_mutex_destroy(&ds->lock);
	free(ds);
}

struct deadline *
deadlines_place(struct deadlines *ds)
{
	unsigned i = atomic_fetch_add(&ds->n_taken, 1);

	return i < ds->n ? &ds->places[i] : NULL;
}

static uint64_t
word_of(int64_t after_ms, enum deadline_end end)
{
	return (uint64_t)(deadline_now_ms() + after_ms) << TIME_BIT |
	       (uint64_t)end << END_BIT;
}

void
deadline_begin(struct deadline *d, const char *peer, int peer_port,
    int64_t after_ms, enum deadline_end end)
{
	struct in_addr addr = {0};

	(void)inet_pton(AF_INET, peer, &addr);
	atomic_store(&d->peer, peer_of(&addr, peer_port));
	atomic_store(&d->word, word_of(after_ms, end));
}

/* Until sockets that were being shut down are. */
static void
wait_for_look(struct deadlines *ds)
{
	pthread_mutex_lock(&ds->lock);
	pthread_mutex_unlock(&ds->lock);
}

void
deadline_move(struct deadlines *ds, struct deadline *d, int64_t after_ms,
    enum deadline_end end)
{
	uint64_t to = word_of(after_ms, end), was = atomic_load(&d->word), w;
	bool same;

	do {
		same = (enum deadline_end)(was >> END_BIT & 1) == end;
		w = same ? to | (was & PASSED) : to;
	} while (!atomic_compare_exchange_weak(&d->word, &was, w));
	if ((was & PASSED) != 0 && !same)
		wait_for_look(ds);
}

bool
deadline_finish(struct deadlines *ds, struct deadline *d)
{
	bool passed = (atomic_exchange(&d->word, 0) & PASSED) != 0;

	if (passed)
		wait_for_look(ds);
	return passed;
}

bool
deadline_passed(const struct deadline *d)
{
	return (atomic_load(&d->word) & PASSED) != 0;
}
