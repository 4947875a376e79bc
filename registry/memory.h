#ifndef REGISTRY_MEMORY_H
#define REGISTRY_MEMORY_H

#include "registry/registry.h"

/* The knob of the registry "memory:", for tests of those who use one. */
enum memory_fail {
	MEMORY_FAIL_NEVER,
	MEMORY_FAIL_BEFORE, /* nothing was changed */
	MEMORY_FAIL_AFTER,  /* all was changed, and the caller not told: a
			     * connection lost after the commit */
};

/*
 * The nth call from now that changes something (1: the next) fails with e,
 * before or after it wrote; once. r must be of "memory:".
 */
void registry_memory_fail(
    struct registry *r, enum memory_fail when, unsigned nth, enum cred_err e);

/* How many calls changed something so far, failed ones included. */
unsigned registry_memory_writes(const struct registry *r);

#endif
