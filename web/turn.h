#ifndef WEB_TURN_H
#define WEB_TURN_H

#include "web/body.h"
#include "web/head.h"
#include "web/route.h"

/*
 * One request on its way through: its head judged, its route found, its body
 * admitted, its handler called, its answer packed. Knows nothing of sockets:
 * conn.h brings the bytes and takes them away.
 */
struct web_server;

struct turn {
	struct web_server *s;
	const struct web_route *route; /* NULL: none yet */
	struct web_request rq;
	struct web_reply rp;
	struct web_body body;
	bool unread; /* body bytes may still stand on the connection */
	bool waits;  /* its handler may: not for a thread that reads others */
	int64_t began_us;
	char allow[64];
	struct web_header headers[WEB_MAX_HEADERS];
	char head[4096]; /* the answer's, by turn_pack() */
	size_t head_len;
};

enum turn_next {
	TURN_BODY,  /* fill t->body, then turn_run() */
	TURN_RUN,   /* turn_run() */
	TURN_REPLY, /* turn_pack(), send, turn_end() */
};

/* For the next request of this client; NULL: out of memory. */
struct turn *turn_new(struct web_server *s, const char *client);
/*
 * Its head has been read: problem is head_parse()'s. From here to turn_end() it
 * counts as in hand.
 */
enum turn_next turn_head(struct turn *t, enum web_problem problem);
/* body_room() of its body, within what all bodies may take. */
size_t turn_room(struct turn *t, uint8_t **at);
/* Its body did not come as it should: answers that instead. */
void turn_refuse(struct turn *t, enum web_problem problem);
/* Calls its handler; the body is whole. */
void turn_run(struct turn *t);
/* Writes the answer's head. keep: the connection may stay; returns whether it
 * does. What follows is turn_body_out(). */
bool turn_pack(struct turn *t, bool keep);
struct bytes turn_body_out(const struct turn *t);
/* Answered, or given up: logged, counted and freed. NULL is nothing. */
void turn_end(struct turn *t);

#endif
