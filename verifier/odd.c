#include "verifier/odd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table/table.h"

static const char schema[] =
    "CREATE TABLE body (id TEXT PRIMARY KEY, name TEXT) WITHOUT ROWID, STRICT;"
    "CREATE TABLE fact (cert TEXT PRIMARY KEY, claim TEXT, body TEXT, "
    "institution TEXT,"
    " number TEXT, trade TEXT, level INTEGER, issued INTEGER, ended INTEGER,"
    " person BLOB, phone BLOB, account BLOB, photo BLOB) STRICT;"
    "CREATE TABLE session (body TEXT, day INTEGER, assessed INTEGER,"
    " passed INTEGER, capacity INTEGER) STRICT;";

static const char indexes[] =
    "CREATE INDEX IF NOT EXISTS fact_day ON fact (body, issued);"
    "CREATE INDEX IF NOT EXISTS fact_number ON"
    " fact (body, institution, number) WHERE number <> '';"
    "CREATE INDEX IF NOT EXISTS fact_person ON fact (person, trade)"
    " WHERE level > 0;"
    "CREATE INDEX IF NOT EXISTS fact_phone ON fact (phone)"
    " WHERE phone IS NOT NULL;"
    "CREATE INDEX IF NOT EXISTS fact_account ON fact (account)"
    " WHERE account IS NOT NULL;"
    "CREATE INDEX IF NOT EXISTS fact_photo ON fact (photo)"
    " WHERE photo IS NOT NULL;";

enum {
	Q_ADD,
	Q_BODY,
	Q_NAME,
	Q_SESSION,
	Q_BODIES,
	Q_DAYS,
	Q_CAPACITY,
	Q_WEEKEND,
	Q_PASSED,
	Q_NUMBERS,
	Q_PHONE, /* and account, photo: the order of their kinds */
	Q_ACCOUNT,
	Q_PHOTO,
	Q_WHO, /* the same three */
	Q_LEVELS = Q_WHO + 3,
	Q_ENDED,
	Q_COUNT,
};

/* People who share a mark, and whose certificates show it most. */
#define SHARED(mark)                                                           \
	"SELECT " mark ", count(DISTINCT person), min(issued), max(issued)"    \
	" FROM fact WHERE " mark " IS NOT NULL GROUP BY " mark                 \
	" HAVING count(DISTINCT person) > 1"
#define WHO(mark)                                                              \
	"SELECT body, claim, count(*) OVER (PARTITION BY body) AS n FROM fact" \
	" WHERE " mark " = ?1 ORDER BY n DESC, body, claim LIMIT 8"

static const char *const texts[Q_COUNT] = {
    [Q_ADD] = "INSERT OR IGNORE INTO fact VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7,"
	      " ?8, ?9, ?10, ?11, ?12, ?13)",
    [Q_BODY] = "INSERT INTO body VALUES (?1, ?2) ON CONFLICT DO UPDATE SET"
	       " name = excluded.name WHERE name = ''",
    [Q_NAME] = "UPDATE body SET name = ?2 WHERE id = ?1 AND name = ''",
    [Q_SESSION] = "INSERT INTO session VALUES (?1, ?2, ?3, ?4, ?5)",
    [Q_BODIES] = "SELECT b.id, b.name, (SELECT count(*) FROM fact f"
		 " WHERE f.body = b.id) FROM body b ORDER BY b.id",
    /* By size: the middle one is the body's usual day. */
    [Q_DAYS] = "SELECT issued, count(*) AS n FROM fact WHERE body = ?1"
	       " AND issued IS NOT NULL GROUP BY issued ORDER BY n, issued",
    [Q_CAPACITY] = "SELECT max(capacity) FROM session WHERE body = ?1",
    [Q_WEEKEND] = "SELECT body, sum(((issued % 7) + 7) % 7 IN (2, 3)),"
		  " count(*), min(issued), max(issued) FROM fact"
		  " WHERE issued IS NOT NULL GROUP BY body",
    [Q_PASSED] = "SELECT body, sum(passed), sum(assessed), min(day), max(day)"
		 " FROM session GROUP BY body",
    [Q_NUMBERS] = "SELECT body, institution, number, issued FROM fact"
		  " WHERE number <> '' ORDER BY body, institution, number",
    [Q_PHONE] = SHARED("phone"),
    [Q_ACCOUNT] = SHARED("account"),
    [Q_PHOTO] = SHARED("photo"),
    [Q_WHO] = WHO("phone"),
    [Q_WHO + 1] = WHO("account"),
    [Q_WHO + 2] = WHO("photo"),
    /* A lower level after a higher one, or the next one too soon. */
    [Q_LEVELS] = "SELECT b.body, count(DISTINCT b.person), count(*),"
		 " min(b.issued), max(b.issued) FROM fact b JOIN fact a"
		 " ON a.person = b.person AND a.trade = b.trade"
		 " WHERE b.level > 0 AND a.level > 0 AND a.level <> b.level"
		 " AND a.issued <= b.issued AND a.cert <> b.cert"
		 " AND (a.level < b.level OR b.issued - a.issued < ?1)"
		 " GROUP BY b.body",
    [Q_ENDED] = "SELECT body, sum(issued < ended), count(*), min(issued),"
		" max(issued) FROM fact WHERE issued IS NOT NULL"
		" AND ended IS NOT NULL GROUP BY body",
};

