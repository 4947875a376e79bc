#include "verifier/service.h"

#include <time.h>

#include "web/static.h"

extern const struct asset verifier_assets[];
extern const size_t n_verifier_assets;

static void
page(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	const char *path =
	    rq->lang == LANG_EN ? "/index.en.html" : "/index.zh.html";

	(void)ctx;
	static_reply(
	    asset_find(verifier_assets, n_verifier_assets, path), rq, rp);
}

static void
asset(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	(void)ctx;
	static_reply(
	    asset_find(verifier_assets, n_verifier_assets, rq->path), rq, rp);
}

void
service_page(void *ctx, const struct web_request *rq, struct web_reply *rp)
{
	(void)ctx;
	(void)rq;
	(void)rp;
}

const struct web_route service_routes[] = {{"GET", "/", 0, page, 0},
    {"GET", "/app.js", 0, asset, 0}, {"GET", "/style.css", 0, asset, 0},
    {"GET", "/icon.svg", 0, asset, 0},
    {"GET", "/healthz", 0, service_healthz, WEB_UNLIMITED},
    {"GET", "/readyz", 0, service_readyz, WEB_UNLIMITED},
    {"GET", "/metrics", 0, service_metrics, WEB_UNLIMITED}, {NULL}};

void
service_init(struct service *s)
{
	*s = (struct service){.started = time(NULL)};
}

void
service_done(
    void *ctx, const struct web_route *route, int status, int64_t took_us)
{
	struct service *s = ctx;

	(void)route;
	(void)took_us;
	atomic_fetch_add_explicit(
	    &s->requests[status / 100 % 6], 1, memory_order_relaxed);
}
