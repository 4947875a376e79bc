#include <stdlib.h>
#include <time.h>

#include "issuer/cmd.h"
#include "issuer/cmd_opts.h"
#include "issuer/mistakes.h"
#include "issuer/progress.h"

struct args {
	struct cli_common common;
	struct cmd_roster roster;
	struct printing_opts print;
	bool skip_bad;
};

enum { KEY_SKIP_BAD = 1 };

#define ROWS 5000 /* in memory at a time */

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		state->child_inputs[1] = &a->roster;
		state->child_inputs[2] = &a->print;
		return 0;
	case KEY_SKIP_BAD:
		a->skip_bad = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* What the stretches of rows share while they are issued. */
struct issuing {
	const struct args *a;
	const struct inspection *x;
	struct progress bar;
	size_t before, total; /* rows issued before this stretch; of all */
};

/* A row that the signer refused after all: a void entry, told as a finding. */
static void
on_refused(void *ctx, const char *batch, uint32_t row, enum cred_err why)
{
	struct issuing *g = ctx;
	struct findings f;

	if (strcmp(batch, g->x->batch) != 0)
		return;
	findings_init(&f);
	if (why == CRED_FAULT_CONFLICT)
		findings_add(&f, row, "", FIND_SIGNER, "%s",
		    TR("another issuer gave its index up meanwhile (void); "
		       "tamga-issuer audit says why. Run the roster again",
			"其序号已被另一签发程序作废，原因见 tamga-issuer "
			"audit；请重新运行该名册"));
	else
		findings_add(&f, row, "", FIND_SIGNER,
		    TR("the signer refused it (%s); its index is void. Repair "
		       "the cause and run the roster again",
			"签名器拒绝签发（%s），其序号已作废。"
			"请消除原因后重新运行该名册"),
		    cred_strerr(why));
	for (size_t i = 0; i < f.n; i++) {
		if (g->a->common.json)
			finding_print_json(stdout, &f.list[i]);
		else
			finding_print(stdout, g->a->roster.path, &f.list[i]);
	}
	findings_release(&f);
}

static void
on_progress(void *ctx, size_t done, size_t total)
{
	struct issuing *g = ctx;

	(void)total;
	progress_step(&g->bar, g->before + done, g->total);
}

static void
summary(const struct args *a, const struct inspection *x,
    const struct batch_result *r, size_t refused)
{
	if (a->common.json)
		printf("{\"schema\":1,\"batch\":\"%s\",\"issued\":%zu,"
		       "\"already\":%zu,\"refused\":%zu}\n",
		    x->batch, r->issued, r->already, refused);
	else
		printf(TR("batch %s: %zu issued, %zu already there, %zu "
			  "refused\n",
			   "批次 %s：签发 %zu 份，已有 %zu 份，拒绝 %zu 行\n"),
		    x->batch, r->issued, r->already, refused);
	fflush(stdout);
}

/* Stretch by stretch: the rows are read a second time. */
static enum cred_err
issue(const struct args *a, struct home *h, struct inspection *x,
    struct batch_result *out, struct why *why)
{
	struct issuing g = {.a = a, .x = x, .total = x->n - x->n_bad};
	struct row *rows = reallocarray(NULL, ROWS, sizeof *rows);
	struct batch_job job = {.id = x->batch,
	    .rows = rows,
	    .now = a->roster.inspect.now,
	    .photo_dir = x->photo_dir,
	    .progress = on_progress,
	    .progress_ctx = &g,
	    .refused = on_refused,
	    .refused_ctx = &g};
	enum cred_err e = CRED_OK;

	if (rows == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	progress_start(&g.bar, h->cli, TR("issuing", "签发"));
	do {
		struct batch_result r = {0};
		e = inspection_good_rows(x, rows, ROWS, &job.n, why);
		if (e == CRED_OK && (job.n > 0 || g.before == 0))
			e = batch_issue(h, &job, &r, why);
		out->issued += r.issued;
		out->already += r.already;
		out->refused += r.refused;
		g.before += job.n;
	} while (e == CRED_OK && job.n == ROWS);
	progress_end(&g.bar);
	free(rows);
	return e;
}

static enum cred_err
print(const struct args *a, struct home *h, struct reader *reader,
    const struct inspection *x, struct why *why)
{
	const struct registry_filter filter = {
	    .batch = x->batch, .state = -1, .status = -1};
	struct printing_result r;
	enum cred_err e;

	if (reader == NULL)
		return CRED_OK;
	e = printing_run(h, reader, &filter, &a->print, &r, why);
	if (e == CRED_OK)
		printing_say(h->cli, &a->print, &r);
	return e;
}

/* Checks all of it; false in *go when nothing may be issued. */
static enum cred_err
check(const struct args *a, struct home *h, struct inspection *x, bool *go,
    struct why *why)
{
	struct inspect_opts opts = a->roster.inspect;
	struct mistakes *m;
	enum cred_err e =
	    mistakes_open(&a->common, a->roster.path, opts.errors, &m, why);

