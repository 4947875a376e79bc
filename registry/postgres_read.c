#include <stdio.h>
#include <string.h>

#include "registry/postgres_int.h"

static struct pg_registry *
self(struct registry *r)
{
	return (struct pg_registry *)r;
}

/* Row i of PG_ENTRY; points into r. */
static struct registry_entry
entry_at(const PGresult *r, int i)
{
	struct registry_entry e = {
	    .index = (uint64_t)pg_col_int(r, i, 0),
	    .status = (enum status_value)pg_col_int(r, i, 3),
	    .kind = (enum kind)pg_col_int(r, i, 4),
	    .number = pg_col_text(r, i, 5),
	    .name = pg_col_text(r, i, 6),
	    .id_type = (enum id_type)pg_col_int(r, i, 7),
	    .id_number = pg_col_text(r, i, 8),
	    .occupation = pg_col_text(r, i, 9),
	    .code = pg_col_text(r, i, 10),
	    .direction = pg_col_text(r, i, 11),
	    .level = (uint8_t)pg_col_int(r, i, 12),
	    .issued = (int32_t)pg_col_int(r, i, 13),
	    .batch = pg_col_text(r, i, 14),
	    .row = (uint32_t)pg_col_int(r, i, 15),
	    .payload = pg_col_blob(r, i, 17),
	    .credential = pg_col_blob(r, i, 18),
	    .print = pg_col_blob(r, i, 19),
	    .reserved_at = pg_col_int(r, i, 20),
	    .signed_at = pg_col_int(r, i, 21),
	    .has_replaces = !PQgetisnull(r, i, 22),
	    .replaces = (uint64_t)pg_col_int(r, i, 22),
	    .has_replaced_by = !PQgetisnull(r, i, 23),
	    .replaced_by = (uint64_t)pg_col_int(r, i, 23),
	};

	/* Columns 0 to 3 stand as in P_STATES. */
	e.state = pg_state_at(r, i, (uint64_t)pg_col_int(r, i, 24)).state;
	pg_col_hash(r, i, 16, e.row_key);
	return e;
}

static enum cred_err
one_entry(struct pg_registry *p, enum pg_stmt stmt, struct pg_args *args,
    struct registry_entry *out, bool *found, struct why *why)
{
	struct registry_entry got;
	PGresult *r = NULL;
	enum cred_err e = pg_read(p, stmt, args, &r, why);

	if (e == CRED_OK && PQntuples(r) > 0) {
		got = entry_at(r, 0);
		if ((e = entry_own(&got, why)) == CRED_OK)
			*out = got;
	}
	if (e == CRED_OK)
		*found = PQntuples(r) > 0;
	PQclear(r);
	return e;
}

enum cred_err
pg_by_index(struct registry *r, uint64_t index, struct registry_entry *out,
    bool *found, struct why *why)
{
	struct pg_args args = {0};

	pg_int(&args, (int64_t)index);
	return one_entry(self(r), P_BY_INDEX, &args, out, found, why);
}

enum cred_err
pg_by_number(struct registry *r, const char *number, struct registry_entry *out,
    bool *found, struct why *why)
{
	struct pg_args args = {0};

	pg_text(&args, number);
	return one_entry(self(r), P_BY_NUMBER, &args, out, found, why);
}

enum cred_err
pg_find_same(struct registry *reg, const struct registry_same *what,
    uint64_t *index, bool *found, struct why *why)
{
	struct pg_args args = {0};
	PGresult *r = NULL;
	bool same = false;
	uint64_t at = 0;
	enum cred_err e;

	pg_text(&args, what->id_number);
	pg_int(&args, (int64_t)what->kind);
	pg_int(&args, what->level);
	pg_int(&args, (int64_t)what->type);
	pg_text(&args, what->code);
	pg_text(&args, what->occupation);
	e = pg_read(self(reg), P_FIND_SAME, &args, &r, why);
	for (int i = 0; e == CRED_OK && !same && i < PQntuples(r); i++) {
		at = (uint64_t)pg_col_int(r, i, 0);
		same = entry_is_same(what, at, pg_col_blob(r, i, 1));
	}
	PQclear(r);
	if (e != CRED_OK)
		return e;
	*found = same;
	if (same)
		*index = at;
	return CRED_OK;
}

/* As in sqlite_read.c: a range narrowed beforehand; what is not valid is few
 * and walked from the status table. */
static enum cred_err
narrow(struct pg_registry *p, const struct registry_filter *f, uint64_t *from,
    uint64_t *to, struct why *why)
{
	struct pg_args args = {0};
	PGresult *r = NULL;
	uint64_t size, first, end;
	enum cred_err e;

	pg_text(&args, f->batch);
	if ((e = pg_ask_one(p, P_NARROW, &args, &r, why)) != CRED_OK)
		return e;
	size = (uint64_t)pg_col_int(r, 0, 0);
	first = (uint64_t)pg_col_int(r, 0, 1);
	end = (uint64_t)pg_col_int(r, 0, 2);
	PQclear(r);
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
	return CRED_OK;
}

