#include "web/server.h"

#include <arpa/inet.h>
#include <civetweb.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>
#include <sys/random.h>

#include "credential/ascii.h"
#include "edge/lang.h"
#include "web/body.h"
#include "web/deadline.h"
#include "web/gate.h"
#include "web/listen.h"
#include "web/logline.h"

#define HEAD_MAX     "16384" /* request line and headers */
#define LINGER_BYTES 262144
#define LINGER_MS    1000
#define ONE_WRITE    8192 /* of a stack of 100 kB */

struct web_server {
	struct web_opts opts;
	struct mg_context *ctx;
	struct deadlines *deadlines;
	struct logline *log; /* NULL: none */
	char listen[64];
	char threads[16], head_ms[16], idle_ms[16];
	int port;
	atomic_bool draining;
	atomic_uint active; /* requests in hand */
	struct gate gate;
	atomic_uint_fast64_t next_id;
	char why[256]; /* civetweb's last words while starting */
};

/* One request on its way through. */
struct turn {
	struct web_server *s;
	struct mg_connection *conn;
	const struct web_route *route;
	struct web_request rq;
	struct web_reply rp;
	struct deadline *deadline; /* the thread's */
	uint8_t *body;
	char allow[64];
	bool unread; /* body bytes may still stand on the connection */
	bool silent; /* civetweb waited for the body as long as it does */
	int64_t began_us;
};

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* Splitmix64: request ids tell requests apart, they need not be secret. */
static void
make_id(struct web_server *s, char out[static WEB_ID_LEN + 1])
{
	uint64_t z = atomic_fetch_add_explicit(
	    &s->next_id, UINT64_C(0x9e3779b97f4a7c15), memory_order_relaxed);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	for (int shift = 56; shift >= 0; shift -= 8)
		out = put_hex(out, (uint8_t)(z >> shift));
	*out = '\0';
}

/* civetweb says the same of a client that is silent and of one that is gone;
 * it may tire of the first before our own deadline has passed. */
static int
conn_read(void *ctx, void *buf, size_t len)
{
	struct turn *t = ctx;
	int64_t before = now_us();
	int n = mg_read(t->conn, buf, len);

	t->silent =
	    n <= 0 && now_us() - before >= (int64_t)t->s->opts.head_ms * 1000;
	return n;
}

/*
 * Take what the client is still sending, for a moment: closing with bytes
 * unread would reset the connection, and the answer with it.
 */
static void
linger(struct turn *t)
{
	char buf[4096];
	size_t left = LINGER_BYTES;

	deadline_move(t->s->deadlines, t->deadline, LINGER_MS, DEADLINE_BOTH);
	while (left > 0) {
		int n = mg_read(
		    t->conn, buf, left < sizeof buf ? left : sizeof buf);
		if (n <= 0)
			break;
		left -= (size_t)n;
	}
}

static enum web_problem
read_body(struct turn *t)
{
	const struct web_opts *o = &t->s->opts;
	struct body_source src = {t, conn_read};
	struct web_request *rq = &t->rq;
	size_t max = t->route->body_max;
	enum web_problem p;

	if (strcmp(rq->method, "POST") != 0) {
		t->unread = rq->length > 0;
		return rq->length > 0 ? WEB_BODY_ON_GET : WEB_OK;
	}
	t->unread = true;
	if (!rq->has_length)
		return WEB_NO_LENGTH;
	if (request_header(rq, "Content-Encoding") != NULL &&
	    strcasecmp(request_header(rq, "Content-Encoding"), "identity") != 0)
		return WEB_ENCODED;
	if (t->route->admit != NULL) {
		p = t->route->admit(o->ctx, rq, &max);
		if (p != WEB_OK)
			return p;
	}
	if (rq->length > max)
		return WEB_TOO_LARGE;
	if (rq->expects)
		mg_printf(t->conn, "HTTP/1.1 100 Continue\r\n\r\n");
	deadline_move(t->s->deadlines, t->deadline,
	    o->body_ms + (int64_t)(rq->length / 65536 * 1000), DEADLINE_READ);
	p = body_read(&src, (size_t)rq->length, &t->body);
	if (p != WEB_OK)
		return p == WEB_CUT_SHORT &&
			       (t->silent || deadline_passed(t->deadline))
			   ? WEB_SLOW
			   : p;
	t->unread = false;
	rq->body = bytes_of(t->body, (size_t)rq->length);
	return WEB_OK;
}

