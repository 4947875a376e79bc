#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "web/server_int.h"
#include "web/turn.h"

static unsigned done_status, done_times;
static struct web_server server;

static void
echo(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	(void)ctx;
	reply_bytes(rp, "text/plain", rq->body);
}

static void
nobody(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	(void)ctx;
	reply_problem(rp, rq, WEB_NOT_FOUND);
}

/* Pictures wait, and may be large; "text/none" is refused. */
static enum web_problem
admit(void *ctx, const struct web_request *rq, struct web_admission *a)
{
	(void)ctx;
	if (request_has_type(rq, "text/none"))
		return WEB_TYPE;
	a->waits = request_has_type(rq, "image/");
	a->max = a->waits ? 100 : 10;
	return WEB_OK;
}

static void
page(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	(void)ctx;
	(void)rq;
	reply_bytes(rp, "text/html", bytes_str("<p>"));
}

static enum web_problem
allow(void *ctx, const struct web_route *route, const struct web_request *rq)
{
	(void)ctx;
	(void)route;
	return strcmp(rq->client, "192.0.2.9") == 0 ? WEB_TOO_MANY : WEB_OK;
}

static void
done(void *ctx, const struct web_route *route, const struct web_reply *rp,
    int64_t took_us)
{
	(void)ctx;
	(void)route;
	assert_true(took_us >= 0);
	done_status = rp->status != 0 ? (unsigned)rp->status : 200;
	done_times++;
}

static int
setup(void **state)
{
	static const struct web_route routes[] = {
	    {"GET", "/quick", 0, echo, WEB_QUICK, NULL},
	    {"GET", "/waits", 0, echo, 0, NULL},
	    {"GET", "/health", 0, echo, WEB_QUICK | WEB_UNLIMITED, NULL},
	    {"POST", "/echo", 20, echo, 0, NULL},
	    {"POST", "/admits", 20, echo, 0, admit},
	    {"GET", "/page", 0, nobody, WEB_HTML, NULL}, {0}};

	(void)state;
	server = (struct web_server){.opts = {.routes = routes,
					 .body_ms = 1000,
					 .bodies_max = 1000,
					 .page = page,
					 .allow = allow,
					 .done = done,
					 .behind_proxy = true}};
	done_times = done_status = 0;
	return 0;
}

/* The turn of this request; head is cut up in a buffer of its own. */
static struct turn *
turn_of(const char *head, enum turn_next *next)
{
	static char buf[1024];
	struct turn *t = turn_new(&server, "192.0.2.1");
	enum web_problem p;
	size_t used;

	assert_non_null(t);
	strcpy(buf, head);
	p = head_parse(buf, strlen(head), &t->rq, t->headers, &used);
	*next = turn_head(t, p);
	assert_int_equal(atomic_load(&server.active), 1);
	return t;
}

#define END "\r\nHost: h\r\n\r\n"

/* This request's answer needs no body; its status, and whether it stays. */
static unsigned
status_of(const char *head, bool *stays)
{
	enum turn_next next;
	struct turn *t = turn_of(head, &next);

	assert_int_not_equal(next, TURN_BODY);
	if (next == TURN_RUN)
		turn_run(t);
	*stays = turn_pack(t, true);
	assert_true(t->head_len > 0);
	turn_end(t);
	assert_int_equal(atomic_load(&server.active), 0);
	assert_int_equal(done_times, 1);
	done_times = 0;
	return done_status;
}

