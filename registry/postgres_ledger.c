#include <stdio.h>
#include <string.h>

#include "registry/ledger_int.h"
#include "registry/postgres_int.h"

static struct pg_registry *
self(struct registry *r)
{
	return (struct pg_registry *)r;
}

/* The tables came with the registry's. */
static enum cred_err
pg_ledger_init(struct registry *r, struct why *why)
{
	(void)r, (void)why;
	return CRED_OK;
}

/* NULL unless it is there whole. */
static const uint8_t *
mark(const PGresult *r, int row, int col)
{
	struct bytes b = pg_col_blob(r, row, col);

	return b.len == LEDGER_MARK ? b.ptr : NULL;
}

/* Row i of PG_CLAIM; points into r. */
static struct ledger_claim
claim_at(const PGresult *r, int i, int64_t *seq)
{
	struct ledger_claim c = {
	    .id = pg_col_text(r, i, 1),
	    .subject = pg_col_text(r, i, 4),
	    .scheme = (int)pg_col_int(r, i, 5),
	    .part = (enum ledger_part)pg_col_int(r, i, 6),
	    .year = (int)pg_col_int(r, i, 7),
	    .kind = (int)pg_col_int(r, i, 8),
	    .level = (unsigned)pg_col_int(r, i, 9),
	    .applied = (int32_t)pg_col_int(r, i, 10),
	    .issued = (int32_t)pg_col_int(r, i, 11),
	    .trained_from = (int32_t)pg_col_int(r, i, 12),
	    .trained_to = (int32_t)pg_col_int(r, i, 13),
	    .fen = pg_col_int(r, i, 14),
	    .number = pg_col_text(r, i, 15),
	    .institution = pg_col_text(r, i, 16),
	    .body_id = pg_col_text(r, i, 17),
	    .codes = pg_col_text(r, i, 18),
	    .state = (enum ledger_state)pg_col_int(r, i, 19),
	    .booked_by = pg_col_text(r, i, 20),
	    .changed_at = pg_col_int(r, i, 21),
	    .index = pg_col_int(r, i, 22),
	    .region = PQgetisnull(r, i, 23) ? "" : pg_col_text(r, i, 23),
	    .department = (int)pg_col_int(r, i, 24),
	    .phone = mark(r, i, 25),
	    .account = mark(r, i, 26),
	    .photo = mark(r, i, 27),
	};

	pg_col_hash(r, i, 2, c.content);
	pg_col_hash(r, i, 3, c.person);
	*seq = pg_col_int(r, i, 0);
	return c;
}

static void
remember_other(struct ledger_answer *out, const char *id)
{
	snprintf(out->other, sizeof out->other, "%s", id != NULL ? id : "");
}

static void
half_args(struct pg_args *a, const struct ledger_claim *c, int scheme, int half)
{
	pg_blob(a, bytes_of(c->person, 32));
	pg_text(a, c->subject);
	pg_int(a, scheme);
	pg_int(a, half);
}

/* Who holds a half; *part 0: nobody. */
static enum cred_err
half_who(struct pg_registry *p, const struct ledger_claim *c, int scheme,
    int half, int *part, struct ledger_answer *out, struct why *why)
{
	struct pg_args args = {0};
	PGresult *r = NULL;
	enum cred_err e;

	half_args(&args, c, scheme, half);
	if ((e = pg_ask_one(p, P_HALF_WHO, &args, &r, why)) != CRED_OK)
		return e;
	*part = 0;
	if (PQntuples(r) == 1) {
		*part = (int)pg_col_int(r, 0, 1);
		remember_other(out, pg_col_text(r, 0, 0));
	}
	PQclear(r);
	return CRED_OK;
}

/* An INSERT ... ON CONFLICT DO NOTHING: was the place free? */
static enum cred_err
place_take(struct pg_registry *p, enum pg_stmt stmt, struct pg_args *args,
    bool *taken, struct why *why)
{
	PGresult *r = NULL;
	enum cred_err e = pg_ask_one(p, stmt, args, &r, why);

	if (e == CRED_OK)
		*taken = strcmp(PQcmdTuples(r), "1") == 0;
	PQclear(r);
	return e;
}

