#include "registry/sqlite_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/lang.h"

static struct sqlite_registry *
self(struct registry *r)
{
	return (struct sqlite_registry *)r;
}

static enum cred_err
batch_id(struct sqlite_registry *s, const char *batch, uint64_t next,
    int64_t now, int64_t *id, struct why *why)
{
	enum cred_err e = CRED_OK;
	bool row;
	sqlite3_stmt *st = sq(s, S_BATCH_ADD, &e, why);

	e = sq_exec(s, st, e,
	    SQ(SQ_TEXT(batch), SQ_INT((int64_t)next), SQ_INT(now)), why);
	if (e != CRED_OK)
		return e;
	if ((st = sq(s, S_BATCH_GET, &e, why)) == NULL)
		return e;
	sq_text(st, 1, batch);
	if ((e = sq_row(s, st, &row, why)) != CRED_OK)
		return e;
	*id = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return CRED_OK;
}

static enum cred_err
batch_end(struct sqlite_registry *s, int64_t id, uint64_t end, struct why *why)
{
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st = sq(s, S_BATCH_RANGE, &e, why);

	return sq_exec(s, st, e, SQ(SQ_INT(id), SQ_INT((int64_t)end)), why);
}

static enum cred_err
row_get(struct sqlite_registry *s, int64_t batch, struct reservation *r,
    struct why *why)
{
	enum cred_err e = CRED_OK;
	bool row;
	sqlite3_stmt *st = sq(s, S_ROW_GET, &e, why);

	if (st == NULL)
		return e;
	sqlite3_bind_int64(st, 1, batch);
	sq_blob(st, 2, bytes_of(r->row_key, sizeof r->row_key));
	if ((e = sq_row(s, st, &row, why)) != CRED_OK)
		return e;
	r->already = row;
	if (row)
		r->index = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return CRED_OK;
}

/* The next serial of a series, or one given from outside taken note of. */
static enum cred_err
series_take(struct sqlite_registry *s, struct reservation *r, struct why *why)
{
	enum cred_err e = CRED_OK;
	int64_t last = 0, want;
	bool row;
	sqlite3_stmt *st = sq(s, S_SERIES_GET, &e, why);

	if (st == NULL)
		return e;
	sq_text(st, 1, r->number_series);
	if ((e = sq_row(s, st, &row, why)) != CRED_OK)
		return e;
	if (row)
		last = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	if (r->number == NULL) {
		if (last >= 999999999)
			return why_set(why, CRED_FAULT_CONFLICT,
			    TR("row %u: no serial is left in its series",
				"第 %u 行：该序列已没有可用流水号"),
			    r->row);
		want = last + 1;
		r->serial = (uint32_t)want;
	} else {
		want = series_serial(r->number_series, r->number);
	}
	if (want <= last)
		return CRED_OK;
	st = sq(s, S_SERIES_SET, &e, why);
	return sq_exec(
	    s, st, e, SQ(SQ_TEXT(r->number_series), SQ_INT(want)), why);
}

struct replaced {
	char number[64]; /* "" when it has none */
	int64_t generation;
};

static enum cred_err
replace_check(struct sqlite_registry *s, const struct reservation *r,
    struct replaced *out, struct why *why)
{
	enum cred_err e = CRED_OK;
	const char *number;
	bool row, good, oom = false;
	sqlite3_stmt *st = sq(s, S_REPLACE_OLD, &e, why);

	*out = (struct replaced){0};
	if (st == NULL)
		return e;
	sqlite3_bind_int64(st, 1, (int64_t)*r->replaces);
	if ((e = sq_row(s, st, &row, why)) != CRED_OK)
		return e;
	good = row && sqlite3_column_int(st, 3) == 0 &&
	       status_may((enum status_value)sqlite3_column_int(st, 0),
		   STATUS_SUPERSEDED);
	if (good) {
		number = sq_col_text(st, 1, &oom);
		if (number != NULL)
			snprintf(out->number, sizeof out->number, "%s", number);
		out->generation = sqlite3_column_int64(st, 2);
	}
	sqlite3_reset(st);
	if (oom)
		return sq_fail(s, SQLITE_NOMEM, why);
	return good ? CRED_OK : say_no_replace(why, r->row, *r->replaces);
}

/* *generation for a number: 0 if new, one more if it may be kept. */
static enum cred_err
number_check(struct sqlite_registry *s, const struct reservation *r,
    const struct replaced *old, const char *number, int64_t *generation,
    struct why *why)
{
	enum cred_err e = CRED_OK;
	uint64_t index;
	bool row;
	sqlite3_stmt *st;

