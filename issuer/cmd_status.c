#include <stdlib.h>
#include <time.h>

#include "issuer/change.h"
#include "issuer/cmd.h"
#include "issuer/consent.h"

struct args {
	struct cli_common common;
	struct change_set set;
	const char *reason;
	struct consent consent;
	bool dry_run, yes;
	struct why why; /* of a file or number that could not be taken */
	enum cred_err err;
};

enum {
	KEY_NUMBER = 1,
	KEY_INDEX,
	KEY_FILE,
	KEY_REASON,
	KEY_DRY_RUN,
	KEY_YES,
	KEY_REQUEST,
	KEY_APPROVAL
};

static void
add(struct args *a, enum cred_err e)
{
	if (a->err == CRED_OK)
		a->err = e;
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_NUMBER:
		add(a, change_add(&a->set, arg, &a->why));
		return 0;
	case KEY_INDEX:
		(void)cmd_index(arg, state);
		add(a, change_add(&a->set, arg, &a->why));
		return 0;
	case KEY_FILE:
		add(a, change_add_file(&a->set, arg, &a->why));
		return 0;
	case KEY_REASON:
		a->reason = arg;
		return 0;
	case KEY_DRY_RUN:
		a->dry_run = true;
		return 0;
	case KEY_YES:
		a->yes = true;
		return 0;
	case KEY_REQUEST:
		a->consent.request = arg;
		return 0;
	case KEY_APPROVAL:
		if (a->consent.n == CONSENT_MAX)
			argp_error(state,
			    TR("at most %d approvals", "最多 %d 份批准"),
			    CONSENT_MAX);
		a->consent.approvals[a->consent.n++] = arg;
		return 0;
	case ARGP_KEY_END:
		if (a->consent.n > 0 && (a->consent.request == NULL ||
					    a->set.n > 0 || a->reason != NULL))
			argp_error(state,
			    TR("with --approval the request says which ones "
			       "and why: give --request and neither of these",
				"使用 --approval 时，证书和理由以申请为准："
				"请给出 --request，不要再给证书和理由"));
		if (a->consent.n > 0)
			return 0;
		if (a->err == CRED_OK && a->set.n == 0)
			argp_error(state,
			    TR("which ones? --number, --index or --file",
				"请用 --number、--index 或 --file 指定证书"));
		cmd_check_reason(a->reason, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char *
verb_word(enum change_verb v)
{
	switch (v) {
	case CHANGE_REVOKE:
		return TR("revoke", "撤销");
	case CHANGE_SUSPEND:
		return TR("suspend", "暂停");
	case CHANGE_REINSTATE:
		break;
	}
	return TR("reinstate", "恢复");
}

static void
print_items(const struct args *a, bool dry)
{
	static const char *const json_verbs[] = {
	    "revoke", "suspend", "reinstate"};

	for (size_t i = 0; i < a->set.n; i++) {
		const struct change_item *it = &a->set.items[i];
		if (a->common.json)
			printf("{\"schema\":1,\"index\":%llu,\"action\":\"%s\","
			       "\"changed\":%s,\"dry_run\":%s}\n",
			    (unsigned long long)it->index,
			    json_verbs[a->set.verb],
			    it->done || dry ? "false" : "true",
			    dry ? "true" : "false");
		else if (dry || it->done)
			printf(TR("index %llu: %s%s\n", "序号 %llu：%s%s\n"),
			    (unsigned long long)it->index,
			    it->done ? TR("is so already", "已是该状态")
				     : TR("would be changed: ", "将会改变："),
			    it->done ? "" : verb_word(a->set.verb));
	}
}

/* A request is to be written, nothing to be done. */
static bool
asking(const struct args *a)
{
	return a->consent.request != NULL && a->consent.n == 0;
}

static int
ask(const struct args *a, const struct home *h)
{
	const struct proposal what = {.action = PROPOSAL_REVOKE,
	    .body_id = h->body->scope.body_id,
	    .why = a->reason};
	uint64_t *index = calloc(a->set.n + 1, sizeof *index);
	struct why why = {""};
	enum cred_err e = CRED_FAULT_NOMEM;

	for (size_t i = 0; index != NULL && i < a->set.n; i++)
		index[i] = a->set.items[i].index;
	if (index != NULL)
		e = consent_write(
		    &a->consent, what, index, a->set.n, time(NULL), &why);
	free(index);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	cli_say(&a->common,
	    TR("wrote %s; have it approved", "已写出 %s；请送批准"),
	    a->consent.request);
	return EXIT_OK;
}

static enum cred_err
change(struct args *a, struct home *h, size_t n, struct why *why)
{
	const char *home = a->common.home;
	int64_t now = time(NULL);
	enum cred_err e = CRED_OK;

	if (a->set.verb == CHANGE_REVOKE)
		e = consent_check(
		    &a->consent, home, h->body->scope.body_id, n, now, why);
	if (e != CRED_OK)
		return e;
	e = change_apply(&a->set, h->registry, a->reason, now, why);
	if (e != CRED_OK)
		consent_undo(&a->consent, home);
	return e;
}

static int
run(struct args *a)
{
	struct why why = {""};
	struct home h;
	size_t n = 0;
	enum cred_err e;
	int status = EXIT_OK;

	e = home_open(&a->common,
	    a->dry_run || asking(a) ? HOME_READ : HOME_WRITE, &h, &why);
	if (e == CRED_OK && a->consent.n > 0) {
		e = consent_read(&a->consent, PROPOSAL_REVOKE, &a->set, &why);
		a->reason = a->consent.p.why;
	}
	if (e == CRED_OK)
		e = change_resolve(
		    &a->set, h.registry, cmd_say_line, NULL, &why);
	if (e != CRED_OK) {
		status = cli_fail(e, &why);
		goto out;
	}
	if (a->set.n_bad > 0) {
		cli_say(&a->common,
		    TR("nothing was changed: %zu of %zu cannot "
		       "be",
			"未作任何更改：%zu 份（共 %zu 份）无法更改"),
		    a->set.n_bad, a->set.n);
		status = EXIT_REFUSED;
		goto out;
	}
	for (size_t i = 0; i < a->set.n; i++)
		n += !a->set.items[i].done;
	if (a->dry_run) {
		print_items(a, true);
		goto out;
	}
	if (asking(a)) {
		status = ask(a, &h);
		goto out;
	}
	if (n > 0 && !a->yes)
		print_items(a, true);
	if (n > 0 &&
	    !cmd_confirm(a->yes, verb_word(a->set.verb), n, h.conf.mass)) {
		status = EXIT_FAULT;
		goto out;
	}
	e = change(a, &h, n, &why);
	if (e != CRED_OK) {
		status = cli_fail(e, &why);
		goto out;
	}
	print_items(a, false);
	if (!a->common.json)
		printf(TR("%s: %zu changed, %zu were so already\n",
			   "%s：更改 %zu 份，%zu 份原已如此\n"),
		    verb_word(a->set.verb), n, a->set.n - n);
	if (n > 0)
		cli_say(&a->common,
		    TR("verifiers know it after: tamga-issuer publish",
			"核验方在运行 tamga-issuer publish 之后才会知道"));
out:
	home_close(&h);
	return status;
}

static int
cmd_status(int argc, char **argv, enum change_verb verb, const char *doc)
{
	struct argp_option options[] = {
	    {"number", KEY_NUMBER, "N", 0,
		TR("the certificate with this number", "此编号的证书"), 0},
	    {"index", KEY_INDEX, "I", 0,
		TR("the certificate at this index", "此序号的证书"), 0},
	    {"file", KEY_FILE, "LIST", 0,
		TR("one number or index on each line",
		    "文件，每行一个编号或序号"),
		0},
	    {"reason", KEY_REASON, "TEXT", 0,
		TR("why; kept for ever", "理由；永久保存"), 0},
	    {"dry-run", KEY_DRY_RUN, NULL, 0,
		TR("only say what would be done", "只预演，不更改"), 0},
	    {"yes", KEY_YES, NULL, 0,
		TR("do it; without, what would happen is printed, and a "
		   "terminal asked",
		    "直接执行；不用时先显示将会发生什么，在终端上再询问"),
		0},
	    {"request", KEY_REQUEST, "FILE", 0,
		TR("write a request for approval to FILE, or, with --approval, "
		   "do what it says",
		    "把待批准的申请写到 FILE；与 --approval "
		    "同用时，按申请办理"),
		0},
	    {"approval", KEY_APPROVAL, "FILE", 0,
		TR("an approval of the request; give one option for each",
		    "对申请的批准；每份给一次本选项"),
		0},
	    {0}};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_REGISTRY | CLI_JSON | CLI_QUIET), 0, NULL,
		0},
	    {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .doc = doc};
	struct args a = {.why = {""}};
	int status;

	/* only revocations are for ever */
	for (size_t i = 0; verb != CHANGE_REVOKE && options[i].name != NULL;
	     i++)
		if (options[i].key == KEY_REQUEST)
			options[i] = (struct argp_option){0};
	cli_common_init(&a.common);
	change_init(&a.set, verb);
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		status = EXIT_FAULT;
	else if (a.err != CRED_OK)
		status = cli_fail(a.err, &a.why);
	else
		status = run(&a);
	consent_release(&a.consent);
	change_release(&a.set);
	return status;
}

