#ifndef REGISTRY_LEDGER_H
#define REGISTRY_LEDGER_H

#include "registry/registry.h"

/*
 * The ledger of subsidies: what was booked, approved and paid for whom. It is
 * a part of a registry (tables of their own, the same audit trail), so every
 * act and its line in the trail are one transaction.
 *
 * Nothing is paid twice because two rows would need the same place, not because
 * somebody counted: a person's year has numbered places, and each occupation
 * and level has two halves (an advance takes the first, a balance the second,
 * a payment in full both), each UNIQUE. Rejecting and returning give the
 * places back.
 *
 * The person is HMAC-SHA256 under a key of the ledger's owner; no ID number
 * comes in here.
 */
enum ledger_part {
	LEDGER_FULL = 1,
	LEDGER_ADVANCE,
	LEDGER_BALANCE,
};

enum ledger_state {
	LEDGER_BOOKED = 1,
	LEDGER_APPROVED,
	LEDGER_PAID,
	LEDGER_REJECTED, /* before it was paid */
	LEDGER_RETURNED, /* paid and reclaimed */
};
const char *ledger_state_name(enum ledger_state s); /* "booked" … */

#define LEDGER_ID_MAX 64 /* bytes of a claim's id */

/* Texts are the callee's in answers and live until the callback returns. */
struct ledger_claim {
	const char *id;      /* 申领编号 */
	uint8_t content[32]; /* SHA-256 of the normalised row */
	uint8_t person[32];
	const char *subject; /* one text for one occupation and level */
	int scheme;          /* 1.. of subsidy/claim.h */
	enum ledger_part part;
	int year;            /* the year it counts in */
	int kind;
	unsigned level;      /* 0: none */
	int32_t applied, issued, trained_from, trained_to; /* days; 0: none */
	int64_t fen;
	const char *number;      /* certificate's; "" none */
	const char *institution; /* training institution; "" none */
	const char *body_id;     /* issuing body; "" not known */
	int64_t index;           /* certificate's in its log; -1 not known */
	const char *codes;       /* of the review: "C05 C12"; "" none */
	/* For anomalies and statistics. NULL in what is booked: not known; in
	 * answers region is "" then. */
	const char *region; /* where it was applied for: "1502" */
	int department;     /* 1.. of subsidy/plan.h; 0 not said */
	const uint8_t *phone, *account, *photo; /* 16 bytes of a hash */
	/* The callee's in answers: */
	enum ledger_state state;
	const char *booked_by;
	int64_t changed_at;
};

enum ledger_outcome {
	LEDGER_DONE,
	LEDGER_ALREADY,      /* the same claim with the same content is there */
	LEDGER_CLAIM_TWICE,  /* the same id with another content */
	LEDGER_SAME_SUBJECT, /* that half of occupation and level is taken */
	LEDGER_YEAR_FULL,    /* no place left in the person's year */
	LEDGER_NO_ADVANCE,   /* a balance without an advance */
	LEDGER_FOUR_EYES,    /* the one who booked it may not approve it */
	LEDGER_WRONG_STATE,  /* not the state that this act starts from */
	LEDGER_NO_CLAIM,     /* no such claim */
	LEDGER_HAS_BALANCE,  /* an advance whose balance still stands */
};
const char *ledger_outcome_name(enum ledger_outcome o); /* "same_subject" */

struct ledger_answer {
	enum ledger_outcome outcome;
	enum ledger_state state;       /* of the claim, where there is one */
	char other[LEDGER_ID_MAX + 1]; /* the claim in the way, or "" */
};

/* Make the tables where they are missing. Before any other call on a registry
 * opened for writing; one opened for reading without them is empty. */
enum cred_err ledger_init(struct registry *r, struct why *why);

/*
 * Book a claim: all its places or nothing. max_per_year: of the rules, 0: none
 * may be paid at all. one_scheme: the halves count over all schemes. A balance
 * takes no place of a year: its advance did. Refusals are outcomes and change
 * nothing; only faults are errors. An answer of DONE or ALREADY is durable.
 */
struct ledger_rules {
	unsigned max_per_year;
	bool one_scheme;
};
enum cred_err ledger_book(struct registry *r, const struct ledger_claim *c,
    const struct ledger_rules *rules, const char *actor, int64_t now,
    struct ledger_answer *out, struct why *why);

/*
 * booked -> approved, approved -> paid, booked or approved -> rejected,
 * paid -> returned. Asked for what is so already: ALREADY. four_eyes_fen: above
 * it an approval by who booked the claim is FOUR_EYES; -1: never asked.
 */
enum ledger_act {
	LEDGER_APPROVE,
	LEDGER_PAY,
	LEDGER_REJECT,
	LEDGER_RETURN,
};
enum cred_err ledger_do(struct registry *r, const char *id,
    enum ledger_act act, int64_t four_eyes_fen, const char *reason,
    const char *actor, int64_t now, struct ledger_answer *out,
    struct why *why);

struct ledger_filter {
	const char *id;        /* NULL: any */
	const uint8_t *person; /* 32 bytes; NULL: any */
	const char *number;    /* NULL: any */
	const char *body_id;   /* NULL: any */
	int state;             /* 0: any; -1: all but rejected and returned */
	int64_t newest;        /* of the last so many bookings alone; 0: all */
};
/* In the order they were booked. fn must not write to r. */
typedef enum cred_err ledger_each_fn(
    void *ctx, const struct ledger_claim *c, struct why *why);
enum cred_err ledger_each(struct registry *r, const struct ledger_filter *f,
    ledger_each_fn *fn, void *ctx, struct why *why);

#endif
