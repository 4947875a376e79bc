#include <argp.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "edge/cli.h"
#include "verifier/audit.h"
#include "verifier/pub_open.h"

struct args {
	struct cli_common common;
	const char *state, *source;
	int64_t at;
	bool at_given, colour, nomem;
};

enum { KEY_STATE = 0x3001, KEY_AT };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_STATE:
		a->state = arg;
		return 0;
	case KEY_AT:
		a->at_given = cli_parse_time(arg, &a->at);
		if (!a->at_given)
			argp_error(state,
			    TR("--at: no such time: %s",
				"--at：无法识别的时间：%s"),
			    arg);
		return 0;
	case ARGP_KEY_ARG:
		if (a->source != NULL)
			argp_error(state, TR("one publication at a time",
					      "一次只能审计一份发布数据"));
		a->source = arg;
		return 0;
	case ARGP_KEY_END:
		if (a->source == NULL)
			argp_error(
			    state, TR("which publication? Give a folder or URL",
				       "请给出发布数据的文件夹或网址"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void
parse_args(int argc, char **argv, struct args *a)
{
	const struct argp_option options[] = {
	    {"state", KEY_STATE, "FILE", 0,
		TR("what was seen at the last audit: what is found good moves "
		   "on in it, what is wrong or missing stays. Without it "
		   "nothing is compared with the past",
		    "上次审计所见：正常的部分随之更新，有误或缺失的保持原"
		    "样。不给则不与过去比较"),
		0},
	    {"at", KEY_AT, "TIME", 0,
		TR("judge as at TIME: 2026-11-23, 2026-11-23T08:00:00Z or Unix "
		   "seconds",
		    "按此时间判断：2026-11-23、2026-11-23T08:00:00Z "
		    "或 Unix 秒数"),
		0},
	    {0}};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_ANCHOR | CLI_JSON | CLI_QUIET), 0, NULL,
		0},
	    {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .args_doc = TR("PUB|URL", "文件夹|网址"),
	    .doc = TR(
		"Was anything issued in secret, backdated, removed or taken "
		"back? Recomputes a whole publication from its entries and "
		"compares it with the last audit."
		"\vChecks: anchor, certificate, crl, trust_json, withdrawal, "
		"checkpoint, consistency, entries, tiles, status. Run it "
		"daily, from a "
		"network that is not the bodies', and keep the state file "
		"where nobody else writes.\n\n"
		"Exit status: 0 all good; 1 something is wrong; 2 could not "
		"run, or wrong usage; 4 something is missing, so that it "
		"cannot be told.\n\n"
		"Examples:\n"
		"  tamga-audit /srv/pub --anchor anchor.pem\n"
		"  tamga-audit https://skill.example/ --anchor anchor.pem "
		"--state /var/lib/tamga/audit.json\n"
		"  tamga-audit --json /srv/pub --anchor anchor.pem | "
		"jq 'select(.result != \"pass\")'",
		"有没有暗中签发、倒签日期、删除或反悔？从日志项起重新计算整份"
		"发布数据，并与上次审计比较。"
		"\v检查：anchor、certificate、crl、trust_json、withdrawal、"
		"checkpoint、consistency、entries、tiles、status。请每天运行，"
		"从评价机构以外的网络访问，状态文件放在他人不能写的地方。\n\n"
		"退出码：0 全部正常；1 有问题；2 无法运行或用法错误；4 "
		"有缺失，无法判断。\n\n示例：\n"
		"  tamga-audit /srv/pub --anchor anchor.pem\n"
		"  tamga-audit https://skill.example/ --anchor anchor.pem "
		"--state /var/lib/tamga/audit.json\n"
		"  tamga-audit --json /srv/pub --anchor anchor.pem | "
		"jq 'select(.result != \"pass\")'")};

	argp_parse(&argp, argc, argv, 0, NULL, a);
}