/* A statement in the making: only our own text goes into it; '?' stands for the
 * value bound last. */
struct query {
	char sql[2048];
	size_t len;
	struct pg_args args;
};

static void
put(struct query *q, const char *text)
{
	size_t cap = sizeof q->sql;

	for (; *text != '\0' && q->len < cap - 8; text++)
		if (*text == '?')
			q->len += (size_t)snprintf(
			    q->sql + q->len, cap - q->len, "$%d", q->args.n);
		else
			q->sql[q->len++] = *text;
	q->sql[q->len] = '\0';
}

static void
put_int(struct query *q, const char *text, int64_t value)
{
	pg_int(&q->args, value);
	put(q, text);
}

static void
put_text(struct query *q, const char *text, const char *value)
{
	if (value == NULL)
		return;
	pg_text(&q->args, value);
	put(q, text);
}

/* Pages of a walk from an index on: each a statement of its own, so that a
 * callback may ask meanwhile. One holds all of an issuer's chunk, which is then
 * read again when the connection is lost. */
#define PAGE 512
#define TEXT(n) TEXT_(n)
#define TEXT_(n) #n
static void
page_query(struct query *q, const struct registry_filter *f, uint64_t from,
    uint64_t to)
{
	bool by_status =
	    f->number == NULL && (f->status > 0 || f->state == ENTRY_VOID);

	*q = (struct query){0};
	put(q, "SELECT " PG_ENTRY);
	put(q, by_status ? " FROM status s JOIN entry e ON e.idx = s.idx"
			   " JOIN batch b ON b.id = e.batch_id"
			   " LEFT JOIN credential c ON c.idx = e.idx"
			 : PG_FROM_ENTRY);
	put_int(q, " WHERE e.idx >= ?::bigint", (int64_t)from);
	put_int(q, " AND e.idx < ?::bigint", (int64_t)to);
	put_text(q, " AND e.number = ?::text", f->number);
	put_text(q, " AND b.name = ?::text", f->batch);
	put_text(q, " AND strpos(e.name, ?::text) > 0", f->name);
	put_text(q,
	    " AND (e.code = ?::text OR strpos(e.occupation, ?::text) > 0)",
	    f->work);
	if (f->kind != 0)
		put_int(q, " AND e.kind = ?::bigint", f->kind);
	if (f->status >= 0)
		put_int(q, " AND coalesce(s.value, 0) = ?::bigint", f->status);
	if (f->state >= 0)
		put_int(q,
		    " AND CASE WHEN e.void_mark <> 0 THEN 3"
		    "  WHEN c.idx IS NULL THEN 0 WHEN e.idx <"
		    "  coalesce((SELECT size FROM head), 0) THEN 2 ELSE 1"
		    "  END = ?::bigint",
		    f->state);
	put_int(q, " AND e.issued >= ?::bigint", f->issued_from);
	if (f->issued_to != 0)
		put_int(q, " AND e.issued <= ?::bigint", f->issued_to);
	put(q, by_status ? " ORDER BY s.idx LIMIT " TEXT(PAGE)
			 : " ORDER BY e.idx LIMIT " TEXT(PAGE));
}

struct each {
	const struct registry_filter *filter;
	registry_each_fn *fn;
	void *ctx;
};

static enum cred_err
walk(struct pg_registry *p, void *ctx, bool *told, struct why *why)
{
	const struct each *x = ctx;
	struct registry_entry entry;
	struct pg_ask ask = {0};
	struct query q;
	uint64_t from, to;
	bool more = true;
	enum cred_err e = narrow(p, x->filter, &from, &to, why);

	while (e == CRED_OK && more && from < to) {
		PGresult *r = NULL;
		page_query(&q, x->filter, from, to);
		ask.text = q.sql;
		ask.args = &q.args;
		e = pg_ask(p, &ask, 1, &r, why);
		more = e == CRED_OK && PQntuples(r) == PAGE;
		for (int i = 0; e == CRED_OK && i < PQntuples(r); i++) {
			entry = entry_at(r, i);
			from = entry.index + 1;
			*told = true;
			e = x->fn(x->ctx, &entry, why);
		}
		PQclear(r);
	}
	return e;
}

enum cred_err
pg_each(struct registry *r, const struct registry_filter *filter,
    registry_each_fn *fn, void *ctx, struct why *why)
{
	struct each x = {filter, fn, ctx};

	return pg_walk(self(r), walk, &x, why);
}
