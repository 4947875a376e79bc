#include "web/multipart.h"

#include <strings.h>

#define MAX_BOUNDARY 70 /* RFC 2046 s5.1.1 */
#define MAX_LINE     512
#define MAX_LINES    4

struct cursor {
	const uint8_t *p, *end;
};

static bool
is_boundary_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') ||
	       (c != '\0' && strchr("'()+_,-./:=?", c) != NULL);
}

static bool
find_boundary(const char *type, struct bytes *out)
{
	const char *p = strchr(type, ';');
	bool quoted;
	size_t n = 0;

	if (p == NULL)
		return false;
	p += 1 + strspn(p + 1, " \t");
	if (strncasecmp(p, "boundary=", 9) != 0)
		return false;
	p += 9;
	quoted = *p == '"';
	p += quoted;
	while (is_boundary_char(p[n]))
		n++;
	if (n == 0 || n > MAX_BOUNDARY)
		return false;
	*out = bytes_of(p, n);
	p += n;
	if (quoted && *p++ != '"')
		return false;
	return *p == '\0';
}

static bool
take(struct cursor *c, struct bytes what)
{
	if ((size_t)(c->end - c->p) < what.len ||
	    memcmp(c->p, what.ptr, what.len) != 0)
		return false;
	c->p += what.len;
	return true;
}

/* A line up to CRLF, of printable characters and UTF-8. */
static bool
take_line(struct cursor *c, struct bytes *out)
{
	const uint8_t *start = c->p;
	size_t n = 0, left = (size_t)(c->end - c->p);

	while (n < left && start[n] >= 0x20 && start[n] != 0x7f)
		n++;
	if (n > MAX_LINE || left - n < 2 || start[n] != '\r' ||
	    start[n + 1] != '\n')
		return false;
	*out = bytes_of(start, n);
	c->p += n + 2;
	return true;
}

static bool
begins(struct bytes line, const char *word)
{
	size_t n = strlen(word);

	return line.len >= n &&
	       strncasecmp((const char *)line.ptr, word, n) == 0;
}

/* ; name="value" at c: browsers write a quote inside as %22. */
static bool
take_param(struct cursor *c, const char *name, struct bytes *out)
{
	struct cursor save = *c;
	const uint8_t *start, *quote;

	if (!take(c, bytes_str("; ")) || !take(c, bytes_str(name)) ||
	    !take(c, bytes_str("=\""))) {
		*c = save;
		return false;
	}
	start = c->p;
	quote = memchr(start, '"', (size_t)(c->end - start));
	if (quote == NULL) {
		*c = save;
		return false;
	}
	*out = bytes_of(start, (size_t)(quote - start));
	c->p = quote + 1;
	return true;
}

static bool
disposition(struct bytes line, struct part *out)
{
	static const char head[] = "Content-Disposition: form-data";
	struct cursor c = {line.ptr, line.ptr + line.len};

	if (!begins(line, head))
		return false;
	c.p += sizeof head - 1;
	if (!take_param(&c, "name", &out->name) || out->name.len == 0)
		return false;
	(void)take_param(&c, "filename", &out->filename);
	return c.p == c.end;
}

/* The part's header, up to and with the empty line. */
static bool
take_header(struct cursor *c, struct part *out)
{
	bool named = false, typed = false;
	struct bytes line;

	*out = (struct part){0};
	for (int i = 0; i < MAX_LINES; i++) {
		if (!take_line(c, &line))
			return false;
		if (line.len == 0)
			return named;
		if (begins(line, "Content-Disposition:")) {
			if (named || !disposition(line, out))
				return false;
			named = true;
		} else if (begins(line, "Content-Type:")) {
			if (typed)
				return false;
			typed = true;
		} else {
			return false;
		}
	}
	return false;
}

enum web_problem
multipart_parse(
    const char *content_type, struct bytes body, struct multipart *out)
{
	struct cursor c = {body.ptr, body.ptr + body.len};
	char delim[4 + MAX_BOUNDARY] = "\r\n--";
	struct bytes boundary, first, next;
	struct multipart m = {0};

	if (content_type == NULL ||
	    strncasecmp(content_type, "multipart/form-data", 19) != 0 ||
	    (content_type[19] != ';' && content_type[19] != '\0'))
		return WEB_TYPE;
	if (!find_boundary(content_type, &boundary))
		return WEB_MULTIPART;
	memcpy(delim + 4, boundary.ptr, boundary.len);
	next = bytes_of(delim, 4 + boundary.len);
	first = bytes_of(delim + 2, 2 + boundary.len);
	if (!take(&c, first))
		return WEB_MULTIPART;
	while (!take(&c, bytes_str("--"))) {
		const uint8_t *stop;
		struct part *part = &m.parts[m.n];

		if (m.n == MULTIPART_MAX_PARTS ||
		    !take(&c, bytes_str("\r\n")) || !take_header(&c, part))
			return WEB_MULTIPART;
		stop = memmem(c.p, (size_t)(c.end - c.p), next.ptr, next.len);
		if (stop == NULL)
			return WEB_MULTIPART;
		part->data = bytes_of(c.p, (size_t)(stop - c.p));
		m.n++;
		c.p = stop + next.len;
	}
	(void)take(&c, bytes_str("\r\n"));
	if (c.p != c.end || m.n == 0)
		return WEB_MULTIPART;
	*out = m;
	return WEB_OK;
}