static enum web_problem
allowed(struct turn *t)
{
	const struct web_opts *o = &t->s->opts;
	const char *real = request_header(&t->rq, "X-Real-IP");
	uint8_t addr[16];

	if (o->behind_proxy && real != NULL &&
	    (inet_pton(AF_INET, real, addr) == 1 ||
		inet_pton(AF_INET6, real, addr) == 1))
		snprintf(t->rq.client, sizeof t->rq.client, "%s", real);
	if (o->allow == NULL || (t->route->flags & WEB_UNLIMITED) != 0)
		return WEB_OK;
	return o->allow(o->ctx, t->route, &t->rq);
}

static void
handle(struct turn *t)
{
	struct web_server *s = t->s;
	enum web_problem p = request_check(&t->rq);

	if (p != WEB_OK) {
		/* nothing is read by a coding that is not taken */
		t->unread = p != WEB_CODING && p != WEB_AMBIGUOUS;
		t->rp.close = true;
		reply_problem(&t->rp, &t->rq, p);
		return;
	}
	t->route =
	    route_find(s->opts.routes, &t->rq, t->allow, sizeof t->allow);
	if (t->route == NULL) {
		t->unread = t->rq.length > 0;
		t->rp.close = t->unread;
		t->rp.allow = t->allow[0] != '\0' ? t->allow : NULL;
		if (t->rp.allow != NULL &&
		    strcmp(t->rq.method, "OPTIONS") == 0) {
			t->rp.status = 204;
			return;
		}
		reply_problem(&t->rp, &t->rq,
		    t->rp.allow != NULL ? WEB_METHOD : WEB_NOT_FOUND);
		return;
	}
	p = allowed(t);
	if (p == WEB_OK)
		p = read_body(t);
	else
		t->unread = t->rq.length > 0;
	deadline_move(
	    s->deadlines, t->deadline, s->opts.reply_ms, DEADLINE_BOTH);
	if (p != WEB_OK) {
		t->rp.close = true;
		reply_problem(&t->rp, &t->rq, p);
	} else {
		t->route->handle(s->opts.ctx, &t->rq, &t->rp);
	}
	if (t->rp.problem != WEB_OK && (t->route->flags & WEB_HTML) != 0 &&
	    s->opts.page != NULL)
		s->opts.page(s->opts.ctx, &t->rq, &t->rp);
}

static void
send_reply(struct turn *t)
{
	struct web_reply *rp = &t->rp;
	char buf[ONE_WRITE];
	bool body = !t->rq.head && rp->body.len > 0 && rp->status != 304 &&
		    rp->status != 204;
	bool keep = !rp->close && !atomic_load(&t->s->draining);
	const char *c = request_header(&t->rq, "Connection");
	size_t n;

	if (c != NULL && strcasecmp(c, "close") == 0)
		keep = false;
	if (strcmp(t->rq.version, "1.1") != 0 &&
	    (c == NULL || strcasecmp(c, "keep-alive") != 0))
		keep = false;
	/* with every thread taken, waiting visitors come before idle ones */
	if (gate_is_crowded(&t->s->gate))
		keep = false;
	if (!keep)
		mg_disable_connection_keep_alive(t->conn);
	n = respond_head(rp, &t->rq, time(NULL), keep, buf, sizeof buf);
	if (n == 0)
		return;
	if (body && rp->body.len <= sizeof buf - n) {
		memcpy(buf + n, rp->body.ptr, rp->body.len);
		n += rp->body.len;
		body = false;
	}
	if (mg_write(t->conn, buf, n) == (int)n && body)
		(void)mg_write(t->conn, rp->body.ptr, rp->body.len);
}

static char *
put_word(char *p, const char *word)
{
	p = stpcpy(p, word);
	*p++ = ' ';
	return p;
}

/* Method, route, status, time: no address, no client, nothing personal. */
static void
log_turn(const struct turn *t, int status, int64_t took_us)
{
	static const char *const known[] = {
	    "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"};
	const char *method = "OTHER";
	char line[LOGLINE_MAX], *p = line;

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(t->rq.method, known[i]) == 0)
			method = known[i];
	p = put_word(p, method);
	p = put_word(p, t->route != NULL ? t->route->pattern : "-");
	p = put_decimal(p, (uint64_t)status, 1);
	*p++ = ' ';
	p = put_word(p,
	    t->rp.problem != WEB_OK ? problem_info(t->rp.problem)->code : "-");
	p = put_decimal(p, (uint64_t)took_us / 1000, 1);
	*p++ = '.';
	p = put_decimal(p, (uint64_t)took_us % 1000, 3);
	p = stpcpy(stpcpy(p, " ms "), t->rq.id);
	*p++ = '\n';
	logline_put(t->s->log, line, (size_t)(p - line));
}

