#ifndef VERIFIER_DECIDE_H
#define VERIFIER_DECIDE_H

#include "verifier/docket.h"

/*
 * A person's decision on one claim of a table: into the ledger, or refused
 * before it ever got there. Whatever the page showed, the claim is reviewed
 * anew at that moment, and what others did meanwhile comes first.
 */
enum decide_act {
	DECIDE_BOOK = 1,
	DECIDE_APPROVE,
	DECIDE_PAY,
	DECIDE_REJECT, /* booked or approved, before it is paid */
	DECIDE_RETURN, /* paid, and taken back */
	DECIDE_REFUSE, /* not booked: will not be paid */
	DECIDE_REOPEN, /* a refusal was a mistake */
	N_DECIDE,
};
const char *decide_act_name(enum decide_act a); /* "book" … */
bool decide_act_by_name(const char *s, enum decide_act *out);
/* The right that it takes. */
unsigned decide_right(enum decide_act a);
/* Does it need a reason? */
bool decide_needs_reason(enum decide_act a);
/* May it be done to a claim in this state (enum line_state)? */
bool decide_fits(enum decide_act a, int state);

/* How a claim stands: in the ledger, or in the table alone. */
struct standing {
	int state; /* enum line_state */
	char by[ACCOUNT_NAME];
	int64_t at;
	char note[256];
	bool other; /* the ledger has another claim under this number */
};
enum cred_err decide_standing(struct registry *r, const struct line *l,
    struct standing *out, struct why *why);

enum decide_outcome {
	DECIDED,
	DECIDE_STALE,     /* somebody else was first; standing says who */
	DECIDE_NOT_GOOD,  /* review says fail or pending, then or now */
	DECIDE_WARNED,    /* it has a warning, and that was not confirmed */
	DECIDE_NO_REASON, /* none was given */
	DECIDE_LEDGER,    /* the ledger refused; ledger says why */
};

struct decision {
	enum decide_outcome outcome;
	struct ledger_answer ledger;
	struct standing standing; /* afterwards */
	char codes[128];          /* of the review anew, where it was made */
};

struct decide_args {
	enum decide_act act;
	const char *actor, *reason; /* reason "" none */
	bool warned;                /* the warning was looked at */
	/* What the page showed: standing.state and .at; any other now is
	 * STALE. -1: whatever it is. */
	int seen_state;
	int64_t seen_at;
	int64_t four_eyes_fen; /* office_four_eyes() */
};

/*
 * d: laid out, with registry open for writing and now set; its seen NULL. One
 * at a time in a process: the caller holds a lock over this call. Refusals are
 * outcomes and change nothing.
 */
enum cred_err decide(struct desk *d, struct deskdb *db, const struct line *l,
    const struct decide_args *a, struct decision *out, struct why *why);

#endif
