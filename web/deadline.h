#ifndef WEB_DEADLINE_H
#define WEB_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A deadline on the whole of a request. civetweb counts its timeout for each
 * read, so a byte each half second would hold a thread for ever. A thread of
 * ours looks at the requests in hand; one past its deadline gets its socket
 * shut down, which ends the blocking call. civetweb keeps the descriptor to
 * itself, so it is found by its peer, and only then.
 */
struct deadlines;

enum deadline_end {
	DEADLINE_READ, /* no more is read; an answer can still be sent */
	DEADLINE_BOTH, /* the connection is done with */
};

/* The place of one thread, for one request after the other. */
struct deadline;

/*
 * n_places: threads that will ask for one. NULL when out of memory or threads.
 * The same thread looks at gate, with the requests in hand left alone: of this
 * process's port, once it is known.
 */
struct gate;
struct deadlines *deadlines_start(struct gate *gate, unsigned n_places);
void deadlines_port(struct deadlines *ds, int port);
void deadlines_stop(struct deadlines *ds);

/* A place that nobody had, for the calling thread; NULL when all are taken. */
struct deadline *deadlines_place(struct deadlines *ds);

int64_t deadline_now_ms(void);

/*
 * A request is in hand, from this address (as civetweb writes it) and port,
 * until deadline_finish(). No lock is taken: a lock for all requests is where
 * hundreds of threads wait for the one that is not running.
 */
void deadline_begin(struct deadline *d, const char *peer, int peer_port,
    int64_t after_ms, enum deadline_end end);
/* Move it; one that has passed stays passed, unless it ended something else. */
void deadline_move(struct deadlines *ds, struct deadline *d, int64_t after_ms,
    enum deadline_end end);
/* Over: has it passed? */
bool deadline_finish(struct deadlines *ds, struct deadline *d);
bool deadline_passed(const struct deadline *d);

#endif
