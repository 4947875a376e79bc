#include "verifier/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "verifier/jsonbody.h"

/*
 * POST /api/v1/match: the ID number stands in the body and goes nowhere else.
 */

/* Guesses of one certificate's holder, from wherever they come. */
static const struct limit GUESSES = {.per_minute = 2, .burst = 10};

static bool
may_guess(struct service *s, const struct verification *v)
{
	struct timespec ts;
	char who[2 * CRED_KID_LEN + 32];
	size_t n = 0;

	if (s->limiter == NULL)
		return true;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	for (size_t i = 0; i < CRED_KID_LEN; i++)
		n += (size_t)snprintf(
		    who + n, sizeof who - n, "%02x", v->verdict.body->kid[i]);
	snprintf(who + n, sizeof who - n, " %llu",
	    (unsigned long long)v->cred.claims.cert.index);
	return limiter_take(s->limiter, &GUESSES, who, 1,
	    (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

enum web_problem
service_id(struct service *s, const struct verification *v, struct bytes id,
    struct match *out)
{
	struct why why = {0};
	enum cred_err e;

	*out = (struct match){MATCH_NONE, false};
	if (!v->verdict.show || v->verdict.body == NULL)
		return WEB_OK;
	if (s->registry == NULL)
		return match_id(NULL, v, id, out, &why) == CRED_OK ? WEB_OK
								   : WEB_JSON;
	if (!may_guess(s, v))
		return WEB_TOO_MANY;
	pthread_mutex_lock(&s->registry_lock);
	e = match_id(s->registry, v, id, out, &why);
	pthread_mutex_unlock(&s->registry_lock);
	if (e == CRED_OK)
		return WEB_OK;
	if (cred_is_refusal(e))
		return WEB_JSON;
	fprintf(stderr, "tamga-verifier: %s\n",
	    why.text[0] != '\0' ? why.text : cred_strerr(e));
	return WEB_FAULT;
}

struct asked {
	struct service *s;
	struct bytes id;
	struct match match;
	enum verdict_status status;
	enum web_problem problem;
};

static void
compare(void *ctx, const struct verification *v, unsigned page)
{
	struct asked *a = ctx;

	(void)page;
	a->status = v->verdict.status;
	a->problem = service_id(a->s, v, a->id, &a->match);
}

void
service_api_match(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	struct asked a = {.s = ctx};
	enum web_problem p = WEB_TYPE;
	const char *method, *quote;
	json_t *root = NULL;
	char *json;
	int len;

	if (request_has_type(rq, "application/json")) {
		root =
		    jsonbody_parse(rq->body, (const char *[]){"qr", "id"}, 2);
		p = WEB_JSON;
	}
	if (root != NULL) {
		a.id = jsonbody_text(root, "id");
		p = service_text(a.s, jsonbody_text(root, "qr"), compare, &a);
	}
	jsonbody_free(root);
	if (p == WEB_OK)
		p = a.problem;
	if (p != WEB_OK) {
		reply_problem(rp, rq, p);
		return;
	}
	method = match_method_name(a.match.method);
	quote = method != NULL ? "\"" : "";
	len = asprintf(&json,
	    "{\"schema\":1,\"status\":\"%s\",\"method\":%s%s%s,"
	    "\"match\":%s}\n",
	    verdict_name(a.status), quote, method != NULL ? method : "null",
	    quote,
	    method == NULL ? "null"
	    : a.match.same ? "true"
			   : "false");
	if (len < 0)
		reply_problem(rp, rq, WEB_BUSY);
	else
		reply_owned(rp, "application/json", json, (size_t)len);
}
