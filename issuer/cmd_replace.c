#include <stdlib.h>
#include <time.h>

#include "issuer/cmd.h"
#include "issuer/cmd_opts.h"
#include "issuer/replace_print.h"

struct args {
	struct cli_common common;
	struct cmd_change change;
	struct replace_wish wish;
	struct printing_opts print;
	const char *roster, *sheet, *photo;
	bool alone; /* changes that suit one only */
	int64_t now;
};

enum {
	KEY_REASON = 1,
	KEY_ROSTER,
	KEY_SHEET,
	KEY_NAME,
	KEY_VALID_TO,
	KEY_REVIEW_DUE,
	KEY_PHOTO,
};

/* What is to be done, all of it. */
static bool
names_changes(const struct args *a)
{
	return a->change.set.n > 0 || a->alone || a->wish.reason != NULL ||
	       a->wish.cell[COL_VALID_TO] != NULL ||
	       a->wish.cell[COL_REVIEW_DUE] != NULL;
}

static void
check_args(struct args *a, struct argp_state *state)
{
	if (a->change.consent.n > 0) {
		if (a->change.consent.request == NULL || names_changes(a))
			argp_error(state,
			    TR("with --approval the request says which ones, "
			       "what changes and why: give --request and "
			       "nothing of these",
				"使用 --approval "
				"时，证书、更改和理由以申请为准："
				"请给出 --request，不要再给这些"));
		return;
	}
	if (cmd_change_asks(&a->change) && a->alone)
		argp_error(state,
		    TR("--request is for the same change of many; --roster, "
		       "--name and --photo are for one",
			"--request 用于对多份证书作同样更改；"
			"--roster、--name、--photo 只用于一份"));
	if (a->sheet != NULL && a->roster == NULL)
		argp_error(state, TR("--sheet is of a --roster",
				      "--sheet 须与 --roster 一起使用"));
	cmd_change_needed(&a->change, state);
	if (a->change.set.n > 1 && a->alone)
		argp_error(state,
		    TR("--roster, --name and --photo are for one certificate "
		       "at a time",
			"--roster、--name、--photo 一次只能用于一份证书"));
	cmd_check_reason(a->wish.reason, state);
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		state->child_inputs[1] = &a->change;
		state->child_inputs[2] = &a->print;
		return 0;
	case KEY_REASON:
		a->wish.reason = arg;
		return 0;
	case KEY_ROSTER:
		a->roster = arg;
		a->alone = true;
		return 0;
	case KEY_SHEET:
		a->sheet = arg;
		return 0;
	case KEY_NAME:
		a->wish.cell[COL_NAME] = arg;
		a->alone = true;
		return 0;
	case KEY_VALID_TO:
		a->wish.cell[COL_VALID_TO] = arg;
		return 0;
	case KEY_REVIEW_DUE:
		a->wish.cell[COL_REVIEW_DUE] = arg;
		return 0;
	case KEY_PHOTO:
		a->photo = arg;
		a->alone = true;
		return 0;
	case ARGP_KEY_END:
		check_args(a, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The folder of path, malloc, and the file's name in it. */
static char *
split_path(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');

	*name = slash == NULL ? path : slash + 1;
	if (slash == NULL)
		return strdup(".");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* What the changes come from, and live in. */
struct source {
	struct roster *roster;
	struct roster_chunk rows;
	struct findings findings;
	char *folder;
};

static void
source_release(struct source *s)
{
	roster_close(s->roster);
	roster_chunk_release(&s->rows);
	findings_release(&s->findings);
	free(s->folder);
}

/* Cells of the roster's one row, under those given as options. */
static enum cred_err
read_changes(struct args *a, struct source *s, struct why *why)
{
	const char *name;
	enum cred_err e;

	if (a->roster != NULL) {
		e = roster_open(
		    a->roster, a->sheet, &s->roster, &s->findings, why);
		if (e == CRED_OK)
			e = roster_read(
			    s->roster, 2, &s->rows, &s->findings, why);
		if (e != CRED_OK)
			return e;
		/* It says only what changes. */
		findings_drop(&s->findings, FIND_COLUMN_MISSING);
		if (s->findings.n_errors == 0 && s->rows.n != 1)
			return why_set(why, CRED_FAULT_CONFIG,
			    TR("%s does not have exactly one row; to replace "
			       "one certificate it takes one",
				"%s 的数据不是恰好一行；"
				"换发一份证书只能有一行"),
			    a->roster);
		for (size_t i = 0; s->rows.n == 1 && i < N_COLUMNS; i++)
			if (a->wish.cell[i] == NULL) {
				a->wish.cell[i] = s->rows.rows[0].cell[i];
				a->wish.type[i] = s->rows.rows[0].type[i];
			}
		if ((s->folder = split_path(a->roster, &name)) == NULL)
			return CRED_FAULT_NOMEM;
	}
	if (a->photo != NULL) {
		free(s->folder);
		if ((s->folder = split_path(a->photo, &name)) == NULL)
			return CRED_FAULT_NOMEM;
		a->wish.cell[COL_PHOTO] = name;
	}
	a->wish.photo_dir = s->folder;
	return CRED_OK;
}

/* Could they be printed? Before anything is signed. */
static enum cred_err
check_print(const struct args *a, struct home *h, struct replace_set *s,
    struct findings *f, struct why *why)
{
	enum cred_err e = CRED_OK;
	struct printer p;

	printer_init(&p, h, a->print.template_name);
	for (size_t i = 0; e == CRED_OK && i < s->n; i++)
		if (!s->items[i].already && !s->items[i].row.bad)
			e = printer_check(&p, s->items[i].photo_dir,
			    &s->items[i].row, a->now, f, why);
	printer_release(&p);
	if (e == CRED_FAULT_RENDER && a->print.dir == NULL) {
		cli_say(&a->common,
		    TR("note: not checked whether it can be printed: %s",
			"注意：未检查能否打印：%s"),
		    why->text);
		e = CRED_OK;
	}
	return e;
}

static void
print_findings(const struct args *a, const struct findings *f)
{
	const char *file =
	    a->roster != NULL ? a->roster : TR("replacement of index", "换发");

	for (size_t i = 0; i < f->n; i++) {
		if (a->common.json)
			finding_print_json(stdout, &f->list[i]);
		else if (!a->common.quiet ||
			 finding_severity(f->list[i].code) == SEV_ERROR)
			finding_print(stdout, file, &f->list[i]);
	}
}

static void
print_items(const struct args *a, const struct replace_set *s, bool dry)
{
	for (size_t i = 0; i < s->n; i++)
		if (a->common.json)
			replace_print_json(&s->items[i], dry);
		else
			replace_print_text(&s->items[i], dry);
}

static enum cred_err
print_pdfs(const struct args *a, struct home *h, struct reader *reader,
    const struct replace_set *s, struct why *why)
{
	enum cred_err e = CRED_OK;

	for (size_t i = 0; reader != NULL && e == CRED_OK && i < s->n; i++) {
		const struct replace_item *it = &s->items[i];
		const struct registry_filter one = {.state = -1,
		    .status = -1,
		    .from = it->by,
		    .to = it->by + 1};
		struct printing_result r;

		if (!it->refused)
			e = printing_run(h, reader, &one, &a->print, &r, why);
	}
	return e;
}

static int
ask(const struct args *a, const struct home *h, const struct replace_set *s)
{
	const struct proposal what = {.action = PROPOSAL_REPLACE,
	    .body_id = h->body->scope.body_id,
	    .why = a->wish.reason,
	    .valid_to = a->wish.cell[COL_VALID_TO],
	    .review_due = a->wish.cell[COL_REVIEW_DUE]};
	uint64_t *index = calloc(s->n + 1, sizeof *index);
	struct why why = {""};
	enum cred_err e = CRED_FAULT_NOMEM;

	for (size_t i = 0; index != NULL && i < s->n; i++)
		index[i] = s->items[i].old;
	if (index != NULL)
		e = consent_write(
		    &a->change.consent, what, index, s->n, a->now, &why);
	free(index);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	cli_say(&a->common,
	    TR("wrote %s; have it approved", "已写出 %s；请送批准"),
	    a->change.consent.request);
	return EXIT_OK;
}

/* With the approvals that so many need. */
static enum cred_err
issue(struct args *a, struct home *h, struct replace_set *s, size_t n,
    struct why *why)
{
	const char *home = a->common.home;
	enum cred_err e = consent_check(
	    &a->change.consent, home, h->body->scope.body_id, n, a->now, why);

	if (e != CRED_OK)
		return e;
	e = replace_issue(h, s, a->wish.reason, a->now, why);
	if (e != CRED_OK)
		consent_undo(&a->change.consent, home);
	return e;
}

static int
replace(struct args *a, struct home *h, struct reader *reader,
    struct replace_set *s, struct why *why)
{
	size_t n = 0, refused = 0;
	enum cred_err e = CRED_OK;

	for (size_t i = 0; i < s->n; i++)
		n += !s->items[i].already;
	if (cmd_change_asks(&a->change))
		return ask(a, h, s);
	if (!a->change.dry_run && (n > 0 || a->change.consent.n > 0)) {
		if (n > 0 && !a->change.yes)
			print_items(a, s, true);
		if (n > 0 && !cmd_confirm(a->change.yes, TR("replace", "换发"),
				 n, h->conf.mass))
			return EXIT_FAULT;
		e = issue(a, h, s, n, why);
	}
	if (e != CRED_OK)
		return cli_fail(e, why);
	for (size_t i = 0; i < s->n; i++)
		refused += s->items[i].refused;
	print_items(a, s, a->change.dry_run);
	fflush(stdout);
	if (!a->change.dry_run)
		e = print_pdfs(a, h, reader, s, why);
	if (e != CRED_OK)
		return cli_fail(e, why);
	if (!a->change.dry_run && n > refused)
		cli_say(&a->common,
		    TR("verifiers know it after: tamga-issuer publish",
			"核验方在运行 tamga-issuer publish 之后才会知道"));
	return refused > 0 ? EXIT_REFUSED : EXIT_OK;
}

static bool
reads(const struct args *a)
{
	return a->change.dry_run || cmd_change_asks(&a->change);
}

static int
run(struct args *a, struct home *h, struct reader *reader, struct source *src)
{
	const struct batch_job leftovers = {.id = "", .now = a->now};
	struct replace_set s = {0};
	struct why why = {""};
	enum cred_err e = CRED_OK;
	int status;

	if (!reads(a))
		e = cmd_may_sign(h, a->now, &why);
	if (e == CRED_OK && !reads(a))
		e = batch_complete(h, &leftovers, NULL, &why);
	if (e == CRED_OK && src->findings.n_errors == 0)
		e = replace_find(h, &a->change.set, &a->wish, a->now, &s,
		    &src->findings, cmd_say_line, NULL, &why);
	if (e == CRED_OK)
		e = check_print(a, h, &s, &src->findings, &why);
	if (e == CRED_OK)
		print_findings(a, &src->findings);
	if (e != CRED_OK) {
		status = cli_fail(e, &why);
	} else if (s.n_bad > 0 || src->findings.n_errors > 0) {
		cli_say(&a->common, TR("nothing was changed", "未作任何更改"));
		status = EXIT_REFUSED;
	} else {
		status = replace(a, h, reader, &s, &why);
	}
	replace_release(&s);
	return status;
}

static int
open_and_run(struct args *a)
{
	const struct reader_opts reading = {.only_drawn = true,
	    .effort = EFFORT_HARD,
	    .max_bytes = 1u << 30,
	    .max_pages = 10000};
	struct source src = {.folder = NULL};
	struct reader *reader = NULL;
	struct home h = {.lock = -1};
	enum cred_err e;
	int status;

	findings_init(&src.findings);
	e = CRED_OK;
	if (a->change.consent.n > 0) {
		e = consent_read(&a->change.consent, PROPOSAL_REPLACE,
		    &a->change.set, &a->change.why);
		a->wish.reason = a->change.consent.p.why;
		a->wish.cell[COL_VALID_TO] = a->change.consent.p.valid_to;
		a->wish.cell[COL_REVIEW_DUE] = a->change.consent.p.review_due;
	}
	if (e == CRED_OK)
		e = read_changes(a, &src, &a->change.why);
	/* Before any key is in memory: the reader's children are forked. */
	if (e == CRED_OK && a->print.dir != NULL && !reads(a))
		e = reader_start(&reading, &reader, &a->change.why);
	if (e == CRED_OK)
		e = home_open(&a->common, reads(a) ? HOME_READ : HOME_SIGN, &h,
		    &a->change.why);
	status = e == CRED_OK ? run(a, &h, reader, &src)
			      : cli_fail(e, &a->change.why);
	home_close(&h);
	reader_stop(reader);
	source_release(&src);
	return status;
}

int
cmd_replace(int argc, char **argv)
{
	const struct argp_option options[] = {
	    {"reason", KEY_REASON, "TEXT", 0,
		TR("lost, corrected, reviewed ...; kept for ever",
		    "理由：遗失、更正、复审……；永久保存"),
		0},
	    {"roster", KEY_ROSTER, "FILE", 0,
		TR("roster of one row: what it fills in replaces the old",
		    "只有一行的名册：填写的栏目取代原内容"),
		0},
	    {"sheet", KEY_SHEET, "NAME", 0,
		TR("sheet of an XLSX roster (default: the first visible)",
		    "XLSX 名册的工作表（默认第一个可见的）"),
		0},
	    {"name", KEY_NAME, "NAME", 0, TR("corrected name", "更正姓名"), 0},
	    {"valid-to", KEY_VALID_TO, "DATE", 0,
		TR("new end of validity", "新的有效期止"), 0},
	    {"review-due", KEY_REVIEW_DUE, "DATE", 0,
		TR("new date of review", "新的应复审日期"), 0},
	    {"photo", KEY_PHOTO, "FILE", 0, TR("new photo", "新照片"), 0}, {0}};
	const struct argp_child children[] = {
	    {cli_argp(
		 CLI_HOME | CLI_REGISTRY | CLI_PASS | CLI_JSON | CLI_QUIET),
		0, NULL, 0},
	    {cmd_change_argp(true), 0, NULL, 0},
	    {cmd_print_argp(false), 0, NULL, 0}, {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .doc = TR(
		"Issues another certificate in the place of one that was lost, "
		"was wrong, or was reviewed. The number stays unless a changed "
		"level or year makes it wrong; the old one becomes superseded, "
		"and both name each other. Running it again within a day "
		"changes nothing."
		"\vAll of them or none. Exit status: 0 done (or so already); 1 "
		"one of them cannot be replaced, and nothing was; 2 could not "
		"run.\n\nExamples:\n  tamga-issuer replace --home "
		"/var/lib/tamga --index 17 --reason lost --pdf out\n  "
		"tamga-issuer replace --home /var/lib/tamga --index 17 "
		"--reason corrected --roster row.csv --dry-run",
		"为遗失、有误或复审的证书换发新证。编号不变，"
		"除非更正后的等级或年份与编号不符；旧证标为已换发，"
		"新旧两证相互注明。一天内重复运行不会再次换发。"
		"\v要么全部换发，要么全不换发。退出码：0 "
		"已完成（或原已如此）；1 其中有不能换发的，未作任何更改；"
		"2 无法运行。\n\n示例：\n  tamga-issuer replace --home "
		"/var/lib/tamga --index 17 --reason 遗失 --pdf out\n  "
		"tamga-issuer replace --home /var/lib/tamga --index 17 "
		"--reason 更正 --roster 一行.csv --dry-run")};
	struct args a = {.now = time(NULL)};
	int status;

	cli_common_init(&a.common);
	change_init(&a.change.set, CHANGE_REVOKE);
	if (argp_parse(&argp, argc, argv, 0, NULL, &a) != 0)
		status = EXIT_FAULT;
	else if (a.change.err != CRED_OK)
		status = cli_fail(a.change.err, &a.change.why);
	else
		status = open_and_run(&a);
	cmd_change_release(&a.change);
	return status;
}
