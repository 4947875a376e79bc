#include "web/loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "web/conn.h"
#include "web/server_int.h"

#define ACCEPT_AT_ONCE 16
#define LOOK_EVERY_MS  100
#define MAX_READERS    64
#define STACK          (512 * 1024)

struct loop {
	struct web_server *s;
	int set, stop_fd;
	atomic_bool stopping;
	atomic_bool shut; /* nobody is accepted before somebody leaves */

	pthread_mutex_t lock; /* of all; held while they are looked at */
	struct conn **all;    /* the first open of them are there */

	pthread_mutex_t queue_lock;
	pthread_cond_t queued;
	struct conn *first, **last; /* whose handlers may wait */
	unsigned in_queue, idle;    /* of them; threads that wait for one */

	pthread_mutex_t look_lock;
	pthread_cond_t look_end;

	unsigned n_threads, max_threads; /* after the start, queue_lock's */
	pthread_t threads[];
};

/* Told of once, to one thread. */
static bool
arm(const struct loop *l, int op, int fd, void *ptr, uint32_t events)
{
	struct epoll_event ev = {
	    .events = events | EPOLLONESHOT, .data.ptr = ptr};

	return epoll_ctl(l->set, op, fd, &ev) == 0;
}

/* It may be another thread's before this returns; in C's model of memory no
 * system call orders what both have written. */
static bool
park(const struct loop *l, struct conn *c, uint32_t events)
{
	int op = c->in_set ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd = c->fd;

	c->in_set = true;
	atomic_store_explicit(&c->parked, true, memory_order_release);
	return arm(l, op, fd, c, events);
}

static bool
has_room(const struct loop *l)
{
	return atomic_load(&l->s->open) < l->s->opts.connections;
}

/* Who takes the flag down lets the next be accepted: nobody else does. */
static void
open_again(struct loop *l)
{
	if (has_room(l) && atomic_exchange(&l->shut, false))
		(void)arm(l, EPOLL_CTL_MOD, l->s->fd, l, EPOLLIN);
}

static void
enter(struct loop *l, struct conn *c)
{
	pthread_mutex_lock(&l->lock);
	c->place = atomic_load(&l->s->open);
	l->all[c->place] = c;
	atomic_store(&l->s->open, c->place + 1);
	pthread_mutex_unlock(&l->lock);
}

/* conn_look() has not its socket in hand after this. */
static void
leave(struct loop *l, struct conn *c)
{
	unsigned last;

	pthread_mutex_lock(&l->lock);
	last = atomic_load(&l->s->open) - 1;
	l->all[c->place] = l->all[last];
	l->all[c->place]->place = c->place;
	atomic_store(&l->s->open, last);
	pthread_mutex_unlock(&l->lock);
	conn_free(c);
	open_again(l);
}

static bool
start_thread(struct loop *l, void *(*run)(void *))
{
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	errno = pthread_create(&l->threads[l->n_threads], &attr, run, l);
	pthread_attr_destroy(&attr);
	if (errno != 0)
		return false;
	l->n_threads++;
	return true;
}

static void *handle_queued(void *arg);

/* There come to be as many threads as were wanted at once: each keeps a stack
 * and what its allocator holds back. Where no more can be had it waits. */
static void
hand_over(struct loop *l, struct conn *c)
{
	c->next = NULL;
	pthread_mutex_lock(&l->queue_lock);
	*l->last = c;
	l->last = &c->next;
	if (++l->in_queue > l->idle && l->n_threads < l->max_threads &&
	    !atomic_load(&l->stopping))
		(void)start_thread(l, handle_queued);
	pthread_cond_signal(&l->queued);
	pthread_mutex_unlock(&l->queue_lock);
}

static void
step(struct loop *l, struct conn *c, bool may_wait)
{
	bool on = true;

	switch (conn_step(c, may_wait)) {
	case CONN_WAIT_IN:
		on = park(l, c, EPOLLIN);
		break;
	case CONN_WAIT_OUT:
		on = park(l, c, EPOLLOUT);
		break;
	case CONN_OTHERS_FIRST:
		/* EPOLLIN also when its reading is ended: a client that reads
		 * no answers may leave no room to write for ever */
		on = park(l, c, EPOLLIN | EPOLLOUT);
		break;
	case CONN_HAND_OVER:
		hand_over(l, c);
		break;
	default:
		on = false;
	}
	if (!on)
		leave(l, c);
}

/* The next connection, or NULL. */
static struct conn *
accept_one(struct loop *l)
{
	static const struct timespec breath = {.tv_nsec = 10000000};
	struct sockaddr_in peer;
	socklen_t n = sizeof peer;
	char client[INET_ADDRSTRLEN] = "";
	int one = 1, fd;

	fd = accept4(l->s->fd, (struct sockaddr *)&peer, &n,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM)
			nanosleep(&breath, NULL);
		return NULL;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	(void)inet_ntop(AF_INET, &peer.sin_addr, client, sizeof client);
	return conn_new(l->s, fd, client);
}

static void
accept_some(struct loop *l)
{
	struct conn *c;

	for (int i = 0;
	     i < ACCEPT_AT_ONCE && has_room(l) && (c = accept_one(l)) != NULL;
	     i++) {
		enter(l, c);
		step(l, c, false);
	}
	/* the rest stays in the kernel's queue, until there is room */
	atomic_store(&l->shut, true);
	open_again(l);
}