static enum cred_err
take_half(struct pg_registry *p, const struct ledger_claim *c, int scheme,
    int half, int64_t seq, struct ledger_answer *out, struct why *why)
{
	struct pg_args args = {0};
	bool taken = false;
	enum cred_err e;
	int part;

	half_args(&args, c, scheme, half);
	pg_int(&args, seq);
	e = place_take(p, P_HALF_ADD, &args, &taken, why);
	if (e != CRED_OK || taken)
		return e;
	out->outcome = LEDGER_SAME_SUBJECT;
	return half_who(p, c, scheme, half, &part, out, why);
}

static enum cred_err
take_halves(struct pg_registry *p, const struct ledger_claim *c,
    const struct ledger_rules *rules, int64_t seq, struct ledger_answer *out,
    struct why *why)
{
	unsigned halves = ledger_halves(c->part);
	enum cred_err e = CRED_OK;
	int part;

	if (c->part == LEDGER_BALANCE) {
		e = half_who(p, c, c->scheme, 1, &part, out, why);
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
			e = take_half(p, c, c->scheme, half, seq, out, why);
		if (e == CRED_OK && out->outcome == LEDGER_DONE &&
		    rules->one_scheme)
			e = take_half(p, c, 0, half, seq, out, why);
	}
	return e;
}

static enum cred_err
take_year(struct pg_registry *p, const struct ledger_claim *c,
    unsigned max_per_year, int64_t seq, struct ledger_answer *out,
    struct why *why)
{
	struct pg_args who = {0};
	PGresult *r = NULL;
	bool taken = false;
	enum cred_err e;

	for (unsigned place = 1; place <= max_per_year; place++) {
		struct pg_args args = {0};
		pg_blob(&args, bytes_of(c->person, 32));
		pg_int(&args, c->year);
		pg_int(&args, place);
		pg_int(&args, seq);
		e = place_take(p, P_YEAR_ADD, &args, &taken, why);
		if (e != CRED_OK || taken)
			return e;
	}
	out->outcome = LEDGER_YEAR_FULL;
	pg_blob(&who, bytes_of(c->person, 32));
	pg_int(&who, c->year);
	if ((e = pg_ask_one(p, P_YEAR_WHO, &who, &r, why)) != CRED_OK)
		return e;
	if (PQntuples(r) == 1)
		remember_other(out, pg_col_text(r, 0, 0));
	PQclear(r);
	return CRED_OK;
}

static enum cred_err
add_claim(struct pg_registry *p, const struct ledger_claim *c,
    const char *actor, int64_t now, int64_t *seq, struct why *why)
{
	struct pg_args a = {0};
	PGresult *r = NULL;
	enum cred_err e;

	pg_text(&a, c->id);
	pg_blob(&a, bytes_of(c->content, 32));
	pg_blob(&a, bytes_of(c->person, 32));
	pg_text(&a, c->subject);
	pg_int(&a, c->scheme);
	pg_int(&a, (int64_t)c->part);
	pg_int(&a, c->year);
	pg_int(&a, c->kind);
	pg_int(&a, c->level);
	pg_int(&a, c->applied);
	pg_int(&a, c->issued);
	pg_int(&a, c->trained_from);
	pg_int(&a, c->trained_to);
	pg_int(&a, c->fen);
	pg_text(&a, c->number);
	pg_text(&a, c->institution);
	pg_text(&a, c->body_id);
	pg_text(&a, c->codes);
	pg_text(&a, actor);
	pg_int(&a, now);
	pg_int(&a, c->index);
	e = pg_ask_one(p, P_CLAIM_ADD, &a, &r, why);
	if (e == CRED_OK)
		*seq = pg_col_int(r, 0, 0);
	PQclear(r);
	return e;
}

static enum cred_err
add_more(struct pg_registry *p, const struct ledger_claim *c, int64_t seq,
    struct why *why)
{
	const uint8_t *marks[] = {c->phone, c->account, c->photo};
	struct pg_args a = {0};

	if (!ledger_has_more(c))
		return CRED_OK;
	pg_int(&a, seq);
	pg_text(&a, c->region != NULL ? c->region : "");
	pg_int(&a, c->department);
	for (size_t i = 0; i < 3; i++)
		if (marks[i] != NULL)
			pg_blob(&a, bytes_of(marks[i], LEDGER_MARK));
		else
			pg_null(&a);
	return pg_ask_one(p, P_CLAIM_MORE, &a, NULL, why);
}

