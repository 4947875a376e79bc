#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "web/conn.h"
#include "web/server_int.h"

#define LARGE ((size_t)4 << 20)

static struct web_server server;
static struct conn *conn;
static int peer; /* the client's end */
static uint8_t *large;
static unsigned calls;

static void
echo(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	(void)ctx;
	calls++;
	reply_bytes(rp, "text/plain", rq->body);
}

static void
much(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	(void)ctx;
	(void)rq;
	reply_bytes(rp, "text/plain", bytes_of(large, LARGE));
}

static int
setup(void **state)
{
	static const struct web_route routes[] = {
	    {"GET", "/", 0, echo, WEB_QUICK, NULL},
	    {"GET", "/waits", 0, echo, 0, NULL},
	    {"GET", "/much", 0, much, WEB_QUICK, NULL},
	    {"POST", "/echo", 100000, echo, WEB_QUICK, NULL},
	    {"POST", "/large", LARGE, echo, WEB_QUICK, NULL}, {0}};
	int fds[2];

	(void)state;
	server = (struct web_server){.opts = {.routes = routes,
					 .connections = 100,
					 .bodies_max = 150000,
					 .idle_ms = 3000,
					 .head_ms = 2000,
					 .body_ms = 4000,
					 .reply_ms = 6000}};
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	peer = fds[1];
	conn = conn_new(&server, fds[0], "192.0.2.1");
	assert_non_null(conn);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	conn_free(conn);
	close(peer);
	assert_int_equal(atomic_load(&server.active), 0);
	return 0;
}

static void
say(const char *bytes)
{
	assert_int_equal(send(peer, bytes, strlen(bytes), MSG_NOSIGNAL),
	    (ssize_t)strlen(bytes));
}

