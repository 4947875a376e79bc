#include <stdlib.h>
#include <time.h>

#include "edge/lang.h"
#include "edge/reason.h"
#include "subsidy/money.h"
#include "verifier/review_cmd.h"
#include "verifier/rulefile.h"

/* approve, pay, reject, return: claims by number, one reason for all. */
struct args {
	struct cli_common common;
	const char *reason, *actor, *rules, *region;
	char **claims;
	size_t n;
};

enum { KEY_REASON = 0x3001, KEY_ACTOR, KEY_RULES, KEY_REGION };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_REASON:
		a->reason = arg;
		return 0;
	case KEY_ACTOR:
		a->actor = arg;
		return 0;
	case KEY_RULES:
		a->rules = arg;
		return 0;
	case KEY_REGION:
		a->region = arg;
		return 0;
	case ARGP_KEY_ARGS:
		a->claims = state->argv + state->next;
		a->n = (size_t)(state->argc - state->next);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, TR("which claims?", "请给出申领编号"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Above which amount two people decide, by the rules of today. */
static enum cred_err
four_eyes(const struct args *a, int64_t now, int64_t *fen, struct why *why)
{
	struct rulebook *book;
	struct rules rules;
	uint8_t sha256[32];
	enum cred_err e;

	*fen = -1;
	if (a->rules == NULL)
		return CRED_OK;
	book = malloc(sizeof *book);
	if (book == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	e = rulefile_load(a->rules, book, sha256, why);
	if (e == CRED_OK) {
		rulebook_at(book, claims_day(now),
		    a->region != NULL ? a->region : "", SCHEME_NONE, &rules);
		*fen = rules.four_eyes_fen;
	}
	free(book);
	return e;
}

static const char *
word(enum ledger_outcome o)
{
	switch (o) {
	case LEDGER_DONE:
		return TR("done", "已办理");
	case LEDGER_ALREADY:
		return TR("was so already", "此前已办理");
	case LEDGER_NO_CLAIM:
		return TR("no such claim in the ledger", "台账中没有这笔申领");
	case LEDGER_WRONG_STATE:
		return TR("cannot be done from the state it is in",
		    "当前状态不能办理");
	case LEDGER_FOUR_EYES:
		return TR("above the limit: another person than the one who "
			  "booked it must approve",
		    "超过限额：须由记账人以外的人批准");
	case LEDGER_HAS_BALANCE:
		return TR("its balance stands; undo that first, claim",
		    "余款仍在账上，请先处理余款，申领编号");
	default:
		return ledger_outcome_name(o);
	}
}

static enum cred_err
act_one(const struct args *a, struct registry *r, const char *id,
    enum ledger_act act, int64_t fen, int64_t now, bool *refused,
    struct why *why)
{
	struct ledger_answer l;
	enum cred_err e =
	    ledger_do(r, id, act, fen, a->reason, NULL, now, &l, why);

	if (e != CRED_OK)
		return e;
	*refused = *refused || l.outcome > LEDGER_ALREADY;
	if (a->common.json) {
		printf("{\"schema\":1,\"outcome\":\"%s\",\"state\":\"%s\"}\n",
		    ledger_outcome_name(l.outcome),
		    l.state != 0 ? ledger_state_name(l.state) : "");
		return CRED_OK;
	}
	cli_print_safe(stdout, id, strlen(id));
	printf(": %s %s\n", word(l.outcome), l.other);
	return CRED_OK;
}

static int
run(int argc, char **argv, enum ledger_act act, const char *doc)
{
	const struct argp_option options[] = {
	    {"reason", KEY_REASON, "TEXT", 0,
		TR("stays in the audit trail for ever; no ID numbers",
		    "永久留在操作记录中；不要写证件号码"),
		0},
	    {"actor", KEY_ACTOR, "NAME", 0,
		TR("who acts (default: the login name)",
		    "操作人（默认为登录名）"),
		0},
	    {"rules", KEY_RULES, "FILE", 0,
		TR("rules file: above four_eyes_above another person approves",
		    "规则文件：超过 four_eyes_above 须另一人批准"),
		0},
	    {"region", KEY_REGION, "CODE", 0,
		TR("of the office", "经办机构的地区代码"), 0},
	    {0}};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_REGISTRY | CLI_JSON | CLI_QUIET), 0, NULL,
		0},
	    {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .args_doc = TR("CLAIM…", "申领编号…"),
	    .doc = doc};
	struct args a = {.reason = NULL};
	struct registry *r = NULL;
	int64_t now = time(NULL), fen = -1;
	struct why why = {""};
	bool refused = false;
	enum cred_err e;

	cli_common_init(&a.common);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	if ((a.reason != NULL || act == LEDGER_REJECT ||
		act == LEDGER_RETURN) &&
	    reason_wrong(a.reason) != NULL)
		return cli_usage("%s", reason_wrong(a.reason));
	e = four_eyes(&a, now, &fen, &why);
	if (e == CRED_OK)
		e = review_registry(&a.common, LEDGER_CHANGE,
		    review_actor(a.actor), &r, &why);
	for (size_t i = 0; e == CRED_OK && i < a.n; i++)
		e = act_one(&a, r, a.claims[i], act, fen, now, &refused, &why);
	registry_close(r);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	return refused ? EXIT_REFUSED : EXIT_OK;
}

#define STATUS_EN                                                              \
	"\vExit status: 0 done or done before; 1 some could not be done; 2 "   \
	"could not run."
#define STATUS_ZH "\v退出码：0 已办理；1 有不能办理的；2 无法运行。"

int
review_cmd_approve(int argc, char **argv)
{
	return run(argc, argv, LEDGER_APPROVE,
	    TR("Approves booked claims." STATUS_EN,
		"批准已记账的申领。" STATUS_ZH));
}

int
review_cmd_pay(int argc, char **argv)
{
	return run(argc, argv, LEDGER_PAY,
	    TR("Marks approved claims as paid." STATUS_EN,
		"把已批准的申领记为已支付。" STATUS_ZH));
}

int
review_cmd_reject(int argc, char **argv)
{
	return run(argc, argv, LEDGER_REJECT,
	    TR("Rejects claims before they are paid; their places are free "
	       "again." STATUS_EN,
		"支付之前驳回申领，占用的次数随之释放。" STATUS_ZH));
}

int
review_cmd_return(int argc, char **argv)
{
	return run(argc, argv, LEDGER_RETURN,
	    TR("Marks paid claims as reclaimed; their places are free "
	       "again." STATUS_EN,
		"把已支付的申领记为已追回，占用的次数随之释放。" STATUS_ZH));
}
