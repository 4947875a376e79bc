#ifndef TESTS_CLUSTER_LOAD_H
#define TESTS_CLUSTER_LOAD_H

#include "registry/registry.h"

/*
 * Those who write while servers die, each a process: two issuers of one body,
 * each with batches of its own, taking turns at the log's head; a reviewer
 * booking claims. What was acknowledged is a line in a file, written after the
 * call returned: never more than was, at most one fewer.
 *
 *   R index serial batch row   reserved and stored
 *   H from to                  the head swapped, note "FROM-TO by WHO"
 *   B claim person year        booked
 */
#define LOAD_PEOPLE 4000
enum load_role {
	LOAD_ISSUER,
	LOAD_REVIEWER,
};
/* Until *stop; returns the process's exit status: 0, or 1 where something
 * was refused that must not be. */
int load_run(enum load_role role, unsigned who, const char *spec,
    const char *acks, const volatile bool *stop);
/* Reserves five rows of batch "dead" an hour ago, and is gone. */
int load_die(const char *spec);

struct load_count {
	unsigned entries, swaps, claims; /* acknowledged */
	unsigned lost, twice, forks, over;
	unsigned void_, waiting; /* in the registry: void; neither signed nor
				  * void below the head */
	unsigned silent_ms;      /* longest time without any acknowledgement */
};
/* Hold all acknowledgements against the registry. */
enum cred_err load_count(struct registry *r, const char *const *acks, size_t n,
    struct load_count *out, struct why *why);

#endif
