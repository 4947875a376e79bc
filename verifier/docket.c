#include "verifier/docket.h"

#include <jansson.h>
#include <stdlib.h>

#include "edge/file.h"
#include "edge/lang.h"

static void
bind_text(sqlite3_stmt *st, int i, const char *s)
{
	sqlite3_bind_text(st, i, s, -1, SQLITE_TRANSIENT);
}

static void
bind_hash(sqlite3_stmt *st, int i, const uint8_t hash[static 32])
{
	sqlite3_bind_blob(st, i, hash, 32, SQLITE_TRANSIENT);
}

static enum cred_err
nomem(struct why *why)
{
	return why_set(
	    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
}

static enum cred_err
find_sha256(struct deskdb *d, const uint8_t sha256[static 32], int64_t *id,
    struct why *why)
{
	enum cred_err e = CRED_OK;
	bool row;
	sqlite3_stmt *st = deskdb_prepare(
	    d, "SELECT id FROM sheet WHERE sha256 = ?1", &e, why);

	if (st == NULL)
		return e;
	bind_hash(st, 1, sha256);
	if ((e = deskdb_step(d, st, &row, why)) != CRED_OK)
		return e;
	if (!row)
		return CRED_FAULT_INTERNAL;
	*id = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return CRED_OK;
}

enum cred_err
docket_add(struct deskdb *d, const uint8_t sha256[static 32], const char *name,
    const char *by, int64_t now, int64_t *id, bool *already, struct why *why)
{
	enum cred_err e = CRED_OK;
	int changed = 0;
	sqlite3_stmt *st;

	deskdb_lock(d);
	st = deskdb_prepare(d,
	    "INSERT INTO sheet (sha256, name, by, at, state)"
	    " VALUES (?1, ?2, ?3, ?4, 1) ON CONFLICT DO UPDATE"
	    " SET state = 1, why = '' WHERE state = 4",
	    &e, why);
	if (st != NULL) {
		bind_hash(st, 1, sha256);
		bind_text(st, 2, name);
		bind_text(st, 3, by);
		sqlite3_bind_int64(st, 4, now);
		e = deskdb_run(d, st, &changed, why);
	}
	*already = changed == 0;
	if (e == CRED_OK)
		e = find_sha256(d, sha256, id, why);
	deskdb_unlock(d);
	return e;
}

#define SHEET_COLUMNS                                                          \
	"id, sha256, name, by, at, state, why, done, total, judged_at,"        \
	" rules, xlsx, csv, looked"

static void
read_sheet(sqlite3_stmt *st, struct sheet *out)
{
	*out = (struct sheet){.id = sqlite3_column_int64(st, 0),
	    .at = sqlite3_column_int64(st, 4),
	    .state = (enum sheet_state)sqlite3_column_int(st, 5),
	    .done = (uint32_t)sqlite3_column_int64(st, 7),
	    .total = (uint32_t)sqlite3_column_int64(st, 8),
	    .judged_at = sqlite3_column_int64(st, 9),
	    .looked = sqlite3_column_int(st, 13)};
	deskdb_hash(st, 1, out->sha256);
	deskdb_text(st, 2, out->name, sizeof out->name);
	deskdb_text(st, 3, out->by, sizeof out->by);
	deskdb_text(st, 6, out->why, sizeof out->why);
	deskdb_text(st, 10, out->rules, sizeof out->rules);
	deskdb_hash(st, 11, out->xlsx);
	deskdb_hash(st, 12, out->csv);
}

static enum cred_err
read_verdicts(struct deskdb *d, struct sheet *s, struct why *why)
{
	enum cred_err e = CRED_OK;
	bool row;
	sqlite3_stmt *st = deskdb_prepare(d,
	    "SELECT verdict, count(*), sum(fen) FROM line WHERE sheet = ?1"
	    " GROUP BY verdict",
	    &e, why);

	if (st == NULL)
		return e;
	sqlite3_bind_int64(st, 1, s->id);
	while ((e = deskdb_step(d, st, &row, why)) == CRED_OK && row) {
		int v = sqlite3_column_int(st, 0);
		if (v < 0 || v > REVIEW_FAIL)
			continue;
		s->verdicts[v] = (size_t)sqlite3_column_int64(st, 1);
		s->fen[v] = sqlite3_column_int64(st, 2);
	}
	return e;
}

enum cred_err
docket_sheet(struct deskdb *d, int64_t id, struct sheet *out, bool *found,
    struct why *why)
{
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st;

	deskdb_lock(d);
	st = deskdb_prepare(
	    d, "SELECT " SHEET_COLUMNS " FROM sheet WHERE id = ?1", &e, why);
	if (st != NULL) {
		sqlite3_bind_int64(st, 1, id);
		e = deskdb_step(d, st, found, why);
		if (e == CRED_OK && *found) {
			read_sheet(st, out);
			sqlite3_finalize(st);
			e = read_verdicts(d, out, why);
		}
	}
	deskdb_unlock(d);
	return e;
}

enum cred_err
docket_sheets(
    struct deskdb *d, size_t n, docket_sheet_fn *fn, void *ctx, struct why *why)
{
	enum cred_err e = CRED_OK;
	struct sheet s;
	bool row;
	sqlite3_stmt *st;

	deskdb_lock(d);
	st = deskdb_prepare(d,
	    "SELECT " SHEET_COLUMNS " FROM sheet ORDER BY id DESC LIMIT ?1", &e,
	    why);
	if (st != NULL)
		sqlite3_bind_int64(st, 1, (int64_t)n);
	while (st != NULL && (e = deskdb_step(d, st, &row, why)) == CRED_OK &&
	       row) {
		read_sheet(st, &s);
		e = read_verdicts(d, &s, why);
		if (e == CRED_OK)
			e = fn(ctx, &s, why);
		if (e != CRED_OK) {
			sqlite3_finalize(st);
			break;
		}
	}
	deskdb_unlock(d);
	return e;
}

static enum cred_err
run_for_sheet(struct deskdb *d, const char *sql, int64_t sheet, int *changed,
    struct why *why)
{
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st = deskdb_prepare(d, sql, &e, why);

	if (st == NULL)
		return e;
	sqlite3_bind_int64(st, 1, sheet);
	return deskdb_run(d, st, changed, why);
}

enum cred_err
docket_last(
    struct deskdb *d, int64_t sheet, int64_t *at, bool *busy, struct why *why)
{
	enum cred_err e = CRED_OK;
	bool row = false;
	sqlite3_stmt *st;

	*at = 0;
	*busy = false;
	deskdb_lock(d);
	st = deskdb_prepare(d,
	    "SELECT max(s.at, s.judged_at,"
	    " coalesce((SELECT max(at) FROM line WHERE sheet = ?1), 0),"
	    " coalesce((SELECT max(at) FROM bulk WHERE sheet = ?1), 0)),"
	    " EXISTS (SELECT 1 FROM bulk WHERE sheet = ?1 AND state < 3)"
	    " OR EXISTS (SELECT 1 FROM kept WHERE sheet = ?1)"
	    " FROM sheet s WHERE s.id = ?1",
	    &e, why);
	if (st != NULL) {
		sqlite3_bind_int64(st, 1, sheet);
		e = deskdb_step(d, st, &row, why);
	}
	if (st != NULL && row) {
		*at = sqlite3_column_int64(st, 0);
		*busy = sqlite3_column_int(st, 1) != 0;
		sqlite3_finalize(st);
	}
	deskdb_unlock(d);
	return e;
}

enum cred_err
docket_drop(struct deskdb *d, int64_t sheet, struct why *why)
{
	enum cred_err e;

	deskdb_lock(d);
	e = run_for_sheet(
	    d, "DELETE FROM sheet WHERE id = ?1", sheet, NULL, why);
	deskdb_unlock(d);
	return e;
}

enum cred_err
docket_review_again(
    struct deskdb *d, int64_t sheet, bool *done, struct why *why)
{
	int changed = 0;
	enum cred_err e;

	deskdb_lock(d);
	e = run_for_sheet(d,
	    "UPDATE sheet SET state = 1, why = '', done = 0, total = 0"
	    " WHERE id = ?1 AND state IN (3, 4) AND NOT EXISTS"
	    " (SELECT 1 FROM bulk WHERE sheet = ?1 AND state < 3)",
	    sheet, &changed, why);
	deskdb_unlock(d);
	*done = changed == 1;
	return e;
}

/* A row that is there knows better than what was kept before it. */
static enum cred_err
keep_decided(struct deskdb *d, int64_t sheet, struct why *why)
{
	return run_for_sheet(d,
	    "INSERT INTO kept SELECT sheet, row, state, by, at, note FROM line"
	    " WHERE sheet = ?1 AND (state <> 0 OR at <> 0)"
	    " ON CONFLICT DO UPDATE SET state = excluded.state,"
	    " by = excluded.by, at = excluded.at, note = excluded.note",
	    sheet, NULL, why);
}

enum cred_err
docket_review_begin(struct deskdb *d, int64_t sheet, struct why *why)
{
	enum cred_err e;

	deskdb_lock(d);
	e = deskdb_begin(d, why);
	if (e == CRED_OK) {
		e = keep_decided(d, sheet, why);
		if (e == CRED_OK)
			e = run_for_sheet(d,
			    "DELETE FROM line WHERE sheet = ?1", sheet, NULL,
			    why);
		if (e == CRED_OK)
			e = run_for_sheet(d,
			    "UPDATE sheet SET state = 2, done = 0, total = 0,"
			    " why = '' WHERE id = ?1",
			    sheet, NULL, why);
		e = deskdb_end(d, e, why);
	}
	deskdb_unlock(d);
	return e;
}

enum cred_err
docket_progress(struct deskdb *d, int64_t sheet, uint32_t done, uint32_t total,
    struct why *why)
{
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st = deskdb_prepare(
	    d, "UPDATE sheet SET done = ?2, total = ?3 WHERE id = ?1", &e, why);

	if (st == NULL)
		return e;
	sqlite3_bind_int64(st, 1, sheet);
	sqlite3_bind_int64(st, 2, done);
	sqlite3_bind_int64(st, 3, total);
	return deskdb_run(d, st, NULL, why);
}

enum cred_err
docket_review_end(struct deskdb *d, int64_t sheet, int64_t judged_at,
    const char *rules, int looked, const uint8_t xlsx[static 32],
    const uint8_t csv[static 32], struct why *why)
{
	enum cred_err e;
	sqlite3_stmt *st;

	deskdb_lock(d);
	e = deskdb_begin(d, why);
	if (e != CRED_OK) {
		deskdb_unlock(d);
		return e;
	}
	st = deskdb_prepare(d,
	    "UPDATE sheet SET state = 3, done = total, judged_at = ?2,"
	    " rules = ?3, xlsx = ?4, csv = ?5, looked = ?6 WHERE id = ?1",
	    &e, why);
	if (st != NULL) {
		sqlite3_bind_int64(st, 1, sheet);
		sqlite3_bind_int64(st, 2, judged_at);
		bind_text(st, 3, rules);
		bind_hash(st, 4, xlsx);
		bind_hash(st, 5, csv);
		sqlite3_bind_int(st, 6, looked);
		e = deskdb_run(d, st, NULL, why);
	}
	if (e == CRED_OK)
		e = run_for_sheet(
		    d, "DELETE FROM kept WHERE sheet = ?1", sheet, NULL, why);
	e = deskdb_end(d, e, why);
	deskdb_unlock(d);
	return e;
}

enum cred_err
docket_review_fail(
    struct deskdb *d, int64_t sheet, const char *text, struct why *why)
{
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st;

	deskdb_lock(d);
	st = deskdb_prepare(
	    d, "UPDATE sheet SET state = 4, why = ?2 WHERE id = ?1", &e, why);
	if (st != NULL) {
		sqlite3_bind_int64(st, 1, sheet);
		bind_text(st, 2, text);
		e = deskdb_run(d, st, NULL, why);
	}
	deskdb_unlock(d);
	return e;
}

#define BULK_COLUMNS                                                           \
	"id, sheet, act, by, at, warned, state, why, done, made, already,"     \
	" refused"

static void
read_bulk(sqlite3_stmt *st, struct bulk *out)
{
	*out = (struct bulk){.id = sqlite3_column_int64(st, 0),
	    .sheet = sqlite3_column_int64(st, 1),
	    .act = sqlite3_column_int(st, 2),
	    .at = sqlite3_column_int64(st, 4),
	    .warned = sqlite3_column_int(st, 5) != 0,
	    .state = (enum bulk_state)sqlite3_column_int(st, 6),
	    .done = (uint32_t)sqlite3_column_int64(st, 8),
	    .made = (uint32_t)sqlite3_column_int64(st, 9),
	    .already = (uint32_t)sqlite3_column_int64(st, 10),
	    .refused = (uint32_t)sqlite3_column_int64(st, 11)};
	deskdb_text(st, 3, out->by, sizeof out->by);
	deskdb_text(st, 7, out->why, sizeof out->why);
}

enum cred_err
docket_bulk_add(struct deskdb *d, const struct bulk *b, struct why *why)
{
	enum cred_err e = CRED_OK;
	int changed = 0;
	sqlite3_stmt *st;

	deskdb_lock(d);
	st = deskdb_prepare(d,
	    "INSERT INTO bulk (sheet, act, by, at, warned, state)"
	    " SELECT ?1, ?2, ?3, ?4, ?5, 1 WHERE NOT EXISTS"
	    " (SELECT 1 FROM bulk WHERE sheet = ?1 AND state < 3)",
	    &e, why);
	if (st != NULL) {
		sqlite3_bind_int64(st, 1, b->sheet);
		sqlite3_bind_int(st, 2, b->act);
		bind_text(st, 3, b->by);
		sqlite3_bind_int64(st, 4, b->at);
		sqlite3_bind_int(st, 5, b->warned);
		e = deskdb_run(d, st, &changed, why);
	}
	deskdb_unlock(d);
	if (e == CRED_OK && changed == 0)
		return why_set(why, CRED_FAULT_CONFLICT,
		    TR("another act on this table is still running; wait for "
		       "its end",
			"这张表还有一项批量办理没有结束，请等它完成"));
	return e;
}

enum cred_err
docket_bulk_put(struct deskdb *d, const struct bulk *b, struct why *why)
{
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st;

	deskdb_lock(d);
	st = deskdb_prepare(d,
	    "UPDATE bulk SET state = ?2, why = ?3, done = ?4, made = ?5,"
	    " already = ?6, refused = ?7 WHERE id = ?1",
	    &e, why);
	if (st != NULL) {
		sqlite3_bind_int64(st, 1, b->id);
		sqlite3_bind_int(st, 2, (int)b->state);
		bind_text(st, 3, b->why);
		sqlite3_bind_int64(st, 4, b->done);
		sqlite3_bind_int64(st, 5, b->made);
		sqlite3_bind_int64(st, 6, b->already);
		sqlite3_bind_int64(st, 7, b->refused);
		e = deskdb_run(d, st, NULL, why);
	}
	deskdb_unlock(d);
	return e;
}

static enum cred_err
one_bulk(struct deskdb *d, const char *sql, int64_t sheet, struct bulk *out,
    bool *found, struct why *why)
{
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st = deskdb_prepare(d, sql, &e, why);

	if (st == NULL)
		return e;
	sqlite3_bind_int64(st, 1, sheet);
	e = deskdb_step(d, st, found, why);
	if (e == CRED_OK && *found) {
		read_bulk(st, out);
		sqlite3_finalize(st);
	}
	return e;
}

enum cred_err
docket_bulk_of(struct deskdb *d, int64_t sheet, struct bulk *out, bool *found,
    struct why *why)
{
	enum cred_err e;

	deskdb_lock(d);
	e = one_bulk(d,
	    "SELECT " BULK_COLUMNS
	    " FROM bulk WHERE sheet = ?1 ORDER BY id DESC LIMIT 1",
	    sheet, out, found, why);
	deskdb_unlock(d);
	return e;
}

enum cred_err
docket_next(struct deskdb *d, struct docket_job *out, struct why *why)
{
	enum cred_err e = CRED_OK;
	bool row = false;
	sqlite3_stmt *st;

	*out = (struct docket_job){JOB_NONE};
	deskdb_lock(d);
	st = deskdb_prepare(d,
	    "SELECT id FROM sheet WHERE state < 3"
	    " ORDER BY state DESC, id LIMIT 1",
	    &e, why);
	if (st != NULL)
		e = deskdb_step(d, st, &row, why);
	if (e == CRED_OK && row) {
		out->what = JOB_REVIEW;
		out->sheet = sqlite3_column_int64(st, 0);
		sqlite3_finalize(st);
	} else if (e == CRED_OK) {
		e = one_bulk(d,
		    "SELECT " BULK_COLUMNS " FROM bulk WHERE state < 3 AND"
		    " ?1 = 0 ORDER BY state DESC, id LIMIT 1",
		    0, &out->bulk, &row, why);
		if (e == CRED_OK && row) {
			out->what = JOB_BULK;
			out->sheet = out->bulk.sheet;
		}
	}
	deskdb_unlock(d);
	if (e != CRED_OK)
		return e == CRED_FAULT_NOMEM ? nomem(why) : e;
	return CRED_OK;
}

char *
review_table_path(
    const char *home, const uint8_t sha256[static 32], const char *ending)
{
	char name[80], *dir = file_join(home, "tables"), *path;

	for (int i = 0; i < 32; i++)
		snprintf(name + 2 * i, 3, "%02x", sha256[i]);
	snprintf(name + 64, sizeof name - 64, "%s", ending);
	path = dir != NULL ? file_join(dir, name) : NULL;
	free(dir);
	return path;
}
