#ifndef WEB_CONN_H
#define WEB_CONN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One connection as a state machine over a socket that does not block: head,
 * body, answer, and again. Whoever has it (one thread at a time) calls
 * conn_step() until it wants to wait; loop.h waits.
 *
 * The deadline is on the whole of each part, not on each read, so a byte each
 * half second gains nothing. It is set here and looked at by conn_look(), from
 * another thread, which ends the socket's reading or both directions; what the
 * step then makes of it is said by conn_step().
 */
struct web_server;
struct turn;

enum conn_state {
	CONN_HEAD,
	CONN_BODY,
	CONN_RUN, /* its handler is to be called */
	CONN_SEND,
	CONN_LINGER, /* answered; takes what is still sent, for a moment */
};

enum conn_next {
	CONN_GO_ON,
	CONN_WAIT_IN,
	CONN_WAIT_OUT,
	CONN_OTHERS_FIRST, /* more of it is here, but has had its share */
	CONN_HAND_OVER,    /* its handler may wait: for another thread */
	CONN_END,
};

struct conn {
	struct web_server *s;
	int fd;
	enum conn_state state;
	char client[48];
	char *in; /* NULL while nothing has come */
	size_t in_len, in_cap;
	size_t head; /* bytes of in that are the request in hand's head */
	struct turn *turn;
	size_t sent, lingered;
	unsigned in_line; /* requests that were here before their turn */
	int64_t since_ms; /* a head is waited for */
	bool begun;       /* something of the next head has come */
	unsigned blanks;  /* bytes of empty lines before it */
	bool keep, answered, late;
	/* for conn_look() */
	_Atomic int64_t due;       /* milliseconds << 1 | both directions */
	_Atomic int64_t waited_ms; /* without a whole head, since; 0: not */
	/* loop's */
	atomic_bool parked;
	bool in_set;
	unsigned place;
	struct conn *next;
};

/* fd becomes its own. NULL: out of memory, and fd is closed. */
struct conn *conn_new(struct web_server *s, int fd, const char *client);
void conn_free(struct conn *c);

/*
 * Goes as far as it can without waiting. may_wait: this thread may call a
 * handler that does.
 */
enum conn_next conn_step(struct conn *c, bool may_wait);

/*
 * From the looking thread; the socket must stay open meanwhile. Ends what is
 * past its deadline; when crowded, also whoever is waited for CONN_HURRY_MS and
 * has not sent a whole head: told 503, or without a word if it was answered
 * before.
 */
#define CONN_HURRY_MS 500
void conn_look(struct conn *c, int64_t now_ms, bool crowded);

int64_t conn_now_ms(void);

#endif
