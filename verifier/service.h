#ifndef VERIFIER_SERVICE_H
#define VERIFIER_SERVICE_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "keys/verify.h"
#include "qr/reader.h"
#include "verifier/match.h"
#include "verifier/mirror.h"
#include "verifier/publication.h"
#include "web/html.h"
#include "web/limit.h"
#include "web/server.h"

/*
 * What tamga-verifier serves: the page, the verdict API, the publication's
 * files, health and figures. Verdicts keep nothing: no text, no name, no
 * picture outlives its request.
 */
#define SERVICE_N_STATUS (VERDICT_UNREADABLE + 1)
#define SERVICE_MAX_JSON 32768 /* {"qr": …} with every byte escaped */
#define SERVICE_MAX_FILE (20u << 20)

struct review_web;

struct service {
	pthread_rwlock_t lock;   /* over what service_configure() changes */
	struct publication *pub; /* NULL: not ready */
	struct reader *reader;   /* NULL: pictures are not taken */
	char *pub_dir;           /* folder to serve, or NULL */
	struct mirror *mirror;   /* URL to serve from, or NULL */
	struct registry *registry; /* of a body: exact matches; or NULL */
	pthread_mutex_t registry_lock;
	char *host;              /* our own, beside the bodies'; may be NULL */
	struct limit limit;
	unsigned picture_cost;
	struct limiter *limiter; /* NULL: no limits */
	int64_t started;         /* Unix seconds */
	sem_t decodes;           /* places for pictures being decoded */
	struct review_web *review; /* the reviewer's page; NULL: not here */
	atomic_bool draining;
	atomic_bool no_worker; /* take the page's worker away again */

	/* counters of /metrics, since the start */
	atomic_ulong verdicts[SERVICE_N_STATUS];
	atomic_ulong problems[N_WEB_PROBLEMS];
	atomic_ulong pictures;
	atomic_ulong retries; /* of the registry and the ledger */
	atomic_ulong requests[6]; /* by status class, [2] is 2xx */
};

/* decodes: pictures decoded at once. */
void service_init(struct service *s, unsigned decodes);
void service_release(struct service *s);

/* Other parts and limits from now on; the old publication is handed back.
 * mirror becomes the service's. */
struct publication *service_configure(struct service *s,
    struct publication *pub, const char *pub_dir, struct mirror *mirror,
    const char *host, const struct limit *limit, unsigned picture_cost);

enum web_problem service_allow(
    void *ctx, const struct web_route *route, const struct web_request *rq);

/* For registry_open_told(), ctx the struct service: on stderr, and counted. */
void service_retry(void *ctx, unsigned attempt, const char *why);

/* The routes, for web_start() with ctx the struct service. */
extern const struct web_route service_routes[];
/* An ETag that names this content. */
void service_etag(struct web_reply *rp, struct bytes content);
void service_done(void *ctx, const struct web_route *route,
    const struct web_reply *rp, int64_t took_us);

/*
 * service_verify.c: from what was sent to verdicts. each is called once a
 * verdict, those of certificates before those of foreign codes; page is 0 for
 * a text, else from 1. Returns WEB_OK when it was called, else what to answer.
 */
typedef void service_each(
    void *ctx, const struct verification *v, unsigned page);
enum web_problem service_text(
    struct service *s, struct bytes text, service_each *each, void *ctx);
enum web_problem service_file(struct service *s, const char *client,
    struct bytes file, service_each *each, void *ctx);

/* service_api.c: POST /api/v1/verify */
web_handler service_api_verify;
enum web_problem service_api_admit(
    void *ctx, const struct web_request *rq, struct web_admission *a);

/*
 * service_match.c: POST /api/v1/match, and the same for the form. Guesses of
 * one certificate's holder are few where a register answers: WEB_TOO_MANY.
 * WEB_JSON when id can be no ID number.
 */
web_handler service_api_match;
enum web_problem service_id(struct service *s, const struct verification *v,
    struct bytes id, struct match *out);

/* service_page.c: the page, its worker, and the same card without JavaScript.
 */
web_handler service_page, service_asset, service_worker, service_form,
    service_problem;

/* service_pub.c: publication files under their own paths. */
web_handler service_pub;

/* service_trust.c: GET /api/v1/trust, what the page may believe. */
web_handler service_trust;

/* service_metrics.c */
web_handler service_healthz, service_readyz, service_metrics;

#endif
