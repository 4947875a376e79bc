#include "web/deadline.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "web/gate.h"

#define LOOK_EVERY_MS 100

struct deadlines {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	struct deadline *first;
	struct gate *gate;
	int port; /* 0: not known yet */
	bool stop;
};

int64_t
deadline_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool
is_connection(int fd, const struct deadline *d)
{
	struct sockaddr_in peer = {0}, local = {0};
	socklen_t n = sizeof peer, m = sizeof local;
	char text[INET_ADDRSTRLEN];

	return getpeername(fd, (struct sockaddr *)&peer, &n) == 0 &&
	       peer.sin_family == AF_INET &&
	       ntohs(peer.sin_port) == d->peer_port &&
	       getsockname(fd, (struct sockaddr *)&local, &m) == 0 &&
	       ntohs(local.sin_port) == d->local_port &&
	       inet_ntop(AF_INET, &peer.sin_addr, text, sizeof text) != NULL &&
	       strcmp(text, d->peer) == 0;
}

/* The request is in hand, so its socket is open and this finds no other. */
static void
shut_down(const struct deadline *d)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *e;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		int fd = atoi(e->d_name);
		if (e->d_name[0] == '.' || !is_connection(fd, d))
			continue;
		(void)shutdown(
		    fd, d->end == DEADLINE_READ ? SHUT_RD : SHUT_RDWR);
	}
	if (dir != NULL)
		closedir(dir);
}

static bool
in_hand(void *ctx, const struct sockaddr_in *peer)
{
	const struct deadlines *ds = ctx;
	char text[INET_ADDRSTRLEN];

	for (const struct deadline *d = ds->first; d != NULL; d = d->next)
		if (d->peer_port == ntohs(peer->sin_port) &&
		    inet_ntop(AF_INET, &peer->sin_addr, text, sizeof text) !=
			NULL &&
		    strcmp(text, d->peer) == 0)
			return true;
	return false;
}

static void *
look(void *arg)
{
	struct deadlines *ds = arg;

	pthread_mutex_lock(&ds->lock);
	while (!ds->stop) {
		int64_t now = deadline_now_ms();
		struct timespec ts;

		for (struct deadline *d = ds->first; d != NULL; d = d->next)
			if (!d->passed && d->at_ms <= now) {
				shut_down(d);
				d->passed = true;
			}
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
deadlines_start(struct gate *gate)
{
	struct deadlines *ds = calloc(1, sizeof *ds);
	pthread_condattr_t attr;

	if (ds == NULL)
		return NULL;
	ds->gate = gate;
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

void
deadline_begin(struct deadlines *ds, struct deadline *d, const char *peer,
    int peer_port, int local_port, int64_t after_ms, enum deadline_end end)
{
	*d = (struct deadline){.peer_port = peer_port,
	    .local_port = local_port,
	    .at_ms = deadline_now_ms() + after_ms,
	    .end = end};
	snprintf(d->peer, sizeof d->peer, "%s", peer);
	pthread_mutex_lock(&ds->lock);
	d->next = ds->first;
	d->link = &ds->first;
	if (d->next != NULL)
		d->next->link = &d->next;
	ds->first = d;
	pthread_mutex_unlock(&ds->lock);
}

void
deadline_move(struct deadlines *ds, struct deadline *d, int64_t after_ms,
    enum deadline_end end)
{
	pthread_mutex_lock(&ds->lock);
	d->at_ms = deadline_now_ms() + after_ms;
	if (end != d->end)
		d->passed = false;
	d->end = end;
	pthread_mutex_unlock(&ds->lock);
}

bool
deadline_finish(struct deadlines *ds, struct deadline *d)
{
	bool passed;

	pthread_mutex_lock(&ds->lock);
	passed = d->passed;
	*d->link = d->next;
	if (d->next != NULL)
		d->next->link = d->link;
	pthread_mutex_unlock(&ds->lock);
	return passed;
}

bool
deadline_passed(struct deadlines *ds, const struct deadline *d)
{
	bool passed;

	pthread_mutex_lock(&ds->lock);
	passed = d->passed;
	pthread_mutex_unlock(&ds->lock);
	return passed;
}