struct odd {
	sqlite3 *db;
	sqlite3_stmt *stmts[Q_COUNT];
	uint64_t *days; /* of one body, sorted */
	size_t n_days, cap_days;
};

enum cred_err
odd_new(struct odd **out, struct why *why)
{
	struct odd *o = calloc(1, sizeof *o);
	enum cred_err e;

	if (o == NULL)
		return why_set(
		    why, CRED_FAULT_NOMEM, "%s", cred_strerr(CRED_FAULT_NOMEM));
	if ((e = tempdb_open(schema, &o->db, why)) != CRED_OK) {
		free(o);
		return e;
	}
	*out = o;
	return CRED_OK;
}

void
odd_free(struct odd *o)
{
	if (o == NULL)
		return;
	for (size_t i = 0; i < Q_COUNT; i++)
		sqlite3_finalize(o->stmts[i]);
	sqlite3_close(o->db);
	free(o->days);
	free(o);
}

static enum cred_err
get(struct odd *o, int which, sqlite3_stmt **out, struct why *why)
{
	*out = tempdb_get(o->db, &o->stmts[which], texts[which]);
	return *out != NULL ? CRED_OK : tempdb_fail(o->db, why);
}

static enum cred_err
put_body(
    struct odd *o, int which, const char *id, const char *name, struct why *why)
{
	sqlite3_stmt *st;
	enum cred_err e = get(o, which, &st, why);

	if (e != CRED_OK)
		return e;
	tempdb_text(st, 1, id);
	tempdb_text(st, 2, name);
	return tempdb_run(o->db, st, why);
}

/* "occ:CODE:LEVEL" without its level. */
static void
bind_trade(sqlite3_stmt *st, int i, const char *subject)
{
	const char *end = strrchr(subject, ':');

	sqlite3_bind_text(st, i, subject,
	    end != NULL ? (int)(end - subject) : -1, SQLITE_STATIC);
}

enum cred_err
odd_add(struct odd *o, const struct odd_fact *f, struct why *why)
{
	char cert[128];
	sqlite3_stmt *st;
	enum cred_err e = put_body(o, Q_BODY, f->body_id, f->body_name, why);

	if (e != CRED_OK || (e = get(o, Q_ADD, &st, why)) != CRED_OK)
		return e;
	if (f->index >= 0)
		snprintf(cert, sizeof cert, "%s/%lld", f->body_id,
		    (long long)f->index);
	else
		snprintf(cert, sizeof cert, "claim %s", f->claim);
	tempdb_text(st, 1, cert);
	tempdb_text(st, 2, f->claim);
	tempdb_text(st, 3, f->body_id);
	tempdb_text(st, 4, f->institution);
	tempdb_text(st, 5, f->number);
	bind_trade(st, 6, f->subject);
	sqlite3_bind_int(st, 7, (int)f->level);
	if (f->has_issued)
		sqlite3_bind_int(st, 8, f->issued);
	if (f->has_trained)
		sqlite3_bind_int(st, 9, f->trained_to);
	tempdb_blob(st, 10, f->person, 32);
	tempdb_blob(st, 11, f->phone, 16);
	tempdb_blob(st, 12, f->account, 16);
	tempdb_blob(st, 13, f->photo, 16);
	return tempdb_run(o->db, st, why);
}

