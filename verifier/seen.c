#include "verifier/seen.h"

#include <stdio.h>
#include <stdlib.h>

#include "edge/lang.h"
#include "verifier/tempdb.h"

static const char schema[] =
    "CREATE TABLE note (row INTEGER PRIMARY KEY, claim TEXT, content BLOB,"
    " person BLOB, number TEXT, name TEXT, photo BLOB) STRICT;"
    "CREATE TABLE prior (person BLOB, claim TEXT, subject TEXT,"
    " scheme INTEGER, part INTEGER, year INTEGER, applied INTEGER,"
    " fen INTEGER, kind INTEGER, level INTEGER, issued INTEGER,"
    " trained_from INTEGER, trained_to INTEGER, number TEXT) STRICT;"
    "CREATE INDEX prior_person ON prior (person);";

static const char indexes[] =
    "CREATE INDEX note_claim ON note (claim);"
    "CREATE INDEX note_person ON note (person);"
    "CREATE INDEX note_number ON note (number) WHERE number <> '';"
    "CREATE INDEX note_photo ON note (photo) WHERE photo IS NOT NULL;";

enum {
	Q_NOTE,
	Q_NUMBER,
	Q_NAME,
	Q_PHOTO,
	Q_CLAIM,
	Q_KEEP,
	Q_PRIORS,
	Q_COUNT,
};

static const char *const texts[Q_COUNT] = {
    [Q_NOTE] = "INSERT INTO note VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [Q_NUMBER] = "SELECT row, claim FROM note WHERE number = ?1"
		 " AND number <> '' AND person <> ?2 ORDER BY row LIMIT 1",
    [Q_NAME] =
	"SELECT row, claim FROM note WHERE person = ?2"
	" AND ?1 <> '' AND name <> '' AND name <> ?1 ORDER BY row LIMIT 1",
    [Q_PHOTO] = "SELECT row, claim FROM note WHERE photo = ?1"
		" AND photo IS NOT NULL AND person <> ?2 ORDER BY row LIMIT 1",
    [Q_CLAIM] = "SELECT row, claim FROM note WHERE claim = ?1 AND row <> ?2"
		" AND (content <> ?3 OR row < ?2) ORDER BY row LIMIT 1",
    [Q_KEEP] = "INSERT INTO prior VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
	       " ?10, ?11, ?12, ?13, ?14)",
    [Q_PRIORS] = "SELECT claim, subject, scheme, part, year, applied, fen,"
		 " kind, level, issued, trained_from, trained_to, number"
		 " FROM prior WHERE person = ?1 ORDER BY rowid",
};

struct seen {
	sqlite3 *db;
	sqlite3_stmt *stmts[Q_COUNT];
	bool indexed;
};

enum cred_err
seen_new(struct seen **out, struct why *why)
{
	struct seen *s = calloc(1, sizeof *s);
	enum cred_err e;

	if (s == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	if ((e = tempdb_open(schema, &s->db, why)) != CRED_OK) {
		seen_free(s);
		return e;
	}
	*out = s;
	return CRED_OK;
}

void
seen_free(struct seen *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < Q_COUNT; i++)
		sqlite3_finalize(s->stmts[i]);
	sqlite3_close(s->db);
	free(s);
}

static sqlite3_stmt *
get(struct seen *s, unsigned which)
{
	return tempdb_get(s->db, &s->stmts[which], texts[which]);
}

enum cred_err
seen_note(struct seen *s, const struct seen_row *row, struct why *why)
{
	sqlite3_stmt *st = get(s, Q_NOTE);

	if (st == NULL)
		return tempdb_fail(s->db, why);
	sqlite3_bind_int64(st, 1, row->row);
	tempdb_text(st, 2, row->claim);
	tempdb_blob(st, 3, row->content, 32);
	tempdb_blob(st, 4, row->person, 32);
	tempdb_text(st, 5, row->number);
	tempdb_text(st, 6, row->name);
	tempdb_blob(st, 7, row->photo, 16);
	return tempdb_run(s->db, st, why);
}

/* The row that a question answers with, in words. */
static enum cred_err
answer(struct seen *s, sqlite3_stmt *st, char out[static SEEN_TEXT],
    struct why *why)
{
	int rc = sqlite3_step(st);

	out[0] = '\0';
	if (rc == SQLITE_ROW)
		snprintf(out, SEEN_TEXT, TR("row %lld, %s", "第 %lld 行 %s"),
		    (long long)sqlite3_column_int64(st, 0),
		    (const char *)sqlite3_column_text(st, 1));
	else if (rc != SQLITE_DONE)
		return tempdb_fail(s->db, why);
	sqlite3_reset(st);
	return CRED_OK;
}

static enum cred_err
ask_claim(struct seen *s, const struct seen_row *row, struct seen_others *out,
    struct why *why)
{
	sqlite3_stmt *st = get(s, Q_CLAIM);

