#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "keys/cmd.h"
#include "keys/proposal.h"

struct args {
	struct cli_common common;
	struct withdrawal w;
	uint8_t kid[CRED_KID_LEN];
	bool has_size;
	const char *request;
	int crl_days;
};

enum {
	KEY_ID = 1,
	KEY_REASON,
	KEY_SIZE,
	KEY_AT,
	KEY_KID,
	KEY_CRL_DAYS,
	KEY_REQUEST
};

static bool
parse_kid(const char *s, uint8_t out[static CRED_KID_LEN])
{
	if (strlen(s) != 2 * CRED_KID_LEN ||
	    strspn(s, "0123456789abcdef") != 2 * CRED_KID_LEN)
		return false;
	for (size_t i = 0; i < CRED_KID_LEN; i++) {
		char two[3] = {s[2 * i], s[2 * i + 1], '\0'};
		out[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return true;
}

static error_t
parse_values(int key, const char *arg, struct args *a, struct argp_state *state)
{
	unsigned long long n;
	char *end;

	switch (key) {
	case KEY_REASON:
		a->w.reason = authority_reason(arg);
		if (a->w.reason < 0)
			argp_error(state,
			    TR("--reason: not %s", "--reason：不能是 %s"), arg);
		return 0;
	case KEY_SIZE:
		errno = 0;
		n = strtoull(arg, &end, 10);
		if (errno != 0 || end == arg || *end != '\0' || *arg == '-' ||
		    n > TLOG_MAX_SIZE)
			argp_error(state,
			    TR("--tree-size: a number, not %s",
				"--tree-size：应为数字，而不是 %s"),
			    arg);
		a->w.tree_size = n;
		a->has_size = true;
		return 0;
	case KEY_AT:
		if (!cli_parse_time(arg, &a->w.at) || a->w.at <= 0)
			argp_error(state,
			    TR("--at: not a time: %s", "--at：不是时间：%s"),
			    arg);
		return 0;
	case KEY_KID:
		if (!parse_kid(arg, a->kid))
			argp_error(state,
			    TR("--kid: 16 hex digits, not %s",
				"--kid：应为 16 位十六进制数，而不是 %s"),
			    arg);
		a->w.kid = a->kid;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_ID:
		a->w.body_id = arg;
		return 0;
	case KEY_REQUEST:
		a->request = arg;
		return 0;
	case KEY_CRL_DAYS:
		a->crl_days = cmd_days(arg, "--crl-days", state);
		return 0;
	case ARGP_KEY_END:
		if (a->w.body_id == NULL || a->w.reason < 0 || !a->has_size)
			argp_error(state,
			    TR("--body-id, --reason and --tree-size are needed",
				"需要 --body-id、--reason 和 --tree-size"));
		return 0;
	default:
		return parse_values(key, arg, a, state);
	}
}

static int
propose(const struct args *a)
{
	struct proposal p = {.action = PROPOSAL_WITHDRAW,
	    .body_id = a->w.body_id,
	    .has_kid = a->w.kid != NULL,
	    .reason = a->w.reason,
	    .tree_size = a->w.tree_size,
	    .at = a->w.at,
	    .crl_days = a->crl_days};
	struct why why = {""};
	enum cred_err e;

	memcpy(p.kid, a->kid, sizeof p.kid);
	e = cmd_propose(a->common.home, &p, a->request, &why);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	cli_say(&a->common,
	    TR("wrote %s; have it approved", "已写出 %s；请送批准"),
	    a->request);
	return EXIT_OK;
}

int
cmd_withdraw(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"body-id", KEY_ID, "USCC", 0,
		TR("which body", "评价机构的统一社会信用代码"), 0},
	    {"kid", KEY_KID, "HEX", 0,
		TR("only its certificate with this kid (see list)",
		    "只撤销 kid 为此值的证书（见 list）"),
		0},
	    {"reason", KEY_REASON, "REASON", 0,
		TR("keyCompromise, privilegeWithdrawn, cessationOfOperation, "
		   "affiliationChanged, superseded or unspecified",
		    "keyCompromise（密钥泄露）、privilegeWithdrawn（取消资格）"
		    "、"
		    "cessationOfOperation（停业）、affiliationChanged（变更隶属"
		    "）、"
		    "superseded（更换密钥）或 unspecified"),
		0},
	    {"tree-size", KEY_SIZE, "N", 0,
		TR("entries of its log below N stay good; 0: none",
		    "日志中前 N 条仍有效；0 表示全部无效"),
		0},
	    {"at", KEY_AT, "TIME", 0,
		TR("since when the key is not to be trusted (default now)",
		    "从何时起密钥不可信（默认现在）"),
		0},
	    {"crl-days", KEY_CRL_DAYS, "DAYS", 0,
		TR("validity of the CRL (default 30)",
		    "撤销列表的有效期（默认 30 天）"),
		0},
	    {"request", KEY_REQUEST, "FILE", 0,
		TR("do nothing but write a request for approval to FILE",
		    "不办理，只把待批准的申请写到 FILE"),
		0},
	    {0},
	};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_PASS | CLI_QUIET), 0, NULL, 0}, {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .doc = TR("Withdraw a body: all its certificates go into the CRL. "
		      "A withdrawal cannot be taken back; a smaller tree size "
		      "can be given later.\v"
		      "Example:\n  tamga-keys authority withdraw --home A "
		      "--body-id 52150000MJ0000000X --reason keyCompromise "
		      "--tree-size 266 --pass-file pass\n\n"
		      "Exit status: 0 withdrawn; 1 refused; 2 a fault. "
		      "Publish afterwards.",
		"撤销评价机构：其全部证书列入撤销列表。撤销不能收回；以后可以"
		"改为更小的日志大小。\v"
		"例：\n  tamga-keys authority withdraw --home A --body-id "
		"52150000MJ0000000X --reason keyCompromise --tree-size 266 "
		"--pass-file pass\n\n"
		"退出码：0 已撤销；1 被拒绝；2 故障。之后请发布。")};
	struct args a = {.w = {.reason = -1}, .crl_days = CRL_DAYS};
	struct authority *auth = NULL;
	int64_t now = time(NULL);
	struct why why = {""};
	enum cred_err e;
	size_t n = 0;

	cli_common_init(&a.common);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	if (a.w.at == 0)
		a.w.at = now;
	if (a.request != NULL)
		return propose(&a);
	e = authority_open(a.common.home, &a.common.pass, now, &auth, &why);
	if (e == CRED_OK)
		e = authority_withdraw(auth, &a.w, a.crl_days, now, &n, &why);
	authority_close(auth);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	cli_say(&a.common,
	    TR("withdrew %zu certificates of %s; publish, so "
	       "that verifiers know it",
		"已撤销 %zu 张证书（%s）；请发布，使核验方知道"),
	    n, a.w.body_id);
	return EXIT_OK;
}
