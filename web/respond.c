#include "web/respond.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "credential/ascii.h"

/*
 * Nothing from elsewhere, no frames, no inline code; WebAssembly and a worker
 * of our own. Trusted Types: text never becomes markup or code.
 */
#define CSP_PAGE                                                               \
	"default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; "           \
	"style-src 'self'; img-src 'self' blob:; connect-src 'self'; "         \
	"worker-src 'self'; manifest-src 'self'; form-action 'self'; "         \
	"base-uri 'none'; frame-ancestors 'none'; "                            \
	"require-trusted-types-for 'script'; trusted-types tamga"
#define CSP_DESK                                                               \
	"default-src 'none'; script-src 'self'; style-src 'self'; "            \
	"img-src 'self'; connect-src 'self'; form-action 'self'; "             \
	"base-uri 'none'; frame-ancestors 'none'; "                            \
	"require-trusted-types-for 'script'; trusted-types 'none'"
#define CSP_DATA "default-src 'none'; frame-ancestors 'none'"

void
reply_bytes(struct web_reply *rp, const char *type, struct bytes body)
{
	rp->type = type;
	rp->body = body;
}

void
reply_owned(struct web_reply *rp, const char *type, void *body, size_t len)
{
	free(rp->owned);
	rp->owned = body;
	reply_bytes(rp, type, bytes_of(body, len));
}

void
reply_problem(
    struct web_reply *rp, const struct web_request *rq, enum web_problem p)
{
	const struct web_problem_info *info = problem_info(p);
	const char *detail = rq->lang == LANG_EN ? info->en : info->zh;
	char quoted[512], *json;
	size_t n = 0;
	int len;

	rp->status = info->status;
	rp->problem = p;
	rp->cache = NULL;
	rp->etag[0] = '\0';
	if (info->status == 503 || info->status == 429)
		rp->retry_after_s = 2;
	free(rp->owned);
	rp->owned = NULL;
	rp->body = bytes_of("", 0);
	rp->type = "application/problem+json";
	/* our own sentences: only quotes need care */
	for (const char *s = detail; *s != '\0' && n + 2 < sizeof quoted; s++) {
		if (*s == '"' || *s == '\\')
			quoted[n++] = '\\';
		quoted[n++] = *s;
	}
	quoted[n] = '\0';
	len = asprintf(&json,
	    "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,"
	    "\"code\":\"%s\",\"detail\":\"%s\",\"request_id\":\"%s\"}\n",
	    problem_phrase(info->status), info->status, info->code, quoted,
	    rq->id);
	if (len >= 0)
		reply_owned(rp, rp->type, json, (size_t)len);
}

bool
reply_not_modified(struct web_reply *rp, const struct web_request *rq)
{
	if (rp->etag[0] == '\0' || !request_matches_etag(rq, rp->etag))
		return false;
	rp->status = 304;
	rp->body = bytes_of("", 0);
	return true;
}

void
reply_release(struct web_reply *rp)
{
	free(rp->owned);
	rp->owned = NULL;
}

struct head {
	char *out;
	size_t cap, len;
	bool full;
};

static void
put(struct head *h, const char *s, size_t n)
{
	if (h->full || n > h->cap - h->len) {
		h->full = true;
		return;
	}
	memcpy(h->out + h->len, s, n);
	h->len += n;
}

/* Inline, so that the length of a literal is no work. */
static inline __attribute__((always_inline)) void
put_str(struct head *h, const char *s)
{
	put(h, s, strlen(s));
}

static void
put_number(struct head *h, uint64_t v, unsigned width)
{
	char s[20];

	put(h, s, (size_t)(put_decimal(s, v, width) - s));
}

/* A header of which only the value varies. */
static inline __attribute__((always_inline)) void
put_field(struct head *h, const char *name, const char *value)
{
	put_str(h, name);
	put_str(h, value);
	put(h, "\r\n", 2);
}

