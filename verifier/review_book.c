#include <stdlib.h>

#include "edge/lang.h"
#include "verifier/review_cmd.h"

/* What became of each row. */
struct booking {
	const struct review_opts *o;
	struct review_desk *d;
	size_t booked, already, refused, left;
	int64_t fen;
};

static void
tell(const struct booking *b, const struct claim_row *row, const char *what,
    const char *other)
{
	const struct cli_common *c = &b->o->common;

	if (c->json || c->quiet)
		return;
	cli_print_safe(stdout, b->o->table, strlen(b->o->table));
	printf(":%u: ", row->row);
	cli_print_safe(stdout, row->claim.id, strlen(row->claim.id));
	printf(": %s", what);
	if (other != NULL && *other != '\0') {
		fputc(' ', stdout);
		cli_print_safe(stdout, other, strlen(other));
	}
	fputc('\n', stdout);
}

static const char *
outcome_word(enum ledger_outcome o)
{
	switch (o) {
	case LEDGER_DONE:
		return TR("booked", "已记账");
	case LEDGER_ALREADY:
		return TR("booked before", "此前已记账");
	case LEDGER_CLAIM_TWICE:
		return TR("not booked: the number stands for another claim",
		    "未记账：申领编号已用于另一笔申领");
	case LEDGER_SAME_SUBJECT:
		return TR("not booked: same occupation and level in claim",
		    "未记账：同一职业同一等级已有申领");
	case LEDGER_YEAR_FULL:
		return TR("not booked: the year's limit is reached; one is "
			  "claim",
		    "未记账：本年度次数已满，其中一笔为");
	case LEDGER_NO_ADVANCE:
		return TR("not booked: a balance without an advance",
		    "未记账：没有预付记录");
	default:
		return ledger_outcome_name(o);
	}
}

static bool
wanted(const struct booking *b, const struct desk_answer *a)
{
	return (a->review.verdict == REVIEW_PASS ||
		   (a->review.verdict == REVIEW_WARN && b->o->warned)) &&
	       a->review.has_subject && a->review.has_year;
}

static void
print_json(const struct claim_row *row, const struct desk_answer *a,
    const struct ledger_answer *l)
{
	/* The claim's id is the office's text: escaped like all of it. */
	review_print_json(row, a);
	printf("{\"schema\":1,\"row\":%u,\"ledger\":\"%s\",\"state\":\"%s\"}\n",
	    row->row, ledger_outcome_name(l->outcome),
	    l->state != 0 ? ledger_state_name(l->state) : "");
}

static enum cred_err
on_row(void *ctx, const struct claim_row *row, const struct desk_answer *a,
    struct why *why)
{
	struct booking *b = ctx;
	const struct ledger_rules rules = {
	    .max_per_year = a->rules.max_per_year,
	    .one_scheme = a->rules.one_scheme};
	struct ledger_answer l;
	struct ledger_claim c;
	char codes[128];
	enum cred_err e;

	if (!wanted(b, a)) {
		b->left++;
		if (b->o->common.json)
			review_print_json(row, a);
		else if (!b->o->common.quiet)
			review_print_text(b->o->table, row, a);
		return CRED_OK;
	}
	if (!b->o->yes) {
		b->booked++;
		b->fen += row->claim.amount_fen;
		tell(b, row, TR("would be booked", "将记账"), NULL);
		return CRED_OK;
	}
	desk_ledger_claim(row, a, codes, &c);
	e = ledger_book(
	    b->d->desk.registry, &c, &rules, NULL, b->d->desk.now, &l, why);
	if (e != CRED_OK)
		return e;
	if (l.outcome == LEDGER_DONE) {
		b->booked++;
		b->fen += c.fen;
	} else if (l.outcome == LEDGER_ALREADY) {
		b->already++;
	} else {
		b->refused++;
	}
	if (b->o->common.json)
		print_json(row, a, &l);
	else
		tell(b, row, outcome_word(l.outcome),
		    l.outcome > LEDGER_ALREADY ? l.other : NULL);
	return CRED_OK;
}

static int
run(const struct review_opts *o, struct review_desk *d)
{
	struct booking b = {.o = o, .d = d};
	struct review_count n;
	struct why why = {""};
	uint8_t table[32];
	enum cred_err e = review_walk(o, d, on_row, &b, table, &n, &why);

	if (e != CRED_OK) {
		cli_fail(e, &why);
		return EXIT_FAULT;
	}
	if (o->common.json)
		printf("{\"schema\":1,\"booked\":%zu,\"already\":%zu,"
		       "\"refused\":%zu,\"left\":%zu,\"dry_run\":%s}\n",
		    b.booked, b.already, b.refused, b.left,
		    o->yes ? "false" : "true");
	cli_say(&o->common,
	    o->yes ? TR("%zu booked, %lld.%02lld yuan; %zu were there; %zu "
			"refused by the ledger; %zu left out by the rules",
			 "记账 %zu 笔，%lld.%02lld 元；已有 %zu "
			 "笔；台账拒绝 %zu 笔；按规则未记 %zu 笔")
		   : TR("%zu would be booked, %lld.%02lld yuan (%zu, %zu); %zu "
			"left out by the rules. Give --yes to book",
			 "将记账 %zu 笔，%lld.%02lld 元（%zu、%zu）；"
			 "按规则不记 %zu 笔。真正记账请加 --yes"),
	    b.booked, (long long)(b.fen / 100), (long long)(b.fen % 100),
	    b.already, b.refused, b.left);
	return b.refused > 0 || n.n[REVIEW_FAIL] > 0 ? EXIT_REFUSED
	       : n.n[REVIEW_PENDING] > 0             ? EXIT_UNKNOWN
						     : EXIT_OK;
}

int
review_cmd_book(int argc, char **argv)
{
	const struct argp_child children[] = {
	    {cli_argp(
		 CLI_HOME | CLI_REGISTRY | CLI_ANCHOR | CLI_JSON | CLI_QUIET),
		0, NULL, 0},
	    {0}};
	const struct argp argp = {.options = review_options(true),
	    .parser = review_parse,
	    .children = children,
	    .args_doc = TR("CLAIMS.csv|xlsx", "申领表.csv|xlsx"),
	    .doc = TR(
		"Reviews a table as check does and books in the ledger what "
		"passes. The same table booked twice books nothing twice."
		"\vExit status: 0 all booked; 1 some fail or were refused by "
		"the ledger; 2 could not run; 4 some pending.\n\nExample:\n"
		"  tamga-review book claims.xlsx --rules rules.ini --pub PUB "
		"--anchor anchor.pem --yes",
		"像 check 一样审核，并把通过的申领记入台账。"
		"同一张表记两次不会重复记账。"
		"\v退出码：0 全部记账；1 有不通过的或台账拒绝的；"
		"2 无法运行；4 有待定的。\n\n示例：\n"
		"  tamga-review book 申领.xlsx --rules rules.ini --pub PUB "
		"--anchor anchor.pem --yes")};
	struct review_opts o = {.suspect = true};
	struct review_desk *d = calloc(1, sizeof *d);
	struct why why = {""};
	enum cred_err e;
	int status = EXIT_FAULT;

	if (d == NULL)
		return cli_fail(CRED_FAULT_NOMEM, NULL);
	cli_common_init(&o.common);
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	e = review_desk_open(&o, o.yes ? LEDGER_MAKE : LEDGER_LOOK, d, &why);
	if (e == CRED_OK)
		status = run(&o, d);
	else
		cli_fail(e, &why);
	review_desk_close(d);
	free(d);
	return status;
}
