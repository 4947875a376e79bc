#ifndef REGISTRY_SQLITE_LEDGER_INT_H
#define REGISTRY_SQLITE_LEDGER_INT_H

#include "registry/ledger_int.h"
#include "registry/sqlite_int.h"

/* A claim's columns as sq_ledger_claim() takes them; a WHERE goes behind. */
#define SQ_CLAIM_SELECT                                                        \
	"SELECT c.seq, c.id, c.content, c.person, c.subject, c.scheme, "       \
	"c.part,"                                                              \
	" c.year, c.kind, c.level, c.applied, c.issued, c.trained_from,"       \
	" c.trained_to, c.fen, c.number, c.institution, c.body_id, c.codes,"   \
	" c.state, c.booked_by, c.changed_at, c.idx, m.region, m.department,"  \
	" m.phone, m.account, m.photo"                                         \
	" FROM claim c LEFT JOIN claim_more m ON m.claim = c.seq"
/* The row as it stands; texts live until the statement moves. */
enum cred_err sq_ledger_claim(struct sqlite_registry *s, sqlite3_stmt *st,
    struct ledger_claim *out, int64_t *seq, struct why *why);
enum cred_err sqlite_ledger_each(struct registry *r,
    const struct ledger_filter *f, ledger_each_fn *fn, void *ctx,
    struct why *why);

#endif
