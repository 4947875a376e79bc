#include "verifier/decide.h"

#include <stdlib.h>

static const struct {
	const char *name;
	unsigned right;
	bool reason;
	unsigned from; /* bits 1 << enum line_state */
} ACTS[N_DECIDE] = {
    [DECIDE_BOOK] = {"book", RIGHT_BOOK, false, 1u << LINE_OPEN},
    [DECIDE_APPROVE] = {"approve", RIGHT_APPROVE, false, 1u << LEDGER_BOOKED},
    [DECIDE_PAY] = {"pay", RIGHT_APPROVE, false, 1u << LEDGER_APPROVED},
    [DECIDE_REJECT] = {"reject", RIGHT_BOOK, true,
	1u << LEDGER_BOOKED | 1u << LEDGER_APPROVED},
    [DECIDE_RETURN] = {"return", RIGHT_APPROVE, true, 1u << LEDGER_PAID},
    [DECIDE_REFUSE] = {"refuse", RIGHT_BOOK, true, 1u << LINE_OPEN},
    [DECIDE_REOPEN] = {"reopen", RIGHT_APPROVE, true, 1u << LINE_REFUSED},
};

const char *
decide_act_name(enum decide_act a)
{
	return ACTS[a].name;
}

bool
decide_act_by_name(const char *s, enum decide_act *out)
{
	for (int a = DECIDE_BOOK; a < N_DECIDE; a++)
		if (strcmp(ACTS[a].name, s) == 0) {
			*out = (enum decide_act)a;
			return true;
		}
	return false;
}

unsigned
decide_right(enum decide_act a)
{
	return ACTS[a].right;
}

bool
decide_needs_reason(enum decide_act a)
{
	return ACTS[a].reason;
}

bool
decide_fits(enum decide_act a, int state)
{
	return (ACTS[a].from & 1u << state) != 0;
}

struct looking {
	const struct line *line;
	struct standing *out;
};

static enum cred_err
on_claim(void *ctx, const struct ledger_claim *c, struct why *why)
{
	struct looking *x = ctx;

	(void)why;
	if (memcmp(c->content, x->line->content, 32) != 0) {
		x->out->other = true;
		return CRED_OK;
	}
	x->out->state = (int)c->state;
	x->out->at = c->changed_at;
	snprintf(x->out->by, sizeof x->out->by, "%s", c->booked_by);
	x->out->note[0] = '\0';
	return CRED_OK;
}

/* The last line of the trail says who and why; its detail is the ledger's own
 * text, of which the reason comes last. */
static enum cred_err
on_act(void *ctx, const struct registry_act *a, struct why *why)
{
	struct standing *s = ctx;

	(void)why;
	if (strncmp(a->action, "show", 4) == 0)
		return CRED_OK;
	snprintf(s->by, sizeof s->by, "%s", a->actor);
	return CRED_OK;
}

enum cred_err
decide_standing(struct registry *r, const struct line *l, struct standing *out,
    struct why *why)
{
	const struct ledger_filter f = {.id = l->claim};
	struct looking x = {l, out};
	char subject[300];
	enum cred_err e;

	*out = (struct standing){.state = LINE_OPEN};
	if (l->state == LINE_REFUSED) {
		out->state = LINE_REFUSED;
		out->at = l->at;
		snprintf(out->by, sizeof out->by, "%s", l->by);
		snprintf(out->note, sizeof out->note, "%s", l->note);
	}
	e = ledger_each(r, &f, on_claim, &x, why);
	if (e != CRED_OK || out->state == LINE_OPEN ||
	    out->state == LINE_REFUSED)
		return e;
	snprintf(subject, sizeof subject, "claim %s", l->claim);
	return registry_audit_each(r, 1, subject, on_act, out, why);
}

/* Each code of more that is not there yet: what the whole table said, such as
 * C13, one claim alone does not. */
static void
add_codes(char codes[static 128], const char *more)
{
	size_t n = strlen(codes);

	for (; *more != '\0';
	     more += strcspn(more, " "), more += strspn(more, " ")) {
		char code[8];
		snprintf(code, sizeof code, "%.*s",
		    (int)(strcspn(more, " ") < 7 ? strcspn(more, " ") : 7),
		    more);
		if (strstr(codes, code) == NULL && n + 8 < 128)
			n += (size_t)snprintf(
			    codes + n, 128 - n, "%s%s", n > 0 ? " " : "", code);
	}
}

/* The review of this moment: the certificate may have been revoked, the
 * person paid elsewhere, since the table was. */
static enum cred_err
book(struct desk *d, const struct line *l, const struct decide_args *a,
    struct decision *out, struct why *why)
{
	struct desk_answer *x = calloc(1, sizeof *x);
	struct claimfile *f = NULL;
	const struct claim_row *row;
	struct ledger_rules rules;
	struct ledger_claim c;
	enum cred_err e = CRED_FAULT_NOMEM;

