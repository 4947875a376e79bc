#include <time.h>

#include "issuer/batch.h"
#include "issuer/cmd.h"
#include "issuer/publish.h"

struct args {
	struct cli_common common;
	const char *out;
};

enum { KEY_OUT = 1 };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_OUT:
		a->out = arg;
		return 0;
	case ARGP_KEY_END:
		if (a->out == NULL)
			argp_error(state, TR("--out is needed", "需要 --out"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int
cmd_publish(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"out", KEY_OUT, "DIR", 0,
		TR("the publication: bodies/<id>/ is written below it",
		    "发布目录：在其下写入 bodies/<机构代码>/"),
		0},
	    {0}};
	const struct argp_child children[] = {
	    {cli_argp(
		 CLI_HOME | CLI_REGISTRY | CLI_PASS | CLI_JSON | CLI_QUIET),
		0, NULL, 0},
	    {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .doc = TR(
		"Signs the status lists anew and copies the log: what "
		"verifiers read. Run it after issuing and revoking, and at "
		"least once a day."
		"\vExit status: 0 published; 2 could not.\n\nExample:\n  "
		"tamga-issuer publish --home /var/lib/tamga --out /srv/pub "
		"--pass-file pass",
		"重新签署状态列表并复制签发日志，供核验方读取。"
		"签发、撤销之后及每天至少运行一次。"
		"\v退出码：0 已发布；2 未能发布。\n\n示例：\n  tamga-issuer "
		"publish --home /var/lib/tamga --out /srv/pub --pass-file "
		"pass")};
	struct batch_job leftovers = {.id = "", .now = time(NULL)};
	struct args a = {.out = NULL};
	struct publish_result r;
	struct why why = {""};
	char day[11];
	struct home h;
	enum cred_err e;
	int status = EXIT_OK;

	cli_common_init(&a.common);
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return EXIT_FAULT;
	e = home_open(&a.common, HOME_SIGN, &h, &why);
	if (e == CRED_OK)
		e = cmd_may_sign(&h, leftovers.now, &why);
	if (e == CRED_OK)
		e = batch_complete(&h, &leftovers, NULL, &why);
	if (e == CRED_OK)
		e = publish(&h, a.out, leftovers.now, &r, &why);
	if (e != CRED_OK) {
		status = cli_fail(e, &why);
	} else if (a.common.json) {
		printf("{\"schema\":1,\"body\":\"%s\",\"size\":%llu,"
		       "\"lists\":%u,\"exp\":%lld}\n",
		    h.body->scope.body_id, (unsigned long long)r.size, r.lists,
		    (long long)r.exp);
	} else {
		day_format(claims_day(r.exp), day);
		printf(TR("published %llu entries and %u status list(s) in "
			  "%s/bodies/%s; good until %s\n",
			   "已发布 %llu 条日志和 %u 个状态列表到 %s/bodies/%s；"
			   "有效至 %s\n"),
		    (unsigned long long)r.size, r.lists, a.out,
		    h.body->scope.body_id, day);
	}
	home_close(&h);
	return status;
}
