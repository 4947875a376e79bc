#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "registry/sqlite_ledger_int.h"

/*
 * claim holds what was claimed; its places stand in tables of their own, whose
 * primary keys are the rules: claim_year numbers the places of a person's year,
 * claim_half the two halves of an occupation and level. scheme 0 in claim_half
 * is "over all schemes".
 */
static const char schema[] =
    "CREATE TABLE IF NOT EXISTS claim ("
    " seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " content BLOB NOT NULL CHECK (length(content) = 32),"
    " person BLOB NOT NULL CHECK (length(person) = 32),"
    " subject TEXT NOT NULL, scheme INTEGER NOT NULL, part INTEGER NOT NULL,"
    " year INTEGER NOT NULL, kind INTEGER NOT NULL, level INTEGER NOT NULL,"
    " applied INTEGER NOT NULL, issued INTEGER NOT NULL,"
    " trained_from INTEGER NOT NULL, trained_to INTEGER NOT NULL,"
    " fen INTEGER NOT NULL CHECK (fen >= 0), number TEXT NOT NULL,"
    " institution TEXT NOT NULL, body_id TEXT NOT NULL,"
    " idx INTEGER NOT NULL CHECK (idx >= -1), codes TEXT NOT NULL,"
    " state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 5),"
    " booked_by TEXT NOT NULL, changed_at INTEGER NOT NULL) STRICT;"
    "CREATE INDEX IF NOT EXISTS claim_person ON claim (person);"
    "CREATE INDEX IF NOT EXISTS claim_number ON claim (number)"
    " WHERE number <> '';"
    "CREATE INDEX IF NOT EXISTS claim_body ON claim (body_id);"
    "CREATE TABLE IF NOT EXISTS claim_year ("
    " person BLOB NOT NULL, year INTEGER NOT NULL,"
    " place INTEGER NOT NULL CHECK (place >= 1),"
    " claim INTEGER NOT NULL REFERENCES claim (seq),"
    " PRIMARY KEY (person, year, place)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS claim_half ("
    " person BLOB NOT NULL, subject TEXT NOT NULL, scheme INTEGER NOT NULL,"
    " half INTEGER NOT NULL CHECK (half IN (1, 2)),"
    " claim INTEGER NOT NULL REFERENCES claim (seq),"
    " PRIMARY KEY (person, subject, scheme, half)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS claim_more ("
    " claim INTEGER PRIMARY KEY REFERENCES claim (seq),"
    " region TEXT NOT NULL, department INTEGER NOT NULL,"
    " phone BLOB, account BLOB, photo BLOB) STRICT;";

enum {
	L_GET,
	L_ADD,
	L_MORE,
	L_STATE,
	L_HALF_WHO,
	L_HALF_ADD,
	L_HALF_FREE,
	L_YEAR_ADD,
	L_YEAR_WHO,
	L_YEAR_FREE,
	L_COUNT,
};
static_assert(L_COUNT <= SQLITE_LEDGER_STMTS);

static const char *const texts[L_COUNT] = {
    [L_GET] = SQ_CLAIM_SELECT " WHERE c.id = ?1",
    [L_ADD] =
	"INSERT INTO claim (id, content, person, subject, scheme, part, year,"
	" kind, level, applied, issued, trained_from, trained_to, fen, number,"
	" institution, body_id, codes, state, booked_by, changed_at, idx)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
	" ?14, ?15, ?16, ?17, ?18, 1, ?19, ?20, ?21)",
    [L_MORE] = "INSERT INTO claim_more (claim, region, department, phone,"
	       " account, photo) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [L_STATE] = "UPDATE claim SET state = ?2, changed_at = ?3 WHERE seq = ?1",
    [L_HALF_WHO] = "SELECT c.id, c.part FROM claim_half h"
		   " JOIN claim c ON c.seq = h.claim WHERE h.person = ?1"
		   " AND h.subject = ?2 AND h.scheme = ?3 AND h.half = ?4",
    [L_HALF_ADD] = "INSERT INTO claim_half (person, subject, scheme, half,"
		   " claim) VALUES (?1, ?2, ?3, ?4, ?5)"
		   " ON CONFLICT DO NOTHING",
    [L_HALF_FREE] = "DELETE FROM claim_half WHERE person = ?1"
		    " AND subject = ?2 AND claim = ?3",
    [L_YEAR_ADD] = "INSERT INTO claim_year (person, year, place, claim)"
		   " VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    [L_YEAR_WHO] = "SELECT c.id FROM claim_year y JOIN claim c"
		   " ON c.seq = y.claim WHERE y.person = ?1 AND y.year = ?2"
		   " ORDER BY y.place LIMIT 1",
    [L_YEAR_FREE] = "DELETE FROM claim_year WHERE person = ?1 AND year = ?2"
		    " AND claim = ?3",
};

