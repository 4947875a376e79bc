#include <argp.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "edge/cli.h"
#include "edge/file.h"
#include "verifier/config.h"
#include "verifier/deskdb.h"
#include "verifier/notify.h"
#include "verifier/refresher.h"
#include "verifier/review_web.h"
#include "verifier/service.h"

#define DRAIN_S    15
#define ANCHOR_MAX 65536

struct args {
	struct cli_common common;
	const char *pub;
	const char *listen;
	const char *host;
	const char *registry;
	const char *review;
	unsigned connections;
	unsigned timeout_s;
	bool allow_unjailed;
	bool check_config;
};

enum {
	KEY_PUB = 0x2001,
	KEY_LISTEN,
	KEY_CONNECTIONS,
	KEY_TIMEOUT,
	KEY_UNJAILED,
	KEY_HOST,
	KEY_OWN_REGISTRY,
	KEY_REVIEW,
	KEY_CHECK
};

static unsigned
number(
    struct argp_state *state, const char *name, const char *arg, unsigned max)
{
	char *end;
	unsigned long n = strtoul(arg, &end, 10);

	if (*arg < '0' || *arg > '9' || *end != '\0' || n == 0 || n > max)
		argp_error(state,
		    TR("--%s: expected a number from 1 to %u",
			"--%s：应为 1 到 %u 的数字"),
		    name, max);
	return (unsigned)n;
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_PUB:
		a->pub = arg;
		return 0;
	case KEY_LISTEN:
		a->listen = arg;
		return 0;
	case KEY_CONNECTIONS:
		a->connections =
		    number(state, "connections", arg, 60000);
		return 0;
	case KEY_TIMEOUT:
		a->timeout_s = number(state, "timeout", arg, 600);
		return 0;
	case KEY_UNJAILED:
		a->allow_unjailed = true;
		return 0;
	case KEY_HOST:
		a->host = arg;
		return 0;
	case KEY_OWN_REGISTRY:
		a->registry = arg;
		return 0;
	case KEY_REVIEW:
		a->review = arg;
		return 0;
	case KEY_CHECK:
		a->check_config = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state,
		    TR("unexpected argument: %s", "多余的参数：%s"), arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void
parse_args(int argc, char **argv, struct args *a)
{
	const struct argp_option options[] = {
	    {"pub", KEY_PUB, "DIR|URL", 0,
		TR("the publication: trust, status lists and logs (default "
		   "HOME/pub)",
		    "发布数据：信任名单、状态列表和日志（默认 HOME/pub）"),
		0},
	    {"listen", KEY_LISTEN, "ADDRESS:PORT", 0,
		TR("where to listen (default 127.0.0.1:8080); no TLS",
		    "监听地址（默认 127.0.0.1:8080）；不做 TLS"),
		0},
	    {"connections", KEY_CONNECTIONS, "N", 0,
		TR("connections served at once (default 4096)",
		    "同时服务的连接数（默认 4096）"),
		0},
	    {"timeout", KEY_TIMEOUT, "SECONDS", 0,
		TR("for a request's body to arrive (default 10)",
		    "正文到达的时限，秒（默认 10）"),
		0},
	    {"host", KEY_HOST, "HOST", 0,
		TR("host of our own QR codes, besides those of the bodies",
		    "除各机构之外，本系统二维码的主机名"),
		0},
	    {"registry", KEY_OWN_REGISTRY, "SPEC", 0,
		TR("a body's registry, sqlite:PATH or postgresql://…: ID "
		   "numbers are compared with the registered ones (default "
		   "none)",
		    "某机构的登记库 "
		    "sqlite:路径 或 postgresql://…：证件号码与登记的号码比对（默认没有）"),
		0},
	    {"review", KEY_REVIEW, "HOME", 0,
		TR("serve the reviewer's page at /review/, with the state in "
		   "HOME",
		    "在 /review/ 提供审核网页，数据放在 HOME"),
		0},
	    {"check-config", KEY_CHECK, NULL, 0,
		TR("read HOME/tamga.conf, say what is wrong with it, and end",
		    "只检查 HOME/tamga.conf，说明其中的错误"),
		0},
	    {"allow-unjailed", KEY_UNJAILED, NULL, 0,
		TR("decode pictures even where the kernel cannot lock the "
		   "decoder in",
		    "即使内核无法隔离解码进程，也解码图片"),
		0},
	    {0}};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_ANCHOR | CLI_QUIET), 0,
		NULL, 0},
	    {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .doc = TR("Answers over HTTP whether a certificate is good: a page "
		      "for people, an API for programs."
		      "\vExit status: 0 stopped by a signal; 2 could not "
		      "start.\n\nExample:\n  tamga-verifier --home "
		      "/var/lib/tamga --pub /srv/tamga/pub "
		      "--anchor /etc/tamga/anchor.pem",
		"通过 HTTP 核验证书：给人看的网页，给程序用的接口。"
		"\v退出码：0 收到信号而停止；2 无法启动。\n\n示例：\n  "
		"tamga-verifier --home /var/lib/tamga --pub /srv/tamga/pub "
		"--anchor /etc/tamga/anchor.pem")};

	argp_parse(&argp, argc, argv, 0, NULL, a);
}

