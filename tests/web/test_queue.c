#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "web/queue.h"

#define LONG_MS    20000
#define PATIENT_MS 1500 /* until a busy machine has looked */
#define SHORT_MS   100

/* A thread with one connection, told step by step what to do. */
struct server {
	struct queue *q;
	pthread_t thread;
	int fd, client;
	atomic_int tid;
	sem_t go, done;
	char step;
	int timeout_ms;
	int ready; /* what poll() gave */
	short revents;
	unsigned nth; /* which of all was the how manieth to be ready */
};

static atomic_uint n_ready;

static void *
serve(void *arg)
{
	struct server *s = arg;
	char c;

	queue_join(s->q);
	s->tid = gettid();
	for (;;) {
		sem_wait(&s->go);
		switch (s->step) {
		case 'n': /* the next request */
			queue_next();
			/* fall through */
		case 'p': { /* more of this one */
			struct pollfd p = {.fd = s->fd, .events = POLLIN};
			s->ready = poll(&p, 1, s->timeout_ms);
			s->revents = p.revents;
			s->nth = n_ready++;
			if (s->ready == 1)
				(void)!read(s->fd, &c, 1);
			break;
		}
		case 'w': { /* an answer, with the next request in hand */
			struct pollfd p = {.fd = s->fd, .events = POLLOUT};
			queue_next();
			s->ready = poll(&p, 1, s->timeout_ms);
			s->revents = p.revents;
			break;
		}
		case 'l':
			queue_leave();
			break;
		default:
			return NULL;
		}
		sem_post(&s->done);
	}
}

static void
begin(struct server *s, char step, int timeout_ms)
{
	s->step = step;
	s->timeout_ms = timeout_ms;
	sem_post(&s->go);
}

static void
done(struct server *s)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LONG_MS / 1000;
	assert_int_equal(sem_timedwait(&s->done, &until), 0);
}

static void
sleep_ms(int ms)
{
	nanosleep(&(struct timespec){0, ms * 1000000L}, NULL);
}

static bool
is_done(struct server *s)
{
	int n;

	sem_getvalue(&s->done, &n);
	return n > 0;
}

/* It sleeps, at several looks, so it waits in poll(). */
static void
until_it_waits(struct server *s)
{
	char path[64], state;
	int asleep = 0;

	for (int i = 0; i < LONG_MS && asleep < 5; i++, sleep_ms(1)) {
		FILE *f;
		snprintf(path, sizeof path, "/proc/self/task/%d/stat", s->tid);
		f = fopen(path, "r");
		if (f == NULL)
			continue;
		asleep =
		    fscanf(f, "%*d (%*[^)]) %c", &state) == 1 && state == 'S'
			? asleep + 1
			: 0;
		fclose(f);
	}
	assert_int_equal(asleep, 5);
}

static void
ask(struct server *s)
{
	assert_int_equal(write(s->client, "x", 1), 1);
}

#define N 4
static struct server servers[N];