enum cred_err
odd_name(struct odd *o, const char *body_id, const char *name, struct why *why)
{
	return put_body(o, Q_NAME, body_id, name, why);
}

enum cred_err
odd_session(struct odd *o, const char *body_id, int32_t day, uint64_t assessed,
    uint64_t passed, unsigned capacity, struct why *why)
{
	sqlite3_stmt *st;
	enum cred_err e = put_body(o, Q_BODY, body_id, "", why);

	if (e != CRED_OK || (e = get(o, Q_SESSION, &st, why)) != CRED_OK)
		return e;
	tempdb_text(st, 1, body_id);
	sqlite3_bind_int(st, 2, day);
	sqlite3_bind_int64(st, 3, (int64_t)assessed);
	sqlite3_bind_int64(st, 4, (int64_t)passed);
	sqlite3_bind_int64(st, 5, capacity);
	return tempdb_run(o->db, st, why);
}

struct finding {
	struct odd *o;
	const struct rulebook *book;
	const char *region;
	odd_fn *fn;
	void *ctx;
};

/* Judge a count; what is odd goes to the caller. tail: behind the body in the
 * key, "" none. */
static enum cred_err
judge(const struct finding *x, const struct anomaly_count *c, const char *body,
    const char *tail, int32_t from, int32_t to, const char *about,
    struct why *why)
{
	struct odd_finding f = {
	    .body_id = body, .from = from, .to = to, .about = about};
	char key[ODD_KEY_MAX];
	struct rules rules;

	rulebook_at(x->book, to, x->region, SCHEME_NONE, &rules);
	if (!anomaly_judge(c, &rules, &f.anomaly))
		return CRED_OK;
	snprintf(key, sizeof key, "%s:%s%s%s", anomaly_name(c->kind), body,
	    *tail != '\0' ? ":" : "", tail);
	f.key = key;
	return x->fn(x->ctx, &f, why);
}

static const char *
col_text(sqlite3_stmt *st, int col)
{
	const char *s = (const char *)sqlite3_column_text(st, col);

	return s != NULL ? s : "";
}

static enum cred_err
push_day(struct odd *o, uint64_t n, struct why *why)
{
	if (o->n_days == o->cap_days) {
		size_t cap = o->cap_days == 0 ? 256 : o->cap_days * 2;
		uint64_t *grown = reallocarray(o->days, cap, sizeof *grown);
		if (grown == NULL)
			return why_set(why, CRED_FAULT_NOMEM, "%s",
			    cred_strerr(CRED_FAULT_NOMEM));
		o->days = grown;
		o->cap_days = cap;
	}
	o->days[o->n_days++] = n;
	return CRED_OK;
}

static enum cred_err
capacity_of(struct odd *o, const char *body, unsigned *out, struct why *why)
{
	sqlite3_stmt *st;
	bool row;
	enum cred_err e = get(o, Q_CAPACITY, &st, why);

	if (e != CRED_OK)
		return e;
	tempdb_text(st, 1, body);
	e = tempdb_next(o->db, st, &row, why);
	*out = e == CRED_OK && row ? (unsigned)sqlite3_column_int(st, 0) : 0;
	sqlite3_reset(st);
	return e;
}

static enum cred_err
judge_day(const struct finding *x, const char *body, int32_t day, uint64_t n,
    unsigned capacity, struct why *why)
{
	struct anomaly_count c = {
	    .kind = ANOMALY_PER_DAY, .n = n, .capacity = capacity};
	char date[11];
	enum cred_err e;

	day_format(day, date);
	e = judge(x, &c, body, date, day, day, "", why);
	if (e != CRED_OK)
		return e;
	c = (struct anomaly_count){.kind = ANOMALY_BURST,
	    .n = n,
	    .of = anomaly_median(x->o->days, x->o->n_days)};
	return judge(x, &c, body, date, day, day, "", why);
}

