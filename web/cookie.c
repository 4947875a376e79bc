#include "web/cookie.h"

#include <strings.h>

/* RFC 6265 s4.1.1 */
static bool
is_octet(unsigned char c)
{
	return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' &&
	       c != '\\';
}

/* The pairs of one header line; false: what was found must not be used. */
static bool
search(const char *p, const char *name, char *out, size_t cap, size_t *found)
{
	size_t n = strlen(name);

	while (*p != '\0') {
		size_t len;

		p += strspn(p, " \t;");
		len = strcspn(p, ";");
		while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\t'))
			len--;
		if (len > n && strncmp(p, name, n) == 0 && p[n] == '=') {
			if (++*found > 1 || len - n - 1 >= cap)
				return false;
			for (size_t i = n + 1; i < len; i++)
				if (!is_octet((unsigned char)p[i]))
					return false;
			memcpy(out, p + n + 1, len - n - 1);
			out[len - n - 1] = '\0';
		}
		p += strcspn(p, ";");
	}
	return true;
}

bool
cookie_get(
    const struct web_request *rq, const char *name, char *out, size_t cap)
{
	size_t found = 0;

	for (size_t i = 0; i < rq->n_headers; i++)
		if (strcasecmp(rq->headers[i].name, "Cookie") == 0 &&
		    !search(rq->headers[i].value, name, out, cap, &found))
			return false;
	return found == 1;
}