#define STATUS_DOC_EN(verb)                                                    \
	"\vAll of them or none. Exit status: 0 done (or so already); 1 one "   \
	"of "                                                                  \
	"them cannot be changed, and nothing was; 2 could not run.\n\n"        \
	"Example:\n  tamga-issuer " verb " --home /var/lib/tamga --index 17 "  \
	"--reason 'exam fraud' --dry-run"
#define STATUS_DOC_ZH(verb)                                                                           \
	"\v要么全部更改，要么全不更改。退出码：0 已完成（或原已如此）；" \
	"1 其中有不能更改的，未作任何更改；2 无法运行。\n\n示例：\n  "        \
	"tamga-issuer " verb " --home /var/lib/tamga --index 17 "                                     \
	"--reason '考试作弊' --dry-run"

int
cmd_revoke(int argc, char **argv)
{
	return cmd_status(argc, argv, CHANGE_REVOKE,
	    TR("Revokes certificates for good. Takes effect for verifiers with "
	       "the next publish." STATUS_DOC_EN("revoke"),
		"撤销证书，不可恢复。下次 publish "
		"后对核验方生效。" STATUS_DOC_ZH("revoke")));
}

int
cmd_suspend(int argc, char **argv)
{
	return cmd_status(argc, argv, CHANGE_SUSPEND,
	    TR("Suspends certificates until reinstate. Takes effect for "
	       "verifiers with the next publish." STATUS_DOC_EN("suspend"),
		"暂停证书，可用 reinstate 恢复。下次 publish "
		"后对核验方生效。" STATUS_DOC_ZH("suspend")));
}

int
cmd_reinstate(int argc, char **argv)
{
	return cmd_status(argc, argv, CHANGE_REINSTATE,
	    TR("Lifts a suspension. Takes effect for verifiers with the next "
	       "publish." STATUS_DOC_EN("reinstate"),
		"恢复已暂停的证书。下次 publish 后对核验方生效。" STATUS_DOC_ZH(
		    "reinstate")));
}
