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

/* What keeps us from any verdict, or from more than status_unknown. */
static const char *
trouble(struct service *s, bool *ready)
{
	struct publication_state st = {0};

	*ready = false;
	if (atomic_load(&s->draining))
		return "shutting_down";
	pthread_rwlock_rdlock(&s->lock);
	if (s->pub == NULL) {
		pthread_rwlock_unlock(&s->lock);
		return "no_publication";
	}
	publication_state(s->pub, &st);
	pthread_rwlock_unlock(&s->lock);
	if (!st.listed)
		return "no_trust_list";
	*ready = true;
	if (st.n_bodies == 0)
		return "no_bodies";
	if (st.crl.why == CRED_ERR_CRL_EXPIRED ||
	    (st.crl.why == CRED_OK && time(NULL) > st.crl.exp))
		return "crl_expired";
	if (st.crl.why != CRED_OK)
		return "no_crl";
	return st.trouble[0] != '\0' ? "publication_unreachable" : NULL;
}

void
service_readyz(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	char *json;
	bool ready;
	const char *why = trouble(ctx, &ready);
	int len = asprintf(&json, "{\"ready\":%s,\"reasons\":[%s%s%s]}\n",
	    ready ? "true" : "false", why != NULL ? "\"" : "",
	    why != NULL ? why : "", why != NULL ? "\"" : "");

	if (len < 0) {
		reply_problem(rp, rq, WEB_BUSY);
		return;
	}
	rp->status = ready ? 200 : 503;
	reply_owned(rp, "application/json", json, (size_t)len);
}

static void
write_publication(FILE *f, struct publication *pub)
{
	struct publication_state st = {0};

	if (pub == NULL)
		return;
	publication_state(pub, &st);
	fprintf(f,
	    "# HELP tamga_trust_bodies Bodies in the trust list.\n"
	    "# TYPE tamga_trust_bodies gauge\ntamga_trust_bodies %zu\n"
	    "# HELP tamga_trust_fetched_timestamp_seconds When the trust list "
	    "was last read.\n"
	    "# TYPE tamga_trust_fetched_timestamp_seconds gauge\n"
	    "tamga_trust_fetched_timestamp_seconds %lld\n"
	    "# HELP tamga_crl_number Number of the newest CRL.\n"
	    "# TYPE tamga_crl_number gauge\ntamga_crl_number %llu\n"
	    "# HELP tamga_crl_expiry_timestamp_seconds When the CRL runs "
	    "out.\n"
	    "# TYPE tamga_crl_expiry_timestamp_seconds gauge\n"
	    "tamga_crl_expiry_timestamp_seconds %lld\n",
	    st.n_bodies, (long long)st.fetched_at,
	    (unsigned long long)st.crl_number, (long long)st.crl.exp);
}

static void
write_counters(FILE *f, struct service *s)
{
	fprintf(f, "# HELP tamga_verdicts_total Verdicts given, by status.\n"
		   "# TYPE tamga_verdicts_total counter\n");
	for (int i = 0; i < SERVICE_N_STATUS; i++)
		fprintf(f, "tamga_verdicts_total{status=\"%s\"} %lu\n",
		    verdict_name((enum verdict_status)i),
		    atomic_load(&s->verdicts[i]));
	fprintf(f,
	    "# HELP tamga_pictures_total Pictures and PDFs searched.\n"
	    "# TYPE tamga_pictures_total counter\n"
	    "tamga_pictures_total %lu\n",
	    atomic_load(&s->pictures));
	fprintf(f,
	    "# HELP tamga_registry_retries_total Attempts on the database "
	    "that failed and were made again.\n"
	    "# TYPE tamga_registry_retries_total counter\n"
	    "tamga_registry_retries_total %lu\n",
	    atomic_load(&s->retries));
	fprintf(f, "# HELP tamga_http_responses_total Answers, by class.\n"
		   "# TYPE tamga_http_responses_total counter\n");
	for (int i = 1; i < 6; i++)
		fprintf(f, "tamga_http_responses_total{class=\"%dxx\"} %lu\n",
		    i, atomic_load(&s->requests[i]));
	fprintf(f, "# HELP tamga_problems_total Requests not answered with "
		   "what was asked for, by reason.\n"
		   "# TYPE tamga_problems_total counter\n");
	for (int i = 1; i < N_WEB_PROBLEMS; i++)
		fprintf(f, "tamga_problems_total{code=\"%s\"} %lu\n",
		    problem_info((enum web_problem)i)->code,
		    atomic_load(&s->problems[i]));
	fprintf(f,
	    "# HELP tamga_start_time_seconds When the service "
	    "started.\n"
	    "# TYPE tamga_start_time_seconds gauge\n"
	    "tamga_start_time_seconds %lld\n",
	    (long long)s->started);
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
	write_counters(f, s);
	pthread_rwlock_rdlock(&s->lock);
	write_publication(f, s->pub);
	pthread_rwlock_unlock(&s->lock);
	if (fclose(f) != 0 || text == NULL) {
		free(text);
		reply_problem(rp, rq, WEB_BUSY);
		return;
	}
	reply_owned(rp, "text/plain; version=0.0.4; charset=utf-8", text, len);
}
