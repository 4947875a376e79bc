#include "verifier/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "edge/lang.h"
#include "verifier/review_web.h"

#define FORM_MAX  (SERVICE_MAX_FILE + 65536)
#define TABLE_MAX ((size_t)256 << 20) /* the page lowers it */

const struct web_route service_routes[] = {
    {"GET", "/", 0, service_page, WEB_HTML | WEB_QUICK, NULL},
    {"GET", "/app.js", 0, service_asset, WEB_QUICK, NULL},
    {"GET", "/camera.js", 0, service_asset, WEB_QUICK, NULL},
    {"GET", "/card.js", 0, service_asset, WEB_QUICK, NULL},
    {"GET", "/core.js", 0, service_asset, WEB_QUICK, NULL},
    {"GET", "/core.wasm", 0, service_asset, WEB_QUICK, NULL},
    {"GET", "/judge.js", 0, service_asset, WEB_QUICK, NULL},
    {"GET", "/result.js", 0, service_asset, WEB_QUICK, NULL},
    {"GET", "/scan.js", 0, service_asset, WEB_QUICK, NULL},
    {"GET", "/scanner.js", 0, service_asset, WEB_QUICK, NULL},
    {"GET", "/words.js", 0, service_asset, WEB_QUICK, NULL},
    {"GET", "/zxing.js", 0, service_asset, WEB_QUICK, NULL},
    {"GET", "/zxing.wasm", 0, service_asset, WEB_QUICK, NULL},
    {"GET", "/licences.txt", 0, service_asset, WEB_QUICK, NULL},
    {"GET", "/sw.js", 0, service_worker, WEB_QUICK, NULL},
    {"GET", "/api/v1/trust", 0, service_trust, 0, NULL},
    {"GET", "/style.css", 0, service_asset, WEB_QUICK, NULL},
    {"GET", "/icon.svg", 0, service_asset, WEB_QUICK, NULL},
    {"POST", "/verify", FORM_MAX, service_form, WEB_HTML, NULL},
    {"GET", "/verify", 0, service_page, WEB_HTML | WEB_QUICK, NULL},
    {"POST", "/api/v1/verify", SERVICE_MAX_FILE, service_api_verify, 0,
	service_api_admit},
    {"POST", "/api/v1/match", SERVICE_MAX_JSON, service_api_match, 0, NULL},
    {"GET", "/review", 0, review_web_handle, WEB_HTML, NULL},
    {"GET", "/review/*", 0, review_web_handle, WEB_HTML, NULL},
    {"POST", "/review/*", TABLE_MAX, review_web_handle, WEB_HTML,
	review_web_admit},
    {"GET", "/api/v1/review/*", 0, review_web_handle, 0, NULL},
    {"GET", "/trust/*", 0, service_pub, 0, NULL},
    {"GET", "/bodies/*", 0, service_pub, 0, NULL},
    {"GET", "/statistics/*", 0, service_pub, 0, NULL},
    {"GET", "/openapi.json", 0, service_asset, WEB_QUICK, NULL},
    {"GET", "/healthz", 0, service_healthz, WEB_UNLIMITED | WEB_QUICK, NULL},
    {"GET", "/readyz", 0, service_readyz, WEB_UNLIMITED | WEB_QUICK, NULL},
    {"GET", "/metrics", 0, service_metrics, WEB_UNLIMITED | WEB_QUICK, NULL},
    {NULL}};

void
service_retry(void *ctx, unsigned attempt, const char *why)
{
	struct service *s = ctx;

	atomic_fetch_add(&s->retries, 1);
	fprintf(stderr,
	    TR("tamga-verifier: attempt %u: %s; trying again\n",
		"tamga-verifier：第 %u 次：%s；正在重试\n"),
	    attempt, why);
}

static int64_t
time_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void
service_init(struct service *s, unsigned decodes)
{
	uint8_t seed[16] = {0};

	*s = (struct service){.started = time(NULL), .picture_cost = 1};
	pthread_rwlock_init(&s->lock, NULL);
	pthread_mutex_init(&s->registry_lock, NULL);
	sem_init(&s->decodes, 0, decodes);
	if (getrandom(seed, sizeof seed, 0) == sizeof seed)
		s->limiter = limiter_new(seed);
}

void
service_release(struct service *s)
{
	sem_destroy(&s->decodes);
	pthread_rwlock_destroy(&s->lock);
	pthread_mutex_destroy(&s->registry_lock);
	registry_close(s->registry);
	limiter_free(s->limiter);
	mirror_close(s->mirror);
	free(s->pub_dir);
	free(s->host);
}

struct publication *
service_configure(struct service *s, struct publication *pub,
    const char *pub_dir, struct mirror *mirror, const char *host,
    const struct limit *limit, unsigned picture_cost)
{
	char *dir = pub_dir != NULL ? strdup(pub_dir) : NULL;
	char *name = host != NULL && *host != '\0' ? strdup(host) : NULL;
	struct publication *old;
	struct mirror *old_mirror;

	pthread_rwlock_wrlock(&s->lock); /* waits for verdicts in hand */
	old = s->pub;
	s->pub = pub;
	free(s->pub_dir);
	s->pub_dir = dir;
	old_mirror = s->mirror;
	s->mirror = mirror;
	free(s->host);
	s->host = name;
	s->limit = *limit;
	s->picture_cost = picture_cost;
	pthread_rwlock_unlock(&s->lock);
	mirror_close(old_mirror);
	return old;
}

/* A picture costs as much work as many texts. */
enum web_problem
service_allow(
    void *ctx, const struct web_route *route, const struct web_request *rq)
{
	struct service *s = ctx;
	struct limit limit;
	unsigned cost;

	if (s->limiter == NULL)
		return WEB_OK;
	pthread_rwlock_rdlock(&s->lock);
	limit = s->limit;
	cost = s->picture_cost;
	pthread_rwlock_unlock(&s->lock);
	if (route->body_max == 0 || rq->length <= CRED_MAX_TEXT)
		cost = 1;
	return limiter_take(s->limiter, &limit, rq->client, cost, time_ms())
		   ? WEB_OK
		   : WEB_TOO_MANY;
}

void
service_done(void *ctx, const struct web_route *route,
    const struct web_reply *rp, int64_t took_us)
{
	struct service *s = ctx;
	int status = rp->status != 0 ? rp->status : 200;

	(void)route;
	(void)took_us;
	atomic_fetch_add_explicit(
	    &s->requests[status / 100 % 6], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(
	    &s->problems[rp->problem], 1, memory_order_relaxed);
}

void
service_etag(struct web_reply *rp, struct bytes content)
{
	uint8_t h[32];

	trust_sha256(h, content, (struct bytes){0});
	snprintf(rp->etag, sizeof rp->etag,
	    "\"%02x%02x%02x%02x%02x%02x%02x%02x\"", h[0], h[1], h[2], h[3],
	    h[4], h[5], h[6], h[7]);
}