static void
start(struct queue **q, unsigned n_places, unsigned at_once)
{
	*q = queue_start(n_places, at_once);
	assert_non_null(*q);
	for (int i = 0; i < N; i++) {
		struct server *s = &servers[i];
		int pair[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		*s = (struct server){.q = *q, .fd = pair[0], .client = pair[1]};
		sem_init(&s->go, 0, 0);
		sem_init(&s->done, 0, 0);
		assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
		while (s->tid == 0)
			sleep_ms(1);
	}
	n_ready = 0;
}

static void
stop(struct queue *q)
{
	for (int i = 0; i < N; i++) {
		begin(&servers[i], 'e', 0);
		pthread_join(servers[i].thread, NULL);
		close(servers[i].fd);
		close(servers[i].client);
	}
	queue_stop(q);
}

/* All wait, and then are asked in another order than they came to wait. */
static void
first_come_first_served(void **state)
{
	static const int order[N] = {2, 0, 3, 1};
	struct queue *q;

	(void)state;
	start(&q, N, 1);
	for (int i = 0; i < N; i++) {
		begin(&servers[i], 'n', LONG_MS);
		until_it_waits(&servers[i]);
	}
	for (int i = 0; i < N; i++)
		ask(&servers[order[i]]);
	for (unsigned i = 0; i < N; i++) {
		struct server *s = &servers[order[i]];
		done(s);
		assert_int_equal(s->ready, 1);
		assert_int_equal(s->revents, POLLIN);
		assert_int_equal(s->nth, i);
		sleep_ms(SHORT_MS / 5);
		assert_int_equal(n_ready, i + 1); /* one at once */
		begin(s, i % 2 == 0 ? 'l' : 'n', LONG_MS);
		if (i % 2 == 0)
			done(s);
	}
	for (int i = 0; i < 2; i++) { /* 0 and 1 wait once more */
		ask(&servers[i]);
		done(&servers[i]);
		begin(&servers[i], 'l', 0);
		done(&servers[i]);
	}
	stop(q);
}

static void
as_many_as_may(void **state)
{
	struct queue *q;

	(void)state;
	start(&q, N, 2);
	for (int i = 0; i < N; i++) {
		begin(&servers[i], 'n', LONG_MS);
		until_it_waits(&servers[i]);
		ask(&servers[i]);
	}
	done(&servers[0]);
	done(&servers[1]);
	sleep_ms(SHORT_MS);
	assert_false(is_done(&servers[2]));
	begin(&servers[1], 'l', 0);
	done(&servers[1]);
	done(&servers[2]);
	assert_false(is_done(&servers[3]));
	begin(&servers[0], 'l', 0);
	done(&servers[0]);
	done(&servers[3]);
	stop(q);
}

/* Half a request and no more: others are served meanwhile. */
static void
a_slow_client_keeps_nobody(void **state)
{
	struct queue *q;

	(void)state;
	start(&q, N, 1);
	begin(&servers[0], 'n', LONG_MS);
	ask(&servers[0]);
	done(&servers[0]);
	begin(&servers[1], 'n', LONG_MS);
	ask(&servers[1]);
	begin(&servers[0], 'p', LONG_MS);
	done(&servers[1]);
	assert_false(is_done(&servers[0]));
	ask(&servers[0]); /* and goes on without waiting for a turn */
	done(&servers[0]);
	assert_int_equal(servers[0].ready, 1);
	stop(q);
}

/* Who asks twice at once and then only reads: civetweb has both requests, and
 * waits for room, not for a byte. */
static void
answers_wait_for_room_alone(void **state)
{
	struct queue *q;

	(void)state;
	start(&q, N, 1);
	begin(&servers[0], 'w', PATIENT_MS);
	done(&servers[0]);
	assert_int_equal(servers[0].ready, 1);
	assert_int_equal(servers[0].revents, POLLOUT);
	stop(q);
}

static void
silence_ends_in_time(void **state)
{
	struct queue *q;

	(void)state;
	start(&q, N, 1);
	begin(&servers[0], 'n', SHORT_MS);
	done(&servers[0]);
	assert_int_equal(servers[0].ready, 0);
	assert_int_equal(servers[0].revents, 0);
	for (int i = 0; i < 3; i++) { /* and can be waited for again */
		begin(&servers[0], 'n', LONG_MS);
		ask(&servers[0]);
		done(&servers[0]);
		assert_int_equal(servers[0].ready, 1);
	}
	stop(q);
}

/* The one served never comes back; who waits goes on after its time. */
static void
a_lost_place_stops_nobody(void **state)
{
	struct queue *q;

	(void)state;
	start(&q, N, 1);
	begin(&servers[0], 'n', LONG_MS);
	ask(&servers[0]);
	done(&servers[0]);
	for (int i = 1; i < N; i++) {
		ask(&servers[i]);
		begin(&servers[i], 'n', PATIENT_MS);
	}
	for (int i = 1; i < N; i++) {
		done(&servers[i]);
		assert_int_equal(servers[i].ready, 1);
		assert_int_equal(servers[i].revents, POLLIN);
	}
	stop(q);
}

static void
gone_clients_are_told(void **state)
{
	struct queue *q;

	(void)state;
	start(&q, N, 1);
	begin(&servers[0], 'n', LONG_MS);
	close(servers[0].client);
	done(&servers[0]);
	assert_int_equal(servers[0].ready, 1);
	assert_int_equal(servers[0].revents, POLLIN | POLLHUP);
	servers[0].client = -1;
	stop(q);
}

/* The number of a descriptor says nothing about who it was. */
static void
the_next_connection(void **state)
{
	struct queue *q;
	int pair[2], fd;

	(void)state;
	start(&q, N, 1);
	for (int i = 0; i < 3; i++) {
		begin(&servers[0], 'n', LONG_MS);
		ask(&servers[0]);
		done(&servers[0]);
		begin(&servers[0], 'l', 0);
		done(&servers[0]);
		close(servers[0].client);
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		fd = dup2(pair[0], servers[0].fd);
		assert_int_equal(fd, servers[0].fd);
		close(pair[0]);
		servers[0].client = pair[1];
	}
	stop(q);
}

/* More threads than places, and threads that take no part. */
static void
others_poll_as_ever(void **state)
{
	struct pollfd p[2] = {{.events = POLLIN}, {.events = POLLIN}};
	struct queue *q;

	(void)state;
	start(&q, 1, 1);
	for (int i = 0; i < N; i++) { /* one has a place */
		begin(&servers[i], 'n', LONG_MS);
		ask(&servers[i]);
	}
	for (int i = 0; i < N; i++) {
		done(&servers[i]);
		assert_int_equal(servers[i].ready, 1);
	}
	queue_next(); /* of no account here */
	p[0].fd = servers[0].fd;
	p[1].fd = servers[1].fd;
	assert_int_equal(poll(p, 1, SHORT_MS), 0);
	ask(&servers[1]);
	assert_int_equal(poll(p, 2, -1), 1);
	assert_int_equal(p[0].revents, 0);
	assert_int_equal(p[1].revents, POLLIN);
	assert_int_equal(poll(p, 1, 0), 0);
	stop(q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(first_come_first_served),
	    cmocka_unit_test(as_many_as_may),
	    cmocka_unit_test(a_slow_client_keeps_nobody),
	    cmocka_unit_test(answers_wait_for_room_alone),
	    cmocka_unit_test(silence_ends_in_time),
	    cmocka_unit_test(a_lost_place_stops_nobody),
	    cmocka_unit_test(gone_clients_are_told),
	    cmocka_unit_test(the_next_connection),
	    cmocka_unit_test(others_poll_as_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