static void
refusals(void **state)
{
	static const struct {
		unsigned status;
		bool stays;
		const char *head;
	} rows[] = {
	    {200, true, "GET /quick HTTP/1.1" END},
	    {200, false, "GET /quick HTTP/1.0" END},
	    {200, true, "GET /quick HTTP/1.0\r\nConnection: keep-alive" END},
	    {200, false, "GET /quick HTTP/1.1\r\nConnection: close" END},
	    {200, false, "GET /quick HTTP/1.1\r\nConnection: TE, Close" END},
	    {200, false, "GET /quick HTTP/1.1\r\nConnection: close ,TE" END},
	    {200, false,
		"GET /quick HTTP/1.1\r\nConnection: TE\r\n"
		"Connection: close" END},
	    {200, true, "GET /quick HTTP/1.1\r\nConnection: closed, , x" END},
	    {200, true,
		"GET /quick HTTP/1.0\r\nConnection: TE, Keep-Alive" END},
	    {200, false,
		"GET /quick HTTP/1.0\r\nConnection: keep-alive, close" END},
	    {200, true, "GET /waits HTTP/1.1" END},
	    {404, true, "GET /none HTTP/1.1" END},
	    {405, true, "PUT /quick HTTP/1.1" END},
	    {204, true, "OPTIONS /quick HTTP/1.1" END},
	    {400, false, "BREW /quick HTTP/1.1" END},
	    {505, false, "GET /quick HTTP/2.0" END},
	    {400, false, "GET /quick HTTP/1.1\r\nContent-Length: 3" END},
	    {404, false, "POST /none HTTP/1.1\r\nContent-Length: 3" END},
	    {411, false, "POST /echo HTTP/1.1" END},
	    {413, false, "POST /echo HTTP/1.1\r\nContent-Length: 21" END},
	    {413, false, "POST /admits HTTP/1.1\r\nContent-Length: 11" END},
	    {413, false,
		"POST /admits HTTP/1.1\r\nContent-Type: image/x\r\n"
		"Content-Length: 101" END},
	    {415, false,
		"POST /admits HTTP/1.1\r\nContent-Type: text/none\r\n"
		"Content-Length: 1" END},
	    {415, false,
		"POST /echo HTTP/1.1\r\nContent-Encoding: gzip\r\n"
		"Content-Length: 1" END},
	    {501, false,
		"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked" END},
	    {429, false, "GET /quick HTTP/1.1\r\nX-Real-IP: 192.0.2.9" END},
	    {200, true, "GET /quick HTTP/1.1\r\nX-Real-IP: nonsense" END},
	    {200, true, "GET /health HTTP/1.1\r\nX-Real-IP: 192.0.2.9" END},
	};
	bool stays;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		unsigned status = status_of(rows[i].head, &stays);

		if (status != rows[i].status || stays != rows[i].stays)
			fail_msg("%s: %u, %s", rows[i].head, status,
			    stays ? "stays" : "goes");
	}
}

static void
bodies(void **state)
{
	enum turn_next next;
	struct turn *t =
	    turn_of("POST /echo HTTP/1.1\r\nContent-Length: 3" END, &next);
	uint8_t *at;

	(void)state;
	assert_int_equal(next, TURN_BODY);
	assert_true(t->unread);
	assert_int_equal(turn_room(t, &at), 3);
	memcpy(at, "abc", 3);
	body_got(&t->body, 3);
	turn_run(t);
	assert_false(t->unread);
	assert_true(turn_pack(t, true));
	assert_int_equal(turn_body_out(t).len, 3);
	assert_memory_equal(turn_body_out(t).ptr, "abc", 3);
	turn_end(t);
	/* one that does not come */
	t = turn_of("POST /echo HTTP/1.1\r\nContent-Length: 3" END, &next);
	turn_refuse(t, WEB_SLOW);
	assert_false(turn_pack(t, true));
	assert_true(t->unread);
	turn_end(t);
	assert_int_equal(done_status, 408);
	/* of length 0 */
	t = turn_of("POST /echo HTTP/1.1\r\nContent-Length: 0" END, &next);
	assert_int_equal(next, TURN_RUN);
	turn_run(t);
	assert_int_equal(t->rq.body.len, 0);
	assert_non_null(t->rq.body.ptr);
	turn_end(t);
}

static void
who_waits(void **state)
{
	static const struct {
		bool waits;
		const char *head;
	} rows[] = {
	    {false, "GET /quick HTTP/1.1" END},
	    {true, "GET /waits HTTP/1.1" END},
	    {true, "POST /echo HTTP/1.1\r\nContent-Length: 0" END},
	    {false, "POST /admits HTTP/1.1\r\nContent-Length: 1" END},
	    {true, "POST /admits HTTP/1.1\r\nContent-Type: image/png\r\n"
		   "Content-Length: 1" END},
	};
	enum turn_next next;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct turn *t = turn_of(rows[i].head, &next);

		if (t->waits != rows[i].waits)
			fail_msg("%s", rows[i].head);
		turn_end(t);
	}
}

static void
heads_have_no_body(void **state)
{
	enum turn_next next;
	struct turn *t = turn_of("HEAD /page HTTP/1.1" END, &next);

	(void)state;
	turn_run(t);
	assert_true(turn_pack(t, true));
	assert_non_null(strstr(t->head, "Content-Length: 3\r\n"));
	assert_int_equal(turn_body_out(t).len, 0);
	turn_end(t);
	/* a problem of a page's route is shown as a page */
	t = turn_of("GET /page HTTP/1.1" END, &next);
	turn_run(t);
	assert_false(turn_pack(t, false)); /* the server does not keep it */
	assert_memory_equal(turn_body_out(t).ptr, "<p>", 3);
	turn_end(t);
	assert_int_equal(done_status, 404);
}

/* Given up before a head had come: nothing to count. */
static void
none(void **state)
{
	(void)state;
	turn_end(NULL);
	turn_end(turn_new(&server, "192.0.2.1"));
	assert_int_equal(done_times, 0);
	assert_int_equal(atomic_load(&server.active), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(refusals, setup),
	    cmocka_unit_test_setup(bodies, setup),
	    cmocka_unit_test_setup(who_waits, setup),
	    cmocka_unit_test_setup(heads_have_no_body, setup),
	    cmocka_unit_test_setup(none, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