	*generation = 0;
	if (number == NULL)
		return CRED_OK;
	if ((st = sq(s, S_NUMBER_GET, &e, why)) == NULL)
		return e;
	sq_text(st, 1, number);
	if ((e = sq_row(s, st, &row, why)) != CRED_OK)
		return e;
	index = row ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
	sqlite3_reset(st);
	if (!row)
		return CRED_OK;
	if (r->replaces == NULL || !r->keeps_number || index != *r->replaces ||
	    strcmp(number, old->number) != 0)
		return say_number_exists(why, r->row, index);
	*generation = old->generation + 1;
	return CRED_OK;
}

static enum cred_err
entry_add(struct sqlite_registry *s, int64_t batch, const struct reservation *r,
    const struct registry_entry *in, int64_t generation, int64_t now,
    struct why *why)
{
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st = sq(s, S_ENTRY_ADD, &e, why);

	if (st == NULL)
		return e;
	if (r->replaces != NULL)
		sqlite3_bind_int64(st, 19, (int64_t)*r->replaces);
	return sq_exec(s, st, e,
	    SQ(SQ_INT((int64_t)r->index), SQ_INT(batch), SQ_INT(r->row),
		SQ_BLOB(bytes_of(r->row_key, sizeof r->row_key)),
		SQ_INT(in->kind), SQ_TEXT(in->number), SQ_INT(generation),
		SQ_TEXT(in->name), SQ_INT(in->id_type), SQ_TEXT(in->id_number),
		SQ_TEXT(in->occupation), SQ_TEXT(in->code),
		SQ_TEXT(in->direction), SQ_INT(in->level), SQ_INT(in->issued),
		SQ_BLOB(in->payload), SQ_BLOB(in->print), SQ_INT(now)),
	    why);
}

static const char *
actor_of(const struct sqlite_registry *s)
{
	return s->base.actor != NULL ? s->base.actor : "-";
}

static enum cred_err
note_replace(struct sqlite_registry *s, const struct reservation *r,
    int64_t now, struct why *why)
{
	char subject[TRAIL_TEXT], detail[TRAIL_TEXT];

	trail_replace(r, subject, detail);
	return sq_audit(s, actor_of(s), "replace", subject, detail, now, why);
}

static enum cred_err
note_issue(struct sqlite_registry *s, const char *batch,
    const struct reservation *rows, size_t n, int64_t now, struct why *why)
{
	char subject[TRAIL_TEXT], detail[TRAIL_TEXT];
	size_t count = 0;
	uint64_t first = 0;

	for (size_t i = n; i-- > 0;)
		if (!rows[i].already && rows[i].replaces == NULL) {
			count++;
			first = rows[i].index;
		}
	if (count == 0)
		return CRED_OK;
	trail_issue(batch, count, first, subject, detail);
	return sq_audit(s, actor_of(s), "issue", subject, detail, now, why);
}

static enum cred_err
reserve_one(struct sqlite_registry *s, int64_t batch, struct reservation *rows,
    size_t i, uint64_t *next, int64_t now, registry_fill_fn *fill, void *ctx,
    struct why *why)
{
	struct reservation *r = &rows[i];
	struct registry_entry in = {0};
	struct replaced old = {0};
	int64_t generation;
	enum cred_err e;

	if ((e = row_get(s, batch, r, why)) != CRED_OK || r->already)
		return e;
	if (*next >= TLOG_MAX_SIZE)
		return say_index_full(why);
	if (r->replaces != NULL &&
	    (e = replace_check(s, r, &old, why)) != CRED_OK)
		return e;
	if (r->number_series != NULL && (e = series_take(s, r, why)) != CRED_OK)
		return e;
	r->index = *next;
	if ((e = fill(ctx, r, i, &in, why)) != CRED_OK ||
	    (e = entry_check(&in, r->row, why)) != CRED_OK ||
	    (e = number_check(s, r, &old, in.number, &generation, why)) ||
	    (e = entry_add(s, batch, r, &in, generation, now, why)) != CRED_OK)
		return e;
	(*next)++;
	return r->replaces == NULL ? CRED_OK : note_replace(s, r, now, why);
}

enum cred_err
sqlite_reserve(struct registry *reg, const char *batch,
    struct reservation *rows, size_t n, int64_t now, registry_fill_fn *fill,
    void *ctx, struct why *why)
{
	struct sqlite_registry *s = self(reg);
	uint64_t first = 0, next;
	int64_t id = 0;
	enum cred_err e = sq_begin(s, why);

	if (e != CRED_OK)
		return e;
	if ((e = sqlite_next_index(reg, &first, why)) != CRED_OK ||
	    (e = batch_id(s, batch, first, now, &id, why)) != CRED_OK)
		goto out;
	next = first;
	for (size_t i = 0; i < n; i++)
		if ((e = reserve_one(s, id, rows, i, &next, now, fill, ctx,
			 why)) != CRED_OK)
			goto out;
	if (next != first)
		e = batch_end(s, id, next, why);
	if (e == CRED_OK)
		e = note_issue(s, batch, rows, n, now, why);
out:
	return sq_end(s, e, why);
}
