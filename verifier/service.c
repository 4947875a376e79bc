#include "verifier/service.h"

#include <time.h>

#define FORM_MAX (SERVICE_MAX_FILE + 65536)

const struct web_route service_routes[] = {
    {"GET", "/", 0, service_page, WEB_HTML, NULL},
    {"GET", "/app.js", 0, service_asset, 0, NULL},
    {"GET", "/style.css", 0, service_asset, 0, NULL},
    {"GET", "/icon.svg", 0, service_asset, 0, NULL},
    {"POST", "/verify", FORM_MAX, service_form, WEB_HTML, NULL},
    {"GET", "/verify", 0, service_page, WEB_HTML, NULL},
    {"POST", "/api/v1/verify", SERVICE_MAX_FILE, service_api_verify, 0,
	service_api_admit},
    {"GET", "/trust/*", 0, service_pub, 0, NULL},
    {"GET", "/bodies/*", 0, service_pub, 0, NULL},
    {"GET", "/healthz", 0, service_healthz, WEB_UNLIMITED, NULL},
    {"GET", "/readyz", 0, service_readyz, WEB_UNLIMITED, NULL},
    {"GET", "/metrics", 0, service_metrics, WEB_UNLIMITED, NULL}, {NULL}};

void
service_init(struct service *s, unsigned decodes)
{
	*s = (struct service){.started = time(NULL)};
	sem_init(&s->decodes, 0, decodes);
}

void
service_release(struct service *s)
{
	sem_destroy(&s->decodes);
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