	if (st == NULL)
		return tempdb_fail(s->db, why);
	tempdb_text(st, 1, row->claim);
	sqlite3_bind_int64(st, 2, row->row);
	tempdb_blob(st, 3, row->content, 32);
	return answer(s, st, out->claim, why);
}

enum cred_err
seen_ask(struct seen *s, const struct seen_row *row, struct seen_others *out,
    struct why *why)
{
	sqlite3_stmt *st;
	enum cred_err e = CRED_OK;

	if (!s->indexed &&
	    sqlite3_exec(s->db, indexes, NULL, NULL, NULL) != SQLITE_OK)
		return tempdb_fail(s->db, why);
	s->indexed = true;
	*out = (struct seen_others){.number = ""};
	if (*row->claim != '\0')
		e = ask_claim(s, row, out, why);
	if (e != CRED_OK)
		return e;
	if ((st = get(s, Q_NUMBER)) == NULL)
		return tempdb_fail(s->db, why);
	tempdb_text(st, 1, row->number);
	tempdb_blob(st, 2, row->person, 32);
	if ((e = answer(s, st, out->number, why)) != CRED_OK)
		return e;
	if ((st = get(s, Q_NAME)) == NULL)
		return tempdb_fail(s->db, why);
	tempdb_text(st, 1, row->name);
	tempdb_blob(st, 2, row->person, 32);
	if ((e = answer(s, st, out->name, why)) != CRED_OK ||
	    row->photo == NULL)
		return e;
	if ((st = get(s, Q_PHOTO)) == NULL)
		return tempdb_fail(s->db, why);
	tempdb_blob(st, 1, row->photo, 16);
	tempdb_blob(st, 2, row->person, 32);
	return answer(s, st, out->photo, why);
}

enum cred_err
seen_keep(struct seen *s, const uint8_t person[static 32],
    const struct prior *p, struct why *why)
{
	sqlite3_stmt *st = get(s, Q_KEEP);

	if (st == NULL)
		return tempdb_fail(s->db, why);
	tempdb_blob(st, 1, person, 32);
	tempdb_text(st, 2, p->claim);
	tempdb_text(st, 3, p->subject);
	sqlite3_bind_int(st, 4, (int)p->scheme);
	sqlite3_bind_int(st, 5, (int)p->part);
	sqlite3_bind_int(st, 6, p->year);
	sqlite3_bind_int(st, 7, p->applied);
	sqlite3_bind_int64(st, 8, p->fen);
	sqlite3_bind_int(st, 9, p->kind);
	sqlite3_bind_int(st, 10, (int)p->level);
	if (p->has_issued)
		sqlite3_bind_int(st, 11, p->issued);
	if (p->has_trained) {
		sqlite3_bind_int(st, 12, p->trained_from);
		sqlite3_bind_int(st, 13, p->trained_to);
	}
	tempdb_text(st, 14, p->number);
	return tempdb_run(s->db, st, why);
}

static bool
has(sqlite3_stmt *st, int col)
{
	return sqlite3_column_type(st, col) != SQLITE_NULL;
}

enum cred_err
seen_priors(struct seen *s, const uint8_t person[static 32], seen_prior_fn *fn,
    void *ctx, struct why *why)
{
	sqlite3_stmt *st = get(s, Q_PRIORS);
	enum cred_err e = CRED_OK;
	int rc;

	if (st == NULL)
		return tempdb_fail(s->db, why);
	tempdb_blob(st, 1, person, 32);
	while (e == CRED_OK && (rc = sqlite3_step(st)) != SQLITE_DONE) {
		struct prior p;
		if (rc != SQLITE_ROW)
			return tempdb_fail(s->db, why);
		p = (struct prior){
		    .claim = (const char *)sqlite3_column_text(st, 0),
		    .subject = (const char *)sqlite3_column_text(st, 1),
		    .scheme = (enum claim_scheme)sqlite3_column_int(st, 2),
		    .part = (enum claim_part)sqlite3_column_int(st, 3),
		    .year = sqlite3_column_int(st, 4),
		    .applied = sqlite3_column_int(st, 5),
		    .fen = sqlite3_column_int64(st, 6),
		    .kind = sqlite3_column_int(st, 7),
		    .level = (unsigned)sqlite3_column_int(st, 8),
		    .has_issued = has(st, 9),
		    .issued = sqlite3_column_int(st, 9),
		    .has_trained = has(st, 10) && has(st, 11),
		    .trained_from = sqlite3_column_int(st, 10),
		    .trained_to = sqlite3_column_int(st, 11),
		    .number = (const char *)sqlite3_column_text(st, 12)};
		if (p.claim == NULL || p.subject == NULL || p.number == NULL)
			return tempdb_fail(s->db, why);
		e = fn(ctx, &p, why);
	}
	sqlite3_reset(st);
	return e;
}
