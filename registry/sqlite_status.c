#include "registry/sqlite_int.h"

#include <stdio.h>
#include <string.h>

#define SWEPT     "superseded.below"
#define SWEEP_FAR 20000

static struct sqlite_registry *
self(struct registry *r)
{
	return (struct sqlite_registry *)r;
}

enum cred_err
sq_status_put(struct sqlite_registry *s, uint64_t index, enum status_value from,
    enum status_value to, const char *reason, const char *actor, int64_t now,
    struct why *why)
{
	enum cred_err e = CRED_OK;
	char subject[48], *detail;
	sqlite3_stmt *st = sq(s, S_STATUS_PUT, &e, why);

	if (st == NULL)
		return e;
	sqlite3_bind_int64(st, 1, (int64_t)index);
	sqlite3_bind_int(st, 2, (int)to);
	if ((e = sq_run(s, st, why)) != CRED_OK)
		return e;
	if ((st = sq(s, S_VERSION_RAISE, &e, why)) == NULL)
		return e;
	sqlite3_bind_int64(st, 1, (int64_t)(index / STATUSLIST_ENTRIES));
	if ((e = sq_run(s, st, why)) != CRED_OK || actor == NULL)
		return e;
	snprintf(
	    subject, sizeof subject, "index %llu", (unsigned long long)index);
	detail = sqlite3_mprintf(
	    "%s: %s", status_word(from), reason != NULL ? reason : "");
	if (detail == NULL)
		return sq_fail(s, SQLITE_NOMEM, why);
	e = sq_audit(s, actor, status_word(to), subject, detail, now, why);
	sqlite3_free(detail);
	return e;
}

static enum cred_err
set_one(struct sqlite_registry *s, const struct status_change *c,
    const char *reason, const char *actor, int64_t now, struct why *why)
{
	struct sq_state state;
	enum cred_err e;
	bool found;

	if ((e = sq_state(s, c->index, &state, &found, why)) != CRED_OK)
		return e;
	if (!found || state.state == ENTRY_RESERVED ||
	    state.state == ENTRY_VOID || state.status != c->from ||
	    !status_may(c->from, c->to) ||
	    (c->to == STATUS_SUPERSEDED && !state.has_replacement))
		return say_status(why, c->index, c->from, c->to);
	return sq_status_put(
	    s, c->index, c->from, c->to, reason, actor, now, why);
}

enum cred_err
sqlite_status_set_many(struct registry *r, const struct status_change *changes,
    size_t n, const char *reason, const char *actor, int64_t now, size_t *bad,
    struct why *why)
{
	struct sqlite_registry *s = self(r);
	enum cred_err e = sq_begin(s, why);

	if (e != CRED_OK)
		return e;
	for (size_t i = 0; e == CRED_OK && i < n; i++)
		if ((e = set_one(s, &changes[i], reason, actor, now, why)) ==
		    CRED_FAULT_CONFLICT)
			*bad = i;
	return sq_end(s, e, why);
}

/* The first replacement in [*from, to) whose old entry still counts. */
static enum cred_err
supersede_next(struct sqlite_registry *s, uint64_t *from, uint64_t to,
    const char *actor, int64_t now, bool *more, struct why *why)
{
	enum cred_err e = CRED_OK;
	uint64_t old;
	enum status_value was;
	char reason[48];
	sqlite3_stmt *st = sq(s, S_SUPERSEDE, &e, why);

	if (st == NULL)
		return e;
	sqlite3_bind_int64(st, 1, (int64_t)*from);
	sqlite3_bind_int64(st, 2, (int64_t)to);
	if ((e = sq_row(s, st, more, why)) != CRED_OK)
		return e;
	old = (uint64_t)sqlite3_column_int64(st, 0);
	was = (enum status_value)sqlite3_column_int(st, 1);
	*from = *more ? (uint64_t)sqlite3_column_int64(st, 2) : *from;
	sqlite3_reset(st);
	if (!*more)
		return CRED_OK;
	snprintf(reason, sizeof reason, "replaced by index %llu",
	    (unsigned long long)*from);
	return sq_status_put(
	    s, old, was, STATUS_SUPERSEDED, reason, actor, now, why);
}

static enum cred_err
put_swept(struct sqlite_registry *s, uint64_t size, struct why *why)
{
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st = sq(s, S_META_SET, &e, why);

	if (st == NULL)
		return e;
	sq_text(st, 1, SWEPT);
	sqlite3_bind_int64(st, 2, (int64_t)size);
	return sq_run(s, st, why);
}

/*
 * Below the size of the last sweep nothing can be left: an old entry that was
 * not superseded then was revoked, for good. That size is noted when something
 * was written anyway, or when it has become far.
 */
enum cred_err
sqlite_supersede(struct registry *r, const char *actor, int64_t now, size_t *n,
    struct why *why)
{
	struct sqlite_registry *s = self(r);
	uint64_t size = 0, at;
	int64_t swept = 0;
	size_t done = 0;
	bool more = true;
	enum cred_err e = sq_begin(s, why);

	if (e != CRED_OK)
		return e;
	if ((e = sq_head_size(s, &size, why)) != CRED_OK ||
	    (e = sqlite_meta_get(r, SWEPT, 0, &swept, why)) != CRED_OK)
		return sq_end(s, e, why);
	at = (uint64_t)swept;
	while ((e = supersede_next(s, &at, size, actor, now, &more, why)) ==
		   CRED_OK &&
	       more)
		done++;
	if (e == CRED_OK && (done > 0 || size - (uint64_t)swept > SWEEP_FAR))
		e = put_swept(s, size, why);
	e = sq_end(s, e, why);
	if (e == CRED_OK)
		*n = done;
	return e;
}

enum cred_err
sqlite_status_bits(
    struct registry *r, uint64_t from, size_t n, uint8_t *raw, struct why *why)
{
	struct sqlite_registry *s = self(r);
	enum cred_err e = CRED_OK;
	bool row;
	sqlite3_stmt *st = sq(s, S_STATUS_BITS, &e, why);

	if (st == NULL)
		return e;
	sqlite3_bind_int64(st, 1, (int64_t)from);
	sqlite3_bind_int64(st, 2, (int64_t)(from + n));
	while ((e = sq_row(s, st, &row, why)) == CRED_OK && row) {
		uint64_t i = (uint64_t)sqlite3_column_int64(st, 0) - from;
		int v = sqlite3_column_int(st, 1);
		raw[i / 4] |= (uint8_t)(v << (i % 4 * 2));
	}
	sqlite3_reset(st);
	return e;
}

enum cred_err
sqlite_status_version(
    struct registry *r, uint64_t list, int64_t *out, struct why *why)
{
	struct sqlite_registry *s = self(r);
	enum cred_err e = CRED_OK;
	bool row;
	sqlite3_stmt *st = sq(s, S_VERSION_GET, &e, why);

	if (st == NULL)
		return e;
	sqlite3_bind_int64(st, 1, (int64_t)list);
	if ((e = sq_row(s, st, &row, why)) != CRED_OK)
		return e;
	*out = row ? sqlite3_column_int64(st, 0) : 0;
	sqlite3_reset(st);
	return CRED_OK;
}