static void *
read_ready(void *arg)
{
	struct loop *l = arg;
	struct epoll_event ev;
	struct conn *c;

	while (!atomic_load(&l->stopping)) {
		if (epoll_wait(l->set, &ev, 1, -1) != 1)
			continue;
		if (ev.data.ptr == l)
			accept_some(l);
		else if ((c = ev.data.ptr) != NULL &&
			 atomic_load_explicit(&c->parked, memory_order_acquire))
			step(l, c, false);
	}
	return NULL;
}

static struct conn *
next_in_queue(struct loop *l)
{
	struct conn *c;

	pthread_mutex_lock(&l->queue_lock);
	l->idle++;
	while (l->first == NULL && !atomic_load(&l->stopping))
		pthread_cond_wait(&l->queued, &l->queue_lock);
	l->idle--;
	c = l->first;
	if (c != NULL) {
		l->in_queue--;
		if ((l->first = c->next) == NULL)
			l->last = &l->first;
	}
	pthread_mutex_unlock(&l->queue_lock);
	return c;
}

static void *
handle_queued(void *arg)
{
	struct loop *l = arg;
	struct conn *c;

	while (!atomic_load(&l->stopping) && (c = next_in_queue(l)) != NULL)
		step(l, c, true);
	return NULL;
}

static void *
look(void *arg)
{
	struct loop *l = arg;

	pthread_mutex_lock(&l->look_lock);
	while (!atomic_load(&l->stopping)) {
		int64_t at = conn_now_ms() + LOOK_EVERY_MS;
		const struct timespec ts = {
		    .tv_sec = at / 1000, .tv_nsec = at % 1000 * 1000000};
		bool crowded = server_is_crowded(l->s);

		pthread_mutex_lock(&l->lock);
		for (unsigned i = 0; i < atomic_load(&l->s->open); i++)
			conn_look(l->all[i], at - LOOK_EVERY_MS, crowded);
		pthread_mutex_unlock(&l->lock);
		(void)pthread_cond_timedwait(&l->look_end, &l->look_lock, &ts);
	}
	pthread_mutex_unlock(&l->look_lock);
	return NULL;
}

/* Of those whose handlers may wait, the first. */
static bool
start_threads(struct loop *l, unsigned readers)
{
	bool ok = start_thread(l, look) && start_thread(l, handle_queued);

	for (unsigned i = 0; ok && i < readers; i++)
		ok = start_thread(l, read_ready);
	return ok;
}

/* Seen by all of them, again and again. */
static bool
watch_stop(struct loop *l)
{
	struct epoll_event ev = {.events = EPOLLIN};

	return epoll_ctl(l->set, EPOLL_CTL_ADD, l->stop_fd, &ev) == 0;
}

enum cred_err
loop_start(struct web_server *s, struct loop **out, struct why *why)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned readers = cpus < 2             ? 2
			   : cpus > MAX_READERS ? MAX_READERS
						: (unsigned)cpus;
	pthread_condattr_t monotonic;
	unsigned max = 1 + readers + s->opts.threads;
	struct loop *l = calloc(1, sizeof *l + max * sizeof *l->threads);

	if (l == NULL)
		return why_errno(why, ENOMEM, "web", s->opts.listen);
	l->s = s;
	l->max_threads = max;
	l->last = &l->first;
	pthread_mutex_init(&l->lock, NULL);
	pthread_mutex_init(&l->queue_lock, NULL);
	pthread_mutex_init(&l->look_lock, NULL);
	pthread_cond_init(&l->queued, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&l->look_end, &monotonic);
	pthread_condattr_destroy(&monotonic);
	s->loop = l; /* its threads ask it */
	l->all = calloc(s->opts.connections, sizeof(struct conn *));
	l->set = epoll_create1(EPOLL_CLOEXEC);
	l->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->all == NULL || l->set < 0 || l->stop_fd < 0 || !watch_stop(l) ||
	    !start_threads(l, readers) ||
	    !arm(l, EPOLL_CTL_ADD, s->fd, l, EPOLLIN)) {
		enum cred_err e = why_errno(
		    why, errno != 0 ? errno : EAGAIN, "web", s->opts.listen);
		loop_stop(l);
		s->loop = NULL;
		return e;
	}
	*out = l;
	return CRED_OK;
}

void
loop_stop(struct loop *l)
{
	uint64_t one = 1;

	if (l == NULL)
		return;
	pthread_mutex_lock(&l->queue_lock);
	atomic_store(&l->stopping, true);
	pthread_cond_broadcast(&l->queued);
	pthread_mutex_unlock(&l->queue_lock);
	pthread_mutex_lock(&l->look_lock);
	pthread_cond_signal(&l->look_end);
	pthread_mutex_unlock(&l->look_lock);
	if (l->stop_fd >= 0)
		(void)!write(l->stop_fd, &one, sizeof one);
	for (unsigned i = 0; i < l->n_threads; i++)
		pthread_join(l->threads[i], NULL);
	while (l->all != NULL && atomic_load(&l->s->open) > 0)
		leave(l, l->all[0]);
	if (l->set >= 0)
		close(l->set);
	if (l->stop_fd >= 0)
		close(l->stop_fd);
	pthread_cond_destroy(&l->queued);
	pthread_cond_destroy(&l->look_end);
	pthread_mutex_destroy(&l->lock);
	pthread_mutex_destroy(&l->queue_lock);
	pthread_mutex_destroy(&l->look_lock);
	free(l->all);
	free(l);
}
