#include "web/turn.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "credential/ascii.h"
#include "edge/lang.h"
#include "web/server_int.h"

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

struct turn *
turn_new(struct web_server *s, const char *client)
{
	struct turn *t = malloc(sizeof *t);

	if (t == NULL)
		return NULL;
	memset(t, 0, offsetof(struct turn, headers));
	t->s = s;
	t->rq.lang = LANG_ZH;
	stpncpy(t->rq.client, client, sizeof t->rq.client - 1);
	return t;
}

/* The answer is this problem; pages show it as one. */
static enum turn_next
answer(struct turn *t, enum web_problem p)
{
	const struct web_opts *o = &t->s->opts;

	reply_problem(&t->rp, &t->rq, p);
	if (t->route != NULL && (t->route->flags & WEB_HTML) != 0 &&
	    o->page != NULL)
		o->page(o->ctx, &t->rq, &t->rp);
	return TURN_REPLY;
}

void
turn_refuse(struct turn *t, enum web_problem problem)
{
	t->rp.close = true;
	(void)answer(t, problem);
}

/* No route: what is allowed at this path is told, if anything is. */
static enum turn_next
no_route(struct turn *t)
{
	t->unread = t->rq.length > 0;
	t->rp.close = t->unread;
	t->rp.allow = t->allow[0] != '\0' ? t->allow : NULL;
	if (t->rp.allow != NULL && strcmp(t->rq.method, "OPTIONS") == 0) {
		t->rp.status = 204;
		return TURN_REPLY;
	}
	return answer(t, t->rp.allow != NULL ? WEB_METHOD : WEB_NOT_FOUND);
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
		stpncpy(t->rq.client, real, sizeof t->rq.client - 1);
	if (o->allow == NULL || (t->route->flags & WEB_UNLIMITED) != 0)
		return WEB_OK;
	return o->allow(o->ctx, t->route, &t->rq);
}

/* By the head alone, before a byte of the body is read. */
static enum web_problem
admit_body(struct turn *t)
{
	const struct web_opts *o = &t->s->opts;
	struct web_request *rq = &t->rq;
	struct web_admission a = {t->route->body_max, t->waits};
	const char *coding = request_header(rq, "Content-Encoding");
	enum web_problem p;

	if (strcmp(rq->method, "POST") != 0)
		return rq->length > 0 ? WEB_BODY_ON_GET : WEB_OK;
	if (!rq->has_length)
		return WEB_NO_LENGTH;
	if (coding != NULL && strcasecmp(coding, "identity") != 0)
		return WEB_ENCODED;
	if (t->route->admit != NULL) {
		p = t->route->admit(o->ctx, rq, &a);
		if (p != WEB_OK)
			return p;
	}
	t->waits = a.waits;
	return rq->length > a.max ? WEB_TOO_LARGE : WEB_OK;
}

enum turn_next
turn_head(struct turn *t, enum web_problem problem)
{
	atomic_fetch_add(&t->s->active, 1);
	t->began_us = now_us();
	make_id(t->s, t->rq.id);
	if (problem == WEB_OK)
		problem = request_check(&t->rq);
	if (problem != WEB_OK) {
		/* nothing is read by a coding that is not taken */
		t->unread = problem != WEB_CODING && problem != WEB_AMBIGUOUS;
		turn_refuse(t, problem);
		return TURN_REPLY;
	}
	t->route =
	    route_find(t->s->opts.routes, &t->rq, t->allow, sizeof t->allow);
	if (t->route == NULL)
		return no_route(t);
	t->waits = (t->route->flags & WEB_QUICK) == 0;
	problem = allowed(t);
	if (problem == WEB_OK)
		problem = admit_body(t);
	if (problem != WEB_OK) {
		t->unread = t->rq.length > 0 || problem == WEB_NO_LENGTH;
		turn_refuse(t, problem);
		return TURN_REPLY;
	}
	body_begin(&t->body, (size_t)t->rq.length);
	t->unread = !body_whole(&t->body);
	return t->unread ? TURN_BODY : TURN_RUN;
}

size_t
turn_room(struct turn *t, uint8_t **at)
{
	size_t before = t->body.cap, room = body_room(&t->body, at);
	size_t more = t->body.cap - before;

	if (more > 0 && atomic_fetch_add(&t->s->body_bytes, more) + more >
			    t->s->opts.bodies_max)
		return 0;
	return room;
}

void
turn_run(struct turn *t)
{
	const struct web_opts *o = &t->s->opts;

	t->unread = false;
	t->rq.body = t->body.ptr != NULL ? bytes_of(t->body.ptr, t->body.len)
					 : bytes_of("", 0);
	t->route->handle(o->ctx, &t->rq, &t->rp);
	if (t->rp.problem != WEB_OK && (t->route->flags & WEB_HTML) != 0 &&
	    o->page != NULL)
		o->page(o->ctx, &t->rq, &t->rp);
}

/* Is this one of the options in Connection, a list on one line or more (RFC
 * 9110 s7.6.1)? */
static bool
has_option(const struct web_request *rq, const char *option)
{
	size_t want = strlen(option);

	for (size_t i = 0; i < rq->n_headers; i++) {
		const char *p = rq->headers[i].value;

		if (strcasecmp(rq->headers[i].name, "Connection") != 0)
			continue;
		while (*(p += strspn(p, " \t,")) != '\0') {
			size_t n = strcspn(p, " \t,");

			if (n == want && strncasecmp(p, option, n) == 0)
				return true;
			p += n;
		}
	}
	return false;
}

/* Does the client wish that the connection stays (RFC 9112 s9.3)? */
static bool
client_keeps(const struct web_request *rq)
{
	return !has_option(rq, "close") && (strcmp(rq->version, "1.1") == 0 ||
					       has_option(rq, "keep-alive"));
}

bool
turn_pack(struct turn *t, bool keep)
{
	keep = keep && !t->rp.close && client_keeps(&t->rq);
	t->head_len = respond_head(
	    &t->rp, &t->rq, time(NULL), keep, t->head, sizeof t->head);
	return keep && t->head_len > 0;
}

struct bytes
turn_body_out(const struct turn *t)
{
	const struct web_reply *rp = &t->rp;

	if (t->rq.head || rp->status == 304 || rp->status == 204 ||
	    t->head_len == 0)
		return (struct bytes){0};
	return rp->body;
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
	char line[LOGLINE_MAX], *p = line;

	p = put_word(p, *t->rq.method != '\0' ? t->rq.method : "OTHER");
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

void
turn_end(struct turn *t)
{
	int64_t took;

	if (t == NULL)
		return;
	if (t->began_us != 0) {
		took = now_us() - t->began_us;
		if (t->s->log != NULL)
			log_turn(
			    t, t->rp.status != 0 ? t->rp.status : 200, took);
		if (t->s->opts.done != NULL)
			t->s->opts.done(t->s->opts.ctx, t->route, &t->rp, took);
		atomic_fetch_sub(&t->s->active, 1);
	}
	reply_release(&t->rp);
	atomic_fetch_sub(&t->s->body_bytes, t->body.cap);
	body_release(&t->body);
	free(t);
}
