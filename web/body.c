#include "web/body.h"

#include <stdlib.h>

#define FIRST_BLOCK 65536

void
body_begin(struct web_body *b, size_t want)
{
	*b = (struct web_body){.want = want};
}

size_t
body_room(struct web_body *b, uint8_t **at)
{
	size_t cap = b->cap == 0 ? FIRST_BLOCK : 2 * b->cap;

	if (b->len == b->want)
		return 0;
	if (b->len == b->cap) {
		uint8_t *p;

		if (cap > b->want || cap < b->cap)
			cap = b->want;
		p = realloc(b->ptr, cap + 1);
		if (p == NULL)
			return 0;
		b->ptr = p;
		b->cap = cap;
	}
	*at = b->ptr + b->len;
	return b->cap - b->len;
}

void
body_got(struct web_body *b, size_t n)
{
	b->len += n;
	if (b->len == b->want)
		b->ptr[b->len] = '\0';
}

bool
body_whole(const struct web_body *b)
{
	return b->len == b->want;
}

void
body_release(struct web_body *b)
{
	free(b->ptr);
	*b = (struct web_body){0};
}