static enum cred_err
get(struct pg_registry *p, const char *id, PGresult **r, struct why *why)
{
	struct pg_args args = {0};

	pg_text(&args, id);
	return pg_ask_one(p, P_CLAIM_GET, &args, r, why);
}

/* Is the id there? Then out says what of it, by its content. */
static enum cred_err
known(struct pg_registry *p, const struct ledger_claim *c, bool *found,
    struct ledger_answer *out, struct why *why)
{
	PGresult *r = NULL;
	struct ledger_claim old;
	int64_t seq;
	enum cred_err e = get(p, c->id, &r, why);

	*found = e == CRED_OK && PQntuples(r) == 1;
	if (*found) {
		old = claim_at(r, 0, &seq);
		out->outcome = memcmp(old.content, c->content, 32) == 0
				   ? LEDGER_ALREADY
				   : LEDGER_CLAIM_TWICE;
		out->state = old.state;
		remember_other(out, old.id);
	}
	PQclear(r);
	return e;
}

static enum cred_err
audit_line(struct pg_registry *p, struct pg_tx *tx,
    const struct ledger_claim *c, const char *action, const char *reason,
    const char *actor, int64_t now, struct why *why)
{
	char line[LEDGER_LINE_MAX], subject[LEDGER_ID_MAX + 8];
	enum cred_err e;

	ledger_line(c, reason, line);
	snprintf(subject, sizeof subject, "claim %s", c->id);
	e = pg_audit(p, tx, actor, action, subject, line, now);
	return e == CRED_OK ? e : why_set(why, e, "%s", cred_strerr(e));
}

struct booking {
	const struct ledger_claim *claim;
	const struct ledger_rules *rules;
	const char *actor;
	int64_t now;
	struct ledger_answer answer;
};

static enum cred_err
book_work(struct pg_registry *p, struct pg_tx *tx, void *ctx, struct why *why)
{
	struct booking *b = ctx;
	const struct ledger_claim *c = b->claim;
	struct ledger_answer *out = &b->answer;
	int64_t seq = 0;
	bool found = false;
	enum cred_err e;

	*out = (struct ledger_answer){.outcome = LEDGER_DONE};
	e = known(p, c, &found, out, why);
	/* ALREADY is committed too: what is there may have been written by a
	 * commit that no standby confirmed, and is durable with this one. */
	if (e != CRED_OK || found) {
		tx->undo = tx->told = out->outcome != LEDGER_ALREADY;
		return e;
	}
	e = add_claim(p, c, b->actor, b->now, &seq, why);
	if (e == CRED_OK)
		e = add_more(p, c, seq, why);
	if (e == CRED_OK)
		e = take_halves(p, c, b->rules, seq, out, why);
	if (e == CRED_OK && out->outcome == LEDGER_DONE &&
	    c->part != LEDGER_BALANCE)
		e = take_year(p, c, b->rules->max_per_year, seq, out, why);
	tx->undo = tx->told = out->outcome != LEDGER_DONE;
	if (e != CRED_OK || tx->undo)
		return e;
	out->state = LEDGER_BOOKED;
	return audit_line(p, tx, c, "booked", c->codes, b->actor, b->now, why);
}

static enum cred_err
pg_ledger_book(struct registry *r, const struct ledger_claim *c,
    const struct ledger_rules *rules, const char *actor, int64_t now,
    struct ledger_answer *out, struct why *why)
{
	struct booking b = {c, rules, actor, now, {LEDGER_DONE}};
	enum cred_err e = pg_write_alone(self(r), book_work, &b, why);

	if (e == CRED_OK)
		*out = b.answer;
	return e;
}

struct acting {
	const char *id;
	enum ledger_act act;
	int64_t four_eyes_fen, now;
	const char *reason, *actor;
	struct ledger_answer answer;
};

/* May the act be done to the claim? Else its outcome. */
static enum cred_err
may(struct pg_registry *p, const struct ledger_claim *c, struct acting *a,
    struct why *why)
{
	enum ledger_state to = ledger_act_to(a->act);
	struct ledger_answer *out = &a->answer;
	enum cred_err e = CRED_OK;
	int part = 0;

