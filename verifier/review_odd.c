#include <stdlib.h>
#include <time.h>

#include "edge/lang.h"
#include "edge/reason.h"
#include "verifier/anomalies_report.h"
#include "verifier/review_cmd.h"
#include "verifier/sessionlist.h"

/* anomalies: what is odd about bodies; explain: mark a finding as looked into.
 * review_opts comes first: review_parse() takes it for its input. */
struct args {
	struct review_opts o;
	const char *reason;
	char **keys;
	size_t n_keys;
};

enum { KEY_CLAIMS = 0x4001, KEY_REASON };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_END:
		return 0; /* the ledger alone will do */
	default:
		return review_parse(key, arg, state);
	}
}

static error_t
parse_explain(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case KEY_CLAIMS:
		a->o.table = arg;
		return 0;
	case KEY_REASON:
		a->reason = arg;
		return 0;
	case ARGP_KEY_ARG:
		return ARGP_ERR_UNKNOWN; /* all at once, below */
	case ARGP_KEY_ARGS:
		a->keys = state->argv + state->next;
		a->n_keys = (size_t)(state->argc - state->next);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state,
		    TR("which findings? Their keys stand in brackets behind "
		       "them",
			"请给出异常的编号，即方括号中的文字"));
		return 0;
	default:
		return parse(key, arg, state);
	}
}

static enum cred_err
on_row(void *ctx, const struct claim_row *row, const struct desk_answer *a,
    struct why *why)
{
	return desk_odd_add(ctx, row, a, why);
}

static enum cred_err
name_bodies(struct review_desk *d, struct odd *o, struct why *why)
{
	struct publication_hold hold = {0};
	enum cred_err e = publication_hold(d->desk.pub, &hold, why);

	for (size_t i = 0; e == CRED_OK && i < trust_n_bodies(hold.trust);
	     i++) {
		const struct body *b = trust_body(hold.trust, i);
		e = odd_name(o, b->scope.body_id, b->name, why);
	}
	publication_release(&hold);
	return e;
}

/* What the options name, as one list. */
static enum cred_err
gather(const struct args *a, struct review_desk *d, struct anomalies *out,
    struct why *why)
{
	struct review_count count;
	struct odd *o = NULL;
	uint8_t sha256[32];
	size_t n = 0;
	enum cred_err e = odd_new(&o, why);

	if (e == CRED_OK && d->desk.registry != NULL)
		e = anomalies_add_ledger(o, d->desk.registry, why);
	if (e == CRED_OK && a->o.table != NULL)
		e = review_walk(&a->o, d, on_row, o, sha256, &count, why);
	if (e == CRED_OK && a->o.sessions != NULL)
		e = sessionlist_load(a->o.sessions, o, &n, why);
	if (e == CRED_OK && d->desk.pub != NULL)
		e = name_bodies(d, o, why);
	if (e == CRED_OK)
		e = anomalies_collect(
		    o, d->desk.registry, &d->book, d->desk.region, out, why);
	odd_free(o);
	return e;
}

static void
print_json(json_t *o)
{
	char *text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;

	if (text != NULL)
		puts(text);
	free(text);
	json_decref(o);
}

static enum cred_err
show(const struct args *a, const struct anomalies *list, int64_t now,
    struct why *why)
{
	enum cred_err e = CRED_OK;

	if (a->o.xlsx != NULL)
		e = anomalies_xlsx(list, a->o.xlsx, a->o.force, now, why);
	if (e == CRED_OK && a->o.csv != NULL)
		e = anomalies_csv(list, a->o.csv, a->o.force, why);
	if (e != CRED_OK || a->o.common.quiet)
		return e;
	if (!a->o.common.json) {
		anomalies_print(list, stdout);
		return CRED_OK;
	}
	for (size_t i = 0; i < list->n_bodies; i++)
		print_json(anomalies_body_json(list, i));
	for (size_t i = 0; i < list->n_found; i++)
		print_json(anomalies_found_json(list, i));
	return CRED_OK;
}

static enum cred_err
explain(const struct args *a, struct review_desk *d,
    const struct anomalies *list, bool *refused, struct why *why)
{
	enum cred_err e = CRED_OK;

	for (size_t k = 0; e == CRED_OK && k < a->n_keys; k++) {
		size_t i = 0;
		while (i < list->n_found &&
		       strcmp(list->found[i].key, a->keys[k]) != 0)
			i++;
		if (i == list->n_found) {
			*refused = true;
			cli_print_safe(stdout, a->keys[k], strlen(a->keys[k]));
			puts(TR(": no such finding by these data and rules",
			    "：按这些数据和规则没有这条异常"));
			continue;
		}
		e = anomalies_explain(d->desk.registry, &list->found[i],
		    a->reason, NULL, time(NULL), why);
		if (e == CRED_OK && !a->o.common.quiet) {
			cli_print_safe(stdout, a->keys[k], strlen(a->keys[k]));
			puts(TR(": explained", "：已解释"));
		}
	}
	return e;
}

