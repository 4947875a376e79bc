#include "verifier/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void
service_healthz(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	(void)ctx;
	(void)rq;
	reply_bytes(rp, "application/json", bytes_str("{\"status\":\"ok\"}\n"));
}

void
service_readyz(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	struct service *s = ctx;

	(void)rq;
	if (atomic_load(&s->draining)) {
		rp->status = 503;
		reply_bytes(rp, "application/json",
		    bytes_str(
			"{\"ready\":false,\"reasons\":[\"shutting_down\"]}\n"));
		return;
	}
	reply_bytes(rp, "application/json",
	    bytes_str("{\"ready\":true,\"reasons\":[]}\n"));
}

void
service_metrics(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	struct service *s = ctx;
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL) {
		reply_problem(rp, rq, WEB_BUSY);
		return;
	}
	fprintf(f, "# HELP tamga_verdicts_total Verdicts given, by status.\n"
		   "# TYPE tamga_verdicts_total counter\n");
	fprintf(f, "# TYPE tamga_http_responses_total counter\n");
	for (int i = 1; i < 6; i++)
		fprintf(f, "tamga_http_responses_total{class=\"%dxx\"} %lu\n",
		    i, atomic_load(&s->requests[i]));
	fprintf(f, "# TYPE tamga_problems_total counter\n");
	for (int i = 1; i < N_WEB_PROBLEMS; i++)
		fprintf(f, "tamga_problems_total{code=\"%s\"} %lu\n",
		    problem_info((enum web_problem)i)->code,
		    atomic_load(&s->problems[i]));
	fprintf(f,
	    "# TYPE tamga_uptime_seconds gauge\n"
	    "tamga_uptime_seconds %lld\n",
	    (long long)(time(NULL) - s->started));
	if (fclose(f) != 0 || text == NULL) {
		free(text);
		reply_problem(rp, rq, WEB_BUSY);
		return;
	}
	reply_owned(rp, "text/plain; version=0.0.4; charset=utf-8", text, len);
}
