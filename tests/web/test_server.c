#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>
#include <sys/socket.h>
#include <unistd.h>

#include "web/server_int.h"

#define SILENCE_MS 300
#define PLACES     20
#define WAITERS    2
#define PATIENCE_S 30

static struct web_server *server;
static sem_t entered, may_go;

static void
taken(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	(void)ctx;
	(void)rq;
	rp->status = 204;
}

/* For a while, lest a failure hang. */
static bool
take_place(sem_t *sem)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_S;
	return sem_timedwait(sem, &until) == 0;
}

/* A handler that waits for us. */
static void
waits(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	sem_post(&entered);
	(void)take_place(&may_go);
	taken(ctx, rq, rp);
}

/* As many KiB as the query says. */
static void
sized(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	static uint8_t zeros[1024 * 1024];
	size_t kib = (size_t)atoi(rq->query);

	(void)ctx;
	if (kib * 1024 > sizeof zeros)
		abort();
	reply_bytes(rp, "text/plain", bytes_of(zeros, kib * 1024));
}

static int
setup(void **state)
{
	static const struct web_route routes[] = {
	    {"POST", "/x", 100, taken, 0, NULL},
	    {"GET", "/quick", 0, taken, WEB_QUICK, NULL},
	    {"GET", "/waits", 0, waits, 0, NULL}, {0}};
	static const struct web_opts opts = {.listen = "127.0.0.1:0",
	    .routes = routes,
	    .connections = PLACES,
	    .threads = WAITERS,
	    .head_ms = SILENCE_MS,
	    .body_ms = SILENCE_MS,
	    .idle_ms = 60000};
	struct why why = {0};

	(void)state;
	sem_init(&entered, 0, 0);
	sem_init(&may_go, 0, 0);
	return web_start(&opts, &server, &why) != CRED_OK;
}

static int
teardown(void **state)
{
	(void)state;
	web_stop(server);
	return 0;
}

static void
assert_entered(void)
{
	assert_true(take_place(&entered));
}

/* So many requests are in hand; one that was answered is for a moment more. */
static void
assert_active(unsigned n)
{
	for (int i = 0; i < PATIENCE_S * 1000 && web_active(server) != n; i++)
		usleep(1000);
	assert_int_equal(web_active(server), n);
}