/* All that has been answered so far. */
static const char *
heard(void)
{
	static char buf[65536];
	ssize_t n = recv(peer, buf, sizeof buf - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

/* One answer, of this status; does its connection stay? */
static void
assert_heard(int status, bool stays)
{
	const char *s = heard();
	int got = 0;

	if (sscanf(s, "HTTP/1.1 %d", &got) != 1 || got != status ||
	    (strstr(s, "Connection: keep-alive") != NULL) != stays ||
	    strstr(s + 1, "HTTP/1.1 ") != NULL)
		fail_msg("heard %s", s);
}

static void
assert_step(enum conn_next want)
{
	assert_int_equal(conn_step(conn, false), want);
}

/* What conn_look() does when so much time has gone by. */
static void
later(int64_t ms, bool crowded)
{
	conn_look(conn, conn_now_ms() + ms, crowded);
}

/* More comes, which is not the end of it, and moves no deadline. */
static void
assert_nothing_won(const char *more)
{
	int64_t due = atomic_load(&conn->due), since = conn->since_ms;

	usleep(2000);
	say(more);
	assert_step(CONN_WAIT_IN);
	assert_int_equal(atomic_load(&conn->due), due);
	assert_int_equal(conn->since_ms, since);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"
#define POST      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n"

static void
again_and_again(void **state)
{
	(void)state;
	assert_step(CONN_WAIT_IN); /* nothing yet */
	for (int i = 0; i < 3; i++) {
		say(GET("/"));
		assert_step(CONN_WAIT_IN);
		assert_heard(200, true);
		assert_null(conn->in); /* an idle one holds nothing */
		assert_null(conn->turn);
	}
	shutdown(peer, SHUT_WR);
	assert_step(CONN_END);
}

static void
byte_by_byte(void **state)
{
	static const char all[] = POST "hello" GET("/");

	(void)state;
	for (size_t i = 0; i < sizeof all - 1; i++) {
		assert_int_equal(send(peer, all + i, 1, 0), 1);
		assert_step(CONN_WAIT_IN);
		if (i == sizeof POST "hello" - 2) {
			const char *s = heard();
			assert_non_null(strstr(s, "Content-Length: 5\r\n"));
			assert_string_equal(s + strlen(s) - 5, "hello");
		} else if (i == sizeof all - 2) {
			assert_heard(200, true);
		} else {
			assert_string_equal(heard(), "");
		}
	}
}

static unsigned
count(const char *s, const char *word)
{
	unsigned n = 0;

	for (; (s = strstr(s, word)) != NULL; s++)
		n++;
	return n;
}

/* More than one at once: answered in order, others come between. */
static void
many_at_once(void **state)
{
	unsigned waits = 0;
	enum conn_next next;
	const char *s;

	(void)state;
	for (int i = 0; i < 10; i++)
		say(POST "12345" GET("/") "\r\n" POST "67890" GET("/waits"));
	while ((next = conn_step(conn, true)) == CONN_OTHERS_FIRST)
		waits++;
	assert_int_equal(next, CONN_WAIT_IN);
	assert_int_equal(waits, 2); /* of forty, after each sixteen */
	s = heard();
	assert_int_equal(count(s, "HTTP/1.1 200 OK\r\n"), 40);
	assert_int_equal(count(s, "\r\n\r\n12345HTTP/1.1 200"), 10);
	assert_int_equal(count(s, "\r\n\r\n67890HTTP/1.1 200"), 10);
}

static void
handed_over(void **state)
{
	(void)state;
	say(GET("/waits"));
	assert_step(CONN_HAND_OVER);
	assert_string_equal(heard(), "");
	assert_int_equal(atomic_load(&server.active), 1);
	assert_int_equal(conn_step(conn, true), CONN_WAIT_IN);
	assert_heard(200, true);
}

/* To a client that reads slowly, or not at all. */
static void
much_to_send(void **state)
{
	size_t got = 0;
	char buf[65536];
	ssize_t n;

	(void)state;
	large = malloc(LARGE);
	assert_non_null(large);
	for (size_t i = 0; i < LARGE; i++)
		large[i] = (uint8_t)(i * i >> 8);
	say(GET("/much"));
	assert_step(CONN_WAIT_OUT);
	assert_step(CONN_WAIT_OUT);
	n = recv(peer, buf, 1000, 0);
	assert_true(n > 0);
	n -= strstr(buf, "\r\n\r\n") + 4 - buf;
	assert_memory_equal(buf + 1000 - n, large, (size_t)n);
	for (got = (size_t)n; got < LARGE; got += (size_t)n) {
		n = recv(peer, buf, sizeof buf, 0);
		if (n <= 0) {
			(void)conn_step(conn, false);
			n = 0;
			continue;
		}
		assert_memory_equal(buf, large + got, (size_t)n);
	}
	assert_int_equal(got, LARGE);
	assert_step(CONN_WAIT_IN);
	say(GET("/much"));
	assert_step(CONN_WAIT_OUT);
	later(5900, false);
	assert_step(CONN_WAIT_OUT);
	later(6100, false);
	assert_step(CONN_END);
	free(large);
}

static void
ends_of_heads(void **state)
{
	(void)state;
	say("\r\nGET / HT");
	shutdown(peer, SHUT_WR);
	assert_step(CONN_END);
	assert_heard(400, false);
}

static void
ends_of_bodies(void **state)
{
	(void)state;
	say(POST "123");
	shutdown(peer, SHUT_WR);
	assert_step(CONN_END);
	assert_heard(400, false);
}

static void
idle_too_long(void **state)
{
	(void)state;
	say(GET("/"));
	assert_step(CONN_WAIT_IN);
	assert_heard(200, true);
	later(2900, false);
	assert_step(CONN_WAIT_IN);
	later(3100, false);
	assert_step(CONN_END);
	assert_string_equal(heard(), "");
}

/* The whole of a head and of a body have a time, whatever comes meanwhile. */
static void
slow_heads(void **state)
{
	(void)state;
	say("GET / HTTP/1.1\r\n");
	assert_step(CONN_WAIT_IN);
	later(1900, false);
	assert_nothing_won("A: b\r\n");
	later(2100, false);
	assert_step(CONN_END);
	assert_heard(408, false);
}

static void
empty_lines_for_ever(void **state)
{
	(void)state;
	say("\r\n");
	assert_step(CONN_WAIT_IN);
	later(1900, false);
	assert_nothing_won("\r\n");
	later(2100, false);
	assert_step(CONN_END);
	assert_string_equal(heard(), "");
}

/* A few of them are passed over; somebody who sends nothing else would keep the
 * thread that reads them. */
static void
empty_lines_at_once(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) { /* before each request anew */
		for (int n = 0; n < 32; n++)
			say("\r\n");
		say(GET("/"));
		assert_step(CONN_WAIT_IN);
		assert_heard(200, true);
	}
	for (int n = 0; n < 33; n++)
		say("\r\n");
	assert_step(CONN_WAIT_IN);
	assert_heard(400, false);
	assert_int_equal(conn->state, CONN_LINGER);
}

/* A second more for each 64 KiB, once they are there. */
static void
large_bodies(void **state)
{
	static char body[3 * 65536];

	(void)state;
	server.opts.bodies_max = 2 * LARGE;
	say("POST /large HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000"
	    "\r\n\r\n1");
	assert_step(CONN_WAIT_IN);
	for (size_t i = 0; i < sizeof body; i += 65536) {
		assert_int_equal(send(peer, body + i, 65536, 0), 65536);
		assert_step(CONN_WAIT_IN);
	}
	later(6900, false);
	assert_nothing_won("1");
	later(7100, false);
	(void)conn_step(conn, false);
	assert_heard(408, false);
}

static void
announced_bodies(void **state)
{
	(void)state;
	say("POST /large HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000"
	    "\r\n\r\n1");
	assert_step(CONN_WAIT_IN);
	later(4100, false);
	(void)conn_step(conn, false);
	assert_heard(408, false);
}

static void
slow_bodies(void **state)
{
	(void)state;
	say(POST "12");
	assert_step(CONN_WAIT_IN);
	later(3900, false);
	assert_nothing_won("3");
	later(4100, false);
	(void)conn_step(conn, false);
	assert_heard(408, false);
}

static void
crowded(void **state)
{
	(void)state;
	assert_step(CONN_WAIT_IN);
	later(CONN_HURRY_MS + 100, false);
	assert_step(CONN_WAIT_IN);
	later(CONN_HURRY_MS - 100, true);
	assert_step(CONN_WAIT_IN);
	say("G"); /* not looked at yet */
	later(CONN_HURRY_MS + 100, true);
	assert_step(CONN_WAIT_IN);
	later(CONN_HURRY_MS + 100, true);
	assert_step(CONN_END);
	assert_heard(503, false);
}

static void
crowded_after_an_answer(void **state)
{
	(void)state;
	say(GET("/"));
	assert_step(CONN_WAIT_IN);
	assert_heard(200, true);
	later(CONN_HURRY_MS + 100, true);
	assert_step(CONN_END);
	assert_string_equal(heard(), "");
}

/* Nobody is kept then. */
static void
no_places(void **state)
{
	(void)state;
	atomic_store(&server.open, 93);
	say(GET("/"));
	assert_step(CONN_WAIT_IN);
	assert_heard(200, true);
	atomic_store(&server.open, 94); /* six left, a sixteenth of 100 */
	say(GET("/"));
	assert_step(CONN_END);
	assert_heard(200, false);
}

static void
draining(void **state)
{
	(void)state;
	say(POST "123");
	assert_step(CONN_WAIT_IN);
	atomic_store(&server.draining, true);
	say("45");
	assert_step(CONN_END);
	assert_heard(200, false);
}

/* What is still being sent is taken, for a moment, so that the answer stays. */
static void
lingers(void **state)
{
	static char more[60000];

	(void)state;
	say("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n");
	assert_step(CONN_WAIT_IN);
	assert_heard(413, false);
	for (int i = 0; i < 4; i++) {
		assert_true(send(peer, more, sizeof more, 0) > 0);
		assert_step(CONN_WAIT_IN);
	}
	assert_true(send(peer, more, sizeof more, 0) > 0);
	assert_step(CONN_END); /* more than that is not taken */
}

static void
lingers_not_for_ever(void **state)
{
	(void)state;
	say("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n");
	assert_step(CONN_WAIT_IN);
	later(1100, false);
	assert_step(CONN_END);
}

/* All bodies together have room for one and a half. */
static void
too_much_at_once(void **state)
{
	static char body[65536];

	(void)state;
	server.body_bytes = 60000;
	say("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
	assert_true(send(peer, body, sizeof body, 0) == sizeof body);
	assert_step(CONN_WAIT_IN); /* 65536 fit, 100000 do not */
	assert_true(send(peer, body, 100, 0) == 100);
	assert_step(CONN_WAIT_IN);
	assert_heard(503, false);
	assert_int_equal(server.body_bytes, 60000);
}

/* Nor for one that comes together with its head. */
static void
too_much_already(void **state)
{
	(void)state;
	server.body_bytes = 149999;
	say(POST "12");
	assert_step(CONN_WAIT_IN);
	assert_heard(503, false);
	assert_int_equal(server.body_bytes, 149999);
}

/* In line for so long that nobody waits for the answer: not begun. */
static void
handed_over_too_late(void **state)
{
	unsigned before = calls;

	(void)state;
	say(GET("/waits"));
	assert_step(CONN_HAND_OVER);
	later(6100, false);
	assert_int_equal(conn_step(conn, true), CONN_END);
	assert_string_equal(heard(), "");
	assert_int_equal(calls, before);
}

static void
continues(void **state)
{
	(void)state;
	say("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"
	    "Expect: 100-continue\r\n\r\n");
	assert_step(CONN_WAIT_IN);
	assert_string_equal(heard(), "HTTP/1.1 100 Continue\r\n\r\n");
	say("hello");
	assert_step(CONN_WAIT_IN);
	assert_heard(200, true);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {TEST(again_and_again),
	    TEST(byte_by_byte), TEST(many_at_once), TEST(handed_over),
	    TEST(much_to_send), TEST(ends_of_heads), TEST(ends_of_bodies),
	    TEST(idle_too_long), TEST(slow_heads), TEST(empty_lines_for_ever),
	    TEST(empty_lines_at_once), TEST(large_bodies),
	    TEST(announced_bodies), TEST(too_much_already),
	    TEST(handed_over_too_late), TEST(too_much_at_once),
	    TEST(slow_bodies), TEST(crowded), TEST(crowded_after_an_answer),
	    TEST(no_places), TEST(draining), TEST(lingers),
	    TEST(lingers_not_for_ever), TEST(continues)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
