#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "edge/lang.h"
#include "subsidy/money.h"
#include "verifier/pub_open.h"
#include "verifier/review_cmd.h"

/*
 * list: what stands in the ledger. report: what was booked or paid on
 * certificates that are no longer good, to be looked at or reclaimed.
 */
struct args {
	struct cli_common common;
	const char *pub, *claim, *body;
	int state;
	bool offline, report;
};

enum { KEY_PUB = 0x3001, KEY_OFFLINE, KEY_CLAIM, KEY_BODY, KEY_STATE };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case KEY_PUB:
		a->pub = arg;
		return 0;
	case KEY_OFFLINE:
		a->offline = true;
		return 0;
	case KEY_CLAIM:
		a->claim = arg;
		return 0;
	case KEY_BODY:
		a->body = arg;
		return 0;
	case KEY_STATE:
		for (int s = LEDGER_BOOKED; s <= LEDGER_RETURNED; s++)
			if (strcmp(arg,
				ledger_state_name((enum ledger_state)s)) == 0)
				a->state = s;
		if (a->state == 0)
			argp_error(state,
			    TR("--state: booked, approved, paid, rejected or "
			       "returned",
				"--state：booked、approved、paid、rejected 或 "
				"returned"));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void
print(const struct args *a, const struct ledger_claim *c, const char *status)
{
	char applied[11], fen[MONEY_TEXT_MAX], *text;
	json_t *o;

	day_format(c->applied, applied);
	money_format(c->fen, fen);
	if (!a->common.json) {
		cli_print_safe(stdout, c->id, strlen(c->id));
		printf("  %s  %s  %s  ", ledger_state_name(c->state), applied,
		    fen);
		cli_print_safe(stdout, c->subject, strlen(c->subject));
		printf("  %s%s%s\n", c->number, status != NULL ? "  " : "",
		    status != NULL ? status : "");
		return;
	}
	o = json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:i,s:s,s:s?}",
	    "schema", 1, "claim", c->id, "state", ledger_state_name(c->state),
	    "applied", applied, "amount", fen, "subject", c->subject, "number",
	    c->number, "body_id", c->body_id, "year", c->year, "codes",
	    c->codes, "certificate", status);
	text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	if (text != NULL)
		puts(text);
	free(text);
	json_decref(o);
}

struct walk {
	const struct args *a;
	struct publication_hold hold;
	size_t n, bad, unknown;
	int64_t fen;
};

/* The status of a certificate by its place, as the list says it now. The
 * ledger does not name the key that signed it: where that may have been one
 * withdrawn before this place or one since, what is not in the list against it
 * is not known. */
static const char *
status_of(struct walk *w, const struct ledger_claim *c)
{
	const struct trust *t = w->hold.trust;
	struct status_fact f = {.why = CRED_ERR_STATUS_MISSING};
	bool withdrawn = false, other = false;

	for (size_t i = 0; i < trust_n_bodies(t); i++) {
		const struct body *b = trust_body(t, i);
		if (strcmp(b->scope.body_id, c->body_id) != 0)
			continue;
		if (b->withdrawn && (uint64_t)c->index >= b->tree_size) {
			withdrawn = true;
			continue;
		}
		/* What was done before a key was valid rests on another. */
		other = other || c->changed_at > b->not_before;
		if (f.why != CRED_OK)
			w->hold.evidence.status(
			    w->hold.evidence.ctx, b, (uint64_t)c->index, &f);
	}
	if (withdrawn && !other)
		return "issuer_withdrawn";
	if (f.why != CRED_OK || (withdrawn && f.value == STATUS_VALID))
		return "status_unknown";
	switch (f.value) {
	case STATUS_VALID:
		return "valid";
	case STATUS_REVOKED:
		return "revoked";
	case STATUS_SUSPENDED:
		return "suspended";
	case STATUS_SUPERSEDED:
		return "superseded";
	}
	return "status_unknown";
}