static void
put_date(struct head *h, int64_t now)
{
	static const char days[][6] = {
	    "Sun, ", "Mon, ", "Tue, ", "Wed, ", "Thu, ", "Fri, ", "Sat, "};
	static const char months[][6] = {" Jan ", " Feb ", " Mar ", " Apr ",
	    " May ", " Jun ", " Jul ", " Aug ", " Sep ", " Oct ", " Nov ",
	    " Dec "};
	time_t t = (time_t)now;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL)
		return;
	put_str(h, "Date: ");
	put_str(h, days[tm.tm_wday]);
	put_number(h, (uint64_t)tm.tm_mday, 2);
	put_str(h, months[tm.tm_mon]);
	put_number(h, (uint64_t)tm.tm_year + 1900, 4);
	put(h, " ", 1);
	put_number(h, (uint64_t)tm.tm_hour, 2);
	put(h, ":", 1);
	put_number(h, (uint64_t)tm.tm_min, 2);
	put(h, ":", 1);
	put_number(h, (uint64_t)tm.tm_sec, 2);
	put_str(h, " GMT\r\n");
}

size_t
respond_head(const struct web_reply *rp, const struct web_request *rq,
    int64_t now, bool keep_alive, char *out, size_t cap)
{
	struct head h = {out, cap, 0, false};
	int status = rp->status != 0 ? rp->status : 200;

	put_str(&h, "HTTP/1.1 ");
	put_number(&h, (uint64_t)status, 3);
	put_field(&h, " ", problem_phrase(status));
	put_date(&h, now);
	if (status != 204 && status != 304) {
		put_str(&h, "Content-Length: ");
		put_number(&h, rp->body.len, 1);
		put(&h, "\r\n", 2);
	}
	if (rp->type != NULL && status != 204 && status != 304)
		put_field(&h, "Content-Type: ", rp->type);
	put_field(
	    &h, "Cache-Control: ", rp->cache != NULL ? rp->cache : "no-store");
	if (rp->etag[0] != '\0')
		put_field(&h, "ETag: ", rp->etag);
	if (rp->allow != NULL)
		put_field(&h, "Allow: ", rp->allow);
	if (rp->retry_after_s > 0) {
		put_str(&h, "Retry-After: ");
		put_number(&h, (uint64_t)rp->retry_after_s, 1);
		put(&h, "\r\n", 2);
	}
	put_str(&h, rp->cors ? "Access-Control-Allow-Origin: *\r\n"
			       "Cross-Origin-Resource-Policy: cross-origin\r\n"
			     : "Cross-Origin-Resource-Policy: same-origin\r\n");
	put_field(&h, "Content-Security-Policy: ",
	    rp->desk   ? CSP_DESK
	    : rp->page ? CSP_PAGE
		       : CSP_DATA);
	if (rp->desk)
		put_str(&h, "Permissions-Policy: camera=(), microphone=(), "
			    "geolocation=()\r\n"
			    "Cross-Origin-Opener-Policy: same-origin\r\n"
			    "X-Frame-Options: DENY\r\n");
	if (rp->page)
		put_str(&h, "Permissions-Policy: camera=(self), microphone=(), "
			    "geolocation=()\r\n"
			    "Cross-Origin-Opener-Policy: same-origin\r\n"
			    "X-Frame-Options: DENY\r\n");
	if (rp->gzip && status != 304)
		put_str(&h, "Content-Encoding: gzip\r\n");
	if (rp->page || rp->vary_encoding)
		put_field(&h, "Vary: ",
		    rp->vary_encoding ? "Accept-Language, Accept-Encoding"
				      : "Accept-Language");
	if (rp->location[0] != '\0')
		put_field(&h, "Location: ", rp->location);
	if (rp->set_cookie[0] != '\0')
		put_field(&h, "Set-Cookie: ", rp->set_cookie);
	if (rp->disposition[0] != '\0')
		put_field(&h, "Content-Disposition: ", rp->disposition);
	/* With no-referrer a form's Origin would be "null". */
	put_str(&h, rp->desk ? "X-Content-Type-Options: nosniff\r\n"
			       "Referrer-Policy: same-origin\r\n"
			     : "X-Content-Type-Options: nosniff\r\n"
			       "Referrer-Policy: no-referrer\r\n");
	if (rq->id[0] != '\0')
		put_field(&h, "X-Request-Id: ", rq->id);
	put_str(&h, keep_alive ? "Connection: keep-alive\r\n\r\n"
			       : "Connection: close\r\n\r\n");
	return h.full ? 0 : h.len;
}
