#ifndef TESTS_CLUSTER_CLUSTER_H
#define TESTS_CLUSTER_CLUSTER_H

#include <stdint.h>

#include "tests/registry/server.h"

/*
 * A primary and two synchronous standbys (ANY 1 of 2), each in a folder of its
 * own, of whom the primary is killed again and again. Failures end the test.
 */
#define CLUSTER 3

struct cluster {
	struct server servers[CLUSTER];
	unsigned primary;
	char spec[512]; /* of all three */
};

void cluster_start(struct cluster *c);
void cluster_release(struct cluster *c);
/* Standbys that a commit may wait for, until there are n. */
void cluster_wait(struct cluster *c, int n);

struct failover {
	unsigned old, now;
	int64_t promoted_ms; /* from the kill until the standby is primary */
	int64_t written_ms;  /* from the order to promote until somebody's write
			      * is confirmed; -1: nobody wrote in 20 s */
	int64_t followed_ms; /* and until a standby follows */
};
/*
 * SIGKILL for the primary, whoever is ahead promoted, the other follows it. The
 * old primary starts as if nothing had been, must be of no use, and comes back
 * as a standby.
 */
void cluster_fail_over(struct cluster *c, struct failover *out);

void nap(unsigned ms);
int64_t clock_ms(void);

#endif
