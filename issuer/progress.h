#ifndef ISSUER_PROGRESS_H
#define ISSUER_PROGRESS_H

#include <stddef.h>
#include <time.h>

#include "edge/cli.h"

/* One line on stderr, only when that is a terminal and not with -q. */
struct progress {
	bool on, shown;
	const char *what;
	struct timespec start, last;
};
void progress_start(
    struct progress *p, const struct cli_common *cli, const char *what);
/* Shaped for the callbacks: ctx is a struct progress. */
void progress_step(void *ctx, size_t done, size_t total);
/* Wipes the line. */
void progress_end(struct progress *p);

#endif
