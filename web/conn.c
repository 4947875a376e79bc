#include "web/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "web/server_int.h"
#include "web/turn.h"

#define IN_FIRST     4096
#define LINGER_BYTES 262144
#define LINGER_MS    1000
#define IN_LINE      16
#define BLANKS_MAX   64
#define AT_ONCE      1048576 /* bytes of a body */
#define BLOCK        65536   /* of a body: wins it BLOCK_MS */
#define BLOCK_MS     1000
#define PASSED       1 /* a due that has been acted on */
#define SENT_AWAY    (-1)

static const char CONTINUE[] = "HTTP/1.1 100 Continue\r\n\r\n";
static const char BUSY[] =
    "HTTP/1.1 503 Service Unavailable\r\n"
    "Content-Type: application/problem+json\r\n"
    "Content-Length: 112\r\n"
    "Retry-After: 2\r\n"
    "Cache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Connection: close\r\n\r\n"
    "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\","
    "\"status\":503,\"code\":\"busy\",\"detail\":\"too many connections\"}\n";

int64_t
conn_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
set_due(struct conn *c, int64_t after_ms, bool both)
{
	int64_t was = atomic_exchange(
	    &c->due, (conn_now_ms() + after_ms) << 1 | (both ? 1 : 0));

	c->late = c->late || was == PASSED;
}

/* So much later than it was. */
static void
add_due(struct conn *c, int64_t ms)
{
	int64_t due = atomic_load(&c->due);

	while (due != PASSED &&
	       !atomic_compare_exchange_weak(&c->due, &due, due + (ms << 1)))
		;
}

static bool
is_late(struct conn *c)
{
	return c->late || atomic_load(&c->due) == PASSED;
}

/* A whole head is waited for, from now on and so long. */
static void
wait(struct conn *c, int64_t ms)
{
	c->since_ms = conn_now_ms();
	set_due(c, ms, false);
}

struct conn *
conn_new(struct web_server *s, int fd, const char *client)
{
	struct conn *c = calloc(1, sizeof *c);

	if (c == NULL) {
		close(fd);
		return NULL;
	}
	c->s = s;
	c->fd = fd;
	stpncpy(c->client, client, sizeof c->client - 1);
	wait(c, s->opts.head_ms);
	return c;
}

void
conn_free(struct conn *c)
{
	turn_end(c->turn);
	close(c->fd);
	free(c->in);
	free(c);
}

/* recv() into buf: bytes; 0 at its end, or an error, which is one; -1 when
 * there is nothing now. */
