#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include "edge/why.h"
#include "web/route.h"

/*
 * HTTP/1.1 (RFC 9112), as little of it as the routes need: GET, HEAD and POST,
 * bodies with a Content-Length, connections that stay. Its parts: head.h cuts a
 * request's head up, request.h judges it, turn.h answers it, conn.h is one
 * connection, loop.h waits for all of them. No TLS and no IPv6 (a reverse
 * proxy's), no codings, no ranges.
 */
struct web_server;

struct web_opts {
	const char *listen; /* "127.0.0.1:8080"; port 0: any free one */
	const struct web_route *routes; /* ends with method NULL */
	void *ctx;
	unsigned connections; /* at most; 0: 4096 */
	unsigned threads;     /* for handlers that wait, at most; 0: 64 */
	size_t bodies_max;    /* bytes of bodies in memory; 0: 512 MiB */
	unsigned idle_ms;     /* keep-alive; 0: 5000 */
	unsigned head_ms;     /* for the request's head; 0: 5000 */
	unsigned body_ms;     /* for its body; 0: 10000. For each 64 KiB that
			       * have come it has a second more */
	unsigned reply_ms;    /* handling and sending; 0: 30000 */
	bool log;             /* a line a request on stderr */
	web_handler
	    *page; /* shows rp->problem for WEB_HTML routes; may be NULL */
	bool behind_proxy; /* the client is who X-Real-IP names */
	/* May this client ask now? Called before the body is read, for routes
	 * without WEB_UNLIMITED. May be NULL. */
	enum web_problem (*allow)(void *ctx, const struct web_route *route,
	    const struct web_request *rq);
	/* Called after each reply: for counters. May be NULL. */
	void (*done)(void *ctx, const struct web_route *route,
	    const struct web_reply *rp, int64_t took_us);
};

/*
 * Listens and serves until web_stop(). CRED_FAULT_CONFIG for an address that
 * is not HOST:PORT or asks for TLS; CRED_FAULT_NETWORK when it cannot listen.
 * There are fewer connections where the system allows fewer descriptors.
 * opts and what it points to must live until web_stop().
 */
enum cred_err web_start(
    const struct web_opts *opts, struct web_server **out, struct why *why);
/* The port that is listened on. */
int web_port(const struct web_server *s);
/* From now on every reply closes its connection. */
void web_drain(struct web_server *s);
/* Requests in hand. */
unsigned web_active(const struct web_server *s);
void web_stop(struct web_server *s);

#endif