	if (c->state == to)
		out->outcome = LEDGER_ALREADY;
	else if (!ledger_act_from(a->act, c->state))
		out->outcome = LEDGER_WRONG_STATE;
	else if (a->act == LEDGER_APPROVE && a->four_eyes_fen >= 0 &&
		 c->fen > a->four_eyes_fen &&
		 strcmp(c->booked_by, a->actor) == 0)
		out->outcome = LEDGER_FOUR_EYES;
	else if (!ledger_holds(to) && c->part == LEDGER_ADVANCE) {
		e = half_who(p, c, c->scheme, 2, &part, out, why);
		if (e == CRED_OK && part == LEDGER_BALANCE)
			out->outcome = LEDGER_HAS_BALANCE;
	}
	return e;
}

static enum cred_err
move(struct pg_registry *p, struct pg_tx *tx, const struct ledger_claim *c,
    int64_t seq, const struct acting *a, struct why *why)
{
	enum ledger_state to = ledger_act_to(a->act);
	struct pg_args state = {0}, half = {0}, year = {0};
	const struct pg_ask asks[] = {{.stmt = P_CLAIM_STATE, .args = &state},
	    {.stmt = P_HALF_FREE, .args = &half},
	    {.stmt = P_YEAR_FREE, .args = &year}};
	enum cred_err e;

	pg_int(&state, seq);
	pg_int(&state, (int64_t)to);
	pg_int(&state, a->now);
	pg_blob(&half, bytes_of(c->person, 32));
	pg_text(&half, c->subject);
	pg_int(&half, seq);
	pg_blob(&year, bytes_of(c->person, 32));
	pg_int(&year, c->year);
	pg_int(&year, seq);
	e = pg_ask(p, asks, ledger_holds(to) ? 1 : 3, NULL, why);
	if (e == CRED_OK)
		e = audit_line(p, tx, c, ledger_state_name(to), a->reason,
		    a->actor, a->now, why);
	return e;
}

static enum cred_err
act_work(struct pg_registry *p, struct pg_tx *tx, void *ctx, struct why *why)
{
	struct acting *a = ctx;
	struct ledger_answer *out = &a->answer;
	struct ledger_claim c;
	PGresult *r = NULL;
	int64_t seq = 0;
	enum cred_err e = get(p, a->id, &r, why);

	*out = (struct ledger_answer){.outcome = LEDGER_DONE};
	if (e == CRED_OK && PQntuples(r) == 0) {
		out->outcome = LEDGER_NO_CLAIM;
	} else if (e == CRED_OK) {
		c = claim_at(r, 0, &seq);
		out->state = c.state;
		e = may(p, &c, a, why);
		if (e == CRED_OK && out->outcome == LEDGER_DONE) {
			out->state = ledger_act_to(a->act);
			e = move(p, tx, &c, seq, a, why);
		}
	}
	tx->undo = tx->told =
	    out->outcome != LEDGER_DONE && out->outcome != LEDGER_ALREADY;
	PQclear(r);
	return e;
}

static enum cred_err
pg_ledger_act(struct registry *r, const char *id, enum ledger_act act,
    int64_t four_eyes_fen, const char *reason, const char *actor, int64_t now,
    struct ledger_answer *out, struct why *why)
{
	struct acting a = {
	    id, act, four_eyes_fen, now, reason, actor, {LEDGER_DONE}};
	enum cred_err e = pg_write_alone(self(r), act_work, &a, why);

	if (e == CRED_OK)
		*out = a.answer;
	return e;
}

/* A page from a place on; only what is asked for stands in the text, so that
 * each question finds its index. */
