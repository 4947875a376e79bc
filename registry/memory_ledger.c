#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry/ledger_int.h"
#include "registry/memory_int.h"

/* The same rules by looking through all claims: the model that the contract
 * test holds the databases to. */
static struct memory_registry *
self(struct registry *r)
{
	return (struct memory_registry *)r;
}

static enum cred_err
memory_ledger_init(struct registry *r, struct why *why)
{
	(void)r;
	(void)why;
	return CRED_OK;
}

static struct memory_claim *
find(struct memory_registry *m, const char *id)
{
	for (size_t i = 0; i < m->n_claims; i++)
		if (strcmp(m->claims[i].claim.id, id) == 0)
			return &m->claims[i];
	return NULL;
}

/* Who holds a half of c's subject, over all schemes with any_scheme. */
static struct memory_claim *
holder(struct memory_registry *m, const struct ledger_claim *c, unsigned half,
    bool any_scheme)
{
	for (size_t i = 0; i < m->n_claims; i++) {
		struct memory_claim *x = &m->claims[i];
		const struct ledger_claim *o = &x->claim;
		if (ledger_holds(o->state) && o != c &&
		    memcmp(o->person, c->person, 32) == 0 &&
		    strcmp(o->subject, c->subject) == 0 &&
		    (o->scheme == c->scheme || (any_scheme && x->one_scheme)) &&
		    (ledger_halves(o->part) & half) != 0)
			return x;
	}
	return NULL;
}

static void
refuse(struct ledger_answer *out, enum ledger_outcome outcome,
    const struct memory_claim *other)
{
	out->outcome = outcome;
	snprintf(out->other, sizeof out->other, "%s",
	    other != NULL ? other->claim.id : "");
}

static void
check_halves(struct memory_registry *m, const struct ledger_claim *c,
    bool one_scheme, struct ledger_answer *out)
{
	unsigned halves = ledger_halves(c->part);
	struct memory_claim *x;

	if (c->part == LEDGER_BALANCE) {
		x = holder(m, c, 1, false);
		if (x == NULL)
			refuse(out, LEDGER_NO_ADVANCE, NULL);
		else if (x->claim.part != LEDGER_ADVANCE)
			refuse(out, LEDGER_SAME_SUBJECT, x);
	}
	for (unsigned half = 1; half <= 2 && out->outcome == LEDGER_DONE;
	     half++) {
		x = halves & half ? holder(m, c, half, one_scheme) : NULL;
		if (x != NULL)
			refuse(out, LEDGER_SAME_SUBJECT, x);
	}
}

static void
check_year(struct memory_registry *m, const struct ledger_claim *c,
    unsigned max_per_year, struct ledger_answer *out)
{
	const struct memory_claim *first = NULL;
	unsigned n = 0;

	for (size_t i = 0; i < m->n_claims; i++) {
		const struct ledger_claim *o = &m->claims[i].claim;
		if (!ledger_holds(o->state) || o->part == LEDGER_BALANCE ||
		    o->year != c->year || memcmp(o->person, c->person, 32) != 0)
			continue;
		if (first == NULL)
			first = &m->claims[i];
		n++;
	}
	if (n >= max_per_year)
		refuse(out, LEDGER_YEAR_FULL, first);
}

static enum cred_err
keep(struct memory_registry *m, const struct ledger_claim *c, bool one_scheme,
    const char *actor, int64_t now)
{
	struct ledger_claim in = *c;
	const char **texts[] = {&in.id, &in.subject, &in.number,
	    &in.institution, &in.body_id, &in.codes, &in.booked_by, &in.region};
	const uint8_t **marks[] = {&in.phone, &in.account, &in.photo};
	size_t n = m->n_claims, more = n, total = 0;
	struct memory_claim *grown;
	char *own, *at;

	if (in.region == NULL)
		in.region = "";
	in.booked_by = actor;
	in.state = LEDGER_BOOKED;
	in.changed_at = now;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		total += strlen(*texts[i]) + 1;
	total += sizeof marks / sizeof *marks * LEDGER_MARK;
	grown = memory_grow(m->claims, &more, sizeof *grown, n + 1);
	if (grown == NULL)
		return CRED_FAULT_NOMEM;
	m->claims = grown;
	if ((own = at = malloc(total)) == NULL)
		return CRED_FAULT_NOMEM;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		const char *text = *texts[i];
		*texts[i] = at;
		at = stpcpy(at, text) + 1;
	}
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (*marks[i] != NULL) {
			memcpy(at, *marks[i], LEDGER_MARK);
			*marks[i] = (uint8_t *)at;
			at += LEDGER_MARK;
		}
	grown[n] = (struct memory_claim){in, own, one_scheme};
	m->n_claims = more;
	return CRED_OK;
}

