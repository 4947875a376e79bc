#include "web/queue.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_AT_ONCE 64
#define BELL           UINT64_MAX /* data of the event that ends the thread */

enum state {
	AWAY,   /* waits for nothing here */
	SILENT, /* no byte has come yet */
	QUEUED,
	SERVED,
};

struct queue_place {
	struct queue *q;
	TAILQ_ENTRY(queue_place) link; /* while QUEUED */
	sem_t turn;                    /* posted when it becomes SERVED */
	uint32_t events;
	uint32_t nth, wait; /* which place, and which of its waits */
	enum state state;
	bool next; /* of its own thread: the next poll() waits here */
};

struct queue {
	pthread_mutex_t lock; /* over the states, the list and served */
	TAILQ_HEAD(, queue_place) queued;
	unsigned served, at_once;
	int epoll, bell;
	pthread_t thread;
	unsigned n;
	atomic_uint n_taken;
	struct queue_place places[];
};

static _Thread_local struct queue_place *mine;

/* Under the lock. */
static void
serve(struct queue *q)
{
	struct queue_place *p;

	while (
	    q->served < q->at_once && (p = TAILQ_FIRST(&q->queued)) != NULL) {
		TAILQ_REMOVE(&q->queued, p, link);
		p->state = SERVED;
		q->served++;
		sem_post(&p->turn);
	}
}

/* Under the lock. */
static void
become(struct queue_place *p, enum state state)
{
	if (p->state == SERVED)
		p->q->served--;
	else if (p->state == QUEUED)
		TAILQ_REMOVE(&p->q->queued, p, link);
	p->state = state;
}

static void
leave(struct queue_place *p)
{
	/* of a served one, only its own thread changes it */
	if (p->state == AWAY)
		return;
	pthread_mutex_lock(&p->q->lock);
	become(p, AWAY);
	serve(p->q);
	pthread_mutex_unlock(&p->q->lock);
}

static void *
look(void *arg)
{
	struct queue *q = arg;
	struct epoll_event events[EVENTS_AT_ONCE];

	for (;;) {
		int n = epoll_wait(q->epoll, events, EVENTS_AT_ONCE, -1);

		pthread_mutex_lock(&q->lock);
		for (int i = 0; i < n; i++) {
			uint64_t data = events[i].data.u64;
			struct queue_place *p;

			if (data == BELL) {
				pthread_mutex_unlock(&q->lock);
				return NULL;
			}
			p = &q->places[(uint32_t)data];
			if (p->state != SILENT || p->wait != data >> 32)
				continue; /* it had given up */
			p->events = events[i].events;
			p->state = QUEUED;
			TAILQ_INSERT_TAIL(&q->queued, p, link);
		}
		serve(q);
		pthread_mutex_unlock(&q->lock);
	}
}

/* As poll() in all but its order; -1 where the queue cannot be told of fd, and
 * for room to write: the request was asked beforehand, this is its answer. */
static int
wait_turn(struct queue_place *p, struct pollfd *fd, int ms)
{
	struct queue *q = p->q;
	struct epoll_event e = {.events = EPOLLIN | EPOLLONESHOT};
	struct timespec until;
	bool over = false;

	pthread_mutex_lock(&q->lock);
	become(p, SILENT);
	e.data.u64 = (uint64_t)++p->wait << 32 | p->nth;
	serve(q);
	pthread_mutex_unlock(&q->lock);
	/* the kernel forgets a descriptor when it is closed */
	if ((fd->events & POLLIN) == 0 ||
	    (epoll_ctl(q->epoll, EPOLL_CTL_MOD, fd->fd, &e) != 0 &&
		(errno != ENOENT ||
		    epoll_ctl(q->epoll, EPOLL_CTL_ADD, fd->fd, &e) != 0))) {
		leave(p);
		return -1;
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	while (!over && sem_clockwait(&p->turn, CLOCK_MONOTONIC, &until) != 0) {
		if (errno == EINTR)
			continue;
		pthread_mutex_lock(&q->lock);
		over = p->state != SERVED; /* else its turn came just now */
		if (over) {
			fd->revents = p->state == QUEUED ? POLLIN : 0;
			become(p, AWAY);
		}
		pthread_mutex_unlock(&q->lock);
	}
	if (!over)
		fd->revents = (short)(p->events & (POLLIN | POLLERR | POLLHUP));
	return fd->revents != 0;
}

int
poll(struct pollfd *fds, nfds_t n, int ms)
{
	const struct timespec ts = {ms / 1000, ms % 1000 * 1000000L};
	struct queue_place *p = mine;
	int ready = -1;

	if (p != NULL && p->next && n == 1 && ms > 0) {
		ready = wait_turn(p, fds, ms);
		p->next = ready == 0;
	} else if (p != NULL) {
		leave(p);
	}
	return ready >= 0 ? ready : ppoll(fds, n, ms < 0 ? NULL : &ts, NULL);
}

struct queue *
queue_start(unsigned n_places, unsigned at_once)
{
	struct queue *q = calloc(1, sizeof *q + n_places * sizeof q->places[0]);
	struct epoll_event bell = {.events = EPOLLIN, .data.u64 = BELL};
	int e;

	if (q == NULL)
		return NULL;
	pthread_mutex_init(&q->lock, NULL);
	TAILQ_INIT(&q->queued);
	q->at_once = at_once;
	q->n = n_places;
	for (unsigned i = 0; i < n_places; i++) {
		q->places[i].q = q;
		q->places[i].nth = i;
		sem_init(&q->places[i].turn, 0, 0);
	}
	q->epoll = epoll_create1(EPOLL_CLOEXEC);
	q->bell = eventfd(0, EFD_CLOEXEC);
	if (q->epoll >= 0 && q->bell >= 0 &&
	    epoll_ctl(q->epoll, EPOLL_CTL_ADD, q->bell, &bell) == 0) {
		errno = pthread_create(&q->thread, NULL, look, q);
		if (errno == 0)
			return q;
	}
	e = errno;
	if (q->epoll >= 0)
		close(q->epoll);
	if (q->bell >= 0)
		close(q->bell);
	free(q);
	errno = e;
	return NULL;
}

void
queue_stop(struct queue *q)
{
	if (q == NULL)
		return;
	eventfd_write(q->bell, 1);
	pthread_join(q->thread, NULL);
	close(q->epoll);
	close(q->bell);
	for (unsigned i = 0; i < q->n; i++)
		sem_destroy(&q->places[i].turn);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

void
queue_join(struct queue *q)
{
	unsigned nth = atomic_fetch_add(&q->n_taken, 1);

	mine = nth < q->n ? &q->places[nth] : NULL;
}

void
queue_next(void)
{
	if (mine != NULL)
		mine->next = true;
}

void
queue_leave(void)
{
	if (mine == NULL)
		return;
	mine->next = false;
	leave(mine);
}
