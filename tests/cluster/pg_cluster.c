/* For scripts: a cluster as in cluster.h. Prints its address, then for each
 * line "fail-over" that it reads what came of it, and ends it all with its
 * input. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cluster/cluster.h"

static struct cluster cluster;

static void
end(void)
{
	cluster_release(&cluster);
}

int
main(void)
{
	struct failover f;
	char line[64];

	atexit(end);
	cluster_start(&cluster);
	puts(cluster.spec);
	fflush(stdout);
	while (fgets(line, sizeof line, stdin) != NULL) {
		if (strcmp(line, "fail-over\n") != 0)
			continue;
		cluster_fail_over(&cluster, &f);
		printf("%u %u %lld %lld %lld\n", f.old, f.now,
		    (long long)f.promoted_ms, (long long)f.written_ms,
		    (long long)f.followed_ms);
		fflush(stdout);
	}
	return 0;
}
