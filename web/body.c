#include "web/body.h"

#include <limits.h>
#include <stdlib.h>

#define FIRST_BLOCK 65536

enum web_problem
body_read(const struct body_source *src, size_t len, uint8_t **out)
{
	size_t cap = len < FIRST_BLOCK ? len : FIRST_BLOCK, have = 0;
	uint8_t *buf = malloc(cap + 1);

	if (buf == NULL)
		return WEB_BUSY;
	while (have < len) {
		size_t want;
		int n;

		if (have == cap) {
			size_t more = cap > len - cap ? len : 2 * cap;
			uint8_t *p = realloc(buf, more + 1);
			if (p == NULL) {
				free(buf);
				return WEB_BUSY;
			}
			buf = p;
			cap = more;
		}
		want = cap - have < INT_MAX ? cap - have : INT_MAX;
		n = src->read(src->ctx, buf + have, want);
		if (n <= 0 || (size_t)n > want) {
			free(buf);
			return WEB_CUT_SHORT;
		}
		have += (size_t)n;
	}
	buf[len] = '\0';
	*out = buf;
	return WEB_OK;
}