static struct sqlite_registry *
self(struct registry *r)
{
	return (struct sqlite_registry *)r;
}

static sqlite3_stmt *
lq(struct sqlite_registry *s, unsigned which, enum cred_err *e, struct why *why)
{
	return sq_get(s, &s->ledger[which], texts[which], e, why);
}

static enum cred_err
sqlite_ledger_init(struct registry *r, struct why *why)
{
	return sq_script(self(r), schema, why);
}

static void
remember_other(struct ledger_answer *out, const char *id)
{
	snprintf(out->other, sizeof out->other, "%s", id != NULL ? id : "");
}

/* Who holds a half; *part 0: nobody. */
static enum cred_err
half_who(struct sqlite_registry *s, const struct ledger_claim *c, int scheme,
    int half, int *part, struct ledger_answer *out, struct why *why)
{
	enum cred_err e = CRED_OK;
	bool row, oom = false;
	sqlite3_stmt *st = lq(s, L_HALF_WHO, &e, why);

	if (st == NULL)
		return e;
	sq_bind(st, SQ(SQ_BLOB(bytes_of(c->person, 32)), SQ_TEXT(c->subject),
			SQ_INT(scheme), SQ_INT(half)));
	if ((e = sq_row(s, st, &row, why)) != CRED_OK)
		return e;
	*part = row ? sqlite3_column_int(st, 1) : 0;
	if (row)
		remember_other(out, sq_col_text(st, 0, &oom));
	sqlite3_reset(st);
	return oom ? sq_fail(s, SQLITE_NOMEM, why) : CRED_OK;
}

static enum cred_err
take_half(struct sqlite_registry *s, const struct ledger_claim *c, int scheme,
    int half, int64_t seq, struct ledger_answer *out, struct why *why)
{
	enum cred_err e = CRED_OK;
	int part;
	sqlite3_stmt *st = lq(s, L_HALF_ADD, &e, why);

	e = sq_exec(s, st, e,
	    SQ(SQ_BLOB(bytes_of(c->person, 32)), SQ_TEXT(c->subject),
		SQ_INT(scheme), SQ_INT(half), SQ_INT(seq)),
	    why);
	if (e != CRED_OK)
		return e;
	if (sqlite3_changes(s->db) == 1)
		return CRED_OK;
	out->outcome = LEDGER_SAME_SUBJECT;
	return half_who(s, c, scheme, half, &part, out, why);
}

static enum cred_err
take_halves(struct sqlite_registry *s, const struct ledger_claim *c,
    const struct ledger_rules *rules, int64_t seq, struct ledger_answer *out,
    struct why *why)
{
	unsigned halves = ledger_halves(c->part);
	enum cred_err e = CRED_OK;
	int part;

	if (c->part == LEDGER_BALANCE) {
		e = half_who(s, c, c->scheme, 1, &part, out, why);
		if (e != CRED_OK)
			return e;
		if (part == 0)
			out->outcome = LEDGER_NO_ADVANCE;
		else if (part != LEDGER_ADVANCE)
			out->outcome = LEDGER_SAME_SUBJECT;
		else
			out->other[0] = '\0';
	}
	for (int half = 1; half <= 2; half++) {
		if (!(halves & 1u << (half - 1)))
			continue;
		if (e == CRED_OK && out->outcome == LEDGER_DONE)
			e = take_half(s, c, c->scheme, half, seq, out, why);
		if (e == CRED_OK && out->outcome == LEDGER_DONE &&
		    rules->one_scheme)
			e = take_half(s, c, 0, half, seq, out, why);
	}
	return e;
}

static enum cred_err
take_year(struct sqlite_registry *s, const struct ledger_claim *c,
    unsigned max_per_year, int64_t seq, struct ledger_answer *out,
    struct why *why)
{
	enum cred_err e = CRED_OK;
	bool row = false, oom = false;
	sqlite3_stmt *st;

	for (unsigned place = 1; place <= max_per_year; place++) {
		st = lq(s, L_YEAR_ADD, &e, why);
		e = sq_exec(s, st, e,
		    SQ(SQ_BLOB(bytes_of(c->person, 32)), SQ_INT(c->year),
			SQ_INT(place), SQ_INT(seq)),
		    why);
		if (e != CRED_OK)
			return e;
		if (sqlite3_changes(s->db) == 1)
			return CRED_OK;
	}
	out->outcome = LEDGER_YEAR_FULL;
	if ((st = lq(s, L_YEAR_WHO, &e, why)) == NULL)
		return e;
	sq_blob(st, 1, bytes_of(c->person, 32));
	sqlite3_bind_int(st, 2, c->year);
	if ((e = sq_row(s, st, &row, why)) != CRED_OK)
		return e;
	if (row)
		remember_other(out, sq_col_text(st, 0, &oom));
	sqlite3_reset(st);
	return oom ? sq_fail(s, SQLITE_NOMEM, why) : CRED_OK;
}

