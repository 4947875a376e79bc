#include <argp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "edge/cli.h"
#include "verifier/service.h"

#define DRAIN_S 15

struct args {
	struct cli_common common;
	const char *pub;
	const char *listen;
	unsigned threads;
	unsigned timeout_s;
};

enum { KEY_PUB = 0x2001, KEY_LISTEN, KEY_THREADS, KEY_TIMEOUT };

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
		TR("connections served at once (default 64)",
		    "同时服务的连接数（默认 64）"),
		0},
	    {"timeout", KEY_TIMEOUT, "SECONDS", 0,
		TR("for a request's body to arrive (default 10)",
		    "正文到达的时限，秒（默认 10）"),
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

/* Let what is in hand come to its end; a second signal does not wait. */
static void
drain(struct web_server *server, struct service *s, const sigset_t *set)
{
	const struct timespec step = {.tv_nsec = 20000000};

	atomic_store(&s->draining, true);
	web_drain(server);
	for (int i = 0; i < DRAIN_S * 50 && web_active(server) > 0; i++)
		if (sigtimedwait(set, NULL, &step) == SIGTERM)
			break;
}

int
main(int argc, char **argv)
{
	struct args a = {.listen = "127.0.0.1:8080"};
	struct web_server *server = NULL;
	struct why why = {0};
	struct service s;
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

	service_init(&s, 2);
	const struct web_opts opts = {.listen = a.listen,
	    .routes = service_routes,
	    .ctx = &s,
	    .threads = a.threads,
	    .body_ms = a.timeout_s * 1000,
	    .head_ms = a.timeout_s * 1000,
	    .log = !a.common.quiet,
	    .page = service_problem,
	    .done = service_done};
	e = web_start(&opts, &server, &why);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	fprintf(stderr,
	    TR("tamga-verifier: listening on http://%.*s:%d/\n",
		"tamga-verifier：正在监听 http://%.*s:%d/\n"),
	    (int)strcspn(a.listen, ":"), a.listen, web_port(server));
	do
		sigwait(&set, &sig);
	while (sig == SIGHUP);
	drain(server, &s, &set);
	web_stop(server);
	return EXIT_OK;
}