	if (x == NULL)
		return why_set(why, e, "%s", cred_strerr(e));
	e = claimfile_of_cells(l->cells, l->row, &f, &row, why);
	if (e == CRED_OK) {
		e = desk_review(d, row, x, why);
		desk_codes(&x->review, out->codes);
	}
	if (e != CRED_OK)
		goto out;
	if (l->verdict >= REVIEW_PENDING ||
	    x->review.verdict >= REVIEW_PENDING || !x->review.has_subject ||
	    !x->review.has_year) {
		out->outcome = DECIDE_NOT_GOOD;
	} else if (!a->warned && (l->verdict == REVIEW_WARN ||
				     x->review.verdict == REVIEW_WARN)) {
		out->outcome = DECIDE_WARNED;
	} else {
		/* The codes of both: nothing that was found is forgotten. */
		char codes[128];
		desk_ledger_claim(row, x, codes, &c);
		add_codes(codes, l->codes);
		rules =
		    (struct ledger_rules){.max_per_year = x->rules.max_per_year,
			.one_scheme = x->rules.one_scheme};
		e = ledger_book(d->registry, &c, &rules, a->actor, d->now,
		    &out->ledger, why);
	}
out:
	desk_answer_release(x);
	free(x);
	claimfile_close(f);
	return e;
}

static enum cred_err
mark(struct desk *d, struct deskdb *db, const struct line *l,
    const struct decide_args *a, struct decision *out, struct why *why)
{
	bool refuse = a->act == DECIDE_REFUSE, done = false;
	char subject[300];
	enum cred_err e;

	/* The trail first: a line too many there is better than none. */
	snprintf(subject, sizeof subject, "claim %s", l->claim);
	e = registry_audit_append(d->registry, a->actor,
	    refuse ? "refused" : "reopened", subject, a->reason, d->now, why);
	if (e == CRED_OK)
		e = docket_line_swap(db, l->sheet, l->row,
		    refuse ? LINE_OPEN : LINE_REFUSED,
		    refuse ? LINE_REFUSED : LINE_OPEN, a->actor, d->now,
		    a->reason, &done, why);
	if (e == CRED_OK && !done)
		out->outcome = DECIDE_STALE;
	return e;
}

static enum cred_err
act(struct desk *d, struct deskdb *db, const struct line *l,
    const struct decide_args *a, struct decision *out, struct why *why)
{
	static const enum ledger_act OF[N_DECIDE] = {
	    [DECIDE_APPROVE] = LEDGER_APPROVE,
	    [DECIDE_PAY] = LEDGER_PAY,
	    [DECIDE_REJECT] = LEDGER_REJECT,
	    [DECIDE_RETURN] = LEDGER_RETURN,
	};

	switch (a->act) {
	case DECIDE_BOOK:
		return book(d, l, a, out, why);
	case DECIDE_REFUSE:
	case DECIDE_REOPEN:
		return mark(d, db, l, a, out, why);
	default:
		return ledger_do(d->registry, l->claim, OF[a->act],
		    a->four_eyes_fen, *a->reason != '\0' ? a->reason : NULL,
		    a->actor, d->now, &out->ledger, why);
	}
}

/* What the table says of its rows follows the ledger. */
static enum cred_err
follow(struct desk *d, struct deskdb *db, const struct line *l,
    struct standing *s, struct why *why)
{
	enum cred_err e = decide_standing(d->registry, l, s, why);

	if (e == CRED_OK && s->state != l->state && s->state != LINE_OPEN &&
	    s->state != LINE_REFUSED)
		e = docket_line_state(
		    db, l->sheet, l->row, s->state, s->by, s->at, "", why);
	return e;
}

enum cred_err
decide(struct desk *d, struct deskdb *db, const struct line *l,
    const struct decide_args *a, struct decision *out, struct why *why)
{
	struct standing before;
	enum cred_err e;

	*out = (struct decision){.outcome = DECIDED};
	e = follow(d, db, l, &before, why);
	out->standing = before;
	if (e != CRED_OK)
		return e;
	if ((a->seen_state >= 0 &&
		(before.state != a->seen_state || before.at != a->seen_at)) ||
	    !decide_fits(a->act, before.state))
		out->outcome = DECIDE_STALE;
	else if (decide_needs_reason(a->act) && *a->reason == '\0')
		out->outcome = DECIDE_NO_REASON;
	if (out->outcome != DECIDED)
		return CRED_OK;
	e = act(d, db, l, a, out, why);
	if (e != CRED_OK)
		return e;
	if (out->ledger.outcome == LEDGER_ALREADY)
		out->outcome = DECIDE_STALE;
	else if (out->ledger.outcome != LEDGER_DONE)
		out->outcome = DECIDE_LEDGER;
	if (a->act == DECIDE_REFUSE || a->act == DECIDE_REOPEN) {
		out->standing = (struct standing){
		    .state = a->act == DECIDE_REFUSE ? LINE_REFUSED : LINE_OPEN,
		    .at = d->now};
		snprintf(
		    out->standing.by, sizeof out->standing.by, "%s", a->actor);
		return CRED_OK;
	}
	return follow(d, db, l, &out->standing, why);
}
