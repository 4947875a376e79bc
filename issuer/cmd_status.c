#include <stdlib.h>
#include <time.h>

#include "issuer/cmd.h"
#include "issuer/cmd_opts.h"

struct args {
	struct cli_common common;
	struct cmd_change change;
	const char *reason;
};

enum { KEY_REASON = 1 };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		state->child_inputs[1] = &a->change;
		return 0;
	case KEY_REASON:
		a->reason = arg;
		return 0;
	case ARGP_KEY_END:
		if (a->change.consent.n > 0 &&
		    (a->change.consent.request == NULL || a->change.set.n > 0 ||
			a->reason != NULL))
			argp_error(state,
			    TR("with --approval the request says which ones "
			       "and why: give --request and neither of these",
				"使用 --approval 时，证书和理由以申请为准："
				"请给出 --request，不要再给证书和理由"));
		if (a->change.consent.n > 0)
			return 0;
		cmd_change_needed(&a->change, state);
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

	for (size_t i = 0; i < a->change.set.n; i++) {
		const struct change_item *it = &a->change.set.items[i];
		if (a->common.json)
			printf("{\"schema\":1,\"index\":%llu,\"action\":\"%s\","
			       "\"changed\":%s,\"dry_run\":%s}\n",
			    (unsigned long long)it->index,
			    json_verbs[a->change.set.verb],
			    it->done || dry ? "false" : "true",
			    dry ? "true" : "false");
		else if (dry || it->done)
			printf(TR("index %llu: %s%s\n", "序号 %llu：%s%s\n"),
			    (unsigned long long)it->index,
			    it->done ? TR("is so already", "已是该状态")
				     : TR("would be changed: ", "将会改变："),
			    it->done ? "" : verb_word(a->change.set.verb));
	}
}

static int
ask(const struct args *a, const struct home *h)
{
	const struct proposal what = {.action = PROPOSAL_REVOKE,
	    .body_id = h->body->scope.body_id,
	    .why = a->reason};
	uint64_t *index = calloc(a->change.set.n + 1, sizeof *index);
	struct why why = {""};
	enum cred_err e = CRED_FAULT_NOMEM;

	for (size_t i = 0; index != NULL && i < a->change.set.n; i++)
		index[i] = a->change.set.items[i].index;
	if (index != NULL)
		e = consent_write(&a->change.consent, what, index,
		    a->change.set.n, time(NULL), &why);
	free(index);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	cli_say(&a->common,
	    TR("wrote %s; have it approved", "已写出 %s；请送批准"),
	    a->change.consent.request);
	return EXIT_OK;
}

static enum cred_err
change(struct args *a, struct home *h, size_t n, struct why *why)
{
	const char *home = a->common.home;
	int64_t now = time(NULL);
	enum cred_err e = CRED_OK;

	if (a->change.set.verb == CHANGE_REVOKE)
		e = consent_check(&a->change.consent, home,
		    h->body->scope.body_id, n, now, why);
	if (e != CRED_OK)
		return e;
	e = change_apply(&a->change.set, h->registry, a->reason, now, why);
	if (e != CRED_OK)
		consent_undo(&a->change.consent, home);
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
	    a->change.dry_run || cmd_change_asks(&a->change) ? HOME_READ
							     : HOME_WRITE,
	    &h, &why);
	if (e == CRED_OK && a->change.consent.n > 0) {
		e = consent_read(
		    &a->change.consent, PROPOSAL_REVOKE, &a->change.set, &why);
		a->reason = a->change.consent.p.why;
	}
	if (e == CRED_OK)
		e = change_resolve(
		    &a->change.set, h.registry, cmd_say_line, NULL, &why);
	if (e != CRED_OK) {
		status = cli_fail(e, &why);
		goto out;
	}
	if (a->change.set.n_bad > 0) {
		cli_say(&a->common,
		    TR("nothing was changed: %zu of %zu cannot "
		       "be",
			"未作任何更改：%zu 份（共 %zu 份）无法更改"),
		    a->change.set.n_bad, a->change.set.n);
		status = EXIT_REFUSED;
		goto out;
	}
	for (size_t i = 0; i < a->change.set.n; i++)
		n += !a->change.set.items[i].done;
	if (a->change.dry_run) {
		print_items(a, true);
		goto out;
	}
	if (cmd_change_asks(&a->change)) {
		status = ask(a, &h);
		goto out;
	}
	if (n > 0 && !a->change.yes)
		print_items(a, true);
	if (n > 0 && !cmd_confirm(a->change.yes, verb_word(a->change.set.verb),
			 n, h.conf.mass)) {
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
		    verb_word(a->change.set.verb), n, a->change.set.n - n);
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
	const struct argp_option options[] = {
	    {"reason", KEY_REASON, "TEXT", 0,
		TR("why; kept for ever", "理由；永久保存"), 0},
	    {0}};
	const struct argp_child children[] = {
	    {cli_argp(CLI_HOME | CLI_REGISTRY | CLI_JSON | CLI_QUIET), 0, NULL,
		0},
	    /* only revocations are for ever */
	    {cmd_change_argp(verb == CHANGE_REVOKE), 0, NULL, 0}, {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .doc = doc};
	struct args a = {.reason = NULL};
	int status;

	cli_common_init(&a.common);
	change_init(&a.change.set, verb);
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		status = EXIT_FAULT;
	else if (a.change.err != CRED_OK)
		status = cli_fail(a.change.err, &a.change.why);
	else
		status = run(&a);
	cmd_change_release(&a.change);
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
