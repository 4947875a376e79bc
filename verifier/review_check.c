#include <stdlib.h>

#include "edge/lang.h"
#include "verifier/review_cmd.h"
#include "verifier/suspects.h"

struct checking {
	const struct review_opts *o;
	struct review_report *report;
};

static enum cred_err
on_row(void *ctx, const struct claim_row *row, const struct desk_answer *a,
    struct why *why)
{
	struct checking *c = ctx;

	if (c->o->common.json)
		review_print_json(row, a);
	else if (!c->o->common.quiet)
		review_print_text(c->o->table, row, a);
	return c->report != NULL ? review_report_row(c->report, row, a, why)
				 : CRED_OK;
}

static void
say_bodies(const struct review_opts *o, const struct review_desk *d)
{
	const struct desk *k = &d->desk;
	const char *how = desk_looked_text(k->looked, lang_is_zh());

	if (k->suspects == NULL)
		cli_say(&o->common,
		    TR("what is odd about issuing bodies (C13): %s",
			"发证机构异常（C13）：%s"),
		    how);
	else
		cli_say(&o->common,
		    TR("issuing bodies that stand out (C13): %zu, %s",
			"数据异常待查的发证机构（C13）：%zu 家，%s"),
		    suspects_n(k->suspects), how);
}

static int
run(const struct review_opts *o, struct review_desk *d)
{
	struct checking c = {.o = o};
	struct review_count n;
	struct why why = {""};
	uint8_t table[32];
	enum cred_err e = CRED_OK;

	if (o->xlsx != NULL || o->csv != NULL)
		e = review_report_open(
		    o->xlsx, o->csv, o->force, d->desk.now, &c.report, &why);
	if (e == CRED_OK)
		e = review_walk(o, d, on_row, &c, table, &n, &why);
	if (e == CRED_OK && c.report != NULL) {
		e = review_report_finish(c.report, &d->desk, o->table, table,
		    d->has_rules ? d->rules_sha256 : NULL, &why);
		c.report = NULL;
	}
	review_report_abort(c.report);
	if (e != CRED_OK) {
		/* A table that cannot be read is no claim that fails. */
		cli_fail(e, &why);
		return EXIT_FAULT;
	}
	cli_say(&o->common,
	    TR("%zu claims: %zu pass, %zu with a warning, %zu pending, %zu "
	       "fail%s%s",
		"共 %zu 笔：通过 %zu，提示 %zu，待定 %zu，不通过 %zu%s%s"),
	    n.n[0] + n.n[1] + n.n[2] + n.n[3], n.n[REVIEW_PASS],
	    n.n[REVIEW_WARN], n.n[REVIEW_PENDING], n.n[REVIEW_FAIL],
	    o->xlsx != NULL ? TR("; report: ", "；报告：") : "",
	    o->xlsx != NULL ? o->xlsx : "");
	say_bodies(o, d);
	return review_exit(&n);
}

int
review_cmd_check(int argc, char **argv)
{
	const struct argp_child children[] = {
	    {cli_argp(
		 CLI_HOME | CLI_REGISTRY | CLI_ANCHOR | CLI_JSON | CLI_QUIET),
		0, NULL, 0},
	    {0}};
	const struct argp argp = {.options = review_options(false),
	    .parser = review_parse,
	    .children = children,
	    .args_doc = TR("CLAIMS.csv|xlsx", "申领表.csv|xlsx"),
	    .doc = TR(
		"Holds a table of claims against certificates, lists, ledger "
		"and the rules of clause (九), and says of each claim whether "
		"it may be paid and why not. Books nothing."
		"\vExit status: 0 all pass, some perhaps with a warning; 1 "
		"some fail; 2 could not run; 4 some pending and none fail.\n\n"
		"Example:\n  tamga-review check claims.xlsx --pub "
		"https://skill.example/ --anchor anchor.pem --rules rules.ini "
		"--pension pension.xlsx --out report.xlsx",
		"按证书、名单、台账和第（九）条的规则核对整张申领表，"
		"逐笔说明能否支付、为什么不能。不记账。"
		"\v退出码：0 全部通过（可能有提示）；1 有不通过的；"
		"2 无法运行；4 有待定的而没有不通过的。\n\n示例：\n"
		"  tamga-review check 申领.xlsx --pub https://skill.example/ "
		"--anchor anchor.pem --rules rules.ini --pension 养老金.xlsx "
		"--out 报告.xlsx")};
	struct review_opts o = {.suspect = true};
	struct review_desk *d = calloc(1, sizeof *d);
	struct why why = {""};
	enum cred_err e;
	int status;

	if (d == NULL)
		return cli_fail(CRED_FAULT_NOMEM, NULL);
	cli_common_init(&o.common);
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	e = review_desk_open(&o, LEDGER_LOOK, d, &why);
	if (e == CRED_OK) {
		status = run(&o, d);
	} else {
		cli_fail(e, &why);
		status = EXIT_FAULT;
	}
	review_desk_close(d);
	free(d);
	return status;
}