/* Warnings of the publication; they name bodies and files, no holders. */
static void
note(void *ctx, const char *line)
{
	(void)ctx;
	fprintf(stderr, "tamga-verifier: %s\n", line);
}

struct parts {
	const struct args *args;
	struct config config;
	struct reader *reader;
	struct refresher *refresher;
	struct web_server *server;
	struct service service;
};

static bool
is_url(const char *s)
{
	return strncmp(s, "http://", 7) == 0 || strncmp(s, "https://", 8) == 0;
}

static enum cred_err
load_config(const struct args *a, struct config *out, struct why *why)
{
	char *path = cli_home_path(&a->common, "tamga.conf");
	enum cred_err e = config_load(path, out, why);

	free(path);
	if (e != CRED_OK)
		return e;
	if (a->connections != 0)
		out->connections = a->connections;
	if (a->timeout_s != 0)
		out->timeout_s = a->timeout_s;
	if (a->review != NULL &&
	    snprintf(out->review.home, sizeof out->review.home, "%s",
		a->review) >= (int)sizeof out->review.home)
		return why_set(why, CRED_FAULT_CONFIG,
		    TR("--review: the path is too long",
			"--review：路径太长"));
	out->allow_unjailed = out->allow_unjailed || a->allow_unjailed;
	out->log = out->log && !a->common.quiet;
	return CRED_OK;
}

/* Nothing is found wrong with settings that are not there. */
static enum cred_err
home_there(const struct cli_common *c, struct why *why)
{
	struct stat st;

	if (stat(c->home, &st) == 0 && S_ISDIR(st.st_mode))
		return CRED_OK;
	return why_set(why, CRED_FAULT_CONFIG,
	    TR("%s is no folder, so there are no settings to check. Is --home "
	       "right? The service makes it when it starts",
		"%s 不是文件夹，没有可检查的设置。--home 是否正确？"
		"服务启动时会建立它"),
	    c->home);
}

static enum cred_err
read_anchor(const struct args *a, const struct config *c, uint8_t **pem,
    size_t *len, struct why *why)
{
	char *path = a->common.anchor == NULL && c->anchor[0] != '\0'
			 ? strdup(c->anchor)
			 : cli_anchor_path(&a->common);
	enum cred_err e;

	if (path == NULL)
		return why_set(why, CRED_FAULT_ANCHOR,
		    TR("no anchor: give the authority's certificate with "
		       "--anchor PEM, or put it at %s/anchor.pem",
			"没有信任锚：请用 --anchor PEM "
			"给出主管部门证书，或放到 "
			"%s/anchor.pem"),
		    a->common.home);
	e = file_read(path, ANCHOR_MAX, pem, len, why);
	free(path);
	return e;
}

/* Of a URL, a mirror, whose copies stand apart from those that were checked,
 * and apart from another URL's. */
static enum cred_err
open_mirror(const char *source, const char *cache, struct mirror **out,
    struct why *why)
{
	char *dir = NULL;
	uint8_t h[32];
	enum cred_err e;