/* One walk learns a body's days, the other judges them. */
static enum cred_err
days_of(const struct finding *x, const char *body, struct why *why)
{
	struct odd *o = x->o;
	unsigned capacity = 0;
	sqlite3_stmt *st;
	bool row = true;
	enum cred_err e = capacity_of(o, body, &capacity, why);

	if (e != CRED_OK)
		return e;
	if ((e = get(o, Q_DAYS, &st, why)) != CRED_OK)
		return e;
	o->n_days = 0;
	for (int walk = 0; e == CRED_OK && walk < 2; walk++) {
		tempdb_text(st, 1, body);
		while (
		    (e = tempdb_next(o->db, st, &row, why)) == CRED_OK && row) {
			uint64_t n = (uint64_t)sqlite3_column_int64(st, 1);
			e = walk == 0
				? push_day(o, n, why)
				: judge_day(x, body, sqlite3_column_int(st, 0),
				      n, capacity, why);
			if (e != CRED_OK)
				break;
		}
		sqlite3_reset(st);
	}
	return e;
}

/* Rows of: body, n, of, first day, last day. */
static enum cred_err
find_shares(const struct finding *x, int which, enum anomaly_kind kind,
    unsigned param, struct why *why)
{
	sqlite3_stmt *st;
	bool row;
	enum cred_err e = get(x->o, which, &st, why);

	if (e != CRED_OK)
		return e;
	if (sqlite3_bind_parameter_count(st) > 0)
		sqlite3_bind_int64(st, 1, param);
	while ((e = tempdb_next(x->o->db, st, &row, why)) == CRED_OK && row) {
		struct anomaly_count c = {.kind = kind,
		    .n = (uint64_t)sqlite3_column_int64(st, 1),
		    .of = (uint64_t)sqlite3_column_int64(st, 2)};
		e = judge(x, &c, col_text(st, 0), "", sqlite3_column_int(st, 3),
		    sqlite3_column_int(st, 4), "", why);
		if (e != CRED_OK)
			break;
	}
	sqlite3_reset(st);
	return e;
}

/* A run of serials, with the body, institution and days it belongs to. */
struct run {
	struct anomaly_run run;
	char body[64], institution[TABLE_MAX_CELL + 1], first[64];
	int32_t from, to;
};

static enum cred_err
end_run(
    const struct finding *x, const struct run *r, uint64_t n, struct why *why)
{
	size_t len = strlen(r->first);
	const struct anomaly_count c = {.kind = ANOMALY_SERIALS, .n = n};

	/* Year, level and serial: what is before them is the body's. */
	return judge(x, &c, r->body, r->first + (len > 9 ? len - 9 : 0),
	    r->from, r->to, r->institution, why);
}

static enum cred_err
step_run(
    const struct finding *x, struct run *r, sqlite3_stmt *st, struct why *why)
{
	const char *body = col_text(st, 0), *institution = col_text(st, 1);
	const char *number = col_text(st, 2);
	int32_t day = sqlite3_column_int(st, 3);
	uint64_t n;
	enum cred_err e = CRED_OK;

	if ((strcmp(body, r->body) != 0 ||
		strcmp(institution, r->institution) != 0) &&
	    anomaly_run_next(&r->run, bytes_str(""), &n))
		e = end_run(x, r, n, why);
	if (anomaly_run_next(&r->run, bytes_str(number), &n) && e == CRED_OK)
		e = end_run(x, r, n, why);
	if (r->run.n == 1) {
		snprintf(r->body, sizeof r->body, "%s", body);
		snprintf(
		    r->institution, sizeof r->institution, "%s", institution);
		snprintf(r->first, sizeof r->first, "%s", number);
		r->from = r->to = day;
	}
	r->from = day < r->from ? day : r->from;
	r->to = day > r->to ? day : r->to;
	return e;
}

static enum cred_err
find_serials(const struct finding *x, struct why *why)
{
	struct run r = {.body = ""};
	sqlite3_stmt *st;
	uint64_t n;
	bool row;
	enum cred_err e = get(x->o, Q_NUMBERS, &st, why);

	if (e != CRED_OK)
		return e;
	while ((e = tempdb_next(x->o->db, st, &row, why)) == CRED_OK && row)
		if ((e = step_run(x, &r, st, why)) != CRED_OK)
			break;
	sqlite3_reset(st);
	if (e == CRED_OK && anomaly_run_next(&r.run, bytes_str(""), &n))
		e = end_run(x, &r, n, why);
	return e;
}