static int
dial(void)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	const struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)web_port(server)),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)setsockopt(
	    fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	assert_int_equal(
	    connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

static void
say(int fd, const char *bytes)
{
	assert_int_equal(send(fd, bytes, strlen(bytes), MSG_NOSIGNAL),
	    (ssize_t)strlen(bytes));
}

/* The status of the next answer, 0 for the end. */
static int
heard(int fd)
{
	char answer[4096] = "";
	size_t have = 0;
	int status = 0;
	ssize_t n;

	while (strstr(answer, "\r\n\r\n") == NULL &&
	       (n = recv(fd, answer + have, sizeof answer - 1 - have, 0)) > 0)
		have += (size_t)n;
	return sscanf(answer, "HTTP/1.1 %d", &status) == 1 ? status : 0;
}

static bool
is_silent(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, ms) == 0;
}

static int
status_of(const char *bytes, bool gone)
{
	int fd = dial(), status;

	say(fd, bytes);
	if (gone)
		shutdown(fd, SHUT_WR);
	status = heard(fd);
	close(fd);
	return status;
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define HEAD                                                                   \
	"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"  \
	"Content-Length: 4\r\n\r\n"

static void
whole(void **state)
{
	(void)state;
	assert_int_equal(status_of(HEAD "1234", false), 204);
}

static void
silent_is_slow(void **state)
{
	(void)state;
	assert_int_equal(status_of(HEAD, false), 408);
	assert_int_equal(status_of(HEAD "12", false), 408);
	assert_int_equal(status_of("GET / HT", false), 408);
	assert_int_equal(status_of("", false), 0);
}

static void
gone_is_cut_short(void **state)
{
	(void)state;
	assert_int_equal(status_of(HEAD "12", true), 400);
	assert_int_equal(status_of("", true), 0);
}

/* All that may wait do; nobody else waits for them. */
static void
quick_ones_pass(void **state)
{
	int fds[WAITERS + 3];

	(void)state;
	for (int i = 0; i < WAITERS + 3; i++)
		say(fds[i] = dial(), GET("/waits"));
	for (int i = 0; i < WAITERS; i++)
		assert_entered();
	for (int i = 0; i < 50; i++)
		assert_int_equal(status_of(GET("/quick"), false), 204);
	for (int i = 0; i < WAITERS + 3; i++)
		assert_true(is_silent(fds[i], 0));
	assert_active(WAITERS + 3);
	assert_int_not_equal(sem_trywait(&entered), 0); /* three in line */
	for (int i = 0; i < WAITERS + 3; i++)
		sem_post(&may_go);
	for (int i = 0; i < WAITERS + 3; i++) {
		assert_int_equal(heard(fds[i]), 204);
		close(fds[i]);
	}
	for (int i = 0; i < 3; i++)
		assert_entered();
}

/* More than there are places: they are in line until somebody leaves, and who
 * is answered or does not ask is not kept. */
static void
more_than_places(void **state)
{
	int held[PLACES], more;

	(void)state;
	for (int i = 0; i < PLACES; i++)
		say(held[i] = dial(), GET("/waits"));
	for (int i = 0; i < WAITERS; i++)
		assert_entered();
	say(more = dial(), GET("/quick"));
	assert_true(is_silent(more, 200));
	for (int i = 0; i < PLACES; i++)
		sem_post(&may_go);
	for (int i = 0; i < PLACES; i++)
		assert_int_equal(heard(held[i]), 204);
	assert_int_equal(heard(more), 204);
	for (int i = WAITERS; i < PLACES; i++)
		assert_entered();
	for (int i = 0; i < PLACES; i++)
		close(held[i]);
	close(more);
}

static void *
come_and_go(void *arg)
{
	atomic_uint *answered = arg;

	for (int i = 0; i < 50; i++)
		if (status_of(GET("/quick"), false) == 204)
			atomic_fetch_add(answered, 1);
	return NULL;
}

/* Twice as many as there are places, all the time. */
static void
coming_and_going(void **state)
{
	atomic_uint answered = 0;
	pthread_t clients[2 * PLACES];

	(void)state;
	for (int i = 0; i < 2 * PLACES; i++)
		assert_int_equal(
		    pthread_create(&clients[i], NULL, come_and_go, &answered),
		    0);
	for (int i = 0; i < 2 * PLACES; i++)
		pthread_join(clients[i], NULL);
	assert_int_equal(answered, 2 * PLACES * 50);
}

/* What is in hand is finished, who is connected is let go. */
static void
stop(void **state)
{
	int idle = dial(), busy = dial();

	say(busy, GET("/waits"));
	assert_entered();
	web_drain(server);
	assert_active(1);
	sem_post(&may_go);
	assert_int_equal(heard(busy), 204);
	assert_int_equal(heard(busy), 0);
	assert_active(0);
	teardown(state);
	assert_int_equal(heard(idle), 0);
	close(idle);
	close(busy);
	assert_int_equal(setup(state), 0);
}

/*
 * Who asks for much and reads none of it is let go at the deadlines, whether an
 * answer is half sent or the next request is in line. When that is depends on
 * how much the kernel takes, hence the sizes.
 */
static void
readers_of_nothing(void **state)
{
	static const struct web_route routes[] = {
	    {"GET", "/sized", 0, sized, WEB_QUICK, NULL}, {0}};
	static const struct web_opts opts = {.listen = "127.0.0.1:0",
	    .routes = routes,
	    .connections = 1000,
	    .threads = 1,
	    .idle_ms = SILENCE_MS,
	    .head_ms = SILENCE_MS,
	    .reply_ms = SILENCE_MS};
	struct web_server *other = server;
	struct why why = {0};
	unsigned still;
	int fds[80];
	char line[64];

	(void)state;
	assert_int_equal(web_start(&opts, &server, &why), CRED_OK);
	for (size_t i = 0, kib = 4; i < 80; i++, kib += 1 + kib / 20) {
		snprintf(line, sizeof line,
		    "GET /sized?%zu HTTP/1.1\r\nHost: localhost\r\n\r\n", kib);
		fds[i] = dial();
		for (int n = 0; n < 17; n++)
			say(fds[i], line);
	}
	for (int i = 0; i < PATIENCE_S * 1000 && server->open > 0; i++)
		usleep(1000);
	still = server->open;
	for (int i = 0; i < 80; i++)
		close(fds[i]);
	web_stop(server);
	server = other;
	assert_int_equal(still, 0);
}

static void
taken_ports(void **state)
{
	struct web_server *other = NULL;
	struct web_opts opts = {.routes = NULL};
	struct why why = {0};
	char at[32];

	(void)state;
	snprintf(at, sizeof at, "127.0.0.1:%d", web_port(server));
	opts.listen = at;
	assert_int_equal(web_start(&opts, &other, &why), CRED_FAULT_NETWORK);
	assert_non_null(strstr(why.text, at));
	assert_null(other);
	opts.listen = "192.0.2.1:0"; /* not this machine's */
	assert_int_equal(web_start(&opts, &other, &why), CRED_FAULT_NETWORK);
	opts.listen = "443s";
	assert_int_equal(web_start(&opts, &other, &why), CRED_FAULT_CONFIG);
	assert_null(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whole),
	    cmocka_unit_test(silent_is_slow),
	    cmocka_unit_test(gone_is_cut_short),
	    cmocka_unit_test(quick_ones_pass),
	    cmocka_unit_test(more_than_places),
	    cmocka_unit_test(coming_and_going),
	    cmocka_unit_test(readers_of_nothing),
	    cmocka_unit_test(stop),
	    cmocka_unit_test(taken_ports),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