static enum cred_err
add_claim(struct sqlite_registry *s, const struct ledger_claim *c,
    const char *actor, int64_t now, int64_t *seq, struct why *why)
{
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st = lq(s, L_ADD, &e, why);

	e = sq_exec(s, st, e,
	    SQ(SQ_TEXT(c->id), SQ_BLOB(bytes_of(c->content, 32)),
		SQ_BLOB(bytes_of(c->person, 32)), SQ_TEXT(c->subject),
		SQ_INT(c->scheme), SQ_INT(c->part), SQ_INT(c->year),
		SQ_INT(c->kind), SQ_INT(c->level), SQ_INT(c->applied),
		SQ_INT(c->issued), SQ_INT(c->trained_from),
		SQ_INT(c->trained_to), SQ_INT(c->fen), SQ_TEXT(c->number),
		SQ_TEXT(c->institution), SQ_TEXT(c->body_id), SQ_TEXT(c->codes),
		SQ_TEXT(actor), SQ_INT(now), SQ_INT(c->index)),
	    why);
	if (e == CRED_OK)
		*seq = sqlite3_last_insert_rowid(s->db);
	return e;
}

/* Null when it is not known. */
static struct sq_value
mark_value(const uint8_t *mark)
{
	if (mark == NULL)
		return (struct sq_value)SQ_TEXT(NULL);
	return (struct sq_value)SQ_BLOB(bytes_of(mark, LEDGER_MARK));
}

static enum cred_err
add_more(struct sqlite_registry *s, const struct ledger_claim *c, int64_t seq,
    struct why *why)
{
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st;

	if (!ledger_has_more(c))
		return CRED_OK;
	st = lq(s, L_MORE, &e, why);
	return sq_exec(s, st, e,
	    SQ(SQ_INT(seq), SQ_TEXT(c->region != NULL ? c->region : ""),
		SQ_INT(c->department), mark_value(c->phone),
		mark_value(c->account), mark_value(c->photo)),
	    why);
}

/* Is the id there? Then out says what of it, by its content. */
static enum cred_err
known(struct sqlite_registry *s, const struct ledger_claim *c, bool *found,
    struct ledger_answer *out, struct why *why)
{
	struct ledger_claim old;
	enum cred_err e = CRED_OK;
	int64_t seq;
	sqlite3_stmt *st = lq(s, L_GET, &e, why);

	if (st == NULL)
		return e;
	sq_text(st, 1, c->id);
	if ((e = sq_row(s, st, found, why)) != CRED_OK || !*found)
		return e;
	e = sq_ledger_claim(s, st, &old, &seq, why);
	if (e == CRED_OK) {
		out->outcome = memcmp(old.content, c->content, 32) == 0
				   ? LEDGER_ALREADY
				   : LEDGER_CLAIM_TWICE;
		out->state = old.state;
		remember_other(out, old.id);
	}
	sqlite3_reset(st);
	return e;
}

static enum cred_err
audit_line(struct sqlite_registry *s, const struct ledger_claim *c,
    const char *action, const char *reason, const char *actor, int64_t now,
    struct why *why)
{
	char line[LEDGER_LINE_MAX], subject[LEDGER_ID_MAX + 8];

	ledger_line(c, reason, line);
	snprintf(subject, sizeof subject, "claim %s", c->id);
	return sq_audit(s, actor, action, subject, line, now, why);
}

/* An outcome that is no booking leaves nothing behind. */
static enum cred_err
end_unless(
    struct sqlite_registry *s, enum cred_err e, bool undo, struct why *why)
{
	enum cred_err undone;

	if (e != CRED_OK || !undo)
		return sq_end(s, e, why);
	undone = sq_end(s, CRED_FAULT_CONFLICT, why);
	return undone == CRED_FAULT_CONFLICT ? CRED_OK : undone;
}

static enum cred_err
sqlite_ledger_book(struct registry *r, const struct ledger_claim *c,
    const struct ledger_rules *rules, const char *actor, int64_t now,
    struct ledger_answer *out, struct why *why)
{
	struct sqlite_registry *s = self(r);
	enum cred_err e = sq_begin(s, why);
	int64_t seq = 0;
	bool found = false;

