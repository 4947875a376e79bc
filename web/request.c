#include "web/request.h"

#include <stdlib.h>
#include <strings.h>

/* RFC 9110 s5.6.2 */
static bool
is_token_char(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* Field names, in any case; most differ in their first letter. */
static bool
is_name(const char *a, const char *b)
{
	return ((*a ^ *b) & ~0x20) == 0 && strcasecmp(a, b) == 0;
}

/* RFC 3986 pchar and '/', without '%': no address of ours needs escapes, so
 * there is only one way to write each. */
static bool
is_path_char(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') ||
	       (c != '\0' && strchr("-._~/=&+:,@!$'()*;", c) != NULL);
}

/* Whatever a messenger appends to a link ("from=groupmessage&x=%E4"). */
static bool
is_query_char(unsigned char c)
{
	return c > 0x20 && c < 0x7f && c != '#';
}

static bool
is_token(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (!is_token_char((unsigned char)*s))
			return false;
	return true;
}

/* RFC 9110 s5.5; obs-text passes, some phones have it in User-Agent. */
static bool
is_field_value(const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static bool
is_host(const char *s)
{
	size_t n = strspn(s, "0123456789abcdefghijklmnopqrstuvwxyz"
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZ-._:[]");

	return n > 0 && n <= 255 && s[n] == '\0';
}

static enum web_problem
check_target(struct web_request *rq)
{
	size_t len = strlen(rq->target);
	const char *q = strchr(rq->target, '?');
	size_t path_len = q != NULL ? (size_t)(q - rq->target) : len;

	if (len > WEB_MAX_TARGET)
		return WEB_LONG_TARGET;
	if (rq->target[0] != '/')
		return WEB_BAD_TARGET; /* absolute form, authority form, "*" */
	for (size_t i = 0; i < len; i++)
		if (i < path_len ? !is_path_char((unsigned char)rq->target[i])
				 : !is_query_char((unsigned char)rq->target[i]))
			return WEB_BAD_TARGET;
	if (path_len >= WEB_MAX_PATH)
		return WEB_LONG_TARGET;
	memcpy(rq->path, rq->target, path_len);
	rq->path[path_len] = '\0';
	rq->query = q != NULL ? q + 1 : "";
	return WEB_OK;
}

/* Headers that decide something and so may stand only once. */
static bool
is_singleton(const char *name)
{
	static const char *const names[] = {"Host", "Content-Length",
	    "Content-Type", "Content-Encoding", "Transfer-Encoding", "Expect",
	    "Authorization", "If-None-Match", "Origin", "Range"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (is_name(name, names[i]))
			return true;
	return false;
}

static enum web_problem
repeated(const char *name)
{
	if (strcasecmp(name, "Content-Length") == 0)
		return WEB_BAD_LENGTH;
	if (strcasecmp(name, "Host") == 0)
		return WEB_BAD_HOST;
	return WEB_BAD_HEADER;
}

static enum web_problem
check_headers(const struct web_request *rq)
{
	if (rq->n_headers > WEB_MAX_HEADERS)
		return WEB_MANY_HEADERS;
	for (size_t i = 0; i < rq->n_headers; i++) {
		const struct web_header *h = &rq->headers[i];

		if (h->name == NULL || h->value == NULL || !is_token(h->name) ||
		    !is_field_value(h->value))
			return WEB_BAD_HEADER;
		if (!is_singleton(h->name))
			continue;
		for (size_t k = 0; k < i; k++)
			if (is_name(rq->headers[k].name, h->name))
				return repeated(h->name);
	}
	return WEB_OK;
}

static enum web_problem
check_framing(struct web_request *rq)
{
	const char *te = request_header(rq, "Transfer-Encoding");
	const char *cl = request_header(rq, "Content-Length");
	const char *ex = request_header(rq, "Expect");
	size_t digits;

	if (te != NULL)
		return cl != NULL ? WEB_AMBIGUOUS : WEB_CODING;
	if (cl != NULL) {
		digits = strspn(cl, "0123456789");
		if (digits == 0 || digits > 18 || cl[digits] != '\0')
			return WEB_BAD_LENGTH;
		rq->has_length = true;
		rq->length = strtoull(cl, NULL, 10);
	}
	if (ex != NULL) {
		if (strcasecmp(ex, "100-continue") != 0)
			return WEB_EXPECTATION;
		rq->expects = strcmp(rq->version, "1.1") == 0;
	}
	return WEB_OK;
}

enum web_problem
request_check(struct web_request *rq)
{
	enum web_problem p;
	const char *host;
	char lang[4];

	rq->path[0] = '\0';
	rq->query = "";
	rq->head = strcmp(rq->method, "HEAD") == 0;
	rq->has_length = rq->expects = false;
	rq->length = 0;
	rq->lang = LANG_ZH;
	if ((p = check_headers(rq)) != WEB_OK)
		return p;
	rq->lang = request_accept_language(
	    request_header(rq, "Accept-Language"), LANG_ZH);
	if ((p = check_target(rq)) != WEB_OK)
		return p;
	if (request_query(rq, "lang", lang, sizeof lang))
		rq->lang = strcmp(lang, "en") == 0 ? LANG_EN : LANG_ZH;
	if (strcmp(rq->version, "1.1") != 0 && strcmp(rq->version, "1.0") != 0)
		return WEB_BAD_VERSION;
	host = request_header(rq, "Host");
	if (host == NULL ? strcmp(rq->version, "1.1") == 0 : !is_host(host))
		return WEB_BAD_HOST;
	return check_framing(rq);
}

const char *
request_header(const struct web_request *rq, const char *name)
{
	for (size_t i = 0; i < rq->n_headers; i++)
		if (is_name(rq->headers[i].name, name))
			return rq->headers[i].value;
	return NULL;
}

bool
request_has_type(const struct web_request *rq, const char *type)
{
	const char *v = request_header(rq, "Content-Type");
	size_t n = strlen(type);

	if (v == NULL || strncasecmp(v, type, n) != 0)
		return false;
	if (type[n - 1] == '/')
		return is_token_char((unsigned char)v[n]);
	return v[n] == '\0' || v[n] == ';' || v[n] == ' ' || v[n] == '\t';
}

bool
request_matches_etag(const struct web_request *rq, const char *etag)
{
	const char *v = request_header(rq, "If-None-Match");
	size_t n = strlen(etag);

	while (v != NULL && *v != '\0') {
		v += strspn(v, " \t,");
		if (*v == '*')
			return true;
		if (strncmp(v, "W/", 2) == 0)
			v += 2; /* weak comparison, RFC 9110 s13.1.2 */
		if (strncmp(v, etag, n) == 0)
			return true;
		v += strcspn(v, ",");
	}
	return false;
}

bool
request_query(
    const struct web_request *rq, const char *name, char *out, size_t cap)
{
	size_t n = strlen(name);

	for (const char *p = rq->query; *p != '\0';) {
		size_t len = strcspn(p, "&");
		if (len > n && p[n] == '=' && strncmp(p, name, n) == 0) {
			if (len - n - 1 >= cap)
				return false;
			memcpy(out, p + n + 1, len - n - 1);
			out[len - n - 1] = '\0';
			return true;
		}
		p += len;
		p += *p == '&';
	}
	return false;
}

/* ";q=0.8" at s as thousandths; 1000 when there is none. */
static int
quality(const char *s, size_t len)
{
	const char *q = memchr(s, ';', len);
	int v = 0, digit = 100;

	if (q == NULL)
		return 1000;
	q += 1 + strspn(q + 1, " \t");
	if (strncasecmp(q, "q=", 2) != 0)
		return 1000;
	if (q[2] == '1')
		return 1000;
	if (q[2] != '0' || q[3] != '.')
		return 0;
	for (q += 4; *q >= '0' && *q <= '9' && digit > 0; q++, digit /= 10)
		v += (*q - '0') * digit;
	return v;
}

bool
request_takes_gzip(const struct web_request *rq)
{
	const char *v = request_header(rq, "Accept-Encoding");

	while (v != NULL && *v != '\0') {
		size_t len;

		v += strspn(v, " \t,");
		len = strcspn(v, ",");
		if (strncasecmp(v, "gzip", 4) == 0 &&
		    (len == 4 || strchr(" \t;", v[4]) != NULL))
			return quality(v, len) > 0;
		v += len;
	}
	return false;
}

enum report_lang
request_accept_language(const char *value, enum report_lang def)
{
	int zh = -1, en = -1;

	while (value != NULL && *value != '\0') {
		size_t len;
		int q;

		value += strspn(value, " \t,");
		len = strcspn(value, ",");
		q = quality(value, len);
		if (strncasecmp(value, "zh", 2) == 0 && q > zh)
			zh = q;
		if (strncasecmp(value, "en", 2) == 0 && q > en)
			en = q;
		value += len;
	}
	if (zh <= 0 && en <= 0)
		return def;
	if (zh == en)
		return def;
	return en > zh ? LANG_EN : LANG_ZH;
}
