#include "registry/sqlite_int.h"

#include <stdio.h>
#include <string.h>

#include "edge/lang.h"

static struct sqlite_registry *
self(struct registry *r)
{
	return (struct sqlite_registry *)r;
}

static enum entry_state
state_of(uint64_t index, bool is_void, bool is_signed, uint64_t size)
{
	if (is_void)
		return ENTRY_VOID;
	if (!is_signed)
		return ENTRY_RESERVED;
	return index < size ? ENTRY_LOGGED : ENTRY_SIGNED;
}

enum cred_err
sq_entry(struct sqlite_registry *s, sqlite3_stmt *st,
    struct registry_entry *out, struct why *why)
{
	bool oom = false;
	struct bytes key = sq_col_blob(st, 16, &oom);

	*out = (struct registry_entry){
	    .index = (uint64_t)sqlite3_column_int64(st, 0),
	    .status = (enum status_value)sqlite3_column_int(st, 3),
	    .kind = (enum kind)sqlite3_column_int(st, 4),
	    .number = unconst(sq_col_text(st, 5, &oom)),
	    .name = unconst(sq_col_text(st, 6, &oom)),
	    .id_type = (enum id_type)sqlite3_column_int(st, 7),
	    .id_number = unconst(sq_col_text(st, 8, &oom)),
	    .occupation = unconst(sq_col_text(st, 9, &oom)),
	    .code = unconst(sq_col_text(st, 10, &oom)),
	    .direction = unconst(sq_col_text(st, 11, &oom)),
	    .level = (uint8_t)sqlite3_column_int(st, 12),
	    .issued = sqlite3_column_int(st, 13),
	    .batch = unconst(sq_col_text(st, 14, &oom)),
	    .row = (uint32_t)sqlite3_column_int64(st, 15),
	    .payload = sq_col_blob(st, 17, &oom),
	    .credential = sq_col_blob(st, 18, &oom),
	    .print = sq_col_blob(st, 19, &oom),
	    .reserved_at = sqlite3_column_int64(st, 20),
	    .signed_at = sqlite3_column_int64(st, 21),
	    .has_replaces = sqlite3_column_type(st, 22) != SQLITE_NULL,
	    .replaces = (uint64_t)sqlite3_column_int64(st, 22),
	    .has_replaced_by = sqlite3_column_type(st, 23) != SQLITE_NULL,
	    .replaced_by = (uint64_t)sqlite3_column_int64(st, 23),
	};
	out->state = state_of(out->index, sqlite3_column_int64(st, 1) != 0,
	    sqlite3_column_int(st, 2) != 0,
	    (uint64_t)sqlite3_column_int64(st, 24));
	if (key.len == sizeof out->row_key)
		memcpy(out->row_key, key.ptr, key.len);
	return oom ? sq_fail(s, SQLITE_NOMEM, why) : CRED_OK;
}

enum cred_err
sq_state(struct sqlite_registry *s, uint64_t index, struct sq_state *out,
    bool *found, struct why *why)
{
	enum cred_err e = CRED_OK;
	bool row;
	sqlite3_stmt *st = sq(s, S_STATE_GET, &e, why);

	if (st == NULL)
		return e;
	sqlite3_bind_int64(st, 1, (int64_t)index);
	if ((e = sq_row(s, st, &row, why)) != CRED_OK)
		return e;
	if (row)
		*out = (struct sq_state){
		    .state = state_of(index, sqlite3_column_int64(st, 0) != 0,
			sqlite3_column_int(st, 1) != 0,
			(uint64_t)sqlite3_column_int64(st, 3)),
		    .status = (enum status_value)sqlite3_column_int(st, 2),
		    .has_replacement = sqlite3_column_int(st, 4) != 0,
		};
	*found = row;
	sqlite3_reset(st);
	return CRED_OK;
}

static enum cred_err
one_entry(struct sqlite_registry *s, sqlite3_stmt *st,
    struct registry_entry *out, bool *found, struct why *why)
{
	struct registry_entry got;
	enum cred_err e;
	bool row;