static int
run(struct args *a, bool explaining)
{
	struct review_desk *d = calloc(1, sizeof *d);
	struct anomalies list = {0};
	struct why why = {""};
	bool refused = false;
	size_t open = 0;
	enum cred_err e;

	if (d == NULL)
		return cli_fail(CRED_FAULT_NOMEM, NULL);
	e = review_desk_open(
	    &a->o, explaining ? LEDGER_CHANGE : LEDGER_LOOK, d, &why);
	if (e == CRED_OK)
		e = gather(a, d, &list, &why);
	if (e == CRED_OK && explaining)
		e = explain(a, d, &list, &refused, &why);
	else if (e == CRED_OK)
		e = show(a, &list, d->desk.now, &why);
	for (size_t i = 0; i < list.n_found; i++)
		open += list.found[i].open;
	if (e == CRED_OK && !explaining)
		cli_say(&a->o.common,
		    TR("%zu findings at %zu bodies, %zu open",
			"异常 %zu 条，涉及机构 %zu 家，待查 %zu 条"),
		    list.n_found, list.n_bodies, open);
	anomalies_release(&list);
	review_desk_close(d);
	free(d);
	if (e != CRED_OK) {
		cli_fail(e, &why);
		return EXIT_FAULT;
	}
	return (explaining ? refused : open > 0) ? EXIT_REFUSED : EXIT_OK;
}

/* Of check's options those that anomalies has too. */
static size_t
some_options(bool explaining, struct argp_option *out)
{
	static const char *const REPORT[] = {"out", "csv", "force"};
	static const char *const BOTH[] = {"pub", "rules", "region", "scans",
	    "sessions", "actor", "at", "offline", "no-jail"};
	size_t n = 0;

	for (const struct argp_option *o = review_options(false);
	     o->name != NULL; o++) {
		bool take = false;
		for (size_t i = 0; i < sizeof BOTH / sizeof *BOTH; i++)
			take = take || strcmp(o->name, BOTH[i]) == 0;
		for (size_t i = 0; i < 3 && !explaining; i++)
			take = take || strcmp(o->name, REPORT[i]) == 0;
		if (take)
			out[n++] = *o;
	}
	return n;
}

static int
start(int argc, char **argv, bool explaining, const char *args_doc,
    const char *doc)
{
	const struct argp_child common[] = {
	    {cli_argp(
		 CLI_HOME | CLI_REGISTRY | CLI_ANCHOR | CLI_JSON | CLI_QUIET),
		0, NULL, 0},
	    {0}};
	struct argp_option options[24];
	const struct argp argp = {.options = options,
	    .parser = explaining ? parse_explain : parse,
	    .children = common,
	    .args_doc = args_doc,
	    .doc = doc};
	struct args a = {.reason = NULL};
	size_t n = some_options(explaining, options);

	if (explaining) {
		options[n++] =
		    (struct argp_option){"claims", KEY_CLAIMS, "CLAIMS", 0,
			TR("the table that anomalies was asked with",
			    "运行 anomalies 时所用的申领表"),
			0};
		options[n++] = (struct argp_option){"reason", KEY_REASON,
		    "TEXT", 0,
		    TR("what explains it; stays in the audit trail for ever; "
		       "no ID numbers",
			"解释；永久留在操作记录中，不要写证件号码"),
		    0};
	}
	options[n] = (struct argp_option){0};
	cli_common_init(&a.o.common);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	if (explaining && reason_wrong(a.reason) != NULL)
		return cli_usage("%s", reason_wrong(a.reason));
	return run(&a, explaining);
}

int
review_cmd_anomalies(int argc, char **argv)
{
	return start(argc, argv, false,
	    TR("[CLAIMS.csv|xlsx]", "[申领表.csv|xlsx]"),
	    TR("What is odd about issuing bodies, the strangest first: "
	       "certificates a day, bursts, weekends, pass rates, runs of "
	       "serials, shared telephones, accounts and photos, levels out of "
	       "order, certificates older than the training. Of the ledger, "
	       "and of a table. A reason to look, never to refuse."
	       "\vExit status: 0 nothing open; 1 some open; 2 could not run."
	       "\n\nExample:\n  tamga-review anomalies --sessions "
	       "sessions.csv --rules rules.ini --out anomalies.xlsx",
		"按台账（和申领表）找出数据异常的发证机构，最可疑的在前："
		"日签发量、突增、周末发证、合格率、连号、共用手机号、"
		"账户和照片、等级次序、早于结业。只是再看一眼的理由，"
		"不是拒付的理由。"
		"\v退出码：0 没有待查的；1 有待查的；2 无法运行。\n\n示例：\n"
		"  tamga-review anomalies --sessions 评价情况.csv "
		"--rules rules.ini --out 异常.xlsx"));
}

int
review_cmd_explain(int argc, char **argv)
{
	return start(argc, argv, true, TR("KEY…", "编号…"),
	    TR("Marks findings of anomalies as explained, as they stand now: "
	       "they stay on the list as such, and open again when they grow."
	       "\vExit status: 0 all marked; 1 there is no such finding; 2 "
	       "could not run.\n\nExample:\n  tamga-review explain "
	       "weekend:52150100MJY000000J --reason 'holiday shifted by order' "
	       "--rules rules.ini",
		"把异常标为已解释（以现在的数量为准）：仍列在表中，"
		"数量再增加时重新待查。"
		"\v退出码：0 全部标记；1 没有这条异常；2 无法运行。\n\n示例：\n"
		"  tamga-review explain weekend:52150100MJY000000J "
		"--reason 节假日调休 --rules rules.ini"));
}
