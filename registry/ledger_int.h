#ifndef REGISTRY_LEDGER_INT_H
#define REGISTRY_LEDGER_INT_H

#include "registry/ledger.h"
#include "registry/registry_int.h"

struct ledger_ops {
	enum cred_err (*init)(struct registry *r, struct why *why);
	enum cred_err (*book)(struct registry *r, const struct ledger_claim *c,
	    const struct ledger_rules *rules, const char *actor, int64_t now,
	    struct ledger_answer *out, struct why *why);
	enum cred_err (*act)(struct registry *r, const char *id,
	    enum ledger_act act, int64_t four_eyes_fen, const char *reason,
	    const char *actor, int64_t now, struct ledger_answer *out,
	    struct why *why);
	enum cred_err (*each)(struct registry *r, const struct ledger_filter *f,
	    ledger_each_fn *fn, void *ctx, struct why *why);
};

extern const struct ledger_ops sqlite_ledger_ops, memory_ledger_ops,
    pg_ledger_ops;

/* Which halves of a subject a part takes: bits 1 and 2. */
unsigned ledger_halves(enum ledger_part p);
/* Where an act leads, and whether it may start from a state. */
enum ledger_state ledger_act_to(enum ledger_act act);
bool ledger_act_from(enum ledger_act act, enum ledger_state from);
/* Does a state hold its places? */
static inline bool
ledger_holds(enum ledger_state s)
{
	return s != LEDGER_REJECTED && s != LEDGER_RETURNED;
}
/* Of phone, account and photo. */
#define LEDGER_MARK 16
/* Is there anything for anomalies and statistics? */
static inline bool
ledger_has_more(const struct ledger_claim *c)
{
	return (c->region != NULL && *c->region != '\0') ||
	       c->department != 0 || c->phone != NULL || c->account != NULL ||
	       c->photo != NULL;
}
/* "claim A1" and "1500.00 3/2019", for the audit trail. */
#define LEDGER_LINE_MAX 512
void ledger_line(const struct ledger_claim *c, const char *reason,
    char out[static LEDGER_LINE_MAX]);

#endif
