#include <stdlib.h>
#include <time.h>

#include "issuer/batch.h"
#include "issuer/cmd.h"

/*
 * Indexes that an issuer reserved and never signed, given up: void entries.
 * Every other command that signs would finish them instead, so this is for
 * those that are no longer wanted.
 */
struct args {
	struct cli_common common;
	const char *reason;
	int64_t before;
	bool have_before, dry_run, yes;
};

enum { KEY_BEFORE = 1, KEY_REASON, KEY_DRY_RUN, KEY_YES };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_BEFORE:
		if (!cli_parse_time(arg, &a->before))
			argp_error(state,
			    TR("--reserved-before: not a time: %s (2026-11-23, "
			       "2026-11-23T08:00:00Z or Unix seconds)",
				"--reserved-before：不是时间：%s（2026-11-23、"
				"2026-11-23T08:00:00Z 或 Unix 秒数）"),
			    arg);
		a->have_before = true;
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
	case ARGP_KEY_END:
		if (!a->have_before)
			argp_error(state,
			    TR("which ones? --reserved-before TIME",
				"哪些？请用 --reserved-before 给出时间"));
		cmd_check_reason(a->reason, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

struct stale {
	const struct args *a;
	bool print, dry;
	size_t n, younger;
};

static enum cred_err
look(void *ctx, const struct registry_entry *e, struct why *why)
{
	struct stale *s = ctx;

	(void)why;
	if (e->reserved_at >= s->a->before) {
		s->younger++;
		return CRED_OK;
	}
	s->n++;
	if (!s->print)
		return CRED_OK;
	if (s->a->common.json)
		printf("{\"schema\":1,\"index\":%llu,\"action\":\"void\","
		       "\"changed\":%s,\"dry_run\":%s,\"batch\":\"%s\","
		       "\"row\":%u}\n",
		    (unsigned long long)e->index, s->dry ? "false" : "true",
		    s->dry ? "true" : "false", e->batch, e->row);
	else
		printf(s->dry
			   ? TR("index %llu (batch %s, row %u): would be "
				"void\n",
				 "序号 %llu（批次 %s，第 %u 行）：将会作废\n")
			   : TR("index %llu (batch %s, row %u): void\n",
				 "序号 %llu（批次 %s，第 %u 行）：作废\n"),
		    (unsigned long long)e->index, e->batch, e->row);
	return CRED_OK;
}

static enum cred_err
count(struct home *h, struct stale *s, struct why *why)
{
	const struct registry_filter f = {
	    .state = ENTRY_RESERVED, .status = -1};

	s->n = s->younger = 0;
	return registry_each(h->registry, &f, look, s, why);
}

/* Both are durable before the log is: what is void can only be a void entry. */
static enum cred_err
give_up(const struct args *a, struct home *h, const struct stale *s, size_t *n,
    struct why *why)
{
	const struct batch_job rest = {.id = "", .now = time(NULL)};
	enum cred_err e = CRED_OK;

	*n = 0;
	if (s->n > 0)
		e = registry_void_stale(
		    h->registry, a->before, a->reason, rest.now, n, why);
	if (e == CRED_OK && s->younger > 0)
		e = cmd_may_sign(h, rest.now, why);
	if (e == CRED_OK)
		e = batch_complete(h, &rest, NULL, why);
	return e;
}

static int
run(const struct args *a)
{
	struct stale s = {.a = a, .dry = a->dry_run};
	struct home h = {.lock = -1};
	struct why why = {""};
	int status = EXIT_OK;
	size_t n = 0;
	enum cred_err e =
	    home_open(&a->common, a->dry_run ? HOME_READ : HOME_SIGN, &h, &why);

	s.print = a->dry_run;
	if (e == CRED_OK)
		e = count(&h, &s, &why);
	if (e != CRED_OK) {
		status = cli_fail(e, &why);
		goto out;
	}
	if (a->dry_run)
		goto out;
	if (s.n > 0 &&
	    !cmd_confirm(a->yes, TR("void", "作废"), s.n, h.conf.mass)) {
		status = EXIT_FAULT;
		goto out;
	}
	/* Said before it is done: afterwards they are not reserved. */
	s.print = true;
	if ((e = count(&h, &s, &why)) == CRED_OK)
		e = give_up(a, &h, &s, &n, &why);
	if (e != CRED_OK) {
		status = cli_fail(e, &why);
		goto out;
	}
	if (s.younger > 0)
		cli_say(&a->common,
		    TR("finished %zu entries that were reserved later",
			"补完其后预留的 %zu 条记录"),
		    s.younger);
	if (n > 0)
		cli_say(&a->common,
		    TR("running their roster again gives these rows new "
		       "indexes and numbers; verifiers know it after: "
		       "tamga-issuer publish",
			"重新运行其名册时，这些行将得到新的序号和编号；"
			"核验方在运行 tamga-issuer publish 之后才会知道"));
out:
	if (status == EXIT_OK && !a->common.json)
		printf(a->dry_run
			   ? TR("%zu would be void\n", "将会作废 %zu 条\n")
			   : TR("%zu void\n", "作废 %zu 条\n"),
		    a->dry_run ? s.n : n);
	home_close(&h);
	return status;
}

int
cmd_void(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"reserved-before", KEY_BEFORE, "TIME", 0,
		TR("those reserved before this time and never signed",
		    "在此时间之前预留而一直未签名的"),
		0},
	    {"reason", KEY_REASON, "TEXT", 0,
		TR("why; kept for ever", "理由；永久保存"), 0},
	    {"dry-run", KEY_DRY_RUN, NULL, 0,
		TR("only say what would be done", "只预演，不更改"), 0},
	    {"yes", KEY_YES, NULL, 0, TR("do not ask", "不再询问"), 0}, {0}};
	const struct argp_child children[] = {
	    {cli_argp(
		 CLI_HOME | CLI_REGISTRY | CLI_PASS | CLI_JSON | CLI_QUIET),
		0, NULL, 0},
	    {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .doc = TR(
		"Gives up what an interrupted run reserved and never signed: "
		"each becomes a void entry of the log, its index and serial "
		"are never used again, its row can be issued anew. Without "
		"it, the next command that signs finishes them."
		"\vAll of them or none. Exit status: 0 done (or there were "
		"none); 2 could not run.\n\nExample:\n  tamga-issuer void "
		"--home /var/lib/tamga --reserved-before 2026-11-23 --reason "
		"'batch withdrawn' --dry-run",
		"放弃中断的运行预留而一直未签名的序号：每个成为日志中的作废"
		"条目，其序号和流水号永不再用，该行可以重新签发。"
		"不作废时，下一个要签名的命令会补完它们。"
		"\v要么全部作废，要么全不作废。退出码：0 已完成（或没有）；"
		"2 无法运行。\n\n示例：\n  tamga-issuer void --home "
		"/var/lib/tamga --reserved-before 2026-11-23 --reason "
		"'该批次取消' --dry-run")};
	struct args a = {.have_before = false};

	cli_common_init(&a.common);
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return EXIT_FAULT;
	return run(&a);
}