	if ((e = sq_row(s, st, &row, why)) != CRED_OK)
		return e;
	if (row) {
		if ((e = sq_entry(s, st, &got, why)) == CRED_OK &&
		    (e = entry_own(&got, why)) == CRED_OK)
			*out = got;
	}
	sqlite3_reset(st);
	if (e == CRED_OK)
		*found = row;
	return e;
}

enum cred_err
sqlite_by_index(struct registry *r, uint64_t index, struct registry_entry *out,
    bool *found, struct why *why)
{
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st = sq(self(r), S_BY_INDEX, &e, why);

	if (st == NULL)
		return e;
	sqlite3_bind_int64(st, 1, (int64_t)index);
	return one_entry(self(r), st, out, found, why);
}

enum cred_err
sqlite_by_number(struct registry *r, const char *number,
    struct registry_entry *out, bool *found, struct why *why)
{
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st = sq(self(r), S_BY_NUMBER, &e, why);

	if (st == NULL)
		return e;
	sq_text(st, 1, number);
	return one_entry(self(r), st, out, found, why);
}

enum cred_err
sqlite_find_same(struct registry *r, const struct registry_same *what,
    uint64_t *index, bool *found, struct why *why)
{
	enum cred_err e = CRED_OK;
	bool row, same = false, oom = false;
	uint64_t at = 0;
	sqlite3_stmt *st = sq(self(r), S_FIND_SAME, &e, why);

	if (st == NULL)
		return e;
	sq_text(st, 1, what->id_number);
	sqlite3_bind_int(st, 2, (int)what->kind);
	sqlite3_bind_int(st, 3, what->level);
	sqlite3_bind_int(st, 4, (int)what->type);
	sq_text(st, 5, what->code);
	sq_text(st, 6, what->occupation);
	while (!same && e == CRED_OK &&
	       (e = sq_row(self(r), st, &row, why)) == CRED_OK && row) {
		at = (uint64_t)sqlite3_column_int64(st, 0);
		same = entry_is_same(what, at, sq_col_blob(st, 1, &oom));
		if (oom)
			e = sq_fail(self(r), SQLITE_NOMEM, why);
	}
	sqlite3_reset(st);
	if (e != CRED_OK)
		return e;
	*found = same;
	if (same)
		*index = at;
	return CRED_OK;
}

/*
 * A walk in the order of the index over a range narrowed beforehand: by the
 * head's size for states, by the batch's own range for batches. Entries that
 * are not valid are few and walked from the status table.
 */
#define EACH_ENTRY                                                             \
	" FROM entry e JOIN batch b ON b.id = e.batch_id"                      \
	" LEFT JOIN credential c ON c.idx = e.idx"                             \
	" LEFT JOIN status s ON s.idx = e.idx"
#define EACH_FILTER                                                            \
	" AND (?3 IS NULL OR b.name = ?3) AND (?4 = 0 OR e.kind = ?4)"         \
	" AND (?5 < 0 OR coalesce(s.value, 0) = ?5)"                           \
	" AND (?6 < 0 OR CASE WHEN e.void_mark <> 0 THEN 3"                    \
	"  WHEN c.idx IS NULL THEN 0"                                          \
	"  WHEN e.idx < coalesce((SELECT size FROM head), 0) THEN 2 ELSE 1"    \
	"  END = ?6)"                                                          \
	" AND (?8 IS NULL OR instr(e.name, ?8) > 0)"                           \
	" AND (?9 IS NULL OR e.code = ?9 OR instr(e.occupation, ?9) > 0)"      \
	" AND e.issued >= ?10 AND (?11 = 0 OR e.issued <= ?11)"
static const char each_from_entry[] =
    "SELECT " ENTRY_COLUMNS EACH_ENTRY
    " WHERE e.idx >= ?1 AND e.idx < ?2" EACH_FILTER " ORDER BY e.idx";
static const char each_from_status[] =
    "SELECT " ENTRY_COLUMNS " FROM status s CROSS JOIN entry e ON e.idx = s.idx"
    " JOIN batch b ON b.id = e.batch_id"
    " LEFT JOIN credential c ON c.idx = e.idx"
    " WHERE s.idx >= ?1 AND s.idx < ?2" EACH_FILTER " ORDER BY s.idx";
