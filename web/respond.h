#ifndef WEB_RESPOND_H
#define WEB_RESPOND_H

#include "web/request.h"

/*
 * What a handler answers. It fills this; the server sends it, adds the
 * security headers and frees owned. Zero-initialised it is an empty 200.
 */
struct web_reply {
	int status;        /* 0: 200 */
	const char *type;  /* Content-Type */
	struct bytes body; /* valid until owned is freed */
	void *owned;       /* free()d after sending, may be NULL */
	const char *cache; /* Cache-Control; NULL: no-store */
	char etag[72];     /* with its quotes; "" none */
	const char *allow; /* for 405 and OPTIONS */
	int retry_after_s; /* 0: none */
	char location[128];    /* for 303; "" none */
	char set_cookie[160];  /* one cookie, whole; "" none */
	char disposition[160]; /* Content-Disposition; "" none */
	bool desk; /* page of signed-in people: their forms name their origin */
	bool cors;         /* Access-Control-Allow-Origin: * */
	bool page;         /* HTML of ours: the full Content-Security-Policy */
	bool gzip;         /* body is packed: Content-Encoding */
	bool vary_encoding;
	bool close;               /* end the connection after this */
	enum web_problem problem; /* as reply_problem() was told */
};

/* Body to be sent as it is; borrowed until sending. */
void reply_bytes(struct web_reply *rp, const char *type, struct bytes body);
/* The same, of malloc'd memory that becomes the reply's. */
void reply_owned(
    struct web_reply *rp, const char *type, void *body, size_t len);
/* application/problem+json of this problem (RFC 9457): type, title, status,
 * code, detail in the request's language, request_id. On lack of memory the
 * same status without a body. */
void reply_problem(
    struct web_reply *rp, const struct web_request *rq, enum web_problem p);
/* 304 when the request already has this version; true then. Call after etag
 * and cache are set. */
bool reply_not_modified(struct web_reply *rp, const struct web_request *rq);

void reply_release(struct web_reply *rp);

/*
 * Status line and header, ending with the empty line, into out. now is for
 * Date. Returns its length; 0 when cap is too small (4096 is enough).
 */
size_t respond_head(const struct web_reply *rp, const struct web_request *rq,
    int64_t now, bool keep_alive, char *out, size_t cap);

#endif
