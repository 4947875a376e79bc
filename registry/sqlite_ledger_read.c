#include <stdio.h>
#include <string.h>

#include "registry/sqlite_ledger_int.h"

static struct sqlite_registry *
self(struct registry *r)
{
	return (struct sqlite_registry *)r;
}

static const char tables[] = "SELECT count(*) FROM sqlite_schema"
			     " WHERE type = 'table' AND name = 'claim'";

static void
copy_hash(sqlite3_stmt *st, int col, uint8_t out[static 32], bool *oom)
{
	struct bytes b = sq_col_blob(st, col, oom);

	memset(out, 0, 32);
	if (b.len == 32)
		memcpy(out, b.ptr, 32);
}

/* NULL unless it is there whole. */
static const uint8_t *
mark(sqlite3_stmt *st, int col, bool *oom)
{
	struct bytes b;

	if (sqlite3_column_type(st, col) == SQLITE_NULL)
		return NULL;
	b = sq_col_blob(st, col, oom);
	return b.len == LEDGER_MARK ? b.ptr : NULL;
}

enum cred_err
sq_ledger_claim(struct sqlite_registry *s, sqlite3_stmt *st,
    struct ledger_claim *out, int64_t *seq, struct why *why)
{
	bool oom = false;

	*seq = sqlite3_column_int64(st, 0);
	*out = (struct ledger_claim){
	    .id = sq_col_text(st, 1, &oom),
	    .subject = sq_col_text(st, 4, &oom),
	    .scheme = sqlite3_column_int(st, 5),
	    .part = (enum ledger_part)sqlite3_column_int(st, 6),
	    .year = sqlite3_column_int(st, 7),
	    .kind = sqlite3_column_int(st, 8),
	    .level = (unsigned)sqlite3_column_int(st, 9),
	    .applied = sqlite3_column_int(st, 10),
	    .issued = sqlite3_column_int(st, 11),
	    .trained_from = sqlite3_column_int(st, 12),
	    .trained_to = sqlite3_column_int(st, 13),
	    .fen = sqlite3_column_int64(st, 14),
	    .number = sq_col_text(st, 15, &oom),
	    .institution = sq_col_text(st, 16, &oom),
	    .body_id = sq_col_text(st, 17, &oom),
	    .codes = sq_col_text(st, 18, &oom),
	    .state = (enum ledger_state)sqlite3_column_int(st, 19),
	    .booked_by = sq_col_text(st, 20, &oom),
	    .changed_at = sqlite3_column_int64(st, 21),
	    .index = sqlite3_column_int64(st, 22),
	    .region = sqlite3_column_type(st, 23) == SQLITE_NULL
			  ? ""
			  : sq_col_text(st, 23, &oom),
	    .department = sqlite3_column_int(st, 24),
	    .phone = mark(st, 25, &oom),
	    .account = mark(st, 26, &oom),
	    .photo = mark(st, 27, &oom),
	};
	copy_hash(st, 2, out->content, &oom);
	copy_hash(st, 3, out->person, &oom);
	return oom ? sq_fail(s, SQLITE_NOMEM, why) : CRED_OK;
}

static enum cred_err
has_tables(struct sqlite_registry *s, bool *has, struct why *why)
{
	enum cred_err e = CRED_OK;
	bool row;
	sqlite3_stmt *st;

	*has = s->has_ledger;
	if (*has ||
	    (st = sq_get(s, &s->ledger_tables, tables, &e, why)) == NULL ||
	    (e = sq_row(s, st, &row, why)) != CRED_OK)
		return e;
	*has = s->has_ledger = row && sqlite3_column_int(st, 0) == 1;
	sqlite3_reset(st);
	return CRED_OK;
}

/* Where a statement is kept that is asked for every claim; NULL for the others.
 * One that is walking already is no good for a callback that asks too. */
static sqlite3_stmt **
each_slot(struct sqlite_registry *s, const struct ledger_filter *f)
{
	int ways = (f->id != NULL) + (f->person != NULL) + (f->number != NULL);
	sqlite3_stmt **slot;

	if (ways != 1 || f->body_id != NULL || f->state > 0 ||
	    f->newest > 0)
		return NULL;
	slot =
	    &s->ledger_each[(f->state < 0 ? 3 : 0) +
			    (f->id != NULL ? 0 : (f->person != NULL ? 1 : 2))];
	return *slot != NULL && sqlite3_stmt_busy(*slot) ? NULL : slot;
}

static enum cred_err
prepare_each(struct sqlite_registry *s, const struct ledger_filter *f,
    sqlite3_stmt **slot, sqlite3_stmt **out, struct why *why)
{
	char sql[1024];
	enum cred_err e = CRED_OK;

	snprintf(sql, sizeof sql,
	    SQ_CLAIM_SELECT " WHERE 1%s%s%s%s%s%s%s"
			    " ORDER BY c.seq",
	    f->id != NULL ? " AND c.id = ?1" : "",
	    f->person != NULL ? " AND c.person = ?2" : "",
	    f->number != NULL ? " AND c.number = ?3 AND c.number <> ''" : "",
	    f->body_id != NULL ? " AND c.body_id = ?4" : "",
	    f->state > 0 ? " AND c.state = ?5" : "",
	    f->state < 0 ? " AND c.state < 4" : "",
	    f->newest > 0 ? " AND c.seq > (SELECT max(seq) FROM claim) - ?6"
			  : "");
	if (slot != NULL)
		*out = sq_get(s, slot, sql, &e, why);
	else
		e = sq_prepare(s, sql, out, why);
	if (e != CRED_OK)
		return e;
	if (f->id != NULL)
		sq_text(*out, 1, f->id);
	if (f->person != NULL)
		sq_blob(*out, 2, bytes_of(f->person, 32));
	if (f->number != NULL)
		sq_text(*out, 3, f->number);
	if (f->body_id != NULL)
		sq_text(*out, 4, f->body_id);
	if (f->state > 0)
		sqlite3_bind_int(*out, 5, f->state);
	if (f->newest > 0)
		sqlite3_bind_int64(*out, 6, f->newest);
	return CRED_OK;
}

enum cred_err
sqlite_ledger_each(struct registry *r, const struct ledger_filter *f,
    ledger_each_fn *fn, void *ctx, struct why *why)
{
	struct sqlite_registry *s = self(r);
	sqlite3_stmt *st = NULL, **slot;
	struct ledger_claim c;
	bool row = true, has = false;
	int64_t seq;
	enum cred_err e = has_tables(s, &has, why);

	if (e != CRED_OK || !has)
		return e;
	slot = each_slot(s, f);
	e = prepare_each(s, f, slot, &st, why);
	while (e == CRED_OK) {
		e = sq_row(s, st, &row, why);
		if (e != CRED_OK || !row)
			break;
		e = sq_ledger_claim(s, st, &c, &seq, why);
		if (e == CRED_OK)
			e = fn(ctx, &c, why);
	}
	if (slot != NULL)
		sqlite3_reset(st);
	else
		sqlite3_finalize(st);
	return e;
}