static const char each_of_number[] =
    "SELECT " ENTRY_COLUMNS EACH_ENTRY " WHERE e.number = ?7"
    " AND e.idx >= ?1 AND e.idx < ?2" EACH_FILTER " ORDER BY e.idx";
static const char range_of_batch[] =
    "SELECT (SELECT size FROM head), (SELECT first_idx FROM batch"
    " WHERE name = ?1), (SELECT end_idx FROM batch WHERE name = ?1)";

static enum cred_err
narrow(struct sqlite_registry *s, const struct registry_filter *f,
    uint64_t *from, uint64_t *to, struct why *why)
{
	sqlite3_stmt *st = NULL;
	enum cred_err e = sq_prepare(s, range_of_batch, &st, why);
	uint64_t size, first, end;
	bool row;

	if (e != CRED_OK)
		return e;
	sq_text(st, 1, f->batch);
	if ((e = sq_row(s, st, &row, why)) != CRED_OK)
		goto out;
	size = (uint64_t)sqlite3_column_int64(st, 0);
	first = (uint64_t)sqlite3_column_int64(st, 1);
	end = (uint64_t)sqlite3_column_int64(st, 2);
	*from = f->from;
	*to = f->to == 0 || f->to > TLOG_MAX_SIZE ? TLOG_MAX_SIZE : f->to;
	if (f->batch != NULL) {
		*from = first > *from ? first : *from;
		*to = end < *to ? end : *to;
	}
	if (f->state == ENTRY_RESERVED || f->state == ENTRY_SIGNED)
		*from = size > *from ? size : *from;
	if (f->state == ENTRY_LOGGED)
		*to = size < *to ? size : *to;
out:
	sqlite3_finalize(st);
	return e;
}

static enum cred_err
walk(struct sqlite_registry *s, const struct registry_filter *f,
    registry_each_fn *fn, void *ctx, struct why *why)
{
	struct registry_entry entry;
	sqlite3_stmt *st = NULL;
	uint64_t from, to;
	const char *sql = each_from_entry;
	enum cred_err e;
	bool row;

	if ((e = narrow(s, f, &from, &to, why)) != CRED_OK || from >= to)
		return e;
	if (f->number != NULL)
		sql = each_of_number;
	else if (f->status > 0 || f->state == ENTRY_VOID)
		sql = each_from_status;
	if ((e = sq_prepare(s, sql, &st, why)) != CRED_OK)
		return e;
	sqlite3_bind_int64(st, 1, (int64_t)from);
	sqlite3_bind_int64(st, 2, (int64_t)to);
	sq_text(st, 3, f->batch);
	sqlite3_bind_int(st, 4, f->kind);
	sqlite3_bind_int(st, 5, f->status);
	sqlite3_bind_int(st, 6, f->state);
	if (f->number != NULL)
		sq_text(st, 7, f->number);
	sq_text(st, 8, f->name);
	sq_text(st, 9, f->work);
	sqlite3_bind_int(st, 10, f->issued_from);
	sqlite3_bind_int(st, 11, f->issued_to);
	while ((e = sq_row(s, st, &row, why)) == CRED_OK && row) {
		if ((e = sq_entry(s, st, &entry, why)) != CRED_OK ||
		    (e = fn(ctx, &entry, why)) != CRED_OK)
			break;
	}
	sqlite3_finalize(st);
	return e;
}

enum cred_err
sqlite_each(struct registry *r, const struct registry_filter *filter,
    registry_each_fn *fn, void *ctx, struct why *why)
{
	struct sqlite_registry *s = self(r);
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st;

	if (sqlite3_get_autocommit(s->db) == 0) /* a walk inside a walk */
		return walk(s, filter, fn, ctx, why);
	if ((st = sq(s, S_BEGIN_READ, &e, why)) == NULL ||
	    (e = sq_run(s, st, why)) != CRED_OK)
		return e;
	e = walk(s, filter, fn, ctx, why);
	return sq_end(s, e, why);
}