static void
run(struct turn *t, enum web_problem early)
{
	struct web_server *s = t->s;
	const struct mg_request_info *ri = mg_get_request_info(t->conn);
	int64_t took;
	int status;

	atomic_fetch_add(&s->active, 1);
	make_id(s, t->rq.id);
	t->deadline = mg_get_thread_pointer(t->conn);
	deadline_begin(t->deadline, ri->remote_addr, ri->remote_port,
	    s->opts.reply_ms, DEADLINE_BOTH);
	if (early == WEB_OK) {
		handle(t);
	} else {
		t->rp.close = true;
		reply_problem(&t->rp, &t->rq, early);
	}
	send_reply(t);
	if (t->unread)
		linger(t);
	deadline_finish(s->deadlines, t->deadline);
	took = now_us() - t->began_us;
	status = t->rp.status != 0 ? t->rp.status : 200;
	if (s->log != NULL)
		log_turn(t, status, took);
	if (s->opts.done != NULL)
		s->opts.done(s->opts.ctx, t->route, &t->rp, took);
	reply_release(&t->rp);
	free(t->body);
	atomic_fetch_sub(&s->active, 1);
}

/*
 * Were the header lines read as they stood? civetweb forgives a blank before
 * the colon and a bare LF, and at a folded line or an empty name it stops and
 * forgets the rest (a Content-Length, say). It cuts its buffer up in place, so
 * what it stepped over can still be seen.
 */
static bool
lines_are_clean(const struct mg_request_info *ri)
{
	for (int i = 0; i < ri->num_headers; i++) {
		const char *name = ri->http_headers[i].name;
		const char *value = ri->http_headers[i].value;
		const char *end = value + strlen(value);

		for (const char *p = name + strlen(name) + 1; p < value; p++)
			if (*p != ' ' && *p != '\t')
				return false; /* blank before the colon */
		if (i + 1 < ri->num_headers
			? ri->http_headers[i + 1].name != end + 2
			: end[1] != '\0' || end[2] != '\r' ||
			      (end[3] != '\n' && end[3] != '\0'))
			return false; /* not CRLF, or not the last line */
	}
	return true;
}

static int
on_request(struct mg_connection *conn)
{
	const struct mg_request_info *ri = mg_get_request_info(conn);
	struct web_header headers[MG_MAX_HEADERS];
	struct turn t = {
	    .s = ri->user_data, .conn = conn, .began_us = now_us()};
	char target[WEB_MAX_TARGET + 2];
	enum web_problem early = ri->num_headers >= MG_MAX_HEADERS
				     ? WEB_MANY_HEADERS
				 : lines_are_clean(ri) ? WEB_OK
						       : WEB_BAD_HEADER;

	t.rq.method = ri->request_method;
	t.rq.version = ri->http_version;
	t.rq.target = ri->request_uri != NULL ? ri->request_uri : "";
	if (ri->query_string != NULL) {
		/* civetweb cut the target in two where the '?' was */
		snprintf(target, sizeof target, "%s?%s", t.rq.target,
		    ri->query_string);
		t.rq.target = target;
	}
	for (int i = 0; i < ri->num_headers; i++)
		headers[i] = (struct web_header){
		    ri->http_headers[i].name, ri->http_headers[i].value};
	t.rq.headers = headers;
	t.rq.n_headers = (size_t)ri->num_headers;
	_Static_assert(sizeof t.rq.client == sizeof ri->remote_addr);
	memcpy(t.rq.client, ri->remote_addr, sizeof t.rq.client);
	t.unread = early != WEB_OK;
	run(&t, early);
	return t.rp.status != 0 ? t.rp.status : 200;
}

/* What civetweb could not read at all: mg_read() must not be called then, it
 * would start before the buffer. */
static int
on_error(struct mg_connection *conn, int status, const char *msg)
{
	const struct mg_request_info *ri = mg_get_request_info(conn);
	struct turn t = {
	    .s = ri->user_data, .conn = conn, .began_us = now_us()};

	(void)msg;
	t.rq.method = "";
	t.rq.version = "1.0";
	t.rq.target = "";
	t.rq.lang = LANG_ZH;
	run(&t, status == 408                    ? WEB_SLOW
		: status == 411                  ? WEB_BAD_LENGTH
		: status == 413 || status == 431 ? WEB_MANY_HEADERS
		: status == 414                  ? WEB_LONG_TARGET
		: status == 505                  ? WEB_BAD_VERSION
		: status >= 500                  ? WEB_FAULT
						 : WEB_BAD_REQUEST);
	return 0;
}

