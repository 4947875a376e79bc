#ifndef WEB_BODY_H
#define WEB_BODY_H

#include "credential/bytes.h"

/*
 * The body of a request, whole or not at all. Its length is known beforehand
 * (request_check() insists) and was held against the route's limit by the
 * caller. Memory is taken as bytes arrive: a client that announces much and
 * sends little costs little.
 */
struct web_body {
	uint8_t *ptr; /* malloc'd; once whole, with a NUL after it */
	size_t want, len, cap;
};

/* Of want bytes. The caller's after this: body_release(). */
void body_begin(struct web_body *b, size_t want);
/* Where the next bytes go, and how many at most: as many as are wanted, some of
 * them. 0 when out of memory, or nothing is wanted. */
size_t body_room(struct web_body *b, uint8_t **at);
/* So many have been put there. */
void body_got(struct web_body *b, size_t n);
bool body_whole(const struct web_body *b);
void body_release(struct web_body *b);

#endif
