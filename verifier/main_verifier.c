#include <argp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "edge/cli.h"
#include "edge/file.h"
#include "verifier/refresher.h"
#include "verifier/service.h"

#define DRAIN_S          15
#define ANCHOR_MAX       65536
#define PICTURES_AT_ONCE 2

struct args {
	struct cli_common common;
	const char *pub;
	const char *listen;
	unsigned threads;
	unsigned timeout_s;
	bool allow_unjailed;
};

enum { KEY_PUB = 0x2001, KEY_LISTEN, KEY_THREADS, KEY_TIMEOUT, KEY_UNJAILED };

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
	case KEY_THREADS:
		a->threads = number(state, "threads", arg, 2000);
		return 0;
	case KEY_TIMEOUT:
		a->timeout_s = number(state, "timeout", arg, 600);
		return 0;
	case KEY_UNJAILED:
		a->allow_unjailed = true;
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
	    {"threads", KEY_THREADS, "N", 0,
		TR("connections served at once (default 300)",
		    "同时服务的连接数（默认 300）"),
		0},
	    {"timeout", KEY_TIMEOUT, "SECONDS", 0,
		TR("for a request's body to arrive (default 10)",
		    "正文到达的时限，秒（默认 10）"),
		0},
	    {"allow-unjailed", KEY_UNJAILED, NULL, 0,
		TR("decode pictures even where the kernel cannot lock the "
		   "decoder in",
		    "即使内核无法隔离解码进程，也解码图片"),
		0},
	    {0}};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_REGISTRY | CLI_ANCHOR | CLI_QUIET), 0,
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
	char *anchor_path, *pub, *cache;
	uint8_t *anchor;
	struct reader *reader;
	struct publication *publication;
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
open_publication(const struct args *a, struct parts *p, struct why *why)
{
	struct publication_opts opts = {.note = note};
	enum cred_err e;
	size_t len;

	p->anchor_path = cli_anchor_path(&a->common);
	if (p->anchor_path == NULL)
		return why_set(why, CRED_FAULT_ANCHOR,
		    TR("no anchor: give the authority's certificate with "
		       "--anchor PEM, or put it at %s/anchor.pem",
			"没有信任锚：请用 --anchor PEM "
			"给出主管部门证书，或放到 "
			"%s/anchor.pem"),
		    a->common.home);
	e = file_read(p->anchor_path, ANCHOR_MAX, &p->anchor, &len, why);
	if (e != CRED_OK)
		return e;
	p->pub =
	    a->pub != NULL ? strdup(a->pub) : file_join(a->common.home, "pub");
	p->cache = publication_cache_dir(a->common.home);
	opts.anchor = bytes_of(p->anchor, len);
	opts.source = p->pub;
	opts.cache = p->cache;
	if (p->pub != NULL && !is_url(p->pub))
		p->service.pub_dir = p->pub;
	return publication_open(&opts, &p->publication, why);
}

/* Everything that stands between the command line and the first request. */
static enum cred_err
start(const struct args *a, struct parts *p, struct why *why)
{
	const struct reader_opts reader = {.max_bytes = SERVICE_MAX_FILE,
	    .effort = EFFORT_NORMAL,
	    .allow_unjailed = a->allow_unjailed};
	const struct web_opts web = {.listen = a->listen,
	    .routes = service_routes,
	    .ctx = &p->service,
	    .threads = a->threads,
	    .body_ms = a->timeout_s * 1000,
	    .head_ms = a->timeout_s * 1000,
	    .log = !a->common.quiet,
	    .page = service_problem,
	    .done = service_done};
	enum cred_err e;

	e = reader_start(&reader, &p->reader, why); /* forks: no threads yet */
	if (e != CRED_OK)
		return e;
	p->service.reader = p->reader;
	e = open_publication(a, p, why);
	if (e != CRED_OK)
		return e;
	p->service.pub = p->publication;
	e = refresher_start(p->publication, &p->refresher, why);
	if (e != CRED_OK)
		return e;
	return web_start(&web, &p->server, why);
}

static void
stop(struct parts *p)
{
	web_stop(p->server);
	refresher_stop(p->refresher);
	publication_close(p->publication);
	if (p->reader != NULL)
		reader_stop(p->reader);
	service_release(&p->service);
	free(p->anchor);
	free(p->anchor_path);
	free(p->cache);
	free(p->pub);
}

/* Let what is in hand come to its end; a second signal does not wait. */
static void
drain(struct parts *p, const sigset_t *set)
{
	const struct timespec step = {.tv_nsec = 20000000};

	atomic_store(&p->service.draining, true);
	web_drain(p->server);
	for (int i = 0; i < DRAIN_S * 50 && web_active(p->server) > 0; i++)
		if (sigtimedwait(set, NULL, &step) > 0)
			break;
}

int
main(int argc, char **argv)
{
	struct args a = {.listen = "127.0.0.1:8080"};
	struct parts p = {0};
	struct why why = {0};
	enum cred_err e;
	sigset_t set;
	int sig;

	cli_init("tamga-verifier");
	argp_program_version = "tamga-verifier " TAMGA_VERSION;
	cli_common_init(&a.common);
	parse_args(argc, argv, &a);

	/* before the first thread, so that all of them inherit it */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);

	service_init(&p.service, PICTURES_AT_ONCE);
	e = start(&a, &p, &why);
	if (e != CRED_OK) {
		stop(&p);
		(void)cli_fail(e, &why);
		return EXIT_FAULT;
	}
	fprintf(stderr,
	    TR("tamga-verifier: listening on http://%.*s:%d/\n",
		"tamga-verifier：正在监听 http://%.*s:%d/\n"),
	    (int)strcspn(a.listen, ":"), a.listen, web_port(p.server));
	do
		sigwait(&set, &sig);
	while (sig == SIGHUP);
	drain(&p, &set);
	stop(&p);
	return EXIT_OK;
}
