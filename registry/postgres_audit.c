#include "edge/lang.h"
#include "registry/postgres_int.h"

static struct pg_registry *
self(struct registry *r)
{
	return (struct pg_registry *)r;
}

static enum cred_err
append_work(struct pg_registry *p, struct pg_tx *tx, void *ctx, struct why *why)
{
	const struct registry_act *a = ctx;
	enum cred_err e =
	    pg_audit(p, tx, a->actor, a->action, a->subject, a->detail, a->at);

	return e == CRED_OK ? e : why_set(why, e, "%s", cred_strerr(e));
}

enum cred_err
pg_audit_append(struct registry *r, const char *actor, const char *action,
    const char *subject, const char *detail, int64_t now, struct why *why)
{
	struct registry_act a = {.at = now,
	    .actor = actor,
	    .action = action,
	    .subject = subject,
	    .detail = detail};

	return pg_write_alone(self(r), append_work, &a, why);
}

struct each {
	uint64_t from;
	const char *subject;
	registry_act_fn *fn;
	void *ctx;
};

static enum cred_err
page(const PGresult *r, struct each *x, bool *told, struct why *why)
{
	enum cred_err e = CRED_OK;

	for (int i = 0; e == CRED_OK && i < PQntuples(r); i++) {
		struct registry_act a = {
		    .seq = (uint64_t)pg_col_int(r, i, 0),
		    .at = pg_col_int(r, i, 1),
		    .actor = pg_col_text(r, i, 2),
		    .action = pg_col_text(r, i, 3),
		    .subject = pg_col_text(r, i, 4),
		    .detail = pg_col_text(r, i, 5),
		};
		pg_col_hash(r, i, 6, a.prev);
		pg_col_hash(r, i, 7, a.hash);
		x->from = a.seq + 1;
		*told = true;
		e = x->fn(x->ctx, &a, why);
	}
	return e;
}

static enum cred_err
walk(struct pg_registry *p, void *ctx, bool *told, struct why *why)
{
	struct each *x = ctx;
	enum cred_err e = CRED_OK;
	bool more = true;

	while (e == CRED_OK && more) {
		struct pg_args args = {0};
		PGresult *r = NULL;
		pg_int(&args, (int64_t)x->from);
		if (x->subject != NULL)
			pg_text(&args, x->subject);
		e = pg_ask_one(p,
		    x->subject == NULL ? P_AUDIT_PAGE : P_AUDIT_PAGE_OF, &args,
		    &r, why);
		if (e == CRED_OK) {
			more = PQntuples(r) > 0;
			e = page(r, x, told, why);
		}
		PQclear(r);
	}
	return e;
}

enum cred_err
pg_audit_each(struct registry *reg, uint64_t from, const char *subject,
    registry_act_fn *fn, void *ctx, struct why *why)
{
	struct each x = {from, subject, fn, ctx};

	return pg_walk(self(reg), walk, &x, why);
}
