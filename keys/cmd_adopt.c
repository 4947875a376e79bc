#include <time.h>

#include "keys/cmd.h"

struct args {
	struct cli_common common;
	const char *pub;
	const char *body_id;
	int list_days;
};

enum { KEY_PUB = 1, KEY_ID, KEY_LIST_DAYS };

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
	case KEY_ID:
		a->body_id = arg;
		return 0;
	case KEY_LIST_DAYS:
		a->list_days = cmd_days(arg, "--list-days", state);
		return 0;
	case ARGP_KEY_END:
		if (a->pub == NULL || a->body_id == NULL)
			argp_error(state, TR("--pub and --body-id are needed",
					      "需要 --pub 和 --body-id"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int
cmd_adopt(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"pub", KEY_PUB, "DIR", 0,
		TR("the publication with the lists that the body published "
		   "last; they are replaced in it",
		    "发布目录，含评价机构最后发布的状态列表；将在其中替换"),
		0},
	    {"body-id", KEY_ID, "USCC", 0,
		TR("which body", "评价机构的统一社会信用代码"), 0},
	    {"list-days", KEY_LIST_DAYS, "DAYS", 0,
		TR("validity of the lists (default 30): adopt again before",
		    "状态列表的有效期（默认 30 天）：到期前须再次执行"),
		0},
	    {0},
	};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_PASS | CLI_QUIET), 0, NULL, 0}, {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .doc = TR("Sign the status lists of a withdrawn body with the "
		      "authority's key, so that its earlier certificates "
		      "verify again. Nothing in the lists changes.\v"
		      "Example:\n  tamga-keys authority adopt --home A --pub "
		      "PUB --body-id 52150000MJ0000000X --pass-file pass\n\n"
		      "Exit status: 0 signed; 1 refused: the body is not "
		      "withdrawn, or the lists are not its last; 2 a fault.",
		"用主管部门的密钥签署已撤销机构的状态列表，使其以前的证书"
		"仍能核验。列表内容不变。\v"
		"例：\n  tamga-keys authority adopt --home A --pub PUB "
		"--body-id 52150000MJ0000000X --pass-file pass\n\n"
		"退出码：0 已签署；1 被拒绝：机构未撤销，或不是最后的列表；2 "
		"故障。")};
	struct args a = {.list_days = LIST_DAYS};
	struct authority *auth = NULL;
	int64_t now = time(NULL);
	struct adoption done;
	struct why why = {""};
	enum cred_err e;
	char at[32];

	cli_common_init(&a.common);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	e = authority_open(a.common.home, &a.common.pass, now, &auth, &why);
	if (e == CRED_OK)
		e = authority_adopt(
		    auth, a.pub, a.body_id, a.list_days, now, &done, &why);
	authority_close(auth);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	cmd_time(done.oldest_iat, at);
	cli_say(&a.common,
	    TR("signed %zu status lists of %s, the oldest from %s",
		"已签署 %2$s 的 %1$zu 个状态列表，最早的签于 %3$s"),
	    done.n, a.body_id, at);
	if (done.late)
		cli_say(&a.common, "%s",
		    TR("warning: a list was signed after the key was not to be "
		       "trusted; compare it with an earlier copy",
			"警告：有列表签于密钥已不可信之后，请与更早的副本核"
			"对"));
	return EXIT_OK;
}