static void *
on_thread(const struct mg_context *ctx, int type)
{
	struct web_server *s = mg_get_user_data(ctx);

	return type == 1 ? deadlines_place(s->deadlines) : NULL;
}

static int
on_connection(const struct mg_connection *conn, void **data)
{
	struct web_server *s = mg_get_user_data(mg_get_context(conn));

	(void)data;
	gate_enter(&s->gate);
	return 0;
}

static void
on_closed(const struct mg_connection *conn)
{
	struct web_server *s = mg_get_user_data(mg_get_context(conn));

	gate_leave(&s->gate);
}

static int
on_message(const struct mg_connection *conn, const char *message)
{
	struct web_server *s = mg_get_user_data(mg_get_context(conn));

	if (s != NULL && s->ctx == NULL)
		snprintf(s->why, sizeof s->why, "%s", message);
	return 1;
}

/* What was started of it; civetweb's threads have ended. */
static void
release(struct web_server *s)
{
	deadlines_stop(s->deadlines);
	gate_release(&s->gate);
	logline_stop(s->log);
	free(s);
}

enum cred_err
web_start(const struct web_opts *opts, struct web_server **out, struct why *why)
{
	static const struct mg_callbacks callbacks = {
	    .begin_request = on_request,
	    .http_error = on_error,
	    .init_thread = on_thread,
	    .init_connection = on_connection,
	    .connection_closed = on_closed,
	    .log_message = on_message};
	struct web_server *s;
	struct mg_server_port ports[4];
	enum cred_err e = listen_check(opts->listen, why);

	if (e != CRED_OK)
		return e;
	s = calloc(1, sizeof *s);
	if (s == NULL)
		return why_errno(why, ENOMEM, "web", opts->listen);
	s->opts = *opts;
	if (s->opts.threads == 0)
		s->opts.threads = 300;
	if (s->opts.idle_ms == 0)
		s->opts.idle_ms = 5000;
	if (s->opts.head_ms == 0)
		s->opts.head_ms = 5000;
	if (s->opts.body_ms == 0)
		s->opts.body_ms = 10000;
	if (s->opts.reply_ms == 0)
		s->opts.reply_ms = 30000;
	snprintf(s->listen, sizeof s->listen, "%s", opts->listen);
	snprintf(s->threads, sizeof s->threads, "%u", s->opts.threads);
	snprintf(s->head_ms, sizeof s->head_ms, "%u", s->opts.head_ms);
	snprintf(s->idle_ms, sizeof s->idle_ms, "%u", s->opts.idle_ms);
	uint64_t seed = 0;
	if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) < 0)
		seed = (uint64_t)now_us();
	atomic_store(&s->next_id, seed);
	gate_init(&s->gate, s->opts.threads);
	s->deadlines = deadlines_start(&s->gate, s->opts.threads);
	if (s->deadlines == NULL) {
		e = why_errno(why, errno, "web", opts->listen);
		release(s);
		return e;
	}
	const char *options[] = {"listening_ports", s->listen, "num_threads",
	    s->threads, "request_timeout_ms", s->head_ms, "enable_keep_alive",
	    "yes", "keep_alive_timeout_ms", s->idle_ms, "max_request_size",
	    HEAD_MAX, "tcp_nodelay", "1", "listen_backlog", "1024",
	    "enable_directory_listing", "no", "enable_auth_domain_check", "no",
	    "decode_url", "no", NULL};
	if (opts->log) {
		e = logline_start(STDERR_FILENO, &s->log, why);
		if (e != CRED_OK) {
			release(s);
			return e;
		}
	}
	mg_init_library(0);
	s->ctx = mg_start(&callbacks, s, options);
	if (s->ctx == NULL) {
		e = why_set(why, CRED_FAULT_NETWORK,
		    TR("cannot listen on %s: %s; is another program using the "
		       "port?",
			"无法监听 %s：%s；端口是否已被占用？"),
		    opts->listen, s->why);
		release(s);
		return e;
	}
	if (mg_get_server_ports(s->ctx, 4, ports) > 0)
		s->port = ports[0].port;
	deadlines_port(s->deadlines, s->port);
	*out = s;
	return CRED_OK;
}

int
web_port(const struct web_server *s)
{
	return s->port;
}

void
web_drain(struct web_server *s)
{
	atomic_store(&s->draining, true);
}

unsigned
web_active(const struct web_server *s)
{
	return atomic_load(&s->active);
}

void
web_stop(struct web_server *s)
{
	if (s == NULL)
		return;
	mg_stop(s->ctx);
	release(s);
}