	if (e != CRED_OK)
		return e;
	e = known(s, c, &found, out, why);
	/* ALREADY must be as durable as DONE: the transaction that stored it
	 * has committed, or we would not see it. */
	if (e != CRED_OK || found)
		return end_unless(s, e, true, why);
	e = add_claim(s, c, actor, now, &seq, why);
	if (e == CRED_OK)
		e = add_more(s, c, seq, why);
	if (e == CRED_OK)
		e = take_halves(s, c, rules, seq, out, why);
	if (e == CRED_OK && out->outcome == LEDGER_DONE &&
	    c->part != LEDGER_BALANCE)
		e = take_year(s, c, rules->max_per_year, seq, out, why);
	if (e == CRED_OK && out->outcome == LEDGER_DONE) {
		out->state = LEDGER_BOOKED;
		e = audit_line(s, c, "booked", c->codes, actor, now, why);
	}
	return end_unless(s, e, out->outcome != LEDGER_DONE, why);
}

static enum cred_err
free_places(struct sqlite_registry *s, const struct ledger_claim *c,
    int64_t seq, struct why *why)
{
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st = lq(s, L_HALF_FREE, &e, why);

	e = sq_exec(s, st, e,
	    SQ(SQ_BLOB(bytes_of(c->person, 32)), SQ_TEXT(c->subject),
		SQ_INT(seq)),
	    why);
	if (e != CRED_OK)
		return e;
	st = lq(s, L_YEAR_FREE, &e, why);
	return sq_exec(s, st, e,
	    SQ(SQ_BLOB(bytes_of(c->person, 32)), SQ_INT(c->year), SQ_INT(seq)),
	    why);
}

/* May the act be done to the claim? Else its outcome. */
static enum cred_err
may(struct sqlite_registry *s, const struct ledger_claim *c,
    enum ledger_act act, int64_t four_eyes_fen, const char *actor,
    struct ledger_answer *out, struct why *why)
{
	enum ledger_state to = ledger_act_to(act);
	enum cred_err e = CRED_OK;
	int part = 0;

	if (c->state == to)
		out->outcome = LEDGER_ALREADY;
	else if (!ledger_act_from(act, c->state))
		out->outcome = LEDGER_WRONG_STATE;
	else if (act == LEDGER_APPROVE && four_eyes_fen >= 0 &&
		 c->fen > four_eyes_fen && strcmp(c->booked_by, actor) == 0)
		out->outcome = LEDGER_FOUR_EYES;
	else if (!ledger_holds(to) && c->part == LEDGER_ADVANCE) {
		e = half_who(s, c, c->scheme, 2, &part, out, why);
		if (e == CRED_OK && part == LEDGER_BALANCE)
			out->outcome = LEDGER_HAS_BALANCE;
	}
	return e;
}

static enum cred_err
move(struct sqlite_registry *s, const struct ledger_claim *c, int64_t seq,
    enum ledger_state to, const char *reason, const char *actor, int64_t now,
    struct why *why)
{
	enum cred_err e = CRED_OK;
	sqlite3_stmt *st = lq(s, L_STATE, &e, why);

	e = sq_exec(s, st, e, SQ(SQ_INT(seq), SQ_INT(to), SQ_INT(now)), why);
	if (e == CRED_OK && !ledger_holds(to))
		e = free_places(s, c, seq, why);
	if (e == CRED_OK)
		e = audit_line(
		    s, c, ledger_state_name(to), reason, actor, now, why);
	return e;
}

static enum cred_err
sqlite_ledger_act(struct registry *r, const char *id, enum ledger_act act,
    int64_t four_eyes_fen, const char *reason, const char *actor, int64_t now,
    struct ledger_answer *out, struct why *why)
{
	struct sqlite_registry *s = self(r);
	enum cred_err e = sq_begin(s, why);
	struct ledger_claim c;
	sqlite3_stmt *st;
	int64_t seq = 0;
	bool found = false;

	if (e != CRED_OK)
		return e;
	if ((st = lq(s, L_GET, &e, why)) == NULL)
		return sq_end(s, e, why);
	sq_text(st, 1, id);
	e = sq_row(s, st, &found, why);
	if (e == CRED_OK && !found) {
		out->outcome = LEDGER_NO_CLAIM;
		return end_unless(s, e, true, why);
	}
	/* st stays on its row: c's texts are its. */
	if (e == CRED_OK)
		e = sq_ledger_claim(s, st, &c, &seq, why);
	if (e == CRED_OK) {
		out->state = c.state;
		e = may(s, &c, act, four_eyes_fen, actor, out, why);
	}
	if (e == CRED_OK && out->outcome == LEDGER_DONE) {
		out->state = ledger_act_to(act);
		e = move(s, &c, seq, out->state, reason, actor, now, why);
	}
	sqlite3_reset(st);
	return end_unless(s, e, out->outcome != LEDGER_DONE, why);
}

const struct ledger_ops sqlite_ledger_ops = {
    .init = sqlite_ledger_init,
    .book = sqlite_ledger_book,
    .act = sqlite_ledger_act,
    .each = sqlite_ledger_each,
};
