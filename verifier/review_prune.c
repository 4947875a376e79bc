#include <stdlib.h>
#include <time.h>

#include "edge/lang.h"
#include "verifier/prune.h"
#include "verifier/review_cmd.h"

struct args {
	struct cli_common common;
	const char *actor;
	unsigned days;
	bool undecided, yes;
};

enum { KEY_DAYS = 0x5001, KEY_UNDECIDED, KEY_ACTOR, KEY_YES };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;
	char *end;
	unsigned long n;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_DAYS:
		n = strtoul(arg, &end, 10);
		if (*arg < '0' || *arg > '9' || *end != '\0' || n < 1 ||
		    n > 36500)
			argp_error(state,
			    TR("--days: 1 to 36500", "--days：1 至 36500"));
		a->days = (unsigned)n;
		return 0;
	case KEY_UNDECIDED:
		a->undecided = true;
		return 0;
	case KEY_ACTOR:
		a->actor = arg;
		return 0;
	case KEY_YES:
		a->yes = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void
tell(void *ctx, const struct sheet *s, size_t undecided)
{
	const struct args *a = ctx;
	bool goes = undecided == 0 || a->undecided;

	if (a->common.quiet)
		return;
	printf("%lld  ", (long long)s->id);
	cli_print_safe(stdout, s->name, strlen(s->name));
	printf(TR("  %u claims, %zu undecided: %s\n",
		   "  %u 笔，未办结 %zu 笔：%s\n"),
	    s->total, undecided,
	    !goes    ? TR("kept", "保留")
	    : a->yes ? TR("removed", "已删除")
		     : TR("would be removed", "将删除"));
}

int
review_cmd_prune(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"days", KEY_DAYS, "DAYS", 0,
		TR("tables with which nothing was done for so long (default "
		   "730)",
		    "多少天没有动过的申领表（默认 730）"),
		0},
	    {"undecided", KEY_UNDECIDED, NULL, 0,
		TR("those with undecided claims, too", "有未办结申领的也删除"),
		0},
	    {"actor", KEY_ACTOR, "NAME", 0,
		TR("who acts, for the audit trail (default: the login name)",
		    "操作人，写入操作记录（默认为登录名）"),
		0},
	    {"yes", KEY_YES, NULL, 0,
		TR("do it; without it only say what would be done",
		    "真正删除；不给则只说明将要做什么"),
		0},
	    {0}};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_REGISTRY | CLI_QUIET), 0, NULL, 0}, {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .doc = TR(
		"Removes uploaded tables of the reviewer's page that are older "
		"than --days, with their rows and reports: personal data. The "
		"ledger and the audit trail stay. A table with undecided "
		"claims stays unless --undecided is given."
		"\vExit status: 0 done; 2 could not.\n\nExample:\n"
		"  tamga-review prune --home HOME --days 730 --yes",
		"删除审核网页中超过 --days 天的申领表及其各行和报告（个人"
		"信息）。台账和操作记录保留。有未办结申领的表保留，除非给出 "
		"--undecided。"
		"\v退出码：0 已办理；2 无法办理。\n\n示例：\n"
		"  tamga-review prune --home HOME --days 730 --yes")};
	struct args a = {.days = PRUNE_DAYS};
	struct registry *r = NULL;
	struct deskdb *d = NULL;
	struct pruned n = {0};
	struct why why = {""};
	enum cred_err e;

	cli_common_init(&a.common);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	const struct prune_opts o = {.home = a.common.home,
	    .now = time(NULL),
	    .days = a.days,
	    .undecided = a.undecided,
	    .look = !a.yes,
	    .actor = review_actor(a.actor)};
	e = deskdb_there(a.common.home, &why);
	if (e == CRED_OK)
		e = deskdb_open(a.common.home, &d, &why);
	if (e == CRED_OK)
		e = review_registry(&a.common, LEDGER_CHANGE,
		    review_actor(a.actor), &r, &why);
	if (e == CRED_OK)
		e = prune(d, r, &o, tell, &a, &n, &why);
	registry_close(r);
	deskdb_close(d);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	cli_say(&a.common,
	    a.yes ? TR("%zu tables with %zu claims removed; %zu kept for their "
		       "undecided claims",
			"删除 %zu 张表，共 %zu 笔；因有未办结申领保留 %zu 张")
		  : TR("%zu tables with %zu claims would be removed; %zu kept "
		       "for their undecided claims. Give --yes to remove",
			"将删除 %zu 张表，共 %zu 笔；因有未办结申领保留 %zu "
			"张。真正删除请加 --yes"),
	    n.tables, n.claims, n.kept);
	return EXIT_OK;
}