static enum cred_err
audit_line(struct memory_registry *m, const struct ledger_claim *c,
    const char *action, const char *reason, const char *actor, int64_t now)
{
	char line[LEDGER_LINE_MAX], subject[LEDGER_ID_MAX + 8];

	ledger_line(c, reason, line);
	snprintf(subject, sizeof subject, "claim %s", c->id);
	return memory_audit(m, actor, action, subject, line, now);
}

static enum cred_err
memory_ledger_book(struct registry *r, const struct ledger_claim *c,
    const struct ledger_rules *rules, const char *actor, int64_t now,
    struct ledger_answer *out, struct why *why)
{
	struct memory_registry *m = self(r);
	enum cred_err e = memory_before(m, why);
	const struct memory_claim *old;

	if (e != CRED_OK)
		return e;
	old = find(m, c->id);
	if (old != NULL) {
		refuse(out,
		    memcmp(old->claim.content, c->content, 32) == 0
			? LEDGER_ALREADY
			: LEDGER_CLAIM_TWICE,
		    old);
		out->state = old->claim.state;
		return memory_after(m, why);
	}
	check_halves(m, c, rules->one_scheme, out);
	if (out->outcome == LEDGER_DONE && c->part != LEDGER_BALANCE)
		check_year(m, c, rules->max_per_year, out);
	if (out->outcome != LEDGER_DONE)
		return memory_after(m, why);
	out->state = LEDGER_BOOKED;
	e = audit_line(m, c, "booked", c->codes, actor, now);
	if (e == CRED_OK)
		e = keep(m, c, rules->one_scheme, actor, now);
	return e == CRED_OK ? memory_after(m, why) : e;
}

static void
check_act(struct memory_registry *m, const struct ledger_claim *c,
    enum ledger_act act, int64_t four_eyes_fen, const char *actor,
    struct ledger_answer *out)
{
	enum ledger_state to = ledger_act_to(act);
	const struct memory_claim *x;

	if (c->state == to)
		out->outcome = LEDGER_ALREADY;
	else if (!ledger_act_from(act, c->state))
		out->outcome = LEDGER_WRONG_STATE;
	else if (act == LEDGER_APPROVE && four_eyes_fen >= 0 &&
		 c->fen > four_eyes_fen && strcmp(c->booked_by, actor) == 0)
		out->outcome = LEDGER_FOUR_EYES;
	else if (!ledger_holds(to) && c->part == LEDGER_ADVANCE &&
		 (x = holder(m, c, 2, false)) != NULL &&
		 x->claim.part == LEDGER_BALANCE)
		refuse(out, LEDGER_HAS_BALANCE, x);
}

static enum cred_err
memory_ledger_act(struct registry *r, const char *id, enum ledger_act act,
    int64_t four_eyes_fen, const char *reason, const char *actor, int64_t now,
    struct ledger_answer *out, struct why *why)
{
	struct memory_registry *m = self(r);
	enum cred_err e = memory_before(m, why);
	struct memory_claim *x;

	if (e != CRED_OK)
		return e;
	x = find(m, id);
	if (x == NULL) {
		out->outcome = LEDGER_NO_CLAIM;
		return memory_after(m, why);
	}
	out->state = x->claim.state;
	check_act(m, &x->claim, act, four_eyes_fen, actor, out);
	if (out->outcome != LEDGER_DONE)
		return memory_after(m, why);
	out->state = ledger_act_to(act);
	e = audit_line(
	    m, &x->claim, ledger_state_name(out->state), reason, actor, now);
	if (e != CRED_OK)
		return e;
	x->claim.state = out->state;
	x->claim.changed_at = now;
	return memory_after(m, why);
}

static bool
matches(const struct ledger_claim *c, const struct ledger_filter *f)
{
	return (f->id == NULL || strcmp(c->id, f->id) == 0) &&
	       (f->person == NULL || memcmp(c->person, f->person, 32) == 0) &&
	       (f->number == NULL ||
		   (*c->number != '\0' && strcmp(c->number, f->number) == 0)) &&
	       (f->body_id == NULL || strcmp(c->body_id, f->body_id) == 0) &&
	       (f->state == 0 || (f->state < 0 && ledger_holds(c->state)) ||
		   f->state == (int)c->state);
}

static enum cred_err
memory_ledger_each(struct registry *r, const struct ledger_filter *f,
    ledger_each_fn *fn, void *ctx, struct why *why)
{
	struct memory_registry *m = self(r);
	enum cred_err e = CRED_OK;

	size_t i = 0;

	if (f->newest > 0 && (uint64_t)f->newest < m->n_claims)
		i = m->n_claims - (size_t)f->newest;
	for (; e == CRED_OK && i < m->n_claims; i++)
		if (matches(&m->claims[i].claim, f))
			e = fn(ctx, &m->claims[i].claim, why);
	return e;
}

const struct ledger_ops memory_ledger_ops = {
    .init = memory_ledger_init,
    .book = memory_ledger_book,
    .act = memory_ledger_act,
    .each = memory_ledger_each,
};
