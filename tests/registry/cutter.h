#ifndef TESTS_REGISTRY_CUTTER_H
#define TESTS_REGISTRY_CUTTER_H

#include "tests/registry/server.h"

/* Stands between a client and a server, and cuts the line once: at a COMMIT, or
 * as cutter_at() says. */
enum cut {
	CUT_NEVER,
	CUT_BEFORE, /* the server never sees the commit */
	CUT_AFTER,  /* the server answered, and the client is not told */
};
struct cutter;
/* spec: the address of schema through it. */
struct cutter *cutter_new(
    const struct server *s, const char *schema, char *spec, size_t size);
void cutter_set(struct cutter *c, enum cut cut);
/* At the nth of what is asked from now on with these len bytes of a literal in
 * it; beforehand. */
void cutter_at(struct cutter *c, const char *word, size_t len, unsigned nth);
void cutter_free(struct cutter *c);

#endif
