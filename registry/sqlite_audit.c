#include "registry/sqlite_int.h"

#include <string.h>

static struct sqlite_registry *
self(struct registry *r)
{
	return (struct sqlite_registry *)r;
}

static void
hash(sqlite3_stmt *st, int col, uint8_t out[static 32], bool *oom)
{
	struct bytes b = sq_col_blob(st, col, oom);

	memset(out, 0, 32);
	if (b.len == 32)
		memcpy(out, b.ptr, 32);
}

enum cred_err
sq_audit(struct sqlite_registry *s, const char *actor, const char *action,
    const char *subject, const char *detail, int64_t now, struct why *why)
{
	struct registry_act a = {.seq = 1,
	    .at = now,
	    .actor = actor,
	    .action = action,
	    .subject = subject,
	    .detail = detail != NULL ? detail : ""};
	enum cred_err e = CRED_OK;
	bool row, oom = false;
	sqlite3_stmt *st = sq(s, S_AUDIT_LAST, &e, why);

	if (st == NULL || (e = sq_row(s, st, &row, why)) != CRED_OK)
		return e;
	if (row) {
		a.seq = (uint64_t)sqlite3_column_int64(st, 0) + 1;
		hash(st, 1, a.prev, &oom);
	}
	sqlite3_reset(st);
	if (oom)
		return sq_fail(s, SQLITE_NOMEM, why);
	if ((e = audit_hash(&a, a.hash)) != CRED_OK)
		return e;
	if ((st = sq(s, S_AUDIT_ADD, &e, why)) == NULL)
		return e;
	sqlite3_bind_int64(st, 1, (int64_t)a.seq);
	sqlite3_bind_int64(st, 2, a.at);
	sq_text(st, 3, a.actor);
	sq_text(st, 4, a.action);
	sq_text(st, 5, a.subject);
	sq_text(st, 6, a.detail);
	sq_blob(st, 7, bytes_of(a.prev, 32));
	sq_blob(st, 8, bytes_of(a.hash, 32));
	return sq_run(s, st, why);
}

enum cred_err
sqlite_audit_append(struct registry *r, const char *actor, const char *action,
    const char *subject, const char *detail, int64_t now, struct why *why)
{
	struct sqlite_registry *s = self(r);
	enum cred_err e = sq_begin(s, why);

	if (e != CRED_OK)
		return e;
	return sq_end(
	    s, sq_audit(s, actor, action, subject, detail, now, why), why);
}

static enum cred_err
step(struct sqlite_registry *s, sqlite3_stmt *st, registry_act_fn *fn,
    void *ctx, struct why *why)
{
	struct registry_act a;
	enum cred_err e;
	bool row, oom = false;

	while ((e = sq_row(s, st, &row, why)) == CRED_OK && row) {
		a.seq = (uint64_t)sqlite3_column_int64(st, 0);
		a.at = sqlite3_column_int64(st, 1);
		a.actor = sq_col_text(st, 2, &oom);
		a.action = sq_col_text(st, 3, &oom);
		a.subject = sq_col_text(st, 4, &oom);
		a.detail = sq_col_text(st, 5, &oom);
		hash(st, 6, a.prev, &oom);
		hash(st, 7, a.hash, &oom);
		if (oom)
			return sq_fail(s, SQLITE_NOMEM, why);
		if ((e = fn(ctx, &a, why)) != CRED_OK)
			break;
	}
	return e;
}

enum cred_err
sqlite_audit_each(struct registry *r, uint64_t from, const char *subject,
    registry_act_fn *fn, void *ctx, struct why *why)
{
	struct sqlite_registry *s = self(r);
	sqlite3_stmt *st = NULL;
	enum cred_err e = sq_prepare(s,
	    subject == NULL
		? "SELECT seq, at, actor, action, subject, detail, prev, hash"
		  " FROM audit WHERE seq >= ?1 ORDER BY seq"
		: "SELECT seq, at, actor, action, subject, detail, prev, hash"
		  " FROM audit WHERE seq >= ?1 AND subject = ?2 ORDER BY seq",
	    &st, why);

	if (e != CRED_OK)
		return e;
	sqlite3_bind_int64(st, 1, (int64_t)from);
	if (subject != NULL)
		sq_text(st, 2, subject);
	e = step(s, st, fn, ctx, why);
	sqlite3_finalize(st);
	return e;
}
