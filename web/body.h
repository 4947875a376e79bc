#ifndef WEB_BODY_H
#define WEB_BODY_H

#include "credential/bytes.h"
#include "web/problem.h"

/*
 * The body of a request, whole or not at all. Its length is known beforehand
 * (request_check() insists) and was held against the route's limit by the
 * caller; the deadline over the whole of it is deadline.h's, which makes read
 * come to an end.
 */
struct body_source {
	void *ctx;
	/* At most len bytes; 0 or less: no more will come. */
	int (*read)(void *ctx, void *buf, size_t len);
};

/*
 * Exactly len bytes into *out (malloc, with a NUL after them that len does not
 * count). WEB_CUT_SHORT when fewer came. Memory is taken as bytes arrive: a
 * client that announces much and sends little costs little.
 */
enum web_problem body_read(
    const struct body_source *src, size_t len, uint8_t **out);

#endif