	if (e != CRED_OK)
		return e;
	opts.report = mistakes_report;
	opts.report_ctx = m;
	e = inspect(h, &opts, x, why);
	if (e != CRED_OK) {
		mistakes_abort(m);
		return e;
	}
	inspection_print(x, &a->common);
	e = mistakes_close(m, why);
	*go = !x->unreadable && (x->n_bad == 0 || a->skip_bad);
	if (e != CRED_OK || *go)
		return e;
	cli_say(h->cli,
	    x->unreadable ? TR("nothing was issued: the file as a whole must "
			       "be repaired first",
				"未签发任何证书：请先修复名册文件本身")
			  : TR("nothing was issued: repair the rows above, or "
			       "give --skip-bad to issue the others",
				"未签发任何证书：请改正以上各行，"
				"或用 --skip-bad 只签发合格的行"));
	return CRED_OK;
}

static int
run(const struct args *a, struct home *h, struct reader *reader,
    struct inspection *x)
{
	const struct batch_job leftovers = {
	    .id = "", .now = a->roster.inspect.now};
	struct batch_result r = {0};
	struct why why = {""};
	size_t refused, staged = 0;
	bool go = false;
	enum cred_err e;

	e = cmd_may_sign(h, a->roster.inspect.now, &why);
	if (e == CRED_OK)
		e = batch_complete(h, &leftovers, &staged, &why);
	if (e == CRED_OK && staged > 0)
		cli_say(h->cli,
		    TR("finished %zu entries that an interrupted run had left",
			"补完上次中断留下的 %zu 条记录"),
		    staged);
	if (e == CRED_OK)
		e = check(a, h, x, &go, &why);
	if (e == CRED_OK)
		cmd_note_body(h);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	refused = x->n_bad;
	if (!go) {
		summary(a, x, &r, refused);
		return EXIT_REFUSED;
	}
	e = issue(a, h, x, &r, &why);
	refused += r.refused;
	if (e == CRED_OK)
		e = print(a, h, reader, x, &why);
	if (e == CRED_OK || r.issued + r.already > 0)
		summary(a, x, &r, refused);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	if (r.issued > 0)
		cli_say(h->cli,
		    TR("verifiers know them after: tamga-issuer publish",
			"核验方在运行 tamga-issuer publish 之后才能查到"));
	return refused > 0 ? EXIT_REFUSED : EXIT_OK;
}

int
cmd_issue(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"skip-bad", KEY_SKIP_BAD, NULL, 0,
		TR("issue the good rows although others are refused",
		    "跳过不合格的行，签发其余各行"),
		0},
	    {0}};
	const struct argp_child children[] = {
	    {cli_argp(
		 CLI_HOME | CLI_REGISTRY | CLI_PASS | CLI_JSON | CLI_QUIET),
		0, NULL, 0},
	    {cmd_roster_argp(), 0, NULL, 0}, {cmd_print_argp(true), 0, NULL, 0},
	    {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .args_doc = TR("ROSTER", "名册"),
	    .children = children,
	    .doc = TR(
		"Checks a roster (CSV or XLSX) and, if every row is good, "
		"signs, stores and "
		"logs a certificate for each. Running it again issues nothing "
		"twice and finishes what is missing. Every PDF is read back "
		"and its code verified."
		"\vExit status: 0 all issued; 1 some row refused (without "
		"--skip-bad nothing was issued); 2 could not run, or a PDF "
		"does not read back.\n\nExample:\n  tamga-issuer issue --home "
		"/var/lib/tamga roster.csv --kind 2 --pdf out --pass-file "
		"pass",
		"检查名册（CSV 或 "
		"XLSX）；若每行都合格，则逐行签名、登记并写入日志。"
		"重复运行不会重复签发，只补完缺少的部分。每个 PDF "
		"都会回读验证。"
		"\v退出码：0 全部签发；1 有被拒绝的行（未用 --skip-bad 时"
		"一份也不签发）；2 无法运行，或 PDF 回读不符。\n\n示例：\n  "
		"tamga-issuer issue --home /var/lib/tamga 名册.csv --kind 2 "
		"--pdf out --pass-file pass")};
	const struct reader_opts reading = {.only_drawn = true,
	    .effort = EFFORT_HARD,
	    .max_bytes = 1u << 30,
	    .max_pages = 10000};
	struct args a = {.print = {.sheet = RENDER_SHEET_CARDS}};
	struct reader *reader = NULL;
	struct why why = {""};
	struct home h = {.lock = -1};
	struct inspection x = {.n = 0};
	enum cred_err e;
	int status;

	cli_common_init(&a.common);
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		return EXIT_FAULT;
	a.roster.inspect.template_name = a.print.template_name;
	a.roster.inspect.now = time(NULL);
	a.roster.inspect.must_print =
	    a.print.dir != NULL || a.print.one != NULL;
	e = inspection_open(a.roster.path, &a.roster.inspect, &x, &why);
	/* Before any key is in memory: the reader's children are forked from
	 * here. */
	if (e == CRED_OK && a.roster.inspect.must_print)
		e = reader_start(&reading, &reader, &why);
	if (e == CRED_OK)
		e = home_open(&a.common, HOME_SIGN, &h, &why);
	status = e == CRED_OK ? run(&a, &h, reader, &x) : cli_fail(e, &why);
	home_close(&h);
	inspection_close(&x);
	reader_stop(reader);
	return status;
}
