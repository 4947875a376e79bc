#ifndef VERIFIER_SERVICE_H
#define VERIFIER_SERVICE_H

#include <stdatomic.h>

#include "credential/verdict.h"
#include "web/server.h"

/*
 * What tamga-verifier serves: the page, the verdict API, the publication's
 * files, health and figures. Verdicts keep nothing: no text, no name, no
 * picture outlives its request.
 */
#define SERVICE_N_STATUS (VERDICT_UNREADABLE + 1)

struct service {
	const char *pub_dir; /* publication folder to serve, or NULL */
	int64_t started;     /* Unix seconds */
	atomic_bool draining;

	/* counters of /metrics, since the start */
	atomic_ulong verdicts[SERVICE_N_STATUS];
	atomic_ulong problems[N_WEB_PROBLEMS];
	atomic_ulong pictures;
	atomic_ulong requests[6]; /* by status class, [2] is 2xx */
};

void service_init(struct service *s);

/* The routes, for web_start() with ctx the struct service. */
extern const struct web_route service_routes[];
void service_page(
    void *ctx, const struct web_request *rq, struct web_reply *rp);
void service_done(
    void *ctx, const struct web_route *route, int status, int64_t took_us);

/* service_files.c: publication files under their own paths. */
web_handler service_file;
/* service_metrics.c */
web_handler service_healthz, service_readyz, service_metrics;

#endif
