#include "web/respond.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

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

static void __attribute__((format(printf, 2, 3)))
put(struct head *h, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (h->full)
		return;
	va_start(ap, fmt);
	n = vsnprintf(h->out + h->len, h->cap - h->len, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= h->cap - h->len)
		h->full = true;
	else
		h->len += (size_t)n;
}

static void
put_date(struct head *h, int64_t now)
{
	static const char days[][4] = {
	    "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t t = (time_t)now;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL)
		return;
	put(h, "Date: %s, %02d %s %d %02d:%02d:%02d GMT\r\n", days[tm.tm_wday],
	    tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour,
	    tm.tm_min, tm.tm_sec);
}

size_t
respond_head(const struct web_reply *rp, const struct web_request *rq,
    int64_t now, bool keep_alive, char *out, size_t cap)
{
	struct head h = {out, cap, 0, false};
	int status = rp->status != 0 ? rp->status : 200;

	put(&h, "HTTP/1.1 %d %s\r\n", status, problem_phrase(status));
	put_date(&h, now);
	if (status != 204 && status != 304)
		put(&h, "Content-Length: %zu\r\n", rp->body.len);
	if (rp->type != NULL && status != 204 && status != 304)
		put(&h, "Content-Type: %s\r\n", rp->type);
	put(&h, "Cache-Control: %s\r\n",
	    rp->cache != NULL ? rp->cache : "no-store");
	if (rp->etag[0] != '\0')
		put(&h, "ETag: %s\r\n", rp->etag);
	if (rp->allow != NULL)
		put(&h, "Allow: %s\r\n", rp->allow);
	if (rp->retry_after_s > 0)
		put(&h, "Retry-After: %d\r\n", rp->retry_after_s);
	if (rp->cors)
		put(&h, "Access-Control-Allow-Origin: *\r\n"
			"Cross-Origin-Resource-Policy: cross-origin\r\n");
	else
		put(&h, "Cross-Origin-Resource-Policy: same-origin\r\n");
	put(&h, "Content-Security-Policy: %s\r\n",
	    rp->page ? CSP_PAGE : CSP_DATA);
	if (rp->page)
		put(&h, "Permissions-Policy: camera=(self), microphone=(), "
			"geolocation=()\r\n"
			"Cross-Origin-Opener-Policy: same-origin\r\n"
			"X-Frame-Options: DENY\r\n");
	if (rp->gzip && status != 304)
		put(&h, "Content-Encoding: gzip\r\n");
	if (rp->page || rp->vary_encoding)
		put(&h, "Vary: %s\r\n",
		    rp->vary_encoding ? "Accept-Language, Accept-Encoding"
				      : "Accept-Language");
	put(&h, "X-Content-Type-Options: nosniff\r\n"
		"Referrer-Policy: no-referrer\r\n");
	if (rq->id[0] != '\0')
		put(&h, "X-Request-Id: %s\r\n", rq->id);
	put(&h, "Connection: %s\r\n\r\n", keep_alive ? "keep-alive" : "close");
	return h.full ? 0 : h.len;
}