	*out = NULL;
	if (source == NULL || !is_url(source))
		return CRED_OK;
	trust_sha256(h, bytes_str(source), (struct bytes){0});
	if (cache != NULL &&
	    asprintf(&dir, "%s/mirror/%02x%02x%02x%02x%02x%02x%02x%02x", cache,
		h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7]) < 0)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	e = mirror_open(source, dir, NULL, out, why);
	free(dir);
	return e;
}

/* Anchor and publication of this configuration, put into service. On failure
 * nothing changes. */
static enum cred_err
load(struct parts *p, const struct config *c, struct why *why)
{
	const struct args *a = p->args;
	const struct limit limit = {c->rate, c->rate_burst};
	struct publication_opts opts = {.note = note, .no_tables = !c->tables};
	struct publication *pub = NULL, *old;
	struct refresher *fresh = NULL;
	struct mirror *mirror = NULL;
	char *source = a->pub != NULL      ? strdup(a->pub)
		       : c->pub[0] != '\0' ? strdup(c->pub)
					   : cli_home_path(&a->common, "pub");
	char *cache = publication_cache_dir(a->common.home);
	uint8_t *anchor = NULL;
	enum cred_err e;
	size_t len = 0;

	e = read_anchor(a, c, &anchor, &len, why);
	if (e != CRED_OK)
		goto out;
	if (cache == NULL)
		note(NULL, TR("no folder for the cache can be written: what "
			      "was seen before is not remembered",
			       "没有可写的缓存文件夹，无法记住以前见过的版本"));
	opts.anchor = bytes_of(anchor, len);
	opts.source = source;
	opts.cache = cache;
	e = publication_open(&opts, &pub, why);
	if (e != CRED_OK)
		goto out;
	e = open_mirror(source, cache, &mirror, why);
	if (e == CRED_OK)
		e = refresher_start(pub, &fresh, why);
	if (e != CRED_OK) {
		mirror_close(mirror);
		publication_close(pub);
		goto out;
	}
	refresher_stop(p->refresher);
	p->refresher = fresh;
	old = service_configure(&p->service, pub,
	    source != NULL && !is_url(source) ? source : NULL, mirror,
	    a->host != NULL ? a->host : c->host, &limit, c->picture_cost);
	publication_close(old);
	atomic_store(&p->service.no_worker, !c->worker);
out:
	free(anchor);
	free(cache);
	free(source);
	return e;
}

/* Everything that stands between the command line and the first request. */
static enum cred_err
start(struct parts *p, struct why *why)
{
	const struct config *c = &p->config;
	const struct reader_opts reader = {.max_bytes = SERVICE_MAX_FILE,
	    .effort = EFFORT_NORMAL,
	    .allow_unjailed = c->allow_unjailed};
	const struct web_opts web = {
	    .listen = p->args->listen != NULL ? p->args->listen : c->listen,
	    .routes = service_routes,
	    .ctx = &p->service,
	    .connections = c->connections,
	    .threads = 64 + c->pictures,
	    .body_ms = c->timeout_s * 1000,
	    .head_ms = c->timeout_s * 1000,
	    .log = c->log,
	    .behind_proxy = c->behind_proxy,
	    .allow = service_allow,
	    .page = service_problem,
	    .done = service_done};
	const char *registry = p->args->registry != NULL ? p->args->registry
			       : c->registry[0] != '\0' ? c->registry
							 : NULL;
	enum cred_err e;

	e = reader_start(&reader, &p->reader, why); /* forks: no threads yet */
	if (e != CRED_OK)
		return e;
	p->service.reader = p->reader;
	e = load(p, c, why);
	if (e == CRED_OK && registry != NULL)
		e = registry_open_told(registry, REGISTRY_READ, service_retry,
		    &p->service, &p->service.registry, why);
	/* A person waits for the answer, and others behind it. */
	if (e == CRED_OK && registry != NULL)
		registry_patience(p->service.registry, 5000);
	if (e != CRED_OK)
		return e;
	if (*c->review.home != '\0')
		e = review_web_start(&c->review, c->behind_proxy, &p->service,
		    &p->service.review, why);
	if (e == CRED_OK)
		e = web_start(&web, &p->server, why);
	if (e == CRED_OK)
		fprintf(stderr,
		    TR("tamga-verifier: listening on http://%.*s:%d/\n",
			"tamga-verifier：正在监听 http://%.*s:%d/\n"),
		    (int)strcspn(web.listen, ":"), web.listen,
		    web_port(p->server));
	return e;
}