/* Whose certificates show a mark most, and the first claims that do. */
static enum cred_err
who_has(struct odd *o, int which, const uint8_t mark[static 16],
    char body[static 64], char claims[static 512], struct why *why)
{
	sqlite3_stmt *st;
	size_t n = 0;
	bool row;
	enum cred_err e = get(o, which, &st, why);

	body[0] = claims[0] = '\0';
	if (e != CRED_OK)
		return e;
	tempdb_blob(st, 1, mark, 16);
	while ((e = tempdb_next(o->db, st, &row, why)) == CRED_OK && row) {
		const char *claim = col_text(st, 1);
		if (n == 0)
			snprintf(body, 64, "%s", col_text(st, 0));
		if (strlen(claim) + 3 < 512 - n)
			n += (size_t)snprintf(claims + n, 512 - n, "%s%s",
			    n > 0 ? ", " : "", claim);
	}
	sqlite3_reset(st);
	return e;
}

static enum cred_err
find_shared(
    const struct finding *x, int which, enum anomaly_kind kind, struct why *why)
{
	sqlite3_stmt *st;
	bool row;
	enum cred_err e = get(x->o, which, &st, why);

	if (e != CRED_OK)
		return e;
	while ((e = tempdb_next(x->o->db, st, &row, why)) == CRED_OK && row) {
		const uint8_t *mark = sqlite3_column_blob(st, 0);
		const struct anomaly_count c = {
		    .kind = kind, .n = (uint64_t)sqlite3_column_int64(st, 1)};
		char body[64], claims[512], tail[13];
		if (mark == NULL || sqlite3_column_bytes(st, 0) != 16)
			continue;
		for (int i = 0; i < 6; i++)
			snprintf(tail + 2 * i, 3, "%02x", mark[i]);
		e = who_has(
		    x->o, Q_WHO + which - Q_PHONE, mark, body, claims, why);
		if (e == CRED_OK)
			e = judge(x, &c, body, tail, sqlite3_column_int(st, 2),
			    sqlite3_column_int(st, 3), claims, why);
		if (e != CRED_OK)
			break;
	}
	sqlite3_reset(st);
	return e;
}

static enum cred_err
on_body(void *ctx, const char *body_id, const char *name, uint64_t n,
    struct why *why)
{
	(void)name;
	(void)n;
	return days_of(ctx, body_id, why);
}

enum cred_err
odd_find(struct odd *o, const struct rulebook *book, const char *region,
    odd_fn *fn, void *ctx, struct why *why)
{
	struct finding x = {o, book, region, fn, ctx};
	struct rules rules;
	enum cred_err e;

	if (sqlite3_exec(o->db, indexes, NULL, NULL, NULL) != SQLITE_OK)
		return tempdb_fail(o->db, why);
	/* The gap between levels is asked once, by the newest rules. */
	rulebook_at(book, INT32_MAX, region, SCHEME_NONE, &rules);
	e = odd_bodies(o, on_body, &x, why);
	if (e == CRED_OK)
		e = find_shares(&x, Q_WEEKEND, ANOMALY_WEEKEND, 0, why);
	if (e == CRED_OK)
		e = find_shares(&x, Q_PASSED, ANOMALY_PASS_RATE, 0, why);
	if (e == CRED_OK)
		e = find_shares(&x, Q_LEVELS, ANOMALY_LEVELS,
		    rules.level_gap_months * 30, why);
	if (e == CRED_OK)
		e = find_shares(&x, Q_ENDED, ANOMALY_BEFORE_END, 0, why);
	if (e == CRED_OK)
		e = find_serials(&x, why);
	if (e == CRED_OK)
		e = find_shared(&x, Q_PHONE, ANOMALY_PHONE, why);
	if (e == CRED_OK)
		e = find_shared(&x, Q_ACCOUNT, ANOMALY_ACCOUNT, why);
	return e != CRED_OK ? e : find_shared(&x, Q_PHOTO, ANOMALY_PHOTO, why);
}

enum cred_err
odd_bodies(struct odd *o, odd_body_fn *fn, void *ctx, struct why *why)
{
	sqlite3_stmt *st;
	bool row;
	enum cred_err e = get(o, Q_BODIES, &st, why);

	if (e != CRED_OK)
		return e;
	while ((e = tempdb_next(o->db, st, &row, why)) == CRED_OK && row) {
		e = fn(ctx, col_text(st, 0), col_text(st, 1),
		    (uint64_t)sqlite3_column_int64(st, 2), why);
		if (e != CRED_OK)
			break;
	}
	sqlite3_reset(st);
	return e;
}
