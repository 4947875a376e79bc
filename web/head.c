#include "web/head.h"

#include <string.h>

size_t
head_blank(const char *buf, size_t len)
{
	size_t n = 0;

	while (n + 2 <= len && memcmp(buf + n, "\r\n", 2) == 0)
		n += 2;
	return n;
}

/* Of the line at p, without its CRLF; SIZE_MAX if it is not one, or not one
 * that all read alike. lf is the first after p. */
static size_t
line_length(const char *p, const char *lf)
{
	size_t n = (size_t)(lf - p);

	if (n == 0 || p[n - 1] != '\r' || memchr(p, '\r', n - 1) != NULL ||
	    memchr(p, '\0', n) != NULL)
		return SIZE_MAX;
	return n - 1;
}

/* Where the head ends, into *end; 0 while it has not. Begins anew with each
 * byte that comes: more lines than there may be are not looked at. */
static enum web_problem
find_end(const char *buf, size_t len, size_t *end)
{
	const char *p = buf, *lf;
	size_t lines = 0;

	*end = 0;
	while ((lf = memchr(p, '\n', len - (size_t)(p - buf))) != NULL) {
		size_t n = line_length(p, lf);

		if (n == SIZE_MAX)
			return WEB_BAD_HEADER;
		p = lf + 1;
		if (n == 0) {
			*end = (size_t)(p - buf);
			break;
		}
		if (++lines > 1 + WEB_MAX_HEADERS)
			return WEB_MANY_HEADERS;
	}
	if (*end > HEAD_MAX || (*end == 0 && len >= HEAD_MAX))
		return p == buf ? WEB_LONG_TARGET : WEB_MANY_HEADERS;
	return WEB_OK;
}

/* What no route could have: refused like any other nonsense. */
static bool
is_method(const char *s)
{
	static const char *const known[] = {
	    "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(s, known[i]) == 0)
			return true;
	return false;
}

/* method SP target SP HTTP/d.d (RFC 9112 s3); line ends with NUL. */
static enum web_problem
cut_line(char *line, struct web_request *rq)
{
	char *target = strchr(line, ' '), *version;

	if (target == NULL || (version = strchr(target + 1, ' ')) == NULL)
		return WEB_BAD_REQUEST;
	*target++ = *version++ = '\0';
	if (strncmp(version, "HTTP/", 5) != 0)
		return WEB_BAD_REQUEST;
	version += 5;
	if (strlen(version) != 3 || version[1] != '.')
		return WEB_BAD_VERSION;
	if (!is_method(line) || *target == '\0')
		return WEB_BAD_REQUEST;
	rq->method = line;
	rq->target = target;
	rq->version = version;
	return WEB_OK;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* name ":" OWS value OWS (RFC 9112 s5); line ends with NUL at end. */
static bool
cut_field(char *line, char *end, struct web_header *out)
{
	char *value = memchr(line, ':', (size_t)(end - line));

	if (value == NULL)
		return false;
	*value++ = '\0';
	while (is_blank(*value))
		value++;
	while (end > value && is_blank(end[-1]))
		*--end = '\0';
	*out = (struct web_header){line, value};
	return true;
}

/* Puts a NUL where the CRLF of the line at p is; the next is two further. */
static char *
end_line(char *p, const char *stop)
{
	char *end = (char *)memchr(p, '\n', (size_t)(stop - p)) - 1;

	*end = '\0';
	return end;
}

/* Every line of it ends with CRLF; the last is empty. */
static enum web_problem
cut(char *buf, size_t used, struct web_request *rq, struct web_header *headers)
{
	const char *stop = buf + used;
	char *line = buf, *end = end_line(buf, stop);
	enum web_problem p = cut_line(line, rq);

	for (line = end + 2; p == WEB_OK && line < stop - 2; line = end + 2) {
		end = end_line(line, stop);
		if (rq->n_headers == WEB_MAX_HEADERS)
			p = WEB_MANY_HEADERS;
		else if (!cut_field(line, end, &headers[rq->n_headers++]))
			p = WEB_BAD_HEADER;
	}
	return p;
}

enum web_problem
head_parse(char *buf, size_t len, struct web_request *rq,
    struct web_header headers[static WEB_MAX_HEADERS], size_t *used)
{
	enum web_problem p = find_end(buf, len, used);

	rq->method = rq->target = "";
	rq->version = "1.0";
	rq->headers = headers;
	rq->n_headers = 0;
	if (p != WEB_OK || *used == 0)
		return p;
	p = cut(buf, *used, rq, headers);
	if (p != WEB_OK) {
		rq->method = rq->target = "";
		rq->version = "1.0";
		rq->n_headers = 0;
	}
	return p;
}