/* As a terminal would show it: names of files need not be UTF-8. */
static json_t *
safe(const char *s)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	json_t *o = NULL;

	if (f == NULL)
		return NULL;
	cli_print_safe(f, s, strlen(s));
	if (fclose(f) == 0)
		o = json_stringn(text, len);
	free(text);
	return o;
}

/* false: no memory. */
static bool
print_json(const struct audit_finding *f)
{
	json_t *o = json_pack("{s:i,s:s,s:s?,s:s,s:s,s:s?,s:o}", "schema", 1,
	    "check", f->check, "body", f->body, "result",
	    audit_result_name(f->result), "code", cred_errname(f->code), "path",
	    f->path, "message", safe(f->message));
	char *text;

	if (f->has_index)
		json_object_set_new(
		    o, "index", json_integer((json_int_t)f->index));
	text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	if (text == NULL)
		return false;
	puts(text);
	free(text);
	return true;
}

static void
print_text(const struct args *a, const struct audit_finding *f)
{
	static const char *const marks[] = {
	    [AUDIT_PASS] = "✓", [AUDIT_FAIL] = "✗", [AUDIT_UNKNOWN] = "?"};
	static const char *const colours[] = {[AUDIT_PASS] = "\033[1;32m",
	    [AUDIT_FAIL] = "\033[1;31m",
	    [AUDIT_UNKNOWN] = "\033[1;33m"};

	if (f->result == AUDIT_PASS && a->common.quiet)
		return;
	printf("%s%s%s ", a->colour ? colours[f->result] : "", marks[f->result],
	    a->colour ? "\033[0m" : "");
	if (f->path != NULL)
		fputs(f->path, stdout);
	else
		printf("%s%s%s", f->body != NULL ? f->body : "",
		    f->body != NULL ? " " : "", f->check);
	if (f->has_index)
		printf(TR(", index %llu", "，序号 %llu"),
		    (unsigned long long)f->index);
	fputs(TR(": ", "："), stdout);
	cli_print_safe(stdout, f->message, strlen(f->message));
	if (f->code != CRED_OK)
		printf(TR(" (%s)", "（%s）"), cred_errname(f->code));
	putchar('\n');
}

static void
print(void *ctx, const struct audit_finding *f)
{
	struct args *a = ctx;

	if (a->common.json)
		a->nomem = !print_json(f) || a->nomem;
	else
		print_text(a, f);
}

int
main(int argc, char **argv)
{
	struct args a = {.state = NULL};
	struct audit_opts o = {.finding = print, .ctx = &a};
	struct audit_count n = {0};
	struct why why = {{0}};
	uint8_t *pem = NULL;
	enum cred_err e;

	cli_init("tamga-audit");
	argp_program_version = "tamga-audit " TAMGA_VERSION;
	cli_common_init(&a.common);
	parse_args(argc, argv, &a);
	a.colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
	o.source = a.source;
	o.state = a.state;
	o.now = a.at_given ? a.at : time(NULL);
	e = pub_anchor(&a.common, &pem, &o.anchor.len, &why);
	o.anchor.ptr = pem;
	if (e == CRED_OK)
		e = audit_run(&o, &n, &why);
	if (e == CRED_OK && a.nomem)
		e = why_set(&why, CRED_FAULT_NOMEM, "%s",
		    cred_strerr(CRED_FAULT_NOMEM));
	free(pem);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	if (!a.common.json)
		cli_say(&a.common,
		    TR("%zu bodies, %llu log entries: %zu wrong, %zu not "
		       "known, %zu good",
			"机构 %zu 个，日志 %llu 项：有误 %zu，未知 %zu，"
			"正常 %zu"),
		    n.bodies, (unsigned long long)n.entries, n.fail, n.unknown,
		    n.pass);
	return n.fail > 0      ? EXIT_REFUSED
	       : n.unknown > 0 ? EXIT_UNKNOWN
			       : EXIT_OK;
}