static void
stop(struct parts *p)
{
	static const struct limit none = {0};

	web_stop(p->server);
	review_web_stop(p->service.review);
	refresher_stop(p->refresher);
	publication_close(
	    service_configure(
		&p->service, NULL, NULL, NULL, NULL, &none, 1));
	if (p->reader != NULL)
		reader_stop(p->reader);
	service_release(&p->service);
}

/* SIGHUP: the new configuration, or the old one if the new is bad. */
static void
reload(struct parts *p)
{
	struct why why = {0};
	struct config c;
	enum cred_err e;

	notify_send("RELOADING=1");
	e = load_config(p->args, &c, &why);
	if (e == CRED_OK)
		e = load(p, &c, &why);
	if (e == CRED_OK) {
		/* The reviewer's page keeps what it was started with. */
		c.review = p->config.review;
		p->config = c;
		fprintf(stderr, "tamga-verifier: %s\n",
		    TR("configuration, anchor and publication read anew",
			"已重新读取设置、信任锚和发布数据"));
	} else {
		fprintf(stderr, "tamga-verifier: %s: ",
		    TR("going on with the old configuration",
			"继续使用原有设置"));
		cli_print_safe(stderr, why.text, strlen(why.text));
		fputc('\n', stderr);
	}
	malloc_trim(0); /* the old publication's memory */
	notify_send("READY=1");
}

/* Until a signal ends it. */
static void
serve(struct parts *p, const sigset_t *set)
{
	const int64_t ms = notify_watchdog_ms();
	const struct timespec wait = {ms / 1000, ms % 1000 * 1000000};

	notify_send("READY=1");
	for (;;) {
		int sig = ms > 0 ? sigtimedwait(set, NULL, &wait)
				 : sigwaitinfo(set, NULL);

		if (sig == SIGHUP)
			reload(p);
		else if (sig > 0)
			return;
		else if (ms > 0)
			notify_send("WATCHDOG=1");
	}
}

/* Let what is in hand come to its end; a second signal does not wait. */
static void
drain(struct parts *p, const sigset_t *set)
{
	const struct timespec step = {.tv_nsec = 20000000};

	notify_send("STOPPING=1");
	atomic_store(&p->service.draining, true);
	web_drain(p->server);
	for (int i = 0; i < DRAIN_S * 50 && web_active(p->server) > 0; i++)
		if (sigtimedwait(set, NULL, &step) > 0)
			break;
}

int
main(int argc, char **argv)
{
	struct args a = {0};
	struct parts p = {.args = &a};
	struct why why = {0};
	enum cred_err e;
	sigset_t set;

	cli_init("tamga-verifier");
	argp_program_version = "tamga-verifier " TAMGA_VERSION;
	cli_common_init(&a.common);
	parse_args(argc, argv, &a);
	e = a.check_config ? home_there(&a.common, &why) : CRED_OK;
	if (e == CRED_OK)
		e = load_config(&a, &p.config, &why);
	if (e == CRED_OK && a.check_config && *p.config.review.home != '\0')
		e = deskdb_there(p.config.review.home, &why);
	if (e != CRED_OK || a.check_config) {
		if (e != CRED_OK)
			(void)cli_fail(e, &why);
		return e != CRED_OK ? EXIT_FAULT : EXIT_OK;
	}

	/* many threads that wait, each busy for a moment: an arena for each few
	 * of them would keep its own peak */
	mallopt(M_ARENA_MAX, (int)sysconf(_SC_NPROCESSORS_ONLN));
	/* before the first thread, so that all of them inherit it */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);

	service_init(&p.service, p.config.pictures);
	e = start(&p, &why);
	if (e != CRED_OK) {
		stop(&p);
		(void)cli_fail(e, &why);
		return EXIT_FAULT;
	}
	serve(&p, &set);
	drain(&p, &set);
	stop(&p);
	return EXIT_OK;
}