static ssize_t
take(struct conn *c, void *buf, size_t len)
{
	ssize_t n;

	do
		n = recv(c->fd, buf, len, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
		return 0;
	return n;
}

static bool
grow_in(struct conn *c)
{
	size_t cap = c->in == NULL ? IN_FIRST : 2 * c->in_cap;
	char *p;

	if (c->in_len < c->in_cap)
		return true;
	p = realloc(c->in, cap);
	if (p == NULL)
		return false;
	c->in = p;
	c->in_cap = cap;
	return true;
}

static void
drop_in(struct conn *c, size_t n)
{
	c->in_len -= n;
	if (c->in_len > 0) {
		memmove(c->in, c->in + n, c->in_len);
		return;
	}
	free(c->in);
	c->in = NULL;
	c->in_cap = 0;
}

/* The answer is ready to be sent. */
static enum conn_next
reply(struct conn *c)
{
	c->keep = turn_pack(
	    c->turn, !atomic_load(&c->s->draining) && !server_is_crowded(c->s));
	if (c->turn->head_len == 0)
		return CONN_END;
	c->state = CONN_SEND;
	return CONN_GO_ON;
}

/* Its body does not come, or there is no room for it. */
static enum conn_next
refuse(struct conn *c, enum web_problem problem)
{
	turn_refuse(c->turn, problem);
	set_due(c, c->s->opts.reply_ms, true);
	return reply(c);
}

/* Who announces a large body and sends none of it wins no time. */
static void
got(struct conn *c, size_t n)
{
	struct web_body *b = &c->turn->body;
	size_t blocks = b->len / BLOCK;

	body_got(b, n);
	blocks = b->len / BLOCK - blocks;
	if (blocks > 0)
		add_due(c, (int64_t)blocks * BLOCK_MS);
}

/* What came of the body together with the head; false: no room for it. */
static bool
take_begun_body(struct conn *c)
{
	size_t from = c->head, n;
	uint8_t *at;

	while (from < c->in_len && !body_whole(&c->turn->body)) {
		if ((n = turn_room(c->turn, &at)) == 0)
			return false;
		if (n > c->in_len - from)
			n = c->in_len - from;
		memcpy(at, c->in + from, n);
		got(c, n);
		from += n;
	}
	/* what the head is made of stays where it is */
	c->in_len -= from - c->head;
	memmove(c->in + c->head, c->in + from, c->in_len - c->head);
	return true;
}

/* The head is there, or is none. */
static enum conn_next
judge(struct conn *c, enum web_problem problem)
{
	struct turn *t = c->turn;

	set_due(c, c->s->opts.reply_ms, true);
	switch (turn_head(t, problem)) {
	case TURN_RUN:
		c->state = CONN_RUN;
		return CONN_GO_ON;
	case TURN_BODY:
		if (t->rq.expects && send(c->fd, CONTINUE, sizeof CONTINUE - 1,
					 MSG_NOSIGNAL) != sizeof CONTINUE - 1)
			return CONN_END; /* reads nothing of what it asked */
		set_due(c, c->s->opts.body_ms, false);
		if (!take_begun_body(c))
			return refuse(c, WEB_BUSY);
		c->state = CONN_BODY;
		return CONN_GO_ON;
	default:
		return reply(c);
	}
}

/* Nothing more comes; an answer if there was something to answer. */
static enum conn_next
head_ends(struct conn *c)
{
	if (c->in_len == 0)
		return CONN_END;
	return judge(c, is_late(c) ? WEB_SLOW : WEB_BAD_REQUEST);
}

/* Nothing has come of it yet: nothing is kept for it. */
static enum conn_next
wait_for_head(struct conn *c)
{
	if (c->in_len == 0)
		drop_in(c, 0);
	atomic_store(&c->waited_ms, c->since_ms);
	return CONN_WAIT_IN;
}

/* Empty lines before a head are passed over, but not for ever: a client that
 * sends nothing else would keep a thread. What is too many is a bad head. */
static void
skip_blanks(struct conn *c)
{
	size_t n = head_blank(c->in, c->in_len), left = BLANKS_MAX - c->blanks;

	if (n > left)
		n = left;
	c->blanks += (unsigned)n;
	if (n > 0)
		drop_in(c, n);
}

static enum conn_next
read_head(struct conn *c)
{
	enum web_problem p;
	ssize_t n;

	if (atomic_exchange(&c->waited_ms, 0) == SENT_AWAY)
		return CONN_END;
	for (;;) {
		if (c->in_len > 0)
			skip_blanks(c);
		if (c->in_len > 0) {
			if (c->turn == NULL &&
			    (c->turn = turn_new(c->s, c->client)) == NULL)
				return CONN_END;
			p = head_parse(c->in, c->in_len, &c->turn->rq,
			    c->turn->headers, &c->head);
			if (p != WEB_OK || c->head > 0)
				return judge(c, p);
		}
		if (!grow_in(c))
			return CONN_END;
		n = take(c, c->in + c->in_len, c->in_cap - c->in_len);
		if (n == 0)
			return head_ends(c);
		if (n < 0)
			return wait_for_head(c);
		if (!c->begun) /* empty lines before it count */
			wait(c, c->s->opts.head_ms);
		c->begun = true;
		c->in_len += (size_t)n;
	}
}

static enum conn_next
read_body(struct conn *c)
{
	struct web_body *b = &c->turn->body;
	size_t room, taken = 0;
	uint8_t *at;
	ssize_t n;

	while (!body_whole(b)) {
		if (taken >= AT_ONCE) /* others come between */
			return CONN_WAIT_IN;
		if ((room = turn_room(c->turn, &at)) == 0)
			return refuse(c, WEB_BUSY);
		n = take(c, at, room);
		if (n < 0)
			return CONN_WAIT_IN;
		if (n == 0)
			return refuse(c, is_late(c) ? WEB_SLOW : WEB_CUT_SHORT);
		got(c, (size_t)n);
		taken += (size_t)n;
	}
	set_due(c, c->s->opts.reply_ms, true);
	c->state = CONN_RUN;
	return CONN_GO_ON;
}

static enum conn_next
run(struct conn *c, bool may_wait)
{
	if (c->turn->waits && !may_wait)
		return CONN_HAND_OVER;
	/* while it was in line */
	if (atomic_load(&c->due) == PASSED)
		return refuse(c, WEB_BUSY);
	turn_run(c->turn);
	return reply(c);
}

/* It asked for more before it was answered; after some, others come first. */
static enum conn_next
next_in_line(struct conn *c)
{
	return ++c->in_line % IN_LINE == 0 ? CONN_OTHERS_FIRST : CONN_GO_ON;
}

/* The answer is out. */
static enum conn_next
sent(struct conn *c)
{
	bool unread = c->turn->unread || c->in_len > c->head;
	int more = 0;

	turn_end(c->turn);
	c->turn = NULL;
	c->answered = true;
	if (c->keep) {
		drop_in(c, c->head);
		c->state = CONN_HEAD;
		c->head = c->sent = 0;
		c->blanks = 0;
		c->begun = c->in_len > 0;
		wait(c, c->s->opts.idle_ms);
		return c->in_len > 0 ? next_in_line(c) : wait_for_head(c);
	}
	/* closing with bytes unread would reset the connection, and the answer
	 * with it */
	if (!unread && (ioctl(c->fd, FIONREAD, &more) != 0 || more == 0))
		return CONN_END;
	(void)shutdown(c->fd, SHUT_WR);
	set_due(c, LINGER_MS, true);
	c->state = CONN_LINGER;
	return CONN_GO_ON;
}

static enum conn_next
send_reply(struct conn *c)
{
	struct bytes body = turn_body_out(c->turn);
	size_t head = c->turn->head_len, all = head + body.len;

	while (c->sent < all) {
		struct iovec v[2];
		struct msghdr m = {.msg_iov = v};
		ssize_t n;

		if (c->sent < head)
			v[m.msg_iovlen++] = (struct iovec){
			    c->turn->head + c->sent, head - c->sent};
		if (body.len > 0) {
			size_t from = c->sent > head ? c->sent - head : 0;
			v[m.msg_iovlen++] =
			    (struct iovec){(void *)(uintptr_t)(body.ptr + from),
				body.len - from};
		}
		n = sendmsg(c->fd, &m, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK
				   ? CONN_WAIT_OUT
				   : CONN_END;
		c->sent += (size_t)n;
	}
	return sent(c);
}

static enum conn_next
linger(struct conn *c)
{
	char buf[4096];
	ssize_t n;

	while (c->lingered < LINGER_BYTES) {
		n = take(c, buf, sizeof buf);
		if (n <= 0)
			return n < 0 ? CONN_WAIT_IN : CONN_END;
		c->lingered += (size_t)n;
	}
	return CONN_END;
}

enum conn_next
conn_step(struct conn *c, bool may_wait)
{
	enum conn_next next = CONN_GO_ON;

	while (next == CONN_GO_ON)
		switch (c->state) {
		case CONN_HEAD:
			next = read_head(c);
			break;
		case CONN_BODY:
			next = read_body(c);
			break;
		case CONN_RUN:
			next = run(c, may_wait);
			break;
		case CONN_SEND:
			next = send_reply(c);
			break;
		case CONN_LINGER:
			next = linger(c);
			break;
		}
	return next;
}

/* Whoever has been waited for too long, unless its bytes are here. */
static void
hurry(struct conn *c, int64_t now_ms)
{
	int64_t since = atomic_load(&c->waited_ms);
	int unread = 0;

	if (since <= 0 || now_ms - since < CONN_HURRY_MS ||
	    ioctl(c->fd, FIONREAD, &unread) != 0 || unread > 0 ||
	    !atomic_compare_exchange_strong(&c->waited_ms, &since, SENT_AWAY))
		return;
	if (!c->answered)
		(void)send(
		    c->fd, BUSY, sizeof BUSY - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)shutdown(c->fd, SHUT_RDWR);
}

void
conn_look(struct conn *c, int64_t now_ms, bool crowded)
{
	int64_t due = atomic_load(&c->due);

	if (due != PASSED && due >> 1 <= now_ms &&
	    atomic_compare_exchange_strong(&c->due, &due, PASSED))
		(void)shutdown(c->fd, (due & 1) != 0 ? SHUT_RDWR : SHUT_RD);
	else if (crowded)
		hurry(c, now_ms);
}