static enum cred_err
on_claim(void *ctx, const struct ledger_claim *c, struct why *why)
{
	struct walk *w = ctx;
	const char *s;

	(void)why;
	if (!w->a->report) {
		w->n++;
		print(w->a, c, NULL);
		return CRED_OK;
	}
	if (c->index < 0 || *c->body_id == '\0')
		return CRED_OK;
	w->n++;
	s = status_of(w, c);
	/* A replaced certificate was good when it was paid for. */
	if (strcmp(s, "valid") == 0 || strcmp(s, "superseded") == 0)
		return CRED_OK;
	if (strcmp(s, "status_unknown") == 0) {
		w->unknown++;
	} else {
		w->bad++;
		w->fen += c->fen;
	}
	print(w->a, c, s);
	return CRED_OK;
}

static int
run(struct args *a)
{
	struct walk w = {.a = a};
	struct ledger_filter f = {.id = a->claim,
	    .body_id = a->body,
	    .state = a->state != 0 ? a->state : (a->report ? -1 : 0)};
	struct publication *pub = NULL;
	struct registry *r = NULL;
	struct why why = {""};
	enum cred_err e = review_registry(&a->common, LEDGER_LOOK, NULL, &r, &why);

	if (e == CRED_OK && a->report)
		e = pub_open(&a->common, a->pub, a->offline, &pub, &why);
	if (e == CRED_OK && a->report)
		e = publication_hold(pub, &w.hold, &why);
	if (e == CRED_OK)
		e = ledger_each(r, &f, on_claim, &w, &why);
	publication_release(&w.hold);
	publication_close(pub);
	registry_close(r);
	if (e != CRED_OK)
		return cli_fail(e, &why);
	if (a->report)
		cli_say(&a->common,
		    TR("%zu certificates looked up: %zu no longer good, "
		       "%lld.%02lld yuan; %zu not known",
			"查询证书 %zu 张：%zu 张已不再有效，涉及 %lld.%02lld "
			"元；%zu 张状态未知"),
		    w.n, w.bad, (long long)(w.fen / 100),
		    (long long)(w.fen % 100), w.unknown);
	return w.bad > 0       ? EXIT_REFUSED
	       : w.unknown > 0 ? EXIT_UNKNOWN
			       : EXIT_OK;
}

static int
start(int argc, char **argv, bool report, const char *doc)
{
	const struct argp_option options[] = {
	    {"state", KEY_STATE, "STATE", 0,
		TR("booked, approved, paid, rejected or returned",
		    "booked、approved、paid、rejected 或 returned"),
		0},
	    {"claim", KEY_CLAIM, "ID", 0, TR("this claim", "这一笔申领"), 0},
	    {"body", KEY_BODY, "USCC", 0,
		TR("certificates of this body", "该机构发的证书"), 0},
	    {"pub", KEY_PUB, "DIR|URL", 0,
		TR("publication to ask (report)",
		    "查询状态的发布数据（report）"),
		0},
	    {"offline", KEY_OFFLINE, NULL, 0,
		TR("ask no network", "不访问网络"), 0},
	    {0}};
	const struct argp_child children[] = {
	    {cli_argp(
		 CLI_HOME | CLI_REGISTRY | CLI_ANCHOR | CLI_JSON | CLI_QUIET),
		0, NULL, 0},
	    {0}};
	const struct argp argp = {.options = options,
	    .parser = parse,
	    .children = children,
	    .doc = doc};
	struct args a = {.report = report};

	cli_common_init(&a.common);
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	return run(&a);
}

int
review_cmd_list(int argc, char **argv)
{
	return start(argc, argv, false,
	    TR("Lists the claims of the ledger, in the order they were booked."
	       "\vExit status: 0; 2 could not run.",
		"按记账先后列出台账中的申领。\v退出码：0；2 无法运行。"));
}

int
review_cmd_report(int argc, char **argv)
{
	return start(argc, argv, true,
	    TR("Which claims were booked or paid on certificates that are no "
	       "longer good, and must be looked at or reclaimed?"
	       "\vExit status: 0 none; 1 some; 2 could not run; 4 of some the "
	       "status is not known.",
		"哪些申领所凭的证书已不再有效，需要复核或追回？"
		"\v退出码：0 没有；1 有；2 无法运行；4 有状态未知的。"));
}
