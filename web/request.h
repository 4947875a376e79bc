#ifndef WEB_REQUEST_H
#define WEB_REQUEST_H

#include "credential/bytes.h"
#include "credential/report.h"
#include "web/problem.h"

/*
 * One HTTP request, as a handler sees it: already checked. Pure: what the
 * connection said comes in as strings, so that tests need no socket.
 */
#define WEB_MAX_HEADERS 63
#define WEB_MAX_TARGET  2048
#define WEB_MAX_PATH    256 /* the longest of ours is a tile's, below 100 */
#define WEB_ID_LEN      16

struct web_header {
	const char *name, *value;
};

struct web_request {
	const char *method;
	const char *target;  /* as on the wire: path, '?', query */
	const char *version; /* "1.0" or "1.1" */
	const struct web_header *headers;
	size_t n_headers;
	char client[48]; /* address of the peer; never logged */

	/* filled by request_check() */
	char path[WEB_MAX_PATH];
	const char *query; /* after the '?', "" when there is none */
	bool head;         /* HEAD: as GET, without the body */
	bool has_length;
	uint64_t length; /* Content-Length */
	bool expects;    /* waits for 100 Continue */
	enum report_lang lang;

	struct bytes body;       /* the server's, for the time of the handler */
	char id[WEB_ID_LEN + 1]; /* names this request in log and problem */
};

/*
 * Is the head of this request one that all HTTP software reads alike? Checks
 * target, version, header names and values, Host, and how the body is framed
 * (RFC 9112 s6.3): Transfer-Encoding is refused always, a Content-Length that
 * is repeated, signed, a list or too long as well. Then fills path, query,
 * head, length, expects, lang. Returns WEB_OK or what to answer; after
 * anything else the connection must be closed, for nobody knows where the
 * next request begins.
 */
enum web_problem request_check(struct web_request *rq);

/* Value of the only header of that name, or NULL. */
const char *request_header(const struct web_request *rq, const char *name);

/*
 * Does the media type of Content-Type equal type ("application/json")? With
 * "image/" at its end any subtype does. Parameters are ignored.
 */
bool request_has_type(const struct web_request *rq, const char *type);

/* Does If-None-Match name this entity tag (with its quotes), or "*"? */
bool request_matches_etag(const struct web_request *rq, const char *etag);

/* Does Accept-Encoding name gzip, and not with q=0? */
bool request_takes_gzip(const struct web_request *rq);

/* Value of a query parameter into out; false if absent or too long. Nothing
 * is percent-decoded: our parameters need no escapes. */
bool request_query(
    const struct web_request *rq, const char *name, char *out, size_t cap);

/* "zh-CN,zh;q=0.9,en;q=0.8": the better liked of zh and en; def when neither
 * is named. NULL: def. */
enum report_lang request_accept_language(
    const char *value, enum report_lang def);

#endif