static enum cred_err
page(struct pg_registry *p, const struct ledger_filter *f, int64_t after,
    PGresult **out, struct why *why)
{
	char sql[1024];
	struct pg_args args = {0};
	struct pg_ask ask = {.text = sql, .args = &args};
	int n = 0;

	pg_int(&args, after);
	n = snprintf(sql, sizeof sql,
	    "SELECT " PG_CLAIM PG_FROM_CLAIM " WHERE c.seq > $1::bigint%s",
	    f->state < 0 ? " AND c.state < 4" : "");
#define ALSO(wanted, text, bind)                                               \
	if (wanted) {                                                          \
		bind;                                                          \
		n += snprintf(sql + n, sizeof sql - (size_t)n, text, args.n);  \
	}
	ALSO(f->id != NULL, " AND c.id = $%d::text", pg_text(&args, f->id))
	ALSO(f->person != NULL, " AND c.person = $%d::bytea",
	    pg_blob(&args, bytes_of(f->person, 32)))
	ALSO(f->number != NULL, " AND c.number = $%d::text AND c.number <> ''",
	    pg_text(&args, f->number))
	ALSO(f->body_id != NULL, " AND c.body_id = $%d::text",
	    pg_text(&args, f->body_id))
	ALSO(
	    f->state > 0, " AND c.state = $%d::bigint", pg_int(&args, f->state))
	ALSO(f->newest > 0,
	    " AND c.seq > (SELECT max(seq) FROM claim) - $%d::bigint",
	    pg_int(&args, f->newest))
#undef ALSO
	snprintf(sql + n, sizeof sql - (size_t)n, " ORDER BY c.seq LIMIT 256");
	return pg_ask(p, &ask, 1, out, why);
}

/* What is asked for every claim that is reviewed: one prepared question, one
 * round trip, one state by itself. P_COUNT: another. */
static enum pg_stmt
few_stmt(const struct ledger_filter *f, struct pg_args *args)
{
	enum pg_stmt stmt = P_COUNT;
	int ways = (f->id != NULL) + (f->person != NULL) + (f->number != NULL);

	if (ways != 1 || f->body_id != NULL || f->state > 0 || f->newest > 0)
		return P_COUNT;
	if (f->id != NULL) {
		stmt = P_CLAIMS_OF_ID;
		pg_text(args, f->id);
	} else if (f->person != NULL) {
		stmt = P_CLAIMS_OF_PERSON;
		pg_blob(args, bytes_of(f->person, 32));
	} else {
		stmt = P_CLAIMS_OF_NUMBER;
		pg_text(args, f->number);
	}
	pg_int(args, f->state < 0 ? LEDGER_REJECTED : LEDGER_RETURNED + 1);
	return stmt;
}

static enum cred_err
each_of_few(struct pg_registry *p, enum pg_stmt stmt, struct pg_args *args,
    ledger_each_fn *fn, void *ctx, struct why *why)
{
	PGresult *r = NULL;
	struct ledger_claim c;
	int64_t seq;
	enum cred_err e = pg_read(p, stmt, args, &r, why);

	for (int i = 0; e == CRED_OK && i < PQntuples(r); i++) {
		c = claim_at(r, i, &seq);
		e = fn(ctx, &c, why);
	}
	PQclear(r);
	return e;
}

struct each {
	const struct ledger_filter *filter;
	ledger_each_fn *fn;
	void *ctx;
};

static enum cred_err
walk(struct pg_registry *p, void *ctx, bool *told, struct why *why)
{
	const struct each *x = ctx;
	enum cred_err e = CRED_OK;
	struct ledger_claim c;
	int64_t seq = 0;
	bool more = true;

	while (e == CRED_OK && more) {
		PGresult *r = NULL;
		e = page(p, x->filter, seq, &r, why);
		more = e == CRED_OK && PQntuples(r) > 0;
		for (int i = 0; e == CRED_OK && i < PQntuples(r); i++) {
			c = claim_at(r, i, &seq);
			*told = true;
			e = x->fn(x->ctx, &c, why);
		}
		PQclear(r);
	}
	return e;
}

static enum cred_err
pg_ledger_each(struct registry *reg, const struct ledger_filter *f,
    ledger_each_fn *fn, void *ctx, struct why *why)
{
	struct pg_registry *p = self(reg);
	struct pg_args args = {0};
	enum pg_stmt few = few_stmt(f, &args);
	struct each x = {f, fn, ctx};

	return few != P_COUNT ? each_of_few(p, few, &args, fn, ctx, why)
			      : pg_walk(p, walk, &x, why);
}

const struct ledger_ops pg_ledger_ops = {
    .init = pg_ledger_init,
    .book = pg_ledger_book,
    .act = pg_ledger_act,
    .each = pg_ledger_each,
};
