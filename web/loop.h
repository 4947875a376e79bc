#ifndef WEB_LOOP_H
#define WEB_LOOP_H

#include "credential/err.h"
#include "edge/why.h"

/*
 * Waits for all connections of a server at once. A thread a processor takes
 * whichever is ready, in the order in which they became so, and handles its
 * request if that waits for nothing; what may wait (a decoder, a database, a
 * disk) goes to other threads, as many as were wanted at once, opts.threads at
 * most. One connection is one thread's at a time: the set tells of it once,
 * until it is put back.
 *
 * A thread of its own looks at deadlines. At most opts.connections are open;
 * more wait in the kernel's queue. While few places are left, nobody keeps one
 * who has been answered or does not ask.
 */
struct web_server;
struct loop;

/* Of s->fd, which listens; s->opts and s->log are set. CRED_FAULT_NOMEM,
 * CRED_FAULT_IO: threads or descriptors ran out. */
enum cred_err loop_start(
    struct web_server *s, struct loop **out, struct why *why);
/* Ends its threads, after the handlers they are in, and all connections. */
void loop_stop(struct loop *l);

#endif
