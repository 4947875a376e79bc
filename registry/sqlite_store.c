#include "registry/sqlite_int.h"

#include <stdio.h>

static struct sqlite_registry *
self(struct registry *r)
{
	return (struct sqlite_registry *)r;
}

static enum cred_err
store_one(struct sqlite_registry *s, uint64_t index, struct bytes credential,
    int64_t now, struct why *why)
{
	enum cred_err e = CRED_OK;
	struct sq_state state;
	bool found, row, same, oom = false;
	sqlite3_stmt *st;

	if ((e = sq_state(s, index, &state, &found, why)) != CRED_OK)
		return e;
	if (!found || state.state == ENTRY_VOID)
		return say_not_reserved(why, index);
	if (state.state == ENTRY_RESERVED) {
		if ((st = sq(s, S_CREDENTIAL_ADD, &e, why)) == NULL)
			return e;
		sqlite3_bind_int64(st, 1, (int64_t)index);
		sq_blob(st, 2, credential);
		sqlite3_bind_int64(st, 3, now);
		return sq_run(s, st, why);
	}
	if ((st = sq(s, S_CREDENTIAL_GET, &e, why)) == NULL)
		return e;
	sqlite3_bind_int64(st, 1, (int64_t)index);
	if ((e = sq_row(s, st, &row, why)) != CRED_OK)
		return e;
	same = row && bytes_eq(credential, sq_col_blob(st, 0, &oom));
	sqlite3_reset(st);
	if (oom)
		return sq_fail(s, SQLITE_NOMEM, why);
	return same ? CRED_OK : say_not_reserved(why, index);
}

enum cred_err
sqlite_store(struct registry *reg, const uint64_t *index,
    const struct bytes *credential, size_t n, int64_t now, struct why *why)
{
	struct sqlite_registry *s = self(reg);
	enum cred_err e = sq_begin(s, why);

	if (e != CRED_OK)
		return e;
	for (size_t i = 0; e == CRED_OK && i < n; i++)
		e = store_one(s, index[i], credential[i], now, why);
	return sq_end(s, e, why);
}

static enum cred_err
void_one(struct sqlite_registry *s, uint64_t index, const char *reason,
    int64_t now, struct why *why)
{
	const char *actor = s->base.actor != NULL ? s->base.actor : "-";
	enum cred_err e = CRED_OK;
	char subject[48];
	struct sq_state state;
	bool found;
	sqlite3_stmt *st;

	if ((e = sq_state(s, index, &state, &found, why)) != CRED_OK)
		return e;
	if (!found || state.state != ENTRY_RESERVED)
		return say_not_reserved(why, index);
	if ((st = sq(s, S_VOID, &e, why)) == NULL)
		return e;
	sqlite3_bind_int64(st, 1, (int64_t)index);
	if ((e = sq_run(s, st, why)) != CRED_OK)
		return e;
	snprintf(
	    subject, sizeof subject, "index %llu", (unsigned long long)index);
	e = sq_audit(s, actor, "void", subject, reason, now, why);
	if (e != CRED_OK)
		return e;
	return sq_status_put(
	    s, index, STATUS_VALID, STATUS_REVOKED, NULL, NULL, now, why);
}

enum cred_err
sqlite_void(struct registry *reg, uint64_t index, const char *reason,
    int64_t now, struct why *why)
{
	struct sqlite_registry *s = self(reg);
	enum cred_err e = sq_begin(s, why);

	if (e != CRED_OK)
		return e;
	return sq_end(s, void_one(s, index, reason, now, why), why);
}

/* The first one from an index on that waits since before a time. */
static enum cred_err
next_stale(struct sqlite_registry *s, uint64_t from, int64_t before,
    uint64_t *index, bool *found, struct why *why)
{
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st = sq(s, S_STALE, &e, why);

	if (st == NULL)
		return e;
	sqlite3_bind_int64(st, 1, (int64_t)from);
	sqlite3_bind_int64(st, 2, before);
	if ((e = sq_row(s, st, found, why)) != CRED_OK)
		return e;
	if (*found)
		*index = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return CRED_OK;
}

enum cred_err
sqlite_void_stale(struct registry *reg, int64_t before, const char *reason,
    int64_t now, size_t *n, struct why *why)
{
	struct sqlite_registry *s = self(reg);
	uint64_t index = 0;
	size_t done = 0;
	bool found = true;
	enum cred_err e = sq_begin(s, why);

	if (e != CRED_OK)
		return e;
	while (e == CRED_OK) {
		e = next_stale(s, index, before, &index, &found, why);
		if (e != CRED_OK || !found)
			break;
		e = void_one(s, index++, reason, now, why);
		done++;
	}
	e = sq_end(s, e, why);
	if (e == CRED_OK)
		*n = done;
	return e;
}
