#include "web/route.h"

#include <stdio.h>
#include <string.h>

static bool
pattern_matches(const char *pattern, const char *path)
{
	for (; *pattern == *path && *path != '\0'; pattern++, path++)
		if (pattern[0] == '*' && pattern[1] == '\0')
			return true;
	return *pattern == *path || (pattern[0] == '*' && pattern[1] == '\0');
}

const struct web_route *
route_find(const struct web_route *r, const struct web_request *rq, char *allow,
    size_t cap)
{
	const char *method = rq->head ? "GET" : rq->method;
	size_t n = 0;

	allow[0] = '\0';
	for (; r->method != NULL; r++) {
		int len;
		if (!pattern_matches(r->pattern, rq->path))
			continue;
		if (strcmp(r->method, method) == 0)
			return r;
		len = snprintf(allow + n, cap - n, "%s%s", n > 0 ? ", " : "",
		    strcmp(r->method, "GET") == 0 ? "GET, HEAD" : r->method);
		if (len > 0 && (size_t)len < cap - n)
			n += (size_t)len;
	}
	return NULL;
}
