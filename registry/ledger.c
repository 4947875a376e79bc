#include "registry/ledger.h"

#include <stdio.h>
#include <string.h>

#include "edge/lang.h"
#include "registry/ledger_int.h"

const char *
ledger_state_name(enum ledger_state s)
{
	switch (s) {
	case LEDGER_BOOKED:
		return "booked";
	case LEDGER_APPROVED:
		return "approved";
	case LEDGER_PAID:
		return "paid";
	case LEDGER_REJECTED:
		return "rejected";
	case LEDGER_RETURNED:
		return "returned";
	}
	return "?";
}

const char *
ledger_outcome_name(enum ledger_outcome o)
{
	switch (o) {
	case LEDGER_DONE:
		return "done";
	case LEDGER_ALREADY:
		return "already";
	case LEDGER_CLAIM_TWICE:
		return "claim_twice";
	case LEDGER_SAME_SUBJECT:
		return "same_subject";
	case LEDGER_YEAR_FULL:
		return "year_full";
	case LEDGER_NO_ADVANCE:
		return "no_advance";
	case LEDGER_FOUR_EYES:
		return "four_eyes";
	case LEDGER_WRONG_STATE:
		return "wrong_state";
	case LEDGER_NO_CLAIM:
		return "no_claim";
	case LEDGER_HAS_BALANCE:
		return "has_balance";
	}
	return "?";
}

unsigned
ledger_halves(enum ledger_part p)
{
	return p == LEDGER_FULL ? 3 : (p == LEDGER_ADVANCE ? 1 : 2);
}

enum ledger_state
ledger_act_to(enum ledger_act act)
{
	switch (act) {
	case LEDGER_APPROVE:
		return LEDGER_APPROVED;
	case LEDGER_PAY:
		return LEDGER_PAID;
	case LEDGER_REJECT:
		return LEDGER_REJECTED;
	case LEDGER_RETURN:
		return LEDGER_RETURNED;
	}
	return LEDGER_BOOKED;
}

bool
ledger_act_from(enum ledger_act act, enum ledger_state from)
{
	switch (act) {
	case LEDGER_APPROVE:
		return from == LEDGER_BOOKED;
	case LEDGER_PAY:
		return from == LEDGER_APPROVED;
	case LEDGER_REJECT:
		return from == LEDGER_BOOKED || from == LEDGER_APPROVED;
	case LEDGER_RETURN:
		return from == LEDGER_PAID;
	}
	return false;
}

void
ledger_line(const struct ledger_claim *c, const char *reason,
    char out[static LEDGER_LINE_MAX])
{
	int n = snprintf(out, LEDGER_LINE_MAX, "%lld.%02lld %s%s%s",
	    (long long)(c->fen / 100), (long long)(c->fen % 100), c->subject,
	    reason != NULL && *reason != '\0' ? ": " : "",
	    reason != NULL ? reason : "");

	if (n >= LEDGER_LINE_MAX)
		trail_cut(out);
}

/* What comes in must be whole; a program that does not see to it is wrong. */
static enum cred_err
check_claim(const struct ledger_claim *c, struct why *why)
{
	if (*c->id == '\0' || strlen(c->id) > LEDGER_ID_MAX ||
	    *c->subject == '\0' || c->scheme < 1 || c->part < LEDGER_FULL ||
	    c->part > LEDGER_BALANCE || c->fen < 0 || c->level > 5 || c->index < -1 ||
	    c->number == NULL || c->institution == NULL || c->body_id == NULL ||
	    c->codes == NULL)
		return why_set(why, CRED_FAULT_INTERNAL,
		    TR("a claim for the ledger is not whole",
			"记账的申领不完整"));
	return CRED_OK;
}

enum cred_err
ledger_init(struct registry *r, struct why *why)
{
	return r->ops->ledger->init(r, why);
}

enum cred_err
ledger_book(struct registry *r, const struct ledger_claim *c,
    const struct ledger_rules *rules, const char *actor, int64_t now,
    struct ledger_answer *out, struct why *why)
{
	struct ledger_answer a = {.outcome = LEDGER_DONE};
	enum cred_err e = check_claim(c, why);

	if (e == CRED_OK)
		e = r->ops->ledger->book(
		    r, c, rules, registry_actor_or(r, actor), now, &a, why);
	if (e == CRED_OK)
		*out = a;
	return e;
}

enum cred_err
ledger_do(struct registry *r, const char *id, enum ledger_act act,
    int64_t four_eyes_fen, const char *reason, const char *actor, int64_t now,
    struct ledger_answer *out, struct why *why)
{
	struct ledger_answer a = {.outcome = LEDGER_DONE};
	enum cred_err e = r->ops->ledger->act(r, id, act, four_eyes_fen, reason,
	    registry_actor_or(r, actor), now, &a, why);

	if (e == CRED_OK)
		*out = a;
	return e;
}

enum cred_err
ledger_each(struct registry *r, const struct ledger_filter *f,
    ledger_each_fn *fn, void *ctx, struct why *why)
{
	return r->ops->ledger->each(r, f, fn, ctx, why);
}
