#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H

#include "web/request.h"
#include "web/respond.h"

/* Fills rp from rq. ctx is the server's. Called from many threads. */
typedef void web_handler(
    void *ctx, const struct web_request *rq, struct web_reply *rp);

enum {
	WEB_HTML = 1, /* a problem here is shown as a page (web_opts.page) */
	WEB_UNLIMITED = 2, /* no rate limit: health checks */
	WEB_QUICK = 4,     /* handle() computes and waits for nothing */
};

/* How the body of one request is taken. */
struct web_admission {
	size_t max; /* bytes; the route's body_max */
	bool waits; /* handle() may wait for a disk, a database, a decoder; true
		     * but for WEB_QUICK */
};

struct web_route {
	const char *method; /* "GET" answers HEAD as well */
	const char
	    *pattern;    /* a path; one ending in '*' covers what begins so */
	size_t body_max; /* bytes; 0: takes no body */
	web_handler *handle;
	unsigned flags;
	/* Judges by the head alone, before a byte of the body is read: may
	 * change *a, or refuse. May be NULL. */
	enum web_problem (*admit)(
	    void *ctx, const struct web_request *rq, struct web_admission *a);
};

/*
 * The route of a table that ends with method NULL, or NULL with what is allowed
 * at this path in allow ("" for nothing), as far as it has room.
 */
const struct web_route *route_find(const struct web_route *routes,
    const struct web_request *rq, char *allow, size_t cap);

#endif
