#ifndef VERIFIER_PRUNE_H
#define VERIFIER_PRUNE_H

#include "verifier/decide.h"

/*
 * Uploaded tables, their rows and reports are personal data: they go when
 * nothing has been done with them for so many days. Ledger and audit trail
 * stay; the trail gets a line for each table. A table under review, one with an
 * act that runs, and one with claims that nobody has decided stay: rows that
 * are neither refused nor failed and not in the ledger, or booked or approved
 * in it and not yet paid.
 */
#define PRUNE_DAYS 730 /* the year of payment and the one it is audited in */
struct prune_opts {
	const char *home;
	int64_t now;
	unsigned days;
	bool undecided;    /* these go as well */
	bool look;         /* only say which */
	const char *actor; /* NULL: the registry's */
};

struct pruned {
	size_t tables, claims; /* that went, or would */
	size_t kept;           /* old ones with undecided claims */
};

/* s is old; undecided: so many of its rows. fn may be NULL. */
typedef void prune_fn(void *ctx, const struct sheet *s, size_t undecided);
/*
 * Interrupted anywhere and run again, it comes to the same end: the line in the
 * trail first and once, then the files, then the rows.
 */
enum cred_err prune(struct deskdb *d, struct registry *r,
    const struct prune_opts *o, prune_fn *fn, void *ctx, struct pruned *out,
    struct why *why);
/* For a service that asks often: at most once a day by *last, which begins at
 * 0; days 0: never. */
enum cred_err prune_daily(struct deskdb *d, struct registry *r,
    const char *home, unsigned days, int64_t *last, struct why *why);

#endif
